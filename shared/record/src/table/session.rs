//! One import job over a stream: header, batches, end; each batch is one commit together with its position.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use kernel::area::{AreaCode, Scope};
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::text::is_plain;
use proto::common::{
    ImportAccepted, ImportBatch, ImportEnd, ImportHeader, ImportMode, ImportProgress, ImportSummary, Row,
    RowError, Source, SourceKind,
};
use store::{Db, ImportError, ImportJob, NewAudit, Step};
use tempfile::TempDir;

use crate::call::Call;
use crate::engine::{Batch, Engine, Outcome, Unit};
use crate::refusal::refusal;
use crate::table::counts::{count, measure};
use crate::table::import::{errors_of, kept_errors};
use crate::table::row::{Header, TableRow};
use crate::table::sheet::RowFacts;
use crate::table::tally::Tally;
use crate::validate::TEXT_LIMIT;

/// Most rows in one batch message.
pub(crate) const BATCH_ROWS: usize = 1_000;
/// How long rejected cells are kept, in days.
const ERRORS_KEPT_DAYS: i64 = 30;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// The private database of a dry run; its folder goes with it.
struct Overlay {
    db: Db,
    _folder: TempDir,
}

/// A table of the job, open for rows.
struct Open {
    header: Arc<Header>,
    import: ImportHeader,
    within: String,
    job: ImportJob,
    source: Source,
    repeats: HashMap<u64, u32>,
    identities: HashMap<u64, i64>,
    last_row: i64,
    warnings: i64,
    blanks_kept: i64,
    received: i64,
    tally: Tally,
}

/// One stream of ImportRows.
pub(crate) struct Session {
    engine: Engine,
    call: Call,
    overlay: Option<Overlay>,
    open: Option<Open>,
}

impl Session {
    pub(crate) fn new(engine: Engine, call: Call) -> Self {
        Self { engine, call, overlay: None, open: None }
    }

    /// Opens a table: everything wrong with the header is told at once, before a row is read.
    pub(crate) async fn header(&mut self, import: ImportHeader) -> Result<ImportAccepted, Failure> {
        if self.open.is_some() {
            return Err(Failure::new(Reason::StreamProtocol));
        }
        let form = self
            .engine
            .form(&import.table)
            .ok_or_else(|| Failure::new(Reason::TableUnknown).with("table", &import.table))?;
        let mut violations = Violations::default();
        let header = super::import::header_of(form, &import.columns, &mut violations);
        self.check_header(&header, &import, &mut violations);
        let within = self.within(&import, &mut violations);
        if !violations.is_empty() {
            return Err(refusal(violations));
        }
        let job = self.job(&import, &within).await?;
        if import.validate_only && self.overlay.is_none() {
            self.overlay = Some(self.scratch().await?);
        }
        let accepted = ImportAccepted {
            job: import.job.clone(),
            table: import.table.clone(),
            committed_through_row: job.committed_through_row,
        };
        let source = Source {
            kind: SourceKind::Form.into(),
            form: title_of(&header, &import),
            file_digest: import.file_digest.clone(),
            document_no: import.document_no.clone(),
            ..Source::default()
        };
        self.open = Some(Open {
            header: Arc::new(header),
            import,
            within,
            job,
            source,
            repeats: HashMap::new(),
            identities: HashMap::new(),
            last_row: 0,
            warnings: 0,
            blanks_kept: 0,
            received: 0,
            tally: Tally::default(),
        });
        Ok(accepted)
    }

    fn check_header(&self, header: &Header, import: &ImportHeader, violations: &mut Violations) {
        if uuid::Uuid::parse_str(&import.job).is_err() {
            violations.push("header.job", Reason::RequestIdInvalid);
        }
        let date = &import.form_date;
        if date.is_empty() {
            if header.layout.form.form_date_required {
                violations.push("header.form_date", Reason::FormDateRequired);
            }
        } else if CivilDate::parse(date).is_none() {
            violations.push("header.form_date", Reason::DateInvalid);
        } else if *date > self.engine.today() {
            violations.push("header.form_date", Reason::DateInFuture);
        }
        check_texts(import, violations);
    }

    fn within(&self, import: &ImportHeader, violations: &mut Violations) -> String {
        let caller = self.call.caller();
        let code =
            if import.area.is_empty() { only_area(&caller.scope) } else { AreaCode::parse(&import.area) };
        match code {
            Some(code) if caller.scope.allows(&code) => code.to_string(),
            Some(code) => {
                violations.push("header.area", Reason::AreaForbidden).add("area", code);
                String::new()
            }
            None if import.area.is_empty() => {
                violations.push("header.area", Reason::FieldRequired);
                String::new()
            }
            None => {
                violations.push("header.area", Reason::AreaUnknown).add("area", &import.area);
                String::new()
            }
        }
    }

    async fn job(&self, import: &ImportHeader, within: &str) -> Result<ImportJob, Failure> {
        let id = format!("{}:{}", import.job, import.table);
        let subject = self.call.caller().subject.clone();
        let new = ImportJob {
            id: id.clone(),
            table_id: import.table.clone(),
            digest: import.file_digest.clone(),
            subject: subject.clone(),
            mode: i64::from(import.mode),
            form_date: (!import.form_date.is_empty()).then(|| import.form_date.clone()),
            area: within.to_owned(),
            validate_only: import.validate_only,
            state: 1,
            rows: 0,
            accepted: 0,
            unchanged: 0,
            changed: 0,
            rejected: 0,
            committed_through_row: 0,
            started_at: 0,
            updated_at: 0,
        };
        if import.validate_only {
            return Ok(new);
        }
        match self.engine.db().import_job(&id).await? {
            Some(known) if known.subject != subject => Err(Failure::new(Reason::JobNotFound)),
            Some(known) if known.digest != import.file_digest => Err(Failure::new(Reason::JobOtherFile)),
            Some(known) => Ok(known),
            None => {
                let set = store::WriteSet { steps: vec![new.begin()], ..store::WriteSet::default() };
                self.engine.db().commit(set).await?;
                Ok(new)
            }
        }
    }

    async fn scratch(&self) -> Result<Overlay, Failure> {
        let folder =
            tempfile::Builder::new().prefix("xiuhua-dry-run-").tempdir().map_err(Failure::internal_error)?;
        let path = folder.path().join("overlay.db");
        let db = Db::open_sqlite_scratch(&path, self.engine.inner().clock.clone()).await?;
        let overlay = Overlay { db, _folder: folder };
        overlay.db.migrate(&self.engine.inner().migrations).await?;
        Ok(overlay)
    }

    /// Decides and stores one batch, in one commit with the job's position.
    pub(crate) async fn batch(
        &mut self,
        batch: ImportBatch,
    ) -> Result<(Option<ImportProgress>, Vec<RowError>), Failure> {
        let Some(open) = &mut self.open else { return Err(Failure::new(Reason::StreamProtocol)) };
        let Taken { numbers, rows, units } = open.take(&self.engine, batch)?;
        if open.last_row <= open.job.committed_through_row {
            return Ok((None, Vec::new()));
        }
        let was_through = open.job.committed_through_row;
        let mut next = open.job.clone();
        next.committed_through_row = open.last_row;
        next.rows = open.received;
        let overlay = self.overlay.as_ref().filter(|_| open.import.validate_only).map(|overlay| &overlay.db);
        let expires = self.engine.inner().clock.now().micros() + ERRORS_KEPT_DAYS * MICROSECONDS_A_DAY;
        let (engine, header) = (&self.engine, &open.header);
        let beside = |outcomes: &[Outcome]| -> Vec<Step> {
            if overlay.is_some() {
                return Vec::new();
            }
            let mut counted = next.clone();
            count(&mut counted, outcomes);
            let errors = kept_errors(engine, header, outcomes, &numbers, &rows, expires);
            let mut steps = vec![counted.advance(was_through)];
            if !errors.is_empty() {
                steps.push(ImportError::keep(&counted.id, errors));
            }
            steps
        };
        let asked = Batch {
            call: &self.call,
            units,
            source: open.source.clone(),
            transcribed: true,
            validate_only: open.import.validate_only,
            whole: false,
            overlay,
            request: None,
            audit: audit_of(&self.call, &open.import),
        };
        let ran = self.engine.run(asked, Some(&beside)).await?;
        count(&mut next, &ran.outcomes);
        measure(self.engine.inner().name, &open.header, open.import.validate_only, &ran.outcomes);
        let language = self.call.caller().language;
        let errors = errors_of(&open.header, &open.import.table, &ran.outcomes, &numbers, &rows, language);
        open.tally.batch(&open.header, &ran.outcomes, &errors);
        open.warnings += errors.iter().filter(|error| error.warning).count() as i64;
        open.blanks_kept += ran.outcomes.iter().map(|outcome| outcome.blanks_kept).sum::<i64>();
        open.job = next;
        Ok((Some(open.progress()), errors))
    }

    /// Ends a table.
    pub(crate) async fn end(&mut self, end: ImportEnd) -> Result<ImportSummary, Failure> {
        let Some(open) = self.open.take() else { return Err(Failure::new(Reason::StreamProtocol)) };
        let whole = (end.row_count == 0 || end.row_count == open.received)
            && (open.import.row_count == 0 || open.import.row_count == open.received)
            && (end.file_digest.is_empty() || end.file_digest == open.import.file_digest);
        if !whole {
            return Err(Failure::new(Reason::FileIncomplete));
        }
        let mut job = open.job.clone();
        job.state = 2;
        if !open.import.validate_only {
            let steps = vec![job.advance(job.committed_through_row)];
            let db = self.engine.db();
            db.commit(store::WriteSet { steps, ..store::WriteSet::default() }).await?;
            if let Err(error) = db.settle().await {
                tracing::warn!(%error, "the database did not count what was imported");
            }
        }
        Ok(ImportSummary {
            job: open.import.job.clone(),
            progress: Some(open.progress()),
            row_count: open.received,
            blanks_kept: open.blanks_kept,
            validate_only: open.import.validate_only,
            changed_columns: open.tally.changed(),
            rejected_reasons: open.tally.rejected(),
        })
    }
}

/// The rows of a batch that are not decided yet: their numbers, as they were sent, and what they ask for.
struct Taken {
    numbers: Vec<i64>,
    rows: Vec<Row>,
    units: Vec<Box<dyn Unit>>,
}

impl Open {
    /// Takes a batch in. Rows that were decided before are read all the same: they tell equal rows apart.
    fn take(&mut self, engine: &Engine, batch: ImportBatch) -> Result<Taken, Failure> {
        if batch.rows.len() > BATCH_ROWS {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", BATCH_ROWS));
        }
        if batch.first_row <= self.last_row {
            return Err(Failure::new(Reason::StreamProtocol));
        }
        let mut taken = Taken { numbers: Vec::new(), rows: Vec::new(), units: Vec::new() };
        for (row, number) in batch.rows.into_iter().zip(batch.first_row..) {
            self.last_row = number;
            self.received += 1;
            if row.flaws.is_empty() && row.cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let unit = self.read(engine, number, &row);
            if number > self.job.committed_through_row {
                taken.numbers.push(number);
                taken.rows.push(row);
                taken.units.push(Box::new(unit));
            }
        }
        Ok(taken)
    }

    fn read(&mut self, engine: &Engine, number: i64, told: &Row) -> TableRow {
        let facts = RowFacts {
            row: number,
            area: None,
            within: self.within.clone(),
            name: None,
            form_date: (!self.import.form_date.is_empty()).then(|| self.import.form_date.clone()),
            correction: self.import.mode() == ImportMode::Correction,
            reason: self.import.reason.clone(),
            ..RowFacts::default()
        };
        let mut row = TableRow::read(engine, &self.header, facts, told);
        if let Some(key) = row.repeat_key() {
            let nth = self.repeats.entry(hash(&key)).or_insert(0);
            row.set_occurrence(*nth);
            *nth += 1;
        }
        if let Some(identity) = row.identity() {
            let earlier = *self.identities.entry(hash(&identity)).or_insert(number);
            if earlier != number {
                row.refuse_duplicate(earlier);
            }
        }
        row
    }

    fn progress(&self) -> ImportProgress {
        ImportProgress {
            table: self.import.table.clone(),
            committed_through_row: self.job.committed_through_row,
            accepted: self.job.accepted,
            unchanged: self.job.unchanged,
            changed: self.job.changed,
            rejected: self.job.rejected,
            warnings: self.warnings,
        }
    }
}

/// The caller's only area, where it has just one.
fn only_area(scope: &Scope) -> Option<AreaCode> {
    match scope.ranges.as_slice() {
        [(from, _)] => AreaCode::from_prefix(from),
        _ => None,
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Checks what every row of the file takes over: no row is asked about it again.
fn check_texts(import: &ImportHeader, violations: &mut Violations) {
    for (field, text, several_lines) in [
        ("header.file_digest", &import.file_digest, false),
        ("header.form_title", &import.form_title, false),
        ("header.document_no", &import.document_no, false),
        ("header.reason", &import.reason, true),
    ] {
        if text.chars().count() > TEXT_LIMIT {
            violations.push(field, Reason::TextTooLong).add("limit", TEXT_LIMIT);
        } else if !is_plain(text, several_lines) {
            violations.push(field, Reason::TextInvalid);
        }
    }
}

fn title_of(header: &Header, import: &ImportHeader) -> String {
    if import.form_title.is_empty() { header.layout.form.sheet.to_owned() } else { import.form_title.clone() }
}

fn audit_of(call: &Call, import: &ImportHeader) -> NewAudit {
    let caller = call.caller();
    NewAudit {
        subject: caller.subject.clone(),
        on_behalf_of: caller.on_behalf_of.clone(),
        role: caller.role.clone(),
        method: call.method.to_owned(),
        action: "import".to_owned(),
        resource: Some(import.table.clone()),
        area: Some(import.area.clone()).filter(|area| !area.is_empty()),
        outcome: "OK".to_owned(),
        source: Some(format!("FORM {}", import.job)),
        ..NewAudit::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(import: &ImportHeader) -> Vec<(String, Reason)> {
        let mut violations = Violations::default();
        check_texts(import, &mut violations);
        violations.iter().map(|violation| (violation.field.clone(), violation.reason)).collect()
    }

    #[test]
    fn texts_of_a_header_are_told_once_and_all_together() {
        let fine = ImportHeader {
            file_digest: "0a".to_owned(),
            form_title: "户主及成员信息".to_owned(),
            document_no: "吉扶〔2015〕1号".to_owned(),
            reason: "误录\n更正".to_owned(),
            ..ImportHeader::default()
        };
        assert_eq!(told(&fine), []);
        assert_eq!(told(&ImportHeader::default()), []);
        let steering = ImportHeader {
            file_digest: "0a\n".to_owned(),
            form_title: "a\u{1b}[2J".to_owned(),
            document_no: "1\r".to_owned(),
            reason: "误录\u{202e}".to_owned(),
            ..ImportHeader::default()
        };
        let fields = ["file_digest", "form_title", "document_no", "reason"];
        let all = |reason: Reason| fields.map(|field| (format!("header.{field}"), reason));
        assert_eq!(told(&steering), all(Reason::TextInvalid));
        let long = "号".repeat(TEXT_LIMIT + 1);
        let long = ImportHeader {
            file_digest: long.clone(),
            form_title: long.clone(),
            document_no: long.clone(),
            reason: long,
            ..ImportHeader::default()
        };
        assert_eq!(told(&long), all(Reason::TextTooLong));
    }
}
