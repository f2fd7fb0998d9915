//! What is saved in a file's place is named before anything is read of it.

use std::fs;

use files::{is_web_page, lookalike, one_line, read, sha256, sha256_of};

use crate::assert_says;

#[test]
fn what_gives_itself_away_is_named_with_a_remedy() {
    for (beginning, found) in [
        (&b"<!DOCTYPE html>\n<html>"[..], "a web page"),
        (b"\n  <HTML lang=\"en\">", "a web page"),
        (b"<?xml version=\"1.0\"?><Error>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git-LFS pointer"),
        (b"PK\x03\x04\x00\x00", "a Python pickle"),
        (b"\x80\x02}q\x00.....", "a Python pickle"),
        (b"GGUF\x03\x00\x00\x00", "a GGUF file"),
    ] {
        let told = lookalike(beginning).unwrap_or_else(|| panic!("{beginning:?} is told"));
        assert!(told.found.starts_with(found) && !told.remedy.is_empty(), "{told:?}");
        assert_eq!(is_web_page(beginning), found == "a web page");
    }
}

#[test]
fn what_is_sound_is_no_lookalike() {
    // The last two: a header of 640 bytes begins as a pickle does, and a text may begin with a
    // bracket.
    for beginning in [&b""[..], b"{", b"[PAD]\n[UNK]", b"\x80\x02\0\0\0\0\0\0{", b"<unk>\n<s>"] {
        assert_eq!(lookalike(beginning), None, "{beginning:?}");
    }
}

#[test]
fn a_file_is_read_within_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read(&path, "a text", 5).unwrap(), b"12345");
    assert_says(read(&path, "a text", 4), &["a.txt", "expected a text", "5 bytes, above 4"]);
    assert_says(read(folder.path(), "a text", 4), &["expected a text, found a folder"]);
    assert_says(read(&folder.path().join("b"), "a text", 4), &["does not exist: expected a text"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_refused_before_it_can_block() {
    assert_says(
        read("/dev/zero".as_ref(), "a text", 4),
        &["a device, pipe or socket", "regular file"],
    );
}

#[test]
fn digests_are_written_in_hexadecimal() {
    // FIPS 180-2, appendix B.1.
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc"), sum);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    fs::write(&path, "abc").unwrap();
    assert_eq!(sha256_of(&path).unwrap(), sum);
}

#[test]
fn a_text_is_shown_in_one_harmless_line() {
    assert_eq!(
        one_line("two\nlines, a \u{1b}[31mred word, 'é' and \\"),
        "two\\nlines, a \\u{1b}[31mred word, 'é' and \\"
    );
    let long = one_line(&"x".repeat(1000));
    assert!(long.len() < 310 && long.ends_with("..."), "{long}");
}
