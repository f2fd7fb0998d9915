//! Against values recorded from PyTorch and transformers.

use burn::module::Param;
use burn::nn::activation::ActivationConfig;
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::tensor::{Device, Tensor, TensorData};
use encoder::checkpoint::load_bert;
use encoder::parity::{BertInputs, PublishedBert};
use encoder::{Batch, Bert, BertConfig};
use golden::{Case, Folder};
use layer::Activation;
use serde::Deserialize;

use crate::batch;

fn inputs(folder: &Folder, case: &Case) -> BertInputs {
    let input = |name| folder.input(case, name).unwrap();
    BertInputs {
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
    let model = PublishedBert::open(&folder.path, architecture, &device).unwrap();
    for case in &folder.cases {
        let answers = model.answers(&inputs(&folder, case), &device);
        for output in
            case.outputs.keys().filter(|output| !derived_elsewhere.contains(&output.as_str()))
        {
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
    assert_answers_as_recorded(
        "bert_sequence_classification",
        "BertForSequenceClassification",
        &[],
    );
}

#[test]
fn the_whole_encoder_equals_burns_own_in_value_and_gradient() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let config = BertConfig::new(20, 16, 2, 2, 24, 12).with_epsilon(1e-5);
    let ours = config.with_activation(Activation::Relu).init(&device);
    let theirs = as_burns(&ours, &device);
    let x = || Tensor::<3>::from_data(embedded(&ours, &device), &device).require_grad();
    let (a, b) = (x(), x());
    let run = ours.layers.iter().fold(a.clone(), |x, layer| layer.forward(x, None));
    let expected = theirs.forward(TransformerEncoderInput::new(b.clone()));
    let tolerance = backend::tolerance(&device, 1e-5);
    golden::assert_close(&run.clone().inner(), &expected.clone().inner(), tolerance);
    let gradient =
        |y: Tensor<3>, x: &Tensor<3>| x.grad(&(y.clone() * y.square()).sum().backward()).unwrap();
    // of a sum of cubes
    golden::assert_close(&gradient(run, &a), &gradient(expected, &b), 10.0 * tolerance);
}

fn embedded(bert: &Bert, device: &Device) -> TensorData {
    bert.forward_to(0, &batch(device)).into_data()
}

/// burn's own encoder with our weights.
fn as_burns(bert: &Bert, device: &Device) -> TransformerEncoder {
    let mut theirs = TransformerEncoderConfig::new(16, 24, 2, bert.layers.len())
        .with_dropout(0.0)
        // its GELU has the tanh form's gradient on most backends
        .with_activation(ActivationConfig::Relu)
        .init(device);
    let part = |x: Tensor<2>, i: usize| x.narrow(1, 16 * i, 16);
    for (theirs, ours) in theirs.layers.iter_mut().zip(&bert.layers) {
        let (weight, bias) = (
            ours.attention.projection.weight.val(),
            ours.attention.projection.bias.as_ref().unwrap().val(),
        );
        let mha = &mut theirs.mha;
        for (i, linear) in [&mut mha.query, &mut mha.key, &mut mha.value].into_iter().enumerate() {
            linear.weight = Param::from_tensor(part(weight.clone(), i).inner());
            linear.bias = Some(Param::from_tensor(bias.clone().narrow(0, 16 * i, 16).inner()));
        }
        mha.output = ours.attention.output.clone();
        theirs.pwff.linear_inner = ours.feed_forward.up.clone();
        theirs.pwff.linear_outer = ours.feed_forward.down.clone();
    }
    theirs
}

#[derive(Deserialize)]
struct Hidden {
    texts: Vec<HiddenText>,
}

#[derive(Deserialize)]
struct HiddenText {
    input_ids: Vec<u32>,
    hidden_states: Vec<Excerpt>,
}

#[derive(Deserialize)]
struct Excerpt {
    layer: usize,
    first_token_first8: Vec<f32>,
    last_token_first8: Vec<f32>,
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilms_hidden_states_are_those_recorded_from_transformers() {
    let device = backend::from_env();
    let folder = golden::minilm();
    let bert = load_bert(&folder, &device).unwrap().model;
    let recorded: Hidden =
        files::read_json(&golden::directory().join("minilm/hidden.json")).unwrap();
    for text in recorded.texts {
        let segments = vec![0; text.input_ids.len()];
        let batch = Batch::new([(&text.input_ids[..], &segments[..])], 0, &device);
        let states = bert.trace(&batch).hidden_states;
        for excerpt in text.hidden_states {
            let state = states[excerpt.layer].clone();
            let [_, tokens, _] = state.dims();
            for (token, expected) in
                [(0, excerpt.first_token_first8), (tokens - 1, excerpt.last_token_first8)]
            {
                let first8 = state.clone().narrow(1, token, 1).narrow(2, 0, 8).reshape([8]);
                let expected = Tensor::<1>::from_floats(&expected[..], &device);
                golden::assert_close(&first8, &expected, backend::tolerance(&device, 1e-5));
            }
        }
    }
}
