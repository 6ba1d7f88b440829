//! Merged cells of a sheet, and what they put into its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cell::{Cell, MOST_ROW_BYTES, cell_at, reference};

/// Most merged ranges that are kept.
const MOST_MERGES: usize = 1 << 20;

/// Merged cells of a sheet, by their first row.
#[derive(Debug, Default, Clone)]
pub(crate) struct Merges {
    ranges: Vec<Range>,
    may_overfill: bool,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    first: i64,
    last: i64,
    from: usize,
    to: usize,
}

impl Merges {
    pub(super) fn add(&mut self, range: &str) {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let (Some((from, first)), Some((to, last))) = (reference(from), reference(to)) else { return };
        if self.ranges.len() < MOST_MERGES && (first, from) != (last, to) {
            self.ranges.push(Range { first, last, from, to });
        }
    }

    /// Ranges of one column over several rows below the header: the first row of one, and how many there are.
    pub(crate) fn over_rows(&self, header: i64) -> Option<(i64, usize)> {
        let repeats = |range: &&Range| range.from == range.to && range.first > header;
        let first = self.ranges.iter().find(repeats)?.first;
        Some((first, self.ranges.iter().filter(repeats).count()))
    }

    /// Whether a row may be too large with what is repeated in it, though none is without.
    pub(crate) const fn may_overfill(&self) -> bool {
        self.may_overfill
    }

    /// All of a sheet whose largest cell and row have so many bytes.
    pub(super) fn complete(mut self, cell: usize, row: usize) -> Self {
        self.ranges.sort_by_key(|range| (range.first, range.from));
        // A cell is the first one of a single range.
        self.ranges.dedup_by_key(|range| (range.first, range.from));
        let down = self.ranges.iter().filter(|range| range.last > range.first);
        let columns = down.map(|range| range.from).collect::<BTreeSet<_>>().len();
        self.may_overfill = columns.saturating_mul(cell).saturating_add(row) > MOST_ROW_BYTES;
        self
    }
}

/// What merged cells put into the rows that are read.
pub(super) struct Carried {
    merges: Arc<Merges>,
    next: usize,
    /// Ranges that reach into the row, by their first column.
    blocks: BTreeMap<usize, Block>,
}

struct Block {
    last: i64,
    to: usize,
    cell: Cell,
}

impl Carried {
    pub(super) const fn of(merges: Arc<Merges>) -> Self {
        Self { merges, next: 0, blocks: BTreeMap::new() }
    }

    /// A row with filled cells of its own, in the order of their columns, and what merged cells put into it: values of those
    /// over several rows are repeated. Of those over several columns it would be a guess which of the columns a value
    /// belongs to: their first one is marked, and what stands in the others. `None` where the row becomes too large.
    pub(super) fn laid_over(&mut self, row: i64, own: Vec<Cell>) -> Option<Vec<Cell>> {
        self.begin(row, &own);
        if self.blocks.is_empty() {
            return Some(own);
        }
        let mut bytes: usize = own.iter().map(|cell| cell.value.bytes()).sum();
        let mut cells = Vec::with_capacity(own.len() + self.blocks.len());
        let mut own = own.into_iter().peekable();
        let mut across_until = 0;
        for (from, block) in &self.blocks {
            while let Some(cell) = own.next_if(|cell| cell.column < *from) {
                cells.push(within(cell, across_until));
            }
            if block.cell.across {
                across_until = across_until.max(block.to + 1);
            }
            if own.peek().is_none_or(|cell| cell.column != *from) {
                bytes += block.cell.value.bytes();
                if bytes > MOST_ROW_BYTES {
                    return None;
                }
                cells.push(block.cell.clone());
            }
        }
        cells.extend(own.map(|cell| within(cell, across_until)));
        Some(cells)
    }

    /// Leaves the ranges that end above a row, and takes up those that begin in it with a value. A row without a cell of its
    /// own begins none, and need not be told.
    fn begin(&mut self, row: i64, own: &[Cell]) {
        self.blocks.retain(|_, block| block.last >= row);
        while let Some(range) = self.merges.ranges.get(self.next).filter(|range| range.first <= row) {
            self.next += 1;
            let Some(first) = cell_at(own, range.from).filter(|_| range.first == row) else { continue };
            let cell = Cell { across: range.to > range.from, ..first.clone() };
            self.blocks.insert(range.from, Block { last: range.last, to: range.to, cell });
        }
    }
}

/// A cell that is marked where it stands before the end of cells merged over several columns.
fn within(cell: Cell, across_until: usize) -> Cell {
    Cell { across: cell.across || cell.column < across_until, ..cell }
}
