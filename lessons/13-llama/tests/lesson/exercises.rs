//! What a learner writes here, checked: `cargo learn open 13.1`.

use burn::tensor::{Tensor, TensorData};
use decoder::LanguageModel;
use exercise::{Exercise, Probe, mistakes};
use heads::PositionsConfig;
use layer::DecoderLayerConfig;
use llama::checkpoint::half_split_columns;
use llama::{LayerParameters, Llama, LlamaConfig, cache_bytes, layer_parameters, tokens_read};
use positions::RopeScaling;
use rand::RngExt;
use rand::rngs::StdRng;
use training::Preset;

use crate::drawn;

#[path = "mistakes/13.1.rs"]
mod mistakes_13_1;
#[path = "mistakes/13.2.rs"]
mod mistakes_13_2;
#[path = "mistakes/13.3.rs"]
mod mistakes_13_3;
#[path = "mistakes/13.4.rs"]
mod mistakes_13_4;
#[path = "mistakes/13.5.rs"]
mod mistakes_13_5;
#[path = "mistakes/13.6.rs"]
mod mistakes_13_6;
#[path = "mistakes/13.7.rs"]
mod mistakes_13_7;

type Layer = fn(&LlamaConfig) -> DecoderLayerConfig;
type Unembed = fn(&Llama, Tensor<3>) -> Tensor<3>;
type Parameters = fn(usize, usize, usize, usize) -> LayerParameters;
type OfPreset = fn(&Preset, usize) -> LlamaConfig;
type CacheBytes = fn(u64, u64, u64, u64, u64) -> u64;
type TokensRead = fn(usize, usize, usize, bool) -> usize;
type Columns = fn(usize, usize, usize) -> Vec<usize>;

#[test]
fn exercise_13_1() {
    layer_13_1().check();
}

#[test]
fn exercise_13_2() {
    unembed_13_2().check();
}

#[test]
fn exercise_13_3() {
    layer_parameters_13_3().check();
}

#[test]
fn exercise_13_4() {
    preset_13_4().check();
}

#[test]
fn exercise_13_5() {
    cache_bytes_13_5().check();
}

#[test]
fn exercise_13_6() {
    tokens_read_13_6().check();
}

#[test]
fn exercise_13_7() {
    half_split_columns_13_7().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    layer_13_1().tell_mistakes_apart();
    unembed_13_2().tell_mistakes_apart();
    layer_parameters_13_3().tell_mistakes_apart();
    preset_13_4().tell_mistakes_apart();
    cache_bytes_13_5().tell_mistakes_apart();
    tokens_read_13_6().tell_mistakes_apart();
    half_split_columns_13_7().tell_mistakes_apart();
}

fn layer_13_1() -> Exercise<Layer> {
    let exercise = Exercise::new("13.1", "LlamaConfig::layer", LlamaConfig::layer as Layer)
        .probe(
            "d_model 12, 6 heads, 3 of keys and values, d_ff 40, nothing else set",
            |layer: Layer| {
                let llama = LlamaConfig::new(24, 12, 2, 6, 40, 16).with_n_kv_heads(Some(3));
                settings(&layer(&llama))
            },
            "d_model 12, d_ff 40\n\
             heads: 6 of 2 numbers, 3 of keys and values\n\
             norm Rms, epsilon 0.00001\n\
             feed-forward SwiGlu, bias false, dropout 0\n\
             RoPE: d_head 2, theta 10000, scaling None, HalfSplit",
        )
        .probe(
            "d_model 12, 6 heads of 8, one of keys and values, d_ff 20\n\
             epsilon 0.000001, theta 500000, scaling linear by 4, dropout 0.1",
            |layer| {
                let llama = LlamaConfig::new(24, 12, 2, 6, 20, 16)
                    .with_n_kv_heads(Some(1))
                    .with_d_head(Some(8))
                    .with_epsilon(1e-6)
                    .with_theta(500_000.0)
                    .with_scaling(RopeScaling::Linear { factor: 4.0 })
                    .with_dropout(0.1);
                settings(&layer(&llama))
            },
            "d_model 12, d_ff 20\n\
             heads: 6 of 8 numbers, 1 of keys and values\n\
             norm Rms, epsilon 0.000001\n\
             feed-forward SwiGlu, bias false, dropout 0.1\n\
             RoPE: d_head 8, theta 500000, scaling Linear { factor: 4.0 }, HalfSplit",
        );
    mistakes!(
        exercise,
        mistakes_13_1: the_width_of_a_head_worked_out_and_not_the_one_that_was_set,
        the_scaling_of_rope_forgotten,
        the_theta_of_rope_forgotten,
        the_biases_left_in,
        the_queries_not_grouped,
        the_norm_of_gpt_2,
        the_epsilon_forgotten,
        the_dropout_forgotten,
    )
}

/// A layer's settings in words, with what `None` stands for put in.
fn settings(layer: &DecoderLayerConfig) -> String {
    let d_head = layer.d_head.unwrap_or(layer.d_model / layer.n_heads);
    let n_kv_heads = layer.n_kv_heads.unwrap_or(layer.n_heads);
    let positions = match &layer.positions {
        PositionsConfig::Rope(rope) => format!(
            "RoPE: d_head {}, theta {}, scaling {:?}, {:?}",
            rope.d_head, rope.theta, rope.scaling, rope.layout
        ),
        PositionsConfig::None => "no positions".into(),
        PositionsConfig::Alibi => "ALiBi".into(),
    };
    format!(
        "d_model {}, d_ff {}\nheads: {} of {d_head} numbers, {n_kv_heads} of keys and values\n\
         norm {:?}, epsilon {}\nfeed-forward {:?}, bias {}, dropout {}\n{positions}",
        layer.d_model,
        layer.d_ff,
        layer.n_heads,
        layer.norm,
        layer.epsilon,
        layer.feed_forward,
        layer.bias,
        layer.dropout
    )
}

fn unembed_13_2() -> Exercise<Unembed> {
    let exercise =
        Exercise::new("13.2", "Llama::unembed", <Llama as LanguageModel>::unembed as Unembed)
            .read_through(true, "the token table, which is the output")
            .read_through(false, "the output matrix");
    mistakes!(
        exercise,
        mistakes_13_2: the_token_table_although_there_is_an_output,
        an_output_taken_to_be_always_there,
        both_tables_added_up,
        shares_and_not_logits,
        normed_a_second_time,
        divided_by_the_square_root_of_d_model,
    )
}

const X: [[[f32; 4]; 3]; 2] = [
    [[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 2.0], [4.0, 0.5, 0.0, -1.0]],
    [[-0.5, 1.5, 2.0, 0.0], [3.0, -3.0, 1.0, 0.5], [1.0, 0.0, 2.5, -2.0]],
];

trait ReadThrough {
    fn read_through(self, tied: bool, called: &str) -> Self;
}

impl ReadThrough for Exercise<Unembed> {
    /// Asks for the logits of [`X`], of a model of five tokens whose weights are random.
    fn read_through(self, tied: bool, called: &str) -> Self {
        let device = backend::open("flex").expect("the CPU is always there");
        let model = drawn(&LlamaConfig::new(5, 4, 1, 2, 6, 8).with_tied(tied), &device);
        let (matrix, rows): (Tensor<2>, _) = match &model.output {
            Some(output) => (output.weight.val(), "d_model"),
            None => (model.tokens.weight.val(), "vocab"),
        };
        let numbers: Vec<f32> = matrix.into_data().iter().collect();
        let mut expected = Vec::new();
        for text in X {
            let mut logits = Vec::new();
            for vector in text {
                let mut row = vec![0.0; 5];
                for (token, logit) in row.iter_mut().enumerate() {
                    for (i, number) in vector.iter().enumerate() {
                        let at = if rows == "vocab" { token * 4 + i } else { i * 5 + token };
                        *logit += number * numbers[at];
                    }
                }
                logits.push(row);
            }
            expected.push(logits);
        }
        let x: Tensor<3> = Tensor::from_data(TensorData::from(X), &device);
        let given = format!("x = {X:?}\n{called}, a row for each of {rows} = {numbers:?}");
        self.probe(given, move |unembed| unembed(&model, x.clone()), expected)
    }
}

fn layer_parameters_13_3() -> Exercise<Parameters> {
    let exercise = Exercise::new("13.3", "layer_parameters", layer_parameters as Parameters)
        .probe(
            "d_model 12, 6 heads, d_ff 32, and 6, 3 and 1 heads of keys and values\n\
             attention, feed_forward and norms of each",
            |parameters| [6, 3, 1].map(|kv| three(parameters(12, 6, kv, 32))),
            [[576, 1152, 24], [432, 1152, 24], [336, 1152, 24]],
        )
        .probe(
            "d_model 10, 5 heads, d_ff 7, one head of keys and values",
            |parameters: Parameters| three(parameters(10, 5, 1, 7)),
            [240, 210, 20],
        )
        .random(random_layer_parameters);
    mistakes!(
        exercise,
        mistakes_13_3: queries_and_output_shrink_as_well,
        keys_and_values_of_one_head_only,
        keys_and_values_not_grouped,
        the_biases_of_the_attention_counted,
        two_maps_in_the_feed_forward,
        four_times_d_model_inside_the_feed_forward,
        a_bias_in_each_norm,
    )
}

fn three(parameters: LayerParameters) -> [usize; 3] {
    let LayerParameters { attention, feed_forward, norms } = parameters;
    [attention, feed_forward, norms]
}

/// The numbers of every map, by what goes in and what comes out.
fn random_layer_parameters(rng: &mut StdRng) -> Probe<Parameters> {
    let [groups, shared, d_head, d_ff] = [(); 4].map(|()| rng.random_range(1..9));
    let (n_heads, d_model) = (groups * shared, groups * shared * d_head);
    let queries = d_model * (n_heads * d_head);
    let output = (n_heads * d_head) * d_model;
    let keys = d_model * (groups * d_head);
    let [gate, up, down] = [d_model * d_ff, d_model * d_ff, d_ff * d_model];
    let expected = [queries + keys + keys + output, gate + up + down, d_model + d_model];
    let given =
        format!("d_model {d_model}, {n_heads} heads, {groups} of keys and values, d_ff {d_ff}");
    let ask = move |parameters: Parameters| three(parameters(d_model, n_heads, groups, d_ff));
    Probe::new(given, ask, expected)
}

fn preset_13_4() -> Exercise<OfPreset> {
    let exercise = Exercise::new("13.4", "LlamaConfig::preset", LlamaConfig::preset as OfPreset)
        .of_preset(32, 4, 0.0, 96, 2)
        .of_preset(64, 8, 0.2, 176, 4)
        .of_preset(48, 4, 0.0, 128, 2)
        .of_preset(50, 5, 0.0, 144, 5)
        .of_preset(30, 1, 0.0, 80, 1);
    mistakes!(
        exercise,
        mistakes_13_4: four_times_d_model,
        not_a_multiple_of_16,
        rounded_down,
        eight_divided_by_three_first,
        an_odd_number_of_heads_halved,
        the_queries_not_grouped,
        two_key_value_heads_whatever_the_heads,
        the_dropout_forgotten,
    )
}

trait AnswersTo {
    fn of_preset(self, d_model: usize, heads: usize, dropout: f64, d_ff: usize, kv: usize) -> Self;
}

impl AnswersTo for Exercise<OfPreset> {
    /// Asks for the configuration of a preset with these sizes: its `d_ff` and key/value heads, and
    /// what it takes over.
    fn of_preset(self, d_model: usize, heads: usize, dropout: f64, d_ff: usize, kv: usize) -> Self {
        let preset =
            Preset { d_model, n_heads: heads, n_layers: 3, block: 20, dropout, ..Preset::TINY };
        let ask = move |of_preset: OfPreset| {
            let llama = of_preset(&preset, 65);
            let LlamaConfig { vocab, d_model, n_layers, n_heads, d_ff, max_tokens, .. } = llama;
            let kv = llama.n_kv_heads();
            format!(
                "d_ff {d_ff}\n{n_heads} heads, {kv} of keys and values\ndropout {}\n\
                 vocab {vocab}, d_model {d_model}, {n_layers} layers, {max_tokens} tokens",
                llama.dropout
            )
        };
        let expected = format!(
            "d_ff {d_ff}\n{heads} heads, {kv} of keys and values\ndropout {dropout}\n\
             vocab 65, d_model {d_model}, 3 layers, 20 tokens"
        );
        let given = format!(
            "vocab 65, d_model {d_model}, {heads} heads, 3 layers, block 20, dropout {dropout}"
        );
        self.probe(given, ask, expected)
    }
}

fn cache_bytes_13_5() -> Exercise<CacheBytes> {
    let exercise = Exercise::new("13.5", "cache_bytes", cache_bytes as CacheBytes)
        .probe(
            "3 layers, 5 key/value heads of 4 numbers, 7 tokens, 2 bytes a number",
            |bytes: CacheBytes| bytes(3, 5, 4, 7, 2),
            1680,
        )
        .probe(
            "28 layers, 8 key/value heads of 128 numbers, 131072 tokens, 2 bytes a number",
            |bytes: CacheBytes| bytes(28, 8, 128, 131_072, 2),
            15_032_385_536_u64,
        )
        .probe("the same without a token", |bytes: CacheBytes| bytes(28, 8, 128, 0, 2), 0)
        .random(random_cache_bytes);
    mistakes!(
        exercise,
        mistakes_13_5: the_keys_without_the_values,
        the_queries_kept_as_well,
        one_layer_only,
        one_head_only,
        the_newest_token_only,
        four_bytes_whatever_the_numbers,
        bits_and_not_bytes,
    )
}

/// Counted one key and one value at a time.
fn random_cache_bytes(rng: &mut StdRng) -> Probe<CacheBytes> {
    let [layers, heads, d_head, tokens, bytes] = [(); 5].map(|()| rng.random_range(1..7));
    let mut expected = 0;
    for _layer in 0..layers {
        for _head in 0..heads {
            for _token in 0..tokens {
                let (key, value) = (d_head * bytes, d_head * bytes);
                expected += key + value;
            }
        }
    }
    let given = format!(
        "{layers} layers, {heads} key/value heads of {d_head} numbers, {tokens} tokens, \
         {bytes} bytes a number"
    );
    let ask = move |cache_bytes: CacheBytes| cache_bytes(layers, heads, d_head, tokens, bytes);
    Probe::new(given, ask, expected)
}

fn tokens_read_13_6() -> Exercise<TokensRead> {
    let exercise = Exercise::new("13.6", "tokens_read", tokens_read as TokensRead)
        .probe(
            "2 tokens, 3 new ones, a window of 9; with the cache and without",
            |read| [true, false].map(|with_cache| read(2, 3, 9, with_cache)),
            [2 + 1 + 1, 2 + 3 + 4],
        )
        .probe(
            "2 tokens, 8 new ones, a window of 4; with the cache and without",
            |read| [true, false].map(|with_cache| read(2, 8, 4, with_cache)),
            [2 + 1 + 1 + 2 + 1 + 1 + 2 + 1, 2 + 3 + 4 + 2 + 3 + 4 + 2 + 3],
        )
        .probe(
            "8 tokens, 200 new ones, a window of 128; with the cache and without",
            |read| [true, false].map(|with_cache| read(8, 200, 128, with_cache)),
            [333, 15455],
        )
        .probe(
            "30 tokens, 2 new ones, a window of 5; with the cache and without",
            |read| [true, false].map(|with_cache| read(30, 2, 5, with_cache)),
            [3 + 1, 3 + 4],
        )
        .probe("6 tokens and no new one", |read: TokensRead| read(6, 0, 9, true), 0)
        .random(random_tokens_read);
    mistakes!(
        exercise,
        mistakes_13_6: no_window,
        one_token_forgotten_at_a_time,
        the_cache_kept_when_the_older_half_is_forgotten,
        the_prompt_not_read,
        the_last_new_token_read_as_well,
        the_cache_never_filled,
    )
}

/// A list of the tokens that are seen, each with a note whether the cache has it.
fn random_tokens_read(rng: &mut StdRng) -> Probe<TokensRead> {
    let [prompt, new, window] = [12, 40, 12].map(|end| rng.random_range(1..end));
    let with_cache: bool = rng.random();
    let mut in_cache = vec![false; prompt];
    let mut expected = 0;
    for _ in 0..new {
        if in_cache.len() > window {
            in_cache = vec![false; window - window / 2];
        }
        expected += in_cache.iter().filter(|&&cached| !cached).count();
        in_cache.fill(with_cache);
        in_cache.push(false);
    }
    let cache = if with_cache { "with" } else { "without" };
    let given = format!("{prompt} tokens, {new} new ones, a window of {window}; {cache} the cache");
    let ask = move |tokens_read: TokensRead| tokens_read(prompt, new, window, with_cache);
    Probe::new(given, ask, expected)
}

fn half_split_columns_13_7() -> Exercise<Columns> {
    let exercise = Exercise::new("13.7", "half_split_columns", half_split_columns as Columns)
        .probe(
            "one head of 6 columns, and no others",
            |columns: Columns| columns(1, 6, 6),
            vec![0_usize, 2, 4, 1, 3, 5],
        )
        .probe(
            "3 heads of 4 columns, and 4 columns of values",
            |columns: Columns| columns(3, 4, 16),
            vec![0_usize, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 13, 14, 15],
        )
        .random(random_half_split_columns);
    mistakes!(
        exercise,
        mistakes_13_7: the_way_in_and_not_the_way_back,
        nothing_moved,
        all_heads_as_one,
        the_second_halves_first,
        the_values_moved_as_well,
        the_values_left_out,
        the_head_left_out_of_the_place,
    )
}

/// Every column is put where it belongs in the file, and then looked for.
fn random_half_split_columns(rng: &mut StdRng) -> Probe<Columns> {
    let [heads, pairs, values] = [(); 3].map(|()| rng.random_range(1..5));
    let (d_head, values) = (2 * pairs, 2 * pairs * values);
    let mut file = Vec::new();
    for head in 0..heads {
        for pair in 0..pairs {
            file.push(head * d_head + pair);
            file.push(head * d_head + pairs + pair);
        }
    }
    let columns = heads * d_head + values;
    file.extend(heads * d_head..columns);
    let place = |column| file.iter().position(|&there| there == column).unwrap_or_default();
    let expected: Vec<usize> = (0..columns).map(place).collect();
    let given = format!("{heads} heads of {d_head} columns, and {values} columns of values");
    Probe::new(given, move |half_split: Columns| half_split(heads, d_head, columns), expected)
}
