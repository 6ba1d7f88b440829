//! Names of columns that the build step writes, so that a misspelt field does not compile.

use crate::spec::{Leaf, Spec};

/// A leaf of a resource, and so a column of its table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The resource.
    pub spec: &'static Spec,
    /// Index of the leaf.
    pub leaf: usize,
}

impl Column {
    /// Used by generated code only.
    pub const fn new(spec: &'static Spec, leaf: usize) -> Self {
        Self { spec, leaf }
    }
    /// The leaf.
    pub fn leaf(&self) -> &'static Leaf {
        &self.spec.leaves[self.leaf]
    }
    /// Name of the column.
    pub fn name(&self) -> &'static str {
        self.leaf().column
    }
}

/// A leaf of an element of a child with rows, and so a column of the child's table.
#[derive(Debug, Clone, Copy)]
pub struct ChildColumn {
    /// The resource.
    pub spec: &'static Spec,
    /// Index of the child.
    pub child: usize,
    /// Index of the leaf in the child.
    pub leaf: usize,
}

impl ChildColumn {
    /// Used by generated code only.
    pub const fn new(spec: &'static Spec, child: usize, leaf: usize) -> Self {
        Self { spec, child, leaf }
    }
    /// The leaf.
    pub fn leaf(&self) -> &'static Leaf {
        &self.spec.children[self.child].leaves[self.leaf]
    }
    /// Name of the column.
    pub fn name(&self) -> &'static str {
        self.leaf().column
    }
}
