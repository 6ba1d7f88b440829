//! What the contract declares of a record, as static tables. The build step (`declare`) writes them; everything
//! generic reads them.

use kernel::language::Label;

/// The shape of a record; see `xiuhua.common.v1.Shape`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A thing that exists and changes.
    Register,
    /// A belongs to B from a day to a day.
    Link,
    /// Happened or was measured on a day.
    Event,
    /// Levels decide in order.
    Case,
    /// Something is built.
    Work,
    /// Money or cover due to someone.
    Grant,
}

/// The type of a leaf, on the wire and in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `string`; TEXT.
    Text,
    /// `string` holding a civil date; TEXT, ISO.
    Date,
    /// Integers of any width; BIGINT.
    Integer,
    /// `bool`; BIGINT 0 or 1.
    Boolean,
    /// An enum; BIGINT, its number, so that renaming a value is safe.
    Enum,
    /// `repeated string`; TEXT, a JSON list.
    Texts,
    /// `google.protobuf.Timestamp`; BIGINT, microseconds.
    Moment,
}

/// How a leaf is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Open.
    Open,
    /// Encrypted in its column; a second column `{column}_index` carries the keyed blind index.
    Encrypted,
    /// In clear, masked in answers.
    Masked,
}

/// What a text leaf holds, which decides how it is cleaned, checked and masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    Plain,
    /// An identity number (GB 11643).
    IdNumber,
    /// A disability certificate number.
    DisabilityCertificate,
    /// A telephone number.
    Phone,
    /// A bank account.
    Account,
    /// A division code.
    Area,
    /// A year.
    Year,
    /// A day that may lie in the future.
    FutureDate,
    /// A month of a year, `YYYY-MM`.
    Month,
}

/// The unit in which a form states a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormUnit {
    /// As on the wire.
    Same,
    /// Yuan; fen on the wire.
    Yuan,
    /// Ten thousand yuan; fen on the wire.
    WanYuan,
    /// Two decimals; hundredths on the wire.
    Hundredths,
}

/// A value of an enum with the form's word for it.
#[derive(Debug, Clone, Copy)]
pub struct EnumWord {
    /// Number in the contract.
    pub number: i32,
    /// Name without the enum's prefix: `STARTED`.
    pub name: &'static str,
    /// Words in three languages; `zh` is empty for the unspecified value.
    pub label: Label,
    /// Other words that forms use.
    pub aliases: &'static [&'static str],
}

/// One scalar of a record, singular messages flattened.
#[derive(Debug)]
pub struct Leaf {
    /// Path in the contract: `beneficiary.id_number`.
    pub path: &'static str,
    /// Column in the table (or key in a child's JSON).
    pub column: &'static str,
    /// Type.
    pub kind: Kind,
    /// What a text holds.
    pub format: Format,
    /// Title on the form, where it has a column.
    pub title: Option<Label>,
    /// Position on the form; 0 where none is declared.
    pub position: u16,
    /// Must be present.
    pub required: bool,
    /// Set by the service only.
    pub output_only: bool,
    /// Fixed once the record exists.
    pub immutable: bool,
    /// Protection.
    pub sensitive: Sensitivity,
    /// Code table.
    pub codes: Option<&'static str>,
    /// Unit on the form.
    pub unit: FormUnit,
    /// Collection that a reference points into.
    pub reference: Option<&'static str>,
    /// May be below zero.
    pub negative: bool,
    /// Read where a file has the column, but not printed.
    pub unprinted: bool,
    /// Words of an enum.
    pub words: &'static [EnumWord],
}

/// A repeated message: kept as a JSON text in its parent's column; with `rows` also in a table of its own.
#[derive(Debug)]
pub struct Child {
    /// Path in the contract: `payments`.
    pub path: &'static str,
    /// Column of the JSON text.
    pub column: &'static str,
    /// Child table `{table}_{column}`, where figures range over the elements.
    pub rows: Option<&'static str>,
    /// The element's leaves.
    pub leaves: &'static [Leaf],
    /// Index in `leaves` of `element_id`, where the element has one.
    pub element_id: Option<usize>,
    /// The first element's leaves carry titles of the form.
    pub first: bool,
    /// Elements laid out in columns.
    pub pivot: Option<Pivot>,
}

/// Layout of a repeated field in columns.
#[derive(Debug)]
pub struct Pivot {
    /// Index of the key's leaf in the child.
    pub key: usize,
    /// Index of the value's leaf in the child.
    pub value: usize,
    /// Unit of the cells.
    pub unit: FormUnit,
    /// The key's number, the title, the position.
    pub columns: &'static [(i32, Label, u16)],
}

/// Leaves that together find one record.
#[derive(Debug)]
pub struct Key {
    /// Name: `household_no`.
    pub kind: &'static str,
    /// Indexes of leaves.
    pub leaves: &'static [usize],
    /// Only searched, not enforced.
    pub repeats: bool,
}

/// A state and the leaf whose day brings it.
#[derive(Debug)]
pub struct StateDay {
    /// Number of the state's enum value.
    pub number: i32,
    /// Name without prefix.
    pub name: &'static str,
    /// Leaf of the day; `None` for the first state.
    pub day: Option<usize>,
}

/// An allowed step of a Case.
#[derive(Debug)]
pub struct Transition {
    /// State before (number, name).
    pub from: (i32, &'static str),
    /// Verb as in the RPC's name.
    pub verb: &'static str,
    /// State after (number, name).
    pub to: (i32, &'static str),
}

/// Columns that name a place.
#[derive(Debug)]
pub struct PlaceColumns {
    /// Title of the prefecture's column.
    pub prefecture: Option<&'static str>,
    /// Title of the county's column.
    pub county: Option<&'static str>,
    /// Title of the township's column.
    pub township: Option<&'static str>,
    /// Title of the village's column.
    pub village: Option<&'static str>,
    /// Position of the first of them.
    pub position: u16,
}

/// A printed form.
#[derive(Debug)]
pub struct FormTable {
    /// Identifier: `housing.renovation_cases`.
    pub id: &'static str,
    /// Title of the file.
    pub file: &'static str,
    /// Title of the sheet.
    pub sheet: &'static str,
    /// Title of the running number.
    pub ordinal: Option<&'static str>,
    /// How places are named.
    pub place: Option<PlaceColumns>,
    /// Edition.
    pub form_year: i32,
    /// The import must state the day the form speaks for.
    pub form_date_required: bool,
}

/// Everything declared of a resource.
#[derive(Debug)]
pub struct Spec {
    /// Full name of the message: `xiuhua.registry.v1.Household`.
    pub message: &'static str,
    /// Name of the resource: `Household`.
    pub resource: &'static str,
    /// Package: `xiuhua.registry.v1`.
    pub package: &'static str,
    /// Collection: `households`.
    pub collection: &'static str,
    /// Table: `household`.
    pub table: &'static str,
    /// Shape.
    pub shape: Shape,
    /// What it is called.
    pub label: Label,
    /// All leaves, head excluded.
    pub leaves: &'static [Leaf],
    /// All repeated messages.
    pub children: &'static [Child],
    /// Keys, the strongest first.
    pub keys: &'static [Key],
    /// Leaf of the day that opens validity.
    pub since: Option<usize>,
    /// Leaf of the day that closes a Link's validity.
    pub until: Option<usize>,
    /// Leaf shown as label.
    pub title_of: Option<usize>,
    /// States that follow from days, in order.
    pub states: &'static [StateDay],
    /// Allowed steps of a Case.
    pub transitions: &'static [Transition],
    /// Child (index) that holds a Case's acts.
    pub acts: Option<usize>,
    /// Leaves that rules may look up by.
    pub linked: &'static [usize],
    /// Leaves that the service itself looks up by.
    pub searched: &'static [usize],
    /// The printed form.
    pub form: Option<FormTable>,
    /// First leaf of its `beneficiary`, where it reaches somebody (see [`crate::beneficiary`]).
    pub beneficiary: Option<usize>,
    /// Words of its states.
    pub state_words: &'static [EnumWord],
    /// Written only as a consequence.
    pub derived: bool,
    /// Readable outside the caller's area.
    pub everywhere: bool,
    /// Leaf whose value is the identifier in the name; a UUID is given otherwise.
    pub named_by: Option<usize>,
    /// Permission of Get and List, as declared on the Get RPC.
    pub read_permission: &'static str,
    /// Permission of Create, as declared on its RPC; empty where there is none.
    pub write_permission: &'static str,
}

/// Everything declared of the row of a form sheet that is not one record.
#[derive(Debug)]
pub struct SheetSpec {
    /// Full name of the message.
    pub message: &'static str,
    /// What a row is called.
    pub label: Label,
    /// The row's leaves.
    pub leaves: &'static [Leaf],
    /// The printed form.
    pub form: FormTable,
}

impl Spec {
    /// Index of the leaf at this path.
    pub fn leaf(&self, path: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.path == path)
    }
    /// Index of the child at this path.
    pub fn child(&self, path: &str) -> Option<usize> {
        self.children.iter().position(|child| child.path == path)
    }
}

impl Leaf {
    /// The column of the keyed blind index of an encrypted leaf.
    pub fn index_column(&self) -> String {
        format!("{}_index", self.column)
    }
    /// The word whose number this is.
    pub fn word(&self, number: i32) -> Option<&'static EnumWord> {
        self.words.iter().find(|word| word.number == number)
    }
}
