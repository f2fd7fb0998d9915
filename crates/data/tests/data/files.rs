//! Texts and tables.

use std::io::{self, BufReader, Read};
use std::path::Path;

use data::{DataError, LONGEST_LINE, lines, sts};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Vec<String>, DataError> {
    lines(bytes).collect()
}

#[test]
fn lines_end_in_either_way_and_empty_ones_count() {
    assert_eq!(read(b"a\r\n\r\n\nb c\n").unwrap(), ["a", "", "", "b c"]);
    assert_eq!(read(b"no end").unwrap(), ["no end"]);
    assert!(read(b"").unwrap().is_empty());
    assert_eq!(read(b"\n").unwrap(), [""]);
}

#[test]
fn a_byte_order_mark_is_no_text() {
    assert_eq!(read("\u{feff}a\n\u{feff}b".as_bytes()).unwrap(), ["a", "\u{feff}b"]);
}

#[test]
fn bytes_that_are_no_text_are_named_with_their_place() {
    let error = read(b"fine\nab\xff\xfe\nnever read\n").unwrap_err().to_string();
    assert!(
        error.contains("line 2") && error.contains("0xff") && error.contains("column 3"),
        "{error}"
    );
    let cut = read("é".as_bytes().split_at(1).0).unwrap_err();
    assert!(matches!(cut, DataError::NotUtf8 { line: 1, byte: 0xc3, column: 1 }));
    assert_eq!(lines(&b"\xff\nb\n"[..]).count(), 1, "nothing follows an error");
}

#[test]
fn a_zero_and_a_carriage_return_that_ends_no_line_are_named_with_their_place() {
    let error = read(b"fine\nab\0c\n").unwrap_err().to_string();
    assert!(error.contains("line 2: expected UTF-8, found byte 0x00 at column 3"), "{error}");
    for (text, place) in [(&b"one\rtwo\r"[..], "column 4"), (b"one\r\r\n", "column 4")] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains(place), "{error}");
        assert!(error.contains(r"tr '\r' '\n'"), "{error}");
    }
}

#[test]
fn a_line_beyond_the_bound_is_refused_without_being_held() {
    let endless = BufReader::new(io::repeat(b'x'));
    let error = lines(endless).next().unwrap().unwrap_err();
    assert!(matches!(error, DataError::TooLong { line: 1, limit: LONGEST_LINE }));
    let longest = BufReader::new(io::repeat(b'x').take(LONGEST_LINE as u64));
    assert_eq!(lines(longest).next().unwrap().unwrap().len(), LONGEST_LINE);
}

#[test]
fn a_reader_that_fails_is_an_error_with_the_line() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut lines = lines(BufReader::new((&b"one\n"[..]).chain(Broken)));
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    let error = lines.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("the disk is gone"), "{error}");
    assert!(lines.next().is_none());
}

proptest! {
    #[test]
    fn any_bytes_give_lines_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        match read(&bytes) {
            Ok(read) => prop_assert!(read.iter().all(|line| !line.contains('\n'))),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
        }
    }
}

fn table(content: &[u8]) -> Result<Vec<data::Pair>, DataError> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, content).unwrap();
    sts(&path)
}

#[test]
fn a_table_of_pairs_is_read_with_or_without_its_header() {
    let rows = "\"A, b\",\"He said \"\"no\"\"\",4.75\nc,d,0\n";
    for text in [rows.to_string(), format!("sentence1,sentence2,score\n{rows}")] {
        let pairs = table(text.as_bytes()).unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(
            (pairs[0].a.as_str(), pairs[0].b.as_str(), pairs[0].score),
            ("A, b", "He said \"no\"", 4.75)
        );
    }
}

#[test]
fn a_broken_row_is_named_with_its_line() {
    for (text, parts) in [
        (
            &b"sentence1,sentence2,score\na,b,1\nc,d\n"[..],
            ["line 3", "sentence1,sentence2,score", "2 columns"],
        ),
        (b"a,b,1\nc,d,high\n", ["line 2", "a number", "\"high\""]),
        (b"a,b,1\nc,d,NaN\n", ["line 2", "a number", "\"NaN\""]),
        (b"a,b,1\n\xff,d,2\n", ["line 2", "UTF-8", "other bytes"]),
        (b"", ["table.csv", "sentence1,sentence2,score", "found no row"]),
        (
            b"sentence1,sentence2,score\n",
            ["table.csv", "sentence1,sentence2,score", "found no row"],
        ),
    ] {
        let error = table(text).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1);
        assert!(parts.iter().all(|part| error.contains(part)), "{error:?} lacks one of {parts:?}");
    }
    let error = sts(Path::new("/no/such/table.csv")).unwrap_err().to_string();
    assert!(error.contains("/no/such/table.csv"), "{error}");
}

#[test]
#[ignore = "needs: RUNGS_DATA, the folder that holds stsb-en-test.csv"]
fn stsb_has_its_1379_rows() {
    let folder = std::env::var("RUNGS_DATA").expect("RUNGS_DATA names the data folder");
    let pairs = sts(&Path::new(&folder).join("stsb-en-test.csv")).unwrap();
    assert_eq!(pairs.len(), 1379);
    assert!(pairs.iter().all(|pair| (0.0..=5.0).contains(&pair.score)));
}
