//! Tokens: JWT in compact form, signed with Ed25519 (`alg: EdDSA`, RFC 8037). No other algorithm is known here, so none
//! can be smuggled in.
//!
//! A verified token is kept with its caller until it expires (the check costs more than the rest of a small call), in a
//! table of bounded size and by digest, so that no token lies about in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use kernel::area::{AreaCode, Scope};
use kernel::caller::Caller;
use kernel::clock::{Clock, Moment};
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use serde::{Deserialize, Serialize};

use crate::roles::Roles;

/// The `iss` of the suite's tokens.
pub const ISSUER: &str = "xiuhua";

/// Stands in `areas` for every division.
pub const EVERYWHERE: &str = "*";

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// How far an issuer's clock may be ahead of ours.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Most tokens that are kept verified at a time.
const CACHE_SIZE: usize = 16 * 1024;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: String,
    /// Role, as in `roles.toml`.
    pub role: String,
    /// Division codes that bound what is seen and written; `*` is everywhere, none is nowhere.
    pub areas: Vec<String>,
    /// Programmes that bound it; absent is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programmes: Option<Vec<String>>,
    /// Issuer.
    pub iss: String,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Expires at, in seconds since 1970.
    pub exp: i64,
    /// Identifier of the token.
    pub jti: String,
    /// For a service that acts for a caller: that caller's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

/// What a token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub subject: String,
    /// Role, as in `roles.toml`.
    pub role: String,
    /// Division codes, or [`EVERYWHERE`].
    pub areas: Vec<String>,
    /// Programmes; `None` is all.
    pub programmes: Option<Vec<String>>,
    /// The caller for whom a service acts.
    pub on_behalf_of: Option<String>,
    /// How long the token lives.
    pub lifetime: Duration,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Signs tokens.
#[derive(Clone)]
pub struct Issuer {
    key: SigningKey,
    key_id: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Issuer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl Issuer {
    /// An issuer with this key.
    #[must_use]
    pub fn new(key: SigningKey, clock: Arc<dyn Clock>) -> Self {
        let key_id = key_id(&key.verifying_key());
        Self { key, key_id, clock }
    }

    /// An issuer with the private key of a PEM text (PKCS 8).
    ///
    /// # Errors
    /// `INTERNAL` where the text is no Ed25519 private key.
    pub fn from_pem(pem: &str, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        SigningKey::from_pkcs8_pem(pem).map(|key| Self::new(key, clock)).map_err(Failure::internal_error)
    }

    /// Signs a token that begins now.
    ///
    /// # Errors
    /// `INTERNAL` where the claims cannot be written.
    pub fn issue(&self, grant: &Grant) -> Result<String, Failure> {
        let now = self.clock.now();
        self.sign(&Claims {
            sub: grant.subject.clone(),
            role: grant.role.clone(),
            areas: grant.areas.clone(),
            programmes: grant.programmes.clone(),
            iss: ISSUER.to_owned(),
            iat: seconds(now),
            exp: seconds(now.plus(grant.lifetime)),
            jti: uuid::Uuid::new_v4().to_string(),
            on_behalf_of: grant.on_behalf_of.clone(),
        })
    }

    /// Signs claims as they are.
    ///
    /// # Errors
    /// `INTERNAL` where the claims cannot be written.
    pub fn sign(&self, claims: &Claims) -> Result<String, Failure> {
        let header = Header { alg: "EdDSA".to_owned(), typ: "JWT".to_owned(), kid: self.key_id.clone() };
        let header = serde_json::to_vec(&header).map_err(Failure::internal_error)?;
        let claims = serde_json::to_vec(claims).map_err(Failure::internal_error)?;
        let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", BASE64.encode(signature.to_bytes())))
    }
}

/// Checks tokens against the keys of the believed issuers.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: BTreeMap<String, VerifyingKey>,
}

impl Verifier {
    /// Believes these keys.
    #[must_use]
    pub fn new(keys: &[VerifyingKey]) -> Self {
        Self { keys: keys.iter().map(|key| (key_id(key), *key)).collect() }
    }

    /// Reads a token and checks signature, issuer and times.
    ///
    /// # Errors
    /// `TOKEN_MALFORMED`, `TOKEN_SIGNATURE` (also for a key that is not believed) or `TOKEN_EXPIRED`.
    pub fn verify(&self, token: &str, now: Moment) -> Result<Claims, Failure> {
        if token.len() > MAX_TOKEN {
            return Err(malformed("longer than any of ours"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| malformed("no signature"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| malformed("no payload"))?;
        let header: Header = decoded(header)?;
        if header.alg != "EdDSA" {
            return Err(malformed("another algorithm than EdDSA"));
        }
        let signature = BASE64.decode(signature).map_err(malformed)?;
        let signature = Signature::from_slice(&signature).map_err(malformed)?;
        let key = self.keys.get(&header.kid).ok_or_else(|| refused("a key that is not believed"))?;
        key.verify_strict(signed.as_bytes(), &signature).map_err(refused)?;
        let claims: Claims = decoded(payload)?;
        if claims.iss != ISSUER {
            return Err(malformed("another issuer"));
        }
        let early = claims.iat > seconds(now.plus(CLOCK_SKEW));
        if early || claims.exp <= seconds(now) {
            return Err(Failure::new(Reason::TokenExpired));
        }
        Ok(claims)
    }
}

/// Turns tokens into callers.
pub struct Authenticator {
    verifier: Verifier,
    roles: Roles,
    clock: Arc<dyn Clock>,
    known: RwLock<HashMap<[u8; 32], Caller>>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authenticator").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Authenticator {
    /// Believes a verifier's keys and gives permissions by these roles.
    #[must_use]
    pub fn new(verifier: Verifier, roles: Roles, clock: Arc<dyn Clock>) -> Self {
        Self { verifier, roles, clock, known: RwLock::default() }
    }

    /// The roles.
    #[must_use]
    pub const fn roles(&self) -> &Roles {
        &self.roles
    }

    /// The caller whose token this is, to be answered in `language`.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; `TOKEN_MALFORMED` for an unknown role, division or programme.
    pub fn authenticate(&self, token: &str, language: Language) -> Result<Caller, Failure> {
        let now = self.clock.now();
        let digest = *blake3::hash(token.as_bytes()).as_bytes();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        let caller = match known {
            Some(caller) if caller.token_expires > now => caller,
            Some(_) => return Err(Failure::new(Reason::TokenExpired)),
            None => {
                let caller = self.caller(self.verifier.verify(token, now)?)?;
                self.keep(digest, caller.clone(), now);
                caller
            }
        };
        Ok(Caller { language, ..caller })
    }

    fn caller(&self, claims: Claims) -> Result<Caller, Failure> {
        let known = self.roles.programmes();
        if claims.programmes.iter().flatten().any(|programme| !known.contains(programme)) {
            return Err(malformed("an unknown programme"));
        }
        let permissions = self.roles.permissions(&claims.role, claims.programmes.as_deref())?;
        Ok(Caller {
            subject: claims.sub,
            role: claims.role,
            permissions: Arc::new(permissions),
            scope: scope(&claims.areas)?,
            programmes: claims.programmes.map(BTreeSet::from_iter),
            language: Language::default(),
            token_expires: Moment(claims.exp.saturating_mul(1_000_000)),
            on_behalf_of: claims.on_behalf_of,
        })
    }

    /// Keeps a caller; a full table first loses what has expired, and then everything.
    fn keep(&self, digest: [u8; 32], caller: Caller, now: Moment) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CACHE_SIZE {
            known.retain(|_, caller| caller.token_expires > now);
        }
        if known.len() >= CACHE_SIZE {
            known.clear();
        }
        known.insert(digest, caller);
    }
}

/// The identifier of a public key in a token's header: the beginning of its digest.
#[must_use]
pub fn key_id(key: &VerifyingKey) -> String {
    blake3::hash(key.as_bytes()).to_hex()[..16].to_owned()
}

/// What a token says, without asking whether it is true. For a token that the middleware has verified.
///
/// # Errors
/// `TOKEN_MALFORMED`.
pub(crate) fn unverified(token: &str) -> Result<Claims, Failure> {
    decoded(token.split('.').nth(1).ok_or_else(|| malformed("no payload"))?)
}

fn scope(areas: &[String]) -> Result<Scope, Failure> {
    if areas.iter().any(|area| area == EVERYWHERE) {
        return Ok(Scope::everything());
    }
    let codes: Option<Vec<AreaCode>> = areas.iter().map(|area| AreaCode::parse(area)).collect();
    codes.map(|codes| Scope::of(&codes)).ok_or_else(|| malformed("an area that is no division code"))
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Failure> {
    let bytes = BASE64.decode(part).map_err(malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| malformed("a part that cannot be read"))
}

/// The texts name no value of the token: they are logged.
fn malformed(why: impl fmt::Display) -> Failure {
    Failure::new(Reason::TokenMalformed).because(why)
}

fn refused(why: impl fmt::Display) -> Failure {
    Failure::new(Reason::TokenSignature).because(why)
}

const fn seconds(moment: Moment) -> i64 {
    moment.seconds_and_nanos().0
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use kernel::clock::ManualClock;

    use super::*;

    const START: Moment = Moment(1_500_000_000_000_000);

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::new(START))
    }

    fn issuer(seed: u8, clock: Arc<ManualClock>) -> Issuer {
        Issuer::new(SigningKey::from_bytes(&[seed; 32]), clock)
    }

    fn authenticator(clock: Arc<ManualClock>) -> Authenticator {
        let verifier = Verifier::new(&[SigningKey::from_bytes(&[1; 32]).verifying_key()]);
        Authenticator::new(verifier, Roles::standard().unwrap(), clock)
    }

    fn grant() -> Grant {
        Grant {
            subject: "li.ming".to_owned(),
            role: "bureau".to_owned(),
            areas: vec!["222405".to_owned()],
            programmes: Some(vec!["housing".to_owned()]),
            on_behalf_of: None,
            lifetime: Duration::from_secs(3600),
        }
    }

    fn reason(result: Result<Caller, Failure>) -> Reason {
        result.unwrap_err().reason()
    }

    #[test]
    fn a_token_becomes_a_caller_and_stays_one_until_it_expires() {
        let clock = clock();
        let authenticator = authenticator(clock.clone());
        let token = issuer(1, clock.clone()).issue(&grant()).unwrap();
        for _ in 0..2 {
            let caller = authenticator.authenticate(&token, Language::Ko).unwrap();
            assert_eq!((caller.subject.as_str(), caller.language), ("li.ming", Language::Ko));
            assert!(caller.may("housing.pay") && !caller.may("health.read"));
            assert!(caller.scope.holds("222405100") && !caller.scope.holds("222406"));
            assert_eq!(caller.token_expires, START.plus(Duration::from_secs(3600)));
        }
        clock.set(START.plus(Duration::from_secs(3600)));
        assert_eq!(reason(authenticator.authenticate(&token, Language::Zh)), Reason::TokenExpired);
    }

    #[test]
    fn every_broken_token_has_its_reason() {
        let clock = clock();
        let authenticator = authenticator(clock.clone());
        let good = issuer(1, clock.clone()).issue(&grant()).unwrap();
        let foreign = issuer(2, clock.clone()).issue(&grant()).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let forged = format!("{}.{}.{}", parts[0], parts[1], foreign.split('.').nth(2).unwrap());
        let unsigned = BASE64.encode(r#"{"alg":"none","typ":"JWT","kid":""}"#);
        let cases = [
            (foreign.clone(), Reason::TokenSignature),
            (forged, Reason::TokenSignature),
            (format!("{}.{}.{}", parts[0], BASE64.encode("{}"), parts[2]), Reason::TokenSignature),
            (format!("{unsigned}.{}.", parts[1]), Reason::TokenMalformed),
            ("nonsense".to_owned(), Reason::TokenMalformed),
            ("a.b.c".to_owned(), Reason::TokenMalformed),
            (format!("{good}.x"), Reason::TokenMalformed),
            ("x".repeat(MAX_TOKEN + 1), Reason::TokenMalformed),
        ];
        for (token, expected) in cases {
            assert_eq!(reason(authenticator.authenticate(&token, Language::Zh)), expected, "{token}");
        }
    }

    #[test]
    fn claims_are_checked_after_the_signature() {
        let clock = clock();
        let authenticator = authenticator(clock.clone());
        let issuer = issuer(1, clock);
        let claims = || Claims {
            sub: "s".to_owned(),
            role: "auditor".to_owned(),
            areas: vec![EVERYWHERE.to_owned()],
            programmes: None,
            iss: ISSUER.to_owned(),
            iat: seconds(START),
            exp: seconds(START) + 10,
            jti: "1".to_owned(),
            on_behalf_of: None,
        };
        let check = |claims: Claims| authenticator.authenticate(&issuer.sign(&claims).unwrap(), Language::Zh);
        assert!(check(claims()).unwrap().scope.is_everything());
        assert!(check(Claims { areas: Vec::new(), ..claims() }).unwrap().scope.is_nothing());
        assert_eq!(reason(check(Claims { iss: "other".to_owned(), ..claims() })), Reason::TokenMalformed);
        assert_eq!(reason(check(Claims { role: "emperor".to_owned(), ..claims() })), Reason::TokenMalformed);
        assert_eq!(reason(check(Claims { areas: vec!["9".to_owned()], ..claims() })), Reason::TokenMalformed);
        let programmes = Some(vec!["astrology".to_owned()]);
        assert_eq!(reason(check(Claims { programmes, ..claims() })), Reason::TokenMalformed);
        assert_eq!(reason(check(Claims { exp: seconds(START), ..claims() })), Reason::TokenExpired);
        assert_eq!(reason(check(Claims { iat: seconds(START) + 61, ..claims() })), Reason::TokenExpired);
        assert!(check(Claims { iat: seconds(START) + 60, exp: seconds(START) + 90, ..claims() }).is_ok());
    }

    #[test]
    fn keys_are_found_by_the_digest_of_their_bytes() {
        // Public key of RFC 8037, appendix A.2.
        let bytes = BASE64.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        assert_eq!(key_id(&key), blake3::hash(key.as_bytes()).to_hex()[..16].to_owned());
        // The signature of its appendix A.4 is the one that any Ed25519 signer makes of the same bytes.
        let secret = BASE64.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let signer = SigningKey::from_bytes(&secret.try_into().unwrap());
        let signature = signer.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
        assert_eq!(
            BASE64.encode(signature.to_bytes()),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }
}
