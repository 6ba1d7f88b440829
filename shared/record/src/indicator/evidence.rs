//! `ListEvidence`: the rows behind a value, page by page, from the same conditions that counted them.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};
use kernel::area::AreaCode;
use kernel::caller::Caller;
use kernel::failure::{Failure, Reason, Violations};
use kernel::language::{Label, Language};
use kernel::page::{self, PageToken};
use prost::Message;
use proto::common::{
    Evidence, EvidenceDate, EvidenceRole, ListEvidenceRequest, ListEvidenceResponse, Source,
};
use store::{Db, Row};

use super::compile::{BESIDE, Counted, ELEMENT, Extent, RECORD};
use super::measure::{Reporter, level_failure};
use super::part::Part;
use super::request::{Times, area_of};
use super::setting::{Asked, Setting, Settings};
use super::wire_label;
use crate::call::Call;
use crate::codec::FOREVER;
use crate::engine::Engine;
use crate::parameters::Defaults;
use crate::refusal::refusal;
use crate::spec::{Kind, Leaf, Sensitivity};
use crate::sql::Where;
use crate::value::timestamp;

/// Rows in one message of the stream.
const PAGE: usize = 500;
/// Rows of one statement, and in memory. Where rows are joined, a statement costs the whole join however few it asks for.
const READ: usize = 20 * PAGE;
/// Columns before the days; see [`listed`].
const HEAD: usize = 16;

const VALID_FROM: Label = Label::new("有效期起", "유효기간 시작", "valid from");
const VALID_TO: Label = Label::new("有效期止", "유효기간 마감", "valid to");

/// Messages of rows.
pub type EvidenceStream = BoxStream<'static, Result<ListEvidenceResponse, Failure>>;

impl Engine {
    /// The rows behind a value: the sum of their contributions over distinct keys (and, of a ratio, over one role) is
    /// the value; a flag that compares is yes exactly where the numerator's sum is no less than the denominator's. A
    /// plan, outside count or setting that is not there has no rows.
    ///
    /// # Errors
    /// As `Measure`; besides `LEVEL_NOT_DECLARED`, `PERMISSION_MISSING`, `PROGRAMME_FORBIDDEN`, `PAGE_TOKEN_INVALID`,
    /// `PAGE_TOKEN_OTHER_QUERY`.
    pub async fn evidence(
        &self,
        call: &Call,
        request: ListEvidenceRequest,
    ) -> Result<EvidenceStream, Failure> {
        self.reporter(call).evidence(request).await
    }
}

impl Reporter<'_> {
    pub(super) async fn evidence(&self, request: ListEvidenceRequest) -> Result<EvidenceStream, Failure> {
        let area = area_of(self.caller, &request.area)?;
        let item = request.item.clone().unwrap_or_default();
        let Some(indicator) = self.indicator(&item.indicator) else {
            return Err(violation(
                "item.indicator",
                Reason::IndicatorUnknown,
                Some(("indicator", &item.indicator)),
            ));
        };
        self.allowed(indicator)?;
        if !indicator.levels.has(area.level()) {
            return Err(level_failure(indicator, area.level(), self.language));
        }
        let now = self.db.closed_now().await?;
        let mut times = Times::of(&item, now, now, self.today)
            .map_err(|(field, reason)| violation(&format!("item.{field}"), reason, None))?;
        let query = page::query_digest(&[area.as_str(), &times.day.to_string(), &hex(&item.encode_to_vec())]);
        let resumed = match request.resume_token.as_str() {
            "" => None,
            token => Some(Resumed::of(page::decode(token, &query)?)?),
        };
        let roles = [EvidenceRole::Numerator, EvidenceRole::Denominator];
        let parts = indicator.parts().into_iter().map(Part::of).zip(roles);
        let mut parts: VecDeque<Side> = parts.map(|(part, role)| Side::new(part, role)).collect();
        if let Some(resumed) = resumed {
            // What was known then is what goes on.
            times.known_at = resumed.known_at;
            parts.drain(..resumed.part.min(parts.len()));
            if let Some(part) = parts.front_mut() {
                part.after = Some(resumed.after);
            }
        }
        let reading = Reading {
            db: self.db.clone(),
            defaults: self.defaults.clone(),
            caller: Arc::new(self.caller.clone()),
            language: self.language,
            area,
            times,
            query,
            parts,
        };
        Ok(stream::try_unfold(reading, Reading::next).boxed())
    }
}

fn violation(field: &str, reason: Reason, argument: Option<(&'static str, &str)>) -> Failure {
    let mut violations = Violations::default();
    let found = violations.push(field, reason);
    if let Some((key, value)) = argument {
        found.add(key, value);
    }
    refusal(violations)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a stream goes on.
struct Resumed {
    known_at: i64,
    part: usize,
    after: Position,
}

impl Resumed {
    fn of(token: PageToken) -> Result<Self, Failure> {
        let damaged = || Failure::new(Reason::PageTokenInvalid);
        let [known_at, part, area, id, element, beside]: [String; 6] =
            token.position.try_into().map_err(|_| damaged())?;
        Ok(Self {
            known_at: known_at.parse().map_err(|_| damaged())?,
            part: part.parse().map_err(|_| damaged())?,
            after: Position { area, id, element, beside },
        })
    }
}

/// A row's place in the order of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Position {
    area: String,
    id: String,
    element: String,
    beside: String,
}

/// The rows of an indicator, or of one side of a ratio or a flag.
struct Side {
    part: Part,
    role: EvidenceRole,
    after: Option<Position>,
    /// Rows that were read and not yet sent.
    read: VecDeque<Row>,
    /// Nothing comes after them.
    ended: bool,
}

impl Side {
    fn new(part: Part, role: EvidenceRole) -> Self {
        Self { part, role, after: None, read: VecDeque::new(), ended: false }
    }
}

/// A stream under way.
struct Reading {
    db: Db,
    defaults: Defaults,
    caller: Arc<Caller>,
    language: Language,
    area: AreaCode,
    times: Times,
    query: String,
    /// What is still to be read.
    parts: VecDeque<Side>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(ListEvidenceResponse, Self)>, Failure> {
        while let Some(mut side) = self.parts.pop_front() {
            let (evidence, after) = match side.part {
                Part::Setting(setting) => {
                    // One row: where a stream goes on after it, there is nothing left.
                    if side.after.is_some() {
                        continue;
                    }
                    let Some(row) = self.setting(setting, side.role).await? else { continue };
                    let after = Position { area: row.area.clone(), ..Position::default() };
                    (vec![row], after)
                }
                Part::Rows(counted) => {
                    let Some(page) = self.page(&mut side, &counted).await? else { continue };
                    page
                }
            };
            let resume_token = self.token(side.role, &after);
            side.after = Some(after);
            self.parts.push_front(side);
            let known_at = Some(timestamp(self.times.known_at));
            return Ok(Some((ListEvidenceResponse { evidence, resume_token, known_at }, self)));
        }
        Ok(None)
    }

    /// The one setting behind a parameter's value.
    async fn setting(&self, setting: Setting, role: EvidenceRole) -> Result<Option<Evidence>, Failure> {
        let mut settings = Settings::default();
        settings.add(&setting, &self.times);
        let settings = settings.run(&self.db).await?;
        let (defaults, times) = (&self.defaults, &self.times);
        let row = Asked { setting, settings: &settings, defaults, times }.evidence(&self.area);
        Ok(row.map(|row| Evidence { role: role.into(), ..row }))
    }

    /// The next rows, and the place of the last of them.
    async fn page(
        &self,
        side: &mut Side,
        counted: &Counted,
    ) -> Result<Option<(Vec<Evidence>, Position)>, Failure> {
        if side.read.is_empty() && !side.ended {
            side.read = self.read(counted, side.after.as_ref()).await?.into();
            side.ended = side.read.len() < READ;
        }
        let rows: Vec<Row> = side.read.drain(..side.read.len().min(PAGE)).collect();
        let Some(last) = rows.last() else { return Ok(None) };
        let after = Position {
            area: last.text(0).to_owned(),
            id: last.text(1).to_owned(),
            element: last.text(2).to_owned(),
            beside: last.text(3).to_owned(),
        };
        let evidence = rows.iter().map(|row| self.evidence(counted, side.role, row)).collect();
        Ok(Some((evidence, after)))
    }

    fn token(&self, role: EvidenceRole, after: &Position) -> String {
        let part = if role == EvidenceRole::Denominator { "1" } else { "0" };
        let Position { area, id, element, beside } = after.clone();
        let position = vec![self.times.known_at.to_string(), part.to_owned(), area, id, element, beside];
        page::encode(&PageToken { query_digest: self.query.clone(), position })
    }

    /// The next rows, in the order of area and identifier.
    async fn read(&self, counted: &Counted, after: Option<&Position>) -> Result<Vec<Row>, Failure> {
        let mut condition = Where::default();
        let predicate = counted.predicate(&self.times, &self.area, Extent::Whole, &mut condition);
        condition.and(predicate);
        counted.common(&self.times, &self.caller, &self.area, &mut condition);
        let first = Position::default();
        let order = order_of(counted, after.unwrap_or(&first));
        let columns: Vec<&str> = order.iter().map(|(column, _)| column.as_str()).collect();
        let columns = columns.join(", ");
        if let Some(after) = after {
            // The area alone once more: an index can begin there.
            let area = condition.argument(after.area.as_str());
            condition.and(format!("{RECORD}.area >= {area}"));
            let places: Vec<String> = order.iter().map(|(_, value)| condition.argument(*value)).collect();
            condition.and(format!("({columns}) > ({})", places.join(", ")));
        }
        let sql = format!(
            "SELECT {} FROM {}{} ORDER BY {columns} LIMIT {READ}",
            listed(counted),
            counted.from(),
            condition.text(),
        );
        Ok(self.db.scan(&sql, &condition.arguments).await?)
    }

    fn evidence(&self, counted: &Counted, role: EvidenceRole, row: &Row) -> Evidence {
        let record = counted.source.record;
        Evidence {
            resource: format!("{}/{}", record.collection, row.text(1)),
            area: row.text(0).to_owned(),
            label: self.label(counted, row),
            contribution: row.integer(6),
            distinct_key: row.text(5).to_owned(),
            role: role.into(),
            dates: dates(counted, row),
            source: source(row, 8),
            version: row.integer(4),
        }
    }

    /// What the record is called: its title, unless that is a sensitive field.
    fn label(&self, counted: &Counted, row: &Row) -> String {
        let Some(leaf) = title(counted) else { return String::new() };
        match (leaf.kind, row.optional_integer(7)) {
            (Kind::Enum, Some(number)) => i32::try_from(number)
                .ok()
                .and_then(|number| leaf.word(number))
                .map(|word| word.label.in_language(self.language).to_owned())
                .unwrap_or_default(),
            (_, Some(number)) => number.to_string(),
            (_, None) => row.text(7).to_owned(),
        }
    }
}

fn title(counted: &Counted) -> Option<&'static Leaf> {
    let record = counted.source.record;
    record.title_of.map(|leaf| &record.leaves[leaf]).filter(|leaf| leaf.sensitive == Sensitivity::Open)
}

/// Columns that put the rows in order, as many as the source needs for no two to be equal, each with its value in the
/// row after which a page begins.
fn order_of<'p>(counted: &Counted, after: &'p Position) -> Vec<(String, &'p str)> {
    let mut order =
        vec![(format!("{RECORD}.area"), after.area.as_str()), (format!("{RECORD}.id"), after.id.as_str())];
    if counted.source.elements.is_some() {
        order.push((element_of(counted), &after.element));
    }
    if counted.source.link.is_some() {
        order.push((beside_of(counted), &after.beside));
    }
    order
}

fn element_of(counted: &Counted) -> String {
    counted.source.elements.map_or("''".to_owned(), |_| format!("{ELEMENT}.element_id"))
}

fn beside_of(counted: &Counted) -> String {
    counted.source.link.map_or("''".to_owned(), |_| format!("{BESIDE}.id"))
}

/// The SELECT list: area, id, element, record beside, version, key, contribution, title, source, validity, days.
fn listed(counted: &Counted) -> String {
    let title = title(counted).map_or("''".to_owned(), |leaf| format!("{RECORD}.\"{}\"", leaf.column));
    let mut columns = vec![
        format!("{RECORD}.area"),
        format!("{RECORD}.id"),
        element_of(counted),
        beside_of(counted),
        format!("{RECORD}.version"),
        counted.key(),
        counted.contribution(),
        title,
    ];
    for column in
        ["source_kind", "source_form", "source_digest", "source_row", "source_system", "source_document_no"]
    {
        columns.push(format!("{RECORD}.{column}"));
    }
    columns.push(format!("{RECORD}.valid_from"));
    columns.push(format!("{RECORD}.valid_to"));
    columns.extend(counted.days().into_iter().map(|field| counted.column(field, None)));
    columns.join(", ")
}

fn dates(counted: &Counted, row: &Row) -> Vec<EvidenceDate> {
    let mut dates = Vec::new();
    if counted.dated() {
        for (column, field, label) in
            [(HEAD - 2, "meta.valid_from", &VALID_FROM), (HEAD - 1, "meta.valid_to", &VALID_TO)]
        {
            let date = row.text(column);
            if date != FOREVER {
                dates.push(EvidenceDate {
                    field: field.to_owned(),
                    label: Some(wire_label(label)),
                    date: date.to_owned(),
                });
            }
        }
    }
    for (index, field) in counted.days().into_iter().enumerate() {
        if let Some(date) = row.optional_text(HEAD + index) {
            dates.push(EvidenceDate {
                field: field.path(),
                label: field.leaf().title.as_ref().map(wire_label),
                date: date.to_owned(),
            });
        }
    }
    dates
}

/// Where a record's words come from: six columns from `first` on.
pub(super) fn source(row: &Row, first: usize) -> Option<Source> {
    let kind = row.optional_integer(first)?;
    Some(Source {
        kind: i32::try_from(kind).unwrap_or_default(),
        form: row.text(first + 1).to_owned(),
        file_digest: row.text(first + 2).to_owned(),
        row: row.integer(first + 3),
        system: row.text(first + 4).to_owned(),
        document_no: row.text(first + 5).to_owned(),
    })
}
