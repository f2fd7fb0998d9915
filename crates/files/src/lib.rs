//! # The one way to touch a file
//!
//! A file that someone else made is untrusted input, and a file of our own must survive a kill at
//! any moment. Both are said here once, for models, tokenizers, word vectors, figures, downloads
//! and the states of trainings.
//!
//! - [`open`] and [`read`] take regular files only, within a size, [`open_text`] streams too;
//!   [`lookalike`] names what is often saved in a file's place.
//! - [`text()`] and [`read_text`] take UTF-8 and nothing else, past a byte order mark.
//!   [`byte_remedy`] and [`io_remedy`] say what to do where that fails.
//! - [`aside`] and [`write()`] make a file whole under another name, bring it to the disk and
//!   rename it.
//! - [`read_json`] and [`write_json`]: no key twice, and errors that name the key.
//! - [`sha256`], [`sha256_of`] and [`hex`]: digests as they are written down.
//! - [`Home`]: the folder in which what was fetched is kept.
//! - [`one_line`], [`shortened`], [`for_terminal`]: a text of a file's own, shown so that it cannot
//!   steer a terminal. [`counted`]: so many things, in words.
//!
//! ```
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("sizes.json");
//! files::write_json(&path, &serde_json::json!({"d_model": 384}))?;
//! let sizes: std::collections::BTreeMap<String, usize> = files::read_json(&path)?;
//! assert_eq!(sizes["d_model"], 384);
//! # Ok::<(), files::FilesError>(())
//! ```

mod aside;
mod error;
mod home;
mod json;
mod line;
mod lookalike;
mod open;
mod sha256;
mod text;

pub use aside::{aside, part_of, settle, write};
pub use error::{FilesError, io_remedy};
pub use home::{HOME_VARIABLE, Home};
pub use json::{read_json, write_json};
pub use line::{counted, for_terminal, one_line, shortened, steers_terminal};
pub use lookalike::{Lookalike, PICKLE, is_web_page, lookalike, refuse_lookalikes};
pub use open::{TextFile, open, open_text, read};
pub use sha256::{hex, sha256, sha256_of};
pub use text::{byte_remedy, read_text, refuse_no_text, text, utf_8};
