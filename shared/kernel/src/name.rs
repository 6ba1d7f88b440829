//! Resource names: `{collection}/{identifier}`, unique across the suite.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::area::AreaCode;
use crate::clock::Moment;
use crate::failure::{Failure, Reason};
use crate::randomness::Randomness;

/// The one collection whose identifiers are division codes instead of UUIDs.
pub const DIVISIONS: &str = "divisions";

/// The name of a record, such as `households/01890a5d-ac96-774b-bcce-b302099a8057` or
/// `divisions/222405100201`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName {
    /// The collection in lower camel case, such as `aidProjects`.
    pub collection: String,
    /// A UUID in its lower-case text form, or a division's code.
    pub id: String,
}

impl ResourceName {
    /// Joins the parts without a check, for identifiers that come from the store.
    #[must_use]
    pub fn new(collection: impl Into<String>, id: impl Into<String>) -> Self {
        Self { collection: collection.into(), id: id.into() }
    }

    /// The name of a division.
    #[must_use]
    pub fn division(area: &AreaCode) -> Self {
        Self::new(DIVISIONS, area.as_str())
    }

    /// Reads a name. The collection must be in lower camel case, the identifier a UUID in its usual text
    /// form, or a division code for `divisions`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (collection, id) = text.split_once('/')?;
        let lower_camel = collection.starts_with(|c: char| c.is_ascii_lowercase())
            && collection.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let identifier = if collection == DIVISIONS {
            AreaCode::parse(id).is_some_and(|area| area.as_str() == id)
        } else {
            is_uuid(id)
        };
        (lower_camel && identifier).then(|| Self::new(collection, id))
    }

    /// Reads a name that must be of `collection`.
    ///
    /// # Errors
    /// `NAME_INVALID`, or `REFERENCE_KIND_WRONG` for a name of another collection.
    pub fn parse_in(collection: &str, text: &str) -> Result<Self, Failure> {
        let name = Self::parse(text).ok_or_else(|| Failure::new(Reason::NameInvalid))?;
        if name.collection == collection {
            Ok(name)
        } else {
            Err(Failure::new(Reason::ReferenceKindWrong).with("collection", collection))
        }
    }

    /// The division's code, for the name of a division.
    #[must_use]
    pub fn area(&self) -> Option<AreaCode> {
        (self.collection == DIVISIONS).then(|| AreaCode::parse(&self.id)).flatten()
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.collection, self.id)
    }
}

impl Serialize for ResourceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a resource name reads collection/identifier"))
    }
}

/// Whether the text is a UUID in its usual form: 36 characters, lower case, hyphens.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase()) && Uuid::try_parse(text).is_ok()
}

/// A new identifier: UUIDv7, so that identifiers sort by the millisecond of their making.
///
/// # Errors
/// Where the randomness fails.
pub fn new_id(now: Moment, randomness: &dyn Randomness) -> Result<String, Failure> {
    let mut bytes = [0; 10];
    randomness.fill(&mut bytes)?;
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::SeededRandomness;

    #[test]
    fn names_are_read_and_written() {
        let text = "aidProjects/01890a5d-ac96-774b-bcce-b302099a8057";
        let name = ResourceName::parse(text).unwrap();
        assert_eq!((name.collection.as_str(), name.to_string().as_str()), ("aidProjects", text));
        let village = ResourceName::parse("divisions/222405100201").unwrap();
        assert_eq!(village.area(), AreaCode::parse("222405100201"));
        assert_eq!(ResourceName::division(&village.area().unwrap()), village);
        assert_eq!(name.area(), None);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "households",
            "households/",
            "/01890a5d-ac96-774b-bcce-b302099a8057",
            "households/1",
            "households/01890A5D-AC96-774B-BCCE-B302099A8057",
            "households/01890a5dac96774bbcceb302099a8057",
            "households/01890a5d-ac96-774b-bcce-b302099a8057/members",
            "Households/01890a5d-ac96-774b-bcce-b302099a8057",
            "divisions/01890a5d-ac96-774b-bcce-b302099a8057",
            "divisions/222405100000",
        ] {
            assert_eq!(ResourceName::parse(text), None, "{text}");
        }
        let text = "households/01890a5d-ac96-774b-bcce-b302099a8057";
        assert!(ResourceName::parse_in("households", text).is_ok());
        assert_eq!(ResourceName::parse_in("persons", text).unwrap_err().reason(), Reason::ReferenceKindWrong);
        assert_eq!(ResourceName::parse_in("persons", "x").unwrap_err().reason(), Reason::NameInvalid);
    }

    #[test]
    fn new_identifiers_sort_by_time() {
        let randomness = SeededRandomness::new(1);
        let moment = Moment::parse("2016-01-01T00:00:00Z").unwrap();
        let first = new_id(moment, &randomness).unwrap();
        let second = new_id(Moment(moment.micros() + 1000), &randomness).unwrap();
        assert!(is_uuid(&first) && first < second);
        assert_eq!(&first[14..15], "7");
        assert_ne!(new_id(moment, &randomness).unwrap(), first);
    }
}
