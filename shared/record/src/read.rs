//! Get, BatchGet, List: dated twice, scoped in the SQL, masked unless revealed.

use std::collections::{BTreeSet, HashMap};

use kernel::area::AreaCode;
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::page::{self, PageToken};
use kernel::text::is_plain;
use prost_types::Timestamp;
use proto::common::{RecordMeta, Reveal};
use store::{NewAudit, Row, Value as Cell, WriteSet};

use crate::call::Call;
use crate::codec::{Stored, blind, decode, etag, select_list};
use crate::engine::Engine;
use crate::masks::Clear;
use crate::refusal::refusal;
use crate::resource::AnyRecord;
use crate::rules::Registered;
use crate::spec::{Format, Leaf, Sensitivity, SheetSpec, Spec};
use crate::sql::Where;
use crate::states::state_on;
use crate::table::row::Form;
use crate::value::{Value, microseconds};
use crate::verbs::{BATCH_LIMIT, id_of};

/// Records in a page unless asked otherwise.
const PAGE: usize = 50;

/// Get{Resource}.
pub struct Get {
    /// The record's name.
    pub name: String,
    /// Day; today if empty.
    pub as_of: String,
    /// Moment; now if absent.
    pub known_at: Option<Timestamp>,
    /// Unmasked fields.
    pub reveal: Option<Reveal>,
}

/// BatchGet{Resources}.
pub struct BatchGet {
    /// Names.
    pub names: Vec<String>,
    /// Day; today if empty.
    pub as_of: String,
    /// Moment; now if absent.
    pub known_at: Option<Timestamp>,
    /// Unmasked fields.
    pub reveal: Option<Reveal>,
}

/// List{Resources}.
pub struct List {
    /// Area; the caller's whole scope if empty.
    pub area: String,
    /// Day; today if empty.
    pub as_of: String,
    /// Moment; now if absent.
    pub known_at: Option<Timestamp>,
    /// At most so many; 50 if 0, never more than 1,000.
    pub page_size: i32,
    /// Where to go on.
    pub page_token: String,
    /// `name` (the default) or `area`.
    pub order_by: String,
    /// Unmasked fields.
    pub reveal: Option<Reveal>,
    /// Only records in this state on the day.
    pub state: Option<i32>,
    /// Only records whose leaf has this value.
    pub filters: Vec<(usize, Value)>,
    /// The request without its page, which the page token is bound to.
    pub query: Vec<u8>,
}

/// A page of records.
pub struct Page {
    /// The records.
    pub records: Vec<Box<dyn AnyRecord>>,
    /// Where to go on; empty at the end.
    pub next_page_token: String,
}

/// When: a day, and a moment of knowledge.
#[derive(Debug, Clone)]
pub struct At {
    /// Day, ISO.
    pub as_of: String,
    /// Moment in microseconds; `None` is now.
    pub known_at: Option<i64>,
}

/// Fills what a record shows of others: a household's standing, its head count. One statement a page, not a record.
#[tonic::async_trait]
pub trait Decorator: Send + Sync {
    /// Fills the records of one page.
    async fn decorate(
        &self,
        engine: &Engine,
        at: &At,
        records: &mut [Box<dyn AnyRecord>],
    ) -> Result<(), Failure>;

    /// The state that it shows, as SQL over `t`, where the record's own columns do not tell it.
    fn state_sql(&self, _at: &At, _condition: &mut Where) -> Option<String> {
        None
    }
}

impl Engine {
    /// One record.
    pub async fn get(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Get,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let names = vec![request.name.clone()];
        let at = self.at(&request.as_of, request.known_at.as_ref()).await?;
        let mut found = self.named(call, spec, &names, &at, "name").await?;
        let mut record = found.pop().flatten().ok_or_else(|| not_found(&request.name))?;
        self.show(call, spec, &at, std::slice::from_mut(&mut record), request.reveal.as_ref()).await?;
        Ok(record)
    }

    /// Records of these names, in their order; one that is not there refuses all.
    pub async fn batch_get(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: BatchGet,
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        if request.names.len() > BATCH_LIMIT {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", BATCH_LIMIT));
        }
        let at = self.at(&request.as_of, request.known_at.as_ref()).await?;
        let found = self.named(call, spec, &request.names, &at, "names").await?;
        let mut records = Vec::with_capacity(found.len());
        for (record, name) in found.into_iter().zip(&request.names) {
            records.push(record.ok_or_else(|| not_found(name))?);
        }
        self.show(call, spec, &at, &mut records, request.reveal.as_ref()).await?;
        Ok(records)
    }

    /// A page of records.
    pub async fn list(&self, call: &Call, spec: &'static Spec, request: List) -> Result<Page, Failure> {
        let at = self.at(&request.as_of, request.known_at.as_ref()).await?;
        let size = page_size(request.page_size)?;
        let by_area = match request.order_by.as_str() {
            "" | "name" => false,
            "area" => true,
            other => return Err(Failure::new(Reason::OrderUnknown).with("order", other)),
        };
        let query = self.inner().secrets.digest.digest(&request.query);
        let mut condition = self.listed(call, spec, &request, &at)?;
        if !request.page_token.is_empty() {
            let position = page::decode(&request.page_token, &query)?;
            after(&mut condition, &position.position, by_area);
        }
        let order = if by_area { "t.area, t.id" } else { "t.id" };
        let sql = format!(
            "SELECT {}, {} FROM {} t{} ORDER BY {order} LIMIT {}",
            select_list(spec, "t"),
            newest(spec),
            spec.table,
            condition.text(),
            size + 1
        );
        let rows = self.db().scan(&sql, &condition.arguments).await?;
        let mut records = self.records(spec, &rows, &at)?;
        let more = records.len() > size;
        records.truncate(size);
        let next_page_token = match records.last() {
            Some(last) if more => {
                let id = last.name().rsplit('/').next().unwrap_or_default().to_owned();
                let area = last.meta().map(|meta| meta.area.clone()).unwrap_or_default();
                let position = if by_area { vec![area, id] } else { vec![id] };
                page::encode(&PageToken { query_digest: query, position })
            }
            _ => String::new(),
        };
        self.show(call, spec, &at, &mut records, request.reveal.as_ref()).await?;
        Ok(Page { records, next_page_token })
    }

    fn listed(&self, call: &Call, spec: &'static Spec, request: &List, at: &At) -> Result<Where, Failure> {
        let mut condition = Where::default();
        condition.known("t", at.known_at);
        condition.valid("t", &at.as_of);
        if !spec.everywhere {
            condition.scope("t", &call.caller().scope);
        }
        if !request.area.is_empty() {
            let area = self.readable_area(call, spec, &request.area)?;
            condition.area("t", &area.range());
        }
        for (leaf, value) in &request.filters {
            let declared = &spec.leaves[*leaf];
            let (column, cell) = match value {
                Value::Text(text) if declared.sensitive == Sensitivity::Encrypted => {
                    (declared.index_column(), Cell::Text(blind(&self.inner().secrets, declared, text)))
                }
                Value::Text(text) => (declared.column.to_owned(), Cell::Text(text.clone())),
                Value::Integer(number) => (declared.column.to_owned(), Cell::Integer(*number)),
                Value::Texts(_) | Value::Null => continue,
            };
            let argument = condition.argument(cell);
            condition.and(format!("t.\"{column}\" = {argument}"));
        }
        if let Some(state) = request.state {
            let shown = self.inner().decorators.get(spec.collection);
            let sql = match shown.and_then(|decorator| decorator.state_sql(at, &mut condition)) {
                Some(sql) => sql,
                None => state_sql(spec, &at.as_of, at.known_at, &mut condition),
            };
            let argument = condition.argument(i64::from(state));
            condition.and(format!("{sql} = {argument}"));
        }
        Ok(condition)
    }

    /// An area named by the caller: known to the code's form and within reach.
    pub fn readable_area(&self, call: &Call, spec: &Spec, area: &str) -> Result<AreaCode, Failure> {
        let Some(code) = AreaCode::parse(area) else {
            let mut violations = Violations::default();
            violations.push("area", Reason::AreaUnknown).add("area", area);
            return Err(refusal(violations));
        };
        if !spec.everywhere && !call.caller().scope.allows(&code) {
            return Err(Failure::new(Reason::AreaForbidden).with("area", area));
        }
        Ok(code)
    }

    async fn named(
        &self,
        call: &Call,
        spec: &'static Spec,
        names: &[String],
        at: &At,
        field: &str,
    ) -> Result<Vec<Option<Box<dyn AnyRecord>>>, Failure> {
        let ids: Vec<String> = names.iter().map(|name| id_of(spec, name, field)).collect::<Result<_, _>>()?;
        let mut condition = Where::default();
        condition.known("t", at.known_at);
        condition.valid("t", &at.as_of);
        if !spec.everywhere {
            condition.scope("t", &call.caller().scope);
        }
        let mut found: HashMap<String, Box<dyn AnyRecord>> = HashMap::new();
        for chunk in ids.chunks(200) {
            let mut condition = condition.clone();
            let places: Vec<String> = chunk.iter().map(|id| condition.argument(id.as_str())).collect();
            condition.and(format!("t.id IN ({})", places.join(", ")));
            let sql = format!(
                "SELECT {}, {} FROM {} t{}",
                select_list(spec, "t"),
                newest(spec),
                spec.table,
                condition.text()
            );
            let rows = self.db().all(&sql, &condition.arguments).await?;
            for (row, record) in rows.iter().zip(self.records(spec, &rows, at)?) {
                found.insert(row.text(0).to_owned(), record);
            }
        }
        Ok(ids.iter().map(|id| found.get(id).map(|record| record.copy())).collect())
    }

    /// The record as it stands now, masked; for answers of writes that changed nothing.
    pub(crate) async fn current(
        &self,
        call: &Call,
        spec: &'static Spec,
        name: &str,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let (name, as_of) = (name.to_owned(), String::new());
        self.get(call, spec, Get { name, as_of, known_at: None, reveal: None }).await
    }

    /// Named versions, masked, for the answer to a replayed request.
    pub(crate) async fn versions(
        &self,
        call: &Call,
        wanted: &[(String, String, i64)],
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        let mut answers = Vec::with_capacity(wanted.len());
        let today = self.at("", None).await?;
        for (collection, id, version) in wanted {
            let Some(spec) = self.registered(collection).map(|registered| registered.spec) else { continue };
            let mut condition = Where::default();
            let argument = condition.argument(id.as_str());
            condition.and(format!("t.id = {argument}"));
            let argument = condition.argument(*version);
            condition.and(format!("t.version = {argument}"));
            if !spec.everywhere {
                condition.scope("t", &call.caller().scope);
            }
            let sql = format!(
                "SELECT {}, t.version FROM {} t{} ORDER BY t.valid_from DESC LIMIT 1",
                select_list(spec, "t"),
                spec.table,
                condition.text()
            );
            let rows = self.db().all(&sql, &condition.arguments).await?;
            answers.extend(self.records(spec, &rows, &today)?);
        }
        for record in &mut answers {
            self.mask(record.as_mut(), &Clear::Nothing);
        }
        Ok(answers)
    }

    /// Records out of rows of `select_list` with the newest version behind, unmasked.
    pub(crate) fn records(
        &self,
        spec: &'static Spec,
        rows: &[Row],
        at: &At,
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        let registered = self.entry(spec)?;
        let newest_at = crate::codec::columns(spec).len();
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let Stored { id, mut record, .. } = decode(&self.inner().secrets, registered.new, row)?;
            let meta = record.meta().cloned().unwrap_or_default();
            self.finish_record(record.as_mut(), &id, meta, row.integer(newest_at), &at.as_of);
            records.push(record);
        }
        Ok(records)
    }

    pub(crate) fn entry(&self, spec: &'static Spec) -> Result<&Registered, Failure> {
        self.registered(spec.collection).ok_or_else(|| {
            Failure::new(Reason::Internal).because(format!("{} is not in the service's list", spec.resource))
        })
    }

    pub(crate) fn empty(&self, spec: &'static Spec) -> Result<Box<dyn AnyRecord>, Failure> {
        self.entry(spec).map(|registered| (registered.new)())
    }

    pub(crate) fn finish_record(
        &self,
        record: &mut dyn AnyRecord,
        id: &str,
        meta: RecordMeta,
        newest: i64,
        as_of: &str,
    ) {
        let name = format!("{}/{id}", record.spec().collection);
        let state = state_on(record, as_of);
        record.set_head(name, meta, etag(newest), state);
    }

    /// Decorates a page, then masks it or, with power and purpose, leaves it in clear and says so in the audit.
    pub(crate) async fn show(
        &self,
        call: &Call,
        spec: &'static Spec,
        at: &At,
        records: &mut [Box<dyn AnyRecord>],
        reveal: Option<&Reveal>,
    ) -> Result<(), Failure> {
        let clear = match reveal {
            None => Clear::Nothing,
            Some(reveal) => revealed(call, declared(spec), reveal)?,
        };
        if let Some(decorator) = self.inner().decorators.get(spec.collection) {
            decorator.decorate(self, at, records).await?;
        }
        let mut shown = 0;
        for record in records.iter_mut() {
            shown += self.mask(record.as_mut(), &clear);
        }
        match reveal {
            Some(reveal) if shown > 0 => self.audit_reveal(call, spec, reveal, records.len()).await,
            _ => Ok(()),
        }
    }

    /// Whether a table may be exported in clear; the audit has it before a row leaves. A sheet's columns are not its
    /// source's fields, so what needs a power is asked of the columns.
    pub(crate) async fn reveal_table(
        &self,
        call: &Call,
        form: Form,
        reveal: &Reveal,
    ) -> Result<Clear, Failure> {
        let clear = match form {
            Form::Resource(registered) => revealed(call, declared(registered.spec), reveal)?,
            Form::Sheet(sheet) => revealed(call, columns_of(sheet.spec), reveal)?,
        };
        self.audit_reveal(call, form.source(), reveal, 0).await?;
        Ok(clear)
    }

    async fn audit_reveal(
        &self,
        call: &Call,
        spec: &Spec,
        reveal: &Reveal,
        count: usize,
    ) -> Result<(), Failure> {
        let caller = call.caller();
        let entry = NewAudit {
            subject: caller.subject.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            role: caller.role.clone(),
            method: call.method.to_owned(),
            action: "reveal".to_owned(),
            resource: Some(spec.collection.to_owned()),
            outcome: "OK".to_owned(),
            fields: serde_json::to_string(&reveal.fields).ok(),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            purpose: Some(reveal.purpose.clone()),
            legal_basis: Some(reveal.legal_basis.clone()),
            ..NewAudit::default()
        };
        // Nothing is shown unless the audit has it.
        self.db().commit(WriteSet { audit: vec![entry], ..WriteSet::default() }).await?;
        Ok(())
    }

    /// The day and moment of a read.
    pub async fn at(&self, as_of: &str, known_at: Option<&Timestamp>) -> Result<At, Failure> {
        let as_of = if as_of.is_empty() { self.today() } else { as_of.to_owned() };
        if CivilDate::parse(&as_of).is_none() {
            let mut violations = Violations::default();
            violations.push("as_of", Reason::DateInvalid);
            return Err(refusal(violations));
        }
        let known_at = known_at.map(microseconds);
        // The database's own time decides; it is asked only where this machine's clock does not settle it.
        if let Some(moment) = known_at
            && moment > self.inner().clock.now().micros()
            && moment > self.db().known_now().await?
        {
            return Err(Failure::new(Reason::KnownAtInFuture));
        }
        Ok(At { as_of, known_at })
    }
}

/// The newest version of the row's record, whatever the moment that was asked about.
pub(crate) fn newest(spec: &Spec) -> String {
    format!("(SELECT MAX(v.version) FROM {} v WHERE v.id = t.id)", spec.table)
}

fn not_found(name: &str) -> Failure {
    Failure::new(Reason::ResourceNotFound).with("name", name)
}

fn page_size(asked: i32) -> Result<usize, Failure> {
    match usize::try_from(asked) {
        Err(_) => Err(Failure::new(Reason::PageSizeInvalid)),
        Ok(0) => Ok(PAGE),
        Ok(size) => Ok(size.min(BATCH_LIMIT)),
    }
}

fn after(condition: &mut Where, position: &[String], by_area: bool) {
    match position {
        [area, id] if by_area => {
            let (area, id) = (condition.argument(area.as_str()), condition.argument(id.as_str()));
            condition.and(format!("(t.area > {area} OR (t.area = {area} AND t.id > {id}))"));
        }
        [id, ..] => {
            let id = condition.argument(id.as_str());
            condition.and(format!("t.id > {id}"));
        }
        [] => {}
    }
}

/// Fields that a reveal may name: each with its path and that of the repeated field around it.
type Revealable = Vec<(String, &'static str, &'static Leaf)>;

fn declared(spec: &'static Spec) -> Revealable {
    let leaves = spec.leaves.iter().map(|leaf| (leaf.path.to_owned(), leaf.path, leaf));
    let children = spec.children.iter().flat_map(|child| {
        child.leaves.iter().map(move |leaf| (format!("{}.{}", child.path, leaf.path), child.path, leaf))
    });
    leaves.chain(children).collect()
}

fn columns_of(sheet: &'static SheetSpec) -> Revealable {
    sheet.leaves.iter().map(|leaf| (leaf.path.to_owned(), leaf.path, leaf)).collect()
}

fn revealed(call: &Call, fields: Revealable, reveal: &Reveal) -> Result<Clear, Failure> {
    if reveal.purpose.is_empty() || reveal.legal_basis.is_empty() {
        return Err(Failure::new(Reason::RevealPurposeRequired));
    }
    let mut steering = Violations::new();
    for (field, text) in [("reveal.purpose", &reveal.purpose), ("reveal.legal_basis", &reveal.legal_basis)] {
        if !is_plain(text, true) {
            steering.push(field, Reason::TextInvalid);
        }
    }
    steering.into_result()?;
    for needed in reveal_permissions(&fields, &reveal.fields) {
        call.caller()
            .require(needed)
            .map_err(|_| Failure::new(Reason::RevealForbidden).with("permission", needed))?;
    }
    Ok(if reveal.fields.is_empty() { Clear::Everything } else { Clear::Paths(reveal.fields.clone()) })
}

/// Permissions that unmask these fields, all of them if none is named: accounts have one of their own. A field that is
/// named although it is open to everyone is meant in a record that shields itself.
fn reveal_permissions(fields: &Revealable, named: &[String]) -> BTreeSet<&'static str> {
    let asked = |path: &String, parent: &str| named.iter().any(|field| field == path || field == parent);
    let needed = fields.iter().filter(|(path, parent, leaf)| {
        if named.is_empty() { leaf.sensitive != Sensitivity::Open } else { asked(path, parent) }
    });
    needed
        .map(|(_, _, leaf)| if leaf.format == Format::Account { "account.reveal" } else { "person.reveal" })
        .collect()
}

/// The state on a day, as SQL.
pub fn state_sql(spec: &Spec, as_of: &str, known_at: Option<i64>, condition: &mut Where) -> String {
    let day = condition.argument(as_of);
    if let Some(acts) = spec.acts.and_then(|acts| spec.children[acts].rows) {
        let known = match known_at {
            None => format!("a.superseded_at = {}", crate::codec::CURRENT),
            Some(moment) => {
                let at = condition.argument(moment);
                format!("a.recorded_at <= {at} AND a.superseded_at > {at}")
            }
        };
        let opened = crate::states::opened_state(spec);
        return format!(
            "COALESCE((SELECT a.to_state FROM {acts} a WHERE a.id = t.id AND {known} \
             AND a.occurred_on <= {day} ORDER BY a.ordinal DESC LIMIT 1), {opened})"
        );
    }
    let mut sql = String::from("CASE");
    for state in spec.states.iter().rev() {
        match state.day {
            Some(leaf) => {
                let column = spec.leaves[leaf].column;
                sql.push_str(&format!(" WHEN t.\"{column}\" <= {day} THEN {}", state.number));
            }
            None => sql.push_str(&format!(" ELSE {}", state.number)),
        }
    }
    if spec.states.is_empty() { "0".to_owned() } else { sql + " END" }
}
