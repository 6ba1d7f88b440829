//! The contract as plain structs, read from the descriptors.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor};

use crate::leaves::Walk;
use crate::method::Method;
use crate::options::{Extensions, FormTable, Label};
use crate::problem::{Errors, Place, Problem, Problems};

/// The shape of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of xiuhua.common.v1.Shape")]
pub enum Shape {
    Register,
    Link,
    Event,
    Case,
    Work,
    Grant,
}

/// The type of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of record::spec::Kind")]
pub enum Kind {
    Text,
    Date,
    Integer,
    Boolean,
    Enum,
    Texts,
    Moment,
}

/// What a text leaf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of record::spec::Format")]
pub enum Format {
    Plain,
    IdNumber,
    DisabilityCertificate,
    Phone,
    Account,
    Area,
    Year,
    FutureDate,
    Month,
}

/// The unit on the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of record::spec::FormUnit")]
pub enum FormUnit {
    Same,
    Yuan,
    WanYuan,
    Hundredths,
}

/// How a leaf is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of record::spec::Sensitivity")]
pub enum Sensitivity {
    Open,
    Encrypted,
    Masked,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Number.
    pub number: i32,
    /// Name without the enum's prefix.
    pub name: String,
    /// The form's word.
    pub label: Label,
    /// Other words.
    pub aliases: Vec<String>,
}

/// One step from a message towards a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A singular message field.
    Message { field: String },
    /// A member of a oneof: its Rust field and the full path of the variant.
    Oneof { field: String, variant: String },
}

/// The field itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Last {
    /// A field of its own.
    Field { field: String },
    /// A member of a oneof, with its Rust type.
    Oneof { field: String, variant: String, rust: &'static str },
}

/// One scalar of a record.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Path in the contract.
    pub path: String,
    /// Column.
    pub column: String,
    /// Type.
    pub kind: Kind,
    /// What a text holds.
    pub format: Format,
    /// Title on the form.
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
    /// Code table; empty if there is none.
    pub codes: String,
    /// Unit on the form.
    pub unit: FormUnit,
    /// Collection a reference points into; empty if it is none.
    pub reference: String,
    /// May be below zero.
    pub negative: bool,
    /// Read where a file has the column, but no part of the printed form.
    pub unprinted: bool,
    /// Full name of the enum.
    pub words: Option<String>,
    /// Whether an absent value differs from zero.
    pub presence: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) last: Last,
    pub(crate) place: Place,
}

/// A repeated message.
#[derive(Debug, Clone)]
pub struct Child {
    /// Path in the contract.
    pub path: String,
    /// Column of the JSON text.
    pub column: String,
    /// Kept in a table of its own as well.
    pub rows: bool,
    /// Full name of the element's message.
    pub message: String,
    /// The element's leaves.
    pub leaves: Vec<Leaf>,
    /// The first element's leaves stand in columns of the form.
    pub first: bool,
    /// Layout in columns.
    pub pivot: Option<Pivot>,
    pub(crate) steps: Vec<Step>,
    pub(crate) field: String,
}

/// Layout of a repeated field in columns.
#[derive(Debug, Clone)]
pub struct Pivot {
    /// Leaf of the key.
    pub key: usize,
    /// Leaf of the value.
    pub value: usize,
    /// Unit of the cells.
    pub unit: FormUnit,
    /// Number of the key, title, position.
    pub columns: Vec<(i32, Label, u16)>,
}

/// A state and the day that brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDay {
    /// Number.
    pub number: i32,
    /// Name without prefix.
    pub name: String,
    /// Leaf of the day; none for the first state.
    pub day: Option<usize>,
}

/// An allowed step of a Case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// State before: number, name.
    pub from: (i32, String),
    /// Verb as in the RPC's name.
    pub verb: String,
    /// State after: number, name.
    pub to: (i32, String),
}

/// A resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Name of the message: `Household`.
    pub name: String,
    /// Package.
    pub package: String,
    /// Collection.
    pub collection: String,
    /// Table.
    pub table: String,
    /// Shape.
    pub shape: Shape,
    /// What it is called.
    pub label: Label,
    /// Leaves, head excluded.
    pub leaves: Vec<Leaf>,
    /// Repeated messages.
    pub children: Vec<Child>,
    /// Keys: kind, leaves, repeats.
    pub keys: Vec<(String, Vec<usize>, bool)>,
    /// Leaf of the day that opens validity.
    pub since: Option<usize>,
    /// Leaf of the day that closes a Link's validity.
    pub until: Option<usize>,
    /// Leaf shown as label.
    pub title_of: Option<usize>,
    /// States that follow from days, in order.
    pub states: Vec<StateDay>,
    /// Allowed steps of a Case.
    pub transitions: Vec<Transition>,
    /// Child that holds a Case's acts.
    pub acts: Option<usize>,
    /// Leaves that rules may look up by.
    pub linked: Vec<usize>,
    /// Leaves that the service looks up by.
    pub searched: Vec<usize>,
    /// The printed form.
    pub form: Option<FormTable>,
    /// Written only as a consequence.
    pub derived: bool,
    /// Readable outside the caller's area.
    pub everywhere: bool,
    /// Leaf whose value is the identifier.
    pub named_by: Option<usize>,
    /// The RPCs, in the contract's order.
    pub methods: Vec<Method>,
    /// Name of the service; empty if there is none.
    pub service: String,
    /// Full name of the state's enum, where the message has a state.
    pub state: Option<String>,
    pub(crate) descriptor: MessageDescriptor,
}

impl Resource {
    /// The plural in type and RPC names: `Households`.
    pub fn plural(&self) -> String {
        capitalised(&self.collection)
    }
    /// Index of the leaf at this path.
    pub fn leaf(&self, path: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.path == path)
    }
    /// Permission of the first of these RPCs that there is.
    pub(crate) fn permission(&self, names: &[String]) -> &str {
        let method = names.iter().find_map(|name| self.methods.iter().find(|method| method.name == *name));
        method.map_or("", |method| method.permission.as_str())
    }
    /// Permission of the Get RPC.
    pub fn read_permission(&self) -> &str {
        self.permission(&[format!("Get{}", self.name)])
    }
    /// Permission of the Create RPC; empty where there is none.
    pub fn write_permission(&self) -> &str {
        self.permission(&[format!("Create{}", self.name), format!("BatchCreate{}", self.plural())])
    }
}

/// The row of a form sheet that is not one record.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Name of the message less `Row`: `HouseholdSheet`.
    pub name: String,
    /// Package.
    pub package: String,
    /// What a row is called.
    pub label: Label,
    /// Leaves.
    pub leaves: Vec<Leaf>,
    /// The printed form.
    pub form: FormTable,
    pub(crate) descriptor: MessageDescriptor,
}

/// The contract.
#[derive(Debug)]
pub struct Contract {
    /// Resources in the order of the files.
    pub resources: Vec<Resource>,
    /// Form sheets.
    pub sheets: Vec<Sheet>,
    /// Values of the enums that leaves use, by full name.
    pub enums: BTreeMap<String, Vec<Word>>,
    pub(crate) pool: DescriptorPool,
}

impl Contract {
    /// Reads all files below `proto_root/xiuhua` (with `proto_root/vendor` for imports).
    ///
    /// # Errors
    /// Everything that does not fit, in all files; a file that does not compile is reported alone.
    pub fn load(proto_root: &Path) -> Result<Self, Errors> {
        let (contract, problems) = Self::read(proto_root)?;
        if problems.is_empty() { Ok(contract) } else { Err(Errors(problems)) }
    }

    /// The contract as far as it can be read, and what does not fit.
    pub(crate) fn read(proto_root: &Path) -> Result<(Self, Vec<Problem>), Errors> {
        let pool = compile(proto_root)?;
        let extensions = Extensions::find(&pool)?;
        let mut reader = Reader { extensions, problems: Problems::default(), enums: BTreeMap::new() };
        let (mut resources, mut sheets) = (Vec::new(), Vec::new());
        for message in pool.all_messages() {
            if let Some(option) = reader.extensions.resource(&message) {
                resources.extend(reader.resource(&message, option));
            }
            if let Some((form, label)) = reader.extensions.sheet(&message) {
                sheets.extend(reader.sheet(&message, form, label));
            }
        }
        reader.every_method_has_access(&pool);
        reader.unique_across(&resources, &sheets);
        let Reader { problems, enums, .. } = reader;
        Ok((Contract { resources, sheets, enums, pool }, problems.0))
    }
}

/// Reads and remembers what does not fit.
pub(crate) struct Reader {
    pub(crate) extensions: Extensions,
    pub(crate) problems: Problems,
    pub(crate) enums: BTreeMap<String, Vec<Word>>,
}

impl Reader {
    fn sheet(&mut self, message: &MessageDescriptor, form: FormTable, label: Label) -> Option<Sheet> {
        let place = Place::from(message);
        let Some(name) = message.name().strip_suffix("Row").filter(|name| !name.is_empty()) else {
            self.problems.at(place, "the name of a sheet's row ends in Row");
            return None;
        };
        let (leaves, children) = Walk::over(self, message, false);
        for child in &children {
            self.problems
                .at(place.clone(), format!("`{}`: a sheet's row has no repeated messages", child.path));
        }
        self.label(&place, &label);
        self.columns(&place, &leaves, &[], &[]);
        self.form(&place, &form, &leaves, &[]);
        Some(Sheet {
            name: name.to_owned(),
            package: message.package_name().to_owned(),
            label,
            leaves,
            form,
            descriptor: message.clone(),
        })
    }

    pub(crate) fn label(&mut self, place: &Place, label: &Label) {
        if label.zh.is_empty() {
            self.problems.at(place.clone(), "no label in Chinese");
        }
    }

    /// The words of an enum, without the prefix that its values share.
    pub(crate) fn words(&mut self, descriptor: &EnumDescriptor) {
        if self.enums.contains_key(descriptor.full_name()) {
            return;
        }
        let prefix = common_prefix(descriptor);
        let mut words = Vec::new();
        for value in descriptor.values() {
            let (label, aliases) = self.extensions.word(&value);
            let name = value.name().strip_prefix(&prefix).unwrap_or(value.name()).to_owned();
            words.push(Word { number: value.number(), name, label, aliases });
        }
        self.enums.insert(descriptor.full_name().to_owned(), words);
    }

    fn every_method_has_access(&mut self, pool: &DescriptorPool) {
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            if !method.parent_service().package_name().starts_with("xiuhua.") {
                continue;
            }
            match self.extensions.access(&method) {
                None => self.problems.at(&method, "no (access): an RPC names its permission"),
                Some(access) if access.permission.is_empty() && !access.public => {
                    self.problems.at(&method, "(access) names no permission and is not public");
                }
                Some(_) => {}
            }
        }
    }

    fn unique_across(&mut self, resources: &[Resource], sheets: &[Sheet]) {
        let mut seen: HashMap<(&str, String), &str> = HashMap::new();
        let mut names = Vec::new();
        for resource in resources {
            let element = &resource.descriptor;
            names.push(("collection", resource.collection.clone(), element));
            let rows = resource.children.iter().filter(|child| child.rows);
            let rows = rows.map(|child| format!("{}_{}", resource.table, child.column));
            for table in rows.chain([resource.table.clone()]) {
                names.push(("table", format!("{table} of {}", owner(&resource.package)), element));
            }
            names.extend(resource.form.iter().map(|form| ("form", form.id.clone(), element)));
        }
        names.extend(sheets.iter().map(|sheet| ("form", sheet.form.id.clone(), &sheet.descriptor)));
        for (what, name, element) in names {
            if let Some(first) = seen.insert((what, name.clone()), element.full_name()) {
                self.problems.at(element, format!("{what} `{name}` is also that of {first}"));
            }
        }
        let collections: Vec<&str> = resources.iter().map(|resource| resource.collection.as_str()).collect();
        let rows = resources.iter().flat_map(|resource| {
            resource.leaves.iter().chain(resource.children.iter().flat_map(|child| &child.leaves))
        });
        for leaf in rows.chain(sheets.iter().flat_map(|sheet| &sheet.leaves)) {
            if !leaf.reference.is_empty() && !collections.contains(&leaf.reference.as_str()) {
                let text = format!("reference points into `{}`, which is no collection", leaf.reference);
                self.problems.at(leaf.place.clone(), text);
            }
        }
    }
}

/// The service that owns a package's tables: the packages below one name share a store.
fn owner(package: &str) -> &str {
    package.split('.').nth(1).unwrap_or(package)
}

/// `renovationCases` → `RenovationCases`.
pub(crate) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn common_prefix(descriptor: &EnumDescriptor) -> String {
    let mut names = descriptor.values().map(|value| value.name().to_owned());
    let mut prefix = names.next().unwrap_or_default();
    for name in names {
        let same = prefix.chars().zip(name.chars()).take_while(|(left, right)| left == right).count();
        prefix = prefix.chars().take(same).collect();
    }
    prefix.rfind('_').map_or_else(String::new, |end| prefix[..=end].to_owned())
}

fn compile(root: &Path) -> Result<DescriptorPool, Errors> {
    let mut files = Vec::new();
    let unreadable = |error: std::io::Error| Errors::general(format!("{}: {error}", root.display()));
    collect(&root.join("xiuhua"), &mut files).map_err(unreadable)?;
    files.sort();
    // The debug form of an error of protox names file, line and column; the display form does not.
    let broken = |error: protox::Error| Errors::general(format!("{error:?}"));
    let includes = [root.to_owned(), root.join("vendor")].into_iter().filter(|folder| folder.is_dir());
    let mut compiler = protox::Compiler::new(includes).map_err(broken)?;
    compiler.include_imports(true).open_files(&files).map_err(broken)?;
    Ok(compiler.descriptor_pool())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
