//! A report as csv for other programs: numbers unrounded, names of enums as in JSON, one column for each division.

use kernel::failure::Failure;
use proto::xiuhua::gateway::v1::Report;
use sheet::defused;

use super::paper::{areas, cell_of};

/// The file, in UTF-8.
///
/// # Errors
/// `INTERNAL` where it cannot be written.
pub(super) fn bytes(report: &Report) -> Result<Vec<u8>, Failure> {
    let areas = areas(report);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut titles: Vec<&str> = vec![
        "figure_id",
        "indicator_id",
        "label",
        "value",
        "unit",
        "kind",
        "availability",
        "published_value",
        "precision",
        "agrees",
        "plan",
        "rate",
        "snapshot",
        "note",
    ];
    titles.extend(areas.iter().map(|(area, _)| area.as_str()));
    writer.write_record(&titles).map_err(Failure::internal_error)?;
    let plain = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for line in &report.lines {
        let words = |text: &str| defused(text).into_owned();
        let mut cells = vec![
            words(&line.figure_id),
            words(&line.indicator_id),
            words(&line.label),
            plain(line.value),
            words(&line.unit),
            line.kind().as_str_name().to_owned(),
            line.availability().as_str_name().to_owned(),
            plain(line.published_value),
            words(&line.precision),
            line.agrees.map(|agrees| agrees.to_string()).unwrap_or_default(),
            plain(line.plan),
            plain(line.rate),
            words(&line.snapshot),
            words(&line.note),
        ];
        cells.extend(areas.iter().map(|(area, _)| plain(cell_of(line, area))));
        writer.write_record(&cells).map_err(Failure::internal_error)?;
    }
    writer.into_inner().map_err(Failure::internal_error)
}
