//! Against values recorded from PyTorch and transformers, burn's own encoder and the plain road.

use std::fs;

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::activation::ActivationConfig;
use burn::nn::transformer::{
    TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput,
};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use encoder::checkpoint::load_bert;
use encoder::parity::{BertInputs, PublishedBert};
use encoder::pretraining::Masked;
use encoder::{Batch, Bert, BertConfig, MaskedLanguageModel, naive};
use golden::{Case, Folder, assert_close, assert_data_close};
use layer::Activation;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use tokens::Tokenizer;

use crate::{batch, floats};

/// The inputs of a recorded case.
pub fn inputs(folder: &Folder, case: &Case) -> BertInputs {
    let input = |name| folder.input(case, name).unwrap();
    BertInputs {
        input_ids: input("input_ids").unwrap(),
        attention_mask: input("attention_mask"),
        token_type_ids: input("token_type_ids"),
        labels: input("labels"),
        answers: input("start_positions").zip(input("end_positions")).map(<[_; 2]>::from),
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
            let what = format!("{name}, {}, {output}", case.case);
            assert_data_close(&what, &answers[output], &expected, tolerance);
        }
    }
}

#[test]
fn bert_answers_as_in_pytorch_at_every_layer() {
    // mean pooling belongs to lesson 14, whose tests compare it
    assert_answers_as_recorded("bert", "BertModel", &["mean_pooled", "mean_pooled_normalised"]);
}

/// What chapter 09 lays its masks over, see lesson 09's `demo/sentence.rs`.
#[derive(Debug, Serialize, Deserialize)]
struct Sentence {
    tokens: Vec<String>,
    length: usize,
    layer: usize,
    scores: Vec<Vec<Vec<f64>>>,
}

/// The scores of a layer's heads over "I sat by the river bank", padded by two tokens because a
/// longer text is in its batch: the logarithms of the weights that the layer has without a mask.
fn sentence_of_minilm(layer: usize) -> Sentence {
    let device = backend::from_env();
    let folder = golden::minilm();
    let tokenizer = Tokenizer::open(&folder).unwrap();
    let bert = load_bert(&folder, &device).unwrap().model;
    let [text, longer] = ["I sat by the river bank", "She took her money to the old bank"]
        .map(|text| tokenizer.encode(text, 32).unwrap());
    let texts = [&text, &longer].map(|text| (&text.ids[..], &text.segments[..]));
    let states = bert.trace(&Batch::new(texts, 0, &device)).hidden_states;
    let x = states[layer - 1].clone().narrow(0, 0, 1);
    let (_, weights) = bert.layers[layer - 1].attention.forward_with_weights(x, None);
    let [_, heads, queries, keys] = weights.dims();
    let mut scores = vec![vec![Vec::new(); queries]; heads];
    for (at, score) in weights.log().to_data().iter::<f64>().enumerate() {
        let row = at / keys;
        scores[row / queries][row % queries].push((score * 1e3).round() / 1e3);
    }
    let (mut tokens, length) = (text.tokens, text.ids.len());
    tokens.resize(keys, "[PAD]".into());
    Sentence { tokens, length, layer, scores }
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn the_sentence_that_chapter_09_masks_is_scored_as_minilm_scores_it() {
    const RECORDED: &str = include_str!("../../../09-multi-head/src/demo/sentence.json");
    let recorded: Sentence = serde_json::from_str(RECORDED).unwrap();
    let found = sentence_of_minilm(recorded.layer);
    let same = (&found.tokens, found.length) == (&recorded.tokens, recorded.length);
    let scores = |sentence: &Sentence| sentence.scores.concat().concat();
    let near = scores(&found).iter().zip(scores(&recorded)).all(|(a, b)| (a - b).abs() < 2e-3);
    assert!(same && near, "record anew: {}", serde_json::to_string(&found).unwrap());
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

/// Compares the gradient of the case `loss` by every weight that the library recorded one of.
fn assert_gradients_as_recorded(name: &str, architecture: &str) {
    let device = backend::from_env().autodiff();
    let folder = Folder::open(&golden::directory().join(name)).unwrap();
    let case = folder.cases.iter().find(|case| case.case == "loss").unwrap();
    let model = PublishedBert::open(&folder.path, architecture, &device).unwrap();
    let gradients = model.gradients(&inputs(&folder, case), &device).expect("there are labels");
    let gradients = gradients.tensors(&folder.path).unwrap();
    let errors = folder.gradient_errors(&gradients).unwrap().expect("gradients were recorded");
    assert_eq!(errors.len(), gradients.len(), "{name}");
    let tolerance = backend::tolerance(&backend::from_env(), folder.tolerance);
    for (weight, error) in errors {
        assert!(error <= tolerance, "{name}, {weight}: off by {error:e}");
    }
}

#[test]
fn a_label_for_each_token_is_pytorchs_gradients_included() {
    let (name, class) = ("bert_token_classification", "BertForTokenClassification");
    assert_answers_as_recorded(name, class, &[]);
    assert_gradients_as_recorded(name, class);
}

#[test]
fn where_an_answer_begins_and_ends_is_pytorchs_gradients_included() {
    let (name, class) = ("bert_question_answering", "BertForQuestionAnswering");
    assert_answers_as_recorded(name, class, &[]);
    assert_gradients_as_recorded(name, class);
}

#[test]
fn distilbert_is_a_bert_without_segments_gradients_included() {
    let (name, class) = ("distilbert", "DistilBertForMaskedLM");
    assert_answers_as_recorded(name, class, &[]);
    assert_gradients_as_recorded(name, class);
}

#[test]
fn roberta_counts_positions_from_padding_gradients_included() {
    let (name, class) = ("roberta", "RobertaForMaskedLM");
    assert_answers_as_recorded(name, class, &[]);
    assert_gradients_as_recorded(name, class);
}

#[test]
fn xlm_robertas_score_of_a_text_is_pytorchs_gradients_included() {
    let (name, class) = ("xlm_roberta", "XLMRobertaForSequenceClassification");
    assert_answers_as_recorded(name, class, &[]);
    assert_gradients_as_recorded(name, class);
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
    assert_close(&run.clone().inner(), &expected.clone().inner(), tolerance);
    let gradient =
        |y: Tensor<3>, x: &Tensor<3>| x.grad(&(y.clone() * y.square()).sum().backward()).unwrap();
    // The gradient of a sum of cubes is large.
    assert_close(&gradient(run, &a), &gradient(expected, &b), 10.0 * tolerance);
}

/// The loss of masked texts, then its gradient by every parameter in the order of the fields. A
/// parameter that is not in the loss, as the pooler, has none.
fn loss_and_gradients(
    model: &MaskedLanguageModel,
    texts: &[Masked],
    device: &Device,
) -> Vec<TensorData> {
    struct ParameterGradients<'a> {
        gradients: &'a Gradients,
        found: Vec<TensorData>,
    }
    impl ModuleVisitor for ParameterGradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.gradients);
            self.found.extend(gradient.map(Tensor::into_data));
        }
    }
    let loss = model.loss(texts, 0, device);
    let found = vec![loss.clone().into_data()];
    let mut parameters = ParameterGradients { gradients: &loss.backward(), found };
    model.visit(&mut parameters);
    parameters.found
}

#[test]
fn a_whole_bert_is_one_on_the_fast_and_the_plain_road_gradients_included() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let texts = [
        Masked { ids: vec![2, 7, 4, 12, 3], targets: vec![(2, 9), (3, 12)] },
        Masked { ids: vec![2, 4, 3], targets: vec![(1, 17)] },
    ];
    for activation in [Activation::GeluExact, Activation::GeluTanh] {
        let config = BertConfig::new(20, 16, 2, 2, 24, 12)
            .with_epsilon(1e-5)
            .with_activation(activation)
            .with_pooler(false);
        let model = MaskedLanguageModel::random(&config, &device);
        let fast = loss_and_gradients(&model, &texts, &device);
        let _guard = kernels::plain_here();
        let plain = loss_and_gradients(&model, &texts, &device);
        // The loss; three tables and a norm; two layers of attention, feed-forward and two norms;
        // the head's map, norm and bias.
        assert_eq!(fast.len(), 1 + 5 + 2 * (4 + 4 + 4) + 5);
        for (i, (fast, plain)) in fast.iter().zip(&plain).enumerate() {
            let what = format!("{activation:?}, number {i} of the loss and the gradients");
            assert_data_close(&what, fast, plain, backend::tolerance(&device, 1e-5));
        }
    }
}

#[test]
fn on_the_plain_road_no_fast_operation_is_called() {
    let device = backend::from_env();
    let model = BertConfig::new(20, 16, 2, 2, 24, 12).init(&device);
    let batch = Batch::of_one_segment(&[&[2, 7, 4, 12, 3], &[2, 4, 3]], 0, &device);
    let before = kernels::calls_here();
    model.forward(&batch);
    let fast = kernels::calls_here();
    // Two layers of four maps, one of them with its activation, an attention and two norms; the
    // embeddings' norm. Where a device has no fast form for two together, each is called.
    assert!(fast - before > 2 * (4 + 1 + 2), "{} calls", fast - before);
    let _guard = kernels::plain_here();
    model.forward(&batch);
    assert_eq!(kernels::calls_here(), fast);
}

#[test]
fn the_pooler_is_the_stored_matrix_in_plain_loops() {
    let device = backend::from_env();
    let path = golden::directory().join("bert");
    let bert = load_bert(&path, &device).unwrap().model;
    let bytes = fs::read(path.join("model.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let matrix = floats(stored.tensor("pooler.dense.weight").unwrap().data());
    let bias = floats(stored.tensor("pooler.dense.bias").unwrap().data());
    let rows: Vec<Vec<f32>> = matrix.chunks(bert.d_model()).map(<[f32]>::to_vec).collect();
    let states = bert.forward(&batch(&device));
    let cls: Vec<f32> = states.clone().narrow(1, 0, 1).into_data().iter().collect();
    let mut expected = naive::linear(&rows, &bias, &cls);
    for number in &mut expected {
        *number = number.tanh();
    }
    let expected = Tensor::<1>::from_floats(&expected[..], &device).unsqueeze();
    let pooled = bert.pool(states).unwrap();
    assert_close(&pooled, &expected, backend::tolerance(&device, 1e-5));
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
    let bert = load_bert(&golden::minilm(), &device).unwrap().model;
    assert_answers_as_transformers(&bert, &device);
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilms_hidden_states_are_those_recorded_from_transformers_on_the_plain_road_too() {
    let device = backend::from_env();
    let bert = load_bert(&golden::minilm(), &device).unwrap().model;
    let _guard = kernels::plain_here();
    assert_answers_as_transformers(&bert, &device);
}

/// Compares the first eight numbers of the first and the last token after every layer.
fn assert_answers_as_transformers(minilm: &Bert, device: &Device) {
    let recorded: Hidden =
        files::read_json(&golden::directory().join("minilm/hidden.json")).unwrap();
    let tolerance = backend::tolerance(device, 1e-5);
    for text in recorded.texts {
        let batch = Batch::of_one_segment(&[&text.input_ids], 0, device);
        let states = minilm.trace(&batch).hidden_states;
        for excerpt in text.hidden_states {
            let state = states[excerpt.layer].clone();
            let [_, tokens, _] = state.dims();
            for (token, expected) in
                [(0, excerpt.first_token_first8), (tokens - 1, excerpt.last_token_first8)]
            {
                let first8 = state.clone().narrow(1, token, 1).narrow(2, 0, 8).reshape([8]);
                let expected = Tensor::<1>::from_floats(&expected[..], device);
                assert_close(&first8, &expected, tolerance);
            }
        }
    }
}
