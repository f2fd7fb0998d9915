//! Lesson 02, tested.

mod by_hand;
mod exercises;
mod laws;
mod learns;
mod parity;

use data::Corpus;

/// The docs corpus from its beginning: whole passages of `bytes` together, then as many again that
/// follow.
fn docs(bytes: usize) -> (Vec<String>, Vec<String>) {
    let mut passages = Corpus::Docs.passages().unwrap();
    let mut part = || {
        let mut left = bytes;
        let mut texts = Vec::new();
        while left > 0 {
            let text = passages.next().expect("the corpus is longer").unwrap();
            left = left.saturating_sub(text.len());
            texts.push(text);
        }
        texts
    };
    (part(), part())
}
