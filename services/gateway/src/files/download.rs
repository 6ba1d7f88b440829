//! A file that is written on a thread of its own and then sent piece by piece.

use std::io::{self, BufWriter, Read, Seek};

use futures::Stream;
use kernel::failure::Failure;
use proto::xiuhua::gateway::v1::FileHead;
use runtime::context::Context;
use sheet::{Form, FormWriter, Format};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Bytes of one piece.
const CHUNK: usize = 64 * 1024;

/// What is written next.
enum Piece {
    Sheet(Form),
    Row(Vec<String>),
}

/// A file being written. Rows wait for the disk, so that memory does not grow.
pub(super) struct Writing {
    sender: mpsc::Sender<Piece>,
    written: JoinHandle<io::Result<std::fs::File>>,
    format: Format,
}

impl Writing {
    pub(super) fn begin(format: Format) -> Self {
        let (sender, mut receiver) = mpsc::channel(256);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::tempfile()?;
            let mut writer = FormWriter::new(format, Box::new(BufWriter::new(file.try_clone()?)));
            while let Some(piece) = receiver.blocking_recv() {
                match piece {
                    Piece::Sheet(form) => writer.sheet(&form)?,
                    Piece::Row(cells) => writer.row(&cells)?,
                }
            }
            writer.finish()?;
            file.rewind()?;
            Ok(file)
        });
        Self { sender, written, format }
    }

    pub(super) async fn sheet(&self, form: Form) {
        self.send(Piece::Sheet(form)).await;
    }

    pub(super) async fn row(&self, cells: Vec<String>) {
        self.send(Piece::Row(cells)).await;
    }

    /// Where nobody takes it any more, the end tells why.
    async fn send(&self, piece: Piece) {
        let _ = self.sender.send(piece).await;
    }

    /// The finished file under this name, without its ending.
    pub(super) async fn end(self, context: &Context, name: &str) -> Result<Download, Status> {
        drop(self.sender);
        let written = self.written.await.map_err(io::Error::other).and_then(|written| written);
        let file = written.map_err(|error| context.status(&Failure::internal_error(error)))?;
        let head = FileHead {
            file_name: format!("{name}.{}", self.format.ending()),
            media_type: self.format.media_type().to_owned(),
        };
        Ok(Download { head, file, context: context.clone() })
    }
}

/// A finished file.
pub(super) struct Download {
    pub(super) head: FileHead,
    file: std::fs::File,
    context: Context,
}

impl Download {
    /// Its bytes.
    pub(super) fn chunks(self) -> impl Stream<Item = Result<Vec<u8>, Status>> + Send + 'static {
        let (sender, receiver) = mpsc::channel(4);
        let Self { mut file, context, .. } = self;
        tokio::task::spawn_blocking(move || {
            loop {
                let mut bytes = vec![0; CHUNK];
                let piece = match file.read(&mut bytes) {
                    Ok(0) => return,
                    Ok(read) => {
                        bytes.truncate(read);
                        Ok(bytes)
                    }
                    Err(error) => Err(context.status(&Failure::internal_error(error))),
                };
                let last = piece.is_err();
                // A caller that is gone needs no more of it.
                if sender.blocking_send(piece).is_err() || last {
                    return;
                }
            }
        });
        ReceiverStream::new(receiver)
    }
}
