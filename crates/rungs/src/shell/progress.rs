//! Bars and spinners on standard error, drawn where it is a terminal.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{
    BinaryBytes, HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish,
    ProgressState, ProgressStyle,
};
use terminal_size::{Width, terminal_size_of};
use textwrap::WordSplitter;

/// Templates: a bar of things that are counted, and what the work says of itself; a bar of a file's
/// bytes; a spinner: for how long, and what goes on; and the latter alone. Each has a part that
/// takes the width that the terminal leaves, so that no line wraps.
const BAR: &str = "{wide_bar} {human_pos}/{human_len} {prefix}{msg}{left}";
const BYTES: &str = "{prefix:24!} {wide_bar} {bytes}/{total_bytes}{speed}";
const SPINNER: &str = "{spinner} {elapsed} {wide_msg}";
const STILL: &str = "{wide_msg}";

/// All bars that are drawn.
static BARS: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(target()));

/// Prints whole lines to the terminal: bars make room for them. What prints this way prints nothing
/// else this way.
pub fn above<T>(print: impl FnOnce() -> T) -> T {
    BARS.suspend(print)
}

/// A line as standard error shows it: on a terminal folded between its words, each in one piece,
/// since it may be a path or a command that is copied.
pub fn folded(line: &str) -> String {
    let Some((Width(columns), _)) = terminal_size_of(io::stderr()) else { return line.into() };
    let options = textwrap::Options::new(columns.into())
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(line, options)
}

/// A bar for work on so many things, called `unit`; its message stands behind them.
pub fn bar(length: u64, unit: &'static str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length)).with_prefix(unit);
    ticking(bar, BAR, Duration::from_secs(1))
}

/// A bar for a file of so many bytes.
pub fn bytes(length: u64, file: &str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length)).with_prefix(file.to_string());
    ticking(bar, BYTES, Duration::from_secs(1))
}

/// A spinner for work of unknown length.
pub fn spinner(message: String) -> ProgressBar {
    let spinner = BARS.add(ProgressBar::new_spinner()).with_message(message);
    ticking(spinner, SPINNER, Duration::from_millis(200))
}

/// A line that is drawn when it is told something and at no other time: nothing runs beside work
/// whose time is measured.
pub fn still(message: String) -> ProgressBar {
    let line = BARS.add(ProgressBar::new_spinner()).with_style(style(STILL));
    line.set_message(message);
    line.with_finish(ProgressFinish::AndClear)
}

/// A spinner beside results that are printed meanwhile: drawn where these go elsewhere.
pub fn beside_results(message: String) -> ProgressBar {
    if io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    spinner(message)
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("templates are written here");
    style.with_key("left", left).with_key("speed", speed)
}

/// The time that is left, where there is something to tell it from, and some left.
fn left(state: &ProgressState, out: &mut dyn Write) {
    if (1..state.len().unwrap_or_default()).contains(&state.pos()) {
        let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
    }
}

/// The bytes a second, once there are some.
fn speed(state: &ProgressState, out: &mut dyn Write) {
    if state.pos() > 0 {
        let _ = write!(out, ", {}/s", BinaryBytes(state.per_sec() as u64));
    }
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

/// Draws a bar at once and again after every pause; it goes when the work that it shows ends or
/// fails.
fn ticking(bar: ProgressBar, template: &str, pause: Duration) -> ProgressBar {
    let bar = bar.with_style(style(template)).with_finish(ProgressFinish::AndClear);
    bar.tick();
    bar.enable_steady_tick(pause);
    bar
}
