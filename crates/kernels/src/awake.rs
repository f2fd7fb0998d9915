//! Keeps the other cores awake between two operations.
//!
//! A thread that finds no work goes to sleep, and its core with it. To wake both takes up to some
//! sixty microseconds: longer than a core's part of most operations on one sentence. So while fast
//! operations follow each other, the other threads go on asking for work.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rayon::Yield;

/// How long a thread asks for work before it gives up: longer than what lies between two operations.
const PATIENCE: Duration = Duration::from_micros(200);

/// After so long it gives up anyway: below it on its stack may lie work of others that waits for it.
const AT_MOST: Duration = Duration::from_millis(10);

/// Pauses between two questions: a microsecond or less.
const PAUSES: usize = 8;

/// How many threads are awake for this reason.
static AWAKE: AtomicUsize = AtomicUsize::new(0);

/// Lets all threads but this one ask for work, those of them that do not yet.
pub(crate) fn keep_others_awake() {
    let others = rayon::current_num_threads() - 1;
    if AWAKE.load(Relaxed) >= others {
        return;
    }
    let this = rayon::current_thread_index();
    rayon::spawn_broadcast(move |thread| {
        if this != Some(thread.index()) {
            if AWAKE.fetch_add(1, Relaxed) < others {
                ask_for_work();
            }
            AWAKE.fetch_sub(1, Relaxed);
        }
    });
}

/// Does what there is to do, until for a while there is nothing.
fn ask_for_work() {
    let start = Instant::now();
    let mut last = start;
    while last.elapsed() < PATIENCE && start.elapsed() < AT_MOST {
        if rayon::yield_now() == Some(Yield::Executed) {
            last = Instant::now();
        } else {
            for _ in 0..PAUSES {
                hint::spin_loop(); // which leaves the core to its other thread, if it has two
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// 1 + 2 + .. + count, each half by whichever thread is free.
    fn sum(first: u64, count: u64) -> u64 {
        if count == 1 {
            return first;
        }
        let half = count / 2;
        let (a, b) = rayon::join(|| sum(first, half), || sum(first + half, count - half));
        a + b
    }

    #[test]
    fn what_several_threads_share_out_is_done_while_the_cores_are_kept_awake() {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        keep_others_awake();
                        assert_eq!(sum(1, 100), 5050);
                    }
                });
            }
        });
    }

    #[test]
    fn threads_without_work_go_to_sleep_again() {
        keep_others_awake();
        let start = Instant::now();
        while AWAKE.load(Relaxed) > 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "still awake after a minute");
            thread::sleep(PATIENCE);
        }
    }
}
