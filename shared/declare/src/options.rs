//! The options of `xiuhua/common/v1/options.proto` as plain structs.

use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, ReflectMessage, Value};
use prost_reflect::{EnumValueDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor};

use crate::problem::Errors;

/// A word in three languages; empty where none is declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// Chinese.
    pub zh: String,
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// How places are named on a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceColumns {
    /// Title of the prefecture's column; empty if there is none.
    pub prefecture: String,
    /// Title of the county's column; empty if there is none.
    pub county: String,
    /// Title of the township's column; empty if there is none.
    pub township: String,
    /// Title of the village's column; empty if there is none.
    pub village: String,
    /// Position of the first.
    pub column: i32,
}

impl PlaceColumns {
    /// The titles that the form has, in their order.
    pub fn titles(&self) -> Vec<&str> {
        [&self.prefecture, &self.county, &self.township, &self.village]
            .into_iter()
            .map(String::as_str)
            .filter(|title| !title.is_empty())
            .collect()
    }
}

/// A printed form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormTable {
    /// Identifier.
    pub id: String,
    /// Title of the file.
    pub file: String,
    /// Title of the sheet, the file's where none is declared.
    pub sheet: String,
    /// Title of the running number; empty if there is none.
    pub ordinal: String,
    /// How places are named.
    pub place: Option<PlaceColumns>,
    /// Edition.
    pub form_year: i32,
    /// The import must state the day the form speaks for.
    pub form_date_required: bool,
}

/// `(form).rename`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rename {
    pub(crate) path: String,
    pub(crate) zh: String,
    pub(crate) column: i32,
    pub(crate) required: bool,
    pub(crate) unit: i32,
}

/// `(form).pivot`.
#[derive(Debug, Clone, Default)]
pub(crate) struct PivotOption {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) unit: i32,
    pub(crate) columns: Vec<(i32, String, i32)>,
}

/// `(form)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) title: Label,
    pub(crate) column: i32,
    pub(crate) required: bool,
    pub(crate) output_only: bool,
    pub(crate) immutable: bool,
    pub(crate) sensitive: i32,
    pub(crate) codes: String,
    pub(crate) kind: i32,
    pub(crate) unit: i32,
    pub(crate) reference: String,
    pub(crate) rows: bool,
    pub(crate) first: bool,
    pub(crate) pivot: Option<PivotOption>,
    pub(crate) rename: Vec<Rename>,
    pub(crate) negative: bool,
    pub(crate) unprinted: bool,
}

/// `(resource)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResourceOption {
    pub(crate) collection: String,
    pub(crate) table: String,
    pub(crate) shape: i32,
    pub(crate) label: Label,
    pub(crate) since: String,
    pub(crate) until: String,
    /// Kind, paths, repeats.
    pub(crate) keys: Vec<(String, Vec<String>, bool)>,
    pub(crate) title_of: String,
    /// State, path of the day.
    pub(crate) states: Vec<(String, String)>,
    /// From, verb, to.
    pub(crate) transitions: Vec<(String, String, String)>,
    pub(crate) linked: Vec<String>,
    pub(crate) searched: Vec<String>,
    pub(crate) form: Option<FormTable>,
    pub(crate) derived: bool,
    pub(crate) everywhere: bool,
    pub(crate) named_by: String,
}

/// `(access)`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) permission: String,
    pub(crate) public: bool,
    pub(crate) own_handler: bool,
}

/// The extensions, found once.
pub(crate) struct Extensions {
    resource: ExtensionDescriptor,
    inline: ExtensionDescriptor,
    sheet: ExtensionDescriptor,
    form: ExtensionDescriptor,
    label: ExtensionDescriptor,
    alias: ExtensionDescriptor,
    access: ExtensionDescriptor,
    http: Option<ExtensionDescriptor>,
}

impl Extensions {
    pub(crate) fn find(pool: &DescriptorPool) -> Result<Self, Errors> {
        let find = |name: &str| {
            let name = format!("xiuhua.common.v1.{name}");
            pool.get_extension_by_name(&name).ok_or_else(|| Errors::general(format!("no option {name}")))
        };
        Ok(Extensions {
            resource: find("resource")?,
            inline: find("inline")?,
            sheet: find("sheet")?,
            form: find("form")?,
            label: find("label")?,
            alias: find("alias")?,
            access: find("access")?,
            http: pool.get_extension_by_name("google.api.http"),
        })
    }

    pub(crate) fn resource(&self, message: &MessageDescriptor) -> Option<ResourceOption> {
        let option = extension(&message.options(), &self.resource)?;
        let pair = |item: &DynamicMessage| (text(item, "state"), text(item, "day"));
        let step = |item: &DynamicMessage| (text(item, "from"), text(item, "verb"), text(item, "to"));
        let key = |item: &DynamicMessage| (text(item, "kind"), texts(item, "paths"), flag(item, "repeats"));
        Some(ResourceOption {
            collection: text(&option, "collection"),
            table: text(&option, "table"),
            shape: number(&option, "shape"),
            label: child(&option, "label").map(|word| label(&word)).unwrap_or_default(),
            since: text(&option, "since"),
            until: text(&option, "until"),
            keys: children(&option, "keys").iter().map(key).collect(),
            title_of: text(&option, "title_of"),
            states: children(&option, "states").iter().map(pair).collect(),
            transitions: children(&option, "transitions").iter().map(step).collect(),
            linked: texts(&option, "linked"),
            searched: texts(&option, "searched"),
            form: child(&option, "form").map(|table| form_table(&table)),
            derived: flag(&option, "derived"),
            everywhere: flag(&option, "everywhere"),
            named_by: text(&option, "named_by"),
        })
    }

    pub(crate) fn inline(&self, message: &MessageDescriptor) -> bool {
        message.options().get_extension(&self.inline).as_bool().unwrap_or(false)
    }

    pub(crate) fn sheet(&self, message: &MessageDescriptor) -> Option<(FormTable, Label)> {
        let option = extension(&message.options(), &self.sheet)?;
        let table = child(&option, "form").map(|table| form_table(&table)).unwrap_or_default();
        Some((table, child(&option, "label").map(|word| label(&word)).unwrap_or_default()))
    }

    pub(crate) fn form(&self, field: &FieldDescriptor) -> Form {
        let Some(option) = extension(&field.options(), &self.form) else { return Form::default() };
        Form {
            title: label(&option),
            column: number(&option, "column"),
            required: flag(&option, "required"),
            output_only: flag(&option, "output_only"),
            immutable: flag(&option, "immutable"),
            sensitive: number(&option, "sensitive"),
            codes: text(&option, "codes"),
            kind: number(&option, "kind"),
            unit: number(&option, "unit"),
            reference: text(&option, "reference"),
            rows: flag(&option, "rows"),
            first: flag(&option, "first"),
            pivot: child(&option, "pivot").map(|pivot| pivot_option(&pivot)),
            rename: children(&option, "rename").iter().map(rename).collect(),
            negative: flag(&option, "negative"),
            unprinted: flag(&option, "unprinted"),
        }
    }

    pub(crate) fn word(&self, value: &EnumValueDescriptor) -> (Label, Vec<String>) {
        let options = value.options();
        let word = extension(&options, &self.label).map(|word| label(&word)).unwrap_or_default();
        (word, list(options.get_extension(&self.alias).as_list()))
    }

    pub(crate) fn access(&self, method: &MethodDescriptor) -> Option<Access> {
        let option = extension(&method.options(), &self.access)?;
        Some(Access {
            permission: text(&option, "permission"),
            public: flag(&option, "public"),
            own_handler: flag(&option, "own_handler"),
        })
    }

    /// HTTP method, path, body.
    pub(crate) fn http(&self, method: &MethodDescriptor) -> Option<(String, String, String)> {
        let option = extension(&method.options(), self.http.as_ref()?)?;
        let verb = ["get", "post", "put", "patch", "delete"]
            .into_iter()
            .find(|verb| option.has_field_by_name(verb))?;
        Some((verb.to_owned(), text(&option, verb), text(&option, "body")))
    }
}

fn pivot_option(pivot: &DynamicMessage) -> PivotOption {
    let column = |item: &DynamicMessage| (number(item, "number"), text(item, "zh"), number(item, "column"));
    PivotOption {
        key: text(pivot, "key"),
        value: text(pivot, "value"),
        unit: number(pivot, "unit"),
        columns: children(pivot, "columns").iter().map(column).collect(),
    }
}

fn rename(item: &DynamicMessage) -> Rename {
    Rename {
        path: text(item, "path"),
        zh: text(item, "zh"),
        column: number(item, "column"),
        required: flag(item, "required"),
        unit: number(item, "unit"),
    }
}

fn form_table(table: &DynamicMessage) -> FormTable {
    let file = text(table, "file");
    let sheet = text(table, "sheet");
    FormTable {
        id: text(table, "id"),
        sheet: if sheet.is_empty() { file.clone() } else { sheet },
        file,
        ordinal: text(table, "ordinal"),
        place: child(table, "place").map(|place| PlaceColumns {
            prefecture: text(&place, "prefecture"),
            county: text(&place, "county"),
            township: text(&place, "township"),
            village: text(&place, "village"),
            column: number(&place, "column"),
        }),
        form_year: number(table, "form_year"),
        form_date_required: flag(table, "form_date_required"),
    }
}

fn label(word: &DynamicMessage) -> Label {
    Label { zh: text(word, "zh"), ko: text(word, "ko"), en: text(word, "en") }
}

fn extension(options: &DynamicMessage, extension: &ExtensionDescriptor) -> Option<DynamicMessage> {
    options.has_extension(extension).then(|| options.get_extension(extension).as_message().cloned()).flatten()
}

fn text(message: &DynamicMessage, name: &str) -> String {
    message.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn texts(message: &DynamicMessage, name: &str) -> Vec<String> {
    list(message.get_field_by_name(name).as_ref().and_then(|value| value.as_list()))
}

fn list(values: Option<&[Value]>) -> Vec<String> {
    values.unwrap_or_default().iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn flag(message: &DynamicMessage, name: &str) -> bool {
    message.get_field_by_name(name).and_then(|value| value.as_bool()).unwrap_or(false)
}

fn number(message: &DynamicMessage, name: &str) -> i32 {
    message
        .get_field_by_name(name)
        .and_then(|value| value.as_i32().or_else(|| value.as_enum_number()))
        .unwrap_or(0)
}

fn child(message: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let field = message.descriptor().get_field_by_name(name)?;
    message.has_field(&field).then(|| message.get_field(&field).as_message().cloned()).flatten()
}

fn children(message: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let Some(value) = message.get_field_by_name(name) else { return Vec::new() };
    value.as_list().unwrap_or_default().iter().filter_map(|item| item.as_message().cloned()).collect()
}
