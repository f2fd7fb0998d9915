//! What a learner writes here, checked: `cargo learn open 15.1`. (15.5 is in `crates/course`, and so
//! is its check.)
//!
//! The right answers are loops in f64, row by row and label by label.

use std::collections::HashMap;
use std::f64::consts::LN_2;

use burn::module::Param;
use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use classify::baseline::BagOfWords;
use classify::calibration::{Bin, calibration_error, reliability};
use classify::finetune::{LabelledRow, weighted_cross_entropy};
use classify::{Labels, LogisticRegression, binary_cross_entropy};
use exercise::{Answer, Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;

#[path = "mistakes/15.1.rs"]
mod mistakes_15_1;
#[path = "mistakes/15.2.rs"]
mod mistakes_15_2;
#[path = "mistakes/15.3.rs"]
mod mistakes_15_3;
#[path = "mistakes/15.4.rs"]
mod mistakes_15_4;
#[path = "mistakes/15.6.rs"]
mod mistakes_15_6;
#[path = "mistakes/15.7.rs"]
mod mistakes_15_7;
#[path = "mistakes/15.8.rs"]
mod mistakes_15_8;

type Rows = Vec<Vec<f64>>;

type Loss =
    fn(&LogisticRegression, &Linear, &Tensor<2>, &Tensor<2>, &Tensor<2>) -> (f64, GradientsParams);
type BinaryCrossEntropy = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;
type Fit = fn(&[String], &[usize], usize) -> BagOfWords;
type Scores = fn(&BagOfWords, &str) -> Vec<f64>;
type WeightedCrossEntropy = fn(Tensor<2>, &[LabelledRow], &[f32]) -> Tensor<1>;
type Reliability = fn(&[(f64, bool)], usize) -> Vec<Bin>;
type CalibrationError = fn(&[Bin]) -> f64;

#[test]
fn exercise_15_1() {
    loss_15_1().check();
}

#[test]
fn exercise_15_2() {
    binary_cross_entropy_15_2().check();
}

#[test]
fn exercise_15_3() {
    fit_15_3().check();
}

#[test]
fn exercise_15_4() {
    scores_15_4().check();
}

#[test]
fn exercise_15_6() {
    weighted_cross_entropy_15_6().check();
}

#[test]
fn exercise_15_7() {
    reliability_15_7().check();
}

#[test]
fn exercise_15_8() {
    calibration_error_15_8().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    loss_15_1().tell_mistakes_apart();
    binary_cross_entropy_15_2().tell_mistakes_apart();
    fit_15_3().tell_mistakes_apart();
    scores_15_4().tell_mistakes_apart();
    weighted_cross_entropy_15_6().tell_mistakes_apart();
    reliability_15_7().tell_mistakes_apart();
    calibration_error_15_8().tell_mistakes_apart();
}

/// What `LogisticRegression::loss` is asked.
#[derive(Clone)]
struct Fitting {
    l2: f64,
    kind: Labels,
    /// `[rows, d_model]`
    x: Rows,
    /// `[rows, labels]`
    y: Rows,
    row_weights: Vec<f64>,
    /// `[d_model, labels]`
    weight: Rows,
    bias: Vec<f64>,
}

fn loss_15_1() -> Exercise<Loss> {
    let by_hand = Fitting {
        l2: 0.1,
        kind: Labels::One,
        x: vec![vec![1.0, 0.0], vec![1.0, 2.0]],
        y: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
        row_weights: vec![1.0, 1.0],
        weight: vec![vec![0.0, 0.0], vec![0.0, 1.0]],
        bias: vec![0.0, 0.0],
    };
    let one = Fitting {
        l2: 0.3,
        kind: Labels::One,
        x: vec![vec![1.0, 0.5], vec![-2.0, 3.0], vec![0.5, -1.0]],
        y: vec![vec![0.0, 0.0, 0.0, 1.0], vec![1.0, 0.0, 0.0, 0.0], vec![0.0, 0.0, 1.0, 0.0]],
        row_weights: vec![0.5, 2.0, 1.0],
        weight: vec![vec![0.5, -1.0, 2.0, 0.25], vec![1.5, 0.25, -0.75, 1.0]],
        bias: vec![0.5, -0.25, 0.25, 1.0],
    };
    let any = Fitting { kind: Labels::Any, ..one.clone() };
    let exercise = Exercise::new("15.1", "loss", LogisticRegression::loss as Loss)
        .probe(
            by_hand.in_words(),
            move |loss| by_hand.ask(loss),
            answer(
                0.460_037_6,
                vec![vec![-0.190_398_6, 0.190_398_6], vec![0.119_202_9, -0.019_202_9]],
                vec![-0.190_398_6, 0.190_398_6],
            ),
        )
        .random(random_loss);
    let exercise = with_probe(with_probe(exercise, one), any);
    mistakes!(
        exercise,
        mistakes_15_1: the_sums_over_the_rows_and_not_the_means,
        divided_by_the_number_of_rows_and_not_by_what_they_weigh,
        truth_minus_probability,
        the_half_of_the_penalty_forgotten_in_the_loss,
        no_penalty_in_the_gradient,
        the_penalty_squares_the_sum_and_not_each_weight,
        the_rows_weigh_in_the_loss_and_not_in_the_gradient,
        a_softmax_whatever_the_kind,
        a_sigmoid_whatever_the_kind,
        the_bias_left_out_of_the_logits,
    )
}

fn with_probe(exercise: Exercise<Loss>, fitting: Fitting) -> Exercise<Loss> {
    let (given, expected) = (fitting.in_words(), fitting.by_loops());
    exercise.probe(given, move |loss: Loss| fitting.ask(loss), expected)
}

/// The loss, and its gradients by weight and bias.
fn answer(loss: f64, by_weight: Rows, by_bias: Vec<f64>) -> Answer {
    (loss, by_weight, by_bias).into()
}

impl Fitting {
    fn in_words(&self) -> String {
        let Self { l2, kind, x, y, row_weights, weight, bias } = self;
        format!(
            "l2 = {l2}, kind = {kind:?}\nx = {x:?}\ny = {y:?}\nrow_weights = {row_weights:?}\n\
             head: weight = {weight:?}, bias = {bias:?}\n\
             the loss, its gradient by the weight, its gradient by the bias"
        )
    }

    fn ask(&self, loss: Loss) -> Answer {
        let head = Linear {
            weight: Param::from_tensor(matrix(&self.weight)),
            bias: Some(Param::from_tensor(matrix(std::slice::from_ref(&self.bias)).squeeze_dim(0))),
        };
        let row_weights: Rows = self.row_weights.iter().map(|&weight| vec![weight]).collect();
        let regression = LogisticRegression::new().with_l2(self.l2).with_kind(self.kind);
        let (loss, gradients) =
            loss(&regression, &head, &matrix(&self.x), &matrix(&self.y), &matrix(&row_weights));
        let by_weight = gradients.get::<2>(head.weight.id);
        let by_bias = head.bias.and_then(|bias| gradients.get::<1>(bias.id));
        (loss, by_weight, by_bias).into()
    }

    fn by_loops(&self) -> Answer {
        let all: f64 = self.row_weights.iter().sum();
        let mut loss = 0.0;
        let mut by_weight = self.weight.clone();
        for weight in by_weight.iter_mut().flatten() {
            loss += self.l2 * *weight * *weight / 2.0;
            *weight *= self.l2;
        }
        let mut by_bias = vec![0.0; self.bias.len()];
        for (row, x) in self.x.iter().enumerate() {
            let mut logits = self.bias.clone();
            for (x, weights) in x.iter().zip(&self.weight) {
                for (logit, weight) in logits.iter_mut().zip(weights) {
                    *logit += x * weight;
                }
            }
            let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
            let share = self.row_weights[row] / all;
            for (label, logit) in logits.into_iter().enumerate() {
                let truth = self.y[row][label];
                let p = match self.kind {
                    Labels::One => logit.exp() / sum,
                    Labels::Any => 1.0 / (1.0 + (-logit).exp()),
                };
                loss -= share * truth * p.ln();
                if self.kind == Labels::Any {
                    loss -= share * (1.0 - truth) * (1.0 - p).ln();
                }
                by_bias[label] += share * (p - truth);
                for (gradient, x) in by_weight.iter_mut().zip(x) {
                    gradient[label] += share * (p - truth) * x;
                }
            }
        }
        answer(loss, by_weight, by_bias)
    }
}

/// One to four rows of one to three numbers and up to four labels, of either kind.
fn random_loss(rng: &mut StdRng) -> Probe<Loss> {
    let (rows, d_model, labels) =
        (rng.random_range(1..5), rng.random_range(1..4), rng.random_range(1..5));
    let kind = if rng.random() { Labels::One } else { Labels::Any };
    let mut y = vec![vec![0.0; labels]; rows];
    for row in &mut y {
        match kind {
            Labels::One => row[rng.random_range(0..labels)] = 1.0,
            Labels::Any => row.fill_with(|| f64::from(rng.random_range(0..2))),
        }
    }
    let fitting = Fitting {
        l2: rng.random_range(0.0..0.5),
        kind,
        x: random_rows(rng, rows, d_model),
        y,
        row_weights: (0..rows).map(|_| rng.random_range(0.5..2.0)).collect(),
        weight: random_rows(rng, d_model, labels),
        bias: random_rows(rng, 1, labels).remove(0),
    };
    let expected = fitting.by_loops();
    Probe::new(fitting.in_words(), move |loss: Loss| fitting.ask(loss), expected)
}

fn binary_cross_entropy_15_2() -> Exercise<BinaryCrossEntropy> {
    let exercise =
        Exercise::new("15.2", "binary_cross_entropy", binary_cross_entropy as BinaryCrossEntropy)
            .probe(
                "z = [[0, 2, -1.5], [1, -0.5, 3]]\ny = [[1, 1, 0], [0, 1, 0]]",
                |loss| {
                    let z = [[0.0, 2.0, -1.5], [1.0, -0.5, 3.0]];
                    loss(floats(z), floats([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]))
                },
                [[LN_2, 0.126_928_0, 0.201_413_3], [1.313_261_7, 0.974_077_0, 3.048_587_4]],
            )
            .probe(
                "z = [[200, -150, 1000]]\ny = [[1, 1, 0]]",
                |loss: BinaryCrossEntropy| {
                    loss(floats([[200.0, -150.0, 1000.0]]), floats([[1.0, 1.0, 0.0]]))
                },
                [[0.0, 150.0, 1000.0]],
            )
            .random(random_binary_cross_entropy);
    mistakes!(
        exercise,
        mistakes_15_2: e_to_the_z_as_it_is,
        the_logarithm_of_the_sigmoid,
        the_probability_kept_away_from_0_and_1,
        what_is_not_the_case_costs_nothing,
        yes_and_no_exchanged,
        the_logit_taken_for_the_probability,
        one_number_for_all_labels_of_a_row,
    )
}

/// One to four rows of one to four labels with logits in -10..10.
fn random_binary_cross_entropy(rng: &mut StdRng) -> Probe<BinaryCrossEntropy> {
    let (rows, labels) = (rng.random_range(1..5), rng.random_range(1..5));
    let (mut z, mut y, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let (mut logits, mut truths, mut losses) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..labels {
            let (logit, truth) = (rng.random_range(-10.0..10.0_f64), rng.random::<bool>());
            logits.push(logit);
            truths.push(f64::from(u8::from(truth)));
            losses.push((1.0 + if truth { (-logit).exp() } else { logit.exp() }).ln());
        }
        z.push(logits);
        y.push(truths);
        expected.push(losses);
    }
    let given = format!("z = {z:?}\ny = {y:?}");
    Probe::new(given, move |loss: BinaryCrossEntropy| loss(matrix(&z), matrix(&y)), expected)
}

/// Two texts of label 1, one of label 0, none of label 2.
const TEXTS: [&str; 3] = ["good film", "Good, good plot", "bad film"];
const NUMBERS: [usize; 3] = [1, 1, 0];
const WORDS: [&str; 4] = ["bad", "film", "good", "plot"];

fn fit_15_3() -> Exercise<Fit> {
    // 2 words of label 0, 5 of label 1, none of label 2; 4 words in all
    let shares = [
        [2.0 / 6.0, 3.0 / 6.0, 1.0 / 6.0],
        [2.0 / 6.0, 1.0 / 9.0, 1.0 / 4.0],
        [2.0 / 6.0, 2.0 / 9.0, 1.0 / 4.0],
        [1.0 / 6.0, 4.0 / 9.0, 1.0 / 4.0],
        [1.0 / 6.0, 2.0 / 9.0, 1.0 / 4.0],
    ];
    let given = format!(
        "texts = {TEXTS:?}\nnumbers = {NUMBERS:?}\nn_labels = 3\n\
         the probabilities whose logarithms are kept, a column for each label: of the label, then \
         of {WORDS:?}"
    );
    let exercise = Exercise::new("15.3", "fit", BagOfWords::fit::<String> as Fit)
        .probe(
            given,
            |fit| probabilities(&fit(&TEXTS.map(str::to_string), &NUMBERS, 3), &WORDS, 3),
            shares,
        )
        .random(random_fit);
    mistakes!(
        exercise,
        mistakes_15_3: counts_begin_at_0,
        the_vocabulary_not_in_the_divisor,
        all_labels_equally_likely_before_any_word,
        texts_of_a_label_not_counted_from_1,
        a_word_counted_once_per_text,
        divided_by_the_texts_of_a_label_and_not_by_their_words,
        divided_by_the_words_of_all_labels,
        words_split_at_spaces_only,
        probabilities_and_not_their_logarithms,
    )
}

/// e to the logarithms that a bag keeps: of the labels, then of each word; NaN where it has none.
fn probabilities(bag: &BagOfWords, words: &[&str], n_labels: usize) -> Rows {
    let mut rows = vec![bag.log_priors.clone()];
    for &word in words {
        rows.push(bag.log_shares.get(word).cloned().unwrap_or(vec![f64::NAN; n_labels]));
    }
    for logarithm in rows.iter_mut().flatten() {
        *logarithm = logarithm.exp();
    }
    rows
}

/// One to five texts of one to five of the words, with one to three labels.
fn random_fit(rng: &mut StdRng) -> Probe<Fit> {
    let n_labels = rng.random_range(1..4);
    let (mut texts, mut numbers, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rng.random_range(1..6) {
        let label = rng.random_range(0..n_labels);
        let mut text = Vec::new();
        for _ in 0..rng.random_range(1..6) {
            let word = WORDS[rng.random_range(0..WORDS.len())];
            text.push(word);
            said.push((word, label));
        }
        texts.push(text.join(" "));
        numbers.push(label);
    }
    let words: Vec<&str> =
        WORDS.into_iter().filter(|&word| said.iter().any(|said| said.0 == word)).collect();
    let mut expected = vec![Vec::new(); words.len() + 1];
    for label in 0..n_labels {
        let rows = numbers.iter().filter(|&&number| number == label).count();
        expected[0].push((rows as f64 + 1.0) / (texts.len() + n_labels) as f64);
        let of_label = said.iter().filter(|said| said.1 == label).count();
        for (row, &word) in expected[1..].iter_mut().zip(&words) {
            let times = said.iter().filter(|&&said| said == (word, label)).count();
            row.push((times as f64 + 1.0) / (of_label + words.len()) as f64);
        }
    }
    let given = format!(
        "texts = {texts:?}\nnumbers = {numbers:?}\nn_labels = {n_labels}\n\
         the probabilities whose logarithms are kept: of the label, then of {words:?}"
    );
    let ask = move |fit: Fit| probabilities(&fit(&texts, &numbers, n_labels), &words, n_labels);
    Probe::new(given, ask, expected)
}

/// Three labels with the probabilities 0.5, 0.2 and 0.3, and three words.
fn bag() -> BagOfWords {
    let logarithms = |probabilities: [f64; 3]| probabilities.map(f64::ln).to_vec();
    let log_shares = HashMap::from([
        ("bad".to_string(), logarithms([0.5, 0.1, 0.25])),
        ("film".to_string(), logarithms([0.3, 0.4, 0.5])),
        ("good".to_string(), logarithms([0.2, 0.5, 0.25])),
    ]);
    BagOfWords { log_priors: logarithms([0.5, 0.2, 0.3]), log_shares }
}

fn scores_15_4() -> Exercise<Scores> {
    let mut exercise = Exercise::new("15.4", "scores", BagOfWords::scores as Scores);
    for (text, probabilities) in [
        ("bad film", [0.5 * 0.5 * 0.3, 0.2 * 0.1 * 0.4, 0.3 * 0.25 * 0.5]),
        ("never heard", [0.5, 0.2, 0.3]),
        ("Bad, bad film!", [0.5 * 0.25 * 0.3, 0.2 * 0.01 * 0.4, 0.3 * 0.0625 * 0.5]),
        ("a good plot", [0.5 * 0.2, 0.2 * 0.5, 0.3 * 0.25]),
        ("", [0.5, 0.2, 0.3]),
    ] {
        let given = format!(
            "P(label) = 0.5, 0.2, 0.3\nP(\"bad\" | label) = 0.5, 0.1, 0.25\n\
             P(\"film\" | label) = 0.3, 0.4, 0.5\nP(\"good\" | label) = 0.2, 0.5, 0.25\n\
             text = {text:?}"
        );
        let ask = move |scores: Scores| scores(&bag(), text);
        exercise = exercise.probe(given, ask, probabilities.map(f64::ln));
    }
    let exercise = exercise.random(random_scores);
    mistakes!(
        exercise,
        mistakes_15_4: the_prior_forgotten,
        the_prior_added_for_every_word,
        a_word_counted_once_however_often_it_stands,
        a_word_never_seen_makes_every_label_impossible,
        words_split_at_spaces_only,
        probabilities_and_not_their_logarithms,
        the_mean_over_the_words_and_not_the_sum,
    )
}

/// Up to eight words, of which one in four is not in the bag.
fn random_scores(rng: &mut StdRng) -> Probe<Scores> {
    let bag = bag();
    let mut text = Vec::new();
    let mut expected = bag.log_priors.clone();
    for _ in 0..rng.random_range(0..9) {
        let word = ["bad", "film", "good", "unheard"][rng.random_range(0..4)];
        text.push(word);
        if word != "unheard" {
            for (sum, log_share) in expected.iter_mut().zip(&bag.log_shares[word]) {
                *sum += log_share;
            }
        }
    }
    let text = text.join(" ");
    let given = format!("the same probabilities\ntext = {text:?}");
    Probe::new(given, move |scores: Scores| scores(&bag, &text), expected)
}

/// What `weighted_cross_entropy` is asked.
#[derive(Clone)]
struct Weighted {
    /// `[rows, labels]`
    logits: Rows,
    answers: Vec<LabelledRow>,
    label_weights: Vec<f32>,
}

fn weighted_cross_entropy_15_6() -> Exercise<WeightedCrossEntropy> {
    let unequal = Weighted {
        logits: vec![
            vec![1.0, 2.0, -1.0],
            vec![0.5, -0.5, 3.0],
            vec![-1.0, 0.0, 2.0],
            vec![2.0, 1.5, 0.0],
        ],
        answers: [(1, 2), (3, 0), (2, 2)].map(|(row, label)| LabelledRow { row, label }).to_vec(),
        label_weights: vec![0.5, 3.0, 2.0],
    };
    let equal = Weighted { label_weights: vec![2.0; 3], ..unequal.clone() };
    let item = weighted_cross_entropy as WeightedCrossEntropy;
    let mut exercise = Exercise::new("15.6", "weighted_cross_entropy", item);
    for weighted in [unequal.clone(), equal] {
        let (given, (loss, _)) = (weighted.in_words(), weighted.by_loops());
        let ask = move |loss: WeightedCrossEntropy| weighted.ask(loss);
        exercise = exercise.probe(given, ask, [loss]);
    }
    let (given, (_, gradient)) = (unequal.in_words(), unequal.by_loops());
    let exercise = exercise
        .probe(
            format!("{given}\nthe gradient by the logits"),
            move |loss| unequal.ask_for_gradient(loss),
            gradient,
        )
        .random(random_weighted);
    mistakes!(
        exercise,
        mistakes_15_6: every_answer_counts_the_same,
        divided_by_the_number_of_answers_and_not_by_what_they_weigh,
        the_sum_and_not_the_mean,
        divided_by_the_weights_of_all_labels_once,
        the_logits_weighed_and_not_the_losses,
        rows_without_an_answer_count_as_label_0,
        the_first_answer_taken_for_that_of_the_first_row,
        a_softmax_over_the_rows_and_not_over_the_labels,
    )
}

impl Weighted {
    fn in_words(&self) -> String {
        let mut answers = Vec::new();
        for answer in &self.answers {
            answers.push(format!("row {} has label {}", answer.row, answer.label));
        }
        format!(
            "logits = {:?}\nanswers: {}\nlabel_weights = {:?}",
            self.logits,
            answers.join(", "),
            self.label_weights
        )
    }

    fn ask(&self, loss: WeightedCrossEntropy) -> Tensor<1> {
        loss(matrix(&self.logits), &self.answers, &self.label_weights)
    }

    fn ask_for_gradient(&self, loss: WeightedCrossEntropy) -> Option<Tensor<2>> {
        let logits = on(&self.logits, &cpu().autodiff()).require_grad();
        logits.grad(&loss(logits.clone(), &self.answers, &self.label_weights).backward())
    }

    /// The loss, and its gradient by the logits.
    fn by_loops(&self) -> (f64, Rows) {
        let mut all = 0.0;
        for answer in &self.answers {
            all += f64::from(self.label_weights[answer.label]);
        }
        let mut loss = 0.0;
        let mut gradient = vec![vec![0.0; self.label_weights.len()]; self.logits.len()];
        for answer in &self.answers {
            let share = f64::from(self.label_weights[answer.label]) / all;
            let logits = &self.logits[answer.row];
            let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
            loss += share * (sum.ln() - logits[answer.label]);
            for (label, logit) in logits.iter().enumerate() {
                let truth = f64::from(u8::from(label == answer.label));
                gradient[answer.row][label] += share * (logit.exp() / sum - truth);
            }
        }
        (loss, gradient)
    }
}

/// One to five rows with up to four labels; two in three have an answer, and the first always has.
fn random_weighted(rng: &mut StdRng) -> Probe<WeightedCrossEntropy> {
    let (rows, labels) = (rng.random_range(1..6), rng.random_range(1..5));
    let mut answers = Vec::new();
    for row in 0..rows {
        if row == 0 || rng.random_range(0..3) > 0 {
            let answer = LabelledRow { row, label: rng.random_range(0..labels) };
            answers.insert(rng.random_range(0..answers.len() + 1), answer);
        }
    }
    let label_weights = (0..labels).map(|_| rng.random_range(0.5..4.0)).collect();
    let weighted = Weighted { logits: random_rows(rng, rows, labels), answers, label_weights };
    let (given, (loss, _)) = (weighted.in_words(), weighted.by_loops());
    Probe::new(given, move |item: WeightedCrossEntropy| weighted.ask(item), [loss])
}

fn reliability_15_7() -> Exercise<Reliability> {
    let answers = [
        (0.95, true),
        (0.85, false),
        (0.92, true),
        (0.65, true),
        (0.55, false),
        (0.61, true),
        (1.0, false),
    ];
    let exercise = Exercise::new("15.7", "reliability", reliability as Reliability)
        .probe(
            format!("answers = {answers:?}\nbins = 5\n{OF_A_BIN}"),
            move |reliability| numbers(reliability(&answers, 5)),
            [[1.0, 0.55, 0.0], [2.0, 0.63, 1.0], [4.0, 0.93, 0.5]],
        )
        .probe(
            format!("answers = [(0.0, false), (0.25, true), (0.8, true)]\nbins = 2\n{OF_A_BIN}"),
            |reliability: Reliability| {
                numbers(reliability(&[(0.0, false), (0.25, true), (0.8, true)], 2))
            },
            [[2.0, 0.125, 0.5], [1.0, 0.8, 1.0]],
        )
        .probe(
            "answers = []\nbins = 3",
            |reliability: Reliability| numbers(reliability(&[], 3)),
            Rows::new(),
        )
        .random(random_reliability);
    mistakes!(
        exercise,
        mistakes_15_7: an_answer_of_1_is_lost,
        the_middle_of_a_bin_for_its_mean,
        empty_bins_kept,
        rounded_to_the_nearest_bin,
        the_share_of_all_answers_that_is_right_here,
        the_wrong_answers_counted,
        as_many_answers_in_each_bin,
        sums_and_not_means,
    )
}

const OF_A_BIN: &str = "of each bin: answers, confidence, accuracy";

fn numbers(bins: Vec<Bin>) -> Rows {
    bins.iter().map(|bin| vec![bin.answers as f64, bin.confidence, bin.accuracy]).collect()
}

/// Up to twelve answers in one to six bins, none of them on the border between two.
fn random_reliability(rng: &mut StdRng) -> Probe<Reliability> {
    let bins = rng.random_range(1..7);
    let mut answers = Vec::new();
    for _ in 0..rng.random_range(0..13) {
        let bin = f64::from(rng.random_range(0..bins));
        let inside = rng.random_range(0.1..0.9);
        answers.push(((bin + inside) / f64::from(bins), rng.random::<bool>()));
    }
    let mut expected = Rows::new();
    for bin in 0..bins {
        let (from, to) = (f64::from(bin) / f64::from(bins), f64::from(bin + 1) / f64::from(bins));
        let (mut n, mut sum, mut right) = (0.0, 0.0, 0.0);
        for &(probability, is_right) in &answers {
            if from < probability && probability < to {
                n += 1.0;
                sum += probability;
                right += f64::from(u8::from(is_right));
            }
        }
        if n > 0.0 {
            expected.push(vec![n, sum / n, right / n]);
        }
    }
    let given = format!("answers = {answers:?}\nbins = {bins}\n{OF_A_BIN}");
    let ask = move |reliability: Reliability| numbers(reliability(&answers, bins as usize));
    Probe::new(given, ask, expected)
}

fn calibration_error_15_8() -> Exercise<CalibrationError> {
    let exercise =
        Exercise::new("15.8", "calibration_error", calibration_error as CalibrationError)
            .probe(
                format!("{OF_A_BIN}\n1, 0.55, 0\n2, 0.63, 1\n4, 0.93, 0.5"),
                |error| error(&bins(&[(1, 0.55, 0.0), (2, 0.63, 1.0), (4, 0.93, 0.5)])),
                0.43,
            )
            .probe(
                format!("{OF_A_BIN}\n3, 0.9, 1"),
                |error: CalibrationError| error(&bins(&[(3, 0.9, 1.0)])),
                0.1,
            )
            .random(random_calibration_error);
    mistakes!(
        exercise,
        mistakes_15_8: too_sure_and_too_modest_cancel,
        every_bin_counts_the_same,
        the_worst_bin_only,
        squares_and_not_sizes,
        divided_by_the_number_of_bins_and_not_of_answers,
        only_where_it_is_too_sure,
    )
}

fn bins(numbers: &[(usize, f64, f64)]) -> Vec<Bin> {
    let mut bins = Vec::new();
    for &(answers, confidence, accuracy) in numbers {
        bins.push(Bin { answers, confidence, accuracy });
    }
    bins
}

/// One to six bins of one to nine answers.
fn random_calibration_error(rng: &mut StdRng) -> Probe<CalibrationError> {
    let mut numbers = Vec::new();
    let mut of_each_answer = Vec::new();
    for _ in 0..rng.random_range(1..7) {
        let (answers, confidence) = (rng.random_range(1..10), rng.random_range(0.0..1.0));
        let accuracy = f64::from(rng.random_range(0..answers + 1)) / f64::from(answers);
        numbers.push((answers as usize, confidence, accuracy));
        for _ in 0..answers {
            of_each_answer.push(f64::max(confidence - accuracy, accuracy - confidence));
        }
    }
    let expected = of_each_answer.iter().sum::<f64>() / of_each_answer.len() as f64;
    let given = format!("{OF_A_BIN}\n{numbers:?}");
    Probe::new(given, move |error: CalibrationError| error(&bins(&numbers)), expected)
}

fn random_rows(rng: &mut StdRng, rows: usize, width: usize) -> Rows {
    (0..rows).map(|_| (0..width).map(|_| rng.random_range(-2.0..2.0)).collect()).collect()
}

fn matrix(rows: &[Vec<f64>]) -> Tensor<2> {
    on(rows, &cpu())
}

fn on(rows: &[Vec<f64>], device: &Device) -> Tensor<2> {
    let numbers: Vec<f32> = rows.iter().flatten().map(|&number| number as f32).collect();
    Tensor::from_data(TensorData::new(numbers, [rows.len(), rows[0].len()]), device)
}

fn floats<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}
