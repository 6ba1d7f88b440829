//! Rows of a file read on a thread of their own, batch by batch, while others are under way.

use proto::common::ImportBatch;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use crate::batches::{BATCH_ROWS, Batches};
use crate::form_file::NumberedRow;

/// Batches that wait to be taken.
const AHEAD: usize = 2;

/// Batches of rows that another thread reads.
pub struct BatchReader<E> {
    batches: mpsc::Receiver<Result<ImportBatch, E>>,
    thread: Option<JoinHandle<()>>,
    died: fn(JoinError) -> E,
}

impl<E: Send + 'static> BatchReader<E> {
    /// Begins to read the rows that `open` gives; `died` says what it is where the thread ends before the rows do. Within a
    /// runtime only.
    pub fn begin<I, O>(open: O, died: fn(JoinError) -> E) -> Self
    where
        I: Iterator<Item = Result<NumberedRow, E>>,
        O: FnOnce() -> Result<I, E> + Send + 'static,
    {
        let (sender, batches) = mpsc::channel(AHEAD);
        let thread = tokio::task::spawn_blocking(move || {
            let rows = match open() {
                Ok(rows) => rows,
                Err(error) => {
                    // Where nobody listens, nobody needs to know.
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            };
            for batch in Batches::of(rows, BATCH_ROWS) {
                let last = batch.is_err();
                if sender.blocking_send(batch).is_err() || last {
                    return;
                }
            }
        });
        Self { batches, thread: Some(thread), died }
    }

    /// The next batch; `None` after the last one. A thread that died has not read the last one: that is an error, and no end
    /// of the file. A call that is not awaited to its end takes nothing away.
    pub async fn next(&mut self) -> Option<Result<ImportBatch, E>> {
        if let Some(batch) = self.batches.recv().await {
            return Some(batch);
        }
        let ended = self.thread.as_mut()?.await;
        self.thread = None;
        ended.err().map(|error| Err((self.died)(error)))
    }
}

#[cfg(test)]
mod tests {
    use proto::common::Row;

    use super::*;

    type Told = Result<NumberedRow, String>;

    fn row(number: i64) -> Told {
        Ok((number, Row { cells: vec!["x".to_owned()], ..Row::default() }))
    }

    fn died_of(error: JoinError) -> String {
        format!("panic: {}", error.is_panic())
    }

    async fn all(mut reader: BatchReader<String>) -> Vec<Result<usize, String>> {
        let mut told = Vec::new();
        while let Some(batch) = reader.next().await {
            told.push(batch.map(|batch| batch.rows.len()));
        }
        assert!(reader.next().await.is_none(), "the end stays the end");
        told
    }

    #[tokio::test]
    async fn rows_come_to_their_end() {
        let rows = (1..=1001).map(row);
        let told = all(BatchReader::begin(|| Ok(rows), died_of)).await;
        assert_eq!(told, [Ok(500), Ok(500), Ok(1)]);
        let rows = vec![row(1), Err("broken".to_owned()), row(2)].into_iter();
        let told = all(BatchReader::begin(|| Ok(rows), died_of)).await;
        assert_eq!(told, [Ok(1), Err("broken".to_owned())]);
        let none = || Err::<std::iter::Empty<Told>, _>("away".to_owned());
        assert_eq!(all(BatchReader::begin(none, died_of)).await, [Err("away".to_owned())]);
    }

    #[tokio::test]
    async fn a_thread_that_dies_is_no_end_of_the_file() {
        let rows = (1..).map(|number| if number > 600 { panic!("row {number}") } else { row(number) });
        let told = all(BatchReader::begin(|| Ok(rows), died_of)).await;
        assert_eq!(told, [Ok(500), Err("panic: true".to_owned())]);
    }
}
