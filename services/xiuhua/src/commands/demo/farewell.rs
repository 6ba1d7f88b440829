//! What the demonstration says at its end: where the time went, where it serves, what can be tried.

use std::time::Duration;

use super::{Manner, PREFECTURE, TEMPLATE, loading::Step, seconds, token};
use crate::aligned::{Aligned, Side};
use crate::exit::Stop;
use crate::suite::Suite;
use crate::words;

/// Whose tokens are printed: role and division.
const CALLERS: [(&str, &str); 4] = [
    ("data_steward", PREFECTURE),
    ("county_office", "222405"),
    ("prefecture_office", PREFECTURE),
    ("auditor", PREFECTURE),
];

/// Rows and seconds of each table, the sum, and the most memory that was used.
pub(super) fn sums(steps: &[Step], loaded: Duration, manner: Manner) -> String {
    let language = manner.language;
    let titles = [
        (words::TABLE.text(language), Side::Left),
        (words::ROWS.text(language), Side::Right),
        (words::SECONDS.text(language), Side::Right),
    ];
    let mut table = Aligned::new(&titles);
    let mut order: Vec<&str> = Vec::new();
    for step in steps {
        if !order.contains(&step.table.as_str()) {
            order.push(&step.table);
        }
    }
    for name in order {
        let own = || steps.iter().filter(|step| step.table == name);
        let rows: i64 = own().map(|step| step.rows).sum();
        table.row(vec![name.to_owned(), rows.to_string(), seconds(own().map(|step| step.took).sum())]);
    }
    let rows: i64 = steps.iter().map(|step| step.rows).sum();
    let warnings: i64 = steps.iter().map(|step| step.warnings).sum();
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("rows", &rows), ("rejected", &0), ("warnings", &warnings), ("seconds", &seconds(loaded))];
    table.line(words::LOADED.fill(language, &values));
    if let Some(mebibytes) = peak_mebibytes() {
        table.line(words::PEAK.fill(language, &[("mebibytes", &mebibytes)]));
    }
    format!("\n{}\n", table.lines().join("\n"))
}

/// Most memory that this process held at a time, where the system tells.
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

/// Address, tokens and commands.
pub(super) fn lines(suite: &Suite, manner: Manner) -> Result<String, Stop> {
    let language = manner.language;
    let (url, issuer) = (suite.url(), suite.issuer()?);
    let mut text = format!("\n{}\n\n", words::SERVING.fill(language, &[("address", &url)]));
    text.push_str(&format!("{}\n", words::TOKENS.text(language)));
    for (role, area) in CALLERS {
        text.push_str(&format!("# {role} {area}\nexport XIUHUA_TOKEN={}\n", token(&issuer, role, area)?));
    }
    text.push_str(&format!("\n{}\n", words::TRY.text(language)));
    for command in [
        format!("export XIUHUA_ADDRESS={url}"),
        format!("xiuhua report --template {TEMPLATE} --area {PREFECTURE} --group-by county"),
        format!("xiuhua evidence registry.poor_villages --template {TEMPLATE} --area {PREFECTURE}"),
        "xiuhua export registry.households --area 222405 --out households.csv".to_owned(),
        format!(
            "grpcurl -plaintext -H \"authorization: Bearer $XIUHUA_TOKEN\" \
             -d '{{\"template\":\"{TEMPLATE}\",\"area\":\"{PREFECTURE}\"}}' {} xiuhua.gateway.v1.ReportService/GetReport",
            suite.gateway_address
        ),
    ] {
        text.push_str(&format!("  {command}\n"));
    }
    Ok(text)
}
