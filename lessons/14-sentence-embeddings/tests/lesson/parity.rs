//! Against values recorded from sentence-transformers and transformers.

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use course::metrics::spearman;
use data::{Related, World};
use encoder::parity::BertInputs;
use encoder::{Batch, Bert};
use golden::Folder;
use sentences::contrastive::{Contrastive, Tuning};
use sentences::{Pooling, SentenceEncoder};
use serde::Deserialize;
use similarity::{cosine, normalise};
use tokens::Encoding;
use training::{Draw, Task};

use golden::minilm;

#[test]
fn mean_pooling_is_that_of_the_record() {
    let device = backend::from_env();
    let folder = Folder::open(&golden::directory().join("bert")).unwrap();
    for case in &folder.cases {
        let tensor = |name: &str| folder.tensor(case, name).unwrap();
        let inputs = BertInputs {
            input_ids: tensor("input_ids"),
            attention_mask: folder.input(case, "attention_mask").unwrap(),
            token_type_ids: None,
            labels: None,
            answers: None,
        };
        let last = Tensor::from_data(tensor("last_hidden_state"), &device);
        let pooled = Pooling::Mean.pool(last, inputs.batch(&device).padding_mask);
        let tolerance = backend::tolerance(&device, folder.tolerance);
        let expected = |data: TensorData| Tensor::<2>::from_data(data, &device);
        golden::assert_close(&pooled, &expected(tensor("mean_pooled")), tolerance);
        golden::assert_close(
            &normalise(pooled),
            &expected(tensor("mean_pooled_normalised")),
            tolerance,
        );
    }
}

/// The guard is held by this thread, and batches run on others.
#[test]
fn the_plain_switch_reaches_every_batch() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = crate::random(&device).with_batch(1);
    let texts: Vec<String> = World::sentences(3).take(5).map(|text| text.to_string()).collect();
    let fast = encoder.embed(&texts).unwrap();
    let _plain = kernels::plain_here();
    let plain = encoder.embed(&texts).unwrap();
    let tolerance = backend::tolerance(&device, 1e-5);
    for ((text, fast), plain) in texts.iter().zip(fast).zip(plain) {
        let plain = TensorData::new(plain.vector, [1, 16]);
        let fast = TensorData::new(fast.vector, [1, 16]);
        golden::assert_data_close(text, &fast, &plain, tolerance);
        let Encoding { ids, segments, .. } = encoder.encode(text).unwrap();
        let batch = Batch::new([(&ids[..], &segments[..])], 0, &device);
        let here = Pooling::Mean.pool(encoder.bert().unwrap().forward(&batch), None).into_data();
        golden::assert_data_close(text, &plain, &here, backend::rerun(&device));
    }
}

/// The loss of a batch, and its gradient by every weight.
fn loss_and_gradients(encoder: &SentenceEncoder, bert: &Bert, device: &Device) -> Vec<TensorData> {
    let pairs: Vec<Related> = World::paraphrases(7)
        .take(3)
        .map(|(a, b)| Related { query: a.to_string(), meant: b.to_string(), other: None })
        .collect();
    let tuning = Tuning { batch: 3, temperature: 0.5, ..Tuning::default() };
    let task = Contrastive::new(encoder, &pairs, &pairs, tuning, device).unwrap();
    let loss = task.loss(bert, Draw { seed: 7, step: 0, micro: 0 });
    let mut found =
        GradientsOf { gradients: loss.backward(), found: vec![loss.clone().into_data()] };
    bert.visit(&mut found);
    found.found
}

struct GradientsOf {
    gradients: Gradients,
    found: Vec<TensorData>,
}

impl ModuleVisitor for GradientsOf {
    fn visit_float<const D: usize>(&mut self, weight: &Param<Tensor<D>>) {
        if let Some(gradient) = weight.val().grad(&self.gradients) {
            self.found.push(gradient.into_data());
        }
    }
}

#[test]
fn the_contrastive_loss_is_one_fast_and_plain_gradients_included() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = crate::random(&device);
    let training_device = device.clone().autodiff();
    let bert = encoder.bert().unwrap().clone().train();
    let fast = loss_and_gradients(&encoder, &bert, &training_device);
    let _plain = kernels::plain_here();
    let plain = loss_and_gradients(&encoder, &bert, &training_device);
    // The loss; three tables and a norm; two layers of two maps of attention, two of the
    // feed-forward block and two norms, each with weight and bias. The pooler is not in the loss.
    assert_eq!(fast.len(), 1 + 5 + 2 * 12);
    for (i, (fast, plain)) in fast.iter().zip(&plain).enumerate() {
        let what = format!("number {i} of the loss and the gradients");
        golden::assert_data_close(&what, fast, plain, backend::tolerance(&device, 1e-5));
    }
}

#[derive(Deserialize)]
struct Recorded {
    texts: Vec<Text>,
}

/// A text with what sentence-transformers made of it.
#[derive(Deserialize)]
pub struct Text {
    pub name: String,
    pub text: String,
    input_ids: Vec<u32>,
    pub embedding: Vec<f32>,
}

/// The texts whose vectors were recorded.
pub fn recorded_texts() -> Vec<Text> {
    let path = golden::directory().join("minilm/embeddings.json");
    let recorded: Recorded = files::read_json(&path).unwrap();
    recorded.texts
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilms_vectors_are_those_of_sentence_transformers_in_any_batch() {
    let device = backend::from_env();
    let mut encoder = SentenceEncoder::open(&minilm(), &device).unwrap();
    let recorded = recorded_texts();
    let texts: Vec<&str> = recorded.iter().map(|text| text.text.as_str()).collect();
    let tolerance = backend::tolerance(&device, 1e-5);
    let batches: &[usize] = if backend::is_gpu(&device) { &[32] } else { &[1, 5, 32] };
    for &batch in batches {
        encoder = encoder.with_batch(batch);
        for (expected, embedded) in recorded.iter().zip(encoder.embed(&texts).unwrap()) {
            assert_eq!(
                encoder.encode(&expected.text).unwrap().ids,
                expected.input_ids,
                "{}",
                expected.name
            );
            let found = TensorData::new(embedded.vector, [encoder.width()]);
            let recorded = TensorData::new(expected.embedding.clone(), [encoder.width()]);
            golden::assert_data_close(&expected.name, &found, &recorded, tolerance);
        }
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn the_shared_word_wins_the_textbooks_search() {
    let encoder = SentenceEncoder::open(&minilm(), &backend::from_env()).unwrap();
    let texts = ["I'm sad today", "The stock went down", "Happy birthday!"];
    let found = encoder.search("feeling down", &texts, 3).unwrap();
    // recorded in tests/golden/minilm/claims.json
    for ((i, score), (expected, recorded)) in
        found.into_iter().zip([(1, 0.4388), (0, 0.4055), (2, 0.1455)])
    {
        assert_eq!(i, expected);
        assert!((score - recorded).abs() < 1e-4);
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm, and RUNGS_DATA with stsb-en-test.csv"]
fn sts_benchmark_is_reproduced() {
    let encoder = SentenceEncoder::open(&minilm(), &backend::from_env()).unwrap();
    let spearman = sts(&encoder);
    assert!((spearman - 0.8203).abs() < 5e-4, "Spearman {spearman:.4}");
}

/// How well an encoder's cosines follow the ratings of the STS benchmark's test set: Spearman.
pub fn sts(encoder: &SentenceEncoder) -> f64 {
    let data =
        std::env::var("RUNGS_DATA").expect("RUNGS_DATA names the folder of stsb-en-test.csv");
    let pairs = data::sts(&Path::new(&data).join("stsb-en-test.csv")).unwrap();
    assert_eq!(pairs.len(), 1379);
    let side = |text: fn(&data::Pair) -> &str| {
        encoder.embed_matrix(&pairs.iter().map(text).collect::<Vec<_>>()).unwrap()
    };
    let cosines = cosine(side(|pair| &pair.a), side(|pair| &pair.b));
    let cosines: Vec<f64> = cosines.into_data().iter::<f64>().collect();
    let ratings: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.score)).collect();
    spearman(&cosines, &ratings).unwrap()
}
