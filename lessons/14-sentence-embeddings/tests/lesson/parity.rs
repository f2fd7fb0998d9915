//! Against values recorded from sentence-transformers and transformers.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use course::metrics::spearman;
use encoder::parity::BertInputs;
use golden::Folder;
use sentences::{Pooling, SentenceEncoder};
use serde::Deserialize;
use similarity::{cosine, normalise};

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

#[derive(Deserialize)]
struct Recorded {
    texts: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    name: String,
    text: String,
    input_ids: Vec<u32>,
    embedding: Vec<f32>,
}

#[test]
#[ignore = "needs: cargo rungs fetch minilm"]
fn minilms_vectors_are_those_of_sentence_transformers_in_any_batch() {
    let device = backend::from_env();
    let mut encoder = SentenceEncoder::open(&minilm(), &device).unwrap();
    let recorded: Recorded =
        files::read_json(&golden::directory().join("minilm/embeddings.json")).unwrap();
    let texts: Vec<&str> = recorded.texts.iter().map(|text| text.text.as_str()).collect();
    let tolerance = backend::tolerance(&device, 1e-5);
    let batches: &[usize] = if backend::is_gpu(&device) { &[32] } else { &[1, 5, 32] };
    for &batch in batches {
        encoder.batch = batch;
        for (expected, embedded) in recorded.texts.iter().zip(encoder.embed(&texts).unwrap()) {
            assert_eq!(
                encoder.encode(&expected.text).unwrap().ids,
                expected.input_ids,
                "{}",
                expected.name
            );
            let off = embedded.vector.iter().zip(&expected.embedding).map(|(a, b)| (a - b).abs());
            let worst = off.fold(0.0, f32::max);
            assert!(
                worst <= tolerance,
                "{}: off by {worst:e}, allowed {tolerance:e}",
                expected.name
            );
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
    let mut encoder = SentenceEncoder::open(&minilm(), &backend::from_env()).unwrap();
    encoder.parallel = true;
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
