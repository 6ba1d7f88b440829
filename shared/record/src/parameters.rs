//! Values of rules: what an office has set for a division and a time, else the default that ships with the service.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::failure::{Failure, Reason};
use serde::Deserialize;

use crate::contract::{Parameters, parameter};
use crate::resource::Resource;
use crate::state::{Known, Loaded, Reads, last_of};

/// A default, as declared in a data file beside the slice that reads it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Default {
    /// Identifier: `housing.rebuilt_area_limit`.
    pub identifier: String,
    /// What it is limited to; `-` where it is not.
    pub qualifier: String,
    /// First day, ISO.
    pub starts_on: String,
    /// The value as text.
    pub value: String,
    /// Where it is laid down.
    pub source: String,
    /// `S`, `V`, `M` or `A`: stated, verified, from memory, assumed.
    pub confidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    parameter: Vec<Default>,
}

/// All defaults of a service.
#[derive(Debug, Clone, std::default::Default)]
pub struct Defaults(HashMap<(String, String), Vec<Default>>);

impl Defaults {
    /// Reads data files.
    ///
    /// # Errors
    /// `CONFIGURATION_INVALID` where a file is not of the form.
    pub fn read(files: &[&str]) -> Result<Self, Failure> {
        let mut all: HashMap<(String, String), Vec<Default>> = HashMap::new();
        for text in files {
            let file: File = toml::from_str(text).map_err(|error| {
                Failure::new(Reason::ConfigurationInvalid).with("setting", "parameters").because(error)
            })?;
            for entry in file.parameter {
                all.entry((entry.identifier.clone(), entry.qualifier.clone())).or_default().push(entry);
            }
        }
        Ok(Self(all))
    }

    fn on(&self, identifier: &str, qualifier: &str, day: &str) -> Option<&Default> {
        let entries = self.0.get(&(identifier.to_owned(), qualifier.to_owned()))?;
        let begun = entries.iter().filter(|entry| entry.starts_on.as_str() <= day);
        begun.max_by(|one, other| one.starts_on.cmp(&other.starts_on))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Default> {
        self.0.values().flatten()
    }
}

/// The value in force in a division on a day: the setting of the smallest division that contains it, with the latest
/// start that has come; the default where none is set.
pub fn value(
    reads: &Reads<'_>,
    defaults: &Defaults,
    asked: (&str, &str),
    area: &str,
    day: &str,
) -> Known<Option<String>> {
    let (identifier, qualifier) = asked;
    let set = reads.settings::<Parameters>(parameter::IDENTIFIER, identifier)?;
    let place = AreaCode::parse(area);
    let in_force = |loaded: &Arc<Loaded>| {
        let known: &<Parameters as Resource>::Record = last_of::<Parameters>(loaded)?;
        let bound = AreaCode::parse(&known.division)?;
        let here = place.as_ref().is_some_and(|place| bound.contains(place));
        let now =
            known.starts_on.as_str() <= day && (known.ends_on.is_empty() || day < known.ends_on.as_str());
        (here && now && known.qualifier == qualifier)
            .then(|| (bound.prefix().len(), known.starts_on.clone(), known.value.clone()))
    };
    let strongest = set.iter().filter_map(in_force).max();
    Ok(strongest
        .map(|(_, _, value)| value)
        .or_else(|| defaults.on(identifier, qualifier, day).map(|entry| entry.value.clone())))
}
