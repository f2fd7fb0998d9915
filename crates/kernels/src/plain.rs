//! The plain switch.

use std::cell::Cell;
use std::env;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Name of the environment variable that makes a whole process plain: `RUNGS_PLAIN=1`.
pub const PLAIN_VARIABLE: &str = "RUNGS_PLAIN";

/// How many guards of [`plain_everywhere`] the process holds.
static PROCESS_GUARDS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// How many guards of [`plain_here`] this thread holds.
    static GUARDS: Cell<usize> = const { Cell::new(0) };

    /// How many fast operations on tensors this thread has called.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// How many fast operations on tensors this thread has called: none while it is plain.
pub fn calls_here() -> usize {
    CALLS.get()
}

/// Counts a call of a fast operation on tensors, for which the other cores stay awake.
#[cfg(feature = "tensors")]
pub(crate) fn count_call() {
    CALLS.set(CALLS.get() + 1);
    crate::awake::keep_others_awake();
}

/// Whether every struct runs the function that its lesson shows, and not its fast version.
///
/// It does in a process where `RUNGS_PLAIN` is set (and neither empty nor 0), [`make_plain`] was
/// called or an [`EverywhereGuard`] is held, and on a thread that holds a [`PlainGuard`].
pub fn plain() -> bool {
    GUARDS.get() > 0 || PROCESS_GUARDS.load(Relaxed) > 0 || asked_for()
}

/// Makes the whole process plain, on all of its threads, for good.
pub fn make_plain() {
    std::mem::forget(plain_everywhere());
}

/// Makes the whole process plain, on all of its threads, for as long as the guard is held: the way
/// of a comparison, which runs both roads in turn.
pub fn plain_everywhere() -> EverywhereGuard {
    PROCESS_GUARDS.fetch_add(1, Relaxed);
    EverywhereGuard
}

/// Keeps the whole process plain; made by [`plain_everywhere`].
#[derive(Debug)]
#[must_use = "the process is plain only while the guard is held"]
#[non_exhaustive]
pub struct EverywhereGuard;

impl Drop for EverywhereGuard {
    fn drop(&mut self) {
        PROCESS_GUARDS.fetch_sub(1, Relaxed);
    }
}

/// Makes this thread plain for as long as the guard is held: the way of a test, which leaves the
/// tests beside it fast.
pub fn plain_here() -> PlainGuard {
    GUARDS.set(GUARDS.get() + 1);
    PlainGuard { thread_bound: PhantomData }
}

/// Keeps the thread that made it plain; made by [`plain_here`].
#[derive(Debug)]
#[must_use = "the thread is plain only while the guard is held"]
pub struct PlainGuard {
    /// A raw pointer is not `Send`: the guard is dropped on the thread that it counts for.
    thread_bound: PhantomData<*const ()>,
}

impl Drop for PlainGuard {
    fn drop(&mut self) {
        GUARDS.set(GUARDS.get() - 1);
    }
}

/// Whether the environment asks for plain, read once.
fn asked_for() -> bool {
    static ASKED_FOR: OnceLock<bool> = OnceLock::new();
    *ASKED_FOR.get_or_init(|| {
        env::var_os(PLAIN_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_makes_its_thread_or_the_whole_process_plain_and_ends_with_its_scope() {
        let before = plain();
        {
            let _outer = plain_here();
            {
                let _inner = plain_here();
                assert!(plain());
            }
            assert!(plain(), "the outer guard is still held");
            let beside = std::thread::spawn(plain).join().unwrap();
            assert_eq!(beside, before);
        }
        assert_eq!(plain(), before);
        {
            let _everywhere = plain_everywhere();
            let beside = std::thread::spawn(plain).join().unwrap();
            assert!(plain() && beside);
        }
        assert_eq!(plain(), before);
    }
}
