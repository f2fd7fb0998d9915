//! # Panics of a library turned into errors
//!
//! Some libraries that read files panic on a damaged one, and a backend panics where its driver is
//! missing. What they say becomes an error of one line, and nothing of it appears on the terminal.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, Location, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// Where this thread's last panic that was kept off the terminal stood.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a panic said, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Panic {
    /// The first line of its message.
    pub message: String,
    /// All of its message in one line, as far as it is of reasonable length.
    pub words: String,
    /// The file, as the compiler was given it, and the line.
    pub place: String,
}

/// What panics said since [`guarded_everywhere`] began, in order; `None` while it does not run.
static HEARD: Mutex<Option<Vec<String>>> = Mutex::new(None);

/// Runs `work`; a panic in it becomes its one-line message.
///
/// Only the panics of this thread are kept off the terminal: those of others are still reported
/// there.
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
    caught(work).map_err(|panic| panic.message)
}

/// As [`guarded`], and says where the panic stood.
///
/// ```
/// let panic = guard::caught(|| [1, 2][usize::MAX.min(7)]).unwrap_err();
/// assert!(panic.message.contains("index out of bounds"));
/// assert!(panic.place.contains(".rs:"), "{}", panic.place);
/// ```
///
/// # Errors
///
/// What the panic said, and where.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    install();
    let before = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    outcome.map_err(|payload| Panic {
        message: message(&*payload),
        words: in_one_line(text_of(&*payload)),
        place: PLACE.take(),
    })
}

/// Runs `work`; a panic in it becomes the one-line message of the first panic since it began, on
/// whichever thread.
///
/// A driver often fails on a thread of its own, and what panics here only says that no answer came:
/// the cause is what was said first. No thread's panic appears on the terminal meanwhile, and only
/// one thread at a time runs such work.
///
/// # Errors
///
/// The first line of the first panic's message.
pub fn guarded_everywhere<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = lock(&ONE_AT_A_TIME);
    install();
    *lock(&HEARD) = Some(Vec::new());
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    let heard = lock(&HEARD).take().unwrap_or_default();
    outcome.map_err(|payload| heard.into_iter().next().unwrap_or_else(|| message(&*payload)))
}

/// Installs the one hook of both: it asks flags, so that neither ever takes the other's hook away.
fn install() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                PLACE.set(info.location().map(place_of).unwrap_or_default());
            } else if !hear(info) {
                previous(info);
            }
        }));
    });
}

fn place_of(location: &Location) -> String {
    format!("{}:{}", location.file(), location.line())
}

/// Keeps what a panic says, if there is work that wants to know.
fn hear(info: &PanicHookInfo) -> bool {
    let mut heard = lock(&HEARD);
    if let Some(messages) = heard.as_mut() {
        messages.push(message(info.payload()));
    }
    heard.is_some()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The message of a panic, in one line.
pub fn message(payload: &(dyn Any + Send)) -> String {
    first_line(text_of(payload))
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else {
        "it panicked without a message"
    }
}

/// A message of several lines in one, without lines that only draw a frame.
fn in_one_line(message: &str) -> String {
    let mut words = Vec::new();
    for line in message.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with("===") {
            words.push(line);
        }
    }
    first_line(&words.join(" "))
}

/// The first line of a message, at most 200 characters of it, control characters shown as escapes.
fn first_line(message: &str) -> String {
    const LONGEST: usize = 300;
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
