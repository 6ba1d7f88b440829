//! Opaque page tokens for keyset paging, and page sizes.
//!
//! A token says after which position a list goes on. It gives no rights: scope and filters come with every
//! request anew, and a token is refused for any other query than the one it was made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::failure::{Failure, Reason};

/// The page size where none is asked for.
pub const DEFAULT_SIZE: u32 = 50;
/// The greatest page size; greater ones are cut down to it (AIP-158).
pub const MAXIMUM_SIZE: u32 = 1000;

/// The format of tokens; another format is another number.
const FORMAT: u8 = 1;
/// How many bytes of the hash guard a token against damage.
const CHECK_LENGTH: usize = 8;

/// What a page token carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken {
    /// The digest of the query ([`query_digest`]): method, filters, order, `as_of`, `known_at`; not the page
    /// size.
    pub query_digest: String,
    /// The values of the order columns in the last row of the page.
    pub position: Vec<String>,
}

/// The digest of a query's parts in their order.
#[must_use]
pub fn query_digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..24].to_owned()
}

/// The token's text.
#[must_use]
pub fn encode(token: &PageToken) -> String {
    let mut bytes = vec![FORMAT];
    for part in std::iter::once(&token.query_digest).chain(&token.position) {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    let check = check(&bytes);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token that must belong to the query with `query_digest`.
///
/// # Errors
/// `PAGE_TOKEN_INVALID` where it is damaged or made up, `PAGE_TOKEN_OTHER_QUERY` where it belongs to another
/// query.
pub fn decode(text: &str, query_digest: &str) -> Result<PageToken, Failure> {
    let token = read(text).ok_or_else(|| Failure::new(Reason::PageTokenInvalid))?;
    if token.query_digest == query_digest {
        Ok(token)
    } else {
        Err(Failure::new(Reason::PageTokenOtherQuery))
    }
}

fn read(text: &str) -> Option<PageToken> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, found) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_LENGTH)?)?;
    if found != check(body) {
        return None;
    }
    let (format, mut rest) = body.split_first()?;
    if *format != FORMAT {
        return None;
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (part, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        parts.push(std::str::from_utf8(part).ok()?.to_owned());
        rest = after;
    }
    let mut parts = parts.into_iter();
    Some(PageToken { query_digest: parts.next()?, position: parts.collect() })
}

fn check(bytes: &[u8]) -> [u8; CHECK_LENGTH] {
    let hash = blake3::derive_key("xiuhua kernel page token v1", bytes);
    let mut check = [0; CHECK_LENGTH];
    check.copy_from_slice(&hash[..CHECK_LENGTH]);
    check
}

/// The page size to use for the one that was asked for: 0 is [`DEFAULT_SIZE`], at most [`MAXIMUM_SIZE`].
///
/// # Errors
/// `PAGE_SIZE_INVALID` where it is negative.
pub fn size(asked: i32) -> Result<u32, Failure> {
    match u32::try_from(asked) {
        Ok(0) => Ok(DEFAULT_SIZE),
        Ok(size) => Ok(size.min(MAXIMUM_SIZE)),
        Err(_) => Err(Failure::new(Reason::PageSizeInvalid)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> PageToken {
        PageToken {
            query_digest: query_digest(&["ListHouseholds", "222405"]),
            position: vec!["222405100201".to_owned(), String::new()],
        }
    }

    #[test]
    fn a_token_belongs_to_its_query() {
        let (token, text) = (token(), encode(&token()));
        assert_eq!(decode(&text, &token.query_digest).unwrap(), token);
        let other = query_digest(&["ListHouseholds", "222406"]);
        assert_eq!(decode(&text, &other).unwrap_err().reason(), Reason::PageTokenOtherQuery);
        assert_ne!(query_digest(&["ab", "c"]), query_digest(&["a", "bc"]));
    }

    #[test]
    fn damage_is_found_at_every_place() {
        let (token, text) = (token(), encode(&token()));
        for index in 0..text.len() {
            let mut broken = text.clone().into_bytes();
            broken[index] = if broken[index] == b'A' { b'B' } else { b'A' };
            let broken = String::from_utf8(broken).unwrap();
            assert_eq!(decode(&broken, &token.query_digest).unwrap_err().reason(), Reason::PageTokenInvalid);
        }
        for broken in ["", "AAAA", "***", &text[1..]] {
            assert_eq!(decode(broken, &token.query_digest).unwrap_err().reason(), Reason::PageTokenInvalid);
        }
    }

    #[test]
    fn sizes_have_a_default_and_a_limit() {
        assert_eq!(size(0).unwrap(), 50);
        assert_eq!(size(7).unwrap(), 7);
        assert_eq!(size(1001).unwrap(), 1000);
        assert_eq!(size(-1).unwrap_err().reason(), Reason::PageSizeInvalid);
    }

    proptest! {
        #[test]
        fn tokens_round_trip(digest in "[0-9a-f]{24}", position in proptest::collection::vec("\\PC{0,12}", 0..4)) {
            let token = PageToken { query_digest: digest.clone(), position };
            prop_assert_eq!(decode(&encode(&token), &digest).unwrap(), token);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[A-Za-z0-9_-]{0,60}") {
            prop_assert!(decode(&text, "").is_err());
        }
    }
}
