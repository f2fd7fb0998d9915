//! How a command that has something to save is interrupted.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use anyhow::{Result, anyhow};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a shell adds to a signal's number for the exit code of a process that it ended.
const ENDED_BY: i32 = 128;

/// Whether the next signal ends the process. One for all: a handler cannot be taken away again.
static ENDING: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Catches the first Ctrl-C or SIGTERM, so that the command can save and stop. The second one ends
/// the process at once, since a step may be long, and so does the first one after this is dropped.
pub struct Interrupt {
    came: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches signals from now on.
    pub fn catch() -> Result<Self> {
        if let Some(ending) = ENDING.get() {
            ending.store(false, Relaxed);
            return Ok(Self { came: ending.clone() });
        }
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: at the first signal the flag is not set yet.
            flag::register_conditional_shutdown(signal, ENDED_BY + signal, came.clone())
                .and_then(|_| flag::register(signal, came.clone()))
                .map_err(|error| anyhow!("Ctrl-C cannot be caught: {error}"))?;
        }
        Ok(Self { came: ENDING.get_or_init(|| came).clone() })
    }

    /// Whether a signal came.
    pub fn came(&self) -> bool {
        self.came.load(Relaxed)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.came.store(true, Relaxed);
    }
}
