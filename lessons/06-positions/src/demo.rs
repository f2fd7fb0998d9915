//! What the lesson shows: four ways to write an order into numbers, and what each makes of
//! distance.

pub mod picture;

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Point, Report, Run, Step, Table};

use crate::{LearnedPositionsConfig, Rope, RopeConfig, RopeLayout, RopeScaling};
use crate::{alibi_bias, alibi_slopes, sinusoidal};

/// Width of a token's vector in the figures of the sinusoids.
const D_MODEL: usize = 128;
/// Width of a head in the figures of RoPE.
const D_HEAD: usize = 64;
/// Number of distances that the curves reach over, from 0.
const DISTANCES: usize = 200;
/// How far a number may lie from the recorded one: f32 mathematics without training differs between
/// machines by less.
const BAND: f64 = 1e-3;

/// Axis of the positions in `[positions, d_model]`.
const POSITIONS: usize = 0;
/// Axis of the numbers of a position in `[positions, d_model]`.
const ENTRIES: usize = 1;
/// Axis of the tokens in `[batch, heads, tokens, d_head]`.
const TOKENS: usize = 2;
/// Axis of a head's numbers in `[batch, heads, tokens, d_head]`.
const HEAD: usize = 3;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None so far.
pub fn demo(run: &Run) -> Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::clock(run.device));
    say_cost(&mut report, run.device);
    report.figure(sinusoidal_figure(run.device));
    say_sinusoids(&mut report, run.device);
    say_rope(&mut report, run.device);
    say_thetas(&mut report, run.device);
    report.figure(dot_product_figure(run.device));
    report.band(0.0);
    say_alibi(&mut report);
    report.figure(alibi_figure(run.device));
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("x", "batch, tokens, d_model"),
        Step::input("positions", "tokens, d_model"),
        Step::new(
            "x with places",
            "batch, tokens, d_model",
            "learned or sinusoidal: x + positions",
            ["x", "positions"],
        ),
        Step::new("q, k", "batch, heads, tokens, d_head", "projections", ["x with places"]),
        Step::new(
            "turned q, k",
            "batch, heads, tokens, d_head",
            "RoPE: turned by position",
            ["q, k"],
        ),
        Step::new("scores", "batch, heads, queries, keys", "q . k", ["turned q, k"]),
        Step::input("ALiBi", "heads, queries, keys"),
        Step::new(
            "biased scores",
            "batch, heads, queries, keys",
            "ALiBi: added to the scores",
            ["scores", "ALiBi"],
        ),
    ];
    let alt = "Shapes: learned and sinusoidal positions are a table [tokens, d_model] added to \
        the vectors; RoPE turns queries and keys [batch, heads, tokens, d_head] and keeps their \
        shape; ALiBi is a bias [heads, queries, keys] on the scores.";
    Figure::shapes("06-shapes", "Four ways to say where a token stands", alt, steps)
}

/// What each way costs.
fn say_cost(report: &mut Report, device: &Device) {
    let learned = LearnedPositionsConfig::new(512, 384).init(device);
    let parameters = learned.weight.shape().num_elements().to_string();
    report.say("Four ways to say where a token stands (512 tokens, 384 numbers a token):");
    let mut table = Table::new(["way", "where it acts", "parameters", "longest text"]);
    table.row(["learned", "added to the token", &parameters, "512"]);
    table.row(["sinusoidal", "added to the token", "0", "any"]);
    table.row(["RoPE", "turns query and key", "0", "any"]);
    table.row(["ALiBi", "added to the score", "0", "any"]);
    report.table(&table);
}

/// The table of sines and cosines as a heatmap.
fn sinusoidal_figure(device: &Device) -> Figure {
    let (tokens, d_model) = (64, 32);
    let table = numbers(&sinusoidal(tokens, d_model, device));
    let mut values = Vec::new();
    for row in table.chunks(d_model) {
        values.push(row.to_vec());
    }
    Figure {
        name: "06-sinusoidal".into(),
        title: "A clock with sixteen hands: the sinusoidal table".into(),
        alt: "Heatmap of 64 positions by 32 axes. The leftmost axes swing between -1 and 1 every \
            six positions; each pair of axes to the right swings slower, and the last pair hardly \
            changes over all 64 positions."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("axis of the vector (sine and cosine in turn)"),
            y: Axis::linear("position (tokens)"),
            marks: Marks::heatmap(values, vec![], vec![], "sine or cosine").between(-1.0, 1.0),
        }],
    }
}

/// Dot products of position `from` with those after it, in units of the first.
fn sinusoid_scores(from: usize, device: &Device) -> Vec<f64> {
    let table = sinusoidal(from + DISTANCES, D_MODEL, device).narrow(POSITIONS, from, DISTANCES);
    let first = table.clone().narrow(POSITIONS, 0, 1);
    in_units_of_the_first(&(table * first).sum_dim(ENTRIES))
}

/// The entries of a tensor, divided by the first of them.
fn in_units_of_the_first<const D: usize>(scores: &Tensor<D>) -> Vec<f64> {
    let mut scores = numbers(scores);
    let first = scores[0];
    for score in &mut scores {
        *score /= first;
    }
    scores
}

/// How the dot product of two sinusoids depends on their distance.
fn say_sinusoids(report: &mut Report, device: &Device) {
    report.band(BAND);
    let (near, far) = (sinusoid_scores(0, device), sinusoid_scores(500, device));
    report.say(format!(
        "Sinusoids of {D_MODEL} numbers: dot product with a position further on, 1 = with itself."
    ));
    let mut table = Table::new(["distance", "from 0", "from 500"]);
    for distance in [0, 1, 2, 5, 10, 20, 50, 100] {
        table.row([
            distance.to_string(),
            format!("{:.4}", near[distance]),
            format!("{:.4}", far[distance]),
        ]);
    }
    report.keyed_table("sinusoids", &table);
}

/// A query or key to turn: any vector would do.
fn vector(phase: f64, device: &Device) -> Tensor<4> {
    let mut values = Vec::with_capacity(D_HEAD);
    for axis in 0..D_HEAD {
        values.push((axis as f64 * 0.7 + phase).sin() as f32);
    }
    Tensor::from_data(TensorData::new(values, [1, 1, 1, D_HEAD]), device)
}

/// The score under RoPE of a query at position m and a key at position n, as it is printed.
fn score(rope: &Rope, q: &Tensor<4>, k: &Tensor<4>, m: usize, n: usize) -> String {
    let product = rope.rotate(q.clone(), m) * rope.rotate(k.clone(), n);
    format!("{:.4}", product.sum().into_scalar::<f32>())
}

/// How a score under RoPE depends on the two positions.
fn say_rope(report: &mut Report, device: &Device) {
    let (q, k) = (vector(0.3, device), vector(1.1, device));
    let half = RopeConfig::new(D_HEAD).init(device);
    let side = RopeConfig::new(D_HEAD).with_layout(RopeLayout::Interleaved).init(device);
    report.say(format!(
        "RoPE on one query and one key of {D_HEAD} numbers: the score depends on the offset alone."
    ));
    let mut table = Table::new(["query at", "key at", "offset", "half split", "interleaved"]);
    for (m, n) in [(3, 1), (7, 5), (102, 100), (100_002, 100_000), (5, 0), (12, 7)] {
        table.row([
            m.to_string(),
            n.to_string(),
            (m - n).to_string(),
            score(&half, &q, &k, m, n),
            score(&side, &q, &k, m, n),
        ]);
    }
    report.keyed_table("rope", &table);
    say_layouts(report, &half, &side, q);
}

/// How far the two layouts lie apart, before and after a permutation of the axes.
fn say_layouts(report: &mut Report, half: &Rope, side: &Rope, x: Tensor<4>) {
    let mut even_before_odd = Vec::with_capacity(D_HEAD);
    for first in [0, 1] {
        for pair in 0..D_HEAD / 2 {
            even_before_odd.push((2 * pair + first) as i64);
        }
    }
    let order = Tensor::from_data(even_before_odd.as_slice(), &x.device());
    let wrong = (half.rotate(x.clone(), 9) - side.rotate(x.clone(), 9)).abs().max();
    let permuted_first = half.rotate(x.clone().select(HEAD, order.clone()), 9);
    let permuted_after = side.rotate(x, 9).select(HEAD, order);
    let right = (permuted_first - permuted_after).abs().max();
    let wrong = format!("{:.3}", wrong.into_scalar::<f32>());
    report.say(format!(
        "The two layouts at position 9 differ by up to {wrong}; with the even axes put before \
            the odd ones, by {:.1e}.",
        right.into_scalar::<f32>()
    ));
    report.say("");
    report.number("layouts-apart", "largest difference of the two layouts at position 9", wrong);
}

/// Scores of a vector of ones with itself further on, in units of the first.
fn rope_scores(config: &RopeConfig, device: &Device) -> Vec<f64> {
    let ones = Tensor::<4>::ones([1, 1, DISTANCES, D_HEAD], device);
    let keys = config.init(device).rotate(ones, 0);
    let query = keys.clone().narrow(TOKENS, 0, 1);
    in_units_of_the_first(&(keys * query).sum_dim(HEAD))
}

/// A curve of scores over the distances from 0.
fn over_distance(name: &str, scores: Vec<f64>) -> Line {
    let mut points = Vec::with_capacity(scores.len());
    for (distance, score) in scores.into_iter().enumerate() {
        points.push((distance as f64, score));
    }
    Line::new(name, points)
}

/// A panel of curves over distance.
fn distance_panel(title: &str, lines: Vec<Line>) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear("distance (tokens)"),
        y: Axis::linear("dot product (1 = same position)"),
        marks: Marks::Lines(lines),
    }
}

/// Three sets of frequencies: the usual ones, those of a larger theta, and the usual ones slowed.
fn ropes() -> [(&'static str, RopeConfig); 3] {
    let plain = RopeConfig::new(D_HEAD);
    let slow = plain.clone().with_theta(500_000.0);
    let stretched = plain.clone().with_scaling(RopeScaling::Linear { factor: 4.0 });
    [("theta 10,000", plain), ("theta 500,000", slow), ("theta 10,000, linear / 4", stretched)]
}

/// What three sets of frequencies leave of a score at some distances.
fn say_thetas(report: &mut Report, device: &Device) {
    report.say(format!(
        "RoPE on a query equal to its key, {D_HEAD} numbers: what is left of the score, 1 = same \
            position."
    ));
    let [plain, slow, stretched] = ropes().map(|(_, config)| rope_scores(&config, device));
    let mut table = Table::new(["distance", "theta 10,000", "theta 500,000", "linear / 4"]);
    for distance in [20, 80, 100] {
        table.row([
            distance.to_string(),
            format!("{:.4}", plain[distance]),
            format!("{:.4}", slow[distance]),
            format!("{:.4}", stretched[distance]),
        ]);
    }
    report.keyed_table("left", &table);
}

/// How sinusoids and RoPE make closeness fall with distance.
fn dot_product_figure(device: &Device) -> Figure {
    let sinusoids = vec![
        over_distance("from position 0", sinusoid_scores(0, device)),
        over_distance("from position 500", sinusoid_scores(500, device)),
    ];
    let ropes = ropes().map(|(name, config)| over_distance(name, rope_scores(&config, device)));
    Figure {
        name: "06-dot-products".into(),
        title: "On average closeness falls with distance, wherever you start".into(),
        alt: "Two panels over distances 0 to 199. Left: the dot product of two sinusoidal \
            vectors, 1 at distance 0, falls to 0.61 at 20 and 0.26 at 199 with ripples on the \
            way; the curves from position 0 and from position 500 lie on each other. Right: the \
            score of a query and an equal key under RoPE falls the same way on average, though it \
            rises from 0.49 at 50 to 0.56 at 100; slower with theta 500,000 (0.73 at 20 against \
            0.59), and exactly four times slower with linear scaling by 4."
            .into(),
        band: BAND,
        panels: vec![
            distance_panel("sinusoids, 128 numbers", sinusoids),
            distance_panel("RoPE, query = key, 64 numbers", ropes.to_vec()),
        ],
    }
}

/// The slopes of eight heads and of twelve.
fn say_alibi(report: &mut Report) {
    report.say(
        "ALiBi's slopes, head by head; twelve heads take those of eight, then every other one of \
            sixteen:",
    );
    for heads in [8, 12] {
        let mut line = format!("  {heads:>2} heads:");
        for slope in alibi_slopes(heads) {
            line.push_str(&format!(" {slope:.4}"));
        }
        report.say(line);
    }
    report.say("");
}

/// The slopes of some numbers of heads, and what ALiBi adds over distance.
fn alibi_figure(device: &Device) -> Figure {
    let mut slopes = Vec::new();
    for heads in [4, 8, 12, 16] {
        for (head, slope) in alibi_slopes(heads).into_iter().enumerate() {
            let (label, group) = (String::new(), format!("{heads} heads"));
            slopes.push(Point { label, group, x: (head + 1) as f64, y: f64::from(slope) });
        }
    }
    let (heads, keys) = (8, 64);
    let bias = numbers(&alibi_bias(heads, 1, keys, device));
    let mut curves = Vec::new();
    for head in [1, 2, 3, 4, 6, 8] {
        let mut by_distance = bias[(head - 1) * keys..head * keys].to_vec();
        by_distance.reverse();
        curves.push(over_distance(&format!("head {head}"), by_distance));
    }
    Figure {
        name: "06-alibi".into(),
        title: "ALiBi: each head forgets the far at its own rate".into(),
        alt: "Two panels. Left: the slopes of 4, 8, 12 and 16 heads on a logarithmic axis; each \
            power of two is a straight line down to 2^-8, and twelve heads follow the line of \
            eight, then jump back to the steep slopes of sixteen. Right: what six of eight heads \
            add to a score over distances 0 to 63; head 1 falls to -31.5, head 8 stays near zero."
            .into(),
        band: BAND,
        panels: vec![
            Panel {
                title: "the slopes".into(),
                x: Axis::linear("head"),
                y: Axis::log("slope (score per token)"),
                marks: Marks::Points(slopes),
            },
            Panel {
                title: "eight heads".into(),
                x: Axis::linear("distance back (tokens)"),
                y: Axis::linear("added to the score (logits)"),
                marks: Marks::Lines(curves),
            },
        ],
    }
}

/// The entries of a tensor in f64.
fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
