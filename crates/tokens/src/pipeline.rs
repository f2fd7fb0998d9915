//! The normaliser, pre-tokenizer, model, decoder and framing that each class builds itself.
//!
//! What stands here is what the class's `__init__` builds in transformers 5.24
//! (`models/*/tokenization_*.py`), as tokenizer.json spells it.

use std::path::Path;

use serde_json::{Value, json};
use tokenizers::Tokenizer as Library;

use crate::class::Class;
use crate::config::Config;
use crate::error::TokensError;
use crate::special::{SpecialTokens, id_of};

/// The pattern by which Qwen2 splits a text (`PRETOKENIZE_REGEX`).
pub(crate) const QWEN2_PATTERN: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

/// Sets in the place of what tokenizer.json says what the class builds; `kind` is that of the
/// model in the file.
pub(crate) fn build(
    json: &mut Value,
    class: Class,
    config: &Config,
    specials: &SpecialTokens,
    kind: &str,
) -> Result<(), TokensError> {
    if class == Class::File {
        return Ok(());
    }
    let model = model(json, class, specials, kind).ok_or_else(|| {
        config.refused_class(format!("a class for the {kind} model of tokenizer.json"))
    })?;
    let (normalizer, pre_tokenizer, decoder) = match class {
        Class::Bert | Class::MpNet => (
            json!({
                "type": "BertNormalizer", "clean_text": true,
                "handle_chinese_chars": config.flag("tokenize_chinese_chars")?.unwrap_or(true),
                "strip_accents": config.flag("strip_accents")?,
                "lowercase": config.flag("do_lower_case")?.unwrap_or(true),
            }),
            json!({"type": "BertPreTokenizer"}),
            json!({"type": "WordPiece", "prefix": "##", "cleanup": true}),
        ),
        Class::Gpt2 | Class::Roberta | Class::GptNeoX => {
            let normalizer = if class == Class::GptNeoX { nfc() } else { Value::Null };
            (normalizer, byte_level(prefix_space(config, false)?, true), byte_level(true, true))
        }
        Class::Qwen2 => {
            let split = json!({
                "type": "Split", "pattern": {"Regex": QWEN2_PATTERN}, "behavior": "Isolated",
                "invert": false,
            });
            let bytes = byte_level(prefix_space(config, false)?, false);
            (nfc(), sequence("pretokenizers", &[split, bytes]), byte_level(true, true))
        }
        Class::Llama => {
            let prefix = prefix_space(config, true)?;
            // `_get_prepend_scheme`: the older code put a blank after every special token
            let scheme = match (prefix, config.flag("legacy")?.unwrap_or(false)) {
                (false, _) => "never",
                (true, true) => "always",
                (true, false) => "first",
            };
            (Value::Null, metaspace(scheme, false), llama_decoder(prefix))
        }
        Class::XlmRoberta | Class::Camembert | Class::T5 => {
            let prefix = class == Class::T5 || prefix_space(config, true)?;
            let blanks = metaspace(if prefix { "always" } else { "never" }, true);
            let words = json!({"type": "WhitespaceSplit"});
            let words = sequence("pretokenizers", &[words, blanks.clone()]);
            (precompiled(&json["normalizer"]), words, blanks)
        }
        Class::File => return Ok(()),
    };
    json["model"] = model;
    json["normalizer"] = normalizer;
    json["pre_tokenizer"] = pre_tokenizer;
    json["decoder"] = decoder;
    json["added_tokens"] = json!([]); // they are added afterwards, as the files around it say
    Ok(())
}

/// The model of the class over the vocabulary of a file; none where the file's kind of model has
/// no such vocabulary.
fn model(json: &mut Value, class: Class, specials: &SpecialTokens, kind: &str) -> Option<Value> {
    let vocab = json["model"]["vocab"].take();
    Some(match class {
        Class::Bert | Class::MpNet if ["WordPiece", "WordLevel", ""].contains(&kind) => json!({
            "type": "WordPiece", "unk_token": specials.text("unk"),
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab,
        }),
        Class::Gpt2 | Class::Roberta | Class::GptNeoX | Class::Qwen2 | Class::Llama
            if ["BPE", ""].contains(&kind) =>
        {
            let llama = class == Class::Llama;
            json!({
                "type": "BPE", "dropout": null, "unk_token": null,
                "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": llama,
                "byte_fallback": llama, "ignore_merges": false, "vocab": vocab,
                "merges": json["model"]["merges"].take(),
            })
        }
        Class::XlmRoberta | Class::Camembert | Class::T5 if kind == "Unigram" => {
            let unknown = match class {
                Class::XlmRoberta => 3,
                Class::T5 => 2,
                _ => position(&vocab, specials.text("unk")),
            };
            json!({"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": false})
        }
        _ => return None,
    })
}

/// The framing that the class sets whatever tokenizer.json says, or because it says none; none
/// where the file's own holds.
pub(crate) fn framing(
    class: Class,
    config: &Config,
    specials: &SpecialTokens,
    library: &Library,
    path: &Path,
    is_tokenizer_json: bool,
) -> Result<Option<Value>, TokensError> {
    let of = |role: &'static str| -> Result<(String, u32), TokensError> {
        let token = specials.text(role);
        Ok((token.to_string(), id_of(library, role, token, path)?))
    };
    Ok(Some(match class {
        Class::Bert => {
            let (open, close) = (of("cls")?, of("sep")?);
            template(
                &[special(&open, 0), text("A", 0), special(&close, 0)],
                &[text("B", 1), special(&close, 1)],
                &[open, close],
            )
        }
        Class::MpNet => robertas(&of("sep")?, &of("cls")?, true, false),
        Class::Roberta => {
            let trim = config.flag("trim_offsets")?.unwrap_or(true);
            robertas(&of("sep")?, &of("cls")?, trim, prefix_space(config, false)?)
        }
        Class::XlmRoberta | Class::Camembert => {
            let (open, close) = (of("bos")?, of("eos")?);
            template(
                &[special(&open, 0), text("A", 0), special(&close, 0)],
                &[special(&close, 0), text("B", 0), special(&close, 0)],
                &[open, close],
            )
        }
        Class::T5 => {
            let close = ("</s>".to_string(), id_of(library, "eos", "</s>", path)?);
            let first = [text("A", 0), special(&close, 0)];
            template(&first, &[text("B", 0), special(&close, 0)], &[close])
        }
        Class::GptNeoX if is_tokenizer_json => template(&[text("A", 0)], &[text("B", 1)], &[]),
        // the last two from a GGUF file alone
        Class::Gpt2 | Class::Qwen2 | Class::GptNeoX | Class::Llama | Class::File
            if !is_tokenizer_json =>
        {
            let mut tokens = Vec::new();
            let (mut first, mut second) = (vec![text("A", 0)], vec![text("B", 1)]);
            if config.flag("add_bos_token")?.unwrap_or(false) && specials.get("bos").is_some() {
                let open = of("bos")?;
                first.insert(0, special(&open, 0));
                second.insert(0, special(&open, 1));
                tokens.push(open);
            }
            if config.flag("add_eos_token")?.unwrap_or(false) && specials.get("eos").is_some() {
                let close = of("eos")?;
                first.push(special(&close, 0));
                second.push(special(&close, 1));
                tokens.push(close);
            }
            template(&first, &second, &tokens)
        }
        // `update_post_processor`: the second text is told from the first
        _ if library.get_post_processor().is_none() => {
            template(&[text("A", 0)], &[text("B", 1)], &[])
        }
        _ => return Ok(None),
    }))
}

/// Whether a blank is put before a text.
fn prefix_space(config: &Config, by_class: bool) -> Result<bool, TokensError> {
    Ok(config.flag("add_prefix_space")?.unwrap_or(by_class))
}

/// Place of a token in a list of pieces with their scores; 0 where it is not there.
fn position(vocab: &Value, token: &str) -> usize {
    let pieces = vocab.as_array().map(Vec::as_slice).unwrap_or_default();
    pieces.iter().position(|piece| piece[0] == token).unwrap_or_default()
}

/// Sentencepiece's own normalisation, if the file has one.
fn precompiled(normalizer: &Value) -> Value {
    let inner = normalizer["normalizers"].as_array().map(Vec::as_slice);
    for one in inner.unwrap_or(std::slice::from_ref(normalizer)) {
        if one["type"] == "Precompiled" {
            return one.clone();
        }
    }
    Value::Null
}

/// A normaliser that composes characters.
pub(crate) fn nfc() -> Value {
    json!({"type": "NFC"})
}

/// Bytes as visible characters.
pub(crate) fn byte_level(add_prefix_space: bool, use_regex: bool) -> Value {
    json!({
        "type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": true,
        "use_regex": use_regex,
    })
}

/// Blanks as sentencepiece writes them.
fn metaspace(scheme: &str, split: bool) -> Value {
    json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split})
}

/// Pieces back to a text, bytes among them; the blank that was put before it is taken away.
fn llama_decoder(prefix: bool) -> Value {
    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    sequence("decoders", &decoders)
}

/// Several parts, one after the other.
pub(crate) fn sequence(of: &str, parts: &[Value]) -> Value {
    json!({"type": "Sequence", of: parts})
}

/// RoBERTa's framing of one text or two.
fn robertas(sep: &(String, u32), cls: &(String, u32), trim: bool, prefix: bool) -> Value {
    json!({
        "type": "RobertaProcessing", "sep": sep, "cls": cls, "trim_offsets": trim,
        "add_prefix_space": prefix,
    })
}

/// A framing: of the first text, and what a second one adds to it.
pub(crate) fn template(first: &[Value], second: &[Value], tokens: &[(String, u32)]) -> Value {
    let mut special_tokens = serde_json::Map::new();
    for (token, id) in tokens {
        special_tokens.insert(token.clone(), json!({"id": token, "ids": [id], "tokens": [token]}));
    }
    let pair = [first, second].concat();
    json!({
        "type": "TemplateProcessing", "single": first, "pair": pair,
        "special_tokens": special_tokens,
    })
}

/// A special token of a template.
pub(crate) fn special((token, _): &(String, u32), segment: u32) -> Value {
    json!({"SpecialToken": {"id": token, "type_id": segment}})
}

/// A text of a template.
pub(crate) fn text(name: &str, segment: u32) -> Value {
    json!({"Sequence": {"id": name, "type_id": segment}})
}
