//! How a command that has something to save is interrupted.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a shell adds to a signal's number for the exit code of a process that it ended.
const ENDED_BY: i32 = 128;

/// Returns what becomes true at the first Ctrl-C or SIGTERM, so that the command can save and stop. The second one ends
/// the process at once: a step may be long.
pub fn caught() -> Result<Arc<AtomicBool>> {
    let caught = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: at the first signal the flag is not set yet.
        flag::register_conditional_shutdown(signal, ENDED_BY + signal, caught.clone())
            .context("Ctrl-C cannot be caught")?;
        flag::register(signal, caught.clone()).context("Ctrl-C cannot be caught")?;
    }
    Ok(caught)
}
