//! What holds for any numbers and any corpus.

use burn::tensor::{Int, Tensor};
use data::{Corpus, Ids, Passages, Section, Vocabulary};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use word2vec::{
    NoiseTable, SkipGram, Word2VecConfig, fresh_loss, gradient, keep_probability,
    noise_distribution, train,
};

use crate::{read, space, train_toy};

/// A training that is short enough for a test.
fn small() -> Word2VecConfig {
    Word2VecConfig::new().with_d_model(12).with_epochs(1)
}

#[test]
fn one_thread_and_one_seed_give_the_same_vectors_to_the_bit() {
    let vectors = |seed| train_toy(500, &small().with_seed(seed)).1;
    assert_eq!(vectors(3), vectors(3));
    assert_ne!(vectors(3).vectors, vectors(4).vectors);
}

#[test]
fn every_thread_reads_its_share_and_none_twice() {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: 1, sentences: 301 }, 1);
    for threads in [1, 2, 5] {
        let mut last = 0;
        let config = small().with_threads(threads).with_epochs(2);
        let trained = train(&ids, &vocabulary, &config, &mut |progress| {
            last = progress.words;
            true
        });
        assert_eq!(last, 2 * ids.words(), "{threads} threads");
        let trained = trained.unwrap();
        assert_eq!((trained.vectors.len(), trained.losses.len()), (vocabulary.words.len() * 12, 2));
        assert!(trained.vectors.iter().all(|number| number.is_finite()));
    }
}

#[test]
fn more_threads_than_sentences_do_no_harm() {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: 1, sentences: 2 }, 1);
    let trained = train(&ids, &vocabulary, &small().with_threads(7), &mut |_| true).unwrap();
    assert!(trained.vectors.iter().all(|number| number.is_finite()));
}

/// Two sentences have a few windows an epoch, and one window in 64 is measured.
#[test]
fn an_epoch_of_which_no_window_was_measured_has_no_loss() {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: 1, sentences: 2 }, 1);
    let trained = train(&ids, &vocabulary, &small().with_epochs(20), &mut |_| true).unwrap();
    assert!(trained.losses.len() < 20, "{:?}", trained.losses);
    assert!(trained.losses.iter().all(|loss| loss.is_finite()), "{:?}", trained.losses);
}

/// A word alone in its sentence has no neighbour.
#[test]
fn a_corpus_without_neighbours_has_no_pair_to_learn_from() {
    for (text, pairs) in [("cat\ndog\ncat\n", 0), ("cat dog\ncat\n", 4)] {
        let passages = || -> Passages { Box::new(text.lines().map(|line| Ok(line.to_string()))) };
        let vocabulary = Vocabulary::count(passages(), 1).unwrap();
        let ids = Ids::write(passages(), |word| vocabulary.id(word)).unwrap();
        let config = small().with_epochs(2).with_sample(0.0);
        let trained = train(&ids, &vocabulary, &config, &mut |_| true).unwrap();
        assert_eq!(trained.pairs, pairs, "{text}");
    }
}

#[test]
fn a_training_that_is_stopped_gives_what_it_learnt() {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: 1, sentences: 20_000 }, 1);
    let config = small().with_epochs(1_000_000); // longer than anybody waits
    let trained = train(&ids, &vocabulary, &config, &mut |_| false).unwrap();
    assert_eq!(trained.vectors.len(), vocabulary.words.len() * 12);
    assert!(!trained.losses.is_empty() && trained.losses.len() < 1_000_000);
}

#[test]
#[should_panic(expected = "threads must be 1 or more, found 0")]
fn no_threads_are_refused() {
    let (vocabulary, ids) = read(&Corpus::Toy { seed: 1, sentences: 2 }, 1);
    let _ = train(&ids, &vocabulary, &small().with_threads(0), &mut |_| true);
}

/// u is zero at first, so every score is 0.
#[test]
fn every_pair_costs_a_fresh_model_ln_2_per_answer() {
    let device = backend::from_env();
    let _guard = backend::seeded(&device, 5);
    let model = SkipGram::init(9, 4, &device);
    let id = Tensor::<1, Int>::from_ints([3, 8], &device);
    let negatives = Tensor::<2, Int>::from_ints([[1, 2, 3], [0, 0, 5]], &device);
    let losses: Vec<f64> =
        model.forward(id.clone(), id, negatives).into_data().iter::<f64>().collect();
    assert!(losses.iter().all(|loss| (loss - fresh_loss(3)).abs() < 1e-6), "{losses:?}");
}

#[test]
fn noise_is_drawn_as_often_as_it_should_be() {
    let counts = [1000, 300, 30, 30, 1];
    let (table, mut random) = (NoiseTable::new(&counts), StdRng::seed_from_u64(5));
    let mut drawn = [0.0; 5];
    (0..100_000).for_each(|_| drawn[table.draw(&mut random) as usize] += 1e-5);
    for (drawn, expected) in drawn.iter().zip(noise_distribution(&counts)) {
        // Four standard deviations of a share of 100,000 draws.
        assert!(
            (drawn - expected).abs() < 4.0 * (expected / 100_000.0).sqrt(),
            "{drawn} {expected}"
        );
    }
}

#[test]
fn a_section_of_unknown_words_is_not_asked() {
    let (vocabulary, trained) = train_toy(100, &small());
    let questions = vec![["zeppelin", "the", "a", "an"].map(String::from)];
    let scores = space(vocabulary, trained).score(&[Section { name: "none".into(), questions }]);
    assert_eq!((scores[0].covered, scores[0].right), (0, 0));
}

/// A step of this length against a gradient.
fn down(from: &[f32], gradient: &[f32], step: f32) -> Vec<f32> {
    from.iter().zip(gradient).map(|(x, d)| x - step * d).collect()
}

proptest! {
    #[test]
    fn the_noise_is_a_distribution_that_keeps_the_order(
        counts in prop::collection::vec(1u64..1_000_000, 1..50),
    ) {
        let found = noise_distribution(&counts);
        prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        for (i, j) in (1..counts.len()).map(|i| (i - 1, i)) {
            prop_assert_eq!(counts[i].cmp(&counts[j]), found[i].total_cmp(&found[j]));
        }
    }

    #[test]
    fn the_more_frequent_a_word_the_less_of_it_is_kept(
        f in 1e-6..1.0f64,
        more in 1.0..10.0f64,
        t in 1e-6..1e-2f64,
    ) {
        let (keep, less) = (keep_probability(f, t), keep_probability((f * more).min(1.0), t));
        prop_assert!((0.0..=1.0).contains(&keep) && less <= keep + 1e-12);
        prop_assert!(keep >= (t / f).sqrt().min(1.0), "never less than the paper's own formula");
        prop_assert!(f * keep <= ((f * more).min(1.0)) * less + 1e-12, "a more frequent word \
            stays at least as frequent");
    }

    /// A small step along the gradient's own direction lowers the loss by what the gradient says.
    #[test]
    fn the_gradient_points_uphill(
        numbers in prop::collection::vec(-1.0f32..1.0, 5 * 6),
        step in 1e-3f32..1e-2,
    ) {
        let (v, u) = numbers.split_at(2 * 6);
        let here = gradient(v, u, 6);
        let there = gradient(&down(v, &here.v, step), &down(u, &here.u, step), 6);
        let slope: f64 = here.v.iter().chain(&here.u).map(|&d| f64::from(d).powi(2)).sum();
        let fell = here.loss - there.loss;
        // To first order it falls by step * |gradient|^2; the second order is of the size of step.
        let expected = f64::from(step) * slope;
        prop_assert!((fell - expected).abs() <= 0.2 * expected + 1e-6, "{} {}", fell, expected);
    }
}
