//! What is saved in a file's place is named before anything is read of it.

use std::{fs, io};

use files::{FilesError, is_web_page, lookalike, one_line, read, read_text, sha256, sha256_of};

use crate::assert_says;

#[test]
fn what_gives_itself_away_is_named_with_a_remedy() {
    for (beginning, found) in [
        (&b"<!DOCTYPE html>\n<html>"[..], "a web page"),
        (b"\n  <HTML lang=\"en\">", "a web page"),
        (b"<?xml version=\"1.0\"?><Error>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git-LFS pointer"),
        (b"PK\x03\x04\x00\x00", "a Python pickle"),
        (b"PK\x03\x04----------------------\x0f\0\0\0model7/data.pkl", "a Python pickle"),
        (b"PK\x03\x04----------------------\x05\0\0\0a.csv", "a zip archive"),
        (b"\x1f\x8b\x08\x00\0\0\0\0\0\x03", "a gzip file"),
        (b"\x28\xb5\x2f\xfd\x04", "a zstd file"),
        (b"\xfd7zXZ\0\0", "an xz file"),
        (b"BZh91AY&SY", "a bzip2 file"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"\x93NUMPY\x01\0", "a NumPy array"),
        (b"\xff\xfea\0,\0b\0", "text in UTF-16"),
        (b"\xfe\xff\0a\0,", "text in UTF-16"),
        (b"\xff\xfe\0\0a\0\0\0", "text in UTF-32"),
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
    // A header of safetensors may be as long as another format's first bytes say, and a text may
    // begin with a bracket.
    for beginning in [
        &b""[..],
        b"{",
        b"[PAD]\n[UNK]",
        b"\x80\x02\0\0\0\0\0\0{",
        b"\xff\xfe\x01\0\0\0\0\0{",
        b"\x1f\x8b\x08\0\0\0\0\0{",
        b"BZh is no beginning of bzip2",
        b"<unk>\n<s>",
    ] {
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

#[test]
fn a_tar_archive_is_told_by_its_first_block() {
    let mut block = vec![0; 512];
    block[..5].copy_from_slice(b"a.csv");
    block[257..262].copy_from_slice(b"ustar");
    assert_eq!(lookalike(&block).unwrap().found, "a tar archive");
}

#[test]
fn a_text_is_read_past_its_byte_order_mark_and_refused_where_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let of = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read_text(&path, "a table")
    };
    assert_eq!(of("\u{feff}é\u{feff}".as_bytes()).unwrap(), "é\u{feff}");
    assert_eq!(of(b"").unwrap(), "");
    assert_says(of(b"\x1f\x8b\x08"), &["a.txt", "expected a table, found a gzip file", "gunzip"]);
    assert_says(of(b"\x80\x04\x95\0"), &["a Python pickle", "save what it holds as text"]);
    assert_says(of(b"one\ntw\xf6"), &["line 2", "invalid UTF-8 at byte 6", "0xf6", "iconv"]);
    assert_says(of(b"a\0b\0\n\0"), &["line 1", "a zero at byte 1"]);
    assert_says(read_text(folder.path(), "a table"), &["found a directory"]);
    assert_says(
        read_text(&folder.path().join("b"), "a table"),
        &["does not exist: expected a table", "check the path"],
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_and_a_refused_permission_are_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::os::unix::fs::symlink("gone.txt", &path).unwrap();
    for read in [read(&path, "a text", 4).map(drop), read_text(&path, "a text").map(drop)] {
        assert_says(read, &["a link to \"gone.txt\", where nothing is", "mend the link"]);
    }
    // root may read everything, so the error is made by hand
    let denied = io::Error::from(io::ErrorKind::PermissionDenied);
    assert_says(
        Err::<(), _>(FilesError::io(&path, "reading")(denied)),
        &["a.txt", "reading failed: permission denied", "chmod"],
    );
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

#[test]
fn an_error_is_a_line_however_much_of_a_file_it_names() {
    let key = "layers".repeat(10_000);
    let problem = format!("expected 2, found \"{}\n\"", "layer ".repeat(10_000));
    let error = FilesError::Json { path: "config.json".into(), key, problem }.to_string();
    assert!(error.len() < 1_500 && !error.contains('\n'), "{error}");
    assert!(error.contains("expected 2, found") && error.ends_with("fetch it again"), "{error}");
}
