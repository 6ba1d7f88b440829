//! The configurations in `deploy/` are ones that the services take.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::path::Path;

use runtime::config::{ServiceConfig, Sources, load};

#[test]
fn every_configuration_loads_and_its_secrets_are_hidden() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    for service in ["registry", "assistance", "partner-aid", "gateway"] {
        let sources = Sources {
            file: Some(folder.join(format!("{service}.toml"))),
            environment: vec![(
                "XIUHUA_DATABASE__URL".to_owned(),
                "postgres://somebody:very-secret@db.example/xiuhua".to_owned(),
            )],
            options: Vec::new(),
        };
        let config = load::<ServiceConfig>(&sources).unwrap();
        assert!(!config.printed().contains("very-secret"), "{service}");
        assert!(config.printed().contains("db.example"), "{service}");
    }
}
