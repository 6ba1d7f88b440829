//! Encryption of columns, blind indexes and keyed digests.
//!
//! Keys are shown by nobody's `Debug` and overwritten when dropped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD as KEY_TEXT, URL_SAFE_NO_PAD as CIPHER_TEXT};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key as CipherKey, KeyInit, XChaCha20Poly1305, XNonce};

use crate::failure::{Failure, Reason};
use crate::randomness::Randomness;

/// The length of a nonce in bytes: long enough to be drawn at random for every value.
const NONCE_LENGTH: usize = 24;

/// A secret key of 32 bytes. Its text form, in configuration and key files, is standard base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key.
    ///
    /// # Errors
    /// Where the randomness fails.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, Failure> {
        let mut key = Self([0; 32]);
        randomness.fill(&mut key.0)?;
        Ok(key)
    }

    /// Reads the text form; `None` where it is not base64 of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        KEY_TEXT.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// The text form. For key files only.
    #[must_use]
    pub fn to_text(&self) -> String {
        KEY_TEXT.encode(self.0)
    }

    /// Another key that follows from this one and `purpose`, so that one configured key serves several ends.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self(blake3::derive_key(purpose, &self.0))
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from leaving out a write that nobody reads.
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

/// Encrypts the values of columns with XChaCha20-Poly1305 and a ring of keys: the current key encrypts, old
/// ones still decrypt. A value's text is `{key id}.{base64url of nonce and ciphertext}`; a value moved to
/// another column does not decrypt there.
#[derive(Clone)]
pub struct ColumnCipher {
    current: String,
    keys: BTreeMap<String, XChaCha20Poly1305>,
    randomness: Arc<dyn Randomness>,
}

impl ColumnCipher {
    /// A cipher that encrypts with `key` under the id `current`. Ids have 1–16 lower-case letters, digits and
    /// hyphens.
    ///
    /// # Errors
    /// `CONFIGURATION_INVALID` for another id.
    pub fn new(current: &str, key: &SecretKey, randomness: Arc<dyn Randomness>) -> Result<Self, Failure> {
        let cipher = Self { current: current.to_owned(), keys: BTreeMap::new(), randomness };
        cipher.with_key(current, key)
    }

    /// Adds an older key that still decrypts.
    ///
    /// # Errors
    /// `CONFIGURATION_INVALID` for a bad id, or one that is in the ring already.
    pub fn with_old(self, id: &str, key: &SecretKey) -> Result<Self, Failure> {
        self.with_key(id, key)
    }

    fn with_key(mut self, id: &str, key: &SecretKey) -> Result<Self, Failure> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=16).contains(&id.len()) || !id.bytes().all(fits) || self.keys.contains_key(id) {
            return Err(Failure::new(Reason::ConfigurationInvalid).with("setting", "cipher key id"));
        }
        self.keys.insert(id.to_owned(), XChaCha20Poly1305::new(CipherKey::from_slice(&key.0)));
        Ok(self)
    }

    /// Encrypts a value of the column `aad` (`table.column`). The same value gives another text each time.
    ///
    /// # Errors
    /// `INTERNAL` where the randomness fails.
    pub fn encrypt(&self, aad: &str, value: &str) -> Result<String, Failure> {
        let cipher =
            self.keys.get(&self.current).ok_or_else(|| Failure::internal_error("no current cipher key"))?;
        let mut sealed = vec![0; NONCE_LENGTH];
        self.randomness.fill(&mut sealed)?;
        let payload = Payload { msg: value.as_bytes(), aad: aad.as_bytes() };
        let ciphertext = cipher
            .encrypt(XNonce::from_slice(&sealed), payload)
            .map_err(|_| Failure::internal_error("a value could not be encrypted"))?;
        sealed.extend_from_slice(&ciphertext);
        Ok(format!("{}.{}", self.current, CIPHER_TEXT.encode(sealed)))
    }

    /// Decrypts a value of the column `aad`.
    ///
    /// # Errors
    /// `INTERNAL` where the text is no encrypted value, its key is not in the ring, or it was changed or
    /// belongs to another column.
    pub fn decrypt(&self, aad: &str, text: &str) -> Result<String, Failure> {
        let refuse = |internal: &str| Failure::internal_error(format_args!("{aad}: {internal}"));
        let (id, sealed) = text.split_once('.').ok_or_else(|| refuse("not an encrypted value"))?;
        let cipher = self.keys.get(id).ok_or_else(|| refuse("its cipher key is not in the ring"))?;
        let sealed = CIPHER_TEXT.decode(sealed).map_err(|_| refuse("not an encrypted value"))?;
        if sealed.len() < NONCE_LENGTH {
            return Err(refuse("not an encrypted value"));
        }
        let (nonce, ciphertext) = sealed.split_at(NONCE_LENGTH);
        let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
        let value = cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| refuse("an encrypted value does not open with its key and column"))?;
        String::from_utf8(value).map_err(|_| refuse("an encrypted value is no text"))
    }

    /// Whether the value was encrypted with an old key and should be written again.
    #[must_use]
    pub fn is_outdated(&self, text: &str) -> bool {
        text.split_once('.').is_some_and(|(id, _)| id != self.current)
    }
}

impl fmt::Debug for ColumnCipher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&String> = self.keys.keys().collect();
        formatter.debug_struct("ColumnCipher").field("current", &self.current).field("keys", &ids).finish()
    }
}

/// Finds encrypted values: the same cleaned value of the same kind gives the same index under one key, and
/// without the key nobody can try values out.
#[derive(Clone)]
pub struct BlindIndex(SecretKey);

impl BlindIndex {
    /// An index under `key`, which is shared by all services of a prefecture.
    #[must_use]
    pub fn new(key: &SecretKey) -> Self {
        Self(key.derive("xiuhua kernel blind index v1"))
    }

    /// The index of a cleaned value of a kind (`id_number`, `phone`): 32 hexadecimal digits.
    #[must_use]
    pub fn index(&self, kind: &str, value: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0.0);
        hasher.update(&(kind.len() as u64).to_le_bytes()).update(kind.as_bytes()).update(value.as_bytes());
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BlindIndex(…)")
    }
}

/// Keyed digests of requests, files and audited values: equal for equal bytes, and telling nothing without
/// the key.
#[derive(Clone)]
pub struct Digest(SecretKey);

impl Digest {
    /// Digests under `key`; may be the same key as the blind index's.
    #[must_use]
    pub fn new(key: &SecretKey) -> Self {
        Self(key.derive("xiuhua kernel digest v1"))
    }

    /// The digest of some bytes: 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> String {
        let mut writer = self.begin();
        writer.update(bytes);
        writer.finish()
    }

    /// A digest that is fed piece by piece.
    #[must_use]
    pub fn begin(&self) -> DigestWriter {
        DigestWriter(blake3::Hasher::new_keyed(&self.0.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(…)")
    }
}

/// [`Digest`] under the name that tells it from digests without a key.
pub type KeyedDigest = Digest;

/// A digest in the making.
#[derive(Clone)]
pub struct DigestWriter(blake3::Hasher);

impl DigestWriter {
    /// A digest without a key, for bytes that are no secret or whose digest must be known to both ends (a
    /// file in transfer).
    #[must_use]
    pub fn unkeyed() -> Self {
        Self(blake3::Hasher::new())
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds bytes after their length, so that lists of texts with other borders give other digests.
    pub fn update_part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }

    /// The digest of all bytes so far: 64 hexadecimal digits.
    #[must_use]
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

impl fmt::Debug for DigestWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DigestWriter(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::randomness::SeededRandomness;

    fn key(byte: u8) -> SecretKey {
        SecretKey::new([byte; 32])
    }

    fn cipher() -> ColumnCipher {
        ColumnCipher::new("k1", &key(1), Arc::new(SeededRandomness::new(1))).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_its_column_and_unchanged() {
        let cipher = cipher();
        let text = cipher.encrypt("person.id_number", "11010519491231002X").unwrap();
        assert!(!text.contains("11010519491231002X"));
        assert_eq!(cipher.decrypt("person.id_number", &text).unwrap(), "11010519491231002X");
        let refused = cipher.decrypt("person.phone", &text).unwrap_err();
        assert_eq!(refused.reason(), Reason::Internal);
        assert!(!format!("{refused:?}").contains("11010519491231002X"));
        for broken in
            ["", "k1", "k1.", "k1.AAAA", "k2.AAAA", &text[..text.len() - 2], &text.replace("k1.", "k9.")]
        {
            assert!(cipher.decrypt("person.id_number", broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn old_keys_decrypt_and_are_outdated() {
        let old = cipher();
        let text = old.encrypt("person.phone", "13812341234").unwrap();
        let randomness = Arc::new(SeededRandomness::new(2));
        let ring =
            ColumnCipher::new("k2", &key(2), randomness.clone()).unwrap().with_old("k1", &key(1)).unwrap();
        assert_eq!(ring.decrypt("person.phone", &text).unwrap(), "13812341234");
        assert!(ring.is_outdated(&text) && !old.is_outdated(&text));
        assert!(old.decrypt("person.phone", &ring.encrypt("person.phone", "1").unwrap()).is_err());
        assert!(
            ColumnCipher::new("k2", &key(2), randomness.clone()).unwrap().with_old("k2", &key(1)).is_err()
        );
        assert!(ColumnCipher::new("K.2", &key(2), randomness).is_err());
    }

    #[test]
    fn indexes_differ_by_kind_key_and_value() {
        let (one, two) = (BlindIndex::new(&key(1)), BlindIndex::new(&key(2)));
        let index = one.index("id_number", "11010519491231002X");
        assert_eq!((index.len(), &index), (32, &one.index("id_number", "11010519491231002X")));
        assert_ne!(index, one.index("phone", "11010519491231002X"));
        assert_ne!(index, two.index("id_number", "11010519491231002X"));
        assert_ne!(one.index("ab", "c"), one.index("a", "bc"));
        let digest = Digest::new(&key(1));
        assert_ne!(digest.digest(b"x"), Digest::new(&key(2)).digest(b"x"));
        let mut writer = digest.begin();
        writer.update(b"a");
        writer.update(b"b");
        assert_eq!(writer.finish(), digest.digest(b"ab"));
    }

    #[test]
    fn keys_are_read_written_and_never_shown() {
        let key = SecretKey::generate(&SeededRandomness::new(3)).unwrap();
        assert_eq!(SecretKey::parse(&format!("{}\n", key.to_text())), Some(key.clone()));
        assert_eq!(SecretKey::parse("AAAA"), None);
        let shown = format!("{key:?} {:?} {:?} {:?}", cipher(), BlindIndex::new(&key), Digest::new(&key));
        assert!(!shown.contains(&key.to_text()));
        assert_eq!(shown.matches('…').count(), 3);
    }

    proptest! {
        #[test]
        fn values_round_trip_and_never_repeat(value in "\\PC{0,40}", aad in "[a-z]{1,8}\\.[a-z_]{1,12}") {
            let cipher = cipher();
            let (one, two) = (cipher.encrypt(&aad, &value).unwrap(), cipher.encrypt(&aad, &value).unwrap());
            prop_assert_ne!(&one, &two);
            prop_assert_eq!(cipher.decrypt(&aad, &one).unwrap(), value);
            let other = format!("{aad}x");
            prop_assert!(cipher.decrypt(&other, &two).is_err());
        }
    }
}
