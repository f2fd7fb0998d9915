//! Neighbours alone teach meaning: less training than the demo's, and a band.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Int, Tensor, TensorData};
use course::{Marks, Run};
use data::{Section, World};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use similarity::pairwise;
use word2vec::{SkipGram, Space, Word2VecConfig, fresh_loss};

use crate::{space, train_toy, values};

/// The share of all sections' questions that are answered right.
fn accuracy(space: &Space, sections: &[Section]) -> f64 {
    let scores = space.score(sections);
    let (mut right, mut asked) = (0, 0);
    for score in &scores {
        assert_eq!(score.covered, score.questions, "every question is covered");
        right += score.right;
        asked += score.covered;
    }
    right as f64 / asked as f64
}

/// The demo's 16 epochs answer 447 of 448 questions; 8 epochs of three quarters of its corpus
/// answer most. Chance is one in 351. Over seeds 1 to 16 between 84 and 92 in a hundred are right,
/// and the last loss is 0.61 to 0.64 of the first.
#[test]
fn analogies_of_the_toy_world_are_learnt_from_neighbours_alone() {
    for seed in 1..=3 {
        let config = Word2VecConfig::new().with_d_model(50).with_epochs(8).with_seed(seed);
        let (vocabulary, trained) = train_toy(30_000, &config);
        assert!(trained.losses[7] < 0.75 * trained.losses[0], "{:?}", trained.losses);
        let found = accuracy(&space(vocabulary, trained), &World::analogies());
        assert!(found > 0.7, "seed {seed}: {found}");
    }
}

/// The demo answers 2 questions in a hundred with 2 numbers per word, and 80 with 32. Over seeds 1 to
/// 3 this shorter training answered 2 or 3 in a hundred with 2, and 78 to 81 with 32; two are
/// trained here.
#[test]
fn two_numbers_per_word_hold_hardly_an_analogy_and_thirty_two_hold_most() {
    for seed in 1..=2 {
        let of = |width| {
            let config = Word2VecConfig::new().with_d_model(width).with_epochs(8).with_seed(seed);
            let (vocabulary, trained) = train_toy(30_000, &config);
            accuracy(&space(vocabulary, trained), &World::analogies())
        };
        let (narrow, wide) = (of(2), of(32));
        assert!(narrow < 0.15 && wide > 0.5, "seed {seed}: {narrow} {wide}");
    }
}

/// The mean cosine of "bank" with these words.
fn beside_bank(space: &Space, words: &[&str]) -> f64 {
    let vector = |word: &str| {
        let row = space.row(word).expect("a word of the toy world");
        space.table().clone().narrow(0, row, 1)
    };
    let cosines = words.iter().map(|word| values(&pairwise(vector("bank"), vector(word)))[0]);
    cosines.map(f64::from).sum::<f64>() / words.len() as f64
}

/// With seed 1 the means are 0.59 with words of money, 0.52 with those of the river and 0.22 with
/// strangers.
#[test]
fn the_one_vector_of_bank_is_nearer_to_both_of_its_meanings_than_to_strangers() {
    let config = Word2VecConfig::new().with_d_model(50).with_epochs(4).with_seed(1);
    let (vocabulary, trained) = train_toy(30_000, &config);
    let space = space(vocabulary, trained);
    let money = beside_bank(&space, &["deposits", "borrows", "cash", "loan", "account"]);
    let river = beside_bank(&space, &["muddy", "grassy", "steep", "river", "mud"]);
    let strangers = beside_bank(&space, &["france", "happy", "queen", "apple", "danced"]);
    assert!(money > strangers + 0.1 && river > strangers + 0.1, "{money} {river} {strangers}");
}

/// Over seeds 1 to 16 two threads answer 83 to 93 questions in a hundred, at most 9 away from one.
#[test]
fn two_threads_learn_as_much_as_one() {
    let of = |threads| {
        let config = Word2VecConfig::new().with_d_model(50).with_epochs(8).with_threads(threads);
        let (vocabulary, trained) = train_toy(30_000, &config);
        accuracy(&space(vocabulary, trained), &World::analogies())
    };
    let (one, two) = (of(1), of(2));
    assert!((one - two).abs() < 0.2, "{one} {two}");
}

/// The word beside which a word of the language of pairs always stands: 1 for 0, 0 for 1, 3 for 2.
fn partner(word: usize) -> usize {
    if word.is_multiple_of(2) { word + 1 } else { word - 1 }
}

/// Trains the readable form on a language of four pairs: 0 beside 1, 2 beside 3 and so on, against
/// two noise words. Returns the first loss, the mean of the last ten, and how many of the eight
/// words have the highest score with their own neighbour.
fn learn_pairs(seed: u64) -> (f64, f64, usize) {
    let device = backend::from_env().autodiff();
    let _guard = backend::seeded(&device, seed);
    let mut random = StdRng::seed_from_u64(seed);
    let mut model = SkipGram::init(8, 6, &device);
    model.input.weight.val(); // drawn now, whatever runs first
    model.output.weight.val();
    let mut optimiser = AdamWConfig::new().init();
    let mut losses = Vec::new();
    for _ in 0..150 {
        let mut words = Vec::new();
        let mut neighbours = Vec::new();
        let mut negatives = Vec::new();
        for _ in 0..64 {
            let word: i64 = random.random_range(0..8);
            words.push(word);
            neighbours.push(partner(word as usize) as i64);
            negatives.extend([random.random_range(0..8i64), random.random_range(0..8)]);
        }
        let words = Tensor::<1, Int>::from_data(TensorData::new(words, [64]), &device);
        let neighbours = Tensor::<1, Int>::from_data(TensorData::new(neighbours, [64]), &device);
        let negatives = Tensor::<2, Int>::from_data(TensorData::new(negatives, [64, 2]), &device);
        let loss = model.forward(words, neighbours, negatives).mean();
        losses.push(loss.clone().into_scalar::<f64>());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimiser.step(0.1, model, gradients);
    }
    let model = model.valid();
    let scores = values(&model.input.weight.val().matmul(model.output.weight.val().transpose()));
    let mut right = 0;
    for (word, scores) in scores.chunks(8).enumerate() {
        let best = (0..8).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        right += usize::from(best == partner(word));
    }
    (losses[0], losses[140..].iter().sum::<f64>() / 10.0, right)
}

/// The readable form learns the same thing, slowly.
///
/// 3 ln 2 = 2.08 at the start. The best possible: the true neighbour is drawn as noise at 1/8 for
/// each of two, so a score s for it costs -log sigmoid(s) - (1/4) log sigmoid(-s), least at
/// sigmoid(s) = 4/5: 0.223 + 0.402 = 0.626. Over seeds 1 to 16 the last ten batches cost 0.60 to
/// 0.72, and all eight words are right.
#[test]
fn skip_gram_learns_the_partner_of_each_word() {
    let (first, last, right) = learn_pairs(7);
    assert!((first - fresh_loss(2)).abs() < 0.01, "{first}");
    assert!((0.5..0.9).contains(&last), "{last}");
    assert_eq!(right, 8);
}

#[test]
fn the_figures_show_what_their_texts_claim() {
    let device = backend::from_env();
    let _guard = backend::seeded(&device, 7);
    let report = word2vec::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    println!("{}", report.text());
    let figure = |name: &str| {
        report.figures().iter().find(|figure| figure.name == name).expect("the figure")
    };
    let Marks::Lines(sections) = &figure("04-epochs").panels[0].marks else { panic!("curves") };
    let accuracy = |name: &str, epochs: f64| {
        let line = sections.iter().find(|line| line.name == name).expect("the section");
        line.points.iter().find(|point| point.0 == epochs).expect("so many epochs").1
    };
    for name in ["man-woman", "verb-past", "verb-ing", "country-capital", "country-language"] {
        assert!(accuracy(name, 16.0) > 0.9, "{name}: {sections:?}");
        let rare = name.starts_with("country");
        assert!(
            if rare { accuracy(name, 1.0) < 0.6 } else { accuracy(name, 1.0) > 0.6 },
            "{name}: {sections:?}"
        );
    }
    let Marks::Lines(loss) = &figure("04-loss").panels[0].marks else { panic!("curves") };
    let by_epoch: Vec<f64> = loss[0].points.iter().map(|point| point.1).collect();
    assert!(by_epoch[1] < 0.5 * by_epoch[0] && by_epoch.last() < by_epoch.get(2), "{by_epoch:?}");
    let Marks::Bars(bars) = &figure("04-bank").panels[0].marks else { panic!("bars") };
    for sense in ["money bank", "river bank"] {
        let near = bars.iter().filter(|bar| bar.group == sense && bar.value > 0.2).count();
        assert!(near >= 3, "{sense}: {bars:?}");
    }
    let Marks::Lines(shares) = &figure("04-thinning").panels[0].marks else { panic!("curves") };
    let (said, noise) = (&shares[0].points, &shares[2].points);
    assert!(noise[0].1 < said[0].1 && noise.last().unwrap().1 > said.last().unwrap().1);
}
