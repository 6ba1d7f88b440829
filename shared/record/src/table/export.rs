//! Export: the records of a table in their printed form, page by page, bounded in memory.

use std::collections::HashMap;

use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use proto::common::Row;

use crate::call::Call;
use crate::codec::{columns, select_list};
use crate::engine::Engine;
use crate::load::Loader;
use crate::masks::{Clear, shown};
use crate::read::At;
use crate::resource::AnyRecord;
use crate::spec::{Sensitivity, Spec};
use crate::sql::Where;
use crate::state::{Known, Reads, State};
use crate::surroundings::Ask;
use crate::table::cells::format_cell;
use crate::table::layout::{Column, Layout, PlacePart, Target};
use crate::table::row::Form;
use crate::table::sheet::{AnyRow, Days, Sheet, SheetOut};
use crate::value::Value;

/// Records read at a time.
const PAGE: usize = 500;
/// How many passes a page may need.
const PASSES: usize = 12;

/// An export under way.
pub(crate) struct Export {
    pub(crate) engine: Engine,
    pub(crate) call: Call,
    pub(crate) form: Form,
    pub(crate) layout: Layout,
    pub(crate) at: At,
    pub(crate) clear: Clear,
    pub(crate) condition: Where,
    pub(crate) after: String,
    pub(crate) ordinal: i64,
}

/// A row on its way out, of either kind.
enum Out {
    Record(Box<dyn AnyRecord>),
    Sheet(SheetOut<Box<dyn AnyRow>>),
}

impl Export {
    /// Prepares an export; the caller's scope goes into the SQL.
    pub(crate) fn new(
        engine: &Engine,
        call: &Call,
        form: Form,
        area: &str,
        at: At,
        clear: Clear,
    ) -> Result<Self, Failure> {
        let (spec, layout) = match form {
            Form::Resource(registered) => (registered.spec, Layout::of_resource(registered.spec)),
            Form::Sheet(sheet) => ((sheet.source)(), Some(Layout::of_sheet(sheet.spec))),
        };
        let layout = layout.ok_or_else(|| Failure::new(Reason::TableUnknown))?;
        call.caller().require(spec.read_permission)?;
        let mut condition = Where::default();
        condition.known("t", at.known_at);
        condition.valid("t", &at.as_of);
        if !spec.everywhere {
            condition.scope("t", &call.caller().scope);
        }
        if !area.is_empty() {
            condition.area("t", &engine.readable_area(call, spec, area)?.range());
        }
        let (engine, call) = (engine.clone(), call.clone());
        Ok(Self { engine, call, form, layout, at, clear, condition, after: String::new(), ordinal: 0 })
    }

    fn spec(&self) -> &'static Spec {
        match self.form {
            Form::Resource(registered) => registered.spec,
            Form::Sheet(sheet) => (sheet.source)(),
        }
    }

    /// The printed columns.
    pub(crate) fn printed(&self) -> Vec<Column> {
        self.layout.columns.iter().filter(|column| !column.unprinted).copied().collect()
    }

    /// The next rows, `None` at the end.
    pub(crate) async fn next(&mut self, language: Language) -> Result<Option<Vec<Row>>, Failure> {
        let spec = self.spec();
        let mut condition = self.condition.clone();
        if !self.after.is_empty() {
            let after = condition.argument(self.after.as_str());
            condition.and(format!("t.id > {after}"));
        }
        let sql = format!(
            "SELECT {}, t.version FROM {} t{} ORDER BY t.id LIMIT {PAGE}",
            select_list(spec, "t"),
            spec.table,
            condition.text()
        );
        let rows = self.engine.db().scan(&sql, &condition.arguments).await?;
        debug_assert!(rows.iter().all(|row| row.values.len() > columns(spec).len()));
        let records = self.engine.records(spec, &rows, &self.at)?;
        let Some(last) = records.last() else { return Ok(None) };
        self.after = last.name().rsplit('/').next().unwrap_or_default().to_owned();
        let (outs, state) = self.expanded(records).await?;
        let printed = self.printed();
        let mut lines = Vec::with_capacity(outs.len());
        for out in outs {
            self.ordinal += 1;
            lines.push(self.line(&printed, out, &state, language));
        }
        Ok(Some(lines))
    }

    /// The rows of a page, with the names of their places known.
    async fn expanded(&self, records: Vec<Box<dyn AnyRecord>>) -> Result<(Vec<Out>, State), Failure> {
        let mut state = State::default();
        let loader = Loader {
            resources: &self.engine.inner().resources,
            secrets: &self.engine.inner().secrets,
            main: self.engine.db(),
            overlay: None,
            surroundings: self.engine.inner().surroundings.as_ref(),
            call: &self.call,
        };
        for _ in 0..PASSES {
            let outs = self.pass(&records, &state);
            let missing = state.take_missing();
            if missing.is_empty() {
                return Ok((outs, state));
            }
            loader.load(missing, &mut state).await?;
        }
        Err(Failure::internal_error("an export reads something new in every pass"))
    }

    fn pass(&self, records: &[Box<dyn AnyRecord>], state: &State) -> Vec<Out> {
        let reads = Reads::new(state);
        let today = self.engine.today();
        let days = Days { as_of: &self.at.as_of, today: &today };
        let mut outs = Vec::with_capacity(records.len());
        for record in records {
            match self.form {
                Form::Resource(_) => {
                    let mut record = record.copy();
                    self.engine.mask(record.as_mut(), &self.clear);
                    outs.push(Out::Record(record));
                }
                Form::Sheet(Sheet { collapse, .. }) => {
                    // What is not loaded is noted in the state; the page is expanded anew.
                    if let Ok(rows) = collapse(record.name(), record.as_ref(), &days, &reads) {
                        outs.extend(rows.into_iter().map(Out::Sheet));
                    }
                }
            }
        }
        for out in &outs {
            let _named = self.place_names(out, state);
        }
        outs
    }

    fn place_names(&self, out: &Out, state: &State) -> Known<HashMap<&'static str, String>> {
        let area = match out {
            Out::Record(record) => record.meta().map(|meta| meta.area.clone()).unwrap_or_default(),
            Out::Sheet(sheet) => sheet.area.clone(),
        };
        if self.layout.form.place.is_none() {
            return Ok(HashMap::new());
        }
        place_names(&area, &Reads::new(state))
    }

    fn line(&self, printed: &[Column], out: Out, state: &State, language: Language) -> Row {
        let places = self.place_names(&out, state).unwrap_or_default();
        let cells = printed.iter().map(|column| self.cell(column, &out, &places, language)).collect();
        Row { cells }
    }

    fn cell(
        &self,
        column: &Column,
        out: &Out,
        places: &HashMap<&'static str, String>,
        language: Language,
    ) -> String {
        let codes = &self.engine.inner().codes;
        match (column.target, out) {
            (Target::Ordinal, _) => self.ordinal.to_string(),
            (Target::Name, Out::Record(record)) => record.name().to_owned(),
            (Target::Name, Out::Sheet(sheet)) => sheet.name.clone(),
            (Target::Place(part), _) => places.get(part_name(part)).cloned().unwrap_or_default(),
            (Target::Leaf(index), Out::Record(record)) => column
                .leaf
                .map(|leaf| format_cell(codes, leaf, column.unit, &record.get(index), language))
                .unwrap_or_default(),
            (Target::Leaf(index), Out::Sheet(sheet)) => column
                .leaf
                .map(|leaf| {
                    let hidden = sheet.hidden.contains(&index);
                    let value = match sheet.row.get(index) {
                        value if self.clear.keeps(leaf.path) => value,
                        value if hidden || leaf.sensitive != Sensitivity::Open => shown(leaf, value, hidden),
                        value => value,
                    };
                    format_cell(codes, leaf, column.unit, &value, language)
                })
                .unwrap_or_default(),
            (Target::First(child, index), Out::Record(record)) if record.child_count(child) > 0 => column
                .leaf
                .map(|leaf| {
                    format_cell(codes, leaf, column.unit, &record.child_get(child, 0, index), language)
                })
                .unwrap_or_default(),
            (Target::Pivot(child, number), Out::Record(record)) => {
                let value = pivot_value(record.as_ref(), child, number);
                column
                    .leaf
                    .map(|leaf| format_cell(codes, leaf, column.unit, &value, language))
                    .unwrap_or_default()
            }
            (Target::First(..) | Target::Pivot(..), _) => String::new(),
        }
    }
}

fn pivot_value(record: &dyn AnyRecord, child: usize, number: i32) -> Value {
    let Some(pivot) = &record.spec().children[child].pivot else { return Value::Null };
    let key = Value::Integer(i64::from(number));
    (0..record.child_count(child))
        .find(|element| record.child_get(child, *element, pivot.key) == key)
        .map_or(Value::Null, |element| record.child_get(child, element, pivot.value))
}

fn part_name(part: PlacePart) -> &'static str {
    match part {
        PlacePart::Prefecture => "prefecture",
        PlacePart::County => "county",
        PlacePart::Township => "township",
        PlacePart::Village => "village",
    }
}

/// The names of the divisions that an area lies in.
fn place_names(area: &str, reads: &Reads<'_>) -> Known<HashMap<&'static str, String>> {
    use kernel::area::{AreaCode, Level};
    let mut names = HashMap::new();
    let mut code = AreaCode::parse(area);
    let mut missing = None;
    while let Some(current) = code {
        let part = match current.level() {
            Level::Village => "village",
            Level::Township => "township",
            Level::County => "county",
            Level::Prefecture => "prefecture",
            Level::Province => break,
        };
        match reads.outside(&Ask::Division(current.to_string())) {
            Ok(_) => {
                if let Some(name) = reads.division(current.as_str())? {
                    names.insert(part, name);
                }
            }
            Err(not_loaded) => missing = Some(not_loaded),
        }
        code = current.parent();
    }
    missing.map_or(Ok(names), Err)
}
