//! The names of columns, so that a rule or an indicator that misspells a field does not compile.

use std::fmt::Write;

use super::{line, module, spec_name};
use crate::contract::{Resource, Sheet};
use crate::names::identifier;

/// A constant a leaf, a module a child.
pub(super) fn resource(out: &mut String, resource: &Resource) {
    let spec = spec_name(&resource.name);
    line!(out, "\n/// Columns of {}.", resource.descriptor.full_name());
    line!(out, "pub mod {} {{", module(&resource.name));
    for (index, leaf) in resource.leaves.iter().enumerate() {
        line!(out, "    /// `{}`.", leaf.path);
        line!(
            out,
            "    pub const {}: ::record::Column = ::record::Column::new(&super::{spec}, {index});",
            leaf.column.to_uppercase()
        );
    }
    for (index, child) in resource.children.iter().enumerate() {
        line!(out, "    /// Columns of the elements of `{}`.", child.path);
        line!(out, "    pub mod {} {{", identifier(&child.column));
        for (position, leaf) in child.leaves.iter().enumerate() {
            line!(out, "        /// `{}.{}`.", child.path, leaf.path);
            line!(
                out,
                "        pub const {}: ::record::ChildColumn = \
                 ::record::ChildColumn::new(&super::super::{spec}, {index}, {position});",
                leaf.column.to_uppercase()
            );
        }
        line!(out, "    }}");
    }
    line!(out, "}}");
}

/// A constant a leaf of the row.
pub(super) fn sheet(out: &mut String, sheet: &Sheet) {
    line!(out, "\n/// Leaves of {}, by index.", sheet.descriptor.full_name());
    line!(out, "pub mod {} {{", module(&sheet.name));
    for (index, leaf) in sheet.leaves.iter().enumerate() {
        line!(out, "    /// `{}`.", leaf.path);
        line!(out, "    pub const {}: usize = {index};", leaf.column.to_uppercase());
    }
    line!(out, "}}");
}
