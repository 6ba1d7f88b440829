//! Between a record and its row: one column a leaf, encrypted where declared, children as JSON text.

use kernel::cipher::{BlindIndex, ColumnCipher};
use kernel::failure::{Failure, Reason};
use proto::common::{RecordMeta, Source};
use serde_json::{Map, Value as Json};
use store::{Row, Value as Cell};

use crate::ddl::HEAD;
use crate::resource::AnyRecord;
use crate::spec::{Child, Format, Kind, Leaf, Sensitivity, Spec};
use crate::value::{Value, microseconds, timestamp};

/// The sentinel of an open period.
pub const FOREVER: &str = "9999-12-31";
/// The sentinel of a current version.
pub const CURRENT: i64 = i64::MAX;

/// Keys of the columns.
pub struct Secrets {
    /// Encrypts sensitive columns.
    pub cipher: ColumnCipher,
    /// Finds them again.
    pub index: BlindIndex,
    /// Digests of requests and audit entries.
    pub digest: kernel::cipher::Digest,
}

/// One stored row: the period it is about, the version it belongs to, the record.
pub struct Stored {
    /// Identifier without the collection.
    pub id: String,
    /// Version.
    pub version: i64,
    /// First day.
    pub valid_from: String,
    /// Day after the last.
    pub valid_to: String,
    /// Where it is visible now.
    pub scope_area: String,
    /// What the version did: a number of `VersionAction`.
    pub action: i64,
    /// The record with name, meta, etag and state not yet set but for `meta`.
    pub record: Box<dyn AnyRecord>,
}

/// Names of the columns of a resource's table, in the order of [`encode`].
pub fn columns(spec: &Spec) -> Vec<String> {
    let mut names: Vec<String> = HEAD.iter().map(|(name, _)| (*name).to_owned()).collect();
    for leaf in spec.leaves {
        names.push(leaf.column.to_owned());
        if leaf.sensitive == Sensitivity::Encrypted {
            names.push(leaf.index_column());
        }
    }
    names.extend(spec.children.iter().map(|child| child.column.to_owned()));
    names
}

/// The columns as a list for SELECT, with an alias of the table.
pub fn select_list(spec: &Spec, alias: &str) -> String {
    let quoted: Vec<String> = columns(spec).iter().map(|name| format!("{alias}.\"{name}\"")).collect();
    quoted.join(", ")
}

/// What an encrypted leaf is found by.
pub fn blind(secrets: &Secrets, leaf: &Leaf, text: &str) -> String {
    secrets.index.index(index_kind(leaf.format), text)
}

fn index_kind(format: Format) -> &'static str {
    match format {
        Format::IdNumber => "id_number",
        Format::DisabilityCertificate => "disability_certificate",
        Format::Phone => "phone",
        Format::Account => "account",
        Format::Plain | Format::Area | Format::Year | Format::FutureDate | Format::Month => "text",
    }
}

/// A row of the table, in the order of [`columns`].
pub fn encode(
    secrets: &Secrets,
    stored: &Stored,
    recorded_at: Cell,
    superseded_at: Cell,
) -> Result<Vec<Cell>, Failure> {
    let spec = stored.record.spec();
    let meta = stored.record.meta().cloned().unwrap_or_default();
    let source = meta.source.unwrap_or_default();
    let mut cells = Vec::with_capacity(HEAD.len() + spec.leaves.len() + spec.children.len() + 4);
    cells.push(Cell::Text(stored.id.clone()));
    cells.push(Cell::Integer(stored.version));
    cells.push(Cell::Text(stored.valid_from.clone()));
    cells.push(Cell::Text(stored.valid_to.clone()));
    cells.push(recorded_at);
    cells.push(superseded_at);
    cells.push(Cell::Text(meta.area));
    cells.push(Cell::Text(stored.scope_area.clone()));
    cells.push(Cell::Text(meta.recorded_by));
    cells.push(number(i64::from(source.kind)));
    cells.push(text(source.form));
    cells.push(text(source.file_digest));
    cells.push(number(source.row));
    cells.push(text(source.system));
    cells.push(text(source.document_no));
    cells.push(number(i64::from(meta.form_year)));
    cells.push(text(meta.change_reason));
    cells.push(number(stored.action));
    let place = spec.table;
    for (index, leaf) in spec.leaves.iter().enumerate() {
        encode_leaf(secrets, place, leaf, stored.record.get(index), &mut cells)?;
    }
    for (index, child) in spec.children.iter().enumerate() {
        cells.push(encode_child(secrets, place, child, stored.record.as_ref(), index)?);
    }
    Ok(cells)
}

fn encode_leaf(
    secrets: &Secrets,
    table: &str,
    leaf: &Leaf,
    value: Value,
    cells: &mut Vec<Cell>,
) -> Result<(), Failure> {
    if leaf.sensitive != Sensitivity::Encrypted {
        cells.push(plain(leaf.kind, value));
        return Ok(());
    }
    match value {
        Value::Text(clear) => {
            cells.push(Cell::Text(secrets.cipher.encrypt(&place_of(table, leaf), &clear)?));
            cells.push(Cell::Text(blind(secrets, leaf, &clear)));
        }
        _ => {
            cells.push(Cell::NullText);
            cells.push(Cell::NullText);
        }
    }
    Ok(())
}

fn place_of(table: &str, leaf: &Leaf) -> String {
    format!("{table}.{}", leaf.column)
}

fn plain(kind: Kind, value: Value) -> Cell {
    match value {
        Value::Text(text) => Cell::Text(text),
        Value::Integer(number) => Cell::Integer(number),
        Value::Texts(texts) => Cell::Text(Json::from(texts).to_string()),
        Value::Null => match kind {
            Kind::Text | Kind::Date | Kind::Texts => Cell::NullText,
            Kind::Integer | Kind::Boolean | Kind::Enum | Kind::Moment => Cell::NullInteger,
        },
    }
}

fn text(value: String) -> Cell {
    if value.is_empty() { Cell::NullText } else { Cell::Text(value) }
}

fn number(value: i64) -> Cell {
    if value == 0 { Cell::NullInteger } else { Cell::Integer(value) }
}

fn encode_child(
    secrets: &Secrets,
    table: &str,
    child: &Child,
    record: &dyn AnyRecord,
    index: usize,
) -> Result<Cell, Failure> {
    let count = record.child_count(index);
    if count == 0 {
        return Ok(Cell::NullText);
    }
    let elements: Vec<Json> = (0..count)
        .map(|element| {
            let mut object = Map::new();
            for (position, leaf) in child.leaves.iter().enumerate() {
                let value = match record.child_get(index, element, position) {
                    Value::Null => continue,
                    Value::Text(clear) if leaf.sensitive == Sensitivity::Encrypted => {
                        Json::from(secrets.cipher.encrypt(&child_place(table, child, leaf), &clear)?)
                    }
                    Value::Text(text) => Json::from(text),
                    Value::Integer(number) => Json::from(number),
                    Value::Texts(texts) => Json::from(texts),
                };
                object.insert(leaf.column.to_owned(), value);
            }
            Ok(Json::Object(object))
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Cell::Text(Json::Array(elements).to_string()))
}

fn child_place(table: &str, child: &Child, leaf: &Leaf) -> String {
    format!("{table}.{}.{}", child.column, leaf.column)
}

/// The cells of an element in its child table, in the order of [`child_columns`] after the head.
pub fn encode_element(
    secrets: &Secrets,
    table: &str,
    child: &Child,
    record: &dyn AnyRecord,
    at: (usize, usize),
) -> Result<Vec<Cell>, Failure> {
    let mut cells = Vec::with_capacity(child.leaves.len());
    for (position, leaf) in child.leaves.iter().enumerate() {
        if Some(position) != child.element_id {
            encode_leaf(secrets, table, leaf, record.child_get(at.0, at.1, position), &mut cells)?;
        }
    }
    Ok(cells)
}

/// Names of a child table's columns, the head first.
pub fn child_columns(child: &Child) -> Vec<String> {
    let mut names: Vec<String> = crate::ddl::CHILD_HEAD.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (position, leaf) in child.leaves.iter().enumerate() {
        if Some(position) == child.element_id {
            continue;
        }
        names.push(leaf.column.to_owned());
        if leaf.sensitive == Sensitivity::Encrypted {
            names.push(leaf.index_column());
        }
    }
    names
}

/// A record out of a row selected by [`select_list`].
pub fn decode(secrets: &Secrets, new: fn() -> Box<dyn AnyRecord>, row: &Row) -> Result<Stored, Failure> {
    let mut record = new();
    let spec = record.spec();
    let mut at = HEAD.len();
    for (index, leaf) in spec.leaves.iter().enumerate() {
        record.set(index, decode_leaf(secrets, spec.table, leaf, row, at)?);
        at += if leaf.sensitive == Sensitivity::Encrypted { 2 } else { 1 };
    }
    for (index, child) in spec.children.iter().enumerate() {
        if let Some(json) = row.optional_text(at) {
            decode_child(secrets, spec.table, child, record.as_mut(), index, json)?;
        }
        at += 1;
    }
    let recorded_at = row.integer(4);
    let superseded_at = row.integer(5);
    let (valid_from, valid_to) = (row.text(2).to_owned(), row.text(3).to_owned());
    *record.meta_mut() = RecordMeta {
        area: row.text(6).to_owned(),
        // A withdrawn record holds on no day.
        valid_from: if valid_from == FOREVER { String::new() } else { valid_from.clone() },
        valid_to: if valid_to == FOREVER { String::new() } else { valid_to.clone() },
        recorded_at: Some(timestamp(recorded_at)),
        superseded_at: (superseded_at != CURRENT).then(|| timestamp(superseded_at)),
        recorded_by: row.text(8).to_owned(),
        source: source_of(row),
        version: row.integer(1),
        form_year: row.optional_integer(15).unwrap_or_default() as i32,
        change_reason: row.optional_text(16).unwrap_or_default().to_owned(),
    };
    Ok(Stored {
        id: row.text(0).to_owned(),
        version: row.integer(1),
        valid_from,
        valid_to,
        scope_area: row.text(7).to_owned(),
        action: row.optional_integer(17).unwrap_or_default(),
        record,
    })
}

fn source_of(row: &Row) -> Option<Source> {
    let kind = row.optional_integer(9)? as i32;
    let owned = |at: usize| row.optional_text(at).unwrap_or_default().to_owned();
    Some(Source {
        kind,
        form: owned(10),
        file_digest: owned(11),
        row: row.optional_integer(12).unwrap_or_default(),
        system: owned(13),
        document_no: owned(14),
    })
}

fn decode_leaf(secrets: &Secrets, table: &str, leaf: &Leaf, row: &Row, at: usize) -> Result<Value, Failure> {
    Ok(match leaf.kind {
        Kind::Text | Kind::Date => match row.optional_text(at) {
            None => Value::Null,
            Some(cell) if leaf.sensitive == Sensitivity::Encrypted => {
                Value::Text(clear(secrets, &place_of(table, leaf), cell)?)
            }
            Some(cell) => Value::Text(cell.to_owned()),
        },
        Kind::Texts => match row.optional_text(at) {
            None => Value::Null,
            Some(cell) => Value::Texts(serde_json::from_str(cell).map_err(|error| damaged(&error))?),
        },
        Kind::Integer | Kind::Boolean | Kind::Enum | Kind::Moment => {
            row.optional_integer(at).map_or(Value::Null, Value::Integer)
        }
    })
}

fn clear(secrets: &Secrets, place: &str, cell: &str) -> Result<String, Failure> {
    secrets.cipher.decrypt(place, cell).map_err(|error| damaged(&error))
}

fn damaged(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Reason::Internal).because(format!("a stored column cannot be read: {error}"))
}

fn decode_child(
    secrets: &Secrets,
    table: &str,
    child: &Child,
    record: &mut dyn AnyRecord,
    index: usize,
    json: &str,
) -> Result<(), Failure> {
    let elements: Vec<Map<String, Json>> = serde_json::from_str(json).map_err(|error| damaged(&error))?;
    for (element, object) in elements.into_iter().enumerate() {
        record.child_push(index);
        for (position, leaf) in child.leaves.iter().enumerate() {
            let value = match object.get(leaf.column) {
                None | Some(Json::Null) => continue,
                Some(Json::String(cell)) if leaf.sensitive == Sensitivity::Encrypted => {
                    Value::Text(clear(secrets, &child_place(table, child, leaf), cell)?)
                }
                Some(Json::String(cell)) => Value::Text(cell.clone()),
                Some(Json::Array(list)) => {
                    Value::Texts(list.iter().filter_map(|entry| entry.as_str().map(str::to_owned)).collect())
                }
                Some(other) => other.as_i64().map_or(Value::Null, Value::Integer),
            };
            record.child_set(index, element, position, value);
        }
    }
    Ok(())
}

/// The version as an etag.
pub fn etag(version: i64) -> String {
    version.to_string()
}

/// The recorded moment of a record, in microseconds.
pub fn recorded_at(meta: &RecordMeta) -> i64 {
    meta.recorded_at.as_ref().map_or(0, microseconds)
}
