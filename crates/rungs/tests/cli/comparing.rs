//! `cargo rungs parity`: a record is compared right, or refused in one line before anything runs.

use std::collections::BTreeMap;
use std::fs;

use golden::Stored;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{assert_refused, json_lines, path, rungs, stdout};

/// A copy of the recorded model `name` with something changed: its configuration, the list of its
/// cases, or what was recorded of them.
fn record(
    name: &str,
    change: impl FnOnce(&mut Value, &mut Value, &mut BTreeMap<String, Stored>),
) -> TempDir {
    let (mut configuration, folder) = (Value::Null, golden::altered(name, |_| {}, |_| {}));
    let file = |name: &str| folder.path().join(name);
    let gradients = golden::directory().join(name).join("gradients.safetensors");
    if gradients.exists() {
        fs::copy(gradients, file("gradients.safetensors")).unwrap();
    }
    configuration.clone_from(&read(&file("config.json")));
    let mut cases = read(&file("cases.json"));
    let bytes = fs::read(file("expected.safetensors")).unwrap();
    let mut tensors = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
        let stored = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        tensors.insert(name.to_string(), stored);
    }
    change(&mut configuration, &mut cases, &mut tensors);
    fs::write(file("config.json"), configuration.to_string()).unwrap();
    fs::write(file("cases.json"), cases.to_string()).unwrap();
    golden::store(&tensors, &file("expected.safetensors"));
    folder
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A tensor of whole numbers.
fn whole(shape: &[usize], numbers: impl IntoIterator<Item = i64>) -> Stored {
    (Dtype::I64, shape.to_vec(), numbers.into_iter().flat_map(i64::to_le_bytes).collect())
}

/// A tensor of floats.
fn floats(shape: &[usize], numbers: &[f32]) -> Stored {
    (Dtype::F32, shape.to_vec(), numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
}

/// Puts a tensor in the place of an input, with its shape in the list of cases, or adds it.
fn give(cases: &mut Value, tensors: &mut BTreeMap<String, Stored>, name: &str, stored: Stored) {
    let case = &mut cases["cases"][0];
    case["inputs"][name] = json!(stored.1);
    tensors.insert(format!("{}.{name}", case["case"].as_str().unwrap()), stored);
}

/// One case with these inputs and this loss, and nothing else.
fn only_loss(
    cases: &mut Value,
    tensors: &mut BTreeMap<String, Stored>,
    inputs: Vec<(&str, Stored)>,
    loss: f32,
) {
    let name = cases["cases"][0]["case"].as_str().unwrap().to_string();
    cases["cases"] = json!([
        {"case": name, "inputs": {}, "outputs": {"loss": [1]}, "compare": "all positions"}
    ]);
    tensors.clear();
    for (input, stored) in inputs {
        give(cases, tensors, input, stored);
    }
    tensors.insert(format!("{name}.loss"), floats(&[1], &[loss]));
}

fn parity(folder: &TempDir) -> std::process::Output {
    rungs(&["parity", path(folder), "--format", "jsonl"], b"")
}

#[test]
fn parity_holds_for_every_recorded_encoder_gradients_included() {
    let recorded = [
        ("bert_token_classification", 39),
        ("bert_question_answering", 39),
        ("distilbert", 41),
        ("roberta", 42),
        ("xlm_roberta", 41),
    ];
    for (name, weights) in recorded {
        let folder = golden::directory().join(name);
        let rows =
            json_lines(&rungs(&["parity", folder.to_str().unwrap(), "--format", "jsonl"], b""));
        let gradients = rows.iter().filter(|row| row["case"] == "gradients").count();
        assert_eq!(gradients, weights, "{name}");
    }
}

#[test]
fn a_folder_without_a_record_is_refused_with_where_records_come_from() {
    let help = "help: name a folder under tests/golden/";
    for file in ["config.json", "cases.json", "expected.safetensors"] {
        let folder = record("bert", |_, _, _| {});
        fs::remove_file(folder.path().join(file)).unwrap();
        let needles = [path(&folder), "a recorded model", &format!("no {file}"), help];
        assert_refused(&parity(&folder), &needles);
    }
    assert_refused(&rungs(&["parity", "/no/such/folder"], b""), &["/no/such/folder", help]);
}

#[test]
fn inputs_that_do_not_fit_an_encoder_are_refused_before_it_runs() {
    let all = |id: i64| whole(&[3, 9], [id; 27]);
    let cases: Vec<(&str, Stored, &[&str])> = vec![
        ("input_ids", all(100), &["padded", "from 0 to 99", "found 100"]),
        ("input_ids", all(-1), &["from 0 to 99", "found -1"]),
        ("input_ids", all(i64::MIN), &["from 0 to 99"]),
        ("input_ids", whole(&[1, 33], [5; 33]), &["at most 32 tokens", "found 33"]),
        ("input_ids", whole(&[27], [5; 27]), &["[batch, tokens]", "[27]"]),
        ("input_ids", whole(&[3, 0], []), &["[batch, tokens]"]),
        ("input_ids", whole(&[0, 9], []), &["[batch, tokens]"]),
        ("input_ids", floats(&[3, 9], &[5.5; 27]), &["whole numbers", "F32"]),
        ("attention_mask", all(2), &["from 0 to 1", "found 2"]),
        ("attention_mask", all(0), &["a 1 in every row"]),
        ("attention_mask", whole(&[3, 8], [1; 24]), &["[3, 9]", "[3, 8]"]),
        ("attention_mask", whole(&[3, 1, 9, 9], [1; 243]), &["[3, 9]"]),
        ("token_type_ids", all(2), &["from 0 to 1", "found 2"]),
        ("token_type_ids", all(-1), &["found -1"]),
        ("position_ids", all(1), &["position_ids", "no other inputs"]),
        ("labels", all(1), &["labels", "no other inputs"]),
    ];
    for (input, stored, needles) in cases {
        let folder = record("bert", |_, cases, tensors| give(cases, tensors, input, stored));
        assert_refused(&parity(&folder), &[&[input], needles].concat());
    }
}

#[test]
fn labels_that_do_not_fit_a_head_are_refused_before_it_runs() {
    let tokens = |label: i64| whole(&[3, 9], [label; 27]);
    let cases: Vec<(&str, &str, Stored, &[&str])> = vec![
        ("bert_masked_lm", "labels", tokens(100), &["from 0 to 99"]),
        ("bert_masked_lm", "labels", tokens(-7), &["found -7"]),
        ("bert_masked_lm", "labels", tokens(-100), &["no loss"]),
        ("bert_masked_lm", "labels", whole(&[3], [1; 3]), &["[3, 9]", "[3]"]),
        ("bert_token_classification", "labels", tokens(5), &["from 0 to 4"]),
        ("bert_sequence_classification", "labels", whole(&[3], [0, 3, 1]), &["from 0 to 2"]),
        ("bert_sequence_classification", "labels", whole(&[9], [1; 9]), &["[3]", "[9]"]),
        ("bert_sequence_classification", "labels", floats(&[3], &[1.0; 3]), &["single_label"]),
        ("xlm_roberta", "labels", whole(&[3], [1; 3]), &["floats", "regression"]),
        ("xlm_roberta", "labels", floats(&[4], &[1.0; 4]), &["[3, 1]", "regression"]),
        ("xlm_roberta", "labels", floats(&[3], &[f32::NAN; 3]), &["finite", "regression"]),
        ("bert_question_answering", "start_positions", whole(&[3], [99; 3]), &["no loss"]),
        ("bert_question_answering", "end_positions", whole(&[3, 9], [1; 27]), &["[3]"]),
    ];
    for (name, input, stored, needles) in cases {
        let folder = record(name, |_, cases, tensors| give(cases, tensors, input, stored));
        assert_refused(&parity(&folder), &[&[input], needles].concat());
    }
}

/// The logits of three texts by `bert_sequence_classification`, as PyTorch recorded them.
fn logits() -> Vec<f32> {
    let bytes =
        fs::read(golden::directory().join("bert_sequence_classification/expected.safetensors"))
            .unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let bytes = tensors.tensor("padded.logits").unwrap().data();
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

#[test]
fn a_number_and_a_yes_or_no_for_each_label_have_their_own_losses() {
    let given = [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let mut losses = [0.0, 0.0];
    for (x, y) in logits().into_iter().zip(given) {
        let sigmoid = 1.0 / (1.0 + (-x).exp());
        losses[0] += (x - y).powi(2) / 9.0;
        losses[1] -= (y * sigmoid.ln() + (1.0 - y) * (1.0 - sigmoid).ln()) / 9.0;
    }
    let kinds = [json!("regression"), json!("multi_label_classification"), Value::Null];
    for (kind, loss) in kinds.into_iter().zip([losses[0], losses[1], losses[1]]) {
        let folder = record("bert_sequence_classification", |config, cases, tensors| {
            config["problem_type"] = kind;
            give(cases, tensors, "labels", floats(&[3, 3], &given));
            tensors.insert("padded.loss".into(), floats(&[1], &[loss]));
        });
        assert!(!json_lines(&parity(&folder)).is_empty());
    }
}

#[test]
fn inputs_that_do_not_fit_a_decoder_are_refused_before_it_runs() {
    let ids = |id: i64| whole(&[2, 10], [id; 20]);
    let hole = whole(&[2, 10], (0..20).map(|i| i64::from(i != 3)));
    let cases: Vec<(&str, Stored, &[&str])> = vec![
        ("input_ids", ids(100), &["from 0 to 99", "found 100"]),
        ("input_ids", ids(-1), &["found -1"]),
        ("input_ids", whole(&[1, 65], [5; 65]), &["at most 64 tokens"]),
        ("input_ids", whole(&[2, 5, 2], [5; 20]), &["[batch, tokens]"]),
        ("attention_mask", ids(0), &["a 1 in every row"]),
        ("attention_mask", ids(3), &["from 0 to 1"]),
        ("attention_mask", hole, &["between its tokens"]),
        ("labels", ids(1), &["no other inputs"]),
    ];
    for name in ["gpt2", "llama"] {
        for (input, stored, needles) in cases.clone() {
            let folder = record(name, |_, cases, tensors| give(cases, tensors, input, stored));
            assert_refused(&parity(&folder), &[&[input], needles].concat());
        }
    }
}

#[test]
fn a_text_of_one_token_has_no_loss_and_a_padded_one_is_not_scored() {
    let one = whole(&[2, 1], [5, 7]);
    let folder = record("gpt2", |_, cases, tensors| {
        only_loss(cases, tensors, vec![("input_ids", one.clone())], 1.0);
    });
    assert_refused(&parity(&folder), &["input_ids", "at least two tokens"]);
    let padded = record("gpt2", |_, cases, tensors| {
        let inputs = vec![
            ("input_ids", whole(&[1, 4], [5, 7, 8, 9])),
            ("attention_mask", whole(&[1, 4], [1, 1, 1, 0])),
        ];
        only_loss(cases, tensors, inputs, 1.0);
    });
    assert_refused(&parity(&padded), &["attention_mask", "loss"]);
    // Without a loss there is nothing wrong with one token.
    let kept = record("gpt2", |_, cases, tensors| {
        cases["cases"][0]["outputs"] = json!({"hidden_states.0": [2, 1, 32]});
        cases["cases"].as_array_mut().unwrap().truncate(1);
        give(cases, tensors, "input_ids", one.clone());
        tensors.insert("full.hidden_states.0".into(), floats(&[2, 1, 32], &[0.0; 64]));
    });
    fs::remove_file(kept.path().join("gradients.safetensors")).unwrap();
    assert_refused(&parity(&kept), &["further off"]);
}

#[test]
fn tokens_to_write_are_counted_before_one_is_written() {
    for (shape, needle) in [
        (json!([1, 1_000_000_000]), "1 to 60"),
        (json!([2, 20]), "[1, 1 to 60]"),
        (json!([20]), "[20]"),
    ] {
        let folder = record("gpt2", |_, cases, _| {
            let greedy = cases["cases"].as_array_mut().unwrap().iter_mut();
            let mut greedy = greedy.filter(|case| case["case"] == "greedy");
            greedy.next().unwrap()["outputs"]["generated_ids"] = shape;
        });
        assert_refused(&parity(&folder), &["generated_ids", needle]);
    }
}

#[test]
fn a_list_of_cases_that_cannot_be_is_refused() {
    type Change = fn(&mut Value);
    let changes: [(Change, &[&str]); 12] = [
        (|cases| cases["suggested_tolerance"]["max_abs"] = json!(1e300), &["max_abs"]),
        (|cases| cases["suggested_tolerance"]["max_abs"] = json!(-1.0), &["max_abs"]),
        (|cases| cases["suggested_tolerance"] = Value::Null, &["suggested_tolerance"]),
        (|cases| cases["cases"] = json!([]), &["none"]),
        (|cases| cases["cases"][0]["outputs"] = json!({}), &["outputs", "found none"]),
        (|cases| cases["cases"][0]["compare"] = json!("roughly"), &["compare", "roughly"]),
        (|cases| cases["cases"][1]["case"] = json!("padded"), &["padded", "twice"]),
        (|cases| cases["cases"][0]["case"] = json!("other"), &["other.input_ids", "none"]),
        (|cases| cases["cases"][0]["inputs"] = json!({}), &["input_ids", "None"]),
        (|cases| cases["cases"][0]["inputs"]["input_ids"] = json!([9, 3]), &["[9, 3]"]),
        (|cases| cases["cases"][0]["outputs"]["logits"] = json!([3, 9]), &["logits"]),
        (|cases| cases["cases"][0]["outputs"]["pooler_output"] = json!([2]), &["pooler_output"]),
    ];
    for (change, needles) in changes {
        let folder = record("bert", |_, cases, _| change(cases));
        assert_refused(&parity(&folder), needles);
    }
}

#[test]
fn what_was_recorded_in_another_shape_or_not_at_all_is_refused_by_name() {
    let other = floats(&[3, 9], &[0.0; 27]);
    let turned = record("bert", |_, cases, tensors| {
        cases["cases"][0]["outputs"]["pooler_output"] = json!([3, 9]);
        tensors.insert("padded.pooler_output".into(), other);
    });
    assert_refused(&parity(&turned), &["padded.pooler_output", "[3, 9]"]);
    let gone = record("bert", |_, _, tensors| drop(tensors.remove("padded.pooler_output")));
    assert_refused(&parity(&gone), &["padded.pooler_output", "none"]);
    let halves = record("bert", |_, _, tensors| {
        let (dtype, _, bytes) = tensors.get_mut("padded.pooler_output").unwrap();
        *dtype = Dtype::F16;
        bytes.truncate(bytes.len() / 2);
    });
    assert_refused(&parity(&halves), &["F32 or I64", "F16"]);
}

#[test]
fn what_has_no_tokens_is_compared_whole_where_the_mask_says_which_tokens_count() {
    let folder = record("bert_sequence_classification", |_, cases, _| {
        cases["cases"][0]["compare"] = json!("where attention_mask is 1");
    });
    assert!(stdout(&parity(&folder)).contains("\"logits\""));
}

#[test]
fn gradients_without_the_case_that_they_are_of_are_refused() {
    let folder = record("distilbert", |_, cases, _| {
        cases["cases"].as_array_mut().unwrap().truncate(1);
    });
    assert_refused(&parity(&folder), &["a case \"loss\"", "found none"]);
}

#[test]
fn a_class_that_is_not_read_is_refused_by_name() {
    for class in ["BertForNextSentencePrediction", "DistilBertForSequenceClassification", "Bert"] {
        let name = if class.starts_with("Distil") { "distilbert" } else { "bert" };
        let folder = record(name, |config, _, _| config["architectures"] = json!([class]));
        assert_refused(&parity(&folder), &["architectures"]);
    }
}
