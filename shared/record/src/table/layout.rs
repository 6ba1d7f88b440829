//! The columns of a table in their printed order, each with what it fills.

use kernel::language::Label;

use crate::spec::{FormTable, FormUnit, Leaf, SheetSpec, Spec};

/// Title of the last column of every export and template: the resource name.
pub(crate) const NAME_TITLE: Label = Label::new("系统编号", "체계번호", "system number");

static NO_FORM: FormTable = FormTable {
    id: "",
    file: "",
    sheet: "",
    ordinal: None,
    place: None,
    form_year: 0,
    form_date_required: false,
};

/// Which part of a place a column names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacePart {
    /// 市州.
    Prefecture,
    /// 县市.
    County,
    /// 乡镇.
    Township,
    /// 行政村.
    Village,
}

/// What a column fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The running number; ignored.
    Ordinal,
    /// A part of the place.
    Place(PlacePart),
    /// A leaf.
    Leaf(usize),
    /// A leaf of a child's first element.
    First(usize, usize),
    /// The value of the child's element whose key has this number.
    Pivot(usize, i32),
    /// The resource name.
    Name,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Title.
    pub title: Label,
    /// What it fills.
    pub target: Target,
    /// The leaf behind it, where there is one.
    pub leaf: Option<&'static Leaf>,
    /// Unit of its cells.
    pub unit: FormUnit,
    /// Read where a file has it, not printed.
    pub unprinted: bool,
}

/// The columns of a table.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The form.
    pub form: &'static FormTable,
    /// Columns in printed order, the resource name last.
    pub columns: Vec<Column>,
}

impl Layout {
    /// Of a resource's own form; `None` where it has none.
    pub fn of_resource(spec: &'static Spec) -> Option<Self> {
        let form = spec.form.as_ref()?;
        let mut placed = of_form(form);
        placed.extend(of_leaves(spec.leaves));
        for (index, child) in spec.children.iter().enumerate() {
            if child.first {
                placed.extend(child.leaves.iter().enumerate().filter_map(|(at, leaf)| {
                    let title = leaf.title?;
                    Some((leaf.position, column(title, Target::First(index, at), Some(leaf), leaf.unit)))
                }));
            }
            if let Some(pivot) = &child.pivot {
                let value = &child.leaves[pivot.value];
                placed.extend(pivot.columns.iter().map(|(number, title, position)| {
                    (*position, column(*title, Target::Pivot(index, *number), Some(value), pivot.unit))
                }));
            }
        }
        Some(Self { form, columns: ordered(placed) })
    }

    /// Of a form sheet.
    pub fn of_sheet(spec: &'static SheetSpec) -> Self {
        let mut placed = of_form(&spec.form);
        placed.extend(of_leaves(spec.leaves));
        Self { form: &spec.form, columns: ordered(placed) }
    }

    /// No column at all.
    pub(crate) fn empty() -> Self {
        Self { form: &NO_FORM, columns: Vec::new() }
    }

    /// The column of this title.
    pub fn titled(&self, title: &str) -> Option<usize> {
        let wanted = plain_title(title);
        let exact = self.columns.iter().position(|column| plain_title(column.title.zh) == wanted);
        // What stands in brackets may be left out, but not be another: it can be the unit.
        exact.or_else(|| {
            let bare = without_brackets(&wanted);
            self.columns.iter().position(|column| {
                let own = plain_title(column.title.zh);
                without_brackets(&own) == bare && (own == bare || wanted == bare)
            })
        })
    }

    /// The title of the column that shows a field of this path; list positions do not matter.
    pub fn title_of(&self, path: &str) -> Option<&'static str> {
        let plain: String = without_positions(path);
        let parts = [(
            "meta.area",
            [PlacePart::Village, PlacePart::Township, PlacePart::County, PlacePart::Prefecture],
        )];
        if plain == parts[0].0 {
            return parts[0].1.iter().find_map(|part| {
                self.columns
                    .iter()
                    .find(|column| column.target == Target::Place(*part))
                    .map(|column| column.title.zh)
            });
        }
        let by_path = |column: &&Column| column.leaf.is_some_and(|leaf| leaf.path == plain);
        let below = |column: &&Column| {
            matches!(column.target, Target::First(..) | Target::Pivot(..))
                && column.leaf.is_some_and(|leaf| plain.ends_with(&format!(".{}", leaf.path)))
        };
        let found = self.columns.iter().find(by_path).or_else(|| self.columns.iter().find(below));
        found.map(|column| column.title.zh)
    }
}

/// A title as files write it: full- or half-width brackets, stray blanks and line breaks.
fn plain_title(title: &str) -> String {
    title
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '\u{feff}')
        .map(|letter| match letter {
            '（' => '(',
            '）' => ')',
            '／' => '/',
            other => other,
        })
        .collect()
}

fn without_brackets(title: &str) -> String {
    title.split('(').next().unwrap_or_default().to_owned()
}

fn without_positions(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ if !inside => plain.push(letter),
            _ => {}
        }
    }
    plain
}

fn of_form(form: &FormTable) -> Vec<(u16, Column)> {
    let mut placed = Vec::new();
    let label = |zh: &'static str| Label::new(zh, "", "");
    if let Some(title) = form.ordinal {
        placed.push((1, column(label(title), Target::Ordinal, None, FormUnit::Same)));
    }
    if let Some(place) = &form.place {
        let parts = [
            (place.prefecture, PlacePart::Prefecture),
            (place.county, PlacePart::County),
            (place.township, PlacePart::Township),
            (place.village, PlacePart::Village),
        ];
        let present = parts.iter().filter_map(|(title, part)| title.map(|title| (title, *part)));
        for (offset, (title, part)) in (0_u16..).zip(present) {
            placed.push((
                place.position + offset,
                column(label(title), Target::Place(part), None, FormUnit::Same),
            ));
        }
    }
    placed
}

fn of_leaves(leaves: &'static [Leaf]) -> Vec<(u16, Column)> {
    leaves
        .iter()
        .enumerate()
        .filter_map(|(index, leaf)| {
            let title = leaf.title.filter(|_| !leaf.output_only)?;
            Some((leaf.position, column(title, Target::Leaf(index), Some(leaf), leaf.unit)))
        })
        .collect()
}

fn column(title: Label, target: Target, leaf: Option<&'static Leaf>, unit: FormUnit) -> Column {
    Column { title, target, leaf, unit, unprinted: leaf.is_some_and(|leaf| leaf.unprinted) }
}

/// In the order of their positions; those without one follow as declared, the name comes last.
fn ordered(mut placed: Vec<(u16, Column)>) -> Vec<Column> {
    placed.sort_by_key(|(position, _)| if *position == 0 { u16::MAX } else { *position });
    let mut columns: Vec<Column> = placed.into_iter().map(|(_, column)| column).collect();
    columns.push(column(NAME_TITLE, Target::Name, None, FormUnit::Same));
    columns
}
