//! A household's profile on paper. Values are masked as they came; a part that some service did not tell says so.

use std::collections::BTreeSet;

use gateway::labels;
use kernel::clock::Moment;
use kernel::language::Language;
use kernel::money::Fen;
use kernel::names;
use proto::common::HouseholdBenefit;
use proto::common::HouseholdSection as Section;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{HouseholdProfile, ProfileMember, ProfileSource};
use proto::xiuhua::registry::v1::{Household, HouseholdCase, HouseholdStanding, IncomeStatement};

use crate::aligned::{Aligned, Side};
use crate::client::codes::Codes;
use crate::printable;
use crate::words::{self, Words};

/// Messages of the contract whose fields are shown.
const HOUSEHOLD: &str = "xiuhua.registry.v1.Household";
const MEMBERSHIP: &str = "xiuhua.registry.v1.Membership";
const PERSON: &str = "xiuhua.registry.v1.Person";
const INCOME: &str = "xiuhua.registry.v1.IncomeStatement";
const CASE: &str = "xiuhua.registry.v1.HouseholdCase";

/// Enums of the contract whose words are shown.
const SECTION: &str = "xiuhua.common.v1.HouseholdSection";
const STATUS: &str = "xiuhua.common.v1.HouseholdStatus";
const CASE_STATE: &str = "xiuhua.common.v1.CaseState";
const CASE_KIND: &str = "xiuhua.registry.v1.HouseholdCaseKind";
const INCOME_STATE: &str = "xiuhua.registry.v1.IncomeState";
const ASSURANCE: &str = "xiuhua.common.v1.Assurance";
const VERDICT: &str = "xiuhua.common.v1.Verdict";
const AVAILABILITY: &str = "xiuhua.gateway.v1.ReportLine.Availability";
const UNIT: &str = "xiuhua.common.v1.Unit";

/// Fields that hold codes.
const CODED: [(&str, &str); 9] = [
    (HOUSEHOLD, "standard"),
    (HOUSEHOLD, "attribute"),
    (HOUSEHOLD, "main_cause"),
    (HOUSEHOLD, "other_causes"),
    (MEMBERSHIP, "relation"),
    (PERSON, "sex"),
    (PERSON, "ethnicity"),
    (PERSON, "schooling"),
    (PERSON, "health"),
];

/// The code tables whose words are needed.
pub(super) fn code_tables() -> BTreeSet<String> {
    CODED.iter().filter_map(|(message, field)| labels::codes_of(message, field)).collect()
}

/// The profile as text.
pub(super) fn text(profile: &HouseholdProfile, codes: &Codes, language: Language) -> String {
    let lines = Paper { profile, codes, language }.lines();
    lines.iter().map(|line| printable::part(line)).collect::<Vec<_>>().join("\n")
}

struct Paper<'p> {
    profile: &'p HouseholdProfile,
    codes: &'p Codes,
    language: Language,
}

/// A column: its title and its side.
type Column = (String, Side);

impl Paper<'_> {
    fn lines(&self) -> Vec<String> {
        let mut lines = self.head();
        for part in [
            self.members(),
            self.standings(),
            self.incomes(),
            self.cases(),
            self.benefits(),
            self.gaps(),
            self.sources(),
        ] {
            lines.push(String::new());
            lines.extend(part);
        }
        if !self.profile.complete {
            lines.push(self.said(words::PROFILE_INCOMPLETE));
        }
        lines
    }

    fn said(&self, words: Words) -> String {
        words.text(self.language).to_owned()
    }

    fn left(&self, message: &str, field: &str) -> Column {
        (self.title(message, field), Side::Left)
    }

    fn title(&self, message: &str, field: &str) -> String {
        labels::of_field(message, field, self.language).unwrap_or_else(|| field.to_owned())
    }

    /// A title of amounts: forms state them in yuan.
    fn yuan(&self, title: &str) -> Column {
        let unit = labels::of_enum(UNIT, proto::common::Unit::Yuan.into(), self.language);
        // Chinese letters need no blank before a bracket.
        let blank = if self.language == Language::Zh { "" } else { " " };
        (format!("{title}{blank}({})", unit.unwrap_or_default()), Side::Right)
    }

    fn word(&self, name: &str, number: i32) -> String {
        labels::of_enum(name, number, self.language).unwrap_or_default()
    }

    fn code(&self, message: &str, field: &str, code: &str) -> String {
        let table = labels::codes_of(message, field).unwrap_or_default();
        self.codes.word(&table, code).to_owned()
    }

    fn all_codes(&self, message: &str, field: &str, codes: &[String]) -> String {
        codes.iter().map(|code| self.code(message, field, code)).collect::<Vec<_>>().join("、")
    }

    fn head(&self) -> Vec<String> {
        let nobody = Household::default();
        let household = self.profile.household.as_ref().unwrap_or(&nobody);
        let area = household.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
        let first = [household.head_full_name.clone(), self.word(STATUS, household.state), area];
        let first: Vec<String> = first
            .into_iter()
            .chain([self.profile.as_of.clone(), household.name.clone()])
            .filter(|part| !part.is_empty())
            .collect();
        let count = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        let causes = self.all_codes(HOUSEHOLD, "other_causes", &household.other_causes);
        let facts = [
            ("household_no", household.household_no.clone()),
            ("head_full_name", household.head_full_name.clone()),
            ("head_id_number", household.head_id_number.clone()),
            ("village_group", household.village_group.clone()),
            ("phone", household.phone.clone()),
            ("standard", self.code(HOUSEHOLD, "standard", &household.standard)),
            ("attribute", self.code(HOUSEHOLD, "attribute", &household.attribute)),
            ("main_cause", self.code(HOUSEHOLD, "main_cause", &household.main_cause)),
            ("other_causes", causes),
            ("identified_year", count(household.identified_year)),
            ("planned_exit_year", count(household.planned_exit_year)),
            ("member_count", count(household.member_count)),
        ];
        let mut table = Aligned::new(&[("", Side::Left), ("", Side::Left)]);
        for (field, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            table.row(vec![self.title(HOUSEHOLD, field), value]);
        }
        // The two lines of a head without titles are left out.
        let mut lines = vec![first.join(" · "), String::new()];
        lines.extend(table.lines().split_off(2));
        lines
    }

    fn members(&self) -> Vec<String> {
        let columns = vec![
            self.left(PERSON, "full_name"),
            self.left(MEMBERSHIP, "relation"),
            self.left(PERSON, "sex"),
            self.left(PERSON, "birth_date"),
            self.left(PERSON, "ethnicity"),
            self.left(PERSON, "id_number"),
            self.left(PERSON, "schooling"),
            self.left(PERSON, "health"),
        ];
        let rows = self.profile.members.iter().map(|member| self.member(member));
        self.section(Section::Members, columns, rows.collect())
    }

    fn member(&self, member: &ProfileMember) -> Vec<String> {
        let relation = member.membership.as_ref().map(|membership| membership.relation.as_str());
        let relation = self.code(MEMBERSHIP, "relation", relation.unwrap_or_default());
        let Some(person) = &member.person else { return vec![String::new(), relation] };
        vec![
            person.full_name.clone(),
            relation,
            self.code(PERSON, "sex", &person.sex),
            person.birth_date.clone(),
            self.code(PERSON, "ethnicity", &person.ethnicity),
            person.id_number.clone(),
            self.code(PERSON, "schooling", &person.schooling),
            self.all_codes(PERSON, "health", &person.health),
        ]
    }

    fn standings(&self) -> Vec<String> {
        let columns = vec![
            (self.said(words::FROM), Side::Left),
            (self.said(words::UNTIL), Side::Left),
            (self.said(words::STATE), Side::Left),
        ];
        let row = |standing: &HouseholdStanding| {
            let until = standing.meta.as_ref().map(|meta| meta.valid_to.clone()).unwrap_or_default();
            let open = until.starts_with("9999");
            vec![
                standing.since.clone(),
                if open { String::new() } else { until },
                self.word(STATUS, standing.status),
            ]
        };
        self.section(Section::Standings, columns, self.profile.standings.iter().map(row).collect())
    }

    fn incomes(&self) -> Vec<String> {
        let columns = vec![
            self.left(INCOME, "year"),
            self.yuan(&self.title(INCOME, "net_income_fen")),
            self.yuan(&self.title(INCOME, "net_per_capita_fen")),
            self.yuan(&self.said(words::LINE)),
            (self.title(INCOME, "registered_members"), Side::Right),
            (self.said(words::STATE), Side::Left),
        ];
        let row = |statement: &IncomeStatement| {
            vec![
                year(statement.year),
                amount(statement.net_income_fen),
                amount(statement.net_per_capita_fen),
                amount(statement.line_fen),
                year(statement.registered_members),
                self.word(INCOME_STATE, statement.state),
            ]
        };
        self.section(Section::Incomes, columns, self.profile.incomes.iter().map(row).collect())
    }

    fn cases(&self) -> Vec<String> {
        let columns = vec![
            self.left(CASE, "year"),
            self.left(CASE, "kind"),
            self.left(CASE, "opened_on"),
            self.left(CASE, "effective_on"),
            (self.said(words::STATE), Side::Left),
            self.left(CASE, "reason"),
        ];
        let row = |case: &HouseholdCase| {
            vec![
                year(case.year),
                self.word(CASE_KIND, case.kind),
                case.opened_on.clone(),
                case.effective_on.clone(),
                self.word(CASE_STATE, case.state),
                case.reason.clone(),
            ]
        };
        self.section(Section::Cases, columns, self.profile.cases.iter().map(row).collect())
    }

    fn benefits(&self) -> Vec<String> {
        let columns = vec![
            (self.said(words::PROGRAMME), Side::Left),
            (self.said(words::YEAR), Side::Left),
            (self.said(words::RECORD), Side::Left),
            (self.said(words::CONTENT), Side::Left),
            self.yuan(&self.said(words::APPROVED)),
            self.yuan(&self.said(words::PAID)),
            (self.said(words::STATE), Side::Left),
        ];
        let row = |benefit: &HouseholdBenefit| {
            let programme = names::PARTS
                .iter()
                .find(|part| !part.programme.is_empty() && part.programme == benefit.programme);
            vec![
                programme
                    .map_or(benefit.programme.as_str(), |part| part.title.in_language(self.language))
                    .to_owned(),
                year(benefit.year),
                benefit.noun.clone(),
                benefit.title.clone(),
                amount(benefit.approved_fen),
                amount(benefit.paid_fen),
                benefit.state.clone(),
            ]
        };
        self.section(Section::Benefits, columns, self.profile.benefits.iter().map(row).collect())
    }

    fn gaps(&self) -> Vec<String> {
        let gaps = self.profile.gaps.iter().map(|gap| {
            vec![self.word(ASSURANCE, gap.assurance), self.word(VERDICT, gap.verdict), gap.note.clone()]
        });
        self.plain(self.said(words::GAPS), &self.missing(Section::Assurances), gaps.collect())
    }

    fn sources(&self) -> Vec<String> {
        let sources = self.profile.sources.iter().map(|source| {
            let known_at =
                source.known_at.and_then(|at| Moment::from_seconds_and_nanos(at.seconds, at.nanos));
            let forbidden: Vec<String> = source
                .forbidden
                .iter()
                .map(|section| {
                    format!(
                        "{}:{}",
                        self.word(AVAILABILITY, Availability::Forbidden.into()),
                        self.word(SECTION, *section)
                    )
                })
                .collect();
            let notes = [source.note.clone(), forbidden.join("、")];
            let notes: Vec<String> = notes.into_iter().filter(|note| !note.is_empty()).collect();
            vec![
                source.service.clone(),
                self.word(AVAILABILITY, source.availability),
                known_at.map(|moment| moment.to_string()).unwrap_or_default(),
                notes.join(" · "),
            ]
        });
        self.plain(self.said(words::SOURCE), "", sources.collect())
    }

    /// A titled list. One that is empty says so, and never where a service might have known more.
    fn section(&self, section: Section, columns: Vec<Column>, rows: Vec<Vec<String>>) -> Vec<String> {
        let title = self.word(SECTION, section.into());
        let missing = self.missing(section);
        if rows.is_empty() {
            return vec![self.empty(&title, &missing)];
        }
        let titles: Vec<(&str, Side)> = columns.iter().map(|(title, side)| (title.as_str(), *side)).collect();
        let mut table = Aligned::new(&titles);
        rows.into_iter().for_each(|row| table.row(row));
        let mut lines = vec![title + &missing];
        lines.extend(table.lines());
        lines
    }

    /// A list without titles of its columns.
    fn plain(&self, title: String, missing: &str, rows: Vec<Vec<String>>) -> Vec<String> {
        if rows.is_empty() {
            return vec![self.empty(&title, missing)];
        }
        let columns = rows.first().map(Vec::len).unwrap_or_default();
        let mut table = Aligned::new(&vec![("", Side::Left); columns]);
        rows.into_iter().for_each(|row| table.row(row));
        let mut lines = vec![title + missing];
        lines.extend(table.lines().split_off(2).into_iter().map(|line| format!("  {line}")));
        lines
    }

    /// A list without entries: that there are none, or whose entries are missing.
    fn empty(&self, title: &str, missing: &str) -> String {
        if missing.is_empty() {
            format!("{title}: {}", self.said(words::NONE))
        } else {
            format!("{title}{missing}")
        }
    }

    /// Who might have told more of a section, in brackets; empty where all is told. Benefits and assurances come from every
    /// service, all else from the one without which there is no profile.
    fn missing(&self, section: Section) -> String {
        let shared = matches!(section, Section::Benefits | Section::Assurances);
        let lacks = |source: &&ProfileSource| {
            (shared && source.availability() != Availability::Available)
                || source.forbidden().any(|forbidden| forbidden == section)
        };
        let services: Vec<&str> =
            self.profile.sources.iter().filter(lacks).map(|source| source.service.as_str()).collect();
        if services.is_empty() {
            return String::new();
        }
        let services = services.join(", ");
        format!(" ({})", words::PART_MISSING.fill(self.language, &[("services", &services)]))
    }
}

fn year(number: Option<i32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// In yuan; empty where it is no money.
fn amount(fen: Option<i64>) -> String {
    fen.map(|fen| Fen(fen).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proto::common::{Assurance, HouseholdStatus, RecordMeta, Verdict};
    use proto::xiuhua::gateway::v1::ProfileGap;
    use proto::xiuhua::registry::v1::{Membership, Person};

    use super::*;

    fn text_of(text: &str) -> String {
        text.to_owned()
    }

    fn source(service: &str, availability: Availability) -> ProfileSource {
        ProfileSource { service: text_of(service), availability: availability.into(), ..Default::default() }
    }

    fn profile() -> HouseholdProfile {
        let household = Household {
            household_no: text_of("2224050001"),
            head_full_name: text_of("金哲"),
            head_id_number: text_of("35*************123"),
            state: HouseholdStatus::Poor.into(),
            member_count: Some(2),
            ..Household::default()
        };
        let person = Person {
            full_name: text_of("金哲"),
            id_number: text_of("35*************123"),
            ..Person::default()
        };
        let membership = Membership { relation: text_of("02"), ..Membership::default() };
        let standing = |since: &str, until: &str| HouseholdStanding {
            since: text_of(since),
            status: HouseholdStatus::Poor.into(),
            meta: Some(RecordMeta { valid_to: text_of(until), ..RecordMeta::default() }),
            ..HouseholdStanding::default()
        };
        let statement = IncomeStatement {
            year: Some(2016),
            net_income_fen: Some(1_234_567),
            net_per_capita_fen: Some(0),
            ..IncomeStatement::default()
        };
        let benefit = HouseholdBenefit {
            programme: text_of("housing"),
            year: Some(2017),
            noun: text_of("危房改造"),
            approved_fen: Some(1_500_000),
            ..HouseholdBenefit::default()
        };
        let gap = ProfileGap {
            assurance: Assurance::Food.into(),
            verdict: Verdict::Fail.into(),
            note: text_of("入户核实"),
        };
        HouseholdProfile {
            household: Some(household),
            members: vec![
                ProfileMember { membership: Some(membership), person: Some(person) },
                ProfileMember::default(),
            ],
            standings: vec![standing("2014-06-01", "2016-12-31"), standing("2016-12-31", "9999-12-31")],
            incomes: vec![statement],
            benefits: vec![benefit],
            gaps: vec![gap],
            sources: vec![
                source("assistance", Availability::Available),
                source("partner-aid", Availability::Available),
                source("registry", Availability::Available),
            ],
            complete: true,
            as_of: text_of("2017-10-09"),
            ..HouseholdProfile::default()
        }
    }

    fn printed(profile: &HouseholdProfile) -> Vec<String> {
        let codes = Codes::default().with("kinship", "02", "户主");
        text(profile, &codes, Language::Zh).lines().map(str::to_owned).collect()
    }

    fn line<'l>(lines: &'l [String], start: &str) -> &'l str {
        lines.iter().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {lines:#?}"))
    }

    #[test]
    fn a_profile_is_read_from_the_top() {
        let lines = printed(&profile());
        assert_eq!(lines[0], "金哲 · 未脱贫 · 2017-10-09");
        assert_eq!(line(&lines, "户编号"), "户编号        2224050001");
        assert_eq!(line(&lines, "家庭人口"), "家庭人口      2");
        assert!(line(&lines, "金哲  户主").ends_with("35*************123"));
        assert_eq!(line(&lines, "2014-06-01"), "2014-06-01  2016-12-31  未脱贫");
        assert_eq!(line(&lines, "2016-12-31"), "2016-12-31              未脱贫");
        let amounts: Vec<&str> = line(&lines, "2016  ").split_whitespace().collect();
        assert_eq!(amounts, ["2016", "12345.67", "0.00"]);
        assert!(line(&lines, "住房和饮水").contains("15000.00"));
        assert_eq!(line(&lines, "  不愁吃"), "  不愁吃  否  入户核实");
        assert_eq!(line(&lines, "办理件"), "办理件: 无");
        assert!(!lines.iter().any(|line| line.contains("不完整")), "{lines:#?}");
    }

    #[test]
    fn what_is_missing_never_looks_like_nothing() {
        let mut profile = profile();
        profile.benefits.clear();
        profile.gaps.clear();
        profile.incomes.clear();
        profile.complete = false;
        profile.sources[0] = source("assistance", Availability::Unavailable);
        profile.sources[2].forbidden = vec![Section::Incomes.into()];
        let lines = printed(&profile);
        assert_eq!(line(&lines, "帮扶项目"), "帮扶项目 (不完整:assistance)");
        assert_eq!(line(&lines, "未达标"), "未达标或未核实的保障 (不完整:assistance)");
        assert_eq!(line(&lines, "收入信息"), "收入信息 (不完整:registry)");
        assert_eq!(line(&lines, "办理件"), "办理件: 无");
        assert_eq!(line(&lines, "  assistance"), "  assistance   不可用");
        assert!(line(&lines, "  registry").contains("无权查看:收入信息"), "{lines:#?}");
        assert!(lines.last().unwrap().starts_with("画像不完整"));
    }

    #[test]
    fn every_language_has_titles_for_everything() {
        assert_eq!(code_tables().len(), 8);
        for language in Language::ALL {
            let text = text(&profile(), &Codes::default(), language);
            for field in ["_fen", "full_name", "household_no", "effective_on", "birth_date"] {
                assert!(!text.contains(field), "{text}");
            }
        }
    }
}
