//! A report as a page that stands by itself: to be opened from a folder, printed, or sent.

use kernel::language::Language;
use maud::{DOCTYPE, Markup, html};

use super::{Paper, PaperTable};

/// Plain enough for every browser and for paper.
const STYLE: &str = "body { font-family: sans-serif; margin: 2em; color: #222 } \
    table { border-collapse: collapse; margin: 1em 0 } \
    th, td { border: 1px solid #bbb; padding: 0.25em 0.6em; text-align: left } \
    th { background: #f0f0f0 } .number { text-align: right; white-space: nowrap } \
    .note { color: #a40000 }";

/// The page.
pub(super) fn page(paper: &Paper, language: Language) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(language.as_str()) {
            head {
                meta charset="utf-8";
                title { (paper.heading) }
                style { (STYLE) }
            }
            body {
                h1 { (paper.heading) }
                @for part in &paper.tables { (table(part)) }
                @for note in &paper.notes { p class="note" { (note) } }
            }
        }
    };
    page.into_string()
}

fn table(part: &PaperTable) -> Markup {
    let class = |numbers: bool| numbers.then_some("number");
    html! {
        table {
            thead { tr {
                @for title in &part.titles { th scope="col" class=[class(title.numbers)] { (title.text) } }
            } }
            tbody {
                @for row in &part.rows { tr {
                    @for (cell, title) in row.iter().zip(&part.titles) {
                        td class=[class(title.numbers)] { (cell.text()) }
                    }
                } }
            }
        }
    }
}
