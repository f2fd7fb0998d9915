//! Text by the passage, words, words as numbers, questions.

use std::fs;
use std::path::PathBuf;

use data::{Corpus, DataError, Ids, Passages, Section, Vocabulary, World, questions, words};
use proptest::prelude::*;

/// A file that is gone with the folder it lies in.
fn file(bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.txt");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn passages(bytes: impl AsRef<[u8]>) -> Result<Vec<String>, DataError> {
    let (_folder, path) = file(bytes);
    Corpus::File(path).passages()?.collect()
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    passages(bytes).unwrap_err().to_string()
}

#[test]
fn a_file_is_read_by_the_line_and_blank_ones_are_no_passages() {
    assert_eq!(
        passages("\u{feff}One two.\r\n\n \t\n  three\nlast").unwrap(),
        ["One two.", "three", "last"]
    );
}

#[test]
fn a_book_without_a_line_break_is_cut_between_words() {
    let book = "word ".repeat(100_000);
    let pieces = passages(&book).unwrap();
    assert!(
        pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= 1 << 16),
        "{}",
        pieces.len()
    );
    assert!(pieces.iter().flat_map(|piece| piece.split(' ')).all(|word| word == "word"));
    assert_eq!(pieces.iter().map(|piece| piece.split(' ').count()).sum::<usize>(), 100_000);
}

#[test]
fn a_megabyte_without_a_space_is_cut_between_characters() {
    let endless = "é".repeat(500_000);
    assert_eq!(passages(&endless).unwrap().concat(), endless);
    assert_eq!(passages(format!("x{endless}")).unwrap().concat(), format!("x{endless}"));
}

#[test]
fn what_is_no_text_is_refused_with_its_byte_offset() {
    let error = refused(b"fine\nab\xff\xfe\n");
    assert!(
        error.contains("byte offset 7") && error.contains("0xff") && error.contains("text.txt"),
        "{error}"
    );
    let error = refused(b"fine\x00\x00");
    assert!(error.contains("byte offset 4") && error.contains("0x00"), "{error}");
    let far = [&b"word ".repeat(50_000)[..], b"\xc3"].concat();
    assert!(
        refused(far).contains("byte offset 250000"),
        "a character cut off at the end of a long line"
    );
    let utf16: Vec<u8> = "\u{feff}text".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refused(utf16).contains("text in UTF-16"));
    assert!(refused(b"\x1f\x8b\x08\0").contains("a gzip file; unpack it first"));
}

#[test]
fn a_file_without_text_is_refused() {
    for (nothing, bytes) in
        [("", "found 0 bytes"), (" \n\t\n", "found 4 bytes"), ("\u{feff}", "found 3 bytes")]
    {
        let error = refused(nothing);
        assert!(error.contains("expected text") && error.contains(bytes), "{error}");
    }
    let (folder, path) = file("");
    for path in [folder.path().to_path_buf(), path.with_file_name("missing")] {
        let corpus = Corpus::File(path).passages().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let error = corpus.unwrap_err().to_string();
        assert!(error.contains("check") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn nothing_follows_an_error() {
    let (_folder, path) = file(b"one\n\xff\nthree\n");
    let read: Vec<_> = Corpus::File(path).passages().unwrap().collect();
    assert_eq!(read.len(), 2);
    assert!(read[0].is_ok() && read[1].is_err());
}

/// The whole text of a file of these bytes.
fn text(bytes: impl AsRef<[u8]>) -> Result<String, DataError> {
    let (_folder, path) = file(bytes);
    Corpus::File(path).text()
}

#[test]
fn the_whole_text_of_a_file_is_the_file_as_it_stands_past_a_byte_order_mark() {
    for stands in ["One\r\n\r\n \t two\u{301}\n\n", "no end", " ", "\n", &"é".repeat(200_000)] {
        assert_eq!(text(stands).unwrap(), stands);
        assert_eq!(text(format!("\u{feff}{stands}")).unwrap(), stands);
    }
}

#[test]
fn the_whole_text_of_another_corpus_is_its_passages_one_a_line() {
    let corpus = Corpus::Toy { seed: 3, sentences: 21 };
    let passages: Vec<String> = corpus.passages().unwrap().map(Result::unwrap).collect();
    assert_eq!(corpus.text().unwrap(), passages.join("\n") + "\n");
}

#[test]
fn a_whole_text_that_is_none_is_refused_with_its_byte_offset() {
    for (bytes, parts) in [
        (&b"fine\nab\xff\xfe\n"[..], ["byte offset 7", "0xff"]),
        (b"fine\n\0", ["byte offset 5", "0x00"]),
        (b"\xc3", ["byte offset 0", "0xc3"]),
        (b"", ["expected text", "found 0 bytes"]),
    ] {
        let error = text(bytes).unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains("text.txt"), "{error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{error:?} lacks one of {parts:?}");
    }
    let (folder, path) = file("");
    for path in [folder.path().to_path_buf(), path.with_file_name("missing")] {
        let error = Corpus::File(path).text().unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains("check"), "{error}");
    }
}

#[test]
fn words_are_small_letters_and_no_punctuation() {
    assert_eq!(
        words("Don't call `Vec::from_utf8(3.5)`, ÉCOLE!"),
        ["don't", "call", "vec", "from_utf8", "3.5", "école"]
    );
    assert!(words("... -- \u{1f600}").is_empty());
}

/// It checks its own sum when it is read to the end, so that it is the same text on every machine.
#[test]
fn the_docs_corpus_is_what_the_list_says() {
    let passages: Vec<String> = Corpus::Docs.passages().unwrap().collect::<Result<_, _>>().unwrap();
    assert!(passages.len() > 50_000, "{}", passages.len());
    let distinct: std::collections::HashSet<&String> = passages.iter().collect();
    assert_eq!(distinct.len(), passages.len(), "nothing is said twice");
    assert!(passages.iter().all(|passage| !passage.contains('\n')
        && passage.trim() == passage
        && !passage.is_empty()));
    let code = passages
        .iter()
        .filter(|passage| passage.contains("assert_eq!(") || passage.starts_with("use std::"));
    assert!(code.count() < passages.len() / 200, "code blocks are no English");
}

#[test]
fn a_vocabulary_is_in_order_of_frequency_then_of_the_alphabet() {
    let (_folder, path) = file("The cat sat. The dog sat;\nthe end");
    let vocabulary = Vocabulary::count(Corpus::File(path).passages().unwrap(), 2).unwrap();
    assert_eq!(vocabulary.words, ["the", "sat"]);
    assert_eq!((vocabulary.counts.as_slice(), vocabulary.corpus_words), ([3, 2].as_slice(), 8));
    assert_eq!((vocabulary.id("sat"), vocabulary.id("cat")), (Some(1), None));
}

#[test]
fn the_toy_corpus_is_the_toy_worlds_sentences() {
    let corpus = Corpus::Toy { seed: 3, sentences: 21 };
    let said: Vec<String> = corpus.passages().unwrap().map(Result::unwrap).collect();
    let [sentences, habits] =
        [World::sentences(3).take(11).collect::<Vec<_>>(), World::habits(3).take(10).collect()];
    assert_eq!(said.len(), 21);
    assert!(
        said.iter().step_by(2).eq(sentences
            .iter()
            .map(|s| s.to_string())
            .collect::<Vec<_>>()
            .iter())
    );
    assert!(
        said.iter().skip(1).step_by(2).eq(habits
            .iter()
            .map(|s| s.to_string())
            .collect::<Vec<_>>()
            .iter())
    );
}

fn spoken(sentences: &[Vec<u32>]) -> Passages {
    let lines: Vec<_> =
        sentences.iter().map(|ids| Ok(ids.iter().map(|id| format!("w{id} ")).collect())).collect();
    Box::new(lines.into_iter())
}

proptest! {
    /// So training on a corpus and on the file that was written of it is the same.
    #[test]
    fn words_joined_and_split_again_are_the_same(text in "\\PC{0,60}") {
        let once = words(&text);
        prop_assert_eq!(words(&once.join(" ")), once);
    }

    /// Whatever the parts, each sentence is in one of them, and in order.
    #[test]
    fn the_parts_of_a_corpus_are_the_corpus(
        sentences in prop::collection::vec(prop::collection::vec(0u32..50, 0..6), 0..20),
        parts in 1u64..8,
    ) {
        let known = |word: &str| word[1..].parse().ok().filter(|id| id % 7 != 3);
        let ids = Ids::write(spoken(&sentences), known).unwrap();
        let mut read = Vec::new();
        for part in 0..parts {
            let mut reader = ids.part(part, parts).unwrap();
            let mut sentence = Vec::new();
            while reader.next_into(&mut sentence).unwrap() {
                read.push(sentence.clone());
            }
        }
        let kept = |ids: &Vec<u32>| ids.iter().copied().filter(|id| id % 7 != 3).collect::<Vec<u32>>();
        let expected: Vec<Vec<u32>> = sentences.iter().map(kept).collect();
        prop_assert_eq!(ids.words() as usize, expected.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn questions_are_read_by_section() {
    let (_folder, path) = file(
        ": capitals\nAthens Greece Paris France\n\n: plurals of animals\r\ncat cats dog dogs\r\n",
    );
    let question = |words: [&str; 4]| words.map(String::from);
    let expected = [
        Section {
            name: "capitals".into(),
            questions: vec![question(["Athens", "Greece", "Paris", "France"])],
        },
        Section {
            name: "plurals of animals".into(),
            questions: vec![question(["cat", "cats", "dog", "dogs"])],
        },
    ];
    assert_eq!(questions(&path).unwrap(), expected);
}

#[test]
fn questions_that_are_none_are_refused_with_their_line() {
    for (text, part) in [
        (": a\none two three\n", "line 2: expected four words"),
        (": a\na b c d\na b c d e\n", "line 3: expected four words"),
        ("a b c d\n", "line 1: expected `: name`"),
        (": a\n: b\n", "no question"),
        ("", "no question"),
    ] {
        let (_folder, path) = file(text);
        let error = questions(&path).unwrap_err().to_string();
        assert!(error.contains(part), "{text:?}: {error}");
    }
    let (_folder, path) = file(b": a\n\xff\n");
    let error = questions(&path).unwrap_err().to_string();
    assert!(
        error.contains("line 2") && error.contains("0xff") && error.contains("text.txt"),
        "{error}"
    );
}
