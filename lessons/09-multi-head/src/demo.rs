//! What the lesson shows.

pub mod picture;
mod sentence;

use burn::tensor::{Bool, Device, Distribution, Tensor};
use course::{Axis, Block, Figure, Marks, Panel, Report, Run, Step, Table};
use positions::RopeConfig;

use crate::{
    HEADS, KeyValueCache, MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig,
    causal_mask, combine_masks, padding_mask, padding_mask_from_keep,
};

/// Width of the model in this demo: how many numbers a token has.
const D_MODEL: usize = 256;

/// Number of heads in this demo, of 32 numbers each.
const N_HEADS: usize = 8;

/// Band of what random tokens and projections make: they are drawn by the backend's own generator.
const DRAWN: f64 = 2e-3;

/// A change that is smaller than this is rounding: sums of floats depend a little on the order in
/// which they are added up, and that on how many there are.
const ROUNDING: f32 = 1e-6;

/// Axis of the tokens in `[batch, tokens, d_model]`.
const TOKENS: usize = 1;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// If the scores recorded beside it cannot be read.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::cut(run.device));
    several_views(run.device, &mut report);
    masks(run.device, &mut report);
    what_masks_promise(run.device, &mut report);
    sentence::masked(run.device, &mut report)?;
    cached_is_uncached(run.device, &mut report);
    cache_by_groups(run.device, &mut report);
    Ok(report)
}

/// Figure of the shapes: which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("x", "batch, tokens, d_model"),
        Step::new("q, k, v", "batch, heads, tokens, d_head", "project, split into heads", ["x"]),
        Step::new("scores", "batch, heads, queries, keys", "q . k / sqrt(d_head)", ["q, k, v"]),
        Step::input("hidden", "batch or 1, 1, queries or 1, keys"),
        Step::new(
            "weights",
            "batch, heads, queries, keys",
            "softmax over the keys not hidden",
            ["scores", "hidden"],
        ),
        Step::new(
            "heads",
            "batch, heads, tokens, d_head",
            "weighted mean of v",
            ["weights", "q, k, v"],
        ),
        Step::new("output", "batch, tokens, d_model", "merge the heads, project", ["heads"]),
    ];
    let alt = "Shapes of multi-head attention: x [batch, tokens, d_model] is projected and split \
        into q, k and v [batch, heads, tokens, d_head]; scores and weights are [batch, heads, \
        queries, keys], the mask broadcasts over heads; the heads are merged back to [batch, \
        tokens, d_model].";
    Figure::shapes("09-shapes", "Several heads, one mask", alt, steps)
}

/// The share with the darkest colour: the first queries, which have few keys, share out more.
const MOST_SHOWN: f64 = 0.4;

/// Number of tokens that the four heads look at.
const SEEN: usize = 24;

/// Four heads of one layer over the same tokens.
fn several_views(device: &Device, report: &mut Report) {
    let layer =
        MultiHeadAttentionConfig::new(64, 4).with_positions(PositionsConfig::Alibi).init(device);
    let x = normal([1, SEEN, 64], device);
    let (_, weights) = layer.forward_with_weights(x, Some(causal_mask(SEEN, SEEN, device)));
    let mut panels = Vec::new();
    report.band(DRAWN);
    for head in 0..layer.n_heads() {
        let values = weights.clone().narrow(HEADS, head, 1).reshape([SEEN, SEEN]);
        report_last_query(report, head + 1, &values);
        panels.push(view(&format!("head {}", head + 1), values));
    }
    report.band(0.0);
    report.figure(Figure {
        name: "09-heads".into(),
        title: "Four heads, four views: one untrained layer with ALiBi under a causal mask".into(),
        alt: "Four heatmaps of attention weights of 24 queries over 24 keys. Each is a lower \
            triangle. The first head's weight lies near the diagonal, that of later heads spreads \
            over the whole past."
            .into(),
        band: 1e-3,
        panels,
    });
}

/// How far back the last query of a head looks: `[queries, keys]`, as the book quotes it.
fn report_last_query(report: &mut Report, head: usize, weights: &Tensor<2>) {
    let shares: Vec<f64> = weights.to_data().iter::<f64>().skip((SEEN - 1) * SEEN).collect();
    let nearest: f64 = shares[SEEN - 4..].iter().sum();
    report.number(
        &format!("nearest-four-head-{head}"),
        &format!("head {head}: shares of the last query for the nearest four keys, together"),
        format!("{nearest:.3}"),
    );
    if head == 1 {
        let share = shares[SEEN - 2];
        report.number(
            "head-1-to-key-22",
            "head 1: share of the last query for key 22, its largest",
            format!("{share:.3}"),
        );
    }
}

/// Figure of a causal mask, a padding mask and both together.
fn masks(device: &Device, report: &mut Report) {
    let (causal, padding) = (causal_mask(5, 5, device), padding_mask(&[3], 5, device));
    let both = combine_masks(causal.clone(), padding.clone());
    let mut either = mask_panel("either", both);
    let queries_of_padding = Block { rows: (3, 5), columns: (0, 5) };
    either.marks = either.marks.outlining([queries_of_padding]);
    report.figure(Figure {
        name: "09-masks".into(),
        title: "What is hidden (1) from whom: the future, the padding, or either".into(),
        alt: "Three 5 x 5 masks. Causal: all above the diagonal is hidden. Padding: the last two \
            columns. Both: wherever either hides."
            .into(),
        band: 0.0,
        panels: vec![mask_panel("causal", causal), mask_panel("padding", padding), either],
    });
}

/// A panel of a mask of five queries and five keys.
fn mask_panel(title: &str, mask: Tensor<4, Bool>) -> Panel {
    panel(title, rows(mask.expand([1, 1, 5, 5]).float().reshape([5, 5])), "")
}

/// A panel of attention weights under a causal mask: keys after the query have none.
fn view(title: &str, weights: Tensor<2>) -> Panel {
    let mut values = rows(weights);
    for (query, row) in values.iter_mut().enumerate() {
        row[query + 1..].fill(f64::NAN);
    }
    let mut panel = panel(title, values, "share of attention");
    panel.marks = panel.marks.between(0.0, MOST_SHOWN);
    panel
}

/// Table of what masks promise: the future does not reach back, padding does not leak, and a query
/// that sees nothing gives zeros.
fn what_masks_promise(device: &Device, report: &mut Report) {
    let layer = MultiHeadAttentionConfig::new(D_MODEL, N_HEADS).with_bias(false).init(device);
    let text = normal([1, 6, D_MODEL], device);
    let mut table = Table::new(["what is changed", "where it is looked for", "largest change"]);

    let causal = causal_mask(6, 6, device);
    let same = text.clone().narrow(TOKENS, 0, 5);
    let changed = Tensor::cat(vec![same, normal([1, 1, D_MODEL], device)], TOKENS);
    let before = layer.forward(text.clone(), Some(causal.clone())).narrow(TOKENS, 0, 5);
    let after = layer.forward(changed, Some(causal.clone())).narrow(TOKENS, 0, 5);
    table.row(["token 6, causal mask", "tokens 1 to 5", &exact(change(before, after))]);

    let filler = normal([1, 3, D_MODEL], device);
    let padding = padding_mask(&[6], 9, device);
    let padded_with = |filler: Tensor<3>| {
        let padded = Tensor::cat(vec![text.clone(), filler], TOKENS);
        layer.forward(padded, Some(padding.clone())).narrow(TOKENS, 0, 6)
    };
    let masked = padded_with(filler.clone());
    let loud = exact(change(padded_with(filler * 100.0), masked.clone()));
    table.row(["3 hidden tokens, 100 times as large", "tokens 1 to 6", &loud]);
    let gone = rounded(change(masked, layer.forward(text.clone(), None)));
    table.row(["3 hidden tokens, taken away", "tokens 1 to 6", &gone]);

    let keep = Tensor::from_ints([[0, 0, 1, 1, 1, 1]], device);
    let mask = combine_masks(causal, padding_mask_from_keep(keep));
    let blind = layer.forward(text, Some(mask)).narrow(TOKENS, 0, 2);
    let from_zero = exact(change(blind.clone(), blind.zeros_like()));
    table.row(["every key hidden (left padding)", "its output, from zero", &from_zero]);

    report.say("Largest change of an output, 8 heads of 32:");
    report.table(&table);
}

/// Largest difference of two outputs.
fn change(a: Tensor<3>, b: Tensor<3>) -> f32 {
    (a - b).abs().max().into_scalar()
}

/// A change that should be none at all, as the table prints it.
fn exact(change: f32) -> String {
    if change == 0.0 { "0".into() } else { format!("{change:.1e}") }
}

/// A change that should be rounding alone, as the table prints it.
fn rounded(change: f32) -> String {
    if change < ROUNDING { "< 1e-6".into() } else { format!("{change:.1e}") }
}

/// Table of outputs with the cache against those without, for each kind of positions.
fn cached_is_uncached(device: &Device, report: &mut Report) {
    let rope = PositionsConfig::Rope(RopeConfig::new(D_MODEL / N_HEADS));
    let kinds =
        [("none", PositionsConfig::None), ("RoPE", rope), ("ALiBi", PositionsConfig::Alibi)];
    report.say(
        "32 tokens at once, and with the cache (10 at once, then one by one): largest difference.",
    );
    let mut table = Table::new(["positions", "largest difference"]);
    for (name, positions) in kinds {
        let layer =
            MultiHeadAttentionConfig::new(D_MODEL, N_HEADS).with_positions(positions).init(device);
        let x = normal([1, 32, D_MODEL], device);
        let whole = layer.forward(x.clone(), Some(causal_mask(32, 32, device)));
        table.row([name, &rounded(change(whole, generated(&layer, &x, 10)))]);
    }
    report.table(&table);
}

/// The outputs of x by way of the cache: `prefill` tokens at once, then one by one.
fn generated(layer: &MultiHeadAttention, x: &Tensor<3>, prefill: usize) -> Tensor<3> {
    let [_, all, _] = x.dims();
    let mut cache = KeyValueCache::new(all);
    let mut outputs = Vec::new();
    let mut end = 0;
    while end < all {
        let (first, tokens) = (end, if end == 0 { prefill } else { 1 });
        end += tokens;
        let new = x.clone().narrow(TOKENS, first, tokens);
        let mask = causal_mask(tokens, end, &x.device());
        outputs.push(layer.forward_cached(new, Some(mask), &mut cache));
    }
    Tensor::cat(outputs, TOKENS)
}

/// Number of tokens in the caches of [`cache_by_groups`].
const CACHED: usize = 128;

/// Table of what query heads save that share keys and values.
fn cache_by_groups(device: &Device, report: &mut Report) {
    report.say(format!(
        "The cache of one layer after {CACHED} tokens, {N_HEADS} query heads of 32, f32:"
    ));
    let mut table =
        Table::new(["key/value heads", "numbers kept", "KiB", "parameters of the projection"]);
    for n_kv_heads in [8, 4, 2, 1] {
        let config =
            MultiHeadAttentionConfig::new(D_MODEL, N_HEADS).with_n_kv_heads(Some(n_kv_heads));
        let layer = config.init(device);
        let mut cache = KeyValueCache::new(CACHED);
        let mask = causal_mask(CACHED, CACHED, device);
        layer.forward_cached(normal([1, CACHED, D_MODEL], device), Some(mask), &mut cache);
        let kib = cache.numbers() * size_of::<f32>() / 1024;
        table.row([
            n_kv_heads,
            cache.numbers(),
            kib,
            layer.projection.weight.shape().num_elements(),
        ]);
    }
    report.table(&table);
}

/// Random numbers of N(0, 1).
fn normal(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// A heatmap of `[queries, keys]`.
fn panel(title: &str, values: Vec<Vec<f64>>, colours: &str) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::linear("key"),
        y: Axis::linear("query"),
        marks: Marks::heatmap(values, Vec::new(), Vec::new(), colours),
    }
}

/// The rows of a matrix.
fn rows(matrix: Tensor<2>) -> Vec<Vec<f64>> {
    let [_, columns] = matrix.dims();
    let numbers: Vec<f64> = matrix.to_data().iter::<f64>().collect();
    let mut rows = Vec::new();
    for row in numbers.chunks(columns) {
        rows.push(row.to_vec());
    }
    rows
}
