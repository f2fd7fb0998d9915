//! Checks of a configuration refuse in one line that names the key.

use checkpoint::{CheckpointError, Checks};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::assert_says;

#[test]
fn checks_pass_what_can_be() {
    let checks = Checks::of("m/config.json".as_ref());
    assert!(checks.is("flag", true, true).is_ok());
    assert!(checks.model_type(Some("gpt2"), "gpt2").is_ok());
    assert!(
        checks.above_zero(&[("layers", 1), ("heads", usize::MAX)]).is_ok()
            && checks.above_zero(&[]).is_ok()
    );
    assert!(checks.divides(("heads", 12), ("width", 768)).is_ok());
    for epsilon in [1e-12, 1e-5, 0.5] {
        assert!(checks.epsilon("eps", epsilon).is_ok());
    }
    for share in [0.0, 0.1, 0.999] {
        assert!(checks.probability("dropout", share).is_ok());
    }
}

#[test]
fn checks_refuse_in_a_line_that_names_file_key_expected_and_found() {
    let checks = Checks::of("m/config.json".as_ref());
    let refused = |result: Result<(), CheckpointError>, line: &str| {
        assert_says(
            result,
            &["\"m/config.json\": at ", line, "; correct the file or fetch it again"],
        );
    };
    refused(checks.refuse("key", "expected rain".into()), "at key: expected rain;");
    assert_says(
        checks.is("flag", Some(true), None),
        &["\"m/config.json\": at flag: expected None, found Some(true); take a model without it"],
    );
    let other = "at model_type: expected \"gpt2\", found \"bert\"; take a model of these";
    assert_says(checks.model_type(Some("bert"), "gpt2"), &["\"m/config.json\": ", other]);
    let none = "at model_type: expected \"gpt2\", found no such key; take a model of these";
    assert_says(checks.model_type(None, "gpt2"), &["\"m/config.json\": ", none]);
    refused(
        checks.above_zero(&[("layers", 2), ("heads", 0), ("width", 0)]),
        "at heads: expected at least 1, found 0;",
    );
    refused(
        checks.divides(("heads", 5), ("width", 768)),
        "at heads: expected a divisor of width (768), found 5;",
    );
    for (epsilon, found) in [(0.0, "0"), (-1e-5, "-0.00001"), (1.0, "1"), (f64::NAN, "NaN")] {
        let line = format!("at eps: expected a number above 0 and below 1, found {found};");
        refused(checks.epsilon("eps", epsilon), &line);
    }
    for (share, found) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
        let line = format!("at dropout: expected a probability below 1, found {found};");
        refused(checks.probability("dropout", share), &line);
    }
}

/// A `config.json` of this content, in a folder of its own.
fn config(content: &Value) -> (tempfile::TempDir, Checks) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, content.to_string()).unwrap();
    let checks = Checks::of(&path);
    (folder, checks)
}

#[derive(Debug, Deserialize, PartialEq)]
struct Sizes {
    width: usize,
    heads: usize,
    share: Option<f64>,
}

#[test]
fn an_architecture_is_one_of_those_that_are_read_or_refused_with_all_of_them() {
    let (_folder, checks) = config(&json!({"model_type": "gpt2", "n_layer": 2}));
    assert_eq!(checks.architecture(&["bloom", "gpt2"]).unwrap(), "gpt2");
    let line = "at model_type: expected \"bloom\", \"llama\" or \"qwen2\", found \"gpt2\";";
    assert_says(checks.architecture(&["bloom", "llama", "qwen2"]).map(drop), &[line]);
    let (_folder, checks) = config(&json!({"n_layer": 2}));
    let line = "at model_type: expected \"bloom\" or \"llama\", found no such key;";
    assert_says(checks.architecture(&["bloom", "llama"]).map(drop), &[line]);
}

#[test]
fn a_key_that_is_missing_has_its_default_and_null_is_not_missing() {
    let defaults = || json!({"heads": 8, "share": 0.5});
    for (content, expected) in [
        (json!({"width": 32}), Sizes { width: 32, heads: 8, share: Some(0.5) }),
        (json!({"width": 32, "share": null}), Sizes { width: 32, heads: 8, share: None }),
        (
            json!({"width": 32, "heads": 4, "share": 1}),
            Sizes { width: 32, heads: 4, share: Some(1.0) },
        ),
    ] {
        let (_folder, checks) = config(&content);
        assert_eq!(checks.read::<Sizes>(defaults(), &[]).unwrap(), expected, "{content}");
    }
    for (content, line) in [
        (json!({"heads": 4}), "missing field `width`"),
        (json!({"width": 32, "heads": null}), "at \"heads\": invalid type: null"),
        (json!({"width": "32"}), "at \"width\": invalid type: string"),
        (json!([32]), "expected a map"),
    ] {
        let (_folder, checks) = config(&content);
        assert_says(checks.read::<Sizes>(defaults(), &[]).map(drop), &[line]);
    }
}

#[test]
fn of_two_spellings_of_a_key_the_second_one_holds_as_in_transformers() {
    let names = [("hidden_size", "width"), ("num_heads", "heads")];
    for (content, width) in [
        (json!({"width": 32, "heads": 4}), 32),
        (json!({"hidden_size": 48, "heads": 4}), 48),
        (json!({"width": 32, "hidden_size": 48, "num_heads": 4}), 48),
        (json!({"width": 32, "hidden_size": null, "num_heads": 4, "heads": 2}), 32),
    ] {
        let (_folder, checks) = config(&content);
        let read: Sizes = checks.read(json!({}), &names).unwrap();
        assert_eq!(read, Sizes { width, heads: 4, share: None }, "{content}");
    }
}
