//! How a command that has something to save is interrupted.
//!
//! Whatever it saves, a command that a signal stops ends by that signal in the end, as one does
//! that catches none: a shell says 130 of Ctrl-C and 143 of SIGTERM, and ends its loop too.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, OnceLock};

use anyhow::{Error, Result, anyhow};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// Flag of whether the next signal ends the process, shared by every [`Interrupt`]: a handler
/// cannot be taken away again.
static ENDING: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Number of the signal that came last, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Ends the process by the signal that came, if one did and a command stopped for it.
pub fn end_by_signal() {
    if let signal @ 1.. = SIGNAL.load(Relaxed) {
        let _ = low_level::emulate_default_handler(signal as i32);
    }
}

/// Catches the first Ctrl-C or SIGTERM, so that the command can save and stop. The second one ends
/// the process at once, since a step may be long, and so does the first one after this is dropped.
pub struct Interrupt {
    /// Whether a signal came.
    came: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches Ctrl-C and SIGTERM from now on.
    pub fn catch() -> Result<Self> {
        Self::of(&[SIGINT, SIGTERM])
    }

    /// Catches Ctrl-C alone, where that ends less than the command; a command catches signals in one
    /// of the two ways.
    pub fn catch_ctrl_c() -> Result<Self> {
        Self::of(&[SIGINT])
    }

    fn of(signals: &[i32]) -> Result<Self> {
        if let Some(ending) = ENDING.get() {
            ending.store(false, Relaxed);
            SIGNAL.store(0, Relaxed);
            return Ok(Self { came: ending.clone() });
        }
        let came = Arc::new(AtomicBool::new(false));
        for &signal in signals {
            // In this order: at the first signal the flag is not set yet.
            flag::register_conditional_default(signal, came.clone()).map_err(not_caught)?;
            flag::register(signal, came.clone()).map_err(not_caught)?;
            flag::register_usize(signal, SIGNAL.clone(), signal as usize).map_err(not_caught)?;
        }
        Ok(Self { came: ENDING.get_or_init(|| came).clone() })
    }

    /// Whether a signal came.
    pub fn came(&self) -> bool {
        self.came.load(Relaxed)
    }
}

/// The error of a signal whose handler the system refuses.
fn not_caught(error: io::Error) -> Error {
    anyhow!("Ctrl-C cannot be caught: {error}")
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.came.store(true, Relaxed);
    }
}
