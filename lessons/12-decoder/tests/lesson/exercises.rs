//! What a learner writes here, checked: `cargo learn open 12.1`.
//!
//! 12.2 and 12.3 are functions of `crates/training`, 12.8 is one of `crates/tokens`, and they are
//! checked in the tests there.

use burn::tensor::{Int, Tensor, TensorData};
use decoder::{
    Family, Gpt, GptConfig, LanguageModel, Sampling, end_of_text, first_visible, nucleus_size,
};
use exercise::{Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::random_model;

#[path = "mistakes/12.1.rs"]
mod mistakes_12_1;
#[path = "mistakes/12.4.rs"]
mod mistakes_12_4;
#[path = "mistakes/12.5.rs"]
mod mistakes_12_5;
#[path = "mistakes/12.6.rs"]
mod mistakes_12_6;
#[path = "mistakes/12.7.rs"]
mod mistakes_12_7;

type Embed = fn(&Gpt, Tensor<2, Int>, usize, &[usize]) -> Tensor<3>;
type NucleusSize = fn(&[f64], f64) -> usize;
type Candidates = fn(&Sampling, &[f32]) -> Vec<(u32, f64)>;
type FirstVisible = fn(usize, usize, usize) -> usize;
type EndOfText = fn(&[u32], usize, &[u32]) -> Option<usize>;

#[test]
fn exercise_12_1() {
    embed_12_1().check();
}

#[test]
fn exercise_12_4() {
    nucleus_size_12_4().check();
}

#[test]
fn exercise_12_5() {
    candidates_12_5().check();
}

#[test]
fn exercise_12_6() {
    first_visible_12_6().check();
}

#[test]
fn exercise_12_7() {
    end_of_text_12_7().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    embed_12_1().tell_mistakes_apart();
    nucleus_size_12_4().tell_mistakes_apart();
    candidates_12_5().tell_mistakes_apart();
    first_visible_12_6().tell_mistakes_apart();
    end_of_text_12_7().tell_mistakes_apart();
}

fn embed_12_1() -> Exercise<Embed> {
    let exercise = Exercise::new("12.1", "Gpt::embed", <Gpt as LanguageModel>::embed as Embed)
        .probe_of(Columns { family: Family::Gpt2, first: 0, ids: &[&[3, 1, 4]], padding: &[] })
        .probe_of(Columns { family: Family::Gpt2, first: 2, ids: &[&[2, 0]], padding: &[] })
        .probe_of(Columns {
            family: Family::Gpt2,
            first: 1,
            ids: &[&[0, 4, 2, 1], &[1, 3, 3, 0], &[4, 2, 0, 3]],
            padding: &[2, 0, 3],
        })
        .probe_of(Columns { family: Family::Bloom, first: 1, ids: &[&[4, 0, 1]], padding: &[] });
    mistakes!(
        exercise,
        mistakes_12_1: positions_begin_at_0_in_every_piece,
        padding_counts_as_positions,
        every_text_padded_as_the_first_one_is,
        positions_left_out,
        the_norm_of_bloom_left_out,
        every_model_taken_to_have_a_position_table,
    )
}

/// Columns of some texts, of which the leftmost is column `first`.
struct Columns {
    family: Family,
    first: usize,
    ids: &'static [&'static [i64]],
    padding: &'static [usize],
}

trait ProbeOf {
    fn probe_of(self, columns: Columns) -> Self;
}

impl ProbeOf for Exercise<Embed> {
    /// Asks for the vectors of the tokens that are no padding, of a model whose weights are random.
    fn probe_of(self, columns: Columns) -> Self {
        let Columns { family, first, ids, padding } = columns;
        let device = backend::open("flex").expect("the CPU is always there");
        let model = random_model(&GptConfig::new(5, 4, 1, 2, 7).with_family(family), &device);
        let given = format!(
            "{family:?}, first = {first}, padding = {padding:?}\nids = {ids:?}; \
             the tokens after the padding"
        );
        let expected = embedded(&model, first, ids, padding);
        let data = TensorData::new(ids.concat(), [ids.len(), ids[0].len()]);
        let tensor = Tensor::<2, Int>::from_data(data, &device);
        let ask = move |embed: Embed| {
            let found = embed(&model, tensor.clone(), first, padding);
            let [_, tokens, width] = found.dims();
            let numbers: Vec<f32> = found.into_data().iter().collect();
            let mut texts = Vec::new();
            for (text, vectors) in numbers.chunks(tokens * width).enumerate() {
                let hidden = padded(padding, text).saturating_sub(first);
                let vectors = vectors.chunks(width).skip(hidden);
                texts.push(vectors.map(<[f32]>::to_vec).collect::<Vec<_>>());
            }
            texts
        };
        self.probe(given, ask, expected)
    }
}

fn padded(padding: &[usize], text: usize) -> usize {
    padding.get(text).copied().unwrap_or(0)
}

/// The vectors of the tokens that are no padding, number by number.
fn embedded(model: &Gpt, first: usize, ids: &[&[i64]], padding: &[usize]) -> Vec<Vec<Vec<f32>>> {
    let table: Vec<f32> = model.tokens.weight.val().into_data().iter().collect();
    let width = model.tokens.d_model();
    let mut texts = Vec::new();
    for (text, ids) in ids.iter().enumerate() {
        let mut vectors = Vec::new();
        for (at, &id) in ids.iter().enumerate() {
            let Some(position) = (first + at).checked_sub(padded(padding, text)) else { continue };
            let mut vector = table[id as usize * width..][..width].to_vec();
            if let Some(learned) = &model.positions {
                let rows: Vec<f32> = learned.weight.val().into_data().iter().collect();
                for (number, row) in vector.iter_mut().zip(&rows[position * width..]) {
                    *number += row;
                }
            }
            if let Some(norm) = &model.embeddings_norm {
                let mean = vector.iter().sum::<f32>() / width as f32;
                let variance =
                    vector.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / width as f32;
                let weight: Vec<f32> = norm.weight.val().into_data().iter().collect();
                let bias: Vec<f32> = norm.bias.val().into_data().iter().collect();
                for (i, number) in vector.iter_mut().enumerate() {
                    *number = (*number - mean) / (variance + 1e-5).sqrt() * weight[i] + bias[i];
                }
            }
            vectors.push(vector);
        }
        texts.push(vectors);
    }
    texts
}

fn nucleus_size_12_4() -> Exercise<NucleusSize> {
    let exercise = Exercise::new("12.4", "nucleus_size", nucleus_size as NucleusSize)
        .probe(
            "exponentials = [5, 2, 1], top_p = 0.6, 0.7 and 0.9",
            |size| [0.6, 0.7, 0.9].map(|top_p| size(&[5.0, 2.0, 1.0], top_p)),
            [1, 2, 3],
        )
        .probe(
            "exponentials = [4, 2, 1, 1], top_p = 0.5 and 0.75, which are reached exactly",
            |size| [0.5, 0.75].map(|top_p| size(&[4.0, 2.0, 1.0, 1.0], top_p)),
            [1, 2],
        )
        .probe(
            "exponentials = [0.5, 0.25, 0.0625], top_p = 1",
            |size| size(&[0.5, 0.25, 0.0625], 1.0),
            3,
        )
        .random(random_nucleus_size);
    mistakes!(
        exercise,
        mistakes_12_4: the_token_that_crosses_left_out,
        taken_for_numbers_that_sum_to_1,
        one_more_where_the_share_is_reached_exactly,
        counted_from_the_unlikeliest,
        each_token_compared_alone,
        a_share_of_the_tokens_and_not_of_the_probability,
    )
}

/// Integers, so that every sum is exact, and a share that lies between two of them.
fn random_nucleus_size(rng: &mut StdRng) -> Probe<NucleusSize> {
    let mut numbers = Vec::new();
    for _ in 0..rng.random_range(1..7) {
        numbers.push(f64::from(rng.random_range(1..20)));
    }
    numbers.sort_by(|a, b| b.total_cmp(a));
    let all: f64 = numbers.iter().sum();
    let enough = f64::from(rng.random_range(0..all as u32)) + 0.5;
    let (mut expected, mut reached) = (0, 0.0);
    for number in &numbers {
        if reached < enough {
            expected += 1;
        }
        reached += number;
    }
    let top_p = enough / all;
    let given = format!("exponentials = {numbers:?}, top_p = {top_p:.4}");
    Probe::new(given, move |size: NucleusSize| size(&numbers, top_p), expected)
}

fn candidates_12_5() -> Exercise<Candidates> {
    let exercise =
        Exercise::new("12.5", "Sampling::candidates", Sampling::candidates as Candidates)
            .eighths(1.0, None, 1.0, &[(2, 5.0 / 8.0), (0, 2.0 / 8.0), (1, 1.0 / 8.0)])
            .eighths(0.5, None, 1.0, &[(2, 25.0 / 30.0), (0, 4.0 / 30.0), (1, 1.0 / 30.0)])
            .eighths(1.0, Some(2), 1.0, &[(2, 5.0 / 7.0), (0, 2.0 / 7.0)])
            .eighths(1.0, None, 0.7, &[(2, 5.0 / 7.0), (0, 2.0 / 7.0)])
            .eighths(1.0, Some(2), 0.7, &[(2, 1.0)])
            .eighths(0.5, None, 0.9, &[(2, 25.0 / 29.0), (0, 4.0 / 29.0)])
            .eighths(1.0, Some(9), 1.0, &[(2, 5.0 / 8.0), (0, 2.0 / 8.0), (1, 1.0 / 8.0)])
            .eighths(0.0, None, 1.0, &[(2, 1.0)])
            .eighths(0.0, Some(2), 0.9, &[(2, 1.0)])
            .probe(
                "logits = [1000, 999, 998], temperature = 1",
                |candidates| candidates(&Sampling::default(), &[1000.0, 999.0, 998.0]),
                vec![(0_u32, 0.665_240_956), (1, 0.244_728_471), (2, 0.090_030_573)],
            )
            .random(random_candidates);
    mistakes!(
        exercise,
        mistakes_12_5: multiplied_by_the_temperature,
        not_brought_back_to_a_sum_of_1,
        top_p_before_the_temperature,
        top_p_before_top_k,
        divided_by_a_temperature_of_0,
        in_the_order_of_the_vocabulary,
    )
}

trait Eighths {
    fn eighths(self, t: f64, top_k: Option<usize>, top_p: f64, expected: &[(u32, f64)]) -> Self;
}

impl Eighths for Exercise<Candidates> {
    /// Asks for the candidates of three tokens with the probabilities 2/8, 1/8 and 5/8.
    fn eighths(self, t: f64, top_k: Option<usize>, top_p: f64, expected: &[(u32, f64)]) -> Self {
        let given = format!(
            "logits = [ln 2, ln 1, ln 5]\ntemperature = {t}, top_k = {top_k:?}, top_p = {top_p}"
        );
        let sampling = Sampling::new(t, top_k, top_p).expect("settings that are valid");
        let ask =
            move |candidates: Candidates| candidates(&sampling, &[2f32, 1.0, 5.0].map(f32::ln));
        self.probe(given, ask, expected.to_vec())
    }
}

/// Up to six logits of -2..2, no two alike, with all three settings.
fn random_candidates(rng: &mut StdRng) -> Probe<Candidates> {
    let mut logits = Vec::new();
    for _ in 0..rng.random_range(1..7) {
        logits.push(rng.random_range(-2f32..2.0));
    }
    let temperature = rng.random_range(0.3..2.0);
    let k = if rng.random() { Some(rng.random_range(1..8)) } else { None };
    let p = rng.random_range(0.1..1.0);
    let expected = by_loops(&logits, temperature, k, p);
    let given = format!(
        "logits = {logits:?}\ntemperature = {temperature:.4}, top_k = {k:?}, top_p = {p:.4}"
    );
    let sampling = Sampling::new(temperature, k, p).expect("settings that are valid");
    Probe::new(given, move |candidates: Candidates| candidates(&sampling, &logits), expected)
}

/// Probabilities cut twice and divided by what is left each time.
fn by_loops(logits: &[f32], temperature: f64, k: Option<usize>, p: f64) -> Vec<(u32, f64)> {
    let mut tokens = Vec::new();
    for (token, &logit) in logits.iter().enumerate() {
        tokens.push((token as u32, (f64::from(logit) / temperature).exp()));
    }
    tokens.sort_by(|a, b| b.1.total_cmp(&a.1));
    tokens.truncate(k.unwrap_or(tokens.len()));
    divide_by_their_sum(&mut tokens);
    let (mut kept, mut reached) = (Vec::new(), 0.0);
    for token in tokens {
        if reached < p {
            kept.push(token);
        }
        reached += token.1;
    }
    divide_by_their_sum(&mut kept);
    kept
}

fn divide_by_their_sum(tokens: &mut [(u32, f64)]) {
    let sum: f64 = tokens.iter().map(|(_, weight)| weight).sum();
    for (_, weight) in tokens {
        *weight /= sum;
    }
}

/// A window of four as a text grows, one of five, a long prompt, and one token that is seen.
const TEXTS: [[usize; 3]; 10] = [
    [0, 3, 4],
    [0, 4, 4],
    [0, 5, 4],
    [3, 6, 4],
    [3, 7, 4],
    [3, 8, 4],
    [0, 6, 5],
    [0, 36, 12],
    [6, 7, 1],
    [6, 8, 1],
];
const VISIBLE_FROM: [usize; 10] = [0, 0, 3, 3, 3, 6, 3, 30, 6, 7];

fn first_visible_12_6() -> Exercise<FirstVisible> {
    let given = format!("[start, tokens, window] = each of\n{TEXTS:?}");
    let exercise = Exercise::new("12.6", "first_visible", first_visible as FirstVisible)
        .probe(
            given,
            |first_visible: FirstVisible| {
                TEXTS.map(|[start, tokens, window]| first_visible(start, tokens, window))
            },
            VISIBLE_FROM,
        )
        .random(random_first_visible);
    mistakes!(
        exercise,
        mistakes_12_6: one_token_forgotten_at_a_time,
        nothing_is_ever_forgotten,
        forgotten_one_token_early,
        half_rounded_down,
        the_whole_text_compared_with_the_window,
        half_of_what_is_there_and_not_of_the_window,
    )
}

/// A text that grows token by token, counted by what the model sees.
fn random_first_visible(rng: &mut StdRng) -> Probe<FirstVisible> {
    let (prompt, window) = (rng.random_range(1..9), rng.random_range(1..9));
    let (mut seen, mut expected) = (prompt, Vec::new());
    for tokens in prompt..prompt + 20 {
        if seen > window {
            seen = if window % 2 == 0 { window / 2 } else { window / 2 + 1 };
        }
        expected.push(tokens - seen);
        seen += 1;
    }
    let given = format!("{prompt} tokens, one more each time, each answer the next start");
    let ask = move |first_visible: FirstVisible| {
        let mut starts = vec![];
        for tokens in prompt..prompt + 20 {
            let start = starts.last().copied().unwrap_or(0);
            starts.push(first_visible(start, tokens, window));
        }
        starts
    };
    Probe::new(format!("window = {window}\n{given}"), ask, expected)
}

fn end_of_text_12_7() -> Exercise<EndOfText> {
    let exercise = Exercise::new("12.7", "end_of_text", end_of_text as EndOfText)
        .text(&[5, 3, 6, 4, 2, 5], 3, &[2], Some(4))
        .text(&[5, 2, 6, 4, 1], 3, &[2], None)
        .text(&[1, 2, 6, 4, 2, 4], 3, &[2, 4], Some(3))
        .text(&[7, 5, 6, 4, 1], 2, &[2, 6], Some(2))
        .text(&[7, 5, 2, 4, 1], 2, &[2, 6], Some(2))
        .text(&[5, 1, 2], 3, &[2], None)
        .text(&[5, 1, 2], 1, &[], None)
        .random(random_end_of_text);
    mistakes!(
        exercise,
        mistakes_12_7: a_token_of_the_prompt_ends_the_text,
        only_the_first_stop_token_is_looked_for,
        the_first_of_the_list_and_not_of_the_text,
        counted_from_the_end_of_the_prompt,
        only_the_newest_token_is_looked_at,
        the_last_stop_token_and_not_the_first,
        the_first_token_drawn_passed_over,
        the_place_after_the_token,
    )
}

trait Text {
    fn text(
        self,
        text: &'static [u32],
        given: usize,
        stops: &'static [u32],
        expected: Option<usize>,
    ) -> Self;
}

impl Text for Exercise<EndOfText> {
    fn text(
        self,
        text: &'static [u32],
        given: usize,
        stops: &'static [u32],
        expected: Option<usize>,
    ) -> Self {
        let words = format!("text = {text:?}, given = {given}, stops = {stops:?}");
        self.probe(words, move |end_of_text: EndOfText| end_of_text(text, given, stops), expected)
    }
}

/// A prompt, then tokens of which a third ends the text.
fn random_end_of_text(rng: &mut StdRng) -> Probe<EndOfText> {
    let stops = [7, 3];
    let given = rng.random_range(1..6);
    let (mut text, mut expected) = (Vec::new(), None);
    for at in 0..rng.random_range(given..given + 8) {
        let token = rng.random_range(2..8);
        if at >= given && (token == 3 || token == 7) && expected.is_none() {
            expected = Some(at);
        }
        text.push(token);
    }
    let words = format!("text = {text:?}, given = {given}, stops = {stops:?}");
    Probe::new(words, move |end_of_text: EndOfText| end_of_text(&text, given, &stops), expected)
}
