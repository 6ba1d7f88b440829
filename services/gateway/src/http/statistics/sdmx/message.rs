//! A cube as SDMX-JSON: version 2.0.0, or the older form of version 1 that many clients still read and no other.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};
use kernel::clock::Moment;
use kernel::language::{Label, Language};
use proto::xiuhua::gateway::v1::ReportTemplate;
use serde_json::{Map, Value, json};

use super::AGENCY;
use super::cube::{Axis, Cube, FREQUENCY};
use crate::labels::{UNITS, VALUES};

/// Names of the dimensions and of the attributes.
const FREQ: Label = Label::new("频率", "주기", "frequency");
const REF_AREA: Label = Label::new("地区", "지역", "area");
const INDICATOR: Label = Label::new("指标", "지표", "indicator");
const TIME_PERIOD: Label = Label::new("年度", "년도", "year");
const OBS_STATUS: Label = Label::new("状态", "상태", "status");
const FIGURE_KIND: Label = Label::new("性质", "성격", "kind");

/// A form of SDMX-JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 2.0.0, of SDMX 3.0.
    Two,
    /// What came before the version 1.0.0 of the standard, without an envelope.
    Draft,
}

impl Version {
    /// The form that a request wants: the newest, unless it names the older one and not the newest.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let accept: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let names = |name: &str| accept.iter().any(|value| value.contains(name));
        let old = names("draft-sdmx-json") || names("version=1.0.0");
        if old && !names("version=2.0.0") { Self::Draft } else { Self::Two }
    }

    /// Its media type.
    pub(super) const fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Two => super::DATA,
            Self::Draft => super::DRAFT,
        })
    }
}

/// The message of a cube; without its observations where only keys are wanted.
pub(super) fn data(cube: &Cube, version: Version, language: Language, keys_only: bool) -> Value {
    let head = json!({
        "id": "xiuhua",
        "test": false,
        "prepared": prepared(cube),
        "contentLanguages": [language.as_str()],
        "sender": {"id": AGENCY, "name": "xiuhua"},
    });
    let mut structure = structure(cube, language);
    let mut set = json!({"action": "Information", "series": series(cube, keys_only)});
    match version {
        Version::Draft => json!({"header": head, "structure": structure, "dataSets": [set]}),
        Version::Two => {
            let value = json!({"id": "OBS_VALUE", "name": VALUES.in_language(language)});
            structure["measures"] = json!({"dataSet": [], "series": [], "observation": [value]});
            structure["dataSets"] = json!([0]);
            set["structure"] = json!(0);
            json!({"meta": head, "data": {"structures": [structure], "dataSets": [set]}})
        }
    }
}

fn prepared(cube: &Cube) -> String {
    let at = cube.prepared.unwrap_or_default();
    Moment::from_seconds_and_nanos(at.seconds, at.nanos).unwrap_or(Moment(0)).to_string()
}

fn structure(cube: &Cube, language: Language) -> Value {
    let text = |label: Label| label.in_language(language);
    let frequency = json!([{"id": FREQUENCY.0, "name": text(FREQUENCY.1)}]);
    json!({
        "name": cube.title,
        "dimensions": {
            "dataSet": [],
            "series": [
                {"id": "FREQ", "name": text(FREQ), "keyPosition": 0, "values": frequency},
                {"id": "REF_AREA", "name": text(REF_AREA), "keyPosition": 1, "values": values(&cube.areas)},
                {"id": "INDICATOR", "name": text(INDICATOR), "keyPosition": 2, "values": values(&cube.indicators)},
            ],
            "observation": [
                {"id": "TIME_PERIOD", "name": text(TIME_PERIOD), "roles": ["TIME"], "values": values(&cube.periods)},
            ],
        },
        "attributes": {
            "dataSet": [],
            "series": [],
            "observation": [
                {"id": "UNIT", "name": text(UNITS), "values": values(&cube.units)},
                {"id": "OBS_STATUS", "name": text(OBS_STATUS), "values": values(&cube.statuses)},
                {"id": "FIGURE_KIND", "name": text(FIGURE_KIND), "values": values(&cube.kinds)},
            ],
        },
        "annotations": [],
    })
}

fn values(axis: &Axis) -> Value {
    axis.values.iter().map(|(code, name)| json!({"id": code, "name": name})).collect()
}

/// Series and observations by their places along the dimensions.
fn series(cube: &Cube, keys_only: bool) -> Value {
    let mut all = Map::new();
    for ((area, indicator), observations) in &cube.observations {
        let observed: Map<String, Value> = observations
            .iter()
            .filter(|_| !keys_only)
            .map(|(period, seen)| {
                (period.to_string(), json!([seen.value, seen.unit, seen.status, seen.kind]))
            })
            .collect();
        all.insert(format!("0:{area}:{indicator}"), json!({"attributes": [], "observations": observed}));
    }
    Value::Object(all)
}

/// The flows there are: a template of reports each.
pub(super) fn flows(templates: &[ReportTemplate], language: Language) -> Value {
    let flow = |template: &ReportTemplate| {
        let label = template.label.clone().unwrap_or_default();
        let name = match language {
            Language::Zh => label.zh,
            Language::Ko => label.ko,
            Language::En => label.en,
        };
        json!({"id": template.id, "agencyID": AGENCY, "version": "1.0", "name": name})
    };
    let flows: Vec<Value> = templates.iter().map(flow).collect();
    let head = json!({"id": "xiuhua", "test": false, "sender": {"id": AGENCY, "name": "xiuhua"}});
    json!({"meta": head, "data": {"dataflows": flows}})
}

#[cfg(test)]
mod tests {
    use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
    use proto::xiuhua::gateway::v1::{Report, ReportCell, ReportLine};

    use super::*;

    fn line(id: &str, value: Option<f64>, availability: Availability) -> ReportLine {
        ReportLine {
            figure_id: id.to_owned(),
            label: id.to_owned(),
            unit: "household".to_owned(),
            measured_in: 1,
            kind: FigureKind::Actual.into(),
            availability: availability.into(),
            value,
            ..ReportLine::default()
        }
    }

    fn cube() -> Cube {
        let cell = ReportCell {
            area: "222405".to_owned(),
            label: "龙井市".to_owned(),
            availability: Availability::Available.into(),
            value: Some(7.0),
            ..ReportCell::default()
        };
        let counted =
            ReportLine { cells: vec![cell], ..line("registry.counted", Some(0.0), Availability::Available) };
        let lines = vec![
            counted,
            line("housing.away", None, Availability::Unavailable),
            line("housing.secret", None, Availability::Forbidden),
            line("registry.nowhere", None, Availability::NotAtLevel),
        ];
        let report = Report {
            title: "报告".to_owned(),
            area: "222400".to_owned(),
            year: 2017,
            lines,
            ..Report::default()
        };
        Cube::of(&[report], Language::Zh)
    }

    #[test]
    fn what_is_missing_is_marked_and_is_no_zero() {
        let message = data(&cube(), Version::Two, Language::Zh, false);
        let series = &message["data"]["dataSets"][0]["series"];
        let status = |key: &str| {
            let place = series[key]["observations"]["0"][2].as_u64().unwrap() as usize;
            let attribute = &message["data"]["structures"][0]["attributes"]["observation"][1];
            (series[key]["observations"]["0"][0].clone(), attribute["values"][place]["id"].clone())
        };
        assert_eq!(status("0:0:0"), (json!(0.0), json!("A")));
        assert_eq!(status("0:1:0"), (json!(7.0), json!("A")));
        assert_eq!(status("0:0:1"), (Value::Null, json!("O")));
        assert_eq!(status("0:0:2"), (Value::Null, json!("Q")));
        assert_eq!(status("0:0:3"), (Value::Null, json!("M")));
        let dimensions = &message["data"]["structures"][0]["dimensions"];
        assert_eq!(dimensions["series"][1]["values"][1], json!({"id": "222405", "name": "龙井市"}));
        assert_eq!(dimensions["series"][2]["values"][0]["id"], "registry-counted");
        assert_eq!(dimensions["observation"][0]["values"][0]["id"], "2017");
    }

    #[test]
    fn the_older_form_is_for_who_asks_for_it() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            Version::accepted(&headers)
        };
        assert_eq!(Version::accepted(&HeaderMap::new()), Version::Two);
        assert_eq!(of("*/*"), Version::Two);
        assert_eq!(
            of("application/vnd.sdmx.data+json;version=2.0.0, application/vnd.sdmx.data+json;version=1.0.0"),
            Version::Two
        );
        assert_eq!(of("application/vnd.sdmx.draft-sdmx-json+json"), Version::Draft);
        let message = data(&cube(), Version::Draft, Language::En, true);
        assert!(message.get("meta").is_none());
        assert_eq!(message["dataSets"][0]["series"]["0:0:0"]["observations"], json!({}));
    }
}
