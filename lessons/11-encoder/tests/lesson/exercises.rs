//! What a learner writes here, checked: `cargo learn open 11.1`.
//!
//! The stack and its pooler are asked on a small BERT whose answers PyTorch has recorded.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use encoder::checkpoint::load_bert;
use encoder::naive::linear;
use encoder::pretraining::{Masked, Special, mask_tokens, masked_loss};
use encoder::{Batch, Bert};
use exercise::{Exercise, Probe, mistakes, refused};
use golden::Folder;
use rand::rngs::StdRng;
use rand::seq::index::sample;
use rand::{RngExt, SeedableRng};

#[path = "mistakes/11.1.rs"]
mod mistakes_11_1;
#[path = "mistakes/11.2.rs"]
mod mistakes_11_2;
#[path = "mistakes/11.3.rs"]
mod mistakes_11_3;
#[path = "mistakes/11.4.rs"]
mod mistakes_11_4;
#[path = "mistakes/11.5.rs"]
mod mistakes_11_5;
#[path = "mistakes/11.6.rs"]
mod mistakes_11_6;

/// Token ids, and segment ids for each of them.
type Text = (&'static [u32], &'static [u32]);
type Pad = fn(Vec<Text>, u32, &Device) -> Batch;
type Forward = fn(&Bert, usize, &Batch) -> Tensor<3>;
type Mask = fn(&[u32], Special, u32, &mut StdRng) -> Masked;
type Loss = fn(Tensor<3>, &[Vec<(usize, u32)>]) -> Tensor<1>;
type Linear = fn(&[Vec<f32>], &[f32], &[f32]) -> Vec<f32>;
type Pool = fn(&Bert, Tensor<3>) -> Option<Tensor<2>>;

#[test]
fn exercise_11_1() {
    pad_11_1().check();
}

#[test]
fn exercise_11_2() {
    forward_11_2().check();
}

#[test]
fn exercise_11_3() {
    mask_11_3().check();
}

#[test]
fn exercise_11_4() {
    loss_11_4().check();
}

#[test]
fn exercise_11_5() {
    linear_11_5().check();
}

#[test]
fn exercise_11_6() {
    pool_11_6().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    pad_11_1().tell_mistakes_apart();
    forward_11_2().tell_mistakes_apart();
    mask_11_3().tell_mistakes_apart();
    loss_11_4().tell_mistakes_apart();
    linear_11_5().tell_mistakes_apart();
    pool_11_6().tell_mistakes_apart();
}

/// Three tokens in two segments.
const SHORT: Text = (&[2, 9, 3], &[0, 0, 1]);
/// Five tokens in two segments.
const LONG: Text = (&[2, 9, 8, 7, 3], &[0, 0, 0, 1, 1]);
/// A text that has the padding's id itself.
const WITH_PAD: Text = (&[2, PAD, 3, 8], &[0, 1, 1, 1]);
const PAD: u32 = 6;

fn pad_11_1() -> Exercise<Pad> {
    let exercise = Exercise::new("11.1", "Batch::new", Batch::new as Pad)
        .probe(
            format!("(ids, segments) = {SHORT:?} and {LONG:?}, pad = {PAD}"),
            |new| parts(new(vec![SHORT, LONG], PAD, &cpu())),
            (
                [[2, 9, 3, 6, 6], [2, 9, 8, 7, 3]],
                [[0, 0, 1, 0, 0], [0, 0, 0, 1, 1]],
                mask(vec![vec![0, 0, 0, 1, 1], vec![0, 0, 0, 0, 0]]),
            ),
        )
        .probe(
            format!("(ids, segments) = {LONG:?} and {WITH_PAD:?}, pad = {PAD}"),
            |new| parts(new(vec![LONG, WITH_PAD], PAD, &cpu())),
            (
                [[2, 9, 8, 7, 3], [2, 6, 3, 8, 6]],
                [[0, 0, 0, 1, 1], [0, 1, 1, 1, 0]],
                mask(vec![vec![0, 0, 0, 0, 0], vec![0, 0, 0, 0, 1]]),
            ),
        )
        .probe(
            format!("(ids, segments) = {WITH_PAD:?} alone, pad = {PAD}: no mask is needed"),
            |new| parts(new(vec![WITH_PAD], PAD, &cpu())),
            ([[2, 6, 3, 8]], [[0, 1, 1, 1]], "None"),
        )
        .probe(
            "three token ids with two segment ids: is it refused?",
            |new| refused(|| new(vec![(SHORT.0, &SHORT.1[..2]), LONG], PAD, &cpu())),
            "refused",
        )
        .random(random_batch);
    mistakes!(
        exercise,
        mistakes_11_1: padded_at_the_left,
        true_for_the_tokens_and_not_for_the_padding,
        cut_to_the_shortest,
        hidden_by_the_id_and_not_by_the_length,
        padded_to_a_fixed_length,
        no_mask,
        segments_filled_with_the_id_of_the_padding,
    )
}

type Parts = (Tensor<2, Int>, Tensor<2, Int>, Option<Tensor<4, Bool>>);

fn parts(batch: Batch) -> Parts {
    (batch.ids, batch.segments, batch.padding_mask)
}

/// A mask as a batch has it: 1 = hidden, `[batch, 1, 1, tokens]`.
fn mask(hidden: Vec<Vec<u8>>) -> TensorData {
    let shape = [hidden.len(), 1, 1, hidden[0].len()];
    TensorData::new(hidden.concat(), shape)
}

/// One to four pieces of one text, of one to six tokens.
fn random_batch(rng: &mut StdRng) -> Probe<Pad> {
    const IDS: [u32; 12] = [11, 5, 0, 7, 6, 14, 3, 9, 9, 2, 8, 13];
    const SEGMENTS: [u32; 12] = [1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1];
    let mut texts: Vec<Text> = Vec::new();
    for _ in 0..rng.random_range(1..5) {
        let (start, length) = (rng.random_range(0..7), rng.random_range(1..7));
        texts.push((&IDS[start..start + length], &SEGMENTS[start..start + length]));
    }
    let longest = texts.iter().map(|(ids, _)| ids.len()).max().unwrap_or_default();
    let (mut ids, mut segments, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
    for (text, own) in &texts {
        let padding = longest - text.len();
        ids.push([text, &vec![PAD; padding][..]].concat());
        segments.push([own, &vec![0; padding][..]].concat());
        hidden.push([vec![0; text.len()], vec![1; padding]].concat());
    }
    let given = format!("(ids, segments) = {texts:?}, pad = {PAD}");
    let needed = hidden.concat().contains(&1);
    let expected = (ids, segments, needed.then(|| mask(hidden)));
    Probe::new(given, move |new: Pad| parts(new(texts.clone(), PAD, &cpu())), expected)
}

/// The small BERT's hidden states lie within 2e-5 of those recorded, as its folder says of f32.
const AS_RECORDED: f64 = 2e-5;
/// Which of the recorded texts is shown: six tokens, and three places of padding behind them.
const SHOWN: usize = 1;
const TOKENS: usize = 6;
/// How many of a token's 32 numbers are shown.
const NUMBERS: usize = 4;

fn forward_11_2() -> Exercise<Forward> {
    let mut exercise =
        Exercise::new("11.2", "Bert::forward_to", Bert::forward_to as Forward).within(AS_RECORDED);
    for (layers, name) in [(2, "hidden_states.2"), (1, "hidden_states.1"), (0, "hidden_states.0")] {
        exercise = exercise.probe(
            format!(
                "a BERT of 2 layers, layers = {layers}, three texts padded to 9 tokens: the first \
                numbers of the second text, which has six tokens"
            ),
            move |forward| shown(forward(&BERT, layers, &recorded_batch())),
            shown(Tensor::from_data(recorded(name), &cpu())),
        );
    }
    let exercise = exercise.probe(
        "a BERT of 2 layers, layers = 3: is it refused?",
        |forward| refused(|| forward(&BERT, 3, &recorded_batch())),
        "refused",
    );
    mistakes!(
        exercise,
        mistakes_11_2: the_padding_looked_at,
        the_mask_for_the_first_layer_only,
        every_layer_begins_at_the_embeddings,
        the_first_layer_over_and_over,
        from_the_last_layer_down,
        all_layers_however_many_are_asked_for,
        one_layer_too_few,
        all_tokens_in_segment_0,
    )
}

static BERT: LazyLock<Bert> = LazyLock::new(|| {
    load_bert(&golden::directory().join("bert"), &cpu()).expect("the recorded BERT is whole").model
});

/// A tensor that PyTorch recorded for the padded texts.
fn recorded(name: &str) -> TensorData {
    let folder = Folder::open(&golden::directory().join("bert")).expect("BERT is recorded");
    let case = folder.cases.iter().find(|case| case.case == "padded").expect("padded texts are");
    folder.tensor(case, name).expect("so is this tensor")
}

fn recorded_batch() -> Batch {
    let input = |name| Tensor::<2, Int>::from_data(recorded(name), &cpu());
    let (segments, keep) = (input("token_type_ids"), input("attention_mask"));
    Batch::from_tensors(input("input_ids"), Some(segments), Some(keep))
}

/// The first numbers of one text's tokens, padding left out, as a matrix that can be read.
fn shown(states: Tensor<3>) -> Tensor<2> {
    states.narrow(0, SHOWN, 1).narrow(1, 0, TOKENS).narrow(2, 0, NUMBERS).squeeze_dim(0)
}

const SPECIAL: Special = Special { mask: 4, pad: 0, first_word: 5 };
const VOCAB: u32 = 30;
/// Seeds from which it is counted how many places are guessed.
const FEW_SEEDS: u64 = 200;
/// Seeds from which shares are counted: of 9000 draws a share of 0.8 strays by 0.0042.
const MANY_SEEDS: u64 = 3000;

/// Counts are whole numbers, which this leaves exact. Shares may be off by six times what they
/// stray by, so that right code passes however it draws.
const SHARES: f64 = 0.025;

fn mask_11_3() -> Exercise<Mask> {
    let all = "[MASK] is 4, words are 5 to 29";
    let mut exercise = Exercise::new("11.3", "mask_tokens", mask_tokens as Mask).within(SHARES);
    for (text, expected) in [
        ([&[2][..], &WORDS, &[3]].concat(), [3, 3]),
        (WORDS[..10].to_vec(), [2, 2]),
        (vec![2, 17, 3], [1, 1]),
        (vec![2, 9, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3], [1, 1]),
    ] {
        exercise = exercise.probe(
            format!(
                "{} tokens {text:?}, {all}\nfewest and most places to guess, {FEW_SEEDS} seeds",
                text.len()
            ),
            move |mask| fewest_and_most(mask, &text),
            expected,
        );
    }
    let exercise = exercise
        .probe(
            format!(
                "{} words {WORDS:?}, {all}\nshares of the places to guess, {MANY_SEEDS} seeds: \
                [MASK], another id, unchanged",
                WORDS.len()
            ),
            fates,
            // A random word is the old one in 1 of 25.
            [0.8, 0.1 * 24.0 / 25.0, 0.1 + 0.1 / 25.0],
        )
        .probe(
            format!(
                "20 tokens, {all}\nin {FEW_SEEDS} seeds, how often: a special token is to be \
                guessed; a target is not what stood there; an id that is no word and not [MASK] \
                is put in; a token changes that is not to be guessed"
            ),
            slips,
            [0, 0, 0, 0],
        );
    let long = format!(
        "{LONG_TEXT} words, 5 to 14 again and again, [MASK] is 4, the vocabulary has the words 5 to 29"
    );
    let exercise = exercise
        .probe(
            format!(
                "{long}\n{SEEDS_OF_PLACES} seeds: how many of the places are never guessed; shares: \
                guesses in the first half of the text, pairs of guesses that are neighbours"
            ),
            places,
            // Of 4950 pairs 99 are neighbours.
            (0_usize, [0.5, 0.02]),
        )
        .probe(
            format!(
                "{long}\n{SEEDS_OF_FATES} seeds: how many different words are put in; in how many \
                texts fewer than half of the guesses are [MASK]"
            ),
            words_and_fates,
            (25_usize, FEW_TEXTS),
        );
    mistakes!(
        exercise,
        mistakes_11_3: the_number_to_guess_rounded_down,
        a_short_text_has_nothing_to_guess,
        special_tokens_guessed_too,
        the_target_is_what_is_seen,
        the_mask_every_time,
        every_token_by_its_own_die,
        a_random_id_may_be_a_special_one,
        a_second_draw_for_the_random_word,
        a_place_may_be_drawn_twice,
        always_the_first_words_of_the_text,
        neighbouring_words_from_a_random_start,
        one_die_for_all_places_of_a_text,
        the_random_word_taken_from_the_same_text,
        the_first_word_of_the_vocabulary_for_every_random_one,
    )
}

const WORDS: [u32; 18] = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22];

/// The fewest and the most different places to guess of a text.
fn fewest_and_most(mask: Mask, text: &[u32]) -> [usize; 2] {
    let (mut fewest, mut most) = (usize::MAX, 0);
    for seed in 0..FEW_SEEDS {
        let masked = mask(text, SPECIAL, VOCAB, &mut StdRng::seed_from_u64(seed));
        let places: BTreeSet<usize> = masked.targets.iter().map(|&(place, _)| place).collect();
        (fewest, most) = (fewest.min(places.len()), most.max(places.len()));
    }
    [fewest, most]
}

/// What becomes of the places to guess: shares of the mask, of another id and of the old one.
fn fates(mask: Mask) -> [f64; 3] {
    let mut counts = [0.0; 3];
    for seed in 0..MANY_SEEDS {
        let masked = mask(&WORDS, SPECIAL, VOCAB, &mut StdRng::seed_from_u64(seed));
        for &(place, _) in &masked.targets {
            let seen = masked.ids[place];
            if seen == SPECIAL.mask {
                counts[0] += 1.0;
            } else if seen == WORDS[place] {
                counts[2] += 1.0;
            } else {
                counts[1] += 1.0;
            }
        }
    }
    let all: f64 = counts.iter().sum();
    counts.map(|count| count / all)
}

/// How often a special token is to be guessed, a target is not what stood there, a special token
/// is put in that is not the mask, and a token changes unasked.
fn slips(mask: Mask) -> [usize; 4] {
    let text = [&[2][..], &WORDS, &[3]].concat();
    let mut slips = [0; 4];
    for seed in 0..FEW_SEEDS {
        let masked = mask(&text, SPECIAL, VOCAB, &mut StdRng::seed_from_u64(seed));
        for &(place, id) in &masked.targets {
            slips[0] += usize::from(text[place] < SPECIAL.first_word);
            slips[1] += usize::from(id != text[place]);
        }
        for (place, (&seen, &old)) in masked.ids.iter().zip(&text).enumerate() {
            let asked = masked.targets.iter().any(|&(target, _)| target == place);
            let word = (SPECIAL.first_word..VOCAB).contains(&seen);
            slips[2] += usize::from(seen != old && seen != SPECIAL.mask && !word);
            slips[3] += usize::from(seen != old && !asked);
        }
    }
    slips
}

/// How many words the long text has, of which 15 are guessed.
const LONG_TEXT: usize = 100;
/// Of its 12000 guesses, a half strays by 0.0042.
const SEEDS_OF_PLACES: u64 = 800;
/// Of 600 random words each of the 25 is there, but once in a thousand million times.
const SEEDS_OF_FATES: u64 = 400;

/// By its own die for each place a text has fewer than half of its 15 masked once in 240 times, and
/// so many of 400 texts once in ten million. By one die for all it is one text in five.
const FEW_TEXTS: &str = "1 in 40 or fewer";

/// The long text of ten words: the vocabulary has more.
fn long_text() -> Vec<u32> {
    WORDS[..10].iter().copied().cycle().take(LONG_TEXT).collect()
}

/// How many places of the long text are never guessed; of the guesses, the share in its first half;
/// of the pairs of guesses, the share of neighbours.
fn places(mask: Mask) -> (usize, [f64; 2]) {
    let text = long_text();
    let mut never: BTreeSet<usize> = (0..LONG_TEXT).collect();
    let (mut guesses, mut first_half, mut pairs, mut neighbours) = (0.0, 0.0, 0.0, 0.0);
    for seed in 0..SEEDS_OF_PLACES {
        let masked = mask(&text, SPECIAL, VOCAB, &mut StdRng::seed_from_u64(seed));
        let places: BTreeSet<usize> = masked.targets.iter().map(|&(place, _)| place).collect();
        let n = places.len() as f64;
        guesses += n;
        pairs += n * (n - 1.0) / 2.0;
        for place in &places {
            never.remove(place);
            first_half += f64::from(u8::from(*place < LONG_TEXT / 2));
            neighbours += f64::from(u8::from(places.contains(&(place + 1))));
        }
    }
    (never.len(), [first_half / guesses, neighbours / pairs])
}

/// How many different words are put in, and whether texts are common in which fewer than half of
/// the guesses become the mask.
fn words_and_fates(mask: Mask) -> (usize, &'static str) {
    let text = long_text();
    let (mut words, mut texts) = (BTreeSet::new(), 0);
    for seed in 0..SEEDS_OF_FATES {
        let masked = mask(&text, SPECIAL, VOCAB, &mut StdRng::seed_from_u64(seed));
        let mut hidden = 0;
        for &(place, _) in &masked.targets {
            let seen = masked.ids[place];
            if seen == SPECIAL.mask {
                hidden += 1;
            } else if seen != text[place] {
                words.insert(seen);
            }
        }
        texts += u64::from(2 * hidden < masked.targets.len());
    }
    (words.len(), if 40 * texts <= SEEDS_OF_FATES { FEW_TEXTS } else { "more than 1 in 40" })
}

/// Two texts of four tokens, three words.
const LOGITS: [[[f32; 3]; 4]; 2] = [
    [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 7.0, 0.0]],
    [[0.0, 0.0, 4.0], [0.0, 0.0, 2.0], [0.0, 0.0, 5.0], [9.0, 0.0, 0.0]],
];

fn loss_11_4() -> Exercise<Loss> {
    let given = format!("logits = {LOGITS:?}\ntargets = {:?}", targets());
    let exercise = Exercise::new("11.4", "masked_loss", masked_loss as Loss)
        // The mean of ln 3, of ln(e^3 + 2) and of ln(1 + 2 e^-5).
        .probe(
            given.clone(),
            |loss| loss(Tensor::from_floats(LOGITS, &cpu()), &targets()),
            [1.402_307_049],
        )
        .probe(
            format!("{given}\nthe gradient by the logits, a row for each place"),
            gradient_of_the_logits,
            [
                [0.0, 0.0, 0.0],
                [-0.222_222_222, 0.111_111_111, 0.111_111_111],
                [0.303_147_666, -0.318_240_500, 0.015_092_834],
                [0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0],
                [0.002_216_118, 0.002_216_118, -0.004_432_236],
                [0.0, 0.0, 0.0],
            ],
        )
        .probe(
            "logits = [[[200, 0, 0]]], targets = [[(0, 1)]]",
            |loss| loss(Tensor::from_floats([[[200.0, 0.0, 0.0]]], &cpu()), &[vec![(0, 1)]]),
            [200.0],
        )
        .random(random_loss);
    mistakes!(
        exercise,
        mistakes_11_4: the_places_of_the_first_text_for_all,
        one_place_too_far_left,
        the_sum_and_not_the_mean,
        bits_and_not_nats,
        divided_by_all_places,
        the_mean_of_every_text_first,
        cut_off_from_what_it_should_train,
        a_small_number_added_before_the_logarithm,
        the_logarithm_of_a_softmax_that_is_0,
    )
}

fn targets() -> [Vec<(usize, u32)>; 2] {
    [vec![(1, 0), (2, 1)], vec![(2, 2)]]
}

fn gradient_of_the_logits(loss: Loss) -> Option<Tensor<2>> {
    let logits = Tensor::<3>::from_floats(LOGITS, &cpu().autodiff()).require_grad();
    let gradients = loss(logits.clone(), &targets()).backward();
    logits.grad(&gradients).map(|gradient| gradient.reshape([8, 3]))
}

/// One to four texts of one to four tokens and two to five words, against plain loops.
fn random_loss(rng: &mut StdRng) -> Probe<Loss> {
    let [batch, tokens] = [(); 2].map(|()| rng.random_range(1..5));
    let vocab = rng.random_range(2..6);
    let (mut logits, mut targets) = (Vec::new(), vec![Vec::new(); batch]);
    for _ in 0..batch * tokens * vocab {
        logits.push(rng.random_range(-2.0_f32..2.0));
    }
    let guessed = rng.random_range(1..=batch * tokens);
    for i in sample(rng, batch * tokens, guessed) {
        targets[i / tokens].push((i % tokens, rng.random_range(0..vocab as u32)));
    }
    let mut sum = 0.0;
    for (text, targets) in targets.iter().enumerate() {
        for &(place, id) in targets {
            let row = &logits[(text * tokens + place) * vocab..][..vocab];
            let all: f64 = row.iter().map(|&logit| f64::from(logit).exp()).sum();
            sum += all.ln() - f64::from(row[id as usize]);
        }
    }
    let given = format!("random logits, [{batch}, {tokens}, {vocab}], targets = {targets:?}");
    let logits = TensorData::new(logits, [batch, tokens, vocab]);
    Probe::new(
        given,
        move |loss: Loss| loss(Tensor::from_data(logits.clone(), &cpu()), &targets),
        [sum / guessed as f64],
    )
}

fn linear_11_5() -> Exercise<Linear> {
    let exercise = Exercise::new("11.5", "linear", linear as Linear)
        .probe(
            "stored = [[1, 2], [3, 4]], bias = [0.5, 0.25], x = [1, 10]",
            |linear| linear(&[vec![1.0, 2.0], vec![3.0, 4.0]], &[0.5, 0.25], &[1.0, 10.0]),
            [21.5, 43.25],
        )
        .probe(
            "stored = [[1, 2], [3, 4], [5, 6]], bias = [0.5, 0.25, 0], x = [1, 10]",
            |linear| {
                let stored = [vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]];
                linear(&stored, &[0.5, 0.25, 0.0], &[1.0, 10.0])
            },
            [21.5, 43.25, 65.0],
        )
        .probe(
            "stored = [[1, -2], [-3, 4]], bias = [0.5, -0.25], x = [10, 1]",
            |linear| linear(&[vec![1.0, -2.0], vec![-3.0, 4.0]], &[0.5, -0.25], &[10.0, 1.0]),
            [8.5, -26.25],
        )
        .probe(
            "stored = [[1, 2, 3]], bias = [0.5], x = [1, 10]: is it refused?",
            |linear| refused(|| linear(&[vec![1.0, 2.0, 3.0]], &[0.5], &[1.0, 10.0])),
            "refused",
        )
        .random(random_linear);
    mistakes!(
        exercise,
        mistakes_11_5: the_matrix_taken_as_if_a_column_were_an_output,
        the_bias_forgotten,
        the_bias_added_with_every_product,
        the_last_product_alone_and_no_sum,
        the_bias_multiplied_by_the_input_too,
        a_row_longer_than_the_input_cut_off,
        nothing_below_0_comes_out,
    )
}

fn random_linear(rng: &mut StdRng) -> Probe<Linear> {
    let [d_out, d_in] = [(); 2].map(|()| rng.random_range(1..6));
    let (mut stored, mut bias, mut x) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..d_in {
        x.push(rng.random_range(-2.0_f32..2.0));
    }
    let mut expected = Vec::new();
    for _ in 0..d_out {
        let own: f32 = rng.random_range(-2.0..2.0);
        let mut row = Vec::new();
        let mut sum = f64::from(own);
        for number in &x {
            let weight = rng.random_range(-2.0_f32..2.0);
            sum += f64::from(weight) * f64::from(*number);
            row.push(weight);
        }
        stored.push(row);
        bias.push(own);
        expected.push(sum);
    }
    let given = format!("stored = {stored:?}, bias = {bias:?}, x = {x:?}");
    Probe::new(given, move |linear: Linear| linear(&stored, &bias, &x), expected)
}

fn pool_11_6() -> Exercise<Pool> {
    let exercise = Exercise::new("11.6", "Bert::pool", Bert::pool as Pool)
        .within(AS_RECORDED)
        .probe(
            "a BERT with a pooler, the last hidden states of three texts, [3, 9, 32]: the first \
            numbers of each answer",
            |pool| {
                let states = Tensor::from_data(recorded("last_hidden_state"), &cpu());
                pool(&BERT, states).map(first_numbers)
            },
            first_numbers(Tensor::from_data(recorded("pooler_output"), &cpu())),
        )
        .probe(
            "a BERT without a pooler, hidden states of shape [2, 3, 32]",
            |pool| {
                let bert = Bert { pooler: None, ..BERT.clone() };
                pool(&bert, Tensor::ones([2, 3, 32], &cpu()))
            },
            "None",
        );
    mistakes!(
        exercise,
        mistakes_11_6: the_mean_of_all_tokens,
        the_last_token_and_not_the_first,
        the_token_after_cls,
        tanh_left_out,
        tanh_before_the_map,
        the_bare_vector_where_there_is_no_pooler,
    )
}

fn first_numbers(pooled: Tensor<2>) -> Tensor<2> {
    pooled.narrow(1, 0, NUMBERS)
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}
