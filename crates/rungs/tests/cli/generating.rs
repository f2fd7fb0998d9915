//! What a folder says of how its model writes, and how what is written is printed and measured.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokens::Tokenizer;

use crate::{assert_refused, json_lines, path, rungs, stdout};

/// Tokens of the recorded GPT-2.
const VOCAB: usize = 100;

/// The recorded GPT-2 with a tokenizer, `config` its changed settings.
pub fn writer(tokenizer: &Tokenizer, config: &Value) -> TempDir {
    let (from, to) = (golden::directory().join("gpt2"), tempfile::tempdir().unwrap());
    fs::copy(from.join("model.safetensors"), to.path().join("model.safetensors")).unwrap();
    let mut settings: Value = files::read_json(&from.join("config.json")).unwrap();
    for (key, value) in config.as_object().unwrap() {
        settings[key] = value.clone();
    }
    files::write_json(&to.path().join("config.json"), &settings).unwrap();
    tokenizer.save(to.path(), 64).unwrap();
    to
}

/// One character a token, so that a text tells its tokens.
pub fn characters() -> Tokenizer {
    let alphabet: Vec<char> = ('a'..='z').chain('\u{4e00}'..).take(VOCAB).collect();
    Tokenizer::characters(&alphabet).unwrap()
}

/// Single bytes: those of some letters, of `é`, of `😀`, and others.
fn bytes() -> Tokenizer {
    let mut bytes = Vec::new();
    for byte in "abc é😀".bytes().chain(b'A'..=b'\xff') {
        if bytes.len() < VOCAB && !bytes.contains(&byte) {
            bytes.push(byte);
        }
    }
    let tokens: Vec<&[u8]> = bytes.iter().map(std::slice::from_ref).collect();
    Tokenizer::byte_pairs(&tokens, &[]).unwrap()
}

fn likeliest(model: &TempDir, max: &str) -> Output {
    let args = ["generate", "--model", path(model), "--prompt", "abc", "--temperature", "0"];
    rungs(&[&args[..], &["--max", max]].concat(), b"")
}

/// The IDs of the two likeliest tokens after the prompt.
fn likeliest_ids() -> [u32; 2] {
    let text = stdout(&likeliest(&writer(&characters(), &json!({})), "2"));
    let ids = characters().encode_whole(text.trim_end_matches('\n')).unwrap();
    [ids[3], ids[4]]
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_generation_config_says_what_ends_a_text_and_else_the_config() {
    let [first, second] = likeliest_ids();
    assert_ne!(first, second);
    let tokens = |model: &TempDir| {
        let output = likeliest(model, "6");
        let written = stdout(&output).trim_end_matches('\n').chars().count() - "abc".len();
        (written, said(&output))
    };
    let model = writer(&characters(), &json!({"eos_token_id": second}));
    assert_eq!(tokens(&model), (2, String::new()));
    let file = model.path().join("generation_config.json");
    let with = |settings: Value| {
        files::write_json(&file, &settings).unwrap();
        tokens(&model)
    };
    assert_eq!(with(json!({"eos_token_id": first})), (1, String::new()));
    assert_eq!(with(json!({"eos_token_id": [second, first]})), (1, String::new()));
    assert_eq!(with(json!({"eos_token_id": [second]})), (2, String::new()));
    for nothing in [json!({}), json!({"eos_token_id": null}), json!({"eos_token_id": []})] {
        let (written, said) = with(nothing);
        assert_eq!(written, 6);
        assert!(said.contains("config.json's does not count beside it"), "{said}");
    }
    let (written, said) = with(json!({"eos_token_id": 4000}));
    assert_eq!(written, 6);
    assert!(said.contains("4000 is beyond the model's 100 tokens"), "{said}");
}

#[test]
fn a_token_that_ends_the_text_is_printed_unless_it_is_special() {
    let [first, second] = likeliest_ids();
    let model = writer(&characters(), &json!({"eos_token_id": second}));
    let text = stdout(&likeliest(&model, "6"));
    let written = |ids: &[u32]| format!("abc{}\n", characters().decode(ids).unwrap());
    assert_eq!(text, written(&[first, second]));
    let token = characters().token(second).unwrap();
    let end = json!({"id": second, "content": token, "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true});
    change_tokenizer(&model, "added_tokens", json!([end]));
    assert_eq!(stdout(&likeliest(&model, "6")), written(&[first]));
}

#[test]
fn end_of_text_tokens_that_are_none_are_refused_by_their_file() {
    let model = writer(&characters(), &json!({}));
    let file = model.path().join("generation_config.json");
    for wrong in ["-1", "3.5", "\"3\"", "true", "[3, null]", "[[3]]", "{}", "5000000000"] {
        fs::write(&file, format!("{{\"eos_token_id\": {wrong}}}")).unwrap();
        let needles = ["generation_config.json", "eos_token_id", "expected a token ID or a list"];
        assert_refused(&likeliest(&model, "6"), &needles);
    }
    for broken in ["", "[3]", "{\"eos_token_id\": ", "<!doctype html>"] {
        fs::write(&file, broken).unwrap();
        assert_refused(&likeliest(&model, "6"), &["generation_config.json"]);
    }
    let model = writer(&characters(), &json!({"eos_token_id": "x"}));
    assert_refused(&likeliest(&model, "6"), &["/config.json", "eos_token_id"]);
}

#[test]
fn settings_that_would_write_another_text_are_named() {
    let model = writer(&characters(), &json!({"repetition_penalty": 1.3}));
    assert!(said(&likeliest(&model, "6")).contains("config.json asks for repetition_penalty 1.3"));
    let file = model.path().join("generation_config.json");
    let neutral = json!({"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1,
        "suppress_tokens": [], "min_length": 0, "forced_bos_token_id": null, "max_length": 20,
        "transformers_version": "5.24.0", "use_cache": true, "pad_token_id": 0});
    files::write_json(&file, &neutral).unwrap();
    assert_eq!(said(&likeliest(&model, "6")), "");
    let other = json!({"suppress_tokens": [1, 2], "forced_bos_token_id": 0, "temperature": 0.6,
        "top_p": 0.9, "do_sample": true});
    files::write_json(&file, &other).unwrap();
    let greedy = said(&likeliest(&model, "6"));
    assert!(greedy.contains("asks for forced_bos_token_id 0, suppress_tokens"), "{greedy}");
    assert!(!greedy.contains("temperature"), "{greedy}");
    assert_eq!(greedy.matches("note:").count(), 1, "{greedy}");
    let every = json!({"bad_words_ids": [[3]], "no_repeat_ngram_size": 2, "min_new_tokens": 3,
        "encoder_repetition_penalty": 1.2, "encoder_no_repeat_ngram_size": 3, "max_time": 2.5,
        "force_words_ids": [[4]], "dola_layers": "high", "token_healing": true,
        "forced_eos_token_id": [2], "guidance_scale": 1.5, "sequence_bias": [[[1], 2.0]],
        "exponential_decay_length_penalty": [5, 1.1], "penalty_alpha": 0.6, "num_beams": 4,
        "stop_strings": ["x"], "watermarking_config": {"bias": 2.0}, "constraints": [1],
        "begin_suppress_tokens": [7], "min_length": 4, "repetition_penalty": 0.9});
    files::write_json(&file, &every).unwrap();
    let all = said(&likeliest(&model, "6"));
    for key in every.as_object().unwrap().keys() {
        assert_eq!(all.matches(&format!(" {key}")).count(), 1, "{key}: {all}");
    }
    files::write_json(&file, &other).unwrap();
    let drawn = said(&rungs(&["generate", "--model", path(&model), "--prompt", "a"], b""));
    assert!(drawn.contains("names temperature 0.6, top_p 0.9; here --temperature"), "{drawn}");
}

#[test]
fn what_is_printed_is_the_decoded_whole_whatever_bytes_are_drawn() {
    let (model, tokenizer) = (writer(&bytes(), &json!({})), bytes());
    for seed in ["1", "2", "3"] {
        let args = ["generate", "--model", path(&model), "--prompt", "a 😀 é", "--max", "90"];
        let output = rungs(&[&args[..], &["--temperature", "4", "--seed", seed]].concat(), b"");
        let text = stdout(&output);
        let text = text.strip_suffix('\n').unwrap();
        assert!(text.starts_with("a 😀 é"), "{text:?}");
        assert!(tokenizer.decode(&tokenizer.encode_whole("a 😀 é").unwrap()).unwrap() == "a 😀 é");
        let lossy = text.chars().filter(|&c| c == '\u{fffd}').count();
        assert!(text.len() - 2 * lossy <= "a 😀 é".len() + 90, "nothing is doubled: {text:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn what_a_model_writes_cannot_steer_a_terminal_and_is_whole_anywhere_else() {
    let control = (1..32).map(char::from).filter(|c| !"\t\n\r".contains(*c));
    let alphabet: Vec<char> = ('a'..='z').chain(control).chain('\u{4e00}'..).take(VOCAB).collect();
    let model = writer(&Tokenizer::characters(&alphabet).unwrap(), &json!({}));
    let args = ["generate", "--model", path(&model), "--prompt", "abc", "--temperature", "4"];
    let is_control = |c: char| c.is_control() && !"\n\r".contains(c);
    let text = stdout(&rungs(&args, b""));
    assert!(text.contains(is_control), "{text:?}");
    let words: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
    let words = words.join(" ");
    let command = format!("'{}' {words} 2> /dev/null", env!("CARGO_BIN_EXE_rungs"));
    let seen = crate::in_terminal(&command, b"");
    assert!(seen.contains("abc") && seen.contains("\\u{"), "{seen:?}");
    assert!(!seen.contains(is_control), "{seen:?}");
}

#[test]
fn a_prompt_as_long_as_the_context_or_longer_is_gone_on_from() {
    let model = writer(&characters(), &json!({}));
    let config: Value = files::read_json(&model.path().join("config.json")).unwrap();
    let context = config["n_positions"].as_u64().unwrap() as usize;
    for length in [context - 1, context, context + 1, 3 * context] {
        let prompt = "a".repeat(length);
        let args = ["generate", "--model", path(&model), "--prompt", &prompt, "--max", "70"];
        let text = stdout(&rungs(&args, b""));
        assert_eq!(text.chars().count(), length + 70 + 1);
    }
}

fn perplexity(model: &TempDir, text: &str, block: &str) -> Output {
    let file = model.path().join("text.txt");
    fs::write(&file, text).unwrap();
    let args = ["perplexity", "--model", path(model), file.to_str().unwrap(), "--block", block];
    rungs(&[&args[..], &["--format", "json"]].concat(), b"")
}

#[test]
fn perplexity_counts_the_characters_of_the_text_whatever_tokens_they_are() {
    let model = writer(&bytes(), &json!({}));
    for (text, tokens, characters) in [("é", 2, 1), ("😀", 4, 1), ("a é", 4, 2), ("ab", 2, 1)] {
        for block in ["1", "2", "1000000"] {
            let row = &json_lines(&perplexity(&model, text, block))[0];
            assert_eq!(
                (&row["tokens"], &row["characters"]),
                (&(tokens - 1).into(), &characters.into())
            );
            let bits = row["bits_per_token"].as_f64().unwrap() * (tokens - 1) as f64;
            let by_character = row["bits_per_character"].as_f64().unwrap();
            assert!((bits - by_character * f64::from(characters)).abs() < 1e-9);
        }
    }
    assert_refused(&perplexity(&model, "a", "8"), &["at least 2 tokens", "found 1"]);
    assert_refused(&perplexity(&model, "", "8"), &["text.txt"]);
    let long = "a".repeat(tokens::LARGEST_TEXT + 1);
    assert_refused(&perplexity(&model, &long, "8"), &["text.txt", "4194305", "split it"]);
}

/// Changes the tokenizer.json of a folder.
fn change_tokenizer(model: &TempDir, key: &str, value: Value) {
    let path = model.path().join("tokenizer.json");
    let mut json: Value = files::read_json(&path).unwrap();
    json[key] = value;
    files::write_json(&path, &json).unwrap();
}

#[test]
fn a_normaliser_that_lengthens_or_shortens_the_text_changes_no_count_of_characters() {
    let longer = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "bbbbbbbb"});
    let shorter = json!({"type": "Replace", "pattern": {"String": "ccc"}, "content": "b"});
    for (normalizer, text) in [(longer, "ac"), (shorter, "cccaccc")] {
        let model = writer(&characters(), &json!({}));
        change_tokenizer(&model, "normalizer", normalizer);
        let row = &json_lines(&perplexity(&model, text, "8"))[0];
        let characters = row["characters"].as_u64().unwrap() as usize;
        assert!((1..=text.len()).contains(&characters), "{row}");
        assert!(row["bits_per_character"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn where_only_a_special_token_is_predicted_there_are_no_bits_per_character() {
    let model = writer(&characters(), &json!({}));
    let end = json!({"id": 99, "content": "\u{4e49}", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true});
    change_tokenizer(&model, "added_tokens", json!([end]));
    change_tokenizer(
        &model,
        "post_processor",
        json!({"type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "\u{4e49}", "type_id": 0}}], "pair": [],
        "special_tokens": {"\u{4e49}": {"id": "\u{4e49}", "ids": [99], "tokens": ["\u{4e49}"]}}}),
    );
    let row = &json_lines(&perplexity(&model, "a", "8"))[0];
    assert_eq!((&row["tokens"], &row["characters"]), (&1.into(), &0.into()));
    assert!(row["bits_per_character"].is_null());
    let file = model.path().join("text.txt");
    let args = ["perplexity", "--model", path(&model), file.to_str().unwrap()];
    assert!(stdout(&rungs(&args, b"")).contains("bits per character  -\n"));
}

#[test]
fn generating_is_timed_whatever_the_model_sees() {
    let narrow = tempfile::tempdir().unwrap();
    for positions in [1, 2, 31, 33, 64] {
        narrow_writer(narrow.path(), positions);
        for tokens in ["2", "70"] {
            let args = ["bench", "generate", "--model", path(&narrow), "--tokens", tokens];
            let output = rungs(&[&args[..], &["--format", "jsonl"]].concat(), b"");
            let row = &json_lines(&output)[0];
            let new = row["new"].as_u64().unwrap();
            assert!(new >= 2 && row["ms_at_first"].as_f64().unwrap() > 0.0, "{row}");
            let note = format!("note: the model sees {positions} tokens: {new} are written");
            assert_eq!(said(&output).contains(&note), new < tokens.parse().unwrap());
        }
    }
}

/// A GPT-2 that sees this many tokens, in a folder.
fn narrow_writer(folder: &Path, positions: usize) {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 3);
    let config = decoder::GptConfig::new(VOCAB, 16, 1, 2, positions);
    decoder::checkpoint::save(&config.init(&device), &config, folder).unwrap();
    characters().save(folder, positions).unwrap();
}

#[test]
fn what_the_vocabulary_has_no_token_for_is_said() {
    let model = writer(&Tokenizer::word_level(&["the", "cat"]).unwrap(), &json!({}));
    let write = |prompt| {
        rungs(&["generate", "--model", path(&model), "--prompt", prompt, "--max", "1"], b"")
    };
    let note = said(&write("the dog and the dog"));
    assert!(note.contains("note: 3 parts have no token") && note.contains("\"dog\""), "{note}");
    assert!(!said(&write("The cat")).contains("note:"), "lower-casing loses nothing");

    let file = model.path().join("text.txt");
    fs::write(&file, "the cat sings the cat").unwrap();
    let measured = rungs(&["perplexity", "--model", path(&model), file.to_str().unwrap()], b"");
    let note = said(&measured);
    assert!(note.contains("1 part has no token") && note.contains("\"sings\""), "{note}");
}

#[test]
fn an_added_token_beyond_the_table_is_refused_only_where_a_text_has_it() {
    let model = writer(&characters(), &json!({}));
    let path_of_it = model.path().join("tokenizer.json");
    let mut tokenizer: Value = files::read_json(&path_of_it).unwrap();
    let pad = json!({
        "id": VOCAB, "content": "<pad>", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    });
    tokenizer["added_tokens"].as_array_mut().expect("a list").push(pad);
    fs::write(&path_of_it, tokenizer.to_string()).unwrap();
    stdout(&likeliest(&model, "1"));
    let args = ["generate", "--model", path(&model), "--prompt", "abc<pad>", "--max", "1"];
    assert_refused(&rungs(&args, b""), &["\"<pad>\"", "id 100", "100 rows"]);
}
