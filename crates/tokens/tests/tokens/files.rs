//! Files: one clear line, or the right tokenizer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokens::{Tokenizer, TokensError};

use crate::{bert, folder, open, open_bytes};

/// The error's text: one line that holds each of `parts`, found within a second.
#[track_caller]
fn refuses(outcome: impl FnOnce() -> Result<Tokenizer, TokensError>, parts: &[&str]) {
    let start = Instant::now();
    let error = outcome().expect_err("this should be refused").to_string();
    assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
    assert_eq!(error.lines().count(), 1, "{error:?} is not one line");
    for part in parts {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
}

fn broken(change: impl FnOnce(&mut Value)) -> impl FnOnce() -> Result<Tokenizer, TokensError> {
    let mut json = bert();
    change(&mut json);
    move || open(&json)
}

#[test]
fn the_files_own_padding_and_truncation_are_dropped() {
    let tokenizer = open(&bert()).unwrap();
    let encoding = tokenizer.encode("cat dog cats dogs .", 256).unwrap();
    assert_eq!(encoding.tokens.join(" "), "[CLS] cat dog cat ##s dog ##s . [SEP]");
    assert!(!encoding.truncated);
}

#[test]
fn a_folder_without_a_tokenizer_says_what_is_missing() {
    refuses(|| Tokenizer::open(folder(&[]).path()), &["tokenizer.json or vocab.txt", "copy"]);
    refuses(
        || Tokenizer::open(std::path::Path::new("/no/such/folder")),
        &["/no/such/folder", "found neither"],
    );
}

#[test]
fn what_is_no_json_is_named_for_what_it_is() {
    refuses(|| open_bytes(b""), &["tokenizer.json", "an empty file"]);
    refuses(|| open_bytes(b"seven b"), &["expected a tokenizer.json", "line 1 column 1"]);
    refuses(|| open_bytes(b"<!DOCTYPE html><html>"), &["a web page"]);
    refuses(|| open_bytes(b"version https://git-lfs.github.com/spec/v1\n"), &["Git-LFS pointer"]);
    refuses(|| open_bytes(b"[1, 2, 3]"), &["expected a tokenizer.json"]);
    refuses(|| open_bytes(b"{\"model\": \"\xff\xfe\"}"), &["expected a tokenizer.json"]);
    refuses(|| open_bytes("[".repeat(10_000).as_bytes()), &["expected a tokenizer.json"]);
    let nested = format!("{}null{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let deep = bert().to_string().replace("\"decoder\":null", &format!("\"decoder\":{nested}"));
    assert!(deep.len() > 60_000);
    refuses(|| open_bytes(deep.as_bytes()), &["recursion limit"]);
    let whole = bert().to_string();
    refuses(|| open_bytes(&whole.as_bytes()[..whole.len() / 2]), &["EOF"]);
    refuses(|| open_bytes(&whole.as_bytes()[..whole.len() - 1]), &["EOF"]);
}

#[test]
fn a_directory_in_place_of_the_file_is_refused() {
    let folder = folder(&[]);
    std::fs::create_dir(folder.path().join("tokenizer.json")).unwrap();
    refuses(
        || Tokenizer::open(folder.path()),
        &["tokenizer.json", "expected a tokenizer's file, found a folder"],
    );
}

#[test]
fn a_file_beyond_the_bound_is_not_read() {
    let folder = folder(&[]);
    let file = std::fs::File::create(folder.path().join("tokenizer.json")).unwrap();
    file.set_len(65 << 20).unwrap();
    refuses(
        || Tokenizer::open(folder.path()),
        &["tokenizer.json", "68157440 bytes, above 67108864"],
    );
}

#[test]
fn two_tokens_with_one_id_are_both_named() {
    refuses(
        broken(|json| json["model"]["vocab"]["dog"] = json!(5)),
        &["\"cat\"", "\"dog\"", "id 5"],
    );
}

#[test]
fn a_token_written_twice_is_named_with_both_ids() {
    let text = bert().to_string().replace("\"dog\":6", "\"dog\":6,\"dog\":40");
    assert!(text.contains("40"));
    refuses(|| open_bytes(text.as_bytes()), &["\"dog\"", "id 6", "id 40"]);
}

#[test]
fn of_a_line_that_stands_twice_in_a_vocab_txt_the_last_one_counts() {
    let vocab = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\ndog\ncat \n##s\n[PAD]\n";
    let tokenizer = Tokenizer::open(folder(&[("vocab.txt", vocab)]).path()).unwrap();
    assert_eq!(tokenizer.encode("cat dog cats", 9).unwrap().ids, [2, 7, 6, 7, 8, 3]);
    assert_eq!((tokenizer.token(5), tokenizer.pad_id().unwrap()), (None, 9));
    assert_eq!(tokenizer.decode(&[5, 7]).unwrap(), "cat");
}

#[test]
fn an_added_token_must_have_the_vocabularys_id() {
    refuses(
        broken(|json| json["added_tokens"][4]["id"] = json!(9)),
        &["added_tokens", "\"[MASK]\"", "9", "4"],
    );
    let extra = |json: &mut Value| {
        let mut token = json["added_tokens"][0].clone();
        (token["id"], token["content"]) = (json!(500), json!("<new>"));
        json["added_tokens"].as_array_mut().unwrap().push(token);
    };
    refuses(broken(extra), &["\"<new>\"", "500", "12"]);
}

#[test]
fn missing_special_tokens_are_named_with_the_remedy() {
    for token in ["[UNK]", "[PAD]", "[CLS]", "[SEP]"] {
        let without = |json: &mut Value| {
            json["model"]["vocab"].as_object_mut().unwrap().remove(token);
            json["added_tokens"].as_array_mut().unwrap().retain(|added| added["content"] != token);
        };
        refuses(broken(without), &[token, "tokenizer_config.json"]);
        let vocab: String = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "cat"]
            .iter()
            .filter(|&&t| t != token)
            .map(|t| format!("{t}\n"))
            .collect();
        refuses(|| Tokenizer::open(folder(&[("vocab.txt", vocab.as_bytes())]).path()), &[token]);
    }
}

#[test]
fn a_vocabulary_without_a_mask_opens_and_says_so_when_asked() {
    let without = |json: &mut Value| {
        json["model"]["vocab"].as_object_mut().unwrap().remove("[MASK]");
        json["added_tokens"].as_array_mut().unwrap().pop();
    };
    let tokenizer = broken(without)().unwrap();
    let error = tokenizer.mask_id().unwrap_err().to_string();
    assert!(error.contains("[MASK]") && error.contains("mask_token"), "{error}");
}

#[test]
fn special_tokens_may_have_other_names() {
    let text = bert().to_string().replace("[CLS]", "<s>").replace("[SEP]", "</s>");
    let config = br#"{"cls_token": "<s>", "sep_token": {"content": "</s>", "lstrip": false}}"#;
    let folder = folder(&[("tokenizer.json", text.as_bytes()), ("tokenizer_config.json", config)]);
    let tokenizer = Tokenizer::open(folder.path()).unwrap();
    assert_eq!((tokenizer.cls_id().unwrap(), tokenizer.sep_id().unwrap()), (2, 3));
    assert_eq!(tokenizer.encode("cat", 8).unwrap().tokens, ["<s>", "cat", "</s>"]);
}

#[test]
fn a_template_with_another_id_than_the_vocabulary_is_refused() {
    let other =
        |json: &mut Value| json["post_processor"]["special_tokens"]["[SEP]"]["ids"] = json!([7]);
    refuses(broken(other), &["post_processor", "\"[SEP]\"", "7", "3"]);
    let old = |json: &mut Value| {
        json["post_processor"] =
            json!({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 101]});
    };
    refuses(broken(old), &["post_processor", "\"[CLS]\"", "101"]);
}

#[test]
fn ids_beyond_the_table_are_named() {
    let tokenizer = open(&bert()).unwrap();
    assert_eq!(tokenizer.vocab_size(), 12);
    tokenizer.check_vocab(12).unwrap();
    tokenizer.check_vocab(30_522).unwrap();
    let error = tokenizer.check_vocab(11).unwrap_err().to_string();
    assert!(
        error.contains("\"e\" has id 11") && error.contains("11 rows (ids 0 to 10)"),
        "{error}"
    );
    assert!(tokenizer.check_vocab(0).is_err());
}

#[test]
fn a_merge_of_absent_tokens_is_named() {
    let bpe = |merges: Value| {
        json!({"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
               "post_processor": null, "decoder": null,
               "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": merges}})
    };
    let good = open(&bpe(json!(["a b"]))).unwrap();
    assert_eq!(good.encode("abab", 9).unwrap().ids, [2, 2]);
    assert!(open(&bpe(json!([["a", "b"]]))).is_ok());
    refuses(|| open(&bpe(json!(["a b", "a c"]))), &["merge 1", "\"a c\"", "\"c\""]);
    refuses(|| open(&bpe(json!([["b", "a"]]))), &["merge 0", "\"ba\""]);
    refuses(|| open(&bpe(json!(["ab"]))), &["merge 0", "\"ab \""]);
}

#[test]
fn a_file_that_makes_the_library_panic_is_an_error() {
    let null_map = |json: &mut Value| {
        json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": null});
    };
    refuses(broken(null_map), &["tokenizer.json"]);
}

#[test]
fn settings_of_the_wrong_kind_are_refused() {
    refuses(broken(|json| json["version"] = json!("7.0")), &["7.0"]);
    refuses(
        broken(|json| json["model"]["vocab"]["cat"] = json!(-1)),
        &["expected a tokenizer.json"],
    );
    refuses(
        broken(|json| json["model"]["vocab"]["cat"] = json!(5_000_000_000_u64)),
        &["tokenizer.json"],
    );
    refuses(broken(|json| json["model"]["vocab"] = json!("cat")), &["a vocabulary"]);
    refuses(
        broken(|json| json["model"]["max_input_chars_per_word"] = json!(100_000)),
        &["at most 200", "100000"],
    );
    refuses(broken(|json| json["normalizer"] = json!({"type": "Magic"})), &["refuses"]);
    refuses(
        broken(|json| drop(json.as_object_mut().unwrap().remove("model"))),
        &["missing field `model`"],
    );
    let whole = bert().to_string();
    for (config, part) in [
        (&br#"{"do_lower_case": "yes"}"#[..], "do_lower_case"),
        (br#"{"pad_token": 7}"#, "pad_token"),
        (b"[]", "a JSON object"),
        (b"{", "expected JSON"),
    ] {
        let folder =
            folder(&[("tokenizer.json", whole.as_bytes()), ("tokenizer_config.json", config)]);
        refuses(|| Tokenizer::open(folder.path()), &["tokenizer_config.json", part]);
    }
}

#[test]
fn a_vocab_txt_is_the_same_tokenizer() {
    let vocab = "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\ncat\r\ndog\r\n##s\r\nun\r\n##known\r\n.\r\ne\r\n";
    let old = Tokenizer::open(folder(&[("vocab.txt", vocab.as_bytes())]).path()).unwrap();
    let new = open(&bert()).unwrap();
    for text in ["Cats and dogs.", "unknown [MASK]", "", "CAT é"] {
        assert_eq!(old.encode(text, 20).unwrap(), new.encode(text, 20).unwrap(), "{text:?}");
        assert_eq!(
            old.encode_pair(text, "dog", 20).unwrap(),
            new.encode_pair(text, "dog", 20).unwrap()
        );
    }
}

#[test]
fn a_cased_vocab_txt_keeps_case() {
    let vocab = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\nCat\ncat\n";
    let config = br#"{"do_lower_case": false, "tokenizer_class": "BertTokenizer"}"#;
    let folder = folder(&[("vocab.txt", vocab), ("tokenizer_config.json", config)]);
    assert_eq!(
        Tokenizer::open(folder.path()).unwrap().encode("Cat cat CAT", 9).unwrap().ids,
        [2, 4, 5, 1, 3]
    );
}

#[test]
fn a_vocab_txt_of_another_family_is_refused_by_name() {
    let config = br#"{"tokenizer_class": "MPNetTokenizer"}"#;
    let folder = folder(&[("vocab.txt", b"a\nb\n"), ("tokenizer_config.json", config)]);
    refuses(|| Tokenizer::open(folder.path()), &["BertTokenizer", "MPNetTokenizer"]);
}

#[test]
fn a_vocab_txt_that_is_none_is_refused() {
    refuses(|| Tokenizer::open(folder(&[("vocab.txt", b"")]).path()), &["an empty file"]);
    refuses(|| Tokenizer::open(folder(&[("vocab.txt", b"<html>")]).path()), &["a web page"]);
    refuses(|| Tokenizer::open(folder(&[("vocab.txt", b"[PAD]\n\xff\xfe\n")]).path()), &["UTF-8"]);
}

#[test]
fn an_error_is_a_line_whatever_token_it_names() {
    let long = "[UNK]".repeat(10_000) + "\u{1b}[31m\n";
    let config = json!({"unk_token": long}).to_string();
    let files =
        [("vocab.txt", &b"[CLS]\n[SEP]\n"[..]), ("tokenizer_config.json", config.as_bytes())];
    let error = Tokenizer::open(folder(&files).path()).unwrap_err().to_string();
    assert!(error.len() < 1_000 && !error.contains(char::is_control), "{error}");
    let error = broken(|json| json["model"]["vocab"]["[UNK]\u{1b}[31m"] = json!(1))();
    assert!(!error.unwrap_err().to_string().contains(char::is_control));
}

#[test]
fn a_file_that_fails_on_every_text_is_refused_when_it_is_opened() {
    let unknown = broken(|json| json["model"]["unk_token"] = json!("<unk>"));
    refuses(unknown, &["tokenizer.json", "unk_token in the vocabulary", "\"<unk>\""]);
    let template = broken(|json| {
        json["post_processor"]["pair"][0]["SpecialToken"]["id"] = json!("[MASK]");
    });
    refuses(template, &["tokenizer.json", "refuses"]);
}

#[test]
fn a_file_that_makes_far_more_of_a_text_than_there_is_is_refused() {
    let replace = |pattern: &str, content: &str| {
        let pattern = json!({"String": pattern});
        json!({"type": "Replace", "pattern": pattern, "content": content})
    };
    let doubled = vec![replace("a", "aa"); 40];
    for normalizer in [
        json!({"type": "Sequence", "normalizers": doubled}),
        replace(" ", &"long ".repeat(1000)),
        replace("", &"x".repeat(1000)),
        json!({"type": "Prepend", "prepend": "x".repeat(1000)}),
    ] {
        let file = broken(|json| json["normalizer"] = normalizer);
        refuses(file, &["tokenizer.json", "a normalizer", "times as long"]);
    }
    let decoder = replace("a", &"x".repeat(2000));
    refuses(broken(|json| json["decoder"] = decoder), &["a decoder", "times as long"]);
    let prefix = "#".repeat(100);
    let file = broken(|json| json["model"]["continuing_subword_prefix"] = json!(prefix));
    refuses(file, &["continuing_subword_prefix", "100 bytes"]);
    let pattern = json!({"Regex": "\\p{L}+|\\s+(?!\\S)|".repeat(500)});
    let split =
        json!({"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false});
    let split = json!({"type": "Sequence", "pretokenizers": [split]});
    refuses(broken(|json| json["pre_tokenizer"] = split), &["regular expressions", "4096 bytes"]);
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true});
    let again = json!({"type": "Sequence", "pretokenizers": vec![bytes; 20]});
    let file = broken(|json| json["pre_tokenizer"] = again);
    refuses(file, &["a pre_tokenizer", "times as long"]);
    let usual =
        [replace(" ", "▁"), json!({"type": "Prepend", "prepend": "▁"}), json!({"type": "NFKC"})];
    let mut json = bert();
    json["normalizer"] = json!({"type": "Sequence", "normalizers": usual});
    open(&json).unwrap();
}

#[test]
fn a_frame_of_hundreds_of_special_tokens_is_refused() {
    let file = broken(|json| {
        let single = json["post_processor"]["single"].as_array_mut().expect("a template");
        let first = single[0].clone();
        single.extend(vec![first.clone(); 100]);
        let pair = json["post_processor"]["pair"].as_array_mut().expect("a template");
        pair.extend(vec![first; 100]);
    });
    refuses(file, &["tokenizer.json", "at most 64 special tokens"]);
}
