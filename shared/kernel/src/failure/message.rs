//! The message catalogues `messages/{zh,ko,en}/*.ftl`, one message for each reason under the reason's own
//! name.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid};

use super::Reason;
use crate::language::Language;

fluent_templates::static_loader! {
    static MESSAGES = {
        locales: "./messages",
        fallback_language: "zh",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// What stands in a message for an argument that was not given.
const UNKNOWN_ARGUMENT: &str = "–";

fn identifier(language: Language) -> LanguageIdentifier {
    match language {
        Language::Zh => langid!("zh"),
        Language::Ko => langid!("ko"),
        Language::En => langid!("en"),
    }
}

/// The message of `reason` in `language`.
pub(super) fn of(reason: Reason, arguments: &[(&'static str, String)], language: Language) -> String {
    let mut values: HashMap<Cow<'static, str>, FluentValue<'_>> = HashMap::with_capacity(arguments.len());
    for key in reason.arguments() {
        values.insert(Cow::Borrowed(key), FluentValue::from(UNKNOWN_ARGUMENT));
    }
    for (key, value) in arguments {
        values.insert(Cow::Borrowed(key), FluentValue::from(value.as_str()));
    }
    MESSAGES
        .try_lookup_with_args(&identifier(language), reason.as_str(), &values)
        .unwrap_or_else(|| reason.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Key → arguments of every message of one language, read from the files by themselves.
    fn catalogue(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("messages").join(language.as_str());
        let mut messages = BTreeMap::new();
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
                let (key, message) =
                    line.split_once(" = ").unwrap_or_else(|| panic!("not a message: {line}"));
                let arguments = message
                    .split("{ $")
                    .skip(1)
                    .map(|rest| {
                        rest.split_once(" }")
                            .unwrap_or_else(|| panic!("not an argument: {line}"))
                            .0
                            .to_owned()
                    })
                    .collect();
                assert_eq!(message.matches('{').count(), message.matches("{ $").count(), "{line}");
                assert!(messages.insert(key.to_owned(), arguments).is_none(), "twice in {language}: {key}");
            }
        }
        messages
    }

    #[test]
    fn every_reason_has_a_message_with_its_arguments_in_every_language() {
        let declared: BTreeMap<String, BTreeSet<String>> = Reason::ALL
            .iter()
            .map(|reason| {
                let arguments = reason.arguments().iter().map(|argument| (*argument).to_owned()).collect();
                (reason.as_str().to_owned(), arguments)
            })
            .collect();
        for language in Language::ALL {
            assert_eq!(catalogue(language), declared, "{language}");
        }
    }

    #[test]
    fn messages_are_in_their_own_language() {
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        let han = |text: &str| text.chars().any(|c| ('一'..='鿿').contains(&c));
        for reason in Reason::ALL {
            let [zh, ko, en] = Language::ALL.map(|language| of(*reason, &[], language));
            assert!(han(&zh) && !hangul(&zh), "{zh}");
            assert!(hangul(&ko), "{ko}");
            assert!(!hangul(&en) && en.contains(char::is_lowercase), "{en}");
        }
    }

    #[test]
    fn arguments_stand_in_the_text_without_marks() {
        let arguments = [("code", "7".to_owned()), ("table", "sex".to_owned())];
        for language in Language::ALL {
            let text = of(Reason::CodeUnknown, &arguments, language);
            assert!(text.contains('7') && !text.contains(['{', '\u{2068}', '\u{2069}']), "{text}");
            assert!(of(Reason::CodeUnknown, &[], language).contains(UNKNOWN_ARGUMENT));
        }
    }
}
