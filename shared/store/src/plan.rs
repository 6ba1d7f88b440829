//! From a write set to the calls that carry it out.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::Dialect;
use crate::error::StoreError;
use crate::script::{Check, Script, Stamp, copy_data};
use crate::value::Value;
use crate::write::{NewAudit, NewEvent, NewRequest, Step, WriteSet};

/// Up to so many rows, a step shares a call with others; more rows get calls of their own.
pub(crate) const FEW: usize = 16;
/// Up to so many values, rows share a call with others on PostgreSQL even when they are many. COPY is less work for the
/// server, but the driver sends its end as a packet of its own and does not set TCP_NODELAY, so that TCP holds the end
/// back until the data before is acknowledged: up to 40 ms, whatever the number of rows.
const FEW_VALUES: usize = 8_192;
/// Most rows of one statement of SQLite. Beyond, it gets no faster and only takes more memory while it is prepared.
const MOST_ROWS: usize = 256;
/// Most arguments of one statement of SQLite, whose own limit is 32,766. So many take about 0.4 MB while prepared.
const MOST_ARGUMENTS: usize = 8_192;
/// Most statements of one call.
const MOST_STATEMENTS: usize = 64;
/// `superseded_at` of an open row.
const OPEN: &str = "9223372036854775807";

/// One call of the database.
#[derive(Debug)]
pub(crate) enum Call {
    /// Statements.
    Run(Script),
    /// Rows by COPY, on PostgreSQL.
    Copy { statement: String, data: String },
}

static OUTBOX: LazyLock<Arc<[String]>> =
    LazyLock::new(|| names("xid,ordinal,recorded_at,collection,id,version,kind,area,scope_area,detail"));
static AUDIT: LazyLock<Arc<[String]>> = LazyLock::new(|| {
    names(
        "xid,ordinal,recorded_at,subject,on_behalf_of,role,method,action,resource,area,outcome,reason,fields,digest,\
         count,purpose,legal_basis,source",
    )
});
static REQUEST: LazyLock<Arc<[String]>> =
    LazyLock::new(|| names("subject,request_id,digest,status,resources,recorded_at"));
static GUARD: LazyLock<Arc<[String]>> = LazyLock::new(|| names("subject,version"));

fn names(list: &str) -> Arc<[String]> {
    list.split(',').map(str::to_owned).collect()
}

/// Whether a set is so large that PostgreSQL loads it by COPY.
pub(crate) fn is_large(set: &WriteSet) -> bool {
    let large = |step: &Step| match step {
        Step::Insert { columns, rows, .. } => by_copy(rows.len(), columns.len()),
        _ => false,
    };
    by_copy(set.events.len(), OUTBOX.len())
        || by_copy(set.audit.len(), AUDIT.len())
        || set.steps.iter().any(large)
}

/// Whether PostgreSQL loads rows by COPY.
fn by_copy(rows: usize, columns: usize) -> bool {
    rows > FEW && rows * columns > FEW_VALUES
}

/// How many rows a set touches, about.
pub(crate) fn weight(set: &WriteSet) -> usize {
    let rows = |step: &Step| match step {
        Step::Insert { rows, .. } => rows.len(),
        Step::Supersede { rows, .. } | Step::Unchanged { rows, .. } | Step::Guard { rows } => rows.len(),
        Step::SupersedeElements { rows, .. } => rows.len(),
        Step::Execute { .. } => 1,
    };
    set.events.len() + set.audit.len() + set.steps.iter().map(rows).sum::<usize>()
}

/// The calls of a set, in order. The first one is always a script, begun with `prefix`; one whose statements are
/// checked as `Check::Nothing`.
pub(crate) fn calls(
    set: WriteSet,
    dialect: Dialect,
    stamp: Stamp,
    prefix: &[&str],
) -> Result<Vec<Call>, StoreError> {
    let mut plan = Plan { dialect, stamp, calls: Vec::new(), shared: Script::new(dialect, stamp) };
    for statement in prefix {
        plan.shared.sql(statement).end(Check::Nothing);
    }
    plan.guards(&set)?;
    for step in set.steps {
        plan.step(step)?;
    }
    plan.insert("outbox", &OUTBOX, set.events.into_iter().enumerate().map(event_row).collect())?;
    plan.insert("audit", &AUDIT, set.audit.into_iter().enumerate().map(audit_row).collect())?;
    plan.insert("request", &REQUEST, set.request.into_iter().map(request_row).collect())?;
    plan.cut();
    Ok(plan.calls)
}

struct Plan {
    dialect: Dialect,
    stamp: Stamp,
    calls: Vec<Call>,
    /// Where few rows are added to; not yet among the calls.
    shared: Script,
}

impl Plan {
    /// Ends the shared script.
    fn cut(&mut self) {
        let script = std::mem::replace(&mut self.shared, Script::new(self.dialect, self.stamp));
        if !script.checks.is_empty() {
            self.calls.push(Call::Run(script));
        }
    }

    /// Ends a statement of the shared script.
    fn end(&mut self, check: Check) {
        self.shared.end(check);
        if self.shared.checks.len() >= MOST_STATEMENTS {
            self.cut();
        }
    }

    /// Writes statements over rows. Many of them get calls of their own on SQLite, in pieces whose texts come again,
    /// so that they stay prepared.
    fn over_rows(
        &mut self,
        mut rows: Vec<Vec<Value>>,
        write: impl Fn(&mut Script, Vec<Vec<Value>>) -> Result<Check, StoreError>,
    ) -> Result<(), StoreError> {
        let alone = rows.len() > FEW && self.dialect == Dialect::Sqlite;
        if alone {
            self.cut();
        }
        while !rows.is_empty() {
            let width = rows.first().map_or(1, Vec::len);
            let rest = if alone { rows.split_off(piece(rows.len(), width)) } else { Vec::new() };
            let check = write(&mut self.shared, rows)?;
            self.end(check);
            if alone {
                self.cut();
            }
            rows = rest;
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), StoreError> {
        match step {
            Step::Insert { table, columns, rows } => self.insert(table, &columns, rows),
            Step::Supersede { table, rows } => {
                self.keyed(&Keyed::supersede(table, "version"), versions(rows))
            }
            Step::SupersedeElements { table, rows } => {
                let keys = rows.into_iter().map(|(id, element)| (id, Value::Text(element))).collect();
                self.keyed(&Keyed::supersede(table, "element_id"), keys)
            }
            Step::Unchanged { table, rows } => {
                let keyed = Keyed { table, keys: ["id", "version"], action: Action::Keep };
                self.keyed(&keyed, versions(rows))
            }
            // All guards of a set were written first.
            Step::Guard { .. } => Ok(()),
            Step::Execute { sql, args, expect } => {
                self.shared.ordered(&sql, args)?;
                self.end(expect.map_or(Check::Nothing, Check::Exactly));
                Ok(())
            }
        }
    }

    fn guards(&mut self, set: &WriteSet) -> Result<(), StoreError> {
        let mut read = BTreeMap::new();
        for step in &set.steps {
            let Step::Guard { rows } = step else { continue };
            for (subject, version) in rows {
                // Two versions of one subject: the reads of this set were not of one moment.
                if read.insert(subject.clone(), *version).is_some_and(|other| other != *version) {
                    return Err(StoreError::Conflict);
                }
            }
        }
        let (new, old): (Vec<_>, Vec<_>) = read.into_iter().partition(|(_, version)| *version == 0);
        self.keyed(
            &Keyed { table: "guard", keys: ["subject", "version"], action: Action::MoveOn },
            versions(old),
        )?;
        let rows =
            new.into_iter().map(|(subject, _)| vec![Value::Text(subject), Value::Integer(1)]).collect();
        self.insert("guard", &GUARD, rows)
    }

    fn insert(&mut self, table: &str, columns: &[String], rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        if rows.iter().any(|row| row.len() != columns.len()) {
            return Err(StoreError::other(format!(
                "a row for {table} has another number of values than columns"
            )));
        }
        let list = columns.join("\",\"");
        if self.dialect == Dialect::Postgres && by_copy(rows.len(), columns.len()) {
            self.cut();
            let statement = format!("COPY \"{table}\" (\"{list}\") FROM STDIN");
            self.calls.push(Call::Copy { statement, data: copy_data(rows, self.stamp)? });
            return Ok(());
        }
        self.over_rows(rows, |script, rows| {
            script
                .sql("INSERT INTO \"")
                .sql(table)
                .sql("\" (\"")
                .sql(&list)
                .sql("\") VALUES ")
                .tuples(rows)?;
            Ok(Check::Nothing)
        })
    }

    /// A statement over rows with given keys; every key must be met.
    fn keyed(&mut self, keyed: &Keyed, mut keys: Vec<(String, Value)>) -> Result<(), StoreError> {
        // In one order, so that two sets wait for each other rather than both for the other.
        keys.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        keys.dedup();
        if keys.len() > FEW {
            let rows = keys.into_iter().map(|(id, second)| vec![Value::Text(id), second]).collect();
            return self.over_rows(rows, |script, rows| keyed.many(script, rows));
        }
        for (id, second) in keys {
            let check = keyed.one(&mut self.shared, id, second)?;
            self.end(check);
        }
        Ok(())
    }
}

/// What is done to rows that are found by two keys.
struct Keyed {
    table: &'static str,
    keys: [&'static str; 2],
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    /// Ends open rows.
    Supersede,
    /// Demands open rows and keeps others from ending them until the commit.
    Keep,
    /// Adds 1 to `version`.
    MoveOn,
}

impl Keyed {
    fn supersede(table: &'static str, second: &'static str) -> Self {
        Self { table, keys: ["id", second], action: Action::Supersede }
    }

    fn set(&self, script: &mut Script) -> Result<(), StoreError> {
        match self.action {
            Action::Supersede => {
                script.sql(" SET \"superseded_at\" = ").value(Value::KnownNow)?;
            }
            Action::MoveOn => {
                script.sql(" SET \"version\" = \"version\" + 1");
            }
            Action::Keep => {}
        }
        Ok(())
    }

    fn condition(&self, script: &mut Script) -> Result<(), StoreError> {
        if self.action != Action::MoveOn {
            script.sql(" AND \"superseded_at\" = ").sql(OPEN);
        }
        if self.action == Action::Supersede {
            script.sql(" AND \"recorded_at\" < ").value(Value::KnownNow)?;
        }
        Ok(())
    }

    fn one(&self, script: &mut Script, id: String, second: Value) -> Result<Check, StoreError> {
        let (table, [first_key, second_key]) = (self.table, self.keys);
        if self.action == Action::Keep {
            script.sql(&format!("SELECT \"{first_key}\", \"{second_key}\" FROM \"{table}\""));
        } else {
            script.sql(&format!("UPDATE \"{table}\""));
            self.set(script)?;
        }
        script.sql(&format!(" WHERE \"{first_key}\" = ")).value(Value::Text(id))?;
        script.sql(&format!(" AND \"{second_key}\" = ")).value(second)?;
        self.condition(script)?;
        Ok(self.check(script, 1))
    }

    fn many(&self, script: &mut Script, rows: Vec<Vec<Value>>) -> Result<Check, StoreError> {
        let (table, [first_key, second_key]) = (self.table, self.keys);
        let count = rows.len();
        if self.action == Action::Keep {
            script.sql(&format!("SELECT \"{first_key}\", \"{second_key}\" FROM (VALUES ")).tuples(rows)?;
            script.sql(&format!(") AS v CROSS JOIN \"{table}\""));
        } else {
            script.sql(&format!("UPDATE \"{table}\""));
            self.set(script)?;
            script.sql(" FROM (VALUES ").tuples(rows)?.sql(") AS v");
        }
        script.sql(&format!(" WHERE \"{first_key}\" = v.column1 AND \"{second_key}\" = v.column2"));
        self.condition(script)?;
        if self.action != Action::Keep {
            script.sql(&format!(" RETURNING \"{first_key}\", \"{second_key}\""));
        }
        Ok(self.check(script, count))
    }

    fn check(&self, script: &mut Script, count: usize) -> Check {
        if self.action == Action::Keep {
            if script.dialect == Dialect::Postgres {
                script.sql(&format!(" FOR SHARE OF \"{}\"", self.table));
            }
            return Check::Keys(count);
        }
        if count == 1 { Check::AtLeastOne } else { Check::Keys(count) }
    }
}

fn versions(rows: Vec<(String, i64)>) -> Vec<(String, Value)> {
    rows.into_iter().map(|(id, version)| (id, Value::Integer(version))).collect()
}

/// How many of `rows` rows go into the next statement: a power of two, so that few texts serve all numbers of rows.
fn piece(rows: usize, width: usize) -> usize {
    let most = (MOST_ARGUMENTS / width.max(1)).clamp(1, MOST_ROWS).min(rows.max(1));
    1 << most.ilog2()
}

fn event_row((ordinal, event): (usize, NewEvent)) -> Vec<Value> {
    vec![
        Value::Transaction,
        Value::Integer(ordinal as i64),
        Value::KnownNow,
        Value::Text(event.collection),
        Value::Text(event.id),
        Value::Integer(event.version),
        Value::Text(event.kind),
        Value::Text(event.area),
        Value::Text(event.scope_area),
        Value::optional_text(event.detail),
    ]
}

fn audit_row((ordinal, audit): (usize, NewAudit)) -> Vec<Value> {
    vec![
        Value::Transaction,
        Value::Integer(ordinal as i64),
        Value::KnownNow,
        Value::Text(audit.subject),
        Value::optional_text(audit.on_behalf_of),
        Value::Text(audit.role),
        Value::Text(audit.method),
        Value::Text(audit.action),
        Value::optional_text(audit.resource),
        Value::optional_text(audit.area),
        Value::Text(audit.outcome),
        Value::optional_text(audit.reason),
        Value::optional_text(audit.fields),
        Value::optional_text(audit.digest),
        Value::Integer(audit.count),
        Value::optional_text(audit.purpose),
        Value::optional_text(audit.legal_basis),
        Value::optional_text(audit.source),
    ]
}

fn request_row(request: NewRequest) -> Vec<Value> {
    vec![
        Value::Text(request.subject),
        Value::Text(request.request_id),
        Value::Text(request.digest),
        Value::Integer(request.status),
        Value::Text(request.resources),
        Value::KnownNow,
    ]
}
