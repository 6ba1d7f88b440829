//! `token issue`.

use std::sync::Arc;
use std::time::Duration;

use kernel::area::AreaCode;
use kernel::clock::SystemClock;
use runtime::keys::Keys;
use runtime::roles::Roles;
use runtime::token::{EVERYWHERE, Grant, Issuer};

use super::{Manner, print_line};
use crate::arguments::Token;
use crate::exit::Stop;
use crate::words;

/// Signs a token and prints it, and nothing else, on standard output.
pub(crate) fn issue(asked: Token, manner: Manner) -> Result<(), Stop> {
    let Token::Issue { role, areas, subject, programmes, ttl, keys_dir, data_dir } = asked;
    let language = manner.language;
    let roles = Roles::standard().map_err(|failure| Stop::of_failure(&failure, language))?;
    check(&role, &areas, &programmes, &roles, manner)?;
    let lifetime =
        lifetime(&ttl).ok_or_else(|| Stop::usage(words::NO_TIME.fill(language, &[("ttl", &ttl)])))?;
    let folder = keys_dir.or_else(|| data_dir.map(|folder| folder.join("keys"))).unwrap_or_default();
    let keys = Keys::load(&folder)?;
    let key = keys
        .issuer()
        .ok_or_else(|| Stop::usage(words::NO_ISSUER.fill(language, &[("dir", &folder.display())])))?;
    let programmes = (!programmes.is_empty()).then_some(programmes);
    let grant = Grant { subject, role, areas, programmes, on_behalf_of: None, lifetime };
    let issuer = Issuer::new(key.clone(), Arc::new(SystemClock));
    print_line(&issuer.issue(&grant).map_err(|failure| Stop::of_failure(&failure, language))?)
}

/// What a service would only find when the token is used.
fn check(
    role: &str,
    areas: &[String],
    programmes: &[String],
    roles: &Roles,
    manner: Manner,
) -> Result<(), Stop> {
    let mut wrong = Vec::new();
    let names: Vec<&str> = roles.all().map(|(name, _)| name).collect();
    if !names.contains(&role) {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("role", &role), ("roles", &names.join("、"))];
        wrong.push(words::NO_ROLE.fill(manner.language, &values));
    }
    for area in areas.iter().filter(|area| *area != EVERYWHERE && AreaCode::parse(area).is_none()) {
        wrong.push(words::NO_AREA.fill(manner.language, &[("area", area)]));
    }
    for programme in programmes.iter().filter(|programme| !roles.programmes().contains(programme)) {
        let known = roles.programmes().join("、");
        let values: [(&str, &dyn std::fmt::Display); 2] = [("programme", programme), ("programmes", &known)];
        wrong.push(words::NO_PROGRAMME.fill(manner.language, &values));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Stop::usage(wrong.join("\n"))) }
}

/// A length of time: a number and `s`, `m`, `h` or `d`.
fn lifetime(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(seconds)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use kernel::language::Language;

    use super::*;

    #[test]
    fn times_are_a_number_and_a_unit() {
        assert_eq!(lifetime("30m"), Some(Duration::from_secs(1800)));
        assert_eq!(lifetime("7d"), Some(Duration::from_secs(604_800)));
        for wrong in ["", "h", "0h", "12", "1.5h", "-1h", "1周"] {
            assert_eq!(lifetime(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let roles = Roles::standard().unwrap();
        let manner = Manner { language: Language::En, quiet: true };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let stop =
            check("emperor", &names(&["22", "*"]), &names(&["astrology"]), &roles, manner).unwrap_err();
        assert_eq!((stop.exit, stop.lines.len()), (crate::exit::Exit::Usage, 3));
        assert!(check("auditor", &names(&["222400"]), &names(&["housing"]), &roles, manner).is_ok());
    }
}
