//! What an import did, counted by column: so that its end can be told in a few lines.

use std::collections::BTreeMap;

use proto::common::{ChangedColumn, RejectedReason, RowError, VersionAction};

use crate::engine::{Outcome, Verdict};
use crate::spec::Spec;
use crate::table::row::Header;

/// The title of a field that a row has changed: the table's, or where it has no column the record's own. What has no title on
/// any form has followed from what has one.
fn title_of(header: &Header, spec: &'static Spec, path: &'static str) -> Option<&'static str> {
    let own = || spec.leaves.iter().find(|leaf| leaf.path == path)?.title.map(|title| title.zh);
    header.title_of(path).or_else(own)
}

/// Counts of the rows that one stream decided.
#[derive(Default)]
pub(crate) struct Tally {
    changed: BTreeMap<String, i64>,
    rejected: BTreeMap<(String, String), (String, i64)>,
}

impl Tally {
    /// Counts the rows of a batch.
    pub(crate) fn batch(&mut self, header: &Header, outcomes: &[Outcome], errors: &[RowError]) {
        for outcome in outcomes {
            let Verdict::Accepted(drafts) = &outcome.verdict else { continue };
            let own = drafts.iter().filter(|draft| !draft.follows && draft.kind != VersionAction::Created);
            let paths = own.flat_map(|draft| draft.paths.iter().map(|path| (draft.spec, *path)));
            let mut titles: Vec<&str> =
                paths.filter_map(|(spec, path)| title_of(header, spec, path)).collect();
            titles.sort_unstable();
            titles.dedup();
            for title in titles {
                *self.changed.entry(title.to_owned()).or_default() += 1;
            }
        }
        for error in errors.iter().filter(|error| !error.warning) {
            let key = (error.column.clone(), error.reason.clone());
            let (_, count) = self.rejected.entry(key).or_insert_with(|| (error.message.clone(), 0));
            *count += 1;
        }
    }

    /// Fields that rows changed, the most frequent first.
    pub(crate) fn changed(&self) -> Vec<ChangedColumn> {
        let columns = self.changed.iter().map(|(column, rows)| (column.clone(), *rows));
        let mut columns: Vec<_> = columns.map(|(column, rows)| ChangedColumn { column, rows }).collect();
        columns.sort_by_key(|column| std::cmp::Reverse(column.rows));
        columns
    }

    /// Reasons why rows were rejected, the most frequent first.
    pub(crate) fn rejected(&self) -> Vec<RejectedReason> {
        let reasons = self.rejected.iter().map(|((column, reason), (message, count))| RejectedReason {
            column: column.clone(),
            reason: reason.clone(),
            message: message.clone(),
            count: *count,
        });
        let mut reasons: Vec<_> = reasons.collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }
}
