//! What crosses lessons. A failure lists every breach, one a line, and says what to do about it.

mod arrows;
mod book;
mod figures;
mod files;
mod golden;
mod lessons;
mod notebooks;
mod one_build;
mod rooms;
mod sizes;
mod tree;

/// Fails with `what to do` and all breaches, if there are any.
#[track_caller]
fn none(breaches: Vec<String>, remedy: &str) {
    assert!(breaches.is_empty(), "{remedy}:\n  {}\n", breaches.join("\n  "));
}
