//! Loads the demonstration prefecture: sheets and snapshots in order, counties beside each other.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use proto::common::{ImportHeader, ImportSummary};
use runtime::token::Issuer;
use tokio::time::Instant;

use super::{Manner, PREFECTURE, step_line, token};
use crate::client::Connection;
use crate::client::import::{Event, Sheet, import, numbered};
use crate::commands::import::error_line;
use crate::commands::snapshot::{Wanted, freeze};
use crate::demonstration::{Demonstration, Load, SheetLoad, SnapshotLoad};
use crate::exit::Stop;
use crate::progress::Progress;
use crate::words;

/// Counties that are loaded at a time.
const LANES: usize = 2;

/// Sheets that also hold rows of the province, for comparison.
const OF_PROVINCE: [&str; 3] =
    ["registry.divisions", "registry.designations", "registry.division_statistics"];
/// Whose rows those are.
const PROVINCE: &str = "220000";

/// Errors that are shown before the demonstration gives up.
const SHOWN: usize = 10;

/// What loading needs.
pub struct Loading<'a> {
    /// Signs the tokens.
    pub issuer: &'a Issuer,
    /// To the gateway; its own token is not used.
    pub connection: &'a Connection,
    /// What is loaded.
    pub demonstration: Arc<Demonstration>,
    /// Code of the only county whose own sheets are loaded, besides those of the whole prefecture; all if absent.
    pub county: Option<&'a str>,
    /// Bars.
    pub progress: &'a Progress,
    /// Language and quiet.
    pub manner: Manner,
}

/// What was loaded in one go.
pub struct Step {
    /// The table, or what it was.
    pub table: String,
    /// Rows that were accepted.
    pub rows: i64,
    /// Warnings.
    pub warnings: i64,
    /// How long it took.
    pub took: Duration,
}

/// A load at its position in the demonstration's list.
type At = (usize, Load);

impl Loading<'_> {
    /// Loads everything.
    ///
    /// # Errors
    /// What a service refuses, and the first sheet of which a row was rejected.
    pub async fn run(&self) -> Result<Vec<Step>, Stop> {
        let mut steps = Vec::new();
        for stage in stages(self.demonstration.loads(), self.county) {
            let chains = futures::stream::iter(stage.into_iter().map(|chain| self.chain(chain)));
            let done: Vec<Vec<Step>> = chains.buffer_unordered(LANES).try_collect().await?;
            steps.extend(done.into_iter().flatten());
        }
        Ok(steps)
    }

    async fn chain(&self, loads: Vec<At>) -> Result<Vec<Step>, Stop> {
        let mut steps = Vec::new();
        for (position, load) in loads {
            steps.push(match load {
                Load::Sheet(sheet) => self.sheet(position, sheet).await?,
                Load::Snapshot(snapshot) => self.snapshot(snapshot).await?,
            });
        }
        Ok(steps)
    }

    async fn snapshot(&self, load: SnapshotLoad) -> Result<Step, Stop> {
        let started = Instant::now();
        let connection = self.connection.with_token(&token(self.issuer, "data_steward", PREFECTURE)?)?;
        let wanted = Wanted {
            code: load.code.to_owned(),
            as_of: load.as_of.to_owned(),
            title: load.title.to_owned(),
            purpose: String::new(),
        };
        freeze(&connection, wanted).await?;
        let title = words::SNAPSHOT.fill(self.manner.language, &[("code", &load.code)]);
        self.progress.say(&step_line(&title, None, started.elapsed(), self.manner));
        Ok(Step { table: title, rows: 0, warnings: 0, took: started.elapsed() })
    }

    async fn sheet(&self, position: usize, load: SheetLoad) -> Result<Step, Stop> {
        let started = Instant::now();
        let area = if OF_PROVINCE.contains(&load.table) { PROVINCE } else { load.area };
        let connection = self.connection.with_token(&token(self.issuer, "data_steward", area)?)?;
        let sheet = sheet_of(&self.demonstration, position, &load);
        let bar = self.progress.bar(&load.title, 0);
        let mut errors = Vec::new();
        let outcome = import(&connection, &sheet, &mut |event| match event {
            Event::Progress(at) => bar.set_position(u64::try_from(at.accepted).unwrap_or_default()),
            Event::Row(row) if row.rejected() && errors.len() < SHOWN => {
                let wrong = row.errors.iter().filter(|error| !error.warning);
                errors.extend(wrong.map(|error| error_line(error, self.manner.language)));
            }
            Event::Row(_) => {}
            Event::Resuming { after, message } => {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("row", &after), ("message", &message)];
                self.progress.say(&words::RESUMING.fill(self.manner.language, &values));
            }
        })
        .await;
        let summary = outcome.map_err(|stop| stop.after(format_args!("{}:", load.title)))?;
        let step = self.decided(&load, &summary, errors, started.elapsed())?;
        self.progress.finished(&bar, &step_line(&load.title, Some(step.rows), step.took, self.manner));
        Ok(step)
    }

    /// Rows of the demonstration are all accepted, or something is broken.
    fn decided(
        &self,
        load: &SheetLoad,
        summary: &ImportSummary,
        errors: Vec<String>,
        took: Duration,
    ) -> Result<Step, Stop> {
        let counts = summary.progress.clone().unwrap_or_default();
        if counts.rejected > 0 {
            let head = crate::commands::import::summary_line(&load.title, summary, self.manner.language);
            return Err(Stop::refused(errors.join("\n")).after(head));
        }
        Ok(Step { table: load.table.to_owned(), rows: counts.accepted, warnings: counts.warnings, took })
    }
}

fn sheet_of(demonstration: &Arc<Demonstration>, position: usize, load: &SheetLoad) -> Sheet {
    let digest = blake3::hash(format!("{}/{}", load.title, demonstration.seed()).as_bytes());
    let header = ImportHeader {
        table: load.table.to_owned(),
        job: uuid::Uuid::new_v4().to_string(),
        columns: load.columns.iter().map(|title| (*title).to_owned()).collect(),
        file_digest: digest.to_hex().to_string(),
        form_date: load.form_date.unwrap_or_default().to_owned(),
        area: load.area.to_owned(),
        form_title: load.title.clone(),
        ..ImportHeader::default()
    };
    let demonstration = Arc::clone(demonstration);
    // The header is row 1.
    let rows = move || match demonstration.loads().into_iter().nth(position) {
        Some(Load::Sheet(again)) => Ok(numbered(2, again.rows)),
        _ => Ok(numbered(2, std::iter::empty())),
    };
    Sheet { header, rows: Box::new(rows) }
}

/// Loads that may run beside each other: the sheets of one county are a chain, all else stands alone. With `only`, other
/// counties are left out.
fn stages(loads: Vec<Load>, only: Option<&str>) -> Vec<Vec<Vec<At>>> {
    let mut stages: Vec<Vec<Vec<At>>> = Vec::new();
    let mut open: Option<Vec<(&'static str, Vec<At>)>> = None;
    let close = |open: &mut Option<Vec<(&'static str, Vec<At>)>>, stages: &mut Vec<Vec<Vec<At>>>| {
        if let Some(chains) = open.take() {
            stages.push(chains.into_iter().map(|(_, chain)| chain).collect());
        }
    };
    for (position, load) in loads.into_iter().enumerate() {
        let county = match &load {
            Load::Sheet(sheet) if sheet.area != PREFECTURE => Some(sheet.area),
            Load::Sheet(_) | Load::Snapshot(_) => None,
        };
        let Some(county) = county else {
            close(&mut open, &mut stages);
            stages.push(vec![vec![(position, load)]]);
            continue;
        };
        if only.is_some_and(|only| only != county) {
            continue;
        }
        let chains = open.get_or_insert_default();
        match chains.iter_mut().find(|(area, _)| *area == county) {
            Some((_, chain)) => chain.push((position, load)),
            None => chains.push((county, vec![(position, load)])),
        }
    }
    close(&mut open, &mut stages);
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(table: &'static str, area: &'static str) -> Load {
        let columns = Vec::new();
        let rows = Box::new(std::iter::empty());
        Load::Sheet(SheetLoad { table, title: String::new(), area, form_date: None, columns, rows })
    }

    fn positions(loads: Vec<Load>, only: Option<&str>) -> Vec<Vec<Vec<usize>>> {
        let stages = stages(loads, only);
        stages
            .iter()
            .map(|stage| stage.iter().map(|chain| chain.iter().map(|(at, _)| *at).collect()).collect())
            .collect()
    }

    fn loads() -> Vec<Load> {
        let snapshot = Load::Snapshot(SnapshotLoad { code: "c", title: "t", as_of: "2015-12-31" });
        vec![
            sheet("divisions", PREFECTURE),
            sheet("households", "222401"),
            sheet("members", "222401"),
            sheet("households", "222402"),
            sheet("members", "222402"),
            snapshot,
            sheet("ledger", "222401"),
        ]
    }

    #[test]
    fn counties_run_beside_each_other_and_in_their_own_order() {
        let expected = [vec![vec![0]], vec![vec![1, 2], vec![3, 4]], vec![vec![5]], vec![vec![6]]];
        assert_eq!(positions(loads(), None), expected);
    }

    #[test]
    fn other_counties_are_left_out() {
        let expected = [vec![vec![0]], vec![vec![3, 4]], vec![vec![5]]];
        assert_eq!(positions(loads(), Some("222402")), expected);
    }
}
