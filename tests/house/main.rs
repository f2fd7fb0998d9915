//! What crosses lessons. A failure lists every breach, one a line, and says what to do about it.

mod arrows;
mod book;
mod exercises;
mod figures;
mod files;
mod golden;
mod lessons;
#[cfg(target_os = "linux")] // it asks /proc
mod mutation;
mod notebooks;
mod one_build;
mod rooms;
mod sizes;
mod style;
mod tree;

/// Fails with the remedy and all breaches, if there are any. No backtrace: what is wrong stands in
/// the files that are named.
#[track_caller]
fn none(breaches: Vec<String>, remedy: &str) {
    if !breaches.is_empty() {
        eprintln!("{remedy}:\n  {}\n", breaches.join("\n  "));
        std::panic::resume_unwind(Box::new("the breaches are listed above"));
    }
}
