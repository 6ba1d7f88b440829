//! An office with the suite in this process, keys and files in a folder, and the binary as its only tool.

use std::path::Path;

use runtime::keys::Keys;
use suite::binary::{Ran, run};
use suite::demonstrated::{Place, started};
use suite::harness::Backend;
use tempfile::TempDir;
use xiuhua::suite::Suite;

use super::files;

/// See above.
pub(crate) struct Office {
    /// Address of the gateway.
    pub(crate) url: String,
    suite: Suite,
    place: Place,
    folder: TempDir,
}

impl Office {
    /// With the divisions in it.
    pub(crate) async fn open(backend: &Backend) -> Self {
        let place = Place::of(backend).await;
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        assert_eq!(run(&["keys", "init", keys.to_str().unwrap()]).await.code, 0);
        let suite = started(&place, &Keys::load(&keys).unwrap()).await;
        let office = Self { url: suite.url(), suite, place, folder };
        let divisions = office.file("区划.csv", files::DIVISIONS);
        let done = office
            .steward_of("220000", &["import", "registry.divisions", &divisions, "--area", "220000"])
            .await;
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{done:?}");
        office
    }

    pub(crate) async fn close(self) {
        self.suite.shutdown().await.unwrap();
        self.place.leave().await;
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(Path::new(&path), text).unwrap();
        path
    }

    /// Runs a command as data steward of the county.
    pub(crate) async fn steward(&self, arguments: &[&str]) -> Ran {
        self.steward_of("222405", arguments).await
    }

    /// Runs a command as data steward of a division.
    pub(crate) async fn steward_of(&self, area: &str, arguments: &[&str]) -> Ran {
        self.run_as("data_steward", area, arguments).await
    }

    /// Runs a command as an office that reads.
    pub(crate) async fn reader(&self, arguments: &[&str]) -> Ran {
        self.run_as("prefecture_office", "222400", arguments).await
    }

    async fn run_as(&self, role: &str, area: &str, arguments: &[&str]) -> Ran {
        let keys = self.path("keys");
        let issue =
            ["token", "issue", "--keys-dir", &keys, "--role", role, "--area", area, "--subject", "li.ming"];
        let token = run(&issue).await;
        assert_eq!(token.code, 0, "{token:?}");
        let client = ["--address", &self.url, "--token", token.out.trim(), "--quiet"];
        run(&[arguments, &client[..]].concat()).await
    }

    /// What a table exports, header and all.
    pub(crate) async fn exported(&self, table: &str) -> Vec<Vec<String>> {
        let told = self.steward(&["export", table]).await;
        assert_eq!(told.code, 0, "{told:?}");
        files::rows(&told.out)
    }
}
