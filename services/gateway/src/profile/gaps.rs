//! The assurances that are not proved (两不愁三保障, income and water).

use kernel::language::{Label, Language};
use proto::common::{Assurance, AssuranceFinding, HouseholdSection, Verdict};
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{ProfileGap, ProfileSource};

const NOT_ASKED: Label = Label::new("未能查询:", "물어보지 못함: ", "could not be asked: ");
const NOT_SHOWN: Label = Label::new("无权查看:", "볼 권한이 없음: ", "may not be read: ");
const NOBODY: Label =
    Label::new("尚无任何记录可以说明", "아직 이를 알려주는 기록이 없다", "no kind of record tells of it yet");

/// Each assurance whose newest finding is no pass, in the order of the contract. One of which nobody tells is UNKNOWN, and
/// the note says whether somebody might who was not heard.
pub(super) fn of(
    findings: &[AssuranceFinding],
    sources: &[ProfileSource],
    language: Language,
) -> Vec<ProfileGap> {
    let unheard = unheard(sources, language);
    let gap = |assurance: Assurance| {
        let own = findings.iter().filter(|finding| finding.assurance == i32::from(assurance));
        let (verdict, note) = match newest(own) {
            None => (Verdict::Unknown, unheard.clone()),
            Some(finding) => match finding.verdict() {
                Verdict::Pass => return None,
                Verdict::Fail => (Verdict::Fail, finding.basis.clone()),
                Verdict::Unknown | Verdict::Unspecified => (Verdict::Unknown, finding.basis.clone()),
            },
        };
        Some(ProfileGap { assurance: assurance.into(), verdict: verdict.into(), note })
    };
    all().filter_map(gap).collect()
}

/// All assurances of the contract.
fn all() -> impl Iterator<Item = Assurance> {
    (1..).map_while(|number| Assurance::try_from(number).ok())
}

/// Of findings on the same day the gravest is the newest. One without a day rests on no record and is older than all.
fn newest<'f>(findings: impl Iterator<Item = &'f AssuranceFinding>) -> Option<&'f AssuranceFinding> {
    let gravity = |finding: &AssuranceFinding| match finding.verdict() {
        Verdict::Pass => 0,
        Verdict::Unknown | Verdict::Unspecified => 1,
        Verdict::Fail => 2,
    };
    findings.max_by_key(|finding| (finding.checked_on.as_str(), gravity(finding)))
}

/// Who was not heard; that no record tells, where all were.
fn unheard(sources: &[ProfileSource], language: Language) -> String {
    let named = |label: Label, not_heard: &dyn Fn(&ProfileSource) -> bool| {
        let names: Vec<&str> =
            sources.iter().filter(|source| not_heard(source)).map(|source| source.service.as_str()).collect();
        (!names.is_empty()).then(|| format!("{}{}", label.in_language(language), names.join(", ")))
    };
    let refuses = |source: &ProfileSource| {
        source.availability() == Availability::Forbidden
            || source.forbidden().any(|section| section == HouseholdSection::Assurances)
    };
    let silent = |source: &ProfileSource| {
        !matches!(source.availability(), Availability::Available | Availability::Forbidden)
    };
    let told: Vec<String> =
        [named(NOT_ASKED, &silent), named(NOT_SHOWN, &refuses)].into_iter().flatten().collect();
    if told.is_empty() { NOBODY.in_language(language).to_owned() } else { told.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(assurance: Assurance, verdict: Verdict, day: &str, basis: &str) -> AssuranceFinding {
        AssuranceFinding {
            assurance: assurance.into(),
            verdict: verdict.into(),
            basis: basis.to_owned(),
            checked_on: day.to_owned(),
            ..AssuranceFinding::default()
        }
    }

    fn source(service: &str, availability: Availability) -> ProfileSource {
        ProfileSource {
            service: service.to_owned(),
            availability: availability.into(),
            ..ProfileSource::default()
        }
    }

    fn told(findings: &[AssuranceFinding], sources: &[ProfileSource]) -> Vec<(Assurance, Verdict, String)> {
        let gaps = of(findings, sources, Language::En);
        gaps.into_iter().map(|gap| (gap.assurance(), gap.verdict(), gap.note)).collect()
    }

    #[test]
    fn only_the_newest_pass_closes_a_gap() {
        use Assurance as A;
        use Verdict as V;
        let findings = [
            finding(A::Income, V::Pass, "2016-12-01", "above"),
            finding(A::Income, V::Fail, "2015-12-01", "below"),
            finding(A::Food, V::Unknown, "", "nothing"),
            finding(A::Food, V::Pass, "2016-01-01", "seen"),
            finding(A::Clothing, V::Pass, "2016-01-01", "seen"),
            finding(A::Clothing, V::Fail, "2016-02-01", "cold"),
            finding(A::Medical, V::Pass, "2016-01-01", "insured"),
            finding(A::Medical, V::Unknown, "2016-01-01", "doubt"),
            finding(A::Housing, V::Unknown, "", "no appraisal"),
            finding(A::Water, V::Unspecified, "2016-01-01", "?"),
        ];
        let gaps = told(&findings, &[source("registry", Availability::Available)]);
        let expected = [
            (A::Clothing, V::Fail, "cold"),
            (A::Education, V::Unknown, "no kind of record tells of it yet"),
            (A::Medical, V::Unknown, "doubt"),
            (A::Housing, V::Unknown, "no appraisal"),
            (A::Water, V::Unknown, "?"),
        ];
        assert_eq!(gaps, expected.map(|(assurance, verdict, note)| (assurance, verdict, note.to_owned())));
    }

    #[test]
    fn without_any_finding_all_seven_are_gaps() {
        let gaps = told(&[], &[]);
        assert_eq!(gaps.len(), 7);
        assert!(gaps.iter().all(|(_, verdict, note)| *verdict == Verdict::Unknown && !note.is_empty()));
    }

    #[test]
    fn who_was_not_heard_is_named() {
        let mut narrow = source("registry", Availability::Available);
        narrow.forbidden = vec![HouseholdSection::Assurances.into()];
        let sources = [
            source("assistance", Availability::Unavailable),
            source("partner-aid", Availability::Forbidden),
            narrow,
        ];
        let gaps = told(&[], &sources);
        assert_eq!(gaps[0].2, "could not be asked: assistance; may not be read: partner-aid, registry");
    }
}
