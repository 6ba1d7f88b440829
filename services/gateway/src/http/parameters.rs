//! The query of an address, parameter by parameter. What is wrong with it is told all at once; a parameter that nobody
//! reads is wrong as well.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use http::Uri;
use kernel::failure::{Failure, Reason, Violation, Violations};

/// The parameters that were not read yet, and what is wrong with those that were.
#[derive(Debug)]
pub(crate) struct Parameters {
    given: BTreeMap<String, Vec<String>>,
    violations: Violations,
}

impl Parameters {
    /// The parameters of an address.
    pub(crate) fn of(uri: &Uri) -> Self {
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            given.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { given, violations: Violations::new() }
    }

    /// A text; empty where it is not given.
    pub(crate) fn text(&mut self, name: &'static str) -> String {
        let mut values = self.given.remove(name).unwrap_or_default();
        if values.len() > 1 {
            self.violations.push(name, Reason::FieldRepeated);
        }
        values.pop().unwrap_or_default()
    }

    /// Several texts: the parameter repeated, or with commas.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<String> {
        let values = self.given.remove(name).unwrap_or_default();
        let parts = values.iter().flat_map(|value| value.split(',')).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number within bounds; `usual` where it is not given.
    pub(crate) fn number(&mut self, name: &'static str, bounds: RangeInclusive<u32>, usual: u32) -> u32 {
        let text = self.text(name);
        if text.is_empty() {
            return usual;
        }
        match text.parse() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let violation = Violation::new(name, Reason::NumberOutOfRange);
                self.wrong(violation.with("minimum", bounds.start()).with("maximum", bounds.end()));
                usual
            }
        }
    }

    /// Something else is wrong.
    pub(crate) fn wrong(&mut self, violation: Violation) {
        self.violations.add(violation);
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Everything that is wrong, `FIELD_UNKNOWN` for every parameter that was not read.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        for name in self.given.into_keys() {
            self.violations.push(name, Reason::FieldUnknown);
        }
        if self.violations.is_empty() {
            return Ok(());
        }
        let count = self.violations.len();
        let failure = Failure::new(Reason::ValidationFailed).with("count", count);
        Err(failure.violations(self.violations.into_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Parameters {
        Parameters::of(&format!("/x?{query}").parse().unwrap())
    }

    #[test]
    fn parameters_are_read_as_browsers_write_them() {
        let mut given =
            of("collections=households,persons&collections=memberships&area=222405&limit=7&q=%E9%BE%99+x");
        assert_eq!(given.list("collections"), ["households", "persons", "memberships"]);
        assert_eq!((given.text("area"), given.text("q")), ("222405".to_owned(), "龙 x".to_owned()));
        assert_eq!((given.number("limit", 1..=10, 5), given.number("wait", 0..=3, 2)), (7, 2));
        assert_eq!((given.text("none"), given.list("none").len()), (String::new(), 0));
        given.finish().unwrap();
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut given = of("area=1&area=2&limit=11&wait=x&cursr=a");
        let _read = (given.text("area"), given.number("limit", 1..=10, 5), given.number("wait", 0..=3, 2));
        let failure = given.finish().unwrap_err();
        let told: Vec<(&str, Reason)> = failure
            .violation_list()
            .iter()
            .map(|violation| (violation.field.as_str(), violation.reason))
            .collect();
        let expected = [
            ("area", Reason::FieldRepeated),
            ("limit", Reason::NumberOutOfRange),
            ("wait", Reason::NumberOutOfRange),
            ("cursr", Reason::FieldUnknown),
        ];
        assert_eq!(told, expected);
    }
}
