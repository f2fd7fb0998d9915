//! What the lesson shows: segments of a pair, roles of a chat, and what LayerNorm does to their
//! sum.

use anyhow::Result;
use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use course::{Axis, Bar, Figure, Marks, Panel, Report, Run, Step, Table};

use crate::{BertEmbeddings, BertEmbeddingsConfig, LayerNormConfig, Role, role_ids, segment_ids};

/// The pair of the textbook this course follows.
const PAIR: [&str; 12] =
    ["[CLS]", "is", "this", "a", "question", "?", "[SEP]", "yes", "it", "is", ".", "[SEP]"];
/// Tokens of its two sentences.
const SENTENCES: (usize, usize) = (5, 4);
/// The word whose row is made long.
const LOUD: &str = "question";
/// How long.
const LOUDNESS: f32 = 10.0;
/// Five turns of a chat.
const CHAT: [(Role, &[&str]); 5] = [
    (Role::System, &["be", "brief"]),
    (Role::User, &["is", "it", "raining", "?"]),
    (Role::Assistant, &["yes"]),
    (Role::User, &["sure", "?"]),
    (Role::Assistant, &["yes", "it", "is"]),
];
/// Numbers a token has.
const D_MODEL: usize = 64;
/// Random tables of a backend's own generator: they differ between backends, not between runs on
/// one.
const BAND: f64 = 1e-3;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None so far.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    say_segments(&mut report);
    say_roles(&mut report, run.device);
    say_norm(&mut report, run.device);
    let (ids, embeddings) = loud_pair(run.device);
    say_share(&mut report, &embeddings, &ids, run.device);
    report.figure(norm_figure(&embeddings, &ids, run.device));
    Ok(report)
}

/// Which axes go in and which come out.
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

fn say_segments(report: &mut Report) {
    let (first, second) = SENTENCES;
    let segments = segment_ids(first, Some(second));
    report.say("A pair of sentences: each token says what it is, where it stands and whose it is.");
    let mut table = Table::new(["position", "token", "segment"]);
    for (position, (token, segment)) in PAIR.iter().zip(segments).enumerate() {
        table.row([position.to_string(), (*token).to_string(), segment.to_string()]);
    }
    report.table(&table);
}

fn say_roles(report: &mut Report, device: &Device) {
    let turns = CHAT.map(|(role, words)| (role, words.len()));
    let words: Vec<&str> = CHAT.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    let (ids, vocab) = ids_of(&words);
    let roles = role_ids(&turns);
    let embeddings =
        BertEmbeddingsConfig::new(vocab, words.len(), Role::COUNT, D_MODEL).init(device);
    let parts = norms_of_parts(&embeddings, &ids, &roles, device);
    report.say(
        "A chat of five turns: a role is a segment, from a table of three rows. Lengths of the \
            three parts:",
    );
    let mut table = Table::new(["role", "id", "word", "token", "position", "role's row"]);
    let mut at = 0;
    for (role, said) in CHAT {
        for word in said {
            let [token, position, segment] = parts[at].map(|length| format!("{length:.3}"));
            table.row([
                role.name().into(),
                roles[at].to_string(),
                (*word).into(),
                token,
                position,
                segment,
            ]);
            at += 1;
        }
    }
    report.table(&table);
    say_same_word(report, &embeddings, ids_of(&words).0[6], device);
}

/// The same word at the same place, said by the user and by the assistant.
fn say_same_word(report: &mut Report, embeddings: &BertEmbeddings, id: i64, device: &Device) {
    let said_by = |role: Role| embeddings.sum(text(&[id], device), text(&[role.id()], device));
    let row = |role: Role| embeddings.segments.weight.val().narrow(0, role.id() as usize, 1);
    let difference = said_by(Role::Assistant) - said_by(Role::User);
    let rows = (row(Role::Assistant) - row(Role::User)).unsqueeze();
    let error = numbers(&(difference.clone() - rows).abs().max())[0];
    let length = numbers(&difference.square().sum().sqrt())[0];
    report.say(format!(
        "\"yes\" from the assistant minus \"yes\" from the user: a vector of length {length:.3}, \
            the difference of two rows (to {error:.0e})."
    ));
    report.say("");
}

fn say_norm(report: &mut Report, device: &Device) {
    report.say("LayerNorm, scale 1 and shift 0: only the shape of a vector survives.");
    let mut table = Table::new(["in", "mean", "spread", "out"]);
    let norm = LayerNormConfig::new(4).with_epsilon(1e-12).init(device);
    for row in [
        [1.0f32, 2.0, 3.0, 4.0],
        [10.0, 20.0, 30.0, 40.0],
        [10_001.0, 10_002.0, 10_003.0, 10_004.0],
    ] {
        let x = Tensor::<2>::from_floats([row], device);
        let (mean, spread) = mean_and_spread(&numbers(&x));
        let out: Vec<String> =
            numbers(&norm.forward(x)).iter().map(|y| format!("{y:.3}")).collect();
        table.row([
            format!("{row:?}"),
            format!("{mean:.1}"),
            format!("{spread:.3}"),
            out.join(" "),
        ]);
    }
    report.table(&table);
    let row = [10_001.0f32, 10_002.0, 10_003.0, 10_004.0];
    let mean = |values: [f32; 4]| values.iter().sum::<f32>() / 4.0;
    let one_pass = mean(row.map(|x| x * x)) - mean(row) * mean(row);
    let two_passes = mean(row.map(|x| (x - mean(row)).powi(2)));
    report.say(format!(
        "Why in two passes: the variance of the last row is {two_passes} as the mean of (x - \
            mean)^2, and {one_pass} as mean(x^2) - mean(x)^2 in f32."
    ));
    report.say("");
}

/// The pair with one row of the token table made ten times as long, as training may do.
fn loud_pair(device: &Device) -> (Vec<i64>, BertEmbeddings) {
    let (ids, vocab) = ids_of(&PAIR);
    let mut embeddings = BertEmbeddingsConfig::new(vocab, PAIR.len(), 2, D_MODEL).init(device);
    let loud = PAIR.iter().zip(&ids).find(|(word, _)| **word == LOUD).map_or(0, |(_, &id)| id);
    let factors: Vec<f32> =
        (0..vocab as i64).map(|id| if id == loud { LOUDNESS } else { 1.0 }).collect();
    let factors = Tensor::<2>::from_data(TensorData::new(factors, [vocab, 1]), device);
    embeddings.tokens.weight = Param::from_tensor(embeddings.tokens.weight.val() * factors);
    (ids, embeddings)
}

/// What LayerNorm does not do: the loud word's position stays a small part of its sum.
fn say_share(report: &mut Report, embeddings: &BertEmbeddings, ids: &[i64], device: &Device) {
    let segments = segment_ids(SENTENCES.0, Some(SENTENCES.1));
    let parts = norms_of_parts(embeddings, ids, &segments, device);
    report.say(format!(
        "The row of \"{LOUD}\" made {LOUDNESS} times as long. Position as a part of the three \
            lengths:"
    ));
    for (word, [token, position, segment]) in PAIR.iter().zip(parts).skip(3).take(2) {
        report.say(format!("  {word:<8} {:.0}%", 100.0 * position / (token + position + segment)));
    }
    report.say(
        "LayerNorm brings every token to one scale; it does not even out the parts within one \
        token.",
    );
    report.say("");
}

fn norm_figure(embeddings: &BertEmbeddings, ids: &[i64], device: &Device) -> Figure {
    let segments = segment_ids(SENTENCES.0, Some(SENTENCES.1));
    let parts = norms_of_parts(embeddings, ids, &segments, device);
    let before = embeddings.sum(text(ids, device), text(&segments, device));
    let after = embeddings.norm.forward(before.clone());
    let names = PAIR.iter().enumerate().map(|(position, word)| format!("{position} {word}"));
    let names: Vec<String> = names.collect();
    let lengths = names.iter().zip(&parts).flat_map(|(name, parts)| {
        ["token", "position", "segment"]
            .into_iter()
            .zip(parts)
            .map(|(group, &length)| bar(name, group, length))
    });
    let spreads = [("before LayerNorm", before), ("after LayerNorm", after)].into_iter().flat_map(
        |(group, x)| {
            let numbers = numbers(&x);
            let spreads: Vec<f64> =
                numbers.chunks(D_MODEL).map(|token| mean_and_spread(token).1).collect();
            names
                .iter()
                .zip(spreads)
                .map(|(name, spread)| bar(name, group, spread))
                .collect::<Vec<_>>()
        },
    );
    let (lengths, spreads) = (lengths.collect(), spreads.collect());
    let panel = |title: &str, y: Axis, bars| Panel {
        title: title.into(),
        x: Axis::linear("token, by position"),
        y,
        marks: Marks::Bars(bars),
    };
    Figure {
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
            panel("what is added up", Axis::linear("length of the vector"), lengths),
            panel("its sum", Axis::log("standard deviation"), spreads),
        ],
    }
}

fn bar(label: &str, group: &str, value: f64) -> Bar {
    Bar { label: label.into(), group: group.into(), value }
}

/// Lengths of the token's, the position's and the segment's vector, token by token.
fn norms_of_parts(
    model: &BertEmbeddings,
    ids: &[i64],
    segments: &[i64],
    device: &Device,
) -> Vec<[f64; 3]> {
    let length = |vectors: Tensor<3>| numbers(&vectors.square().sum_dim(2).sqrt());
    let tokens = length(model.tokens.forward(text(ids, device)));
    let positions = length(model.positions.forward(ids.len()).unsqueeze());
    let segments = length(model.segments.forward(text(segments, device)));
    (0..ids.len()).map(|at| [tokens[at], positions[at], segments[at]]).collect()
}

fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance =
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt())
}

/// A number for each word, the same for the same word, and how many there are.
fn ids_of(words: &[&str]) -> (Vec<i64>, usize) {
    let mut vocab: Vec<&str> = words.to_vec();
    vocab.sort_unstable();
    vocab.dedup();
    let id = |word: &&str| vocab.iter().position(|known| known == word).unwrap_or(0) as i64;
    (words.iter().map(id).collect(), vocab.len())
}

fn text(ids: &[i64], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(ids.to_vec(), [1, ids.len()]), device)
}

fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
