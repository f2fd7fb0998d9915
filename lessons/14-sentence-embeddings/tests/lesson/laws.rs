//! What holds for every sentence encoder.

use burn::tensor::{Distribution, Tensor, TensorData};
use data::{Related, World};
use golden::assert_data_close;
use sentences::contrastive::{Contrastive, Tuning, ranking_loss};
use sentences::{Embedded, Pooling, Reading, VectorStage, feelings};
use training::Task;

use crate::random;

fn texts(count: usize) -> Vec<String> {
    World::sentences(3).take(count).map(|sentence| sentence.to_string()).collect()
}

/// Numbers on the host as a comparison takes them.
fn data(numbers: &[f32]) -> TensorData {
    TensorData::new(numbers.to_vec(), [numbers.len()])
}

#[track_caller]
fn assert_same(found: &[Embedded], expected: &[Embedded], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.tokens, expected.tokens, "text {i}");
        let what = format!("vector of text {i}");
        assert_data_close(&what, &data(&found.vector), &data(&expected.vector), tolerance);
    }
}

#[test]
fn batch_size_and_order_change_nothing() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut encoder = random(&device);
    let tolerance = backend::tolerance(&device, 1e-5);
    let texts = texts(7);
    for (_, pooling) in Pooling::NAMED {
        let reading = Reading { poolings: vec![pooling], ..encoder.reading() };
        encoder = encoder.with_batch(32);
        let expected = encoder.embed_with(&texts, &reading).unwrap();
        for batch in [1, 2, 3, 100] {
            encoder = encoder.with_batch(batch);
            assert_same(&encoder.embed_with(&texts, &reading).unwrap(), &expected, tolerance);
        }
        let backwards: Vec<&String> = texts.iter().rev().collect();
        let mut found = encoder.embed_with(&backwards, &reading).unwrap();
        found.reverse();
        assert_same(&found, &expected, tolerance);
    }
}

#[test]
fn an_encoders_own_reading_is_what_embed_reads_by() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut encoder = random(&device);
    let texts = texts(3);
    for (layers, poolings, stages) in [
        (2, vec![Pooling::Mean], vec![]),
        (0, vec![Pooling::Cls], vec![VectorStage::Normalise]),
        (1, vec![Pooling::Max, Pooling::Mean], vec![VectorStage::Truncate(16)]),
    ] {
        let reading = Reading { layers, poolings, stages, unpooled: 0 };
        let expected = encoder.embed_with(&texts, &reading).unwrap();
        encoder = encoder.with_reading(reading);
        assert_eq!(encoder.embed(&texts).unwrap(), expected);
        let matrix = encoder.embed_matrix(&texts).unwrap();
        let rows: Vec<f32> = expected.into_iter().flat_map(|text| text.vector).collect();
        let expected = TensorData::new(rows, [3, 16]);
        assert_data_close("matrix of vectors", &matrix.into_data(), &expected, 0.0);
    }
}

#[test]
fn unit_vectors_have_length_one() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = random(&device);
    let reading = Reading { stages: vec![VectorStage::Normalise], ..encoder.reading() };
    for text in encoder.embed_with(&texts(5), &reading).unwrap() {
        let length = text.vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn a_text_longer_than_the_model_is_cut_and_its_tokens_counted() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = random(&device);
    let long = "the cat sleeps in the house ".repeat(10);
    let embedded = encoder.embed(&[long.as_str(), "the cat"]).unwrap();
    assert_eq!((embedded[0].tokens, embedded[0].truncated), (12, true));
    assert_eq!((embedded[1].tokens, embedded[1].truncated), (4, false));
}

#[test]
fn one_vector_a_token_is_what_the_mean_is_made_of() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = random(&device);
    let texts = texts(4);
    let tolerance = backend::tolerance(&device, 1e-5);
    for layers in 0..=2 {
        let pooled = encoder.embed_with(&texts, &Reading { layers, ..encoder.reading() }).unwrap();
        for (text, pooled) in encoder.embed_tokens(&texts, layers).unwrap().iter().zip(pooled) {
            let (vectors, encoding) = (&text.vectors, &text.encoding);
            assert_eq!(vectors.len(), encoding.tokens.len());
            assert_eq!(encoding.tokens[0], "[CLS]");
            let mut mean = vec![0.0; pooled.vector.len()];
            for vector in vectors {
                for (sum, x) in mean.iter_mut().zip(vector) {
                    *sum += x / vectors.len() as f32;
                }
            }
            let what = format!("mean after {layers} layers");
            assert_data_close(&what, &data(&pooled.vector), &data(&mean), tolerance);
        }
    }
}

#[test]
fn a_text_finds_itself_first_and_no_more_is_found_than_there_is() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = random(&device);
    let texts = ["the cat sleeps", "paris is the capital of france", "the bank lends money"];
    for (i, text) in texts.iter().enumerate() {
        let found = encoder.search(text, &texts, 9).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].0, i);
        assert!(found.is_sorted_by(|a, b| a.1 >= b.1));
    }
    assert!(encoder.search("the cat", &texts, 0).unwrap().is_empty());
    assert!(encoder.search::<&str>("the cat", &[], 3).unwrap().is_empty());
}

#[test]
fn no_text_gives_no_vector() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    assert!(random(&device).embed::<&str>(&[]).unwrap().is_empty());
}

#[test]
fn the_ranking_loss_does_not_see_lengths_or_the_order_of_pairs() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let random = || Tensor::<2>::random([5, 8], Distribution::Normal(0.0, 1.0), &device);
    let (queries, candidates) = (random(), random());
    let loss = |queries: Tensor<2>, candidates: Tensor<2>| {
        let nothing = queries.zeros_like().narrow(1, 0, 5).equal_scalar(1);
        ranking_loss(queries, candidates, nothing, 0.1)
    };
    let expected = loss(queries.clone(), candidates.clone());
    let tolerance = backend::tolerance(&device, 1e-5);
    golden::assert_close(
        &loss(queries.clone() * 3.0, candidates.clone() * 0.2),
        &expected,
        tolerance,
    );
    golden::assert_close(&loss(queries.flip([0]), candidates.flip([0])), &expected, tolerance);
}

#[test]
fn candidates_that_say_nothing_leave_a_blind_guess() {
    let device = backend::from_env();
    let queries = Tensor::<2>::ones([4, 3], &device);
    let nothing = Tensor::<2>::zeros([4, 4], &device).equal_scalar(1);
    let loss = ranking_loss(queries.clone(), queries, nothing, 0.05);
    golden::assert_close(
        &loss,
        &Tensor::from_floats([4.0_f32.ln()], &device),
        backend::tolerance(&device, 1e-5),
    );
}

/// Pushed away from itself, it would cost ln 2 at best.
#[test]
fn a_pair_that_stands_twice_in_a_batch_does_not_fight_itself() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let encoder = random(&device);
    let pair =
        Related { query: "the cat sleeps".into(), meant: "the dog sleeps".into(), other: None };
    let twice = [pair.clone(), pair];
    let task = Contrastive::new(&encoder, &twice, &twice, Tuning::default(), &device).unwrap();
    assert!(
        task.evaluate(encoder.bert().unwrap()).abs() < f64::from(backend::tolerance(&device, 1e-5))
    );
}

#[test]
fn no_case_of_the_feelings_is_trained_on() {
    let said: Vec<String> = feelings::pairs()
        .into_iter()
        .flat_map(|pair| [Some(pair.query), Some(pair.meant), pair.other])
        .flatten()
        .collect();
    let cases = feelings::cases();
    assert!(cases.len() >= 20);
    let textbook = [feelings::QUERY, feelings::TEXTS[0], feelings::TEXTS[1]];
    assert_eq!(cases[0], textbook);
    for text in cases.iter().flatten().chain(&feelings::TEXTS) {
        assert!(!said.iter().any(|said| said.eq_ignore_ascii_case(text)), "{text:?} is trained on");
    }
    // Nor any word for what the textbook's four sentences are about.
    for word in ["down", "sad", "unhappy", "stock", "birthday", "depressed", "gloomy", "miserable"]
    {
        let holds =
            |said: &&String| said.to_lowercase().split_whitespace().any(|other| other == word);
        let allowed = "run down"; // of a battery, and of who is tired
        let found = said.iter().filter(|said| !said.contains(allowed)).find(holds);
        assert_eq!(found, None, "{word:?} is trained on");
    }
}
