//! The partner-aid service as a process of its own; configured by `XIUHUA_…` and a file.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    runtime::process::main("partner-aid", |process| async move {
        partner_aid::service(&record::service::Host::of("partner-aid", &process).await?).await
    })
    .await
}
