//! What a learner of lessons 14 and 15 writes here, checked: `cargo learn open 14.5`.

use course::metrics::{Confusion, Scores, ndcg_at};
use exercise::{Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;

#[path = "mistakes/14.5.rs"]
mod mistakes_14_5;
#[path = "mistakes/15.5.rs"]
mod mistakes_15_5;

type NdcgAt = fn(usize, &[f64]) -> f64;
type ScoresOf = fn(&Confusion, usize) -> Scores;

#[test]
fn exercise_14_5() {
    ndcg_at_14_5().check();
}

#[test]
fn exercise_15_5() {
    scores_of_15_5().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    ndcg_at_14_5().tell_mistakes_apart();
    scores_of_15_5().tell_mistakes_apart();
}

const HITS: [f64; 5] = [0.0, 1.0, 0.0, 0.0, 1.0];
const GAINS: [f64; 4] = [1.0, 3.0, 0.0, 2.0];

fn ndcg_at_14_5() -> Exercise<NdcgAt> {
    let exercise = Exercise::new("14.5", "ndcg_at", ndcg_at as NdcgAt)
        .probe("k = 3\ngains = 0, 1, 0, 0, 1", |ndcg| ndcg(3, &HITS), 0.386_852_807_2)
        .probe("k = 5\ngains = 0, 1, 0, 0, 1", |ndcg: NdcgAt| ndcg(5, &HITS), 0.624_050_520_0)
        .probe("k = 1\ngains = 1, 3, 0, 2", |ndcg: NdcgAt| ndcg(1, &GAINS), 1.0 / 3.0)
        .probe("k = 3\ngains = 1, 3, 0, 2", |ndcg: NdcgAt| ndcg(3, &GAINS), 0.607_491_518_0)
        .probe("k = 10\ngains = 1, 3, 0, 2", |ndcg: NdcgAt| ndcg(10, &GAINS), 0.788_377_391_5)
        .random(random_ndcg);
    mistakes!(
        exercise,
        mistakes_14_5: not_divided_by_the_best_order,
        the_best_order_of_the_first_k_only,
        the_first_place_taken_for_rank_0,
        the_first_place_taken_for_rank_2,
        divided_by_the_rank_and_not_by_its_logarithm,
        the_worst_order_for_the_best,
        the_share_of_the_gains_among_the_first_k,
        k_places_taken_of_a_shorter_ranking,
    )
}

/// One to eight texts with gains from 0 to 3, one of them at least 1; k from 1 to 8.
fn random_ndcg(rng: &mut StdRng) -> Probe<NdcgAt> {
    let mut gains = vec![f64::from(rng.random_range(1..4))];
    for _ in 0..rng.random_range(0..8) {
        gains.insert(rng.random_range(0..gains.len() + 1), f64::from(rng.random_range(0..4)));
    }
    let k = rng.random_range(1..9);
    let mut best = 0.0;
    let mut left = gains.clone();
    for rank in 1..=k.min(gains.len()) {
        let mut largest = 0;
        for i in 0..left.len() {
            if left[i] > left[largest] {
                largest = i;
            }
        }
        best += left.remove(largest) / (rank as f64 + 1.0).log2();
    }
    let mut found = 0.0;
    for rank in 1..=k.min(gains.len()) {
        found += gains[rank - 1] / (rank as f64 + 1.0).log2();
    }
    let given = format!("k = {k}\ngains = {gains:?}");
    Probe::new(given, move |ndcg: NdcgAt| ndcg(k, &gains), found / best)
}

/// Rows are truths, columns answers.
const COUNTS: [[usize; 3]; 3] = [[2, 1, 1], [1, 1, 0], [0, 0, 3]];

fn scores_of_15_5() -> Exercise<ScoresOf> {
    let exercise = Exercise::new("15.5", "scores_of", Confusion::scores_of as ScoresOf)
        .probe(
            "counts[truth][predicted] = [[2, 1, 1], [1, 1, 0], [0, 0, 3]]\n\
             precision, recall, F1 and support of label 0",
            |scores_of| numbers(scores_of(&confusion(COUNTS), 0)),
            [2.0 / 3.0, 0.5, 4.0 / 7.0, 4.0],
        )
        .probe(
            "the same counts\nprecision, recall, F1 and support of label 2",
            |scores_of: ScoresOf| numbers(scores_of(&confusion(COUNTS), 2)),
            [0.75, 1.0, 6.0 / 7.0, 3.0],
        )
        .probe(
            "counts[truth][predicted] = [[4, 0], [2, 0]]: label 1 is never said\n\
             precision, recall, F1 and support of label 1",
            |scores_of: ScoresOf| numbers(scores_of(&confusion([[4, 0], [2, 0]]), 1)),
            [0.0, 0.0, 0.0, 2.0],
        )
        .probe(
            "counts[truth][predicted] = [[4, 0], [0, 0]]: label 1 is never said and never true\n\
             precision, recall, F1 and support of label 1",
            |scores_of: ScoresOf| numbers(scores_of(&confusion([[4, 0], [0, 0]]), 1)),
            [0.0; 4],
        )
        .random(random_scores_of);
    mistakes!(
        exercise,
        mistakes_15_5: rows_and_columns_exchanged,
        the_plain_mean_of_precision_and_recall_for_f1,
        half_of_f1,
        the_share_of_nothing_is_not_a_number,
        divided_by_the_wrong_ones_and_not_by_all,
        what_is_rightly_not_this_label_counts_as_right,
        a_share_of_nothing_counts_as_1,
    )
}

fn confusion<const N: usize>(counts: [[usize; N]; N]) -> Confusion {
    Confusion { counts: counts.map(|row| row.to_vec()).to_vec() }
}

fn numbers(scores: Scores) -> [f64; 4] {
    [scores.precision, scores.recall, scores.f1, scores.support as f64]
}

/// Two to five labels with up to four rows for each pair of truth and answer, counted row by row.
fn random_scores_of(rng: &mut StdRng) -> Probe<ScoresOf> {
    let labels = rng.random_range(2..6);
    let asked = rng.random_range(0..labels);
    let mut counts = vec![vec![0; labels]; labels];
    let (mut said, mut is, mut both) = (0.0, 0.0, 0.0);
    for (truth, row) in counts.iter_mut().enumerate() {
        for (answer, count) in row.iter_mut().enumerate() {
            *count = rng.random_range(0..5);
            for _ in 0..*count {
                said += f64::from(u8::from(answer == asked));
                is += f64::from(u8::from(truth == asked));
                both += f64::from(u8::from(answer == asked && truth == asked));
            }
        }
    }
    let precision = if both > 0.0 { both / said } else { 0.0 };
    let recall = if both > 0.0 { both / is } else { 0.0 };
    let f1 = if both > 0.0 { 2.0 / (1.0 / precision + 1.0 / recall) } else { 0.0 };
    let given = format!("counts[truth][predicted] = {counts:?}\nlabel {asked}");
    let ask =
        move |scores_of: ScoresOf| numbers(scores_of(&Confusion { counts: counts.clone() }, asked));
    Probe::new(given, ask, [precision, recall, f1, is])
}
