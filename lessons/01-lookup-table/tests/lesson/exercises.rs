//! What a learner writes here, checked: `cargo learn open 01.1`.
//!
//! Two texts of three tokens, a table of five rows of four numbers: no two sizes are equal and
//! nothing is symmetric, so that whatever is taken for something else shows.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use exercise::{Exercise, Probe, mistakes, refused};
use lookup::{
    Bigram, TokenEmbedding, bigram_entropy, character_ids, cross_entropy, log_softmax, naive, step,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{numbers, values};

#[path = "mistakes/01.1.rs"]
mod mistakes_01_1;
#[path = "mistakes/01.2.rs"]
mod mistakes_01_2;
#[path = "mistakes/01.3.rs"]
mod mistakes_01_3;
#[path = "mistakes/01.4.rs"]
mod mistakes_01_4;
#[path = "mistakes/01.5.rs"]
mod mistakes_01_5;
#[path = "mistakes/01.6.rs"]
mod mistakes_01_6;

/// Row r, column c holds r.c.
const TABLE: [[f32; 4]; 5] = [
    [0.0, 0.1, 0.2, 0.3],
    [1.0, 1.1, 1.2, 1.3],
    [2.0, 2.1, 2.2, 2.3],
    [3.0, 3.1, 3.2, 3.3],
    [4.0, 4.1, 4.2, 4.3],
];
const IDS: [[i32; 3]; 2] = [[2, 1, 4], [1, 3, 1]];

const LOGITS: [[f32; 3]; 2] = [[1.0, 2.0, 3.0], [3.0, 1.0, 1.0]];
/// What softmax makes of the first row: the chapter's 0.0900, 0.2447, 0.6652.
const SHARES: [f32; 3] = [0.090_030_57, 0.244_728_47, 0.665_240_96];

/// Logits of four tokens, each followed by each.
const BIGRAM: [[f32; 4]; 4] =
    [[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 3.0, 2.0], [2.0, 0.0, 1.0, 0.0], [1.0, 3.0, 0.0, 4.0]];

type Forward = fn(&TokenEmbedding, Tensor<2, Int>) -> Tensor<3>;
type CrossEntropy = fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>;
type LogSoftmax = fn(Tensor<2>) -> Tensor<2>;
type Loss = fn(&Bigram, Tensor<2, Int>) -> Tensor<1>;
type Entropy = fn(&[Vec<u32>]) -> f64;
type Step = fn(&mut [Vec<f64>], &[u32], f64) -> f64;

#[test]
fn exercise_01_1() {
    forward_01_1().check();
}

#[test]
fn exercise_01_2() {
    cross_entropy_01_2().check();
}

#[test]
fn exercise_01_3() {
    log_softmax_01_3().check();
}

#[test]
fn exercise_01_4() {
    loss_01_4().check();
}

#[test]
fn exercise_01_5() {
    bigram_entropy_01_5().check();
}

#[test]
fn exercise_01_6() {
    step_01_6().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    forward_01_1().tell_mistakes_apart();
    cross_entropy_01_2().tell_mistakes_apart();
    log_softmax_01_3().tell_mistakes_apart();
    loss_01_4().tell_mistakes_apart();
    bigram_entropy_01_5().tell_mistakes_apart();
    step_01_6().tell_mistakes_apart();
}

fn forward_01_1() -> Exercise<Forward> {
    let exercise =
        Exercise::new("01.1", "TokenEmbedding::forward", TokenEmbedding::forward as Forward)
            .probe(
                format!("ids = {IDS:?}\ntable of 5 rows of 4 numbers; row 2 is {:?}", TABLE[2]),
                |forward: Forward| forward(&table(TABLE, &cpu()), ids(IDS, &cpu())),
                vec![
                    vec![TABLE[2].to_vec(), TABLE[1].to_vec(), TABLE[4].to_vec()],
                    vec![TABLE[1].to_vec(), TABLE[3].to_vec(), TABLE[1].to_vec()],
                ],
            )
            .probe(
                format!(
                    "the gradient that the table gets from the sum of all vectors, ids = {IDS:?}"
                ),
                |forward: Forward| {
                    let table = table(TABLE, &cpu().autodiff());
                    let vectors = forward(&table, ids(IDS, &cpu().autodiff()));
                    gradient(&table.weight.val(), vectors.sum())
                },
                [[0.0_f32; 4], [3.0; 4], [1.0; 4], [1.0; 4], [1.0; 4]],
            )
            .random(random_forward);
    mistakes!(
        exercise,
        mistakes_01_1: batch_and_tokens_exchanged_in_the_last_line,
        tokens_and_d_model_exchanged_in_the_last_line,
        ids_counted_from_1,
        ids_laid_end_to_end_token_by_token_and_not_text_by_text,
        the_table_cut_off_from_its_gradient,
        of_a_token_that_comes_again_only_the_last_place_learns,
    )
}

/// One to three texts of one to four tokens, looked up in plain loops.
fn random_forward(rng: &mut StdRng) -> Probe<Forward> {
    let [batch, tokens, vocab, d_model] = [4, 5, 8, 6].map(|most| rng.random_range(1..most));
    let table = numbers::<2>([vocab, d_model], rng.random(), &cpu());
    let rows: Vec<Vec<f64>> = values(&table).chunks(d_model).map(<[f64]>::to_vec).collect();
    let mut picks = Vec::new();
    for _ in 0..batch * tokens {
        picks.push(rng.random_range(0..vocab as u32));
    }
    let texts = picks.chunks(tokens).map(|text| naive::lookup(&rows, text));
    let expected: Vec<Vec<Vec<f64>>> = texts.collect();
    let given = format!("{batch} random texts of {tokens} tokens, a table of {vocab} x {d_model}");
    let ids = TensorData::new(picks, [batch, tokens]);
    let ask = move |forward: Forward| {
        let table = TokenEmbedding { weight: Param::from_tensor(table.clone()) };
        forward(&table, Tensor::from_data(ids.clone(), &cpu()))
    };
    Probe::new(given, ask, expected)
}

fn cross_entropy_01_2() -> Exercise<CrossEntropy> {
    let exercise = Exercise::new("01.2", "cross_entropy", cross_entropy as CrossEntropy)
        .probe(
            format!("logits = {LOGITS:?}\ntargets = [2, 1]"),
            |cross_entropy| cross_entropy(tensor(LOGITS), Tensor::from_ints([2, 1], &cpu())),
            [1.323_575_4],
        )
        .probe(
            "logits = [[1, 2, 3], [3, 1, 1], [0, 0, 0]]\ntargets = [2, 1, 0]",
            |cross_entropy| {
                let logits = tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 1.0], [0.0, 0.0, 0.0]]);
                cross_entropy(logits, Tensor::from_ints([2, 1, 0], &cpu()))
            },
            [1.248_587_7],
        )
        .probe(
            "logits = [[10000, 0]]\ntargets = [0]",
            |cross_entropy| cross_entropy(tensor([[10000.0, 0.0]]), Tensor::from_ints([0], &cpu())),
            [0.0],
        )
        .probe(
            "the gradient of each logit, logits = [[1, 2, 3]], targets = [2]",
            |cross_entropy| {
                let logits = leaf([LOGITS[0]]);
                let target = Tensor::from_ints([2], &cpu().autodiff());
                gradient(&logits, cross_entropy(logits.clone(), target))
            },
            [[SHARES[0], SHARES[1], SHARES[2] - 1.0]],
        )
        .probe(
            "2 rows of logits and 3 targets: is it refused?",
            |cross_entropy| {
                refused(|| cross_entropy(tensor(LOGITS), Tensor::from_ints([2, 1, 0], &cpu())))
            },
            "refused",
        )
        .random(random_cross_entropy);
    mistakes!(
        exercise,
        mistakes_01_2: summed_and_not_averaged,
        bits_and_not_nats,
        the_sign,
        softmax_along_the_tokens_and_not_along_the_vocabulary,
        softmax_twice,
        exp_of_the_logits_as_they_are,
        mean_over_all_entries_and_not_over_the_targets,
        the_logarithm_of_the_mean_probability,
        the_logits_of_the_targets_without_softmax,
    )
}

/// One to five predictions among two to six tokens, against plain loops.
fn random_cross_entropy(rng: &mut StdRng) -> Probe<CrossEntropy> {
    let tokens = rng.random_range(1..6);
    let vocab = rng.random_range(2..7); // burn's one_hot, with which one may solve it, refuses 1
    let logits = numbers::<2>([tokens, vocab], rng.random(), &cpu()) * 5.0;
    let mut targets = Vec::new();
    for _ in 0..tokens {
        targets.push(rng.random_range(0..vocab as u32));
    }
    let rows: Vec<Vec<f64>> = values(&logits).chunks(vocab).map(<[f64]>::to_vec).collect();
    let expected = naive::cross_entropy(&rows, &targets);
    let given = format!("{tokens} random rows of {vocab} logits, targets = {targets:?}");
    let ask = move |cross_entropy: CrossEntropy| {
        let targets = TensorData::new(targets.clone(), [tokens]);
        cross_entropy(logits.clone(), Tensor::from_data(targets, &cpu()))
    };
    Probe::new(given, ask, [expected])
}

fn log_softmax_01_3() -> Exercise<LogSoftmax> {
    let exercise = Exercise::new("01.3", "log_softmax", log_softmax as LogSoftmax)
        .probe(
            format!("logits = {LOGITS:?}"),
            |log_softmax| log_softmax(tensor(LOGITS)),
            [
                [-2.407_605_9, -1.407_605_9, -0.407_605_96],
                [-0.239_544_77, -2.239_544_8, -2.239_544_8],
            ],
        )
        .probe(
            "logits = [[1000, 0], [0, -1000]]",
            |log_softmax| log_softmax(tensor([[1000.0, 0.0], [0.0, -1000.0]])),
            [[0.0, -1000.0], [0.0, -1000.0]],
        )
        .probe(
            "logits = [[10000, 9999.5]]",
            |log_softmax| log_softmax(tensor([[10000.0, 9999.5]])),
            [[-0.474_077, -0.974_077]],
        )
        .probe(
            "the gradient of the third log-probability, logits = [[1, 2, 3]]",
            |log_softmax| {
                let logits = leaf([LOGITS[0]]);
                gradient(&logits, log_softmax(logits.clone()).slice([0..1, 2..3]).sum())
            },
            [[-SHARES[0], -SHARES[1], 1.0 - SHARES[2]]],
        )
        .random(random_log_softmax);
    mistakes!(
        exercise,
        mistakes_01_3: along_the_tokens_and_not_along_the_vocabulary,
        exp_of_the_logits_as_they_are,
        one_maximum_for_all_rows,
        the_smallest_taken_out_and_not_the_largest,
        the_maximum_taken_out_of_the_sum_only,
        the_logarithm_of_softmax,
        probabilities_without_their_logarithm,
        the_sum_without_its_logarithm,
        the_sum_cut_off_from_its_gradient,
        the_maximum_added_back_before_the_logarithm_is_taken_off,
    )
}

/// One to five rows of one to six logits, against plain loops.
fn random_log_softmax(rng: &mut StdRng) -> Probe<LogSoftmax> {
    let [tokens, vocab] = [6, 7].map(|most| rng.random_range(1..most));
    let logits = numbers::<2>([tokens, vocab], rng.random(), &cpu()) * 5.0;
    let mut expected = Vec::new();
    for row in values(&logits).chunks(vocab) {
        expected.push(naive::log_softmax(row));
    }
    let given = format!("{tokens} random rows of {vocab} logits");
    Probe::new(given, move |log_softmax: LogSoftmax| log_softmax(logits.clone()), expected)
}

fn loss_01_4() -> Exercise<Loss> {
    let exercise = Exercise::new("01.4", "Bigram::loss", Bigram::loss as Loss)
        .probe(
            format!("ids = [[2, 0, 1], [1, 3, 0]]\ntable = {BIGRAM:?}"),
            |loss: Loss| loss(&bigram(&cpu()), ids([[2, 0, 1], [1, 3, 0]], &cpu())),
            [1.480_593_5],
        )
        .probe(
            "ids = [[1, 2]], a text of two tokens, the same table",
            |loss: Loss| loss(&bigram(&cpu()), ids([[1, 2]], &cpu())),
            [0.440_189_7],
        )
        .probe(
            "the gradient that the table gets, ids = [[1, 2]]",
            |loss: Loss| {
                let model = bigram(&cpu().autodiff());
                let nats = loss(&model, ids([[1, 2]], &cpu().autodiff()));
                gradient(&model.table.weight.val(), nats)
            },
            [
                [0.0; 4],
                [0.032_058_604, 0.087_144_32, 0.643_914_26 - 1.0, 0.236_882_82],
                [0.0; 4],
                [0.0; 4],
            ],
        )
        .probe(
            "a text of one token: is it refused?",
            |loss: Loss| refused(|| loss(&bigram(&cpu()), ids([[1]], &cpu()))),
            "refused",
        )
        .random(random_loss);
    mistakes!(
        exercise,
        mistakes_01_4: each_token_predicts_itself,
        each_token_predicts_the_one_after_the_next,
        each_token_predicts_the_one_before_it,
        predicted_across_the_border_of_two_texts,
        targets_laid_end_to_end_in_another_order_than_the_logits,
        multiplied_by_the_number_of_predicted_tokens,
        a_text_of_one_token_costs_nothing,
    )
}

/// One to three texts of two to five tokens, against plain loops.
fn random_loss(rng: &mut StdRng) -> Probe<Loss> {
    let (batch, tokens, vocab) =
        (rng.random_range(1..4), rng.random_range(2..6), rng.random_range(1..6));
    let table = numbers::<2>([vocab, vocab], rng.random(), &cpu()) * 3.0;
    let rows: Vec<Vec<f64>> = values(&table).chunks(vocab).map(<[f64]>::to_vec).collect();
    let mut texts: Vec<u32> = Vec::new();
    for _ in 0..batch * tokens {
        texts.push(rng.random_range(0..vocab as u32));
    }
    let (mut logits, mut nexts) = (Vec::new(), Vec::new());
    for text in texts.chunks(tokens) {
        for pair in text.windows(2) {
            logits.push(rows[pair[0] as usize].clone());
            nexts.push(pair[1]);
        }
    }
    let expected = naive::cross_entropy(&logits, &nexts);
    let given = format!("{batch} random texts of {tokens} tokens, a table of {vocab} x {vocab}");
    let ids = TensorData::new(texts, [batch, tokens]);
    let ask = move |loss: Loss| {
        let table = TokenEmbedding { weight: Param::from_tensor(table.clone()) };
        loss(&Bigram { table }, Tensor::from_data(ids.clone(), &cpu()))
    };
    Probe::new(given, ask, [expected])
}

fn bigram_entropy_01_5() -> Exercise<Entropy> {
    let exercise = Exercise::new("01.5", "bigram_entropy", bigram_entropy as Entropy)
        .probe(
            "counts = [[0, 2, 1], [1, 0, 0], [1, 0, 0]], those of \"abacab\"",
            |entropy: Entropy| entropy(&[vec![0, 2, 1], vec![1, 0, 0], vec![1, 0, 0]]),
            0.381_908_500_976_887_8,
        )
        .probe(
            "counts = [[3, 1, 0], [0, 0, 0], [2, 2, 1]], and nothing follows the second token",
            |entropy: Entropy| entropy(&[vec![3, 1, 0], vec![0, 0, 0], vec![2, 2, 1]]),
            0.835_993_490_933_994_8,
        )
        .probe(
            "counts = [[0, 0], [0, 0]], a text without pairs",
            |entropy: Entropy| entropy(&[vec![0, 0], vec![0, 0]]),
            0.0,
        )
        .random(random_entropy);
    mistakes!(
        exercise,
        mistakes_01_5: the_entropy_of_the_pair_and_not_of_its_second_half,
        bits_and_not_nats,
        the_mean_of_the_rows_whatever_their_counts,
        columns_taken_for_rows,
        the_logarithm_of_0,
        the_sign,
        no_pairs_divided_by_no_pairs,
        the_entropy_of_the_next_token_whatever_came_before,
    )
}

/// The entropy of the pairs less that of their first halves, which is another way to the same.
fn random_entropy(rng: &mut StdRng) -> Probe<Entropy> {
    let vocab = rng.random_range(1..5);
    let mut counts = vec![vec![0_u32; vocab]; vocab];
    for row in &mut counts {
        for count in row {
            *count = rng.random_range(0..6_u32).saturating_sub(2);
        }
    }
    let pairs = of_shares(&counts.concat());
    let firsts: Vec<u32> = counts.iter().map(|row| row.iter().sum()).collect();
    let expected = pairs - of_shares(&firsts);
    let given = format!("counts = {counts:?}");
    Probe::new(given, move |entropy: Entropy| entropy(&counts), expected)
}

/// Entropy in nats of what was counted.
fn of_shares(counts: &[u32]) -> f64 {
    let all: u32 = counts.iter().sum();
    let mut nats = 0.0;
    for &count in counts {
        if count > 0 {
            let share = f64::from(count) / f64::from(all);
            nats -= share * share.ln();
        }
    }
    nats
}

fn step_01_6() -> Exercise<Step> {
    let exercise = Exercise::new("01.6", "step", step as Step)
        .probe(
            "table = 3 x 3 zeros, ids of \"abacab\" = [0, 1, 0, 2, 0, 1], rate = 1\nthe loss before \
             the step, then the table after it",
            |step: Step| {
                let (_, ids) = character_ids("abacab");
                stepped(step, vec![vec![0.0; 3]; 3], &ids, 1.0)
            },
            (
                1.098_612_288_668_109_8,
                vec![
                    vec![-0.2, 0.2, 0.0],
                    vec![2.0 / 15.0, -1.0 / 15.0, -1.0 / 15.0],
                    vec![2.0 / 15.0, -1.0 / 15.0, -1.0 / 15.0],
                ],
            ),
        )
        .probe(
            "table = [[0, 1, 2], [1, 0, 0], [2, 1, 0]], ids = [0, 1, 1, 2], rate = 0.5\nthe loss \
             before the step, then the table after it",
            |step: Step| {
                let table = vec![vec![0.0, 1.0, 2.0], vec![1.0, 0.0, 0.0], vec![2.0, 1.0, 0.0]];
                stepped(step, table, &[0, 1, 1, 2], 0.5)
            },
            (
                1.503_498_464_102_827_5,
                vec![
                    vec![-0.015_005_095_5, 1.125_878_588_2, 1.889_126_507_4],
                    vec![0.807_961_038_4, 0.096_019_480_8, 0.096_019_480_8],
                    vec![2.0, 1.0, 0.0],
                ],
            ),
        )
        .probe(
            "a text of one token: is it refused?",
            |step: Step| refused(|| step(&mut [vec![0.0]], &[0], 1.0)),
            "refused",
        )
        .random(random_step);
    mistakes!(
        exercise,
        mistakes_01_6: uphill,
        averaged_over_the_pairs_of_each_row,
        summed_over_the_pairs_and_not_averaged,
        the_less_1_for_what_came_forgotten,
        only_the_logit_of_what_came_moves,
        the_table_changed_while_pairs_are_still_read,
        the_loss_after_the_step_and_not_before,
        the_rate_forgotten,
        divided_by_the_tokens_and_not_by_the_pairs,
    )
}

/// Two to nine tokens, against the chapter's table: each row's share of the pairs, times what its
/// probabilities are above what was counted.
fn random_step(rng: &mut StdRng) -> Probe<Step> {
    let (vocab, tokens) = (rng.random_range(1..5_u32), rng.random_range(2..10));
    let rate = rng.random_range(0.1..2.0);
    let mut table = Vec::new();
    for _ in 0..vocab {
        table.push((0..vocab).map(|_| rng.random_range(-2.0..2.0)).collect::<Vec<f64>>());
    }
    let ids: Vec<u32> = (0..tokens).map(|_| rng.random_range(0..vocab)).collect();
    let pairs = (tokens - 1) as f64;
    let (mut nats, mut after) = (0.0, table.clone());
    for first in 0..vocab {
        let log_probabilities = naive::log_softmax(&table[first as usize]);
        let began = ids[..tokens - 1].iter().filter(|&&id| id == first).count() as f64;
        for next in 0..vocab {
            let came = ids.windows(2).filter(|pair| pair == &[first, next]).count() as f64;
            let log_probability = log_probabilities[next as usize];
            nats -= came / pairs * log_probability;
            let slope = (began * log_probability.exp() - came) / pairs;
            after[first as usize][next as usize] -= rate * slope;
        }
    }
    let given = format!("a random table of {vocab} x {vocab}, ids = {ids:?}, rate = {rate:.3}");
    let ask = move |step: Step| stepped(step, table.clone(), &ids, rate);
    Probe::new(given, ask, (nats, after))
}

/// What a step returns, and the table that it leaves.
fn stepped(step: Step, mut table: Vec<Vec<f64>>, ids: &[u32], rate: f64) -> (f64, Vec<Vec<f64>>) {
    let nats = step(&mut table, ids, rate);
    (nats, table)
}

fn table<const N: usize, const M: usize>(rows: [[f32; N]; M], device: &Device) -> TokenEmbedding {
    TokenEmbedding { weight: Param::from_tensor(Tensor::from_floats(rows, device)) }
}

fn bigram(device: &Device) -> Bigram {
    Bigram { table: table(BIGRAM, device) }
}

fn ids<const N: usize, const M: usize>(texts: [[i32; N]; M], device: &Device) -> Tensor<2, Int> {
    Tensor::from_ints(texts, device)
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// Logits that a gradient is asked for.
fn leaf<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu().autodiff()).require_grad()
}

/// The gradient of a loss for `x`: zeros where the loss does not hang on it.
fn gradient(x: &Tensor<2>, loss: Tensor<1>) -> Option<Tensor<2>> {
    let nothing = x.clone().sum() * 0.0;
    x.grad(&(loss + nothing).backward())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}
