//! Files of others are read within bounds or refused in one line; files of our own are written
//! whole.

mod json;
mod lookalike;
#[cfg(unix)]
mod texts;
mod write;

use files::FilesError;

/// Asserts that an error is one printable line that holds each of `texts`.
#[track_caller]
pub fn assert_says<T>(result: Result<T, FilesError>, texts: &[&str]) {
    let line = match result {
        Ok(_) => panic!("it was accepted; expected an error with {texts:?}"),
        Err(error) => error.to_string(),
    };
    for text in texts {
        assert!(line.contains(text), "expected {text:?} in: {line}");
    }
    assert!(!line.chars().any(char::is_control), "control characters in: {line:?}");
    assert!(line.len() < 1500, "too long: {line}");
}
