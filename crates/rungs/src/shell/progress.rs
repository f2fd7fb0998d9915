//! Bars and spinners on standard error, drawn where it is a terminal.

use std::io::{self, IsTerminal};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Template of a spinner: what goes on, and for how long.
const SPINNER: &str = "{spinner} {msg}, {elapsed}";

/// All bars that are drawn.
static BARS: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(target()));

/// Prints whole lines to the terminal: bars make room for them. What prints this way prints nothing
/// else this way.
pub fn above<T>(print: impl FnOnce() -> T) -> T {
    BARS.suspend(print)
}

/// A bar for work of known length.
pub fn bar(length: u64, template: &str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length)).with_style(style(template));
    ticking(bar, Duration::from_secs(1))
}

/// A spinner for work of unknown length.
pub fn spinner(message: String) -> ProgressBar {
    let spinner = BARS.add(ProgressBar::new_spinner()).with_message(message);
    ticking(spinner.with_style(style(SPINNER)), Duration::from_millis(200))
}

/// A spinner beside results that are printed meanwhile: drawn where these go elsewhere.
pub fn beside_results(message: String) -> ProgressBar {
    if io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    spinner(message)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are written in this crate")
}

/// Standard error, unless results go into a pipe: who reads them may share the terminal with the
/// bar.
fn target() -> ProgressDrawTarget {
    if is_piped() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() }
}

/// Whether standard output is a pipe or a socket.
#[cfg(unix)]
fn is_piped() -> bool {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;

    let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    match stdout.and_then(|stdout| stdout.metadata()) {
        Ok(about) => about.file_type().is_fifo() || about.file_type().is_socket(),
        Err(_) => true,
    }
}

/// Whether standard output is no terminal: what else it is, is not known here.
#[cfg(not(unix))]
fn is_piped() -> bool {
    !io::stdout().is_terminal()
}

fn ticking(bar: ProgressBar, pause: Duration) -> ProgressBar {
    bar.enable_steady_tick(pause);
    bar
}
