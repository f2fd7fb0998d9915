//! Files of word vectors: read right or refused with the line or the byte offset.

use std::fs;

use checkpoint::{CheckpointError, WordVectors};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::assert_says;

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Result<WordVectors, CheckpointError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    WordVectors::read(&path)
}

/// A binary file: header, then each word with its numbers and a line end.
fn binary(header: &str, rows: &[(&[u8], &[f32])], line_ends: bool) -> Vec<u8> {
    let mut bytes = header.as_bytes().to_vec();
    for (word, numbers) in rows {
        bytes.extend_from_slice(word);
        bytes.push(b' ');
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend(line_ends.then_some(b'\n'));
    }
    bytes
}

fn two() -> WordVectors {
    let words = ["cat", "łódź"].map(String::from).to_vec();
    WordVectors { words, d_model: 3, values: vec![1.0, -0.5, 3e-8, 0.1, 2.0, -1e30] }
}

#[test]
fn both_formats_read_what_was_written() {
    let folder = TempDir::new().unwrap();
    for name in ["v.txt", "v.bin", "v"] {
        let path = folder.path().join(name);
        two().write(&path).unwrap();
        assert_eq!(WordVectors::read(&path).unwrap(), two(), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside them");
}

#[test]
fn files_of_others_are_read() {
    // word2vec.c ends its lines with a space; some writers end them as Windows does.
    assert_eq!(read("c.txt", "2 3\ncat 1 -0.5 3e-8 \nłódź 0.1 2 -1e30 \n").unwrap(), two());
    assert_eq!(
        read("w.vec", "2 3\r\ncat 1.0 -0.5 3e-08\r\nłódź 0.1 2.0 -1e+30\r\n").unwrap(),
        two()
    );
    let rows: [(&[u8], &[f32]); 2] =
        [(b"cat", &[1.0, -0.5, 3e-8]), ("łódź".as_bytes(), &[0.1, 2.0, -1e30])];
    // word2vec.c and older versions of gensim end a binary row with a line end, newer ones do not.
    for line_ends in [true, false] {
        assert_eq!(read("b.bin", binary("2 3\n", &rows, line_ends)).unwrap(), two());
    }
    let unicode = read("s.txt", "1 2\nnew\u{a0}york 1 2\n").unwrap();
    assert_eq!(unicode.words, ["new\u{a0}york"], "only a plain space separates");
}

#[test]
fn broken_text_is_refused_with_its_line() {
    for (text, says) in [
        (&b"cat 0.1\n"[..], &["line 1", "`words d_model`", "cat 0.1"][..]),
        (b"cat,0.1,0.2\n", &["line 1", "`words d_model`", "cat,0.1,0.2"]),
        (b"cat 0.1 dog\n", &["line 1", "`words d_model`", "cat 0.1 dog"]),
        (b"2\n", &["line 1", "`words d_model`"]),
        (b"-2 3\n", &["line 1", "`words d_model`"]),
        (b"0 3\n", &["line 1", "0 vectors"]),
        (b"2 0\n", &["line 1", "of 0 numbers"]),
        (b"999999999999 300\ncat 1 2\n", &["line 1", "999999999999 vectors", "bytes"]),
        (b"18446744073709551615 18446744073709551615\n", &["line 1", "vectors"]),
        (b"2 3\ncat 1 2 3\n", &["line 3", "found nothing"]),
        (b"2 3\ncat 1 2 3\ndog 1 2\n", &["line 3", "3 numbers", "\"dog\"", "found 2"]),
        (b"2 3\ncat 1 2 3 4\ndog 1 2 3\n", &["line 2", "3 numbers", "found 4"]),
        (b"1 3\ncat 1 2 3\ndog 1 2 3\n", &["line 3", "end of the file after 1 words"]),
        (b"2 3\ncat 1 2 3\ncat 1 2 3\n", &["line 3", "once", "\"cat\""]),
        (b"2 3\ncat 1 2 3\ndog 1 x 3\n", &["line 3", "a number", "\"x\""]),
        (b"2 3\ncat 1 2 3\ndog 1 NaN 3\n", &["line 3", "finite", "NaN"]),
        (b"2 3\ncat 1 2 3\ndog 1 2 -inf\n", &["line 3", "finite", "-inf"]),
        (b"2 3\ncat 1 2 3\ndog 1e99 2 3\n", &["line 3", "finite", "inf"]),
        (b"2 3\ncat 1 2 3\nd\xffg 1 2 3\n", &["line 3", "UTF-8", "0xff"]),
        (b"2 3\ncat 1 2 3\n 1 2 3 4 5\n", &["line 3", "expected a word"]),
        (b"2 3\ncat  1 2 3\n", &["line 2", "3 numbers", "\"cat\"", "found two blanks"]),
        (b"cat 1 2 3\ndog 1 2\n", &["line 2", "3 numbers", "\"dog\"", "found 2"]),
        (b"cat 1 2 3\ndog 1 2 3 4\n", &["line 2", "3 numbers", "\"dog\"", "found 4"]),
        (b"cat 1 2 3\n\ndog 1 2 3\n", &["line 3", "end of the file after 1 words"]),
        (b"cat 1 2 3\ncat 1 2 3\n", &["line 2", "once", "\"cat\""]),
        (b"cat 1 2 nan\n", &["line 1", "finite", "NaN"]),
        (b"c\xffat 1 2 3\n", &["line 1", "UTF-8", "0xff"]),
    ] {
        assert_says(read("v.txt", text), says);
    }
}

#[test]
fn broken_binary_is_refused_with_its_byte_offset() {
    let good: [(&[u8], &[f32]); 2] = [(b"cat", &[1.0, 2.0]), (b"dog", &[3.0, 4.0])];
    let whole = binary("2 2\n", &good, true); // rows at 4 and 16
    for cut in 5..whole.len() - 1 {
        assert_says(read("v.bin", &whole[..cut]), &["byte offset"]);
    }
    assert_says(
        read("v.bin", &whole[..whole.len() - 2]),
        &["byte offset 16", "2 numbers", "end of the file"],
    );
    assert_says(read("v.bin", binary("1 2\n", &good, true)), &["byte offset 16", "after 1 words"]);
    assert_says(read("v.bin", binary("2 3\n", &good, true)), &["byte offset"]);
    let twice: [(&[u8], &[f32]); 2] = [(b"cat", &[1.0, 2.0]), (b"cat", &[3.0, 4.0])];
    assert_says(read("v.bin", binary("2 2\n", &twice, true)), &["byte offset 16", "once"]);
    let not_a_number: [(&[u8], &[f32]); 1] = [(b"cat", &[1.0, f32::NAN])];
    assert_says(read("v.bin", binary("1 2\n", &not_a_number, true)), &["byte offset 4", "finite"]);
    let latin: [(&[u8], &[f32]); 1] = [(b"caf\xe9", &[1.0, 2.0])];
    assert_says(read("v.bin", binary("1 2\n", &latin, true)), &["byte offset 4", "UTF-8", "0xe9"]);
    let unending = [b"1 2\n".to_vec(), vec![b'x'; 200_000]].concat();
    assert_says(read("v.bin", unending), &["byte offset 4", "without an end"]);
}

#[test]
fn the_first_words_of_a_file_are_read_and_what_follows_is_not_looked_at() {
    let good: [(&[u8], &[f32]); 2] = [(b"cat", &[1.0, 2.0]), (b"dog", &[3.0, 4.0])];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("header.txt", b"2 2\ncat 1 2\ndog 3 oops\n".to_vec()),
        ("glove.txt", b"cat 1 2\ndog 3 oops\n".to_vec()),
        ("v.bin", [binary("2 2\n", &good[..1], true), b"dog".to_vec()].concat()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (vectors, _) = WordVectors::read_first(&path, 1).unwrap();
        assert_eq!((vectors.words, vectors.values), (vec!["cat".to_string()], vec![1.0, 2.0]));
        assert!(WordVectors::read_first(&path, 2).is_err(), "{name}");
    }
    let path = folder.path().join("two.txt");
    fs::write(&path, "2 2\ncat 1 2\ndog 3 4\nowl 5 6\n").unwrap();
    assert_eq!(WordVectors::read_first(&path, 2).unwrap().0.words.len(), 2);
    assert_says(WordVectors::read(&path), &["after 2 words, found more"]);
}

#[test]
fn a_file_without_a_first_line_is_read_by_its_first_row_and_said() {
    let of = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("glove.txt");
        fs::write(&path, text).unwrap();
        WordVectors::read_noted(&path).unwrap()
    };
    let (vectors, note) = of("cat 1 -0.5 3e-8\nłódź 0.1 2 -1e30\n");
    assert_eq!(vectors, two());
    let note = note.unwrap();
    assert!(note.contains("no first line") && note.contains("3 numbers a word"), "{note}");
    // a number may be a word, and so may an infinity; a byte order mark is none
    let (vectors, _) = of("\u{feff}7 0.5 1\r\ninf 1 2\r\n\r\n");
    assert_eq!((vectors.words, vectors.d_model), (["7", "inf"].map(String::from).to_vec(), 2));
    // GloVe's 840B: words of several tokens
    let (vectors, note) = of(". . . 0.5 1\nat name@domain.com -1 2\n, 3 4\n");
    assert_eq!(vectors.words, [". . .", "at name@domain.com", ","]);
    assert_eq!(vectors.values, [0.5, 1.0, -1.0, 2.0, 3.0, 4.0]);
    assert!(note.unwrap().contains("blanks, the first \". . .\""));
    let (vectors, note) = of("2 2\nnew york 1 2\ncat 3 4\n");
    assert_eq!(vectors.words, ["new york", "cat"]);
    assert!(!note.unwrap().contains("no first line"));
    assert_eq!(of("\u{feff}2 3\ncat 1 -0.5 3e-8\nłódź 0.1 2 -1e30\n"), (two(), None));
}

#[test]
fn what_is_packed_or_of_another_program_is_called_by_its_name() {
    for name in ["v.txt", "v.bin", "v.txt.gz"] {
        for (bytes, says) in [
            (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], ["a gzip file", "gunzip"]),
            (b"PK\x03\x04----------------------\x05\0\0\0a.vec", ["a zip archive", "unpack"]),
            (b"\x80\x04\x95\0\0\0", ["a Python pickle", "save_word2vec_format"]),
            (b"\xba\x16\x4f\x2f\x0c\0\0\0", ["a fastText model", ".vec"]),
            (b"version https://git-lfs.github.com/spec/v1\n", ["a Git-LFS pointer", "git lfs"]),
            (b"\xff\xfe2\0 \x003\0", ["text in UTF-16", "iconv"]),
        ] {
            assert_says(read(name, bytes), &says);
        }
    }
}

#[test]
fn one_format_under_the_others_name_is_refused() {
    let rows: [(&[u8], &[f32]); 1] = [(b"cat", &[1.5, 2.5])];
    assert_says(read("v.txt", binary("1 2\n", &rows, true)), &["line 2", ".bin is binary"]);
    assert_says(
        read("v.bin", "2 3\ncat 1.25 -0.5 3e-08\ndog 0.125 2 -3.5\n"),
        &["byte offset 4", "found numbers in text", ".bin is binary"],
    );
}

#[test]
fn text_whose_rows_are_as_long_as_floats_is_not_read_as_floats() {
    let text = "2 4\nthe 0.1 0.2 0.3 0.4\ncat 0.5 0.6 0.7 0.8\n";
    assert_says(
        read("v.bin", text),
        &["byte offset 4", "\"the\"", "numbers in text", "anything else"],
    );
    assert_eq!(read("v.txt", text).unwrap().words, ["the", "cat"]);
}

#[test]
fn floats_with_the_big_end_first_are_refused() {
    let row: Vec<f32> = (1..=8).map(|i| i as f32 / 10.0).collect();
    let mut bytes = b"1 8\ncat ".to_vec();
    bytes.extend(row.iter().flat_map(|number| number.to_be_bytes()));
    assert_says(read("v.bin", bytes), &["byte offset 4", "big end first"]);
    assert_eq!(read("v.bin", binary("1 8\n", &[(b"cat", &row)], true)).unwrap().values, row);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = TempDir::new().unwrap();
    assert_says(WordVectors::read(folder.path()), &["word vectors", "folder"]);
    assert_says(WordVectors::read(&folder.path().join("missing")), &["does not exist"]);
    assert_says(read("v.txt", ""), &["empty"]);
}

#[test]
fn a_word_that_the_format_cannot_hold_is_not_written() {
    let folder = TempDir::new().unwrap();
    for word in ["new york", "", "a\tb"] {
        let vectors = WordVectors { words: vec![word.into()], d_model: 1, values: vec![1.0] };
        assert_says(vectors.write(&folder.path().join("v.txt")), &["white space"]);
    }
    let refused = |words: &[&str], d_model: usize, values: &[f32], says: &[&str]| {
        let words = words.iter().map(ToString::to_string).collect();
        let vectors = WordVectors { words, d_model, values: values.to_vec() };
        assert_says(vectors.write(&folder.path().join("v.bin")), says);
    };
    refused(&["cat", "cat"], 1, &[1.0, 2.0], &["word 2", "once", "cat"]);
    refused(&["cat"], 2, &[1.0, f32::NAN], &["word 1", "finite", "diverged"]);
    refused(&["cat"], 0, &[], &["found none"]);
    refused(&[], 3, &[], &["found none"]);
    refused(&[&"a".repeat(1 << 17)], 1, &[1.0], &["word 1", "below 131072 bytes"]);
    assert_says(two().write(&folder.path().join("no/v.txt")), &["writing failed"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Words of any characters, blanks among them, a few of them long.
fn any_words() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        any::<String>(),
        "[a-z0-9.,'-]{1,8}",
        "[ \t\u{a0}\u{feff}\u{85}x]{1,3}",
        (1..140_000_usize).prop_map(|length| "é".repeat(length / 2)),
    ];
    prop::collection::vec(word, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_again_equal(words in any_words(), d_model in 1..4_usize) {
        let folder = TempDir::new().unwrap();
        let values = vec![0.5; words.len() * d_model];
        let vectors = WordVectors { words, d_model, values };
        for name in ["v.txt", "v.bin"] {
            let path = folder.path().join(name);
            if vectors.write(&path).is_ok() {
                prop_assert_eq!(&WordVectors::read(&path).unwrap(), &vectors);
            }
        }
    }

}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for header in [&b""[..], b"1 1\n", b"2 3\n"] {
            let file = [header, &bytes].concat();
            let _ = read("v.txt", &file);
            let _ = read("v.bin", &file);
        }
    }

    #[test]
    fn every_finite_number_survives(values in prop::collection::vec(any::<f32>().prop_filter("finite", |x| x.is_finite()), 1..20)) {
        let folder = TempDir::new().unwrap();
        let vectors = WordVectors { words: vec!["w".into()], d_model: values.len(), values };
        for name in ["v.txt", "v.bin"] {
            let path = folder.path().join(name);
            vectors.write(&path).unwrap();
            let read = WordVectors::read(&path).unwrap();
            let bits = |vectors: &WordVectors| vectors.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&vectors));
        }
    }
}
