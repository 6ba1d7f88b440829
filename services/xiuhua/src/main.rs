//! The binary `xiuhua`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xiuhua::main()
}
