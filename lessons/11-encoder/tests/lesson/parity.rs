//! Against values recorded from PyTorch and transformers.

use burn::tensor::TensorData;
use encoder::parity::{Inputs, answers};
use golden::{Case, Folder};

fn inputs(folder: &Folder, case: &Case) -> Inputs {
    let input = |name| folder.input(case, name).unwrap();
    Inputs {
        input_ids: input("input_ids").unwrap(),
        attention_mask: input("attention_mask"),
        token_type_ids: input("token_type_ids"),
        labels: input("labels"),
    }
}

/// Runs every case of a recorded folder and compares every output that this lesson computes.
fn assert_answers_as_recorded(name: &str, architecture: &str, derived_elsewhere: &[&str]) {
    let device = backend::from_env();
    let folder = Folder::open(&golden::directory().join(name)).unwrap();
    let tolerance = backend::tolerance(&device, folder.tolerance);
    for case in &folder.cases {
        let answers = answers(&folder.path, architecture, &inputs(&folder, case), &device).unwrap();
        for output in case.outputs.keys().filter(|output| !derived_elsewhere.contains(&output.as_str())) {
            let expected: TensorData = folder.tensor(case, output).unwrap();
            let worst = golden::max_abs_error_of_data(&answers[output], &expected);
            assert!(
                worst <= tolerance,
                "{name}, {}, {output}: off by {worst:e}, allowed {tolerance:e}",
                case.case
            );
        }
    }
}

#[test]
fn bert_answers_as_in_pytorch_at_every_layer() {
    // mean pooling belongs to lesson 14, whose tests compare it
    assert_answers_as_recorded("bert", "BertModel", &["mean_pooled", "mean_pooled_normalised"]);
}

#[test]
fn the_masked_language_head_answers_as_in_pytorch() {
    assert_answers_as_recorded("bert_masked_lm", "BertForMaskedLM", &[]);
}

#[test]
fn the_sequence_head_answers_as_in_pytorch() {
    assert_answers_as_recorded("bert_sequence_classification", "BertForSequenceClassification", &[]);
}
