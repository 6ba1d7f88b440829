//! One row of a table as a unit of a batch: cells read once, acts expanded in every pass.

use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::failure::{Reason, Violations};
use kernel::id_number;
use kernel::text::visible;
use proto::common::{CellFlaw, CellFlawKind, Row};

use crate::column::Column;
use crate::engine::{Engine, Notes, Unit};
use crate::evaluate::{key_value, occurrence_value};
use crate::resource::AnyRecord;
use crate::rules::{Act, Change, Context, Mask, Registered};
use crate::spec::{Child, Format, Shape, Spec};
use crate::state::{Holder, Known, Loaded, Reads};
use crate::surroundings::{Ask, PlaceAsk, PlaceReply, Reply};
use crate::table::cells::{Cell, parse_cell};
use crate::table::layout::{Layout, PlacePart, Target};
use crate::table::sheet::{AnyRow, RowFacts, Sheet};
use crate::value::Value;
use crate::verbs::id_of;

/// What is behind a table: a resource's own form, or a sheet.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// A resource.
    Resource(Registered),
    /// A form sheet.
    Sheet(Sheet),
}

impl Form {
    /// The resource behind the rows.
    pub(crate) fn source(&self) -> &'static Spec {
        match self {
            Form::Resource(registered) => registered.spec,
            Form::Sheet(sheet) => (sheet.source)(),
        }
    }
}

/// What a file's columns fill, found once from its header.
pub(crate) struct Header {
    pub(crate) form: Form,
    pub(crate) layout: Layout,
    /// For each column of the file, the column of the layout.
    pub(crate) columns: Vec<usize>,
}

impl Header {
    /// The title of a field's column, where the table has one for it.
    pub(crate) fn title_of(&self, path: &str) -> Option<&'static str> {
        self.layout.title_of(path).or_else(|| self.sheet_title_of(path))
    }

    /// The title that a sheet names for a field of one of its records: its own choice, else the column that is called alike.
    fn sheet_title_of(&self, path: &str) -> Option<&'static str> {
        let Form::Sheet(sheet) = self.form else { return None };
        let last = path.rsplit('.').next().unwrap_or(path);
        let alike = || sheet.spec.leaves.iter().position(|leaf| leaf.path == last);
        let leaf = (sheet.column_of)(path).or_else(alike)?;
        sheet.spec.leaves.get(leaf)?.title.map(|title| title.zh)
    }
}

/// What a row states.
enum Body {
    Record { record: Box<dyn AnyRecord>, mask: Mask, first: Vec<(usize, usize)>, pivots: Vec<(usize, i32)> },
    Sheet(Box<dyn AnyRow>),
}

/// A row, read.
pub(crate) struct TableRow {
    engine: Engine,
    header: Arc<Header>,
    facts: RowFacts,
    body: Body,
    place: Option<PlaceAsk>,
    /// Cells that could not be read.
    unread: Violations,
}

impl TableRow {
    /// Reads a row's cells.
    pub(crate) fn read(engine: &Engine, header: &Arc<Header>, facts: RowFacts, told: &Row) -> Self {
        let body = match header.form {
            Form::Resource(registered) => Body::Record {
                record: (registered.new)(),
                mask: Mask::default(),
                first: Vec::new(),
                pivots: Vec::new(),
            },
            Form::Sheet(sheet) => Body::Sheet((sheet.new)()),
        };
        let mut row = Self {
            engine: engine.clone(),
            header: header.clone(),
            facts,
            body,
            place: None,
            unread: Violations::default(),
        };
        row.fill(told);
        row
    }

    fn fill(&mut self, told: &Row) {
        let Row { cells, flaws } = told;
        let header = self.header.clone();
        let mut place = PlaceAsk {
            within: self.facts.within.clone(),
            county: String::new(),
            township: String::new(),
            village: String::new(),
        };
        if cells.len() > header.columns.len() {
            self.unread
                .push("", Reason::RowCellCount)
                .add("expected", header.columns.len())
                .add("found", cells.len());
        }
        for (index, (text, column)) in cells.iter().zip(&header.columns).enumerate() {
            let column = &header.layout.columns[*column];
            let text = text.trim();
            if let Some(flaw) = flaws.iter().find(|flaw| usize::try_from(flaw.cell) == Ok(index)) {
                self.flawed(flaw, column, text);
                continue;
            }
            match column.target {
                Target::Ordinal => {}
                Target::Name => self.facts.name = Some(visible(text)).filter(|name| !name.is_empty()),
                Target::Place(part) => {
                    let name = match part {
                        PlacePart::Prefecture => continue,
                        PlacePart::County => &mut place.county,
                        PlacePart::Township => &mut place.township,
                        PlacePart::Village => &mut place.village,
                    };
                    *name = visible(text);
                }
                target => self.cell(target, column, text),
            }
        }
        if header.layout.form.place.is_some() {
            self.place = Some(place);
        } else {
            self.facts.area = Some(self.facts.within.clone());
        }
        self.split_certificates();
    }

    /// A cell that its file does not give as it was written: to take what is left of it would be a guess.
    fn flawed(&mut self, flaw: &CellFlaw, column: &crate::table::layout::Column, text: &str) {
        // Nobody needs the number, but what is merged with it lacks in the columns after it.
        if column.target == Target::Ordinal && flaw.kind() != CellFlawKind::MergedAcross {
            return;
        }
        let reason = match flaw.kind() {
            CellFlawKind::DigitsLost => Reason::CellDigitsLost,
            CellFlawKind::MergedAcross => Reason::CellMergedAcross,
            CellFlawKind::NotCalculated => Reason::CellNotCalculated,
            CellFlawKind::ErrorValue | CellFlawKind::Unspecified => Reason::CellErrorValue,
        };
        let violation = self.unread.push(column.title.zh, reason);
        if reason == Reason::CellErrorValue {
            violation.add("value", text);
        }
    }

    fn cell(&mut self, target: Target, column: &crate::table::layout::Column, text: &str) {
        let Some(leaf) = column.leaf else { return };
        let read = match parse_cell(&self.engine.inner().codes, leaf, column.unit, text) {
            Ok(Cell::Blank) => {
                if let Target::Leaf(index) = target {
                    self.facts.blank.insert(index);
                }
                return;
            }
            Ok(Cell::Clear) => Value::Null,
            Ok(Cell::Value(value)) => value,
            Err(problem) => {
                let violation = self.unread.push(column.title.zh, problem.reason);
                if problem.reason == Reason::CodeUnknown {
                    violation.add("code", text).add("table", column.title.zh);
                }
                violation.add("candidates", problem.candidates.join("、"));
                return;
            }
        };
        match (&mut self.body, target) {
            (Body::Sheet(row), Target::Leaf(index)) => {
                row.set(index, read);
                self.facts.stated.insert(index);
            }
            (Body::Record { record, mask, .. }, Target::Leaf(index)) => {
                record.set(index, read);
                mask.leaves.push(index);
                self.facts.stated.insert(index);
            }
            (Body::Record { record, first, .. }, Target::First(child, index)) => {
                if record.child_count(child) == 0 {
                    record.child_push(child);
                }
                record.child_set(child, 0, index, read);
                first.push((child, index));
            }
            (Body::Record { record, pivots, .. }, Target::Pivot(child, number)) => {
                pivots.push((child, number));
                set_pivot(record.as_mut(), child, number, read);
            }
            (Body::Record { .. } | Body::Sheet(_), _) => {}
        }
    }

    /// The ID column also takes a disability certificate: its first 18 characters are the ID.
    fn split_certificates(&mut self) {
        let leaves = match self.header.form {
            Form::Resource(registered) => registered.spec.leaves,
            Form::Sheet(sheet) => sheet.spec.leaves,
        };
        let certificate = leaves.iter().position(|leaf| leaf.format == Format::DisabilityCertificate);
        for (index, leaf) in leaves.iter().enumerate() {
            if leaf.format != Format::IdNumber {
                continue;
            }
            let Value::Text(text) = self.get(index) else { continue };
            let Some((id_number, _)) = id_number::split_disability(&text) else { continue };
            if let Some(certificate) = certificate.filter(|certificate| self.get(*certificate).is_null()) {
                self.set(certificate, Value::Text(text));
            }
            self.set(index, Value::Text(id_number.as_str().to_owned()));
        }
    }

    fn get(&self, leaf: usize) -> Value {
        match &self.body {
            Body::Record { record, .. } => record.get(leaf),
            Body::Sheet(row) => row.get(leaf),
        }
    }

    fn set(&mut self, leaf: usize, value: Value) {
        match &mut self.body {
            Body::Record { record, mask, .. } => {
                record.set(leaf, value);
                if !mask.leaves.contains(&leaf) {
                    mask.leaves.push(leaf);
                }
            }
            Body::Sheet(row) => row.set(leaf, value),
        }
        self.facts.stated.insert(leaf);
    }

    /// What tells the row apart from others of the file where its table's key repeats.
    pub(crate) fn repeat_key(&self) -> Option<String> {
        let (Form::Resource(registered), Body::Record { record, .. }) = (self.header.form, &self.body) else {
            return None;
        };
        let key = registered.spec.keys.iter().find(|key| key.repeats)?;
        let value = key_value(&self.engine.inner().secrets, key, record.as_ref())?;
        // The place is resolved later; its county's name tells rows apart as its code will.
        let county = self.place.as_ref().map(|place| place.county.as_str()).unwrap_or_default();
        Some(format!("{value}\u{1f}{county}"))
    }

    /// What must stand only once in a file: the strongest key that the row states in full.
    pub(crate) fn identity(&self) -> Option<String> {
        match (self.header.form, &self.body) {
            (Form::Resource(registered), Body::Record { record, .. }) => {
                let keys = registered.spec.keys.iter().filter(|key| !key.repeats);
                let secrets = &self.engine.inner().secrets;
                keys.filter_map(|key| key_value(secrets, key, record.as_ref())).next()
            }
            (Form::Sheet(sheet), Body::Sheet(row)) => (sheet.identity)(row.as_ref()),
            (Form::Resource(_), Body::Sheet(_)) | (Form::Sheet(_), Body::Record { .. }) => None,
        }
    }

    /// Refuses the row because an earlier one of the file is about the same.
    pub(crate) fn refuse_duplicate(&mut self, earlier: i64) {
        self.unread.push("", Reason::DuplicateInFile).add("row", earlier);
    }

    /// Which of equal rows it is.
    pub(crate) fn set_occurrence(&mut self, nth: u32) {
        self.facts.occurrence = nth;
    }

    fn located(&self, facts: &mut RowFacts, reads: &Reads<'_>, notes: &mut Notes) -> Known<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let nothing = place.county.is_empty() && place.township.is_empty() && place.village.is_empty();
        if nothing {
            // An update by name may leave the place out; a new row is refused for its missing area.
            return Ok(());
        }
        match reads.outside(&Ask::Place(place.clone()))? {
            Reply::Place(PlaceReply::Found(area)) => facts.area = Some(area.clone()),
            Reply::Place(PlaceReply::Ambiguous(codes)) => {
                notes
                    .violations
                    .push("meta.area", Reason::PlaceAmbiguous)
                    .add("candidates", codes.join("、"));
            }
            Reply::Place(PlaceReply::Unknown) | Reply::Division(_) | Reply::Standing(_) => {
                let parts = [&place.county, &place.township, &place.village];
                let named: Vec<&str> =
                    parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
                notes.violations.push("meta.area", Reason::PlaceUnknown).add("place", named.join(" "));
            }
        }
        Ok(())
    }

    fn of_record(
        &self,
        spec: &'static Spec,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let Body::Record { record, mask, first, pivots } = &self.body else { return Ok(Vec::new()) };
        let mut record = record.copy();
        if let Some(area) = &facts.area {
            record.meta_mut().area.clone_from(area);
        }
        let found = self.target(spec, record.as_ref(), facts, context, reads, notes)?;
        let occurrence = spec.keys.iter().any(|key| key.repeats).then_some(facts.occurrence);
        let base = Act {
            permission: import_permission(spec),
            occurrence,
            reason: facts.reason.clone(),
            ..Act::consequence(spec, None, Change::Withdraw)
        };
        let loaded = match found {
            Found::Known(loaded) => loaded,
            Found::New => return Ok(vec![Act { change: Change::Create(record), ..base }]),
            Found::Refused => return Ok(Vec::new()),
        };
        let Some(stored) = loaded.last() else { return Ok(Vec::new()) };
        let kept = facts.blank.iter().filter(|leaf| !stored.get(**leaf).is_null()).count();
        notes.blanks_kept += i64::try_from(kept).unwrap_or_default();
        let mut mask = mask.clone();
        mask.area = facts.area.is_some() && self.place.is_some();
        merge_children(record.as_mut(), stored.as_ref(), first, pivots, &mut mask);
        let change = dated_change(spec, &loaded, record, mask, facts, context);
        Ok(vec![Act { id: Some(loaded.id.clone()), change, ..base }])
    }

    /// The record that the row is about.
    fn target(
        &self,
        spec: &'static Spec,
        record: &dyn AnyRecord,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Found> {
        let completed = self.completed(spec, record, context, reads)?;
        let record = completed.as_deref().unwrap_or(record);
        let mut keys = Vec::new();
        for key in spec.keys {
            let Some(value) = key_value(&self.engine.inner().secrets, key, record) else { continue };
            let value = if key.repeats { occurrence_value(&value, facts.occurrence) } else { value };
            keys.push((key.kind, value));
        }
        let named = spec.named_by.and_then(|leaf| record.get(leaf).as_text().map(str::to_owned));
        find(spec, facts.name.as_deref(), named, &keys, context, reads, notes)
    }

    /// The record with what the service itself fills in, where a key rests on it.
    fn completed(
        &self,
        spec: &'static Spec,
        record: &dyn AnyRecord,
        context: &Context<'_>,
        reads: &Reads<'_>,
    ) -> Known<Option<Box<dyn AnyRecord>>> {
        let filled_in = |leaf: &usize| spec.leaves[*leaf].output_only;
        if !spec.keys.iter().any(|key| key.leaves.iter().any(filled_in)) {
            return Ok(None);
        }
        let Some(registered) = self.engine.registered(spec.collection) else { return Ok(None) };
        let mut copy = record.copy();
        // What it finds wrong is told once, when the record is decided.
        (registered.complete)(copy.as_mut(), None, context, reads, &mut Violations::default())?;
        Ok(Some(copy))
    }
}

/// What a row is about.
pub enum Found {
    /// A record.
    Known(Arc<Loaded>),
    /// Nothing known: a new one.
    New,
    /// The row is refused; why is noted.
    Refused,
}

/// Finds the record of a row: by its name, by the identifier that it states itself, by its keys. All that are present
/// must agree.
pub fn find(
    spec: &'static Spec,
    name: Option<&str>,
    named: Option<String>,
    keys: &[(&'static str, String)],
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Found> {
    let state = reads.state();
    let mut ids: Vec<String> = Vec::new();
    if let Some(name) = name {
        match id_of(spec, name, "name") {
            Ok(id) => ids.push(id),
            Err(_) => {
                notes.violations.push("name", Reason::NameInvalid).add("collection", spec.collection);
                return Ok(Found::Refused);
            }
        }
    }
    if let Some(id) = named
        && state.record(spec, &id)?.is_some_and(|loaded| !loaded.withdrawn())
    {
        ids.push(id);
    }
    for (kind, value) in keys {
        if let Some(holder) = state.holder(spec.collection, kind, value)? {
            if !spec.everywhere && elsewhere(spec, kind, &holder, context, notes) {
                return Ok(Found::Refused);
            }
            ids.push(holder.id);
        }
    }
    ids.sort_unstable();
    ids.dedup();
    match ids.as_slice() {
        [] => Ok(Found::New),
        [id] => match state.record(spec, id)? {
            Some(loaded) if !loaded.withdrawn() => Ok(Found::Known(loaded)),
            _ => {
                notes.violations.push("name", Reason::ResourceNotFound).add("name", id);
                Ok(Found::Refused)
            }
        },
        several => {
            let names: Vec<String> = several.iter().map(|id| format!("{}/{id}", spec.collection)).collect();
            notes.violations.push("", Reason::IdentityAmbiguous).add("candidates", names.join("、"));
            Ok(Found::Refused)
        }
    }
}

/// Whether a record lies outside the caller's area. Of one that does only the county is told.
fn elsewhere(spec: &Spec, kind: &str, holder: &Holder, context: &Context<'_>, notes: &mut Notes) -> bool {
    let area = AreaCode::parse(&holder.area);
    if area.as_ref().is_some_and(|area| context.caller.scope.allows(area)) {
        return false;
    }
    let key = spec.keys.iter().find(|key| key.kind == kind);
    let path = key.and_then(|key| key.leaves.first()).map_or("", |leaf| spec.leaves[*leaf].path);
    let county = area.and_then(|area| area.county()).map(|county| county.to_string());
    notes.violations.push(path, Reason::RegisteredElsewhere).add("county", county.unwrap_or_default());
    true
}

impl Unit for TableRow {
    fn expand(&self, context: &Context<'_>, reads: &Reads<'_>, notes: &mut Notes) -> Known<Vec<Act>> {
        // A bad cell does not keep the row's other errors from being shown.
        for violation in self.unread.iter() {
            notes.violations.add(violation.clone());
        }
        let mut facts = self.facts.clone();
        self.located(&mut facts, reads, notes)?;
        let mut acts = match self.header.form {
            Form::Resource(registered) => self.of_record(registered.spec, &facts, context, reads, notes)?,
            Form::Sheet(sheet) => match &self.body {
                Body::Sheet(row) => (sheet.expand)(row.as_ref(), &facts, context, reads, notes)?,
                Body::Record { .. } => Vec::new(),
            },
        };
        acts.iter_mut().for_each(|act| act.row = facts.row);
        Ok(acts)
    }
}

/// What a row that differs from the record means: a change from the form's day on, or a correction.
pub fn dated_change(
    spec: &Spec,
    loaded: &Loaded,
    record: Box<dyn AnyRecord>,
    mask: Mask,
    facts: &RowFacts,
    context: &Context<'_>,
) -> Change {
    let day = facts.form_date.clone().unwrap_or_else(|| context.today.to_owned());
    let opens = loaded.periods.iter().any(|period| period.valid_from == day);
    if spec.shape == Shape::Register && !facts.correction && !opens && day.as_str() > loaded.since() {
        return Change::From { record, mask, effective_on: day, apply_to_later: false, opens: false };
    }
    let on = (spec.shape == Shape::Register && day.as_str() >= loaded.since()).then_some(day);
    Change::Correct { record, mask, on }
}

/// Blank cells of a sheet's row over recorded values: `cells` says which leaf of the record each cell is.
pub fn blanks_kept(cells: &[(usize, Column)], facts: &RowFacts, loaded: &Loaded) -> i64 {
    let Some(stored) = loaded.last() else { return 0 };
    let kept = |cell: &&(usize, Column)| facts.blank.contains(&cell.0) && !stored.get(cell.1.leaf).is_null();
    i64::try_from(cells.iter().filter(kept).count()).unwrap_or_default()
}

/// The power that an imported row needs: to transcribe what levels decide, else to write.
pub fn import_permission(spec: &Spec) -> &'static str {
    match spec.shape {
        Shape::Work => "work.transcribe",
        Shape::Grant => "grant.transcribe",
        Shape::Case => "case.transcribe",
        Shape::Register | Shape::Link | Shape::Event => spec.write_permission,
    }
}

fn set_pivot(record: &mut dyn AnyRecord, child: usize, number: i32, value: Value) {
    let declared: &Child = &record.spec().children[child];
    let Some(pivot) = &declared.pivot else { return };
    let key = Value::Integer(i64::from(number));
    let element = (0..record.child_count(child))
        .find(|element| record.child_get(child, *element, pivot.key) == key)
        .unwrap_or_else(|| {
            record.child_push(child);
            record.child_count(child) - 1
        });
    record.child_set(child, element, pivot.key, key);
    record.child_set(child, element, pivot.value, value);
}

/// The form shows a part of a repeated field: the rest stays as recorded.
fn merge_children(
    record: &mut dyn AnyRecord,
    stored: &dyn AnyRecord,
    first: &[(usize, usize)],
    pivots: &[(usize, i32)],
    mask: &mut Mask,
) {
    let stated = record.copy();
    for child in 0..stored.spec().children.len() {
        let firsts: Vec<usize> = first.iter().filter(|(at, _)| *at == child).map(|(_, leaf)| *leaf).collect();
        let numbers: Vec<i32> =
            pivots.iter().filter(|(at, _)| *at == child).map(|(_, number)| *number).collect();
        if firsts.is_empty() && numbers.is_empty() {
            continue;
        }
        mask.children.push(child);
        record.child_truncate(child, 0);
        for element in 0..stored.child_count(child) {
            record.child_push(child);
            for leaf in 0..stored.spec().children[child].leaves.len() {
                record.child_set(child, element, leaf, stored.child_get(child, element, leaf));
            }
        }
        if !firsts.is_empty() && record.child_count(child) == 0 {
            record.child_push(child);
        }
        for leaf in firsts {
            record.child_set(child, 0, leaf, stated.child_get(child, 0, leaf));
        }
        for number in numbers {
            if let Some(pivot) = &stored.spec().children[child].pivot {
                let key = Value::Integer(i64::from(number));
                let value = (0..stated.child_count(child))
                    .find(|element| stated.child_get(child, *element, pivot.key) == key)
                    .map_or(Value::Null, |element| stated.child_get(child, element, pivot.value));
                set_pivot(record, child, number, value);
            }
        }
    }
}
