//! The gateway as a process of its own; configured by `XIUHUA_…` and a file.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    runtime::process::main(gateway::SERVICE, |process| async move { gateway::service(&process, None) }).await
}
