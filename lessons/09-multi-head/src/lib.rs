//! # 09 Multi-head attention
//!
//! **Question.** How do several views, and several rules about who may look, fit in one layer?
//!
//! **Equation.** MultiHead(x) = Concat(head_1, .., head_n) W_o, head_i = Attention(x W_q_i, x
//! W_k_i, x W_v_i) (Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2); masked scores
//! are set aside before the softmax (section 3.2.3); groups of query heads may share a key/value
//! head (Ainslie et al. 2023, "GQA", section 2.2).
//!
//! **Builds on.**
//! - `attention::scores(q: Tensor<D>, k: Tensor<D>) -> Tensor<D>`,
//!   `weights(scores: Tensor<D>) -> Tensor<D>` and
//!   `attend(weights: Tensor<D>, v: Tensor<D>) -> Tensor<D>` (lesson 08)
//! - `positions::Rope::rotate(&self, x: Tensor<4>, first_position: usize) -> Tensor<4>` and
//!   `alibi_bias(heads: usize, queries: usize, keys: usize, device: &Device) -> Tensor<3>` (lesson
//!   06)
//!
//! burn has all of this in one fused function, `module::attention`. A test holds the two equal,
//! masks included; the layer runs the one spelt out, which is the faster of the two on the CPU at a
//! sentence's length, has dropout and gives the weights away.
//!
//! **Leaves you with.** [`MultiHeadAttention`], the layer that real checkpoints load into, the
//! masks ([`causal_mask`], [`window_mask`], [`padding_mask`]; **`true` = hidden**) and the
//! [`KeyValueCache`] of generation.
//!
//! **Try.** `cargo rungs run 09`. Then give [`causal_mask`] one key less than queries and read what
//! it says.

mod cache;
pub mod demo;
mod head_norms;
mod mask;
pub mod naive;

use attention::{attend, scores, weights};
use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor};
use kernels::dropout::Dropout;
use kernels::tally::{self, Operation};
use positions::{Rope, RopeConfig, alibi_bias};

pub use cache::KeyValueCache;
pub use head_norms::{HeadNorms, norm_heads};
pub use mask::{causal_mask, combine_masks, padding_mask, padding_mask_from_keep, window_mask};

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "09-multi-head",
    question: "How do several views, and several rules about who may look, fit in one layer?",
    leaves_you_with: "MultiHeadAttention: heads, masks, RoPE and ALiBi, grouped queries and a \
        cache",
    minilm: false,
};

/// Axis of the heads in `[batch, heads, tokens, d_head]`.
const HEADS: usize = 1;

/// Axis of the tokens in `[batch, heads, tokens, d_head]`.
const TOKENS: usize = 2;

/// Axis of the keys in `[batch, heads, queries, keys]`.
const KEYS: usize = 3;

/// U(-1/sqrt(d_in), 1/sqrt(d_in)): burn's and PyTorch's initializer of a linear map.
pub const LINEAR_INITIALIZER: Initializer =
    Initializer::KaimingUniform { gain: 0.577_350_269_189_625_8, fan_out_only: false };

/// Where a token's position enters, if it does so inside the layer.
#[derive(Config, Debug)]
pub enum PositionsConfig {
    /// No positions here: the input carries them already (learned, sinusoidal), or nothing does.
    None,
    /// RoPE: queries and keys are rotated by their position.
    Rope(RopeConfig),
    /// ALiBi: scores fall with the distance, by a slope of each head's own. Meant for causal
    /// attention.
    Alibi,
}

/// Configuration of a [`MultiHeadAttention`].
#[derive(Config, Debug)]
pub struct MultiHeadAttentionConfig {
    /// Width of the model: how many numbers a token has.
    pub d_model: usize,
    /// Number of query heads, each a view of its own.
    pub n_heads: usize,
    /// Width of a head: how many numbers it has. `None` is d_model / n_heads.
    #[config(default = "None")]
    pub d_head: Option<usize>,
    /// Number of key/value heads, each shared by n_heads / n_kv_heads query heads. `None` is as
    /// many as query heads.
    #[config(default = "None")]
    pub n_kv_heads: Option<usize>,
    /// Whether the projections add a bias (BERT and GPT-2 do, LLaMA does not).
    #[config(default = true)]
    pub bias: bool,
    /// Dropout's probability that a weight is zeroed in training.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// How a token's position enters the layer.
    #[config(default = "PositionsConfig::None")]
    pub positions: PositionsConfig,
    /// Epsilon of the norms of queries and keys; `None` for no such norms (Qwen3 has them).
    #[config(default = "None")]
    pub head_norms: Option<f64>,
    /// A factor of all scores beside 1 / sqrt(d_head); `None` for none (GPT-2 may divide the scores
    /// of its deeper layers).
    #[config(default = "None")]
    pub score_scale: Option<f64>,
    /// Initializer of the projections' weights; the default is PyTorch's for a linear map.
    #[config(default = "LINEAR_INITIALIZER")]
    pub initializer: Initializer,
}

// ANCHOR: layer
/// Attention by several heads at once, each in its own part of d_model.
#[derive(Module, Debug)]
pub struct MultiHeadAttention {
    /// Projection to queries, keys and values in one product, \[W_q | W_k | W_v\]:
    /// `[d_model, (n_heads + 2 n_kv_heads) * d_head]`.
    pub projection: Linear,
    /// Projection of the output, W_o, which mixes the heads:
    /// `[n_heads * d_head, d_model]`.
    pub output: Linear,
    /// Dropout of the weights, in training only.
    pub dropout: Dropout,
    /// Norms of queries and keys, before RoPE; only Qwen3 has them.
    pub head_norms: Option<HeadNorms>,
    score_scale: Option<f64>,
    rope: Option<Rope>,
    alibi: bool,
    n_heads: usize,
    n_kv_heads: usize,
}
// ANCHOR_END: layer

impl MultiHeadAttentionConfig {
    /// A fresh layer, its projections drawn by the initializer.
    ///
    /// # Panics
    ///
    /// If the heads do not divide `d_model` and no `d_head` is given, the key/value heads do not
    /// divide the heads, RoPE's width is not that of a head, or the epsilon of `head_norms` is not
    /// above zero.
    pub fn init(&self, device: &Device) -> MultiHeadAttention {
        let Self { d_model, n_heads, .. } = *self;
        let n_kv_heads = self.n_kv_heads.unwrap_or(n_heads);
        assert!(
            n_heads > 0 && n_kv_heads > 0,
            "attention needs at least one head, of queries and of keys"
        );
        assert!(
            d_model > 0 && (self.d_head.is_some() || d_model % n_heads == 0),
            "n_heads = {n_heads} does not divide d_model = {d_model}"
        );
        assert!(
            n_heads.is_multiple_of(n_kv_heads),
            "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
        );
        let d_head = self.d_head.unwrap_or(d_model / n_heads);
        assert!(d_head > 0, "a head needs a d_head above 0");
        MultiHeadAttention {
            projection: self.linear(d_model, (n_heads + 2 * n_kv_heads) * d_head, device),
            output: self.linear(n_heads * d_head, d_model, device),
            dropout: Dropout::new(self.dropout),
            head_norms: self.head_norms.map(|epsilon| HeadNorms::new(d_head, epsilon, device)),
            score_scale: self.score_scale,
            rope: self.rope(d_head, device),
            alibi: matches!(self.positions, PositionsConfig::Alibi),
            n_heads,
            n_kv_heads,
        }
    }

    /// A linear map with this configuration's bias and initializer.
    fn linear(&self, d_input: usize, d_output: usize, device: &Device) -> Linear {
        LinearConfig::new(d_input, d_output)
            .with_bias(self.bias)
            .with_initializer(self.initializer.clone())
            .init(device)
    }

    /// RoPE for heads of `d_head` numbers, if positions enter by RoPE.
    fn rope(&self, d_head: usize, device: &Device) -> Option<Rope> {
        let PositionsConfig::Rope(rope) = &self.positions else { return None };
        let rope = rope.init(device);
        let turned = rope.d_head();
        assert!(turned == d_head, "RoPE of d_head = {turned} cannot turn heads of {d_head}");
        Some(rope)
    }
}

impl MultiHeadAttention {
    /// Every token looks at every token that is not hidden from it, once per head.
    ///
    /// Concat(head_1, .., head_n) W_o (Vaswani et al. 2017, section 3.2.2)
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - mask: `[batch, 1, queries, keys]`, any axis may be 1; **`true` = hidden**. What is
    ///   hidden must be finite all the same: a share of 0 times NaN is NaN
    /// - output: `[batch, tokens, d_model]`; a query whose every key is hidden gets the bias of W_o
    ///   alone
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model` or the mask does not fit.
    pub fn forward(&self, x: Tensor<3>, mask: Option<Tensor<4, Bool>>) -> Tensor<3> {
        if self.is_one_step(&x) {
            let all = linear_map(&self.projection, x);
            let heads =
                kernels::trained_attention::attention(all, self.n_heads, mask, &self.dropout);
            return linear_map(&self.output, heads);
        }
        let (q, k, v) = self.project(x, 0);
        linear_map(&self.output, self.merged_heads(q, k, v, mask))
    }

    /// Whether all heads are computed and trained in one step, by [`kernels::trained_attention`]:
    /// where nothing happens between the product and the scores, unless [`kernels::plain`]; a test
    /// holds the two equal.
    fn is_one_step(&self, x: &Tensor<3>) -> bool {
        let positions = self.alibi || self.rope.is_some();
        let changed = positions || self.head_norms.is_some() || self.score_scale.is_some();
        !changed
            && self.n_kv_heads == self.n_heads
            && !kernels::plain()
            && kernels::trained_attention::computes(x, &self.dropout)
    }

    /// [`MultiHeadAttention::forward`] and who looked at whom, before dropout.
    ///
    /// # Shapes
    ///
    /// - x, mask and first output: as for [`MultiHeadAttention::forward`]
    /// - second output: `[batch, heads, queries, keys]`, probabilities; a row sums to 1, or to 0 if
    ///   all is hidden
    ///
    /// # Panics
    ///
    /// As [`MultiHeadAttention::forward`] does.
    pub fn forward_with_weights(
        &self,
        x: Tensor<3>,
        mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<3>, Tensor<4>) {
        let (q, k, v) = self.project(x, 0);
        let timer = tally::timer(Operation::Attention, || attention_work(&q, &k));
        let (heads, weights) = self.heads(q, k, v, mask);
        let merged = merge_heads(heads);
        drop(timer);
        (linear_map(&self.output, merged), weights)
    }

    /// [`MultiHeadAttention::forward`] of tokens that follow those in the cache, whose keys and
    /// values they see too.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`, the new tokens only
    /// - mask: `[batch, 1, queries, keys]`, any axis may be 1, keys counting the cached ones;
    ///   **`true` = hidden**. Without a mask, new tokens see each other, later ones too
    /// - output: `[batch, tokens, d_model]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`, or the mask or the cache does not fit.
    // ANCHOR: forward_cached
    pub fn forward_cached(
        &self,
        x: Tensor<3>,
        mask: Option<Tensor<4, Bool>>,
        cache: &mut KeyValueCache,
    ) -> Tensor<3> {
        let (q, k, v) = self.project(x, cache.len());
        let (k, v) = cache.append(k, v);
        linear_map(&self.output, self.merged_heads(q, k, v, mask))
    }
    // ANCHOR_END: forward_cached

    /// Number of query heads.
    pub fn n_heads(&self) -> usize {
        self.n_heads
    }

    /// Number of key/value heads.
    pub fn n_kv_heads(&self) -> usize {
        self.n_kv_heads
    }

    /// Width of a head: how many numbers it has.
    pub fn d_head(&self) -> usize {
        let [width, _] = self.output.weight.dims();
        width / self.n_heads
    }

    /// Queries, keys and values, x W_q, x W_k and x W_v, by heads. Norms, if the layer has any, come
    /// first; then RoPE rotates queries and keys to their positions, of which `first_position` is
    /// that of the first token.
    ///
    /// # Shapes
    ///
    /// - x: `[batch, tokens, d_model]`
    /// - queries: `[batch, n_heads, tokens, d_head]`
    /// - keys and values: `[batch, n_kv_heads, tokens, d_head]`
    ///
    /// # Panics
    ///
    /// If the last axis is not `d_model`.
    // ANCHOR: project
    pub fn project(
        &self,
        x: Tensor<3>,
        first_position: usize,
    ) -> (Tensor<4>, Tensor<4>, Tensor<4>) {
        let (n, n_kv) = (self.n_heads, self.n_kv_heads);
        let all = split_heads(linear_map(&self.projection, x), n + 2 * n_kv);
        let q = all.clone().narrow(HEADS, 0, n);
        let k = all.clone().narrow(HEADS, n, n_kv);
        let v = all.narrow(HEADS, n + n_kv, n_kv);
        let (q, k) = match &self.head_norms {
            Some(norms) => norms.forward(q, k),
            None => (q, k),
        };
        let q = match self.score_scale {
            Some(scale) => q * scale, // every score is a product with q
            None => q,
        };
        let Some(rope) = &self.rope else { return (q, k, v) };
        (rope.rotate(q, first_position), rope.rotate(k, first_position), v)
    }
    // ANCHOR_END: project

    /// What each head sees, and its weights before dropout. ALiBi's bias, if positions enter by
    /// ALiBi, is added to the scores.
    ///
    /// # Shapes
    ///
    /// - q: `[batch, n_heads, queries, d_head]`
    /// - k, v: `[batch, n_kv_heads, keys, d_head]`
    /// - mask: `[batch, 1, queries, keys]`, any axis may be 1; **`true` = hidden**
    /// - first output: `[batch, n_heads, queries, d_head]`
    /// - second output: `[batch, n_heads, queries, keys]`
    ///
    /// # Panics
    ///
    /// If the mask does not fit.
    // ANCHOR: heads
    pub fn heads(
        &self,
        q: Tensor<4>,
        k: Tensor<4>,
        v: Tensor<4>,
        mask: Option<Tensor<4, Bool>>,
    ) -> (Tensor<4>, Tensor<4>) {
        assert_mask_fits(mask.as_ref(), &q, &k);
        let alibi = self.alibi(&q, &k);
        let mut scores = scores(q, share_heads(k, self.n_heads));
        if let Some(bias) = alibi {
            scores = scores + bias;
        }
        let weights = masked_weights(scores, mask);
        let kept = self.dropout.forward(weights.clone());
        (attend(kept, share_heads(v, self.n_heads)), weights)
    }
    // ANCHOR_END: heads

    /// What each head sees, side by side: [`merge_heads`] of [`MultiHeadAttention::heads`]. Without
    /// training and ALiBi it is one step, by [`kernels::attention`] unless [`kernels::plain`]; a
    /// test holds the two equal.
    ///
    /// # Shapes
    ///
    /// - q, k, v and mask: as for [`MultiHeadAttention::heads`]
    /// - output: `[batch, queries, n_heads * d_head]`
    ///
    /// # Panics
    ///
    /// If the mask does not fit.
    pub fn merged_heads(
        &self,
        q: Tensor<4>,
        k: Tensor<4>,
        v: Tensor<4>,
        mask: Option<Tensor<4, Bool>>,
    ) -> Tensor<3> {
        assert_mask_fits(mask.as_ref(), &q, &k);
        let _timer = tally::timer(Operation::Attention, || attention_work(&q, &k));
        if !self.alibi && !kernels::plain() {
            let merged = kernels::attention::attention(&q, &k, &v, mask.as_ref());
            if let Some(merged) = merged {
                return merged;
            }
        }
        let (heads, _) = self.heads(q, k, v, mask);
        merge_heads(heads)
    }

    /// ALiBi's bias of the scores of these queries and keys, if positions enter by ALiBi.
    ///
    /// # Shapes
    ///
    /// - q: `[batch, n_heads, queries, d_head]`
    /// - k: `[batch, n_kv_heads, keys, d_head]`
    /// - output: `[1, n_heads, queries, keys]`
    pub fn alibi(&self, q: &Tensor<4>, k: &Tensor<4>) -> Option<Tensor<4>> {
        if !self.alibi {
            return None;
        }
        let (queries, keys) = (q.dims()[TOKENS], k.dims()[TOKENS]);
        Some(alibi_bias(self.n_heads, queries, keys, &q.device()).unsqueeze())
    }
}

/// x W + b, as `map.forward(x)` gives it: by [`kernels::linear`], unless [`kernels::plain`]; a test
/// holds the two equal.
///
/// # Shapes
///
/// - map: weight `[d_input, d_output]` and bias `[d_output]`, if it has one
/// - x: `[.., d_input]`
/// - output: `[.., d_output]`
///
/// # Panics
///
/// If the last axis is not `d_input`.
pub fn linear_map<const D: usize>(map: &Linear, x: Tensor<D>) -> Tensor<D> {
    let _timer = tally::timer(Operation::Product, || {
        let [d_input, d_output] = map.weight.dims();
        tally::product(x.shape().num_elements() / d_input.max(1), d_input, d_output)
    });
    if kernels::plain() { map.forward(x) } else { kernels::linear::linear(map, x) }
}

/// Keys or values, each head repeated for every query head that reads it: query head i gets
/// key/value head i / (n_heads / n_kv_heads).
///
/// (Ainslie et al. 2023, "GQA", section 2.2)
///
/// # Shapes
///
/// - kv: `[batch, n_kv_heads, tokens, d_head]`
/// - output: `[batch, n_heads, tokens, d_head]`
///
/// # Panics
///
/// If the key/value heads do not divide the heads.
// ANCHOR: share_heads
pub fn share_heads(kv: Tensor<4>, n_heads: usize) -> Tensor<4> {
    let [batch, n_kv_heads, tokens, d_head] = kv.dims();
    assert!(
        n_heads.is_multiple_of(n_kv_heads),
        "n_kv_heads = {n_kv_heads} does not divide n_heads = {n_heads}"
    );
    if n_kv_heads == n_heads {
        return kv;
    }
    let repeated: Tensor<5> =
        kv.unsqueeze_dim::<5>(TOKENS).repeat_dim(TOKENS, n_heads / n_kv_heads);
    repeated.reshape([batch, n_heads, tokens, d_head])
}
// ANCHOR_END: share_heads

/// [`weights`] of the keys that are not hidden; a query without any gets zeros, never NaN.
///
/// # Shapes
///
/// - scores: `[batch, heads, queries, keys]`
/// - mask: `[batch, 1, queries, keys]`, any axis may be 1; **`true` = hidden**
/// - output: `[batch, heads, queries, keys]`, probabilities; a row sums to 1, or to 0 if all is
///   hidden
// ANCHOR: masked_weights
pub fn masked_weights(scores: Tensor<4>, mask: Option<Tensor<4, Bool>>) -> Tensor<4> {
    let Some(mask) = mask else { return weights(scores) };
    // The lowest finite number: with -inf a row of nothing else would be NaN, and so
    // would be its gradient.
    let lowest = scores.dtype().finfo().expect("scores are floats").min;
    let sees_nothing = mask.clone().all_dim(KEYS); // [batch, 1, queries, 1]
    weights(scores.mask_fill(mask, lowest)).mask_fill(sees_nothing, 0.0)
}
// ANCHOR_END: masked_weights

/// The model's width cut into heads.
///
/// # Shapes
///
/// - x: `[batch, tokens, heads * d_head]`
/// - output: `[batch, heads, tokens, d_head]`
///
/// # Panics
///
/// If the heads do not divide the last axis.
// ANCHOR: split_heads
pub fn split_heads(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    assert!(width.is_multiple_of(heads), "{heads} heads do not divide {width} numbers");
    x.reshape([batch, tokens, heads, width / heads]).swap_dims(HEADS, TOKENS)
}
// ANCHOR_END: split_heads

/// The heads side by side again: the inverse of [`split_heads`].
///
/// # Shapes
///
/// - x: `[batch, heads, tokens, d_head]`
/// - output: `[batch, tokens, heads * d_head]`
// ANCHOR: merge_heads
pub fn merge_heads(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, d_head] = x.dims();
    x.swap_dims(HEADS, TOKENS).reshape([batch, tokens, heads * d_head])
}
// ANCHOR_END: merge_heads

/// FLOPs and bytes of attention that keeps its scores in the cache: two products a head, and per
/// score what its share of the softmax takes, counted as in lesson 16.
fn attention_work(q: &Tensor<4>, k: &Tensor<4>) -> [u64; 2] {
    const SOFTMAX: usize = 26;
    let [batch, heads, queries, d_head] = q.dims();
    let keys = k.dims()[TOKENS];
    let scores = batch * heads * queries * keys;
    let moved = 2 * (q.shape().num_elements() + k.shape().num_elements());
    [(scores * (4 * d_head + SOFTMAX)) as u64, (moved * size_of::<f32>()) as u64]
}

/// Panics if an axis of the mask is neither 1 nor that of the scores of q and k.
fn assert_mask_fits(mask: Option<&Tensor<4, Bool>>, q: &Tensor<4>, k: &Tensor<4>) {
    let Some(mask) = mask else { return };
    let [batch, heads, queries, _] = q.dims();
    let scores = [batch, heads, queries, k.dims()[TOKENS]];
    for (axis, size) in mask.dims().into_iter().enumerate() {
        assert!(
            size == 1 || size == scores[axis],
            "a mask of {:?} does not fit scores of {scores:?}",
            mask.dims()
        );
    }
}
