//! What holds for every sentence encoder.

use burn::tensor::{Distribution, Tensor};
use data::{Related, World};
use sentences::contrastive::{Contrastive, Tuning, ranking_loss};
use sentences::{Embedded, Pooling, feelings};
use training::Task;

use crate::random;

fn texts(count: usize) -> Vec<String> {
    World::sentences(3).take(count).map(|sentence| sentence.to_string()).collect()
}

#[track_caller]
fn assert_same(a: &[Embedded], b: &[Embedded], tolerance: f32) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a.tokens, b.tokens);
        let worst = a.vector.iter().zip(&b.vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= tolerance, "off by {worst:e}, allowed {tolerance:e}");
    }
}

#[test]
fn batch_size_threads_and_order_change_nothing() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut encoder = random(&device);
    let tolerance = backend::tolerance(&device, 1e-5);
    for pooling in [Pooling::Mean, Pooling::Cls, Pooling::Max] {
        encoder.pooling = pooling;
        let texts = texts(7);
        (encoder.batch, encoder.parallel) = (32, false);
        let expected = encoder.embed(&texts).unwrap();
        for (batch, parallel) in [(1, false), (2, true), (3, true), (100, true)] {
            (encoder.batch, encoder.parallel) = (batch, parallel);
            assert_same(&encoder.embed(&texts).unwrap(), &expected, tolerance);
        }
        let backwards: Vec<&String> = texts.iter().rev().collect();
        let mut there = encoder.embed(&backwards).unwrap();
        there.reverse();
        assert_same(&there, &expected, tolerance);
    }
}

#[test]
fn unit_vectors_have_length_one() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut encoder = random(&device);
    encoder.unit = true;
    for text in encoder.embed(&texts(5)).unwrap() {
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
    let pooled = encoder.embed(&texts).unwrap();
    for (text, pooled) in encoder.embed_tokens(&texts).unwrap().iter().zip(pooled) {
        let (vectors, encoding) = (&text.vectors, &text.encoding);
        assert_eq!(vectors.len(), encoding.tokens.len());
        assert_eq!(encoding.tokens[0], "[CLS]");
        for (i, x) in pooled.vector.iter().enumerate() {
            let mean = vectors.iter().map(|vector| vector[i]).sum::<f32>() / vectors.len() as f32;
            assert!((mean - x).abs() < backend::tolerance(&device, 1e-5));
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
    assert!(task.evaluate(&encoder.bert).abs() < f64::from(backend::tolerance(&device, 1e-5)));
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
