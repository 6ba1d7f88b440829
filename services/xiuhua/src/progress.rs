//! Progress of long work on a terminal: bars while it runs, nothing where nobody looks.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::printable;

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(120);

/// Bars of a command.
#[derive(Debug, Clone)]
pub struct Progress {
    bars: MultiProgress,
    quiet: bool,
}

impl Progress {
    /// Bars on standard error where that is a terminal; none at all if quiet.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), quiet }
    }

    /// A bar for rows; their number is unknown if 0.
    #[must_use]
    pub fn bar(&self, title: &str, rows: u64) -> ProgressBar {
        let bar = match rows {
            0 => ProgressBar::new_spinner(),
            rows => ProgressBar::new(rows),
        };
        let template = match rows {
            0 => "{spinner} {msg} {human_pos} ({per_sec})",
            _ => "{msg} [{bar:30}] {human_pos}/{human_len} ({per_sec}, {eta})",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        let bar = self.bars.add(bar);
        bar.set_message(printable::part(title).into_owned());
        bar.enable_steady_tick(TICK);
        bar
    }

    /// Takes a finished bar away and says what came of it.
    pub fn finished(&self, bar: &ProgressBar, line: &str) {
        bar.finish_and_clear();
        self.bars.remove(bar);
        self.say(line);
    }

    /// A line on standard error, above the bars; none if quiet.
    pub fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        let line = printable::lines(line);
        // Hidden bars print no lines.
        if self.bars.is_hidden() || self.bars.println(&line).is_err() {
            eprintln!("{line}");
        }
    }
}
