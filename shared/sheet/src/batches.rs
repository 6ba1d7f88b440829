//! Rows as they are sent: numbered batches of rows that follow each other.

use std::iter::Peekable;

use proto::common::{ImportBatch, Row};

use crate::form_file::NumberedRow;

/// Most rows of one batch, and so of one commit.
pub const BATCH_ROWS: usize = 500;

/// From how many bytes on a batch takes no further row.
const FULL_BYTES: usize = 1 << 20;

/// Blank rows that are sent as such between others; where more of them are, the next batch begins.
const MOST_BLANKS: i64 = 16;

/// Batches of rows, each at most so many, and no further one once they are a mebibyte.
pub struct Batches<I: Iterator> {
    rows: Peekable<I>,
    most: usize,
}

impl<I: Iterator> Batches<I> {
    /// Of these rows, in the order of their numbers.
    pub fn of(rows: I, most: usize) -> Self {
        Self { rows: rows.peekable(), most }
    }
}

impl<E, I: Iterator<Item = Result<NumberedRow, E>>> Iterator for Batches<I> {
    type Item = Result<ImportBatch, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = ImportBatch::default();
        let mut bytes = 0;
        while batch.rows.len() < self.most && bytes < FULL_BYTES {
            let next = next_row(&batch);
            let blank = batch.rows.is_empty();
            let room = i64::try_from(self.most - batch.rows.len()).unwrap_or_default();
            let near = |row: &Result<NumberedRow, E>| match row {
                Ok((number, _)) => blank || number - next <= MOST_BLANKS.min(room - 1),
                Err(_) => blank,
            };
            match self.rows.next_if(near) {
                Some(Ok((number, row))) => {
                    if blank {
                        batch.first_row = number;
                    } else {
                        let blanks = usize::try_from(number - next).unwrap_or_default();
                        batch.rows.resize(batch.rows.len() + blanks, Row::default());
                    }
                    bytes += row.cells.iter().map(String::len).sum::<usize>();
                    batch.rows.push(row);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        (!batch.rows.is_empty()).then_some(Ok(batch))
    }
}

/// The number of the row after a batch.
fn next_row(batch: &ImportBatch) -> i64 {
    batch.first_row + i64::try_from(batch.rows.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_follow_each_other_are_a_batch() {
        let row = |number| Ok((number, Row { cells: vec!["x".to_owned()], ..Row::default() }));
        let rows: Vec<Result<NumberedRow, ()>> = [4, 5, 8, 9, 10, 40, 41].map(row).to_vec();
        let sizes = |most| {
            let batches = Batches::of(rows.clone().into_iter(), most).map(Result::unwrap);
            batches.map(|batch| (batch.first_row, batch.rows.len())).collect::<Vec<_>>()
        };
        assert_eq!(sizes(100), [(4, 7), (40, 2)]);
        assert_eq!(sizes(2), [(4, 2), (8, 2), (10, 1), (40, 2)]);
        assert_eq!(sizes(4), [(4, 2), (8, 3), (40, 2)]);
        let batch = Batches::of(rows.into_iter(), 100).next().unwrap().unwrap();
        let blank: Vec<bool> = batch.rows.iter().map(|row| row.cells.is_empty()).collect();
        assert_eq!(blank, [false, false, true, true, false, false, false]);
    }

    #[test]
    fn a_batch_is_full_by_its_bytes_as_well() {
        let row = |number, bytes| Ok((number, Row { cells: vec!["x".repeat(bytes)], ..Row::default() }));
        let large = FULL_BYTES / 2;
        let rows: Vec<Result<NumberedRow, ()>> =
            vec![row(1, 1), row(2, large), row(3, large), row(4, 1), row(7, 2 * large), row(8, 1)];
        let batches = Batches::of(rows.into_iter(), 100).map(Result::unwrap);
        let sizes: Vec<_> = batches.map(|batch| (batch.first_row, batch.rows.len())).collect();
        assert_eq!(sizes, [(1, 3), (4, 4), (8, 1)]);
    }

    #[test]
    fn a_row_that_cannot_be_read_comes_after_those_before_it() {
        let rows = vec![Ok((1, Row::default())), Err("broken"), Ok((3, Row::default()))];
        let told: Vec<_> = Batches::of(rows.into_iter(), 10).collect();
        assert!(told[0].is_ok() && told[1] == Err("broken") && told.len() == 3);
    }
}
