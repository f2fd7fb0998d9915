//! The real tokenizer against ids recorded from transformers.

use std::path::PathBuf;

use files::Home;
use serde_json::Value;
use tokens::Tokenizer;

/// The folder in which `cargo rungs fetch minilm` puts the model.
fn minilm() -> PathBuf {
    Home::from_env().unwrap().model("minilm")
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilm_gives_the_recorded_ids() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/minilm/embeddings.json");
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let limit = recorded["max_seq_length"].as_u64().unwrap() as usize;
    let json = Tokenizer::open(&minilm()).unwrap();
    let old = tempfile::TempDir::new().unwrap();
    for name in ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"] {
        std::fs::copy(minilm().join(name), old.path().join(name)).unwrap();
    }
    let vocab_txt = Tokenizer::open(old.path()).unwrap();
    let texts = recorded["texts"].as_array().unwrap();
    assert!(texts.len() > 10);
    for entry in texts {
        let text = entry["text"].as_str().unwrap();
        let expected: Vec<u32> = entry["input_ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_u64().unwrap() as u32)
            .collect();
        for tokenizer in [&json, &vocab_txt] {
            let encoding = tokenizer.encode(text, limit).unwrap();
            assert_eq!(encoding.ids, expected, "{}", entry["name"]);
        }
    }
    json.check_vocab(30_522).unwrap();
    assert!(json.check_vocab(30_521).is_err());
}
