//! Where the time goes: a tally of operations, on the plain road and on the fast one.
//!
//! A timer runs from where it is made to where it is dropped, and stands still while another one of
//! the same thread runs inside it: no moment is counted twice. While nobody has asked for a tally,
//! a timer is one look at a switch.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Instant;

/// What time is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Products with weights, and what is computed with them before they are written.
    Product,
    /// Scores, softmax and means of attention.
    Attention,
    /// Layer norm and RMSNorm, with the residual if it is added with it.
    Norm,
    /// Activations that are computed by themselves.
    Activation,
    /// Tables of vectors that are looked up.
    Embedding,
    /// Steps of the optimizer.
    Update,
    /// The whole, without what is counted above.
    Rest,
}

impl Operation {
    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Attention => "attention",
            Self::Norm => "norm",
            Self::Activation => "activation",
            Self::Embedding => "embedding",
            Self::Update => "update",
            Self::Rest => "rest",
        }
    }
}

/// Every operation, in the order of a table.
pub const OPERATIONS: [Operation; 7] = [
    Operation::Product,
    Operation::Attention,
    Operation::Norm,
    Operation::Activation,
    Operation::Embedding,
    Operation::Update,
    Operation::Rest,
];

/// What was counted of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// How often it was called.
    pub calls: u64,
    /// Time on all threads together, in nanoseconds.
    pub nanoseconds: u64,
    /// Arithmetic.
    pub flops: u64,
    /// Traffic, if everything that goes in is read once and what comes out is written once.
    pub bytes: u64,
}

/// Whether anybody has asked.
static ON: AtomicBool = AtomicBool::new(false);

/// Calls, nanoseconds, FLOPs and bytes of every operation.
static COUNTS: [[AtomicU64; 4]; OPERATIONS.len()] =
    [const { [const { AtomicU64::new(0) }; 4] }; OPERATIONS.len()];

thread_local! {
    /// The operations that run on this thread, the innermost last, and since when it does.
    static RUNNING: RefCell<(Vec<Operation>, Option<Instant>)> =
        const { RefCell::new((Vec::new(), None)) };
}

/// Begins a tally of the whole process with nothing in it.
pub fn start() {
    for counts in &COUNTS {
        for count in counts {
            count.store(0, Relaxed);
        }
    }
    ON.store(true, Relaxed);
}

/// Ends the tally and says what is in it.
pub fn stop() -> Vec<Entry> {
    ON.store(false, Relaxed);
    let mut entries = Vec::new();
    for operation in OPERATIONS {
        let [calls, nanoseconds, flops, bytes] =
            COUNTS[operation as usize].each_ref().map(|count| count.load(Relaxed));
        entries.push(Entry { operation, calls, nanoseconds, flops, bytes });
    }
    entries
}

/// Counts the time until it is dropped. `work` says how much there is to do: FLOPs and bytes; it is
/// asked only where a tally is kept.
pub fn timer(operation: Operation, work: impl FnOnce() -> [u64; 2]) -> Timer {
    let is_counted = ON.load(Relaxed);
    if is_counted {
        let [calls, _, flops, bytes] = &COUNTS[operation as usize];
        let [more_flops, more_bytes] = work();
        calls.fetch_add(1, Relaxed);
        flops.fetch_add(more_flops, Relaxed);
        bytes.fetch_add(more_bytes, Relaxed);
        RUNNING.with_borrow_mut(|(running, since)| {
            charge(running, since);
            running.push(operation);
        });
    }
    Timer { is_counted, thread_bound: PhantomData }
}

/// The work of a pass over `numbers` that are read and written once, `flops` each.
pub fn pass(numbers: usize, flops: u64) -> [u64; 2] {
    let numbers = numbers as u64;
    [numbers * flops, 2 * size_of::<f32>() as u64 * numbers]
}

/// The work of a product of `[rows, inner]` and `[inner, columns]`.
pub fn product(rows: usize, inner: usize, columns: usize) -> [u64; 2] {
    let [rows, inner, columns] = [rows, inner, columns].map(|size| size as u64);
    let numbers = rows * inner + inner * columns + rows * columns;
    [2 * rows * inner * columns, size_of::<f32>() as u64 * numbers]
}

/// Made by [`timer`].
#[derive(Debug)]
#[must_use = "the time is counted only while the timer is held"]
pub struct Timer {
    is_counted: bool,
    /// A raw pointer is not `Send`: the timer is dropped on the thread that it counts for.
    thread_bound: PhantomData<*const ()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        if self.is_counted {
            RUNNING.with_borrow_mut(|(running, since)| {
                charge(running, since);
                running.pop();
            });
        }
    }
}

/// Adds the time since the last change to the innermost operation.
fn charge(running: &[Operation], since: &mut Option<Instant>) {
    let now = Instant::now();
    if let (Some(operation), Some(since)) = (running.last(), *since) {
        let nanoseconds = (now - since).as_nanos() as u64;
        COUNTS[*operation as usize][1].fetch_add(nanoseconds, Relaxed);
    }
    *since = Some(now);
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_timer_stands_still_while_another_runs_inside_it_and_off_it_counts_nothing() {
        let pause = Duration::from_millis(20);
        start();
        {
            let _whole = timer(Operation::Rest, || [0, 0]);
            sleep(pause);
            {
                let _product = timer(Operation::Product, || product(2, 3, 4));
                sleep(pause);
            }
            sleep(pause);
        }
        let entries = stop();
        drop(timer(Operation::Norm, || unreachable!("nobody asks")));
        let [product, .., rest] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!((product.calls, product.flops, product.bytes), (1, 48, 4 * (6 + 12 + 8)));
        let pause = pause.as_nanos() as u64;
        assert!(product.nanoseconds >= pause, "{product:?}");
        assert!(rest.nanoseconds >= 2 * pause, "{rest:?}");
        assert_eq!(entries[2].calls, 0);
    }
}
