//! The three languages of the suite. Chinese is authoritative; Korean follows the orthography of Yanbian.

use std::fmt;

/// A language in which the suite speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Language {
    /// Chinese (zh), the authoritative text and the default.
    #[default]
    Zh,
    /// Korean (ko) as written in Yanbian.
    Ko,
    /// English (en).
    En,
}

impl Language {
    /// All languages, the authoritative one first.
    pub const ALL: [Self; 3] = [Self::Zh, Self::Ko, Self::En];

    /// The primary language subtag: `zh`, `ko` or `en`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// Reads one language tag (`zh`, `zh-CN`, `ko_KR`, `EN`); only the primary subtag counts.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.as_str()))
    }

    /// Picks the language for an `accept-language` header (RFC 9110 §12.5.4): the highest quality wins, the
    /// first among equals; a quality of 0 refuses; nothing known means Chinese.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best: Option<(Self, f32)> = None;
        for item in accept_language.split(',') {
            let mut parts = item.split(';');
            let Some(language) = parts.next().and_then(Self::parse) else { continue };
            let quality = parts
                .find_map(|parameter| parameter.trim().strip_prefix("q="))
                .map_or(1.0, |text| text.trim().parse::<f32>().unwrap_or(0.0));
            if quality > 0.0 && best.is_none_or(|(_, other)| quality > other) {
                best = Some((language, quality));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A fixed text in the three languages. An empty Korean or English text means "not translated".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Label {
    /// The Chinese text, exactly as on the forms.
    pub zh: &'static str,
    /// The Korean text, or empty.
    pub ko: &'static str,
    /// The English text, or empty.
    pub en: &'static str,
}

impl Label {
    /// A label in the three languages.
    #[must_use]
    pub const fn new(zh: &'static str, ko: &'static str, en: &'static str) -> Self {
        Self { zh, ko, en }
    }

    /// The text in `language`, or the Chinese one where there is none.
    #[must_use]
    pub const fn in_language(&self, language: Language) -> &'static str {
        let text = match language {
            Language::Zh => self.zh,
            Language::Ko => self.ko,
            Language::En => self.en,
        };
        if text.is_empty() { self.zh } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation_follows_quality_then_order() {
        assert_eq!(Language::negotiate("en-GB,en;q=0.9"), Language::En);
        assert_eq!(Language::negotiate("fr, ko;q=0.3, zh-CN;q=0.8"), Language::Zh);
        assert_eq!(Language::negotiate("ko-CN, en"), Language::Ko);
        assert_eq!(Language::negotiate("en;q=0, ko;q=0.1"), Language::Ko);
        assert_eq!(Language::negotiate(""), Language::Zh);
        assert_eq!(Language::negotiate("fr;q=1, *"), Language::Zh);
        assert_eq!(Language::negotiate("ko;q=broken"), Language::Zh);
    }

    #[test]
    fn labels_fall_back_to_chinese() {
        let label = Label::new("户主", "호주", "");
        assert_eq!(label.in_language(Language::Ko), "호주");
        assert_eq!(label.in_language(Language::En), "户主");
    }
}
