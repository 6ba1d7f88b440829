//! A file that arrives piece by piece.

use std::io::Write;

use kernel::failure::{Failure, Reason, Violation, Violations};
use proto::xiuhua::gateway::v1::ImportFileRequest;
use runtime::context::Context;
use tempfile::NamedTempFile;
use tonic::{Status, Streaming};

/// Most bytes of a file.
const MOST_BYTES: u64 = 256 << 20;

/// Takes a file's bytes into a temporary file, which goes when it is dropped: those that came with the first message, and
/// those of the others.
pub(super) async fn received(
    context: &Context,
    first: Vec<u8>,
    incoming: &mut Streaming<ImportFileRequest>,
) -> Result<NamedTempFile, Status> {
    let internal = |error: std::io::Error| context.status(&Failure::internal_error(error));
    let mut file = NamedTempFile::with_prefix("xiuhua-upload-").map_err(internal)?;
    let (mut length, mut bytes) = (0, first);
    loop {
        length += bytes.len() as u64;
        if length > MOST_BYTES {
            return Err(context.status(&too_large()));
        }
        file = tokio::task::spawn_blocking(move || file.write_all(&bytes).map(|()| file))
            .await
            .map_err(|error| context.status(&Failure::internal_error(error)))?
            .map_err(internal)?;
        let Some(mut message) = incoming.message().await? else { return Ok(file) };
        bytes = std::mem::take(&mut message.chunk);
        if message != ImportFileRequest::default() {
            return Err(context.status(&Failure::new(Reason::StreamProtocol).with("expected", "chunk")));
        }
        // Over HTTP a body that broke off or stood still ends so.
        if bytes.is_empty() {
            return Err(context.status(&Failure::new(Reason::FileIncomplete)));
        }
    }
}

fn too_large() -> Failure {
    let problem = Violation::new("", Reason::FileGrows).with("limit", MOST_BYTES >> 20);
    match Violations::from(vec![problem]).into_result() {
        Err(failure) => failure,
        Ok(()) => Failure::new(Reason::FileGrows),
    }
}
