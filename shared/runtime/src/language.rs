//! The caller's language, from the `accept-language` header.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use kernel::language::Language;
use tonic::metadata::MetadataMap;

/// The language that the headers ask for; Chinese where they ask for none of the suite's three.
#[must_use]
pub fn of_headers(headers: &HeaderMap) -> Language {
    negotiated(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// The language that a call's metadata asks for.
#[must_use]
pub fn of_metadata(metadata: &MetadataMap) -> Language {
    negotiated(metadata.get(ACCEPT_LANGUAGE.as_str()).and_then(|value| value.to_str().ok()))
}

fn negotiated(header: Option<&str>) -> Language {
    header.map_or_else(Language::default, Language::negotiate)
}
