//! # Panics of a library turned into errors
//!
//! Some libraries that read files panic on a damaged one. What they say becomes an error of one line, and nothing of it
//! appears on the terminal.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; a panic in it becomes its one-line message.
///
/// The hook that keeps the message off the terminal is installed once and asks a flag of its own thread, so
/// that other threads' panics are still reported.
///
/// ```
/// assert_eq!(guard::guarded(|| 7), Ok(7));
/// assert_eq!(guard::guarded(|| -> u32 { panic!("page 3\nis torn") }), Err("page 3".to_string()));
/// ```
///
/// # Errors
///
/// The first line of the panic's message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    outcome.map_err(|payload| message(&*payload))
}

/// What a panic said, in one line.
pub fn message(payload: &(dyn Any + Send)) -> String {
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied());
    one_line(said.unwrap_or("it panicked without a message"))
}

/// The first line of a message, at most 200 characters of it, control characters shown as escapes.
pub fn one_line(message: &str) -> String {
    const LONGEST: usize = 200;
    let line = message.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(LONGEST).flat_map(printable).collect();
    if line.chars().count() > LONGEST {
        shown.push_str("...");
    }
    shown
}

fn printable(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}
