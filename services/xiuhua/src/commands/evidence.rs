//! `evidence`: the records behind a figure.

use std::io::{BufWriter, Write};

use kernel::language::Language;
use proto::common::{Evidence as Record, Source};
use proto::xiuhua::gateway::v1::ListReportEvidenceRequest;
use proto::xiuhua::gateway::v1::list_report_evidence_request::Known;
use sheet::defused;

use super::{Manner, print_line};
use crate::aligned::{Aligned, Side};
use crate::arguments::{Evidence, EvidenceFormat};
use crate::client::Connection;
use crate::exit::Stop;
use crate::words;

/// Lists the records behind a figure.
pub(crate) async fn run(asked: Evidence, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let reading = asked.reading;
    let request = ListReportEvidenceRequest {
        template: reading.template,
        figure_id: asked.figure,
        area: reading.area.unwrap_or_default(),
        year: reading.period.unwrap_or_default(),
        as_of: reading.as_of.unwrap_or_default(),
        known: reading.snapshot.map(Known::Snapshot),
        resume_token: String::new(),
    };
    let mut answers = connection.reports().list_report_evidence(request).await?.into_inner();
    let mut out: Box<dyn Out> = match asked.format {
        EvidenceFormat::Table => Box::new(Paper::new(asked.limit, manner.language)),
        EvidenceFormat::Csv => Box::new(Comma::new()?),
    };
    while let Some(answer) = answers.message().await? {
        for record in &answer.evidence {
            out.record(record)?;
        }
    }
    out.end()
}

/// Where the records go.
trait Out {
    fn record(&mut self, record: &Record) -> Result<(), Stop>;
    fn end(self: Box<Self>) -> Result<(), Stop>;
}

struct Paper {
    table: Aligned,
    limit: usize,
    rows: usize,
    language: Language,
}

impl Paper {
    fn new(limit: usize, language: Language) -> Self {
        let titles = [
            (words::RECORD.text(language), Side::Left),
            (words::AREA.text(language), Side::Left),
            ("", Side::Left),
            (words::CONTRIBUTION.text(language), Side::Right),
            (words::DAYS.text(language), Side::Left),
            (words::SOURCE.text(language), Side::Left),
        ];
        Self { table: Aligned::new(&titles), limit, rows: 0, language }
    }
}

impl Out for Paper {
    fn record(&mut self, record: &Record) -> Result<(), Stop> {
        self.rows += 1;
        if self.rows <= self.limit {
            self.table.row(vec![
                record.resource.clone(),
                record.area.clone(),
                record.label.clone(),
                record.contribution.to_string(),
                days(record, self.language),
                source(record.source.as_ref()),
            ]);
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> Result<(), Stop> {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("rows", &self.rows), ("limit", &self.limit)];
        let words = if self.rows > self.limit { words::EVIDENCE_CUT } else { words::EVIDENCE };
        self.table.line(words.fill(self.language, &values));
        print_line(&self.table.lines().join("\n"))
    }
}

struct Comma(csv::Writer<BufWriter<std::io::Stdout>>);

impl Comma {
    fn new() -> Result<Self, Stop> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(std::io::stdout()));
        let titles = [
            "resource",
            "area",
            "label",
            "contribution",
            "distinct_key",
            "role",
            "dates",
            "source",
            "version",
        ];
        writer.write_record(titles).map_err(Stop::output)?;
        Ok(Self(writer))
    }
}

impl Out for Comma {
    fn record(&mut self, record: &Record) -> Result<(), Stop> {
        let dates: Vec<String> =
            record.dates.iter().map(|date| format!("{}={}", date.field, date.date)).collect();
        let cells = [
            record.resource.as_str(),
            &record.area,
            &record.label,
            &record.contribution.to_string(),
            &record.distinct_key,
            record.role().as_str_name().trim_start_matches("EVIDENCE_ROLE_"),
            &dates.join(" "),
            &source(record.source.as_ref()),
            &record.version.to_string(),
        ];
        self.0.write_record(cells.map(|cell| defused(cell).into_owned())).map_err(Stop::output)
    }

    fn end(mut self: Box<Self>) -> Result<(), Stop> {
        self.0.flush().map_err(Stop::output)?;
        let mut out = self.0.into_inner().map_err(|error| Stop::output(error.into_error()))?;
        out.flush().map_err(Stop::output)
    }
}

fn days(record: &Record, language: Language) -> String {
    let day = |date: &proto::common::EvidenceDate| {
        let label = date.label.as_ref().map(|label| match language {
            Language::Zh => label.zh.as_str(),
            Language::Ko => label.ko.as_str(),
            Language::En => label.en.as_str(),
        });
        format!("{} {}", label.filter(|label| !label.is_empty()).unwrap_or(&date.field), date.date)
    };
    record.dates.iter().map(day).collect::<Vec<_>>().join("、")
}

/// Form and row, or document.
fn source(source: Option<&Source>) -> String {
    let Some(source) = source else { return String::new() };
    let row = if source.row > 0 { format!("#{}", source.row) } else { String::new() };
    let parts = [format!("{}{row}", source.form), source.document_no.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("、")
}
