//! A table of token vectors alone: what it gives, what is refused, and what it is worth.

use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use checkpoint::write_weights;
use data::Pair;
use golden::{Stored, minilm, store, wordllama};
use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use safetensors::Dtype;
use sentences::checkpoint::is_table;
use sentences::evaluation::Agreement;
use sentences::{Body, SentenceEncoder};
use serde::Deserialize;
use similarity::cosine;
use tempfile::TempDir;
use tokens::Tokenizer;

const WORDS: [&str; 5] = ["the", "dog", "bites", "man", "."];

/// A row for each of the five special tokens and of [`WORDS`], two numbers each.
#[rustfmt::skip]
const ROWS: [f32; 20] = [
    9.0, 9.0,  -1.0, 0.0,  9.0, 9.0,  9.0, 9.0,  9.0, 9.0,
    0.0, 0.0,  4.0, 0.0,  0.0, 2.0,  2.0, 4.0,  0.0, -6.0,
];

/// A folder with a tokenizer of [`WORDS`] and these tensors in a file of this name.
fn folder(file: &str, tensors: &[(&str, Vec<f32>, &[usize])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = Tokenizer::word_level(&WORDS).unwrap();
    tokenizer.save(folder.path(), 64).unwrap();
    let mut stored = Vec::new();
    for (name, values, shape) in tensors {
        stored.push((name.to_string(), TensorData::new(values.clone(), shape.to_vec())));
    }
    write_weights(&folder.path().join(file), &stored, &[]).unwrap();
    folder
}

fn open(folder: &Path) -> SentenceEncoder {
    SentenceEncoder::open(folder, &backend::from_env()).unwrap()
}

#[track_caller]
fn assert_vector(encoder: &SentenceEncoder, text: &str, expected: [f32; 2]) {
    let found = encoder.embed(&[text]).unwrap().remove(0).vector;
    let found = TensorData::new(found, [2]);
    let tolerance = backend::tolerance(&backend::from_env(), 1e-6);
    golden::assert_data_close(text, &found, &TensorData::new(expected.to_vec(), [2]), tolerance);
}

#[test]
fn a_table_alone_gives_the_mean_of_the_rows_at_unit_length_in_any_order() {
    let folder = folder("any_name.safetensors", &[("embedding.weight", ROWS.to_vec(), &[10, 2])]);
    let encoder = open(folder.path());
    assert_eq!((encoder.width(), encoder.limit()), (2, usize::MAX));
    // (4, 0), (0, 2) and (2, 4) have the mean (2, 2), which is (0.7071, 0.7071) at unit length.
    let unit = 0.5_f32.sqrt();
    for text in ["dog bites man", "man bites dog", "Bites man dog"] {
        assert_vector(&encoder, text, [unit, unit]);
    }
    assert_vector(&encoder, "bites .", [0.0, -1.0]);
    assert_vector(&encoder, "unheard", [-1.0, 0.0]);
    assert_vector(&encoder, "", [0.0, 0.0]);
    assert_eq!(encoder.encode("the dog").unwrap().tokens, ["the", "dog"]);
}

#[test]
fn a_table_is_found_by_both_of_its_names_in_every_type_of_float() {
    let mut types = [(Dtype::F32, vec![]), (Dtype::F16, vec![]), (Dtype::BF16, vec![])];
    for number in ROWS {
        types[0].1.extend(number.to_le_bytes());
        types[1].1.extend(f16::from_f32(number).to_le_bytes());
        types[2].1.extend(bf16::from_f32(number).to_le_bytes());
    }
    for name in ["embedding.weight", "embeddings"] {
        for (dtype, bytes) in &types {
            let folder = folder("model.safetensors", &[]);
            let stored: Stored = (*dtype, vec![10, 2], bytes.clone());
            store(&[(name.to_string(), stored)].into(), &folder.path().join("model.safetensors"));
            let unit = 0.5_f32.sqrt();
            assert_vector(&open(folder.path()), "dog bites man", [unit, unit]);
        }
    }
}

#[test]
fn what_is_no_table_is_refused_in_one_line() {
    let refused = |folder: &TempDir, needles: &[&str]| {
        let error = SentenceEncoder::open(folder.path(), &backend::from_env()).unwrap_err();
        let error = error.to_string();
        assert!(!error.contains('\n'), "one line: {error}");
        for needle in needles {
            assert!(error.contains(needle), "expected {needle:?} in: {error}");
        }
    };
    let rows = || ROWS.to_vec();
    let table = |tensors: &[_]| folder("table.safetensors", tensors);
    refused(&table(&[("wte.weight", rows(), &[10, 2])]), &["wte.weight", "\"embeddings\""]);
    refused(&table(&[]), &["embedding.weight", "no tensor"]);
    refused(&table(&[("embedding.weight", rows(), &[20])]), &["[tokens, width]", "[20]"]);
    refused(&table(&[("embedding.weight", vec![], &[0, 2])]), &["[tokens, width]", "[0, 2]"]);
    refused(
        &table(&[("embedding.weight", rows(), &[10, 2]), ("weights", rows(), &[20])]),
        &["\"weights\" has no place"],
    );
    refused(&table(&[("embedding.weight", rows(), &[5, 4])]), &["\".\"", "9", "5"]);
    let not_finite = vec![f32::NAN; 20];
    refused(&table(&[("embedding.weight", not_finite, &[10, 2])]), &["NaN", "position 0"]);

    let two = table(&[("embedding.weight", rows(), &[10, 2])]);
    fs::copy(two.path().join("table.safetensors"), two.path().join("b.safetensors")).unwrap();
    refused(&two, &["one safetensors file", "2: [\"b.safetensors\", \"table.safetensors\"]"]);

    let lone = table(&[("embedding.weight", rows(), &[10, 2])]);
    assert!(is_table(lone.path()));
    fs::write(lone.path().join("config.json"), "{}").unwrap();
    assert!(!is_table(lone.path()), "a configuration says what model it is");
    refused(&lone, &["config.json", "model_type"]);
}

/// What `record.py` recorded.
#[derive(Deserialize)]
struct Recorded {
    texts: Vec<Text>,
    pairs: Vec<Similar>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
    vector: Vec<f32>,
}

#[derive(Deserialize)]
struct Similar {
    a: String,
    b: String,
    similarity: f32,
}

/// The cosine of two texts.
fn similarity(encoder: &SentenceEncoder, a: &str, b: &str) -> f32 {
    let [a, b] = [a, b].map(|text| encoder.embed_matrix(&[text]).unwrap());
    cosine(a, b).into_scalar()
}

#[test]
#[ignore = "needs: cargo rungs fetch wordllama"]
fn wordllamas_vectors_are_those_of_its_package() {
    let path = golden::directory().join("wordllama/vectors.json");
    let recorded: Recorded = files::read_json(&path).unwrap();
    let encoder = open(&wordllama());
    let tolerance = backend::tolerance(&backend::from_env(), 1e-5);
    for Text { text, ids, vector } in recorded.texts {
        assert_eq!(encoder.encode(&text).unwrap().ids, ids, "{text:?}");
        let found = encoder.embed(&[&text]).unwrap().remove(0).vector;
        let found = TensorData::new(found, [encoder.width()]);
        let expected = TensorData::new(vector, [encoder.width()]);
        golden::assert_data_close(&text, &found, &expected, tolerance);
    }
    for Similar { a, b, similarity: expected } in recorded.pairs {
        let found = similarity(&encoder, &a, &b);
        assert!((found - expected).abs() < tolerance, "{a} {b}: {found}, recorded {expected}");
    }
}

/// Pairs of the same words in another order, which does not mean the same.
const REORDERED: [(&str, &str); 6] = [
    ("The dog bites the man.", "The man bites the dog."),
    ("The cat chases the mouse.", "The mouse chases the cat."),
    ("Anna owes Ben money.", "Ben owes Anna money."),
    ("The train waits for the bus.", "The bus waits for the train."),
    ("It is not hot, it is cold.", "It is hot, it is not cold."),
    ("The father called before the son left.", "The son called before the father left."),
];

/// An encoder without its layers: its table of token vectors alone, without positions, special
/// tokens and norm.
// ANCHOR: without_layers
fn without_layers(mut encoder: SentenceEncoder) -> SentenceEncoder {
    let table = encoder.bert().unwrap().embeddings.tokens.clone();
    encoder.body = Body::Table(table);
    encoder
}
// ANCHOR_END: without_layers

/// The pairs with the words of every sentence in an order drawn at random.
fn shuffled(pairs: &[Pair]) -> Vec<Pair> {
    let mut rng = StdRng::seed_from_u64(7);
    let mut shuffle = |text: &str| {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.shuffle(&mut rng);
        words.join(" ")
    };
    let mut shuffled = Vec::with_capacity(pairs.len());
    for Pair { a, b, score } in pairs {
        shuffled.push(Pair { a: shuffle(a), b: shuffle(b), score: *score });
    }
    shuffled
}

/// What chapter 14 shows, to its fourth digit; another processor rounds a mean otherwise, which may
/// swap two of 1,379 ranks. `--nocapture` prints the chapter's table.
#[test]
#[ignore = "needs: cargo rungs fetch wordllama and minilm, and RUNGS_DATA with stsb-en-test.csv"]
fn order_and_context_add_to_a_table_that_was_trained_to_be_one() {
    let minilm = open(&minilm());
    let data = std::env::var("RUNGS_DATA").expect("RUNGS_DATA names a folder");
    let pairs = data::sts(&Path::new(&data).join("stsb-en-test.csv")).unwrap();
    let out_of_order = shuffled(&pairs);
    let encoders = [
        ("MiniLM's table alone", without_layers(minilm.clone()), [0.5089, 0.5089]),
        ("WordLlama's table", open(&wordllama()), [0.7588, 0.7587]),
        ("MiniLM, all layers", minilm, [0.8203, 0.7521]),
    ];
    println!("STS-B, Spearman       as it is  words shuffled");
    let mut wrong = Vec::new();
    for (name, encoder, expected) in &encoders {
        let spearman = |pairs| Agreement::of(encoder, pairs).unwrap().spearman.unwrap();
        let found = [spearman(&pairs), spearman(&out_of_order)];
        println!("{name:20}  {:8.4}  {:14.4}", found[0], found[1]);
        if found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > 5e-4) {
            wrong.push(format!("{name}: {found:?}, the chapter has {expected:?}"));
        }
    }
    println!("\ncosine of two sentences of the same words\nWordLlama  MiniLM");
    for (a, b) in REORDERED {
        let [_, table, minilm] =
            encoders.each_ref().map(|(_, encoder, _)| similarity(encoder, a, b));
        println!("{table:9.4}  {minilm:.4}  {a} / {b}");
        assert!((table - 1.0).abs() < 1e-5, "{a} {b}: {table}");
        assert!((0.95..0.995).contains(&minilm), "{a} {b}: {minilm}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
