//! The binary `xiuhua`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Rows are decided in many small pieces: with the system's allocator the demonstration takes a fifth longer.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    xiuhua::main()
}
