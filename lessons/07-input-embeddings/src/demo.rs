//! What the lesson shows: segments of a pair, roles of a chat, and what LayerNorm does to their
//! sum.

pub mod picture;

use anyhow::Result;
use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use course::{Axis, Bar, Figure, Marks, Panel, Report, Run, Step, Table};

use crate::{BertEmbeddings, BertEmbeddingsConfig, LayerNormConfig, Role, role_ids, segment_ids};

/// Pair of sentences of the textbook that this course follows.
const PAIR: [&str; 12] =
    ["[CLS]", "is", "this", "a", "question", "?", "[SEP]", "yes", "it", "is", ".", "[SEP]"];
/// Numbers of tokens of the pair's two sentences.
const SENTENCES: (usize, usize) = (5, 4);
/// Word of the pair whose row in the token table is made long.
const LOUD: &str = "question";
/// Factor by which the row of [`LOUD`] is made longer.
const LOUDNESS: f32 = 10.0;
/// Positions of "a" and of [`LOUD`], the word after it.
const QUIET_AND_LOUD: [usize; 2] = [3, 4];
/// Five turns of a chat: who speaks, and the words.
const CHAT: [(Role, &[&str]); 5] = [
    (Role::System, &["be", "brief"]),
    (Role::User, &["is", "it", "raining", "?"]),
    (Role::Assistant, &["yes"]),
    (Role::User, &["sure", "?"]),
    (Role::Assistant, &["yes", "it", "is"]),
];
/// Width of the model in this demo: how many numbers a token has.
const D_MODEL: usize = 64;
/// Band of the figure's numbers. A backend draws its random tables from its own generator: they
/// differ between backends, not between runs on one.
const BAND: f64 = 1e-3;
/// Band of what is printed of the same tables, whose last digit may be rounded otherwise.
const PRINTED: f64 = 2.0 * BAND;
/// A difference of two sums of three floats that is smaller than this is rounding.
const ROUNDING: f64 = 1e-6;
/// Axis of a table's rows, in `[rows, d_model]`.
const ROWS: usize = 0;
/// Axis of a vector's numbers, in `[batch, tokens, d_model]`.
const NUMBERS: usize = 2;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::norm(run.device));
    say_segments(&mut report);
    report.band(PRINTED);
    say_roles(&mut report, run.device);
    report.band(0.0);
    say_norm(&mut report, run.device);
    report.band(PRINTED);
    let (ids, embeddings) = loud_pair(run.device);
    say_share(&mut report, &embeddings, &ids, run.device);
    say_norms(&mut report, &embeddings, &ids, run.device);
    Ok(report)
}

/// Figure of the shapes: which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("token ids", "batch, tokens"),
        Step::input("positions", "tokens"),
        Step::input("segment ids", "batch, tokens"),
        Step::new("tokens", "batch, tokens, d_model", "rows of a table", ["token ids"]),
        Step::new("places", "tokens, d_model", "rows of a table", ["positions"]),
        Step::new("segments", "batch, tokens, d_model", "rows of a table", ["segment ids"]),
        Step::new(
            "sum",
            "batch, tokens, d_model",
            "added number by number",
            ["tokens", "places", "segments"],
        ),
        Step::new("output", "batch, tokens, d_model", "layer norm over d_model", ["sum"]),
    ];
    let alt = "Shapes of BERT's input: token ids and segment ids [batch, tokens] and the \
        positions each pick rows of a table; the three [batch, tokens, d_model] are added and \
        layer norm keeps the shape.";
    Figure::shapes("07-shapes", "Three tables, one sum, one norm", alt, steps)
}

/// Table of the pair of sentences with the segment of each token.
fn say_segments(report: &mut Report) {
    let (first, second) = SENTENCES;
    let segments = segment_ids(first, Some(second));
    report.say("A pair of sentences: each token says what it is, where it stands and whose it is.");
    let mut table = Table::new(["position", "token", "segment"]);
    for (position, token) in PAIR.into_iter().enumerate() {
        table.row([position.to_string(), token.into(), segments[position].to_string()]);
    }
    report.table(&table);
}

/// Table of the chat with the lengths of each token's three parts, the third from its role.
fn say_roles(report: &mut Report, device: &Device) {
    let mut turns = Vec::new();
    let mut words = Vec::new();
    for (role, said) in CHAT {
        turns.push((role, said.len()));
        words.extend(said);
    }
    let (ids, vocab) = ids_of(&words);
    let roles = role_ids(&turns);
    let embeddings =
        BertEmbeddingsConfig::new(vocab, words.len(), Role::COUNT, D_MODEL).init(device);
    let lengths = lengths_of_parts(&embeddings, &ids, &roles, device);
    report.say(
        "A chat of five turns: a role is a segment, from a table of three rows. Lengths of the \
            three parts:",
    );
    let mut table = Table::new(["role", "id", "word", "token", "position", "role's row"]);
    let mut position = 0;
    for (role, said) in CHAT {
        for word in said {
            let length = &lengths[position];
            table.row([
                role.name().into(),
                roles[position].to_string(),
                word.to_string(),
                format!("{:.3}", length.token),
                format!("{:.3}", length.position),
                format!("{:.3}", length.segment),
            ]);
            position += 1;
        }
    }
    report.table(&table);
    let yes = ids[6]; // the assistant's first word
    say_same_word(report, &embeddings, yes, device);
}

/// The difference that the speaker makes to one word at one place.
fn say_same_word(report: &mut Report, embeddings: &BertEmbeddings, id: i64, device: &Device) {
    let assistant = said_by(Role::Assistant, id, embeddings, device);
    let difference = assistant - said_by(Role::User, id, embeddings, device);
    let rows = role_row(Role::Assistant, embeddings) - role_row(Role::User, embeddings);
    let rows = rows.unsqueeze(); // [1, 1, d_model]
    let error = numbers(&(difference.clone() - rows).abs().max())[0];
    let error = if error < ROUNDING { "within 1e-6".into() } else { format!("to {error:.0e}") };
    let length = format!("{:.3}", numbers(&difference.square().sum().sqrt())[0]);
    report.say(format!(
        "\"yes\" from the assistant minus \"yes\" from the user: a vector of length {length}, \
            the difference of two rows ({error})."
    ));
    report.number(
        "yes-and-yes",
        "length of \"yes\" said by the assistant minus said by the user",
        length,
    );
    report.say("");
}

/// The sum of the three parts of the word `id` where `role` opens a text with it:
/// `[1, 1, d_model]`.
fn said_by(role: Role, id: i64, embeddings: &BertEmbeddings, device: &Device) -> Tensor<3> {
    embeddings.sum(text(&[id], device), text(&[role.id()], device))
}

/// The role's row of the segment table: `[1, d_model]`.
fn role_row(role: Role, embeddings: &BertEmbeddings) -> Tensor<2> {
    embeddings.segments.weight.val().narrow(ROWS, role.id() as usize, 1)
}

/// Table of three vectors of one shape, which LayerNorm makes equal.
fn say_norm(report: &mut Report, device: &Device) {
    report.say("LayerNorm, gain 1 and bias 0: only the shape of a vector survives.");
    let mut table = Table::new(["in", "mean", "spread", "out"]);
    let norm = LayerNormConfig::new(4).with_epsilon(1e-12).init(device);
    for row in [
        [1.0f32, 2.0, 3.0, 4.0],
        [10.0, 20.0, 30.0, 40.0],
        [10_001.0, 10_002.0, 10_003.0, 10_004.0],
    ] {
        let x = Tensor::<2>::from_floats([row], device);
        let (mean, spread) = mean_and_spread(&numbers(&x));
        let y = numbers(&norm.forward(x));
        table.row([
            format!("{row:?}"),
            format!("{mean:.1}"),
            format!("{spread:.3}"),
            format!("{:.3} {:.3} {:.3} {:.3}", y[0], y[1], y[2], y[3]),
        ]);
    }
    report.table(&table);
    say_two_passes(report);
}

/// The variance of four numbers with a large mean, computed in f32 by two formulas.
fn say_two_passes(report: &mut Report) {
    let row = [10_001.0f32, 10_002.0, 10_003.0, 10_004.0];
    let mean = mean_of_four(row);
    let one_pass = mean_of_four(row.map(|x| x * x)) - mean * mean;
    let two_passes = mean_of_four(row.map(|x| (x - mean).powi(2)));
    report.say(format!(
        "Why in two passes: the variance of the last row is {two_passes} as the mean of (x - \
            mean)^2, and {one_pass} as mean(x^2) - mean(x)^2 in f32."
    ));
    report.say("");
}

/// The mean, computed in f32.
fn mean_of_four([a, b, c, d]: [f32; 4]) -> f32 {
    (a + b + c + d) / 4.0
}

/// The pair with one row of the token table made ten times as long, as training may do.
fn loud_pair(device: &Device) -> (Vec<i64>, BertEmbeddings) {
    let (ids, vocab) = ids_of(&PAIR);
    let mut embeddings = BertEmbeddingsConfig::new(vocab, PAIR.len(), 2, D_MODEL).init(device);
    let mut factors = vec![1.0; vocab];
    for (position, word) in PAIR.into_iter().enumerate() {
        if word == LOUD {
            factors[ids[position] as usize] = LOUDNESS;
        }
    }
    let factors = Tensor::<2>::from_data(TensorData::new(factors, [vocab, 1]), device);
    embeddings.tokens.weight = Param::from_tensor(embeddings.tokens.weight.val() * factors);
    (ids, embeddings)
}

/// What LayerNorm does not do: the loud word's position stays a small part of its sum.
fn say_share(report: &mut Report, embeddings: &BertEmbeddings, ids: &[i64], device: &Device) {
    let segments = segment_ids(SENTENCES.0, Some(SENTENCES.1));
    let lengths = lengths_of_parts(embeddings, ids, &segments, device);
    report.say(format!(
        "The row of \"{LOUD}\" made {LOUDNESS} times as long. Position as a part of the three \
            lengths:"
    ));
    for position in QUIET_AND_LOUD {
        let length = &lengths[position];
        let all = length.token + length.position + length.segment;
        let (word, share) = (PAIR[position], format!("{:.0}%", 100.0 * length.position / all));
        report.say(format!("  {word:<8} {share}"));
        let what = format!("position's part of the three lengths of \"{word}\"");
        report.number(&format!("position-of-{word}"), &what, share);
    }
    let (shortest, longest) = extremes(quiet_lengths(&lengths));
    let loud = lengths[QUIET_AND_LOUD[1]].token;
    report.number("shortest-part", "shortest of the 36 vectors", format!("{shortest:.3}"));
    report.number(
        "longest-quiet-part",
        "longest but that of \"question\"",
        format!("{longest:.3}"),
    );
    report.number("loud-part", "the token vector of \"question\": length", format!("{loud:.3}"));
    report.say(
        "LayerNorm brings every token to one scale; it does not even out the parts within one \
        token.",
    );
    report.say("");
}

/// The lengths of all parts but the one that was made longer.
fn quiet_lengths(lengths: &[Lengths]) -> Vec<f64> {
    let mut quiet = Vec::new();
    for (position, length) in lengths.iter().enumerate() {
        if PAIR[position] != LOUD {
            quiet.push(length.token);
        }
        quiet.extend([length.position, length.segment]);
    }
    quiet
}

/// The smallest and the largest of the values.
fn extremes(values: Vec<f64>) -> (f64, f64) {
    let (mut smallest, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        smallest = smallest.min(value);
        largest = largest.max(value);
    }
    (smallest, largest)
}

/// Standard deviations of the sums before the norm, as the book quotes them.
fn report_spreads(report: &mut Report, before: &[Bar]) {
    let loud = before[QUIET_AND_LOUD[1]].value;
    let mut quiet = Vec::new();
    for (position, bar) in before.iter().enumerate() {
        if PAIR[position] != LOUD {
            quiet.push(bar.value);
        }
    }
    let (smallest, largest) = extremes(quiet);
    let what = "standard deviation of the sum before the norm";
    report.number("smallest-spread", &format!("{what}: smallest"), format!("{smallest:.3}"));
    report.number(
        "largest-quiet-spread",
        &format!("{what}: largest but that of \"question\""),
        format!("{largest:.3}"),
    );
    report.number("loud-spread", &format!("{what}: \"question\""), format!("{loud:.3}"));
}

/// Figure of the loud pair: lengths of the three parts, spread before the norm and after.
fn say_norms(report: &mut Report, embeddings: &BertEmbeddings, ids: &[i64], device: &Device) {
    let segments = segment_ids(SENTENCES.0, Some(SENTENCES.1));
    let lengths = lengths_of_parts(embeddings, ids, &segments, device);
    let before = embeddings.sum(text(ids, device), text(&segments, device));
    let after = embeddings.norm.forward(before.clone());
    let mut spreads = Vec::new();
    push_spreads(&mut spreads, "before LayerNorm", &before);
    report_spreads(report, &spreads);
    push_spreads(&mut spreads, "after LayerNorm", &after);
    report.figure(Figure {
        name: "07-norms".into(),
        title: "One row ten times as long: LayerNorm brings every token to one scale".into(),
        alt: "Two panels over the twelve tokens of a pair of sentences, from tables before \
            training; the row of 'question' was made ten times as long. Left: lengths of the \
            token, position and segment vectors, 0.13 to 0.19, but 1.66 for 'question'. Right, on \
            a logarithmic axis: the spread of each token's sum, about 0.03, and 0.2 for \
            'question', before LayerNorm, and 1 for every token after it."
            .into(),
        band: BAND,
        panels: vec![
            bars("what is added up", Axis::linear("length of the vector"), length_bars(&lengths)),
            bars("its sum", Axis::log("standard deviation"), spreads),
        ],
    });
}

/// Three bars for each token of the pair: the lengths of its parts.
fn length_bars(lengths: &[Lengths]) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (position, length) in lengths.iter().enumerate() {
        bars.push(bar(position, "token", length.token));
        bars.push(bar(position, "position", length.position));
        bars.push(bar(position, "segment", length.segment));
    }
    bars
}

/// Adds a bar for each token of the pair: the spread of its vector in x, `[1, tokens, d_model]`.
fn push_spreads(bars: &mut Vec<Bar>, group: &str, x: &Tensor<3>) {
    for (position, token) in numbers(x).chunks(D_MODEL).enumerate() {
        let (_, spread) = mean_and_spread(token);
        bars.push(bar(position, group, spread));
    }
}

/// A bar of the pair's token at `position`.
fn bar(position: usize, group: &str, value: f64) -> Bar {
    Bar { label: format!("{position} {}", PAIR[position]), group: group.into(), value }
}

/// A panel of bars over the tokens of the pair.
fn bars(title: &str, y: Axis, bars: Vec<Bar>) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear("token, by position"),
        y,
        marks: Marks::Bars(bars),
    }
}

/// Lengths of the three vectors that make up one token.
struct Lengths {
    token: f64,
    position: f64,
    segment: f64,
}

/// Lengths of the parts of every token of a text.
fn lengths_of_parts(
    embeddings: &BertEmbeddings,
    ids: &[i64],
    segments: &[i64],
    device: &Device,
) -> Vec<Lengths> {
    let tokens = lengths(embeddings.tokens.forward(text(ids, device)));
    let positions = lengths(embeddings.positions.forward(ids.len()).unsqueeze());
    let segments = lengths(embeddings.segments.forward(text(segments, device)));
    let mut parts = Vec::with_capacity(ids.len());
    for (i, &token) in tokens.iter().enumerate() {
        parts.push(Lengths { token, position: positions[i], segment: segments[i] });
    }
    parts
}

/// Lengths of the vectors of one text, `[1, tokens, d_model]`.
fn lengths(vectors: Tensor<3>) -> Vec<f64> {
    numbers(&vectors.square().sum_dim(NUMBERS).sqrt())
}

/// Mean and standard deviation of the values.
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mut sum = 0.0;
    for value in values {
        sum += value;
    }
    let mean = sum / count;
    let mut squares = 0.0;
    for value in values {
        squares += (value - mean).powi(2);
    }
    (mean, (squares / count).sqrt())
}

/// An ID for each word, the same for the same word, and the size of their vocabulary.
fn ids_of(words: &[&str]) -> (Vec<i64>, usize) {
    let mut vocabulary = words.to_vec();
    vocabulary.sort_unstable();
    vocabulary.dedup();
    let mut ids = Vec::with_capacity(words.len());
    for word in words {
        let id = vocabulary.binary_search(word).expect("every word is in the vocabulary");
        ids.push(id as i64);
    }
    (ids, vocabulary.len())
}

/// IDs of one text as a batch: `[1, tokens]`.
fn text(ids: &[i64], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), [1, ids.len()]), device)
}

/// The entries of a tensor, in order.
fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
