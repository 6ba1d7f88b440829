//! The suite in processes of their own, on one store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kernel::clock::SystemClock;
use runtime::keys::Keys;
use runtime::token::Issuer;
use xiuhua::suite::Store;

use crate::binary::{Process, free_address, run};
use crate::demonstrated::{Front, Place};

/// The services that own facts.
pub const FACTS: [&str; 3] = ["registry", "assistance", "partner-aid"];

/// `xiuhua serve` four times, on one store.
pub struct Processes {
    addresses: BTreeMap<&'static str, String>,
    options: Vec<String>,
    running: BTreeMap<&'static str, Process>,
    keys: Keys,
}

impl Processes {
    /// Starts registry, assistance, partner aid and gateway with keys in a new folder, and waits until they are ready.
    /// `more` options are given to each of them.
    ///
    /// # Panics
    /// Where one does not start.
    pub async fn start(place: &Place, keys: &Path, more: &[String]) -> Self {
        let folder = keys.to_str().expect("a path");
        let made = run(&["keys", "init", folder]).await;
        assert_eq!(made.code, 0, "{made:?}");
        let names = FACTS.into_iter().chain(["gateway"]);
        let addresses: BTreeMap<_, _> = names.map(|name| (name, free_address())).collect();
        let mut options = vec!["--keys-dir".to_owned(), folder.to_owned()];
        options.extend(match &place.store {
            Store::Folder(folder) => ["--data-dir".to_owned(), folder.display().to_string()],
            Store::Postgres(url) => ["--database-url".to_owned(), url.reveal().to_owned()],
        });
        for name in FACTS {
            let key = name.replace('-', "_");
            options.extend(["--set".to_owned(), format!("services.{key}=http://{}", addresses[name])]);
        }
        options.extend_from_slice(more);
        let keys = Keys::load(keys).expect("keys");
        let mut processes = Self { addresses, options, running: BTreeMap::new(), keys };
        // All at once: none needs another to start.
        for name in processes.addresses.clone().into_keys() {
            processes.spawn(name);
        }
        for process in processes.running.values() {
            process.ready().await;
        }
        processes
    }

    fn spawn(&mut self, name: &'static str) {
        let process = Process::serve(name, &self.addresses[name], &self.options);
        self.running.insert(name, process);
    }

    /// Starts one again, at its address, and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn serve(&mut self, name: &'static str) {
        self.spawn(name);
        self.running[name].ready().await;
    }

    /// Stops one of them.
    ///
    /// # Panics
    /// Where it does not end well.
    pub async fn stop(&mut self, name: &str) {
        let ended = self.running.remove(name).expect("a running service").stop().await;
        assert!(ended.success(), "{name}: {ended}");
    }

    /// Stops them all, the gateway first.
    ///
    /// # Panics
    /// Where one does not end well.
    pub async fn stop_all(&mut self) {
        for name in std::iter::once("gateway").chain(FACTS) {
            self.stop(name).await;
        }
    }

    /// The gateway, and who signs tokens.
    ///
    /// # Panics
    /// Where the issuer's key is not there.
    pub fn front(&self) -> Front {
        let issuer = Issuer::new(self.keys.issuer().expect("an issuer").clone(), Arc::new(SystemClock));
        Front::new(&format!("http://{}", self.addresses["gateway"]), issuer)
    }
}
