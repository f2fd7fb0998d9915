//! Tokenizers in the metadata of a GGUF file.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokens::{Tokenizer, TokensError};

/// Kinds of token: a plain one, the unknown one, one that steers the model.
const PLAIN: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;

/// The characters that stand for the 256 bytes in GPT-2's vocabulary.
fn byte_characters() -> impl Iterator<Item = char> {
    let mut next = 256;
    (0..256_u32).map(move |byte| {
        let stands_for_itself = matches!(byte, 33..=126 | 161..=172 | 174..=255);
        let character = if stands_for_itself { byte } else { next };
        next += u32::from(!stands_for_itself);
        char::from_u32(character).unwrap()
    })
}

/// Metadata of GPT-2's kind: two special tokens, the 256 bytes, and two merges.
pub fn byte_pairs(split: &str) -> Map<String, Value> {
    let mut tokens = vec!["<|start|>".to_string(), "<|end|>".to_string()];
    tokens.extend(byte_characters().map(String::from));
    tokens.extend(["12", "ab"].map(String::from));
    let mut types = vec![PLAIN; tokens.len()];
    types[..2].fill(CONTROL);
    let metadata = json!({
        "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": split,
        "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": ["1 2", "a b"],
        "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.chat_template": "{% for message in messages %}<|start|>{{ message.role }}: \
            {{ message.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|start|>{% endif %}",
    });
    metadata.as_object().unwrap().clone()
}

/// Metadata of LLaMA's kind.
pub fn scored() -> Map<String, Value> {
    let tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "ab", "bc", "▁a", "<0x41>"];
    let scores = [0.0, 0.0, 0.0, -1.0, -2.0, -3.0, -4.0, -0.5, -0.25, -0.75, 0.0];
    let mut types = vec![PLAIN; tokens.len()];
    types[0] = UNKNOWN;
    types[1..3].fill(CONTROL);
    types[10] = 6;
    let metadata = json!({
        "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": scores, "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0, "tokenizer.ggml.add_bos_token": true,
    });
    metadata.as_object().unwrap().clone()
}

pub fn open(metadata: &Map<String, Value>) -> Result<Tokenizer, TokensError> {
    Tokenizer::from_gguf(Path::new("model.gguf"), metadata)
}

/// The tokens of a text, with what stands around it.
fn tokens(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    tokenizer.encode(text, 99).unwrap().tokens
}

#[test]
fn digits_stay_apart_where_the_file_says_so() {
    let (whole, apart) =
        (open(&byte_pairs("gpt-2")).unwrap(), open(&byte_pairs("smollm")).unwrap());
    assert_eq!(tokens(&whole, "ab12"), ["ab", "12"]);
    assert_eq!(tokens(&apart, "ab12"), ["ab", "1", "2"]);
    let text = "ab 12 łódź<|end|>";
    let ids = apart.encode(text, 99).unwrap().ids;
    assert_eq!(ids.last(), Some(&1));
    assert_eq!(apart.decode(&ids).unwrap(), "ab 12 łódź", "special tokens are left out");
    assert_eq!((apart.bos_id(), apart.eos_id()), (Some(0), Some(1)));
}

#[test]
fn the_tokens_around_a_text_are_those_that_the_file_asks_for() {
    let mut metadata = byte_pairs("gpt-2");
    assert_eq!(tokens(&open(&metadata).unwrap(), "a"), ["a"]);
    metadata.insert("tokenizer.ggml.add_bos_token".into(), json!(true));
    assert_eq!(tokens(&open(&metadata).unwrap(), "a"), ["<|start|>", "a"]);
    metadata.insert("tokenizer.ggml.add_eos_token".into(), json!(true));
    assert_eq!(tokens(&open(&metadata).unwrap(), "a"), ["<|start|>", "a", "<|end|>"]);
}

#[test]
fn characters_are_joined_by_the_best_score_first() {
    let tokenizer = open(&scored()).unwrap();
    // "bc" has a better score than "▁a" and "ab".
    assert_eq!(tokens(&tokenizer, "abc"), ["<s>", "▁a", "bc"]);
    assert_eq!(tokens(&tokenizer, "ab"), ["<s>", "▁", "ab"]);
    assert_eq!(tokens(&tokenizer, "A"), ["<s>", "▁", "<0x41>"]);
}

#[test]
fn metadata_that_is_no_tokenizers_is_refused_with_its_key() {
    for (key, value, says) in [
        ("model", json!("rwkv"), "gpt2 or llama at tokenizer.ggml.model, found \"rwkv\""),
        ("pre", json!("deepseek-coder"), "at tokenizer.ggml.pre, found \"deepseek-coder\""),
        ("tokens", json!(7), "a list at tokenizer.ggml.tokens, found 7"),
        ("tokens", json!(["a", 1]), "a list of one kind at tokenizer.ggml.tokens"),
        ("token_type", json!([1]), "260 values, one for each token, at tokenizer.ggml.token_type"),
        ("merges", json!(["12"]), "a list of one kind at tokenizer.ggml.merges"),
        ("bos_token_id", json!(260), "an id below 260 at tokenizer.ggml.bos_token_id"),
    ] {
        let mut metadata = byte_pairs("smollm");
        metadata.insert(format!("tokenizer.ggml.{key}"), value);
        let error = open(&metadata).unwrap_err().to_string();
        assert!(error.contains(says), "expected {says:?} in: {error}");
    }
    let mut metadata = scored();
    metadata.insert("tokenizer.ggml.scores".into(), json!([0.5]));
    let error = open(&metadata).unwrap_err().to_string();
    assert!(error.contains("11 values, one for each token"), "{error}");
}
