//! The assistance service as a process of its own; configured by `XIUHUA_…` and a file.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    runtime::process::main("assistance", |process| async move {
        assistance::service(&record::service::Host::of("assistance", &process).await?).await
    })
    .await
}
