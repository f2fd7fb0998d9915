//! Configurations are read strictly, and errors name the key.

use std::fs;

use files::{FilesError, read_json};
use serde::Deserialize;

use crate::assert_says;

#[derive(Debug, Deserialize, PartialEq)]
struct Config {
    hidden_size: usize,
    layer_norm_eps: f64,
    hidden_act: Activation,
    #[serde(default)]
    rope: Option<Rope>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Activation {
    Gelu,
    Relu,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Rope {
    factors: Vec<f64>,
}

const GOOD: &str = r#"{"hidden_size": 384, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "use_cache": true,
 "id2label": {"0": "a", "1": null}, "list": [1, -2, 3.5, {"x": []}]}"#;

fn read(text: impl AsRef<[u8]>) -> Result<Config, FilesError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, text).unwrap();
    read_json(&path)
}

#[test]
fn a_sound_config_is_read() {
    let config = Config {
        hidden_size: 384,
        layer_norm_eps: 1e-12,
        hidden_act: Activation::Gelu,
        rope: None,
    };
    assert_eq!(read(GOOD).unwrap(), config);
}

#[test]
fn a_string_for_a_number_is_named_with_its_key() {
    assert_says(
        read(GOOD.replace("384", "\"384\"")),
        &["config.json", "\"hidden_size\"", "invalid type: string \"384\", expected usize"],
    );
    let nested = GOOD.replace("\"use_cache\": true", r#""rope": {"factors": [1.0, "two"]}"#);
    assert_says(read(nested), &["\"rope.factors[1]\"", "expected f64"]);
    assert_says(read(GOOD.replace("384", "-1")), &["\"hidden_size\"", "expected usize"]);
    assert_says(read(GOOD.replace("384", "1e400")), &["number out of range"]);
}

#[test]
fn an_unknown_choice_is_named_with_what_is_known() {
    assert_says(
        read(GOOD.replace("\"gelu\"", "\"mish\\u001b\"")),
        &["\"hidden_act\"", "unknown variant", "expected `gelu` or `relu`"],
    );
}

#[test]
fn a_missing_key_is_named() {
    assert_says(
        read(r#"{"hidden_size": 384, "hidden_act": "gelu"}"#),
        &["missing field `layer_norm_eps`"],
    );
}

#[test]
fn a_duplicate_key_is_refused_anywhere() {
    assert_says(
        read(GOOD.replace("384,", "384, \"hidden_size\": 768,")),
        &["the key \"hidden_size\" twice"],
    );
    assert_says(
        read(GOOD.replace("\"x\": []", "\"x\": [], \"\\u0078\": 1")),
        &["the key \"x\" twice", "line 2"],
    );
}

#[test]
fn invalid_utf8_is_refused() {
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes[3] = 0xff;
    assert_says(read(bytes), &["invalid UTF-8 at byte 3"]);
}

#[test]
fn what_is_no_json_is_refused() {
    assert_says(read(""), &["an empty file"]);
    assert_says(read("   "), &["expected JSON"]);
    assert_says(read("{\"a\": 1,}"), &["expected JSON", "line 1"]);
    for (text, found) in [
        ("{\"a\": NaN}", "found NaN, which is no JSON, though Python writes it"),
        ("{\n \"a\": [1,\n  -Infinity]}", "found -Infinity, which is no JSON"),
        ("[Infinity, 1]", "found Infinity, which is no JSON"),
    ] {
        assert_says(read(text), &[found, "line"]);
    }
    assert_says(read("[".repeat(100_000)), &["recursion limit"]);
    assert_says(read("<html>"), &["a web page"]);
    assert_says(read("version https://git-lfs.github.com/spec/v1"), &["Git-LFS"]);
    assert_says(read("[]"), &["the top level"]);
    assert_says(read(vec![b' '; (16 << 20) + 1]), &["16777217 bytes, above 16777216"]);
    assert_says(read_json::<Config>("/nowhere/config.json".as_ref()), &["does not exist"]);
}

#[test]
fn a_byte_order_mark_is_read_past_and_another_encoding_named() {
    assert!(read(format!("\u{feff}{GOOD}")).is_ok());
    assert_says(read(b"\xff\xfe{\0}\0"), &["config.json", "text in UTF-16", "iconv"]);
    assert_says(read(b"\x1f\x8b\x08\0"), &["a gzip file", "gunzip"]);
    assert_says(read(b"{\n\"a\": \"\xe9\"}"), &["line 2", "invalid UTF-8 at byte 8"]);
}
