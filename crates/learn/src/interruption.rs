//! Whether the process is asked to end: Ctrl-C, a closed terminal, `kill`.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Catches the signals, so that what is being done is ended in good order.
pub fn install() {
    let asked = ASKED.get_or_init(Arc::default);
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        // Where a signal cannot be caught it ends the process, as it would without us.
        let _ = signal_hook::flag::register(signal, asked.clone());
    }
}

/// Whether one of them came.
pub fn came() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Relaxed))
}
