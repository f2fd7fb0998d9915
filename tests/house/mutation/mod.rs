//! Every reader under mutation of valid files: it opens what still can be read, or refuses it in
//! one line that names the path. Nothing panics, ends the process, takes more than
//! [`MOST_SECONDS`] or holds more memory than twice its files and [`ALLOWANCE`].
//!
//! `cargo test -p house mutation` changes [`CHANGES`] files of each format;
//! `RUNGS_MUTATIONS=20000 cargo test -p house mutation -- --nocapture` more, and says of each
//! format what came of them. A change follows from the format's name and its number alone. The
//! folders that broke a reader are kept where the failing test says.
//!
//! The readers run in a process of their own, so that the end of that process, by a stack or a
//! memory that overflows, is seen as well.

mod changes;
mod child;
mod formats;
mod models;
mod parent;
mod samples;
mod store;

use formats::FORMATS;

/// Changed files of each format, unless `RUNGS_MUTATIONS` says otherwise.
const CHANGES: usize = 500;
/// The most time of a processor that opening and using a file may take.
const MOST_SECONDS: f64 = 5.0;
/// Memory that may be held besides twice the files, in bytes: buffers, threads, what an allocator
/// keeps.
const ALLOWANCE: u64 = 32 << 20;
/// The most memory that the readers' process may reserve, in bytes.
const MOST_RESERVED: u64 = 8 << 30;

#[test]
fn a_changed_configuration_is_read_or_refused() {
    parent::survives("configuration");
}

#[test]
fn changed_weights_are_read_or_refused() {
    parent::survives("weights");
}

#[test]
fn a_changed_gguf_file_is_read_or_refused() {
    parent::survives("GGUF");
}

#[test]
fn a_changed_tokenizer_is_read_or_refused() {
    parent::survives("tokenizer");
}

#[test]
fn a_changed_sentence_model_is_read_or_refused() {
    parent::survives("sentence model");
}

#[test]
fn changed_word_vectors_are_read_or_refused() {
    parent::survives("vectors as text");
    parent::survives("vectors in binary");
}

#[test]
fn a_changed_index_is_read_or_refused() {
    parent::survives("index");
}

#[test]
fn changed_texts_are_read_or_refused() {
    parent::survives("tables");
    parent::survives("corpus");
    parent::survives("questions");
}

#[test]
fn a_changed_training_is_gone_on_with_or_refused() {
    parent::survives("training");
}

#[test]
fn a_changed_classifier_is_read_or_refused() {
    parent::survives("classifier");
}

#[test]
fn changed_recorded_values_are_read_or_refused() {
    parent::survives("recorded values");
}

/// What the parent runs in a process of its own; by itself it does nothing.
#[test]
fn child() {
    child::run();
}
