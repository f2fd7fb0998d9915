//! Tables with tabs.

use std::io::Write;

use data::{Labelled, Related, labelled, related};
use tempfile::NamedTempFile;

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn two_columns_belong_together_and_a_third_does_not() {
    let table =
        file("\u{feff}a question\tits answer\r\n\nanother \t its answer\tno answer\n".as_bytes());
    let row = |query: &str, meant: &str, other: Option<&str>| Related {
        query: query.into(),
        meant: meant.into(),
        other: other.map(String::from),
    };
    let expected =
        [row("a question", "its answer", None), row("another", "its answer", Some("no answer"))];
    assert_eq!(related(table.path()).unwrap(), expected);
}

#[test]
fn a_label_is_any_string() {
    let table = file("what a film\tsehr gut\nnothing\t0\n".as_bytes());
    let row = |text: &str, label: &str| Labelled { text: text.into(), label: label.into() };
    assert_eq!(
        labelled(table.path()).unwrap(),
        [row("what a film", "sehr gut"), row("nothing", "0")]
    );
}

#[test]
fn a_row_that_is_none_is_refused_with_its_line() {
    let refused = |bytes: &[u8], needles: &[&str]| {
        let table = file(bytes);
        let error = labelled(table.path()).unwrap_err().to_string();
        assert!(
            !error.contains('\n') && needles.iter().all(|needle| error.contains(needle)),
            "{error}"
        );
    };
    refused(b"", &["no row"]);
    refused(b"\n\n", &["no row"]);
    refused(b"good\t1\nno label\n", &["line 2", "1 column"]);
    refused(b"good\t\n", &["line 1", "1 of them empty"]);
    refused(b"\t1\n", &["1 of them empty"]);
    refused(b"a\tb\tc\n", &["3 columns"]);
    refused(b"good\t1\nb\xff\t0\n", &["line 2", "UTF-8"]);
    assert!(
        related(std::path::Path::new("nowhere.tsv"))
            .unwrap_err()
            .to_string()
            .contains("nowhere.tsv")
    );
}

#[test]
fn a_line_of_ten_megabytes_is_read() {
    let text = "word ".repeat(2 << 20);
    let table = file(format!("{text}\tlong\n").as_bytes());
    assert_eq!(labelled(table.path()).unwrap()[0].text, text.trim());
}

#[test]
fn a_tab_or_a_line_end_between_quotes_belongs_to_the_cell() {
    for (table, expected) in [
        ("how is it\tfine\n\"x\ty\"\tneg\n", [("how is it", "fine"), ("x\ty", "neg")]),
        ("\"x\ty\nz\"\tpos\nbad\tneg\n", [("x\ty\nz", "pos"), ("bad", "neg")]),
        ("\"a \"\"b\"\"\tc\"\tpos\r\nbad\tneg", [("a \"b\"\tc", "pos"), ("bad", "neg")]),
        // quotes that only stand in a text
        ("\"x\" is quoted\tpos\n\"y\tneg\n", [("\"x\" is quoted", "pos"), ("\"y", "neg")]),
    ] {
        let rows = labelled(file(table.as_bytes()).path()).unwrap();
        let found: Vec<(&str, &str)> =
            rows.iter().map(|row| (row.text.as_str(), row.label.as_str())).collect();
        assert_eq!(found, expected, "{table:?}");
    }
}
