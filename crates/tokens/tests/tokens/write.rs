//! Tokenizers of our own making: what is encoded comes back, and what is saved is what is opened.

use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;
use tokens::{Tokenizer, TokensError, Vocabulary};

/// Letters, marks, blanks, and what looks like a special token's or a byte's stand-in.
const ALPHABET: [char; 14] = [
    '\n', ' ', 'a', 'b', 'é', '\u{301}', '😀', '[', ']', '\u{120}', '#', '\t', '\u{feff}',
    '\u{200d}',
];

fn characters() -> Tokenizer {
    Tokenizer::characters(&ALPHABET).unwrap()
}

/// Every byte, its ID its value, then `th`, `the`, ` the`, `é`.
fn byte_pairs() -> Tokenizer {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut tokens: Vec<&[u8]> = bytes.iter().map(std::slice::from_ref).collect();
    tokens.extend(["th", "the", " the", "é"].map(str::as_bytes));
    let id = u32::from;
    let merges = [(id(b't'), id(b'h')), (256, id(b'e')), (id(b' '), 257), (0xc3, 0xa9)];
    Tokenizer::byte_pairs(&tokens, &merges).unwrap()
}

#[test]
fn a_character_is_its_place_in_the_alphabet() {
    assert_eq!(characters().encode_whole("ab\n é😀[").unwrap(), [2, 3, 0, 1, 4, 6, 7]);
    assert_eq!(characters().encode_whole("").unwrap(), [0; 0]);
    assert_eq!(characters().vocab_size(), ALPHABET.len());
    for (id, character) in ALPHABET.iter().enumerate() {
        let text = character.to_string();
        assert_eq!(characters().id(&text), Some(id as u32));
        assert_eq!(characters().decode(&[id as u32]).unwrap(), text);
    }
}

#[test]
fn a_tokenizer_of_our_own_says_what_it_is_made_of_and_no_other_does() {
    let folder = tempfile::tempdir().unwrap();
    let reopened = |tokenizer: &Tokenizer| {
        tokenizer.save(folder.path(), 8).unwrap();
        Tokenizer::open(folder.path()).unwrap()
    };
    let alphabet = Some(Vocabulary::Characters(ALPHABET.to_vec()));
    assert_eq!(characters().own_vocabulary(), alphabet);
    assert_eq!(reopened(&characters()).own_vocabulary(), alphabet);
    let Some(Vocabulary::BytePairs { tokens, merges }) = reopened(&byte_pairs()).own_vocabulary()
    else {
        panic!("expected byte pairs");
    };
    assert_eq!(tokens[..256], (0..=255).map(|byte| vec![byte]).collect::<Vec<_>>());
    assert_eq!(tokens[256..], ["th", "the", " the", "é"].map(|token| token.as_bytes().to_vec()));
    assert_eq!(merges, [(116, 104), (256, 101), (32, 257), (0xc3, 0xa9)]);
    assert_eq!(Tokenizer::word_level(&["a", "b"]).unwrap().own_vocabulary(), None);

    let path = folder.path().join("tokenizer.json");
    let mut with_more: Value = files::read_json(&path).unwrap();
    with_more["normalizer"] = serde_json::json!({"type": "Lowercase"});
    fs::write(&path, with_more.to_string()).unwrap();
    assert_eq!(Tokenizer::open(folder.path()).unwrap().own_vocabulary(), None);
}

#[test]
fn a_character_that_is_not_in_the_alphabet_is_named_with_its_place() {
    let without_blanks = Tokenizer::characters(&['a', 'b', 'é']).unwrap();
    for (text, character, position) in [
        ("abéxa", "'x'", 4),
        ("é\na", "'\\n'", 2),
        ("a b", "' '", 1),
        ("\tab", "'\\t'", 0),
        ("a\0", "'\\0'", 1),
    ] {
        let error = without_blanks.encode_whole(text).unwrap_err();
        let line = error.to_string();
        assert!(
            matches!(error, TokensError::Unknown { position: found, .. } if found == position),
            "{line}"
        );
        assert!(line.contains(&format!("found {character} at byte {position}")), "{line}");
        assert!(line.contains("alphabet: expected") && !line.contains('\n'), "{line}");
    }
}

#[test]
fn a_character_that_stands_twice_is_refused() {
    let error = Tokenizer::characters(&['a', '\n', 'b', '\n']).unwrap_err().to_string();
    assert!(error.contains("\"\\n\" with id 1 and id 3") && !error.contains('\n'), "{error}");
}

#[test]
fn merges_apply_in_their_order_and_within_a_word() {
    let ids = |text| byte_pairs().encode_whole(text).unwrap();
    assert_eq!(ids("the the"), [257, 258]);
    assert_eq!(ids("th e"), [256, b' '.into(), b'e'.into()]);
    assert_eq!(ids("\n\nthen"), [b'\n'.into(), b'\n'.into(), 257, b'n'.into()]);
    assert_eq!(ids("é\0"), [259, 0]);
    assert_eq!(ids("è"), [0xc3, 0xa8]);
    assert_eq!(byte_pairs().vocab_size(), 260);
}

#[test]
fn byte_pairs_that_contradict_themselves_are_refused() {
    let refused = |tokens: &[&[u8]], merges: &[(u32, u32)]| {
        let line = Tokenizer::byte_pairs(tokens, merges).unwrap_err().to_string();
        assert!(!line.contains('\n'), "{line}");
        line
    };
    assert!(refused(&[b"a", b"b", b"a"], &[]).contains("\"a\" with id 0 and id 2"));
    assert!(refused(&[b"a", b"b"], &[(0, 1)]).contains("needs the token \"ab\""));
    assert!(refused(&[b"a", b"b", b"ab"], &[(0, 9)]).contains("merge 0"));
}

#[test]
fn a_byte_that_no_token_has_is_named_with_its_place() {
    let tokenizer = Tokenizer::byte_pairs(&[b"a", b"b", b" "], &[]).unwrap();
    assert_eq!(tokenizer.encode_whole("ab ba").unwrap(), [0, 1, 2, 1, 0]);
    let error = tokenizer.encode_whole("ab ca").unwrap_err().to_string();
    assert!(error.contains("'c' at byte 3"), "{error}");
}

fn saved(tokenizer: &Tokenizer) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    tokenizer.save(folder.path(), 64).unwrap();
    tokenizer.save(folder.path(), 64).unwrap(); // over itself
    folder
}

fn files(folder: &TempDir) -> Vec<String> {
    let files = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_saved_is_opened_as_the_same_tokenizer() {
    for (tokenizer, text) in
        [(characters(), "ab\n é\u{301}😀\u{feff}"), (byte_pairs(), "the thé\n\n  é\u{301}😀")]
    {
        let folder = saved(&tokenizer);
        let opened = Tokenizer::open(folder.path()).unwrap();
        assert_eq!(opened.vocab_size(), tokenizer.vocab_size());
        assert_eq!(opened.encode(text, 99).unwrap(), tokenizer.encode(text, 99).unwrap());
        assert_eq!(opened.encode_whole(text).unwrap(), tokenizer.encode_whole(text).unwrap());
        for id in 0..tokenizer.vocab_size() as u32 {
            assert_eq!(opened.token(id), tokenizer.token(id));
        }
        assert_eq!(files(&folder), ["tokenizer.json", "tokenizer_config.json"]);
        let config = fs::read(folder.path().join("tokenizer_config.json")).unwrap();
        let config: Value = serde_json::from_slice(&config).unwrap();
        assert_eq!(
            (&config["model_max_length"], config["tokenizer_class"].as_str().unwrap()),
            (&Value::from(64), "PreTrainedTokenizerFast")
        );
    }
}

#[test]
fn the_path_of_an_opened_tokenizer_stands_in_its_errors() {
    let folder = saved(&characters());
    let error =
        Tokenizer::open(folder.path()).unwrap().encode_whole("abc").unwrap_err().to_string();
    assert!(
        error.contains("tokenizer.json: expected") && error.contains("'c' at byte 2"),
        "{error}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_and_keeps_what_it_has() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for folder in [file.path(), std::path::Path::new("/no/such/folder")] {
        let error = characters().save(folder, 64).unwrap_err().to_string();
        assert!(
            error.contains("tokenizer.json\": writing failed") && !error.contains('\n'),
            "{error}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("tokenizer.json");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("old"), "old").unwrap();
    let error = characters().save(folder.path(), 64).unwrap_err().to_string();
    assert!(error.contains("writing failed"), "{error}");
    assert_eq!(files(&folder), ["tokenizer.json"]);
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    let folder = saved(&characters());
    // Nothing can be written in the place of the part.
    fs::create_dir(folder.path().join("tokenizer.json.rungs-part")).unwrap();
    let error = byte_pairs().save(folder.path(), 64).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json.rungs-part\": removing failed"), "{error}");
    assert_eq!(Tokenizer::open(folder.path()).unwrap().vocab_size(), ALPHABET.len());
}

proptest! {
    #[test]
    fn any_text_of_the_alphabet_comes_back(places in prop::collection::vec(0..ALPHABET.len(), 0..80)) {
        let text: String = places.iter().map(|&place| ALPHABET[place]).collect();
        let ids = characters().encode_whole(&text).unwrap();
        prop_assert_eq!(characters().decode(&ids).unwrap(), text);
        prop_assert!(ids.iter().map(|&id| id as usize).eq(places));
    }

    /// Whatever characters there are: one token each, in their order, also after saving.
    #[test]
    fn any_text_is_spelled_by_its_own_characters(text in any::<String>()) {
        let mut alphabet: Vec<char> = text.chars().collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        let tokenizer = Tokenizer::characters(&alphabet).unwrap();
        let ids = tokenizer.encode_whole(&text).unwrap();
        let expected: Vec<u32> =
            text.chars().map(|c| alphabet.binary_search(&c).unwrap() as u32).collect();
        prop_assert_eq!(&ids, &expected);
        prop_assert_eq!(tokenizer.decode(&ids).unwrap(), text.clone());
        let opened = Tokenizer::open(saved(&tokenizer).path()).unwrap();
        prop_assert_eq!(opened.encode_whole(&text).unwrap(), expected);
    }

    #[test]
    fn any_text_comes_back_from_its_byte_pairs(text in any::<String>()) {
        let text = format!("the {text} the");
        let ids = byte_pairs().encode_whole(&text).unwrap();
        prop_assert!(ids.len() < text.len());
        prop_assert_eq!(byte_pairs().decode(&ids).unwrap(), text);
    }
}
