//! The key folder: who issues tokens, whose tokens are believed, and the secrets of the stores.
//!
//! | file | what | shared |
//! |---|---|---|
//! | `issuer.pem` | private key of the token issuer (Ed25519, PKCS 8) | only where tokens are issued |
//! | `issuer.pub.pem` | public keys whose tokens are believed, one PEM block each | by all services |
//! | `index.key` | key of the blind indexes | by all services of a prefecture |
//! | `columns.key` | ring of column keys: a line `id base64` each, the first encrypts, all decrypt | see below |
//! | `digest.key` | key of the keyed digests in audit and replay | by all services |
//!
//! Every service has a column ring of its own: it is derived from the file's ring and the service's name, so that one
//! service's keys read nothing of another's even where both share a folder. Files are made with mode 0600 and never
//! overwritten. To rotate column keys, put a new line first and keep the old ones.

use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use kernel::cipher::{BlindIndex, ColumnCipher, KeyedDigest, SecretKey};
use kernel::failure::Failure;
use kernel::randomness::Randomness;

use crate::error::StartError;

/// Private key of the issuer.
pub const ISSUER_FILE: &str = "issuer.pem";
/// Public keys of believed issuers.
pub const PUBLIC_FILE: &str = "issuer.pub.pem";
/// Key of the blind indexes.
pub const INDEX_FILE: &str = "index.key";
/// Ring of column keys.
pub const COLUMNS_FILE: &str = "columns.key";
/// Key of the keyed digests.
pub const DIGEST_FILE: &str = "digest.key";

/// End of a PEM block with a public key.
const PUBLIC_END: &str = "-----END PUBLIC KEY-----";

/// Purpose of a service's column key, before the service's name. A change would make stored columns unreadable.
const COLUMN_PURPOSE: &str = "columns of ";

/// A column key and the identifier that stands beside what it encrypted.
#[derive(Clone, PartialEq, Eq)]
struct ColumnKey {
    id: String,
    key: SecretKey,
}

/// All keys of a folder.
#[derive(Clone)]
pub struct Keys {
    issuer: Option<SigningKey>,
    believed: Vec<VerifyingKey>,
    index: SecretKey,
    columns: Vec<ColumnKey>,
    digest: SecretKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Keys")
            .field("issues_tokens", &self.issuer.is_some())
            .field("believed_issuers", &self.believed.len())
            .field("column_keys", &self.columns.iter().map(|key| key.id.as_str()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Fresh keys that live in memory only: for demonstrations and tests.
    ///
    /// # Errors
    /// Where the source of randomness does not deliver.
    pub fn throw_away(randomness: &dyn Randomness) -> Result<Self, StartError> {
        let broken = |failure: Failure| StartError::keys(Path::new("(memory)"), format!("{failure:?}"));
        let draw = || SecretKey::generate(randomness).map_err(broken);
        let mut seed = [0; 32];
        randomness.fill(&mut seed).map_err(broken)?;
        let issuer = SigningKey::from_bytes(&seed);
        let believed = vec![issuer.verifying_key()];
        let columns = vec![ColumnKey { id: "k1".to_owned(), key: draw()? }];
        Ok(Self { issuer: Some(issuer), believed, index: draw()?, columns, digest: draw()? })
    }

    /// Makes a folder with fresh keys.
    ///
    /// # Errors
    /// Where one of the files exists already (nothing is changed then) or cannot be written.
    pub fn create(folder: &Path, randomness: &dyn Randomness) -> Result<Self, StartError> {
        let files = [ISSUER_FILE, PUBLIC_FILE, INDEX_FILE, COLUMNS_FILE, DIGEST_FILE];
        if let Some(path) = files.iter().map(|file| folder.join(file)).find(|path| path.exists()) {
            return Err(StartError::keys(&path, "exists already; keys are never overwritten"));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| StartError::keys(folder, error))?;
        let keys = Self::throw_away(randomness)?;
        for (file, text) in keys.files(folder)? {
            write_new(&folder.join(file), &text)?;
        }
        Ok(keys)
    }

    /// Reads a folder. The issuer's private key may be absent; everything else must be there.
    ///
    /// # Errors
    /// The first file that is missing or cannot be read as what it should be.
    pub fn load(folder: &Path) -> Result<Self, StartError> {
        let issuer_path = folder.join(ISSUER_FILE);
        let issuer = if issuer_path.exists() {
            let text = read(&issuer_path)?;
            let key =
                SigningKey::from_pkcs8_pem(&text).map_err(|error| StartError::keys(&issuer_path, error))?;
            Some(key)
        } else {
            None
        };
        let believed = public_keys(&folder.join(PUBLIC_FILE))?;
        let columns = column_keys(&folder.join(COLUMNS_FILE))?;
        let index = secret(&folder.join(INDEX_FILE))?;
        let digest = secret(&folder.join(DIGEST_FILE))?;
        Ok(Self { issuer, believed, index, columns, digest })
    }

    /// Reads a folder, or makes it where it does not exist: the embedded default.
    ///
    /// # Errors
    /// As [`Self::load`] and [`Self::create`].
    pub fn load_or_create(folder: &Path, randomness: &dyn Randomness) -> Result<Self, StartError> {
        if folder.join(INDEX_FILE).exists() { Self::load(folder) } else { Self::create(folder, randomness) }
    }

    /// The same keys with another index key, given as base64 of 32 bytes (configuration `index_key`).
    ///
    /// # Errors
    /// Where the text is no such key.
    pub fn with_index_key(self, text: &str) -> Result<Self, StartError> {
        let index = SecretKey::parse(text.trim()).ok_or_else(|| {
            StartError::Configuration(vec!["index_key is not base64 of 32 bytes".to_owned()])
        })?;
        Ok(Self { index, ..self })
    }

    /// The key that signs tokens, where this folder has it.
    #[must_use]
    pub const fn issuer(&self) -> Option<&SigningKey> {
        self.issuer.as_ref()
    }

    /// The keys whose tokens are believed.
    #[must_use]
    pub fn believed(&self) -> &[VerifyingKey] {
        &self.believed
    }

    /// The blind index, one for all services of a prefecture.
    #[must_use]
    pub fn blind_index(&self) -> BlindIndex {
        BlindIndex::new(&self.index)
    }

    /// The keyed digest of audit and replay.
    #[must_use]
    pub fn keyed_digest(&self) -> KeyedDigest {
        KeyedDigest::new(&self.digest)
    }

    /// The column cipher of a service (`registry`, `assistance`, `partner-aid`).
    ///
    /// # Errors
    /// Where the ring cannot be used; [`Self::load`] has checked it.
    pub fn column_cipher(
        &self,
        service: &str,
        randomness: Arc<dyn Randomness>,
    ) -> Result<ColumnCipher, StartError> {
        let broken = |failure: Failure| StartError::keys(Path::new(COLUMNS_FILE), format!("{failure:?}"));
        let own = |key: &SecretKey| key.derive(&format!("{COLUMN_PURPOSE}{service}"));
        let Some((current, old)) = self.columns.split_first() else {
            return Err(StartError::keys(Path::new(COLUMNS_FILE), "has no key"));
        };
        let cipher = ColumnCipher::new(&current.id, &own(&current.key), randomness).map_err(broken)?;
        old.iter().try_fold(cipher, |cipher, key| cipher.with_old(&key.id, &own(&key.key))).map_err(broken)
    }

    fn files(&self, folder: &Path) -> Result<Vec<(&'static str, String)>, StartError> {
        let failed = |error: &dyn fmt::Display| StartError::keys(folder, error);
        let mut files = Vec::new();
        if let Some(issuer) = &self.issuer {
            let private = issuer.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
            files.push((ISSUER_FILE, private.as_str().to_owned()));
        }
        let mut believed = String::new();
        for key in &self.believed {
            let public = key.to_public_key_pem(LineEnding::LF).map_err(|error| failed(&error))?;
            believed.push_str(&public);
        }
        files.push((PUBLIC_FILE, believed));
        files.push((INDEX_FILE, format!("{}\n", self.index.to_text())));
        files.push((DIGEST_FILE, format!("{}\n", self.digest.to_text())));
        let ring = self.columns.iter().map(|key| format!("{} {}\n", key.id, key.key.to_text())).collect();
        files.push((COLUMNS_FILE, ring));
        Ok(files)
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), StartError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| StartError::keys(path, error))
}

fn read(path: &Path) -> Result<String, StartError> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StartError::keys(path, "is missing (`xiuhua keys init DIR` makes a set)"),
        _ => StartError::keys(path, error),
    })?;
    let open = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if open && !path.ends_with(PUBLIC_FILE) {
        tracing::warn!(path = %path.display(), "a key file can be read by others than its owner");
    }
    Ok(text)
}

fn secret(path: &Path) -> Result<SecretKey, StartError> {
    SecretKey::parse(read(path)?.trim()).ok_or_else(|| StartError::keys(path, "is not base64 of 32 bytes"))
}

fn column_keys(path: &Path) -> Result<Vec<ColumnKey>, StartError> {
    let text = read(path)?;
    let mut ring: Vec<ColumnKey> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let broken = || StartError::keys(path, format!("line {} is not `id base64-of-32-bytes`", number + 1));
        let (id, key) = line.trim().split_once(' ').ok_or_else(broken)?;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(broken());
        }
        if ring.iter().any(|known| known.id == id) {
            return Err(StartError::keys(path, format!("the key {id} stands there twice")));
        }
        ring.push(ColumnKey { id: id.to_owned(), key: SecretKey::parse(key.trim()).ok_or_else(broken)? });
    }
    if ring.is_empty() { Err(StartError::keys(path, "has no key")) } else { Ok(ring) }
}

fn public_keys(path: &Path) -> Result<Vec<VerifyingKey>, StartError> {
    let text = read(path)?;
    let mut keys = Vec::new();
    for block in text.split_inclusive(PUBLIC_END).map(str::trim).filter(|block| block.ends_with(PUBLIC_END)) {
        keys.push(VerifyingKey::from_public_key_pem(block).map_err(|error| StartError::keys(path, error))?);
    }
    if keys.is_empty() { Err(StartError::keys(path, "has no public key")) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use kernel::randomness::SeededRandomness;

    use super::*;

    fn cipher(keys: &Keys, service: &str) -> ColumnCipher {
        keys.column_cipher(service, Arc::new(SeededRandomness::new(5))).unwrap()
    }

    #[test]
    fn a_folder_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("keys");
        let made = Keys::create(&folder, &SeededRandomness::new(1)).unwrap();
        let read = Keys::load(&folder).unwrap();
        assert_eq!(
            made.blind_index().index("phone", "13812341234"),
            read.blind_index().index("phone", "13812341234")
        );
        assert_eq!(made.keyed_digest().digest(b"body"), read.keyed_digest().digest(b"body"));
        let stored = cipher(&made, "registry").encrypt("person.phone", "13812341234").unwrap();
        assert_eq!(cipher(&read, "registry").decrypt("person.phone", &stored).unwrap(), "13812341234");
        assert_eq!(made.believed(), read.believed());
        assert_eq!(made.issuer().map(SigningKey::to_bytes), read.issuer().map(SigningKey::to_bytes));
        for file in [ISSUER_FILE, PUBLIC_FILE, INDEX_FILE, COLUMNS_FILE, DIGEST_FILE] {
            let mode = std::fs::metadata(folder.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let before = std::fs::read_to_string(folder.join(INDEX_FILE)).unwrap();
        let refused = Keys::create(&folder, &SeededRandomness::new(2)).unwrap_err();
        assert!(refused.to_string().contains("never overwritten"), "{refused}");
        assert_eq!(std::fs::read_to_string(folder.join(INDEX_FILE)).unwrap(), before);
    }

    #[test]
    fn services_have_rings_of_their_own() {
        let keys = Keys::throw_away(&SeededRandomness::new(1)).unwrap();
        let stored = cipher(&keys, "registry").encrypt("person.phone", "13812341234").unwrap();
        assert!(cipher(&keys, "assistance").decrypt("person.phone", &stored).is_err());
    }

    #[test]
    fn a_ring_keeps_old_keys_and_a_service_needs_no_issuer() {
        let folder = tempfile::tempdir().unwrap();
        let old = Keys::create(folder.path(), &SeededRandomness::new(1)).unwrap();
        let stored = cipher(&old, "registry").encrypt("person.phone", "13812341234").unwrap();
        let ring = folder.path().join(COLUMNS_FILE);
        let lines = std::fs::read_to_string(&ring).unwrap();
        let fresh = SecretKey::generate(&SeededRandomness::new(2)).unwrap();
        std::fs::write(&ring, format!("k2 {}\n{lines}", fresh.to_text())).unwrap();
        std::fs::remove_file(folder.path().join(ISSUER_FILE)).unwrap();
        let keys = Keys::load(folder.path()).unwrap();
        assert!(keys.issuer().is_none());
        assert!(cipher(&keys, "registry").is_outdated(&stored));
        assert_eq!(cipher(&keys, "registry").decrypt("person.phone", &stored).unwrap(), "13812341234");
        for broken in ["k1\n", "k1 short\n", &format!("{lines}{lines}"), ""] {
            std::fs::write(&ring, broken).unwrap();
            assert!(Keys::load(folder.path()).is_err(), "{broken}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let keys = Keys::throw_away(&SeededRandomness::new(1)).unwrap();
        let printed = format!("{keys:?}");
        for (_, text) in keys.files(Path::new("keys")).unwrap() {
            for secret in text.split_whitespace().filter(|word| word.len() > 20) {
                assert!(!printed.contains(secret));
            }
        }
    }

    #[test]
    fn an_index_key_may_come_from_the_configuration() {
        let keys = Keys::throw_away(&SeededRandomness::new(1)).unwrap();
        let other = SecretKey::generate(&SeededRandomness::new(9)).unwrap();
        let given = keys.clone().with_index_key(&other.to_text()).unwrap();
        assert_eq!(given.blind_index().index("phone", "1"), BlindIndex::new(&other).index("phone", "1"));
        assert!(keys.with_index_key("short").is_err());
    }
}
