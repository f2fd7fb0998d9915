//! Text that grows by tokens: its pieces together are what all tokens are decoded to.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tokens::{TextStream, Tokenizer};

use crate::folder;

/// A vocabulary of `tokens`, the first two of them special, under a model and a decoder.
fn tokenizer(model: &str, tokens: &[&str], decoder: Value) -> Tokenizer {
    configured(model, tokens, decoder, json!({}))
}

/// The same with this tokenizer_config.json.
fn configured(model: &str, tokens: &[&str], decoder: Value, config: Value) -> Tokenizer {
    let mut ids = Map::new();
    let mut scores = Vec::new();
    for (id, token) in tokens.iter().enumerate() {
        ids.insert(token.to_string(), json!(id));
        scores.push(json!([token, -1.0]));
    }
    let added: Vec<Value> = (0..2)
        .map(|id| {
            json!({"id": id, "content": tokens[id], "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false, "special": true})
        })
        .collect();
    let model = match model {
        "WordPiece" => json!({"type": model, "unk_token": tokens[0], "vocab": ids,
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}),
        "Unigram" => json!({"type": model, "unk_id": 0, "vocab": scores, "byte_fallback": true}),
        _ => json!({"type": "BPE", "dropout": null, "unk_token": tokens[0], "fuse_unk": false,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "byte_fallback": true,
            "vocab": ids, "merges": []}),
    };
    let json = json!({"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
        "pre_tokenizer": null, "post_processor": null, "added_tokens": added, "decoder": decoder,
        "model": model});
    let (json, config) = (json.to_string(), config.to_string());
    let files = [("tokenizer.json", json.as_bytes()), ("tokenizer_config.json", config.as_bytes())];
    Tokenizer::open(folder(&files).path()).unwrap()
}

/// Tokens that open, continue and break characters of two to four bytes, as GPT-2 shows bytes.
fn byte_level() -> Tokenizer {
    let tokens = [
        "<s>", "</s>", "a", "Ġ", "Ġn", "'t", "Ġb", "!", "Ã", "©", "ð", "ðŁ", "Ġð", "ĠðŁ", "Ł", "ĺ",
        "Ģ", "ĺĢ", "Â", "âĤ", "¬", "�", "ï", "¿½",
    ];
    tokenizer(
        "BPE",
        &tokens,
        json!({"type": "ByteLevel", "add_prefix_space": false,
        "trim_offsets": false, "use_regex": true}),
    )
}

/// Bytes in the manner of sentencepiece, as LLaMA's tokenizers decode them.
fn byte_fallback() -> Tokenizer {
    let tokens = [
        "<unk>", "<s>", "▁", "▁a", "a", "b", "▁▁", "<0x41>", "<0x20>", "<0xF0>", "<0x9F>",
        "<0x98>", "<0x80>", "<0xC3>", "<0xA9>", "<0xFF>", "é",
    ];
    tokenizer(
        "BPE",
        &tokens,
        json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
        {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}),
    )
}

/// BERT's words, cleaned up or not.
fn word_piece(cleanup: bool) -> Tokenizer {
    let tokens = [
        "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "the", "cat", "##s", "##é", "don", "n't",
        "'", "s", "##'t", ".", ",", "!", "'s", "do", "not", "é",
    ];
    tokenizer(
        "WordPiece",
        &tokens,
        json!({"type": "WordPiece", "prefix": "##", "cleanup": cleanup}),
    )
}

/// Words between which blanks are, and are left out of the whole text.
fn cleaned_up() -> Tokenizer {
    let tokens = [
        "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "it", "'", "s", "n", "##'t", "'v", "##e",
        ".", "## ", "'re",
    ];
    let decoder = json!({"type": "WordPiece", "prefix": "##", "cleanup": false});
    configured("WordPiece", &tokens, decoder, json!({"clean_up_tokenization_spaces": true}))
}

/// A Unigram of words that begin with a blank.
fn metaspace() -> Tokenizer {
    let tokens = ["<unk>", "<s>", "▁", "▁the", "▁cat", "s", "▁▁", "é", "▁é", ".", "▁n", "'t"];
    tokenizer(
        "Unigram",
        &tokens,
        json!({"type": "Metaspace", "replacement": "▁",
        "prepend_scheme": "always", "split": true}),
    )
}

/// Words that end with a mark, of which the last loses its blank.
fn end_of_word() -> Tokenizer {
    let tokens = ["<unk>", "<s>", "the</w>", "cat", "s</w>", "</w>", "é</w>"];
    tokenizer("BPE", &tokens, json!({"type": "BPEDecoder", "suffix": "</w>"}))
}

/// No decoder at all: tokens with blanks between.
fn bare() -> Tokenizer {
    tokenizer("BPE", &["<unk>", "<s>", "a", "b", "é"], Value::Null)
}

fn all() -> Vec<Tokenizer> {
    let mut all = vec![byte_level(), byte_fallback(), word_piece(true), word_piece(false)];
    all.extend([cleaned_up(), metaspace(), end_of_word(), bare()]);
    all
}

/// The pieces of a text whose first tokens come together and the others one by one.
fn pieces(tokenizer: &Tokenizer, ids: &[u32], together: usize) -> Vec<String> {
    let mut stream = TextStream::new(tokenizer);
    let (prompt, rest) = ids.split_at(together.min(ids.len()));
    let mut pieces = vec![stream.push(prompt).unwrap()];
    for &id in rest {
        pieces.push(stream.push(&[id]).unwrap());
    }
    pieces.push(stream.end().unwrap());
    pieces
}

#[test]
fn a_character_is_handed_out_with_its_last_byte_wherever_it_starts() {
    let tokenizer = byte_level();
    let id = |token: &str| tokenizer.id(token).unwrap();
    for before in 0..100 {
        let mut ids = vec![id("a"); before];
        ids.extend([id("ĠðŁ"), id("ĺĢ"), id("!")]);
        let pieces = pieces(&tokenizer, &ids, 1);
        assert_eq!(pieces.concat(), format!("{} 😀!", "a".repeat(before)));
        assert!(pieces.iter().all(|piece| !piece.contains('\u{fffd}')));
        assert_eq!(pieces[pieces.len() - 2], "!", "an end waits for no more than it needs");
    }
}

#[test]
fn bytes_wait_until_their_run_ends_and_are_then_a_text_or_broken_as_a_whole() {
    let tokenizer = byte_fallback();
    let id = |token: &str| tokenizer.id(token).unwrap();
    let run = [id("<0x41>"), id("<0xF0>"), id("<s>"), id("<0x9F>"), id("<0x98>"), id("<0x80>")];
    let whole = pieces(&tokenizer, &[&run[..], &[id("a")]].concat(), 0);
    assert_eq!(whole, ["", "", "", "", "", "", "", "A😀a", ""]);
    let broken = pieces(&tokenizer, &[&run[..4], &[id("a")]].concat(), 0);
    assert_eq!(broken.last().unwrap(), "");
    assert_eq!(broken.concat(), "\u{fffd}\u{fffd}\u{fffd}a");
}

#[test]
fn blanks_before_marks_are_left_out_where_the_configuration_says_so() {
    let tokens = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "it", "'", "s", "so", "."];
    let text = |model, clean_up| {
        let decoder = json!({"type": "WordPiece", "prefix": "##", "cleanup": false});
        configured(model, &tokens, decoder, clean_up).decode(&[5, 6, 7, 8, 9]).unwrap()
    };
    let asked = json!({"clean_up_tokenization_spaces": true});
    assert_eq!(text("WordPiece", asked.clone()), "it's so.");
    assert_eq!(text("BPE", asked), "it ' s so .");
    assert_eq!(text("WordPiece", json!({})), "it ' s so .");
}

#[test]
fn what_has_no_text_gives_none() {
    for tokenizer in all() {
        assert_eq!(pieces(&tokenizer, &[1, 1, 9999], 1).concat(), "");
        assert_eq!(pieces(&tokenizer, &[], 0).concat(), "");
    }
}

/// Made once, for all cases.
static ALL: LazyLock<Vec<Tokenizer>> = LazyLock::new(all);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_pieces_of_any_tokens_are_the_decoded_whole(
        draws in prop::collection::vec(0..10_000_u32, 0..120), together in 0..40_usize,
        few in 1..30_u32,
    ) {
        for tokenizer in ALL.iter() {
            // Of few different tokens, runs are long.
            let size = (tokenizer.vocab_size() as u32 + 1).min(few + 1);
            let first = draws.first().copied().unwrap_or_default();
            let ids: Vec<u32> = draws.iter().map(|draw| (first + draw % size) %
                (tokenizer.vocab_size() as u32 + 1)).collect();
            let whole = tokenizer.decode(&ids).unwrap();
            prop_assert_eq!(pieces(tokenizer, &ids, together).concat(), whole, "{:?}", ids);
        }
    }
}
