//! Folders with all that the files around a tokenizer.json may say, against transformers.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokens::{Encoding, Tokenizer};

use crate::{bert, folder};

/// The recorded cases.
fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/tokenizers.json");
    let mut recorded: Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    recorded["cases"].as_array_mut().unwrap().drain(..).collect()
}

/// A recorded folder.
fn folder_of(case: &Value) -> TempDir {
    let files = case["files"].as_object().unwrap();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (&name[..], text.as_str().unwrap().as_bytes())).collect();
    folder(&files)
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn length(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Every recorded tokenizer with its name and its texts.
pub fn recorded() -> Vec<(String, Tokenizer, Vec<String>)> {
    let mut recorded = Vec::new();
    for case in cases() {
        let tokenizer = Tokenizer::open(folder_of(&case).path()).unwrap();
        let texts = case["texts"].as_array().unwrap().iter();
        let texts = texts.map(|entry| entry["text"].as_str().unwrap().to_string()).collect();
        recorded.push((case["name"].to_string(), tokenizer, texts));
    }
    recorded
}

/// Each text and each pair of a case, read as it was recorded.
fn check(case: &Value, path: &Path) {
    let name = &case["name"];
    let tokenizer = Tokenizer::open(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    for entry in case["texts"].as_array().unwrap() {
        let text = entry["text"].as_str().unwrap();
        let encoding = tokenizer.encode(text, usize::MAX).unwrap();
        assert_eq!(encoding.ids, ids(&entry["ids"]), "{name}: {text:?}");
        assert_eq!(tokenizer.encode_whole(text).unwrap(), encoding.ids, "{name}: {text:?}");
        let short = tokenizer.encode(text, length(&case["limit"])).unwrap();
        assert_eq!(short.ids, ids(&entry["short"]), "{name}: {text:?} shortened");
        let decoded = tokenizer.decode(&encoding.ids).unwrap();
        assert_eq!(decoded, entry["decoded"].as_str().unwrap(), "{name}: {text:?} decoded");
    }
    for pair in case["pairs"].as_array().unwrap() {
        let (first, second) = (pair["first"].as_str().unwrap(), pair["second"].as_str().unwrap());
        let Encoding { ids: both, segments, .. } =
            tokenizer.encode_pair(first, second, usize::MAX).unwrap();
        assert_eq!(both, ids(&pair["ids"]), "{name}: {first:?} {second:?}");
        assert_eq!(segments, ids(&pair["segments"]), "{name}: {first:?} {second:?}");
        let short = tokenizer.encode_pair(first, second, length(&case["pair_limit"])).unwrap();
        assert_eq!(short.ids, ids(&pair["short"]), "{name}: {first:?} {second:?} shortened");
    }
    let id = |role: &str| case[role].as_u64().map(|id| id as u32);
    if id("pad").is_some() {
        assert_eq!(tokenizer.pad_id().ok(), id("pad"), "{name}");
    }
    assert_eq!((tokenizer.bos_id(), tokenizer.eos_id()), (id("bos"), id("eos")), "{name}");
    assert_eq!(tokenizer.pads_left(), case["pads_left"].as_bool().unwrap(), "{name}");
}

#[test]
fn a_folder_is_read_as_transformers_reads_it() {
    let cases = cases();
    assert!(cases.len() > 30);
    for case in &cases {
        check(case, folder_of(case).path());
    }
}

#[test]
fn what_is_saved_of_a_folder_is_read_as_the_folder_was() {
    for case in &cases() {
        let saved = TempDir::new().unwrap();
        Tokenizer::open(folder_of(case).path()).unwrap().save(saved.path(), 64).unwrap();
        check(case, saved.path());
    }
}

/// A folder of a small BERT tokenizer.json with these files beside it.
fn beside(files: &[(&str, &str)]) -> TempDir {
    let json = bert().to_string();
    let mut all = vec![("tokenizer.json", json.as_bytes())];
    all.extend(files.iter().map(|(name, text)| (*name, text.as_bytes())));
    folder(&all)
}

#[track_caller]
fn refusal(folder: &TempDir, parts: &[&str]) {
    let line = Tokenizer::open(folder.path()).expect_err("this should be refused").to_string();
    assert!(!line.contains('\n'), "{line:?}");
    for part in parts {
        assert!(line.contains(part), "{line:?} does not say {part:?}");
    }
}

#[test]
fn a_sentencepiece_model_alone_is_named_with_the_remedy() {
    for name in ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"] {
        let config = ("config.json", &br#"{"model_type": "llama"}"#[..]);
        refusal(&folder(&[(name, b"\x0a\x0e"), config]), &[name, "save_pretrained"]);
    }
}

#[test]
fn the_files_of_another_class_than_the_folder_names_are_refused() {
    let pairs = [("vocab.json", &br#"{"a": 0}"#[..]), ("merges.txt", b"#version: 0.2\n")];
    let config = ("config.json", &br#"{"model_type": "llama"}"#[..]);
    let said = ["/config.json", "GPT2Tokenizer", "merges.txt", "llama"];
    refusal(&folder(&[pairs[0], pairs[1], config]), &said);
    refusal(&folder(&pairs), &["GPT2Tokenizer", "merges.txt"]);
    let config = ("tokenizer_config.json", &br#"{"tokenizer_class": "GPT2Tokenizer"}"#[..]);
    refusal(&folder(&[pairs[0], config]), &["found neither"]);
    for (merges, part) in [(&b"a b c\n"[..], "line 1"), (b"a b\n", "merge 0")] {
        refusal(&folder(&[pairs[0], ("merges.txt", merges), config]), &[part]);
    }
    let twice = ("vocab.json", &br#"{"a": 0, "a": 1}"#[..]);
    refusal(&folder(&[twice, pairs[1], config]), &["\"a\" with id 0 and id 1"]);
}

#[test]
fn a_class_that_is_not_known_here_is_named() {
    for class in ["BertJapaneseTokenizer", "AlbertTokenizerFast", "CodeLlamaTokenizer"] {
        let config = format!(r#"{{"tokenizer_class": "{class}"}}"#);
        let remedy = "save_pretrained(FOLDER)), then set tokenizer_class";
        for file in ["tokenizer_config.json", "config.json"] {
            let place = format!("/{file}: at tokenizer_class: expected a class");
            refusal(&beside(&[(file, &config)]), &[&place, class, remedy]);
        }
    }
    let own = r#"{"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.T"]}}"#;
    refusal(&beside(&[("tokenizer_config.json", own)]), &["auto_map", "OwnTokenizer"]);
    let other = ("tokenizer_config.json", r#"{"tokenizer_class": "GPT2Tokenizer"}"#);
    refusal(&beside(&[other]), &["tokenizer_config.json", "WordPiece", "GPT2Tokenizer"]);
    for class in ["AlbertTokenizer", "GPT2Tokenizer"] {
        let config = format!(r#"{{"tokenizer_class": "{class}"}}"#);
        refusal(&beside(&[("config.json", &config)]), &["/config.json", class]);
    }
    let kind = ("config.json", r#"{"model_type": "gpt2"}"#);
    refusal(&beside(&[kind]), &["/config.json: at model_type", "WordPiece", "\"gpt2\""]);
}

#[test]
fn an_error_names_the_file_that_a_setting_stands_in() {
    for (file, config) in [
        ("special_tokens_map.json", r#"{"pad_token": 7}"#),
        ("tokenizer_config.json", r#"{"pad_token": 7}"#),
        ("special_tokens_map.json", r#"{"additional_special_tokens": [3]}"#),
    ] {
        refusal(&beside(&[(file, config)]), &[&format!("/{file}: expected")]);
    }
    let own = ("tokenizer_config.json", r#"{"padding_side": "up"}"#);
    let map = ("special_tokens_map.json", r#"{"mask_token": 7}"#);
    refusal(&beside(&[own, map]), &["/special_tokens_map.json: expected", "mask_token"]);
}

#[test]
fn files_that_contradict_each_other_are_both_named() {
    let added = |id: &str, text: &str| {
        format!(r#"{{"added_tokens_decoder": {{"{id}": {{"content": "{text}"}}}}}}"#)
    };
    let other = added("40", "[NEW]");
    let folder = beside(&[("tokenizer_config.json", &other)]);
    refusal(&folder, &["added_tokens_decoder", "[NEW]", "40", "12"]);
    let word = added("x", "[NEW]");
    refusal(&beside(&[("tokenizer_config.json", &word)]), &["added_tokens_decoder.x"]);
    let older = ("added_tokens.json", r#"{"[NEW]": 40}"#);
    refusal(&beside(&[older]), &["added_tokens.json", "[NEW]", "40", "12"]);
    let both = ("added_tokens.json", r#"{"New": 12, "new": 13}"#);
    refusal(&beside(&[both]), &["\"New\"", "\"new\"", "normalised"]);
    let sideways = ("tokenizer_config.json", r#"{"truncation_side": "up"}"#);
    refusal(&beside(&[sideways]), &["truncation_side", "up"]);
}

#[test]
fn lower_casing_spares_special_tokens() {
    let config = r#"{"tokenizer_class": "BertTokenizer", "do_lower_case": false}"#;
    let cased = Tokenizer::open(beside(&[("tokenizer_config.json", config)]).path()).unwrap();
    assert_eq!(cased.encode("[MASK] Cat", 9).unwrap().ids, [2, 4, 1, 3]);
    let lower = cased.lowercased().unwrap();
    assert_eq!(lower.encode("[MASK] Cat", 9).unwrap().ids, [2, 4, 5, 3]);
    let again = lower.clone().lowercased().unwrap();
    let saved = TempDir::new().unwrap();
    again.save(saved.path(), 64).unwrap();
    let expected = lower.encode("[SEP] CATS É", 9).unwrap();
    for tokenizer in [again, Tokenizer::open(saved.path()).unwrap()] {
        assert_eq!(tokenizer.encode("[SEP] CATS É", 9).unwrap(), expected);
    }
}

#[test]
fn what_no_token_stands_for_is_said_and_blanks_and_capitals_are_not() {
    let tokenizer = Tokenizer::open(beside(&[]).path()).unwrap();
    assert_eq!(tokenizer.encode_whole("Cats \t CAT").unwrap(), [2, 5, 7, 5, 3]);
    assert_eq!(tokenizer.lost("Cats \t CAT").unwrap(), [""; 0]);
    assert_eq!(tokenizer.encode_whole("cat 😀 \0 dogs").unwrap(), [2, 5, 1, 6, 7, 3]);
    assert_eq!(tokenizer.lost("cat 😀 \0 dogs x").unwrap(), ["😀", "\0", "x"]);
}

#[test]
fn a_character_left_out_is_named_where_it_stands_in_the_text_before_it_was_normalised() {
    let json = json!({
        "version": "1.0", "added_tokens": [], "pre_tokenizer": null, "post_processor": null,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "NFKC"}, {"type": "Strip", "strip_left": true, "strip_right": true},
        ]},
        "decoder": null, "model": {"type": "BPE", "vocab": {"f": 0, "i": 1, "é": 2, " ": 3}, "merges": []},
    });
    let tokenizer = crate::open(&json).unwrap();
    assert_eq!(tokenizer.encode_whole("ﬁ e\u{301} ").unwrap(), [0, 1, 3, 2]);
    let error = tokenizer.encode_whole("ﬁ e\u{301}x").unwrap_err().to_string();
    assert!(error.contains("'x' at byte 7"), "{error}");
}
