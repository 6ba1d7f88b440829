//! A report as Markdown.

use super::{Paper, PaperTable};

/// The text.
pub(super) fn text(paper: &Paper) -> String {
    let mut lines = vec![format!("# {}", paper.heading)];
    for table in &paper.tables {
        lines.push(String::new());
        lines.extend(rows(table));
    }
    for note in &paper.notes {
        lines.extend([String::new(), note.clone()]);
    }
    lines.join("\n") + "\n"
}

fn rows(table: &PaperTable) -> Vec<String> {
    // A column of marks needs a title here.
    let titles = table.titles.iter().map(|title| if title.text.is_empty() { "✓/✗" } else { &title.text });
    let sides = table.titles.iter().map(|title| if title.numbers { "---:" } else { "---" });
    let mut lines = vec![row(titles), row(sides)];
    for cells in &table.rows {
        let cells: Vec<String> = cells.iter().map(super::Shown::text).collect();
        lines.push(row(cells.iter().map(String::as_str)));
    }
    lines
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |", cells.join(" | "))
}
