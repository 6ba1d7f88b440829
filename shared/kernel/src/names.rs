//! One table of how each part of the suite is called where: as a service, as a package, in indicator and
//! parameter ids.

use crate::language::Label;

/// A part of the suite that owns facts, or composes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The service that serves it, as `xiuhua serve` and configuration name it: `partner-aid`.
    pub service: &'static str,
    /// The contract's package between `xiuhua.` and `.v1`: `assistance.socialsecurity`.
    pub package: &'static str,
    /// The prefix of ids of indicators, parameters and tables: `social_security`.
    pub id_prefix: &'static str,
    /// The programme as `--programmes` and a caller's scope name it; empty for what is no programme of
    /// assistance.
    pub programme: &'static str,
    /// The title for people.
    pub title: Label,
}

impl Part {
    /// The whole package: `xiuhua.assistance.socialsecurity.v1`.
    #[must_use]
    pub fn full_package(&self) -> String {
        format!("xiuhua.{}.v1", self.package)
    }
}

const fn part(
    service: &'static str,
    package: &'static str,
    id_prefix: &'static str,
    programme: &'static str,
    title: Label,
) -> Part {
    Part { service, package, id_prefix, programme, title }
}

/// All parts.
pub const PARTS: [Part; 10] = [
    part("registry", "registry", "registry", "", Label::new("建档立卡", "빈곤호등록", "Registry")),
    part(
        "registry",
        "registry.support",
        "support",
        "",
        Label::new("帮扶与责任", "부축과 책임", "Paired support"),
    ),
    part(
        "assistance",
        "assistance.housing",
        "housing",
        "housing",
        Label::new("住房和饮水", "주택과 음료수", "Housing and water"),
    ),
    part(
        "assistance",
        "assistance.education",
        "education",
        "education",
        Label::new("教育扶贫", "교육빈곤부축", "Education"),
    ),
    part(
        "assistance",
        "assistance.health",
        "health",
        "health",
        Label::new("健康扶贫", "건강빈곤부축", "Health"),
    ),
    part(
        "assistance",
        "assistance.socialsecurity",
        "social_security",
        "social_security",
        Label::new("社会保障", "사회보장", "Social security"),
    ),
    part(
        "assistance",
        "assistance.finance",
        "finance",
        "finance",
        Label::new("金融扶贫", "금융빈곤부축", "Finance"),
    ),
    part(
        "assistance",
        "assistance.industry",
        "industry",
        "industry",
        Label::new("产业扶贫", "산업빈곤부축", "Industry"),
    ),
    part(
        "partner-aid",
        "partneraid",
        "partner_aid",
        "",
        Label::new("东西部扶贫协作", "동서부 빈곤층부축 협력", "Partner aid"),
    ),
    part("gateway", "gateway", "gateway", "", Label::new("综合门户", "종합관문", "Gateway")),
];

/// The part whose ids begin with `prefix` and a dot.
#[must_use]
pub fn by_id_prefix(prefix: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.id_prefix == prefix)
}

/// The part that owns an id such as `social_security.temp_relief_amount`.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Part> {
    by_id_prefix(id.split_once('.')?.0)
}

/// The part of a whole package (`xiuhua.assistance.socialsecurity.v1`) or its middle
/// (`assistance.socialsecurity`).
#[must_use]
pub fn by_package(package: &str) -> Option<&'static Part> {
    let middle = package.strip_prefix("xiuhua.").and_then(|rest| rest.strip_suffix(".v1")).unwrap_or(package);
    PARTS.iter().find(|part| part.package == middle)
}

/// The parts that a service serves.
pub fn of_service(service: &str) -> impl Iterator<Item = &'static Part> {
    PARTS.iter().filter(move |part| part.service == service)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_words_of_each_part_differ_only_in_their_joints() {
        let bare = |text: &str| text.replace(['-', '_'], "");
        for part in PARTS {
            let last = part.package.rsplit('.').next().unwrap();
            assert_eq!(bare(part.id_prefix), last, "{part:?}");
            assert_eq!(bare(part.service), part.package.split('.').next().unwrap(), "{part:?}");
            assert_eq!(part.programme.is_empty(), part.service != "assistance");
            assert_eq!(by_package(&part.full_package()), Some(&part));
            assert_eq!(by_package(part.package), Some(&part));
            assert_eq!(by_id(&format!("{}.x", part.id_prefix)), Some(&part));
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let packages: BTreeSet<_> = PARTS.iter().map(|part| part.package).collect();
        let prefixes: BTreeSet<_> = PARTS.iter().map(|part| part.id_prefix).collect();
        assert_eq!((packages.len(), prefixes.len()), (PARTS.len(), PARTS.len()));
        assert_eq!(of_service("assistance").count(), 6);
        assert_eq!(by_id("unknown.x"), None);
        assert_eq!(by_id("registry"), None);
    }
}
