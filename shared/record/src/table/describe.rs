//! Tables as their callers see them.

use kernel::codes::CodeEntry;
use kernel::language::Label;
use proto::common;

use crate::engine::Engine;
use crate::spec::{FormUnit, Format, Kind, Sensitivity};
use crate::table::layout::{Column, Layout, Target};
use crate::table::row::{Form, import_permission};

fn label(label: Label) -> common::Label {
    common::Label { zh: label.zh.to_owned(), ko: label.ko.to_owned(), en: label.en.to_owned() }
}

/// A column as the contract describes it.
pub(crate) fn column(column: &Column) -> common::Column {
    let leaf = column.leaf;
    common::Column {
        title: Some(label(column.title)),
        field: leaf.map(|leaf| leaf.path.to_owned()).unwrap_or_default(),
        r#type: column_type(column).into(),
        code_table: leaf.and_then(|leaf| leaf.codes).unwrap_or_default().to_owned(),
        words: leaf
            .map(|leaf| {
                leaf.words.iter().filter(|word| word.number != 0).map(|word| label(word.label)).collect()
            })
            .unwrap_or_default(),
        unit: match column.unit {
            FormUnit::Same => common::FormUnit::Unspecified,
            FormUnit::Yuan => common::FormUnit::Yuan,
            FormUnit::WanYuan => common::FormUnit::WanYuan,
            FormUnit::Hundredths => common::FormUnit::Hundredths,
        }
        .into(),
        required: leaf.is_some_and(|leaf| leaf.required),
        sensitive: leaf.is_some_and(|leaf| leaf.sensitive != Sensitivity::Open),
        output_only: matches!(column.target, Target::Ordinal),
        unprinted: column.unprinted,
    }
}

fn column_type(column: &Column) -> common::ColumnType {
    use common::ColumnType;
    let Some(leaf) = column.leaf else {
        return match column.target {
            Target::Ordinal => ColumnType::Ordinal,
            Target::Name => ColumnType::Name,
            _ => ColumnType::Place,
        };
    };
    match (leaf.kind, leaf.format, leaf.codes) {
        (Kind::Text, Format::IdNumber, _) => ColumnType::IdNumber,
        (Kind::Text, Format::Area, _) => ColumnType::Place,
        (Kind::Text | Kind::Enum, _, Some(_)) | (Kind::Enum, _, None) => ColumnType::Code,
        (Kind::Text, _, None) => ColumnType::Text,
        (Kind::Texts, ..) => ColumnType::Codes,
        (Kind::Date | Kind::Moment, ..) => ColumnType::Date,
        (Kind::Boolean, ..) => ColumnType::Boolean,
        (Kind::Integer, ..) if column.unit == FormUnit::Same => ColumnType::Integer,
        (Kind::Integer, ..) => ColumnType::Decimal,
    }
}

/// All tables of a service, sheets of one file in their order.
pub(crate) fn tables(engine: &Engine) -> Vec<common::Table> {
    let inner = engine.inner();
    let sheets = inner.sheets.iter().copied().map(Form::Sheet);
    let mut resources: Vec<_> =
        inner.resources.values().filter(|registered| registered.spec.form.is_some()).copied().collect();
    resources.sort_by_key(|registered| registered.spec.collection);
    let mut tables: Vec<common::Table> = resources
        .into_iter()
        .map(Form::Resource)
        .chain(sheets)
        .filter_map(|form| table(engine, form))
        .collect();
    tables.sort_by(|one, other| one.file.cmp(&other.file));
    let mut position = 0;
    for index in 0..tables.len() {
        position = if index > 0 && tables[index].file == tables[index - 1].file { position + 1 } else { 1 };
        tables[index].position = position;
    }
    tables
}

/// One table.
pub(crate) fn table(engine: &Engine, form: Form) -> Option<common::Table> {
    let (layout, named, keys, permissions, message) = match form {
        Form::Resource(registered) => {
            let spec = registered.spec;
            let layout = Layout::of_resource(spec)?;
            let keys = spec
                .keys
                .iter()
                .map(|key| common::TableKey {
                    titles: key
                        .leaves
                        .iter()
                        .filter_map(|leaf| layout.title_of(spec.leaves[*leaf].path))
                        .map(str::to_owned)
                        .collect(),
                })
                .collect();
            (layout, spec.label, keys, vec![import_permission(spec).to_owned()], spec.message)
        }
        Form::Sheet(sheet) => {
            let permissions = vec![import_permission((sheet.source)()).to_owned()];
            (Layout::of_sheet(sheet.spec), sheet.spec.label, Vec::new(), permissions, sheet.spec.message)
        }
    };
    Some(common::Table {
        id: engine.table_id(layout.form.id),
        label: Some(label(named)),
        file: layout.form.file.to_owned(),
        sheet: layout.form.sheet.to_owned(),
        form_year: layout.form.form_year,
        form_date_required: layout.form.form_date_required,
        columns: layout.columns.iter().map(column).collect(),
        keys,
        position: 1,
        permissions,
        message: message.to_owned(),
    })
}

/// A code.
pub(crate) fn code(entry: &CodeEntry) -> common::Code {
    common::Code {
        code: entry.code.clone(),
        label: Some(common::Label {
            zh: entry.zh.clone(),
            ko: entry.ko.clone().unwrap_or_default(),
            en: entry.en.clone().unwrap_or_default(),
        }),
        aliases: entry.aliases.clone(),
        valid_from: entry.valid_from.map(|date| date.to_string()).unwrap_or_default(),
        valid_to: entry.valid_to.map(|date| date.to_string()).unwrap_or_default(),
        source: entry.source.clone().unwrap_or_default(),
    }
}
