//! What becomes of a file's rows, as the job and the operator's metrics count it.

use proto::common::VersionAction;
use store::ImportJob;

use crate::engine::{Outcome, Verdict};
use crate::table::row::{Form, Header};

/// Rows of imports that were decided, by `service`, `table`, `verdict` and whether it was a `dry_run`.
pub(crate) const ROWS: &str = "xiuhua_import_rows_total";

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Added,
    Changed,
    Unchanged,
    Rejected,
}

impl Became {
    const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Unchanged, Self::Rejected];

    fn of(outcome: &Outcome) -> Self {
        match &outcome.verdict {
            Verdict::Accepted(drafts) => {
                let changes =
                    drafts.iter().any(|draft| !draft.follows && draft.kind != VersionAction::Created);
                if changes { Self::Changed } else { Self::Added }
            }
            Verdict::Unchanged => Self::Unchanged,
            Verdict::Refused(_) => Self::Rejected,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Rejected => "rejected",
        }
    }
}

/// Adds a batch's rows to the job's counts.
pub(crate) fn count(job: &mut ImportJob, outcomes: &[Outcome]) {
    for outcome in outcomes {
        match Became::of(outcome) {
            Became::Added => job.accepted += 1,
            Became::Changed => {
                job.accepted += 1;
                job.changed += 1;
            }
            Became::Unchanged => {
                job.accepted += 1;
                job.unchanged += 1;
            }
            Became::Rejected => job.rejected += 1,
        }
    }
}

/// Adds them to the metrics of the process. The table is the declared one, so that callers cannot make labels.
pub(crate) fn measure(service: &'static str, header: &Header, dry_run: bool, outcomes: &[Outcome]) {
    let table = match header.form {
        Form::Resource(registered) => registered.spec.form.as_ref().map_or("", |form| form.id),
        Form::Sheet(sheet) => sheet.spec.form.id,
    };
    let dry_run = if dry_run { "true" } else { "false" };
    for became in Became::ALL {
        let rows = outcomes.iter().filter(|outcome| Became::of(outcome) == became).count();
        if let Ok(rows @ 1..) = u64::try_from(rows) {
            let labels =
                [("service", service), ("table", table), ("verdict", became.name()), ("dry_run", dry_run)];
            metrics::counter!(ROWS, &labels).increment(rows);
        }
    }
}
