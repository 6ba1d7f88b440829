//! The registry service as a process of its own; configured by `XIUHUA_…` and a file.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    runtime::process::main("registry", |process| async move {
        registry::service(&record::service::Host::of("registry", &process).await?).await
    })
    .await
}
