//! Roles and their permissions: a versioned data file (`roles.toml`), checked whole when it is read.

use std::collections::{BTreeMap, BTreeSet};

use kernel::failure::{Failure, Reason};
use serde::Deserialize;

/// The default mapping that ships with the suite.
const STANDARD: &str = include_str!("roles.toml");

/// The ending of permissions that only read.
const READS: &str = ".read";

/// The name of the role under which the suite's own background work runs.
pub const INTERNAL_ROLE: &str = "internal";

/// Names of a role in the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// Korean in Yanbian orthography.
    pub ko: String,
    /// English.
    pub en: String,
}

/// One role as the file states it; see the head of `roles.toml` for the meaning of the lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    title: Title,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    read: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    every_programme: Vec<String>,
    #[serde(default)]
    own_programmes: Vec<String>,
    #[serde(default)]
    with_programme: BTreeMap<String, Vec<String>>,
}

/// The mapping from roles to permissions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    version: u32,
    programmes: Vec<String>,
    actions: Vec<String>,
    groups: BTreeMap<String, Vec<String>>,
    roles: BTreeMap<String, Role>,
}

impl Roles {
    /// The mapping that ships with the suite.
    ///
    /// # Errors
    /// `INTERNAL` where the embedded file is broken.
    pub fn standard() -> Result<Self, Failure> {
        Self::parse(STANDARD)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// `INTERNAL` with every name in it that does not exist.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let roles: Self = toml::from_str(text).map_err(internal)?;
        let problems = roles.problems();
        if problems.is_empty() { Ok(roles) } else { Err(internal(problems.join("; "))) }
    }

    /// Version of the mapping.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Names of the six programmes as they stand in permissions and tokens.
    #[must_use]
    pub fn programmes(&self) -> &[String] {
        &self.programmes
    }

    /// Names and titles of all roles.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Title)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), &role.title))
    }

    /// Every permission that exists.
    #[must_use]
    pub fn permission_names(&self) -> BTreeSet<String> {
        let of_programmes = self
            .programmes
            .iter()
            .flat_map(|programme| self.actions.iter().map(move |action| format!("{programme}.{action}")));
        self.groups.values().flatten().cloned().chain(of_programmes).collect()
    }

    /// What a role may do. `programmes` are those of the token; `None` means that it is not bound to any.
    ///
    /// # Errors
    /// `TOKEN_MALFORMED` for a role that the mapping does not have.
    pub fn permissions(
        &self,
        role: &str,
        programmes: Option<&[String]>,
    ) -> Result<BTreeSet<String>, Failure> {
        let role = self
            .roles
            .get(role)
            .ok_or_else(|| Failure::new(Reason::TokenMalformed).because("an unknown role"))?;
        let own = programmes.unwrap_or(&self.programmes);
        let mut names: BTreeSet<String> = self.of_groups(&role.groups).cloned().collect();
        names.extend(self.of_groups(&role.read).filter(|name| name.ends_with(READS)).cloned());
        for name in &role.except {
            names.remove(name);
        }
        names.extend(role.permissions.iter().cloned());
        names.extend(actions_in(&self.programmes, &role.every_programme));
        names.extend(actions_in(own, &role.own_programmes));
        for programme in own {
            names.extend(role.with_programme.get(programme).into_iter().flatten().cloned());
        }
        Ok(names)
    }

    fn of_groups<'a>(&'a self, groups: &'a [String]) -> impl Iterator<Item = &'a String> {
        groups.iter().filter_map(|group| self.groups.get(group)).flatten()
    }

    /// Names used in the file that it does not define.
    fn problems(&self) -> Vec<String> {
        let known = self.permission_names();
        let mut problems = Vec::new();
        for (name, role) in &self.roles {
            let mut unknown =
                |kind: &str, word: &String| problems.push(format!("role {name}: no {kind} {word}"));
            for group in role.groups.iter().chain(&role.read) {
                if !self.groups.contains_key(group) {
                    unknown("group", group);
                }
            }
            for permission in
                role.permissions.iter().chain(&role.except).chain(role.with_programme.values().flatten())
            {
                if !known.contains(permission) {
                    unknown("permission", permission);
                }
            }
            for action in role.every_programme.iter().chain(&role.own_programmes) {
                if !self.actions.contains(action) {
                    unknown("action", action);
                }
            }
            for programme in role.with_programme.keys() {
                if !self.programmes.contains(programme) {
                    unknown("programme", programme);
                }
            }
        }
        problems
    }
}

fn actions_in<'a>(programmes: &'a [String], actions: &'a [String]) -> impl Iterator<Item = String> + 'a {
    programmes
        .iter()
        .flat_map(move |programme| actions.iter().map(move |action| format!("{programme}.{action}")))
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(Reason::Internal).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;

    fn of(role: &str) -> BTreeSet<String> {
        Roles::standard().unwrap().permissions(role, None).unwrap()
    }

    #[test]
    fn every_permission_of_the_contract_exists_and_belongs_to_a_role() {
        let roles = Roles::standard().unwrap();
        let policies = Policies::contract().unwrap();
        let held: BTreeSet<String> =
            roles.all().flat_map(|(name, _)| roles.permissions(name, None).unwrap()).collect();
        let missing: Vec<&str> =
            policies.permissions().into_iter().filter(|name| !held.contains(*name)).collect();
        assert!(missing.is_empty(), "no role holds {missing:?}");
        let unheld: Vec<String> = roles.permission_names().difference(&held).cloned().collect();
        assert!(unheld.is_empty(), "no role holds {unheld:?}");
    }

    #[test]
    fn reading_and_writing_are_apart() {
        assert!(of("auditor").iter().all(|name| {
            name.ends_with(".read") || ["audit.verify", "table.export"].contains(&name.as_str())
        }));
        for (name, _) in Roles::standard().unwrap().all() {
            let held = of(name);
            assert!(!(held.contains("access.manage") && held.contains("household.read")), "{name}");
        }
    }

    #[test]
    fn the_data_steward_enters_but_neither_decides_nor_pays_nor_reveals() {
        let held = of("data_steward");
        for name in
            ["household.write", "membership.change", "snapshot.freeze", "table.import", "partner_aid.write"]
        {
            assert!(held.contains(name), "{name}");
        }
        for power in ["case.transcribe", "work.transcribe", "grant.transcribe"] {
            assert!(held.contains(power), "{power}");
        }
        let refused = |name: &String| {
            [".approve", ".pay", ".reveal"].iter().any(|ending| name.ends_with(ending))
                || name == "case.decide"
        };
        assert_eq!(held.iter().find(|name| refused(name)), None);
    }

    #[test]
    fn a_bureau_has_its_own_programmes_only() {
        let roles = Roles::standard().unwrap();
        let housing = roles.permissions("bureau", Some(&["housing".to_owned()])).unwrap();
        assert!(housing.contains("housing.pay") && !housing.contains("education.read"));
        assert!(!housing.contains("income.read") && !housing.contains("health.reveal"));
        let health = roles.permissions("bureau", Some(&["health".to_owned()])).unwrap();
        assert!(health.contains("health.reveal") && health.contains("health.write"));
    }

    #[test]
    fn unknown_roles_and_broken_files_are_refused() {
        assert_eq!(
            Roles::standard().unwrap().permissions("emperor", None).unwrap_err().reason(),
            Reason::TokenMalformed
        );
        let broken = STANDARD.replace("\"membership.change\", \"partner_aid.write\"", "\"member.change\"");
        let failure = Roles::parse(&broken).unwrap_err();
        assert!(failure.internal().unwrap_or_default().contains("member.change"));
    }
}
