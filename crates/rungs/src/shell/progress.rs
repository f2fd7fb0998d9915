//! Bars and spinners on standard error, drawn where it is a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for work of known length.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).expect("templates are written in this crate");
    ticking(ProgressBar::with_draw_target(Some(length), target()).with_style(style))
}

/// A spinner for work of unknown length.
pub fn spinner(message: String) -> ProgressBar {
    ticking(ProgressBar::with_draw_target(None, target()).with_message(message))
}

fn target() -> ProgressDrawTarget {
    // Results that are piped may share the terminal with the bar: draw none then.
    if io::stdout().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    }
}

fn ticking(bar: ProgressBar) -> ProgressBar {
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}
