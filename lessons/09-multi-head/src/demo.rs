//! What the lesson shows.

use burn::tensor::{Bool, Device, Distribution, Tensor};
use course::{Axis, Figure, Marks, Panel, Report, Run, Step, Table};
use positions::RopeConfig;

use crate::{
    KeyValueCache, MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask,
    combine_masks, padding_mask, padding_mask_from_keep,
};

/// Numbers a token has in this demo.
const D_MODEL: usize = 256;

/// Heads in this demo, of 32 numbers each.
const N_HEADS: usize = 8;

/// Runs the lesson.
///
/// # Errors
///
/// None: it reads nothing.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    let mut report = Report::default();
    report.figure(shapes());
    several_views(run.device, &mut report);
    masks(run.device, &mut report);
    what_masks_promise(run.device, &mut report);
    cached_is_uncached(run.device, &mut report);
    cache_by_groups(run.device, &mut report);
    Ok(report)
}

/// Which axes go in and which come out.
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

/// Tokens that the four heads look at.
const SEEN: usize = 24;

/// Four heads of one layer over the same tokens.
fn several_views(device: &Device, report: &mut Report) {
    let layer =
        MultiHeadAttentionConfig::new(64, 4).with_positions(PositionsConfig::Alibi).init(device);
    let x = normal([1, SEEN, 64], device);
    let (_, weights) = layer.forward_with_weights(x, Some(causal_mask(SEEN, SEEN, device)));
    let panels = (0..4).map(|head| {
        let values: Tensor<4> = weights.clone().narrow(1, head, 1);
        panel(&format!("head {}", head + 1), values.reshape([SEEN, SEEN]))
    });
    report.figure(Figure {
        name: "09-heads".into(),
        title: "Four heads, four views: one untrained layer with ALiBi under a causal mask".into(),
        alt: "Four heatmaps of attention weights of 24 queries over 24 keys. Each is a lower \
            triangle. The first head's weight lies near the diagonal, that of later heads spreads \
            over the whole past."
            .into(),
        band: 1e-3,
        panels: panels.collect(),
    });
}

/// The two masks and their sum as pictures.
fn masks(device: &Device, report: &mut Report) {
    let (causal, padding) = (causal_mask(5, 5, device), padding_mask(&[3], 5, device));
    let both = combine_masks(causal.clone(), padding.clone());
    let picture = |title, mask: Tensor<4, Bool>| {
        panel(title, mask.expand([1, 1, 5, 5]).float().reshape([5, 5]))
    };
    report.figure(Figure {
        name: "09-masks".into(),
        title:
            "What is hidden (1) from whom: the future, the padding of a text of 3 in 5, and both"
                .into(),
        alt: "Three 5 x 5 masks. Causal: all above the diagonal is hidden. Padding: the last two \
            columns. Both: wherever either hides."
            .into(),
        band: 0.0,
        panels: vec![
            picture("causal", causal),
            picture("padding", padding),
            picture("either", both),
        ],
    });
}

/// The future does not reach back, padding does not leak, a blind query gives zeros.
fn what_masks_promise(device: &Device, report: &mut Report) {
    let layer = MultiHeadAttentionConfig::new(D_MODEL, N_HEADS).with_bias(false).init(device);
    let text = normal([1, 6, D_MODEL], device);
    let mask = causal_mask(6, 6, device);
    let changed =
        Tensor::cat(vec![text.clone().narrow(1, 0, 5), normal([1, 1, D_MODEL], device)], 1);
    let earlier = |x| layer.forward(x, Some(mask.clone())).narrow(1, 0, 5);
    report.say("Largest change of an output, 8 heads of 32:");
    let mut table = Table::new(["what is changed", "where it is looked for", "largest change"]);
    let row = |table: &mut Table, what: &str, place: &str, change: f32| {
        table.row([what, place, &format!("{change:.1e}")]);
    };
    row(
        &mut table,
        "token 6, causal mask",
        "tokens 1 to 5",
        gap(earlier(text.clone()), earlier(changed)),
    );

    let padded = Tensor::cat(vec![text.clone(), normal([1, 3, D_MODEL], device) * 100.0], 1);
    let masked = layer.forward(padded, Some(padding_mask(&[6], 9, device))).narrow(1, 0, 6);
    row(
        &mut table,
        "3 tokens of padding, hidden",
        "tokens 1 to 6",
        gap(masked, layer.forward(text.clone(), None)),
    );

    let keep = Tensor::from_ints([[0, 0, 1, 1, 1, 1]], device);
    let mask = combine_masks(mask, padding_mask_from_keep(keep));
    let blind = layer.forward(text, Some(mask)).narrow(1, 0, 2);
    let zeros = blind.zeros_like();
    row(&mut table, "every key hidden (left padding)", "its output, from zero", gap(blind, zeros));
    report.table(&table);
}

/// Prefill of ten tokens, then one by one.
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
        table.row([name.to_string(), format!("{:.1e}", gap(whole, generated(&layer, &x, 10)))]);
    }
    report.table(&table);
}

/// The outputs of x by way of the cache.
fn generated(layer: &MultiHeadAttention, x: &Tensor<3>, prefill: usize) -> Tensor<3> {
    let mut cache = KeyValueCache::new(x.dims()[1]);
    let mut outputs = Vec::new();
    while cache.len() < x.dims()[1] {
        let tokens = if cache.is_empty() { prefill } else { 1 };
        let mask = causal_mask(tokens, cache.len() + tokens, &x.device());
        let new = x.clone().narrow(1, cache.len(), tokens);
        outputs.push(layer.forward_cached(new, Some(mask), &mut cache));
    }
    Tensor::cat(outputs, 1)
}

/// What sharing keys and values saves.
fn cache_by_groups(device: &Device, report: &mut Report) {
    const TOKENS: usize = 128;
    report.say(format!(
        "The cache of one layer after {TOKENS} tokens, {N_HEADS} query heads of 32, f32:"
    ));
    let mut table =
        Table::new(["key/value heads", "numbers kept", "KiB", "parameters of the projection"]);
    for n_kv_heads in [8, 4, 2, 1] {
        let config =
            MultiHeadAttentionConfig::new(D_MODEL, N_HEADS).with_n_kv_heads(Some(n_kv_heads));
        let layer = config.init(device);
        let mut cache = KeyValueCache::new(TOKENS);
        let mask = causal_mask(TOKENS, TOKENS, device);
        layer.forward_cached(normal([1, TOKENS, D_MODEL], device), Some(mask), &mut cache);
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

fn normal(shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

fn gap(a: Tensor<3>, b: Tensor<3>) -> f32 {
    (a - b).abs().max().into_scalar()
}

fn panel(title: &str, values: Tensor<2>) -> Panel {
    let [_, keys] = values.dims();
    let numbers: Vec<f64> = values.to_data().iter::<f32>().map(f64::from).collect();
    Panel {
        title: title.into(),
        x: Axis::linear("key"),
        y: Axis::linear("query"),
        marks: Marks::Heatmap {
            values: numbers.chunks(keys).map(<[f64]>::to_vec).collect(),
            columns: Vec::new(),
            rows: Vec::new(),
        },
    }
}
