//! Against plain loops, burn's own and PyTorch.

use attention::{attend, scores};
use burn::module::Param;
use burn::nn::attention::{MhaInput, MultiHeadAttentionConfig as BurnConfig};
use burn::tensor::{Bool, Device, Tensor, TensorData, module};
use golden::{assert_close, assert_data_close};
use heads::naive::{self, Sizes};
use heads::{
    MultiHeadAttention, MultiHeadAttentionConfig, PositionsConfig, causal_mask, combine_masks,
    masked_weights, padding_mask, share_heads,
};
use positions::RopeConfig;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{numbers, random};

#[test]
fn masked_attention_agrees_with_pytorch_and_with_burns_fused_one() {
    let device = backend::from_env();
    let part = golden::part("attention");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let [q, k, v] = ["q", "k", "v"].map(|name| part.tensor::<4>(name, &device));
    for case in ["plain", "causal", "padding", "causal_and_padding"] {
        let mask =
            (case != "plain").then(|| part.mask(&format!("cases/{case}/keep_mask"), &device));
        let expected = |what: &str| part.tensor::<4>(&format!("cases/{case}/{what}"), &device);
        let weights = masked_weights(scores(q.clone(), k.clone()), mask.clone());
        assert_close(&weights, &expected("weights"), tolerance);
        assert_close(&attend(weights, v.clone()), &expected("output"), tolerance);
        let fused =
            module::attention(q.clone(), k.clone(), v.clone(), mask, None, Default::default());
        assert_close(&fused, &expected("output"), tolerance);
    }
}

#[test]
fn the_masks_are_those_recorded_from_pytorch() {
    let device = backend::from_env();
    let part = golden::part("attention");
    let [batch, _, tokens, _] = part.tensor::<4>("q", &device).dims();
    let lengths: Vec<usize> =
        numbers(&part.ids::<1>("lengths", &device).float()).iter().map(|&n| n as usize).collect();
    let padding = padding_mask(&lengths, tokens, &device);
    let causal = causal_mask(tokens, tokens, &device);
    let shape = [batch, 1, tokens, tokens];
    let both = combine_masks(causal.clone(), padding.clone());
    let built = [
        ("causal", causal.expand(shape)),
        ("padding", padding.expand(shape)),
        ("causal_and_padding", both),
    ];
    for (case, mask) in built {
        let recorded = part.mask::<4>(&format!("cases/{case}/keep_mask"), &device);
        assert_eq!(flags(&mask), flags(&recorded), "{case}");
    }
}

fn flags(mask: &Tensor<4, Bool>) -> Vec<bool> {
    mask.to_data().iter().collect()
}

#[test]
fn grouped_queries_agree_with_pytorch() {
    let device = backend::from_env();
    let part = golden::part("attention");
    let [q, k, v] =
        ["q", "k", "v"].map(|name| part.tensor::<4>(&format!("grouped/{name}"), &device));
    let [_, n_heads, tokens, _] = q.dims();
    let mask = Some(causal_mask(tokens, tokens, &device));
    let weights = masked_weights(scores(q, share_heads(k, n_heads)), mask);
    let output = attend(weights, share_heads(v, n_heads));
    let tolerance = backend::tolerance(&device, part.tolerance());
    assert_close(&output, &part.tensor("grouped/causal_output", &device), tolerance);
}

/// Some keys hidden at random, the first query's all: `[batch, 1, tokens, tokens]`.
fn holes(batch: usize, tokens: usize, seed: u64) -> Vec<bool> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..batch * tokens * tokens)
        .map(|i| i % (tokens * tokens) < tokens || rng.random_bool(0.4))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn plain_loops_and_the_fused_attention_agree(
        seed: u64, tokens in 1usize..6, group in 1usize..4, kv_heads in 1usize..3,
    ) {
        let device = backend::from_env();
        let sizes = Sizes { batch: 2, tokens, heads: group * kv_heads, kv_heads, d_head: 3 };
        let q = random::<4>([2, sizes.heads, tokens, 3], seed, &device);
        let [k, v] = [1, 2].map(|i| random::<4>([2, kv_heads, tokens, 3], seed ^ i, &device));
        let hidden = holes(2, tokens, seed);
        let mask = TensorData::new(hidden.clone(), [2, 1, tokens, tokens]);
        let mask = Tensor::<4, Bool>::from_data(mask, &device);
        let expected = naive::heads(sizes, &numbers(&q), &numbers(&k), &numbers(&v), &hidden);
        let expected = Tensor::<4>::from_data(TensorData::new(expected, q.dims()), &device);
        let [k, v] = [k, v].map(|kv| share_heads(kv, sizes.heads));
        let weights = masked_weights(scores(q.clone(), k.clone()), Some(mask.clone()));
        let spelt = attend(weights, v.clone());
        let fused = module::attention(q, k, v, Some(mask), None, Default::default());
        let tolerance = backend::tolerance(&device, 1e-5);
        assert_close(&spelt, &expected, tolerance);
        assert_close(&fused, &expected, tolerance);
    }
}

/// One layer with its output and the gradients of the input and of each projection: both ours and
/// burn's.
#[test]
fn the_layer_is_burns_in_value_and_gradient() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let theirs = BurnConfig::new(12, 3).with_dropout(0.0).init(&device);
    let mut ours = MultiHeadAttentionConfig::new(12, 3).init(&device);
    let inputs = [&theirs.query, &theirs.key, &theirs.value];
    ours.projection.weight =
        param(Tensor::cat(inputs.map(|linear| linear.weight.val().inner()).to_vec(), 1));
    let biases = inputs.map(|linear| linear.bias.as_ref().unwrap().val().inner());
    ours.projection.bias = Some(param(Tensor::cat(biases.to_vec(), 0)));
    ours.output = theirs.output.clone();

    let up = random([2, 5, 12], 2, &device);
    let padding = padding_mask(&[5, 3], 5, &device);
    let causal = causal_mask(5, 5, &device);
    let x = random([2, 5, 12], 1, &device).require_grad();
    let mask = combine_masks(causal.clone(), padding.clone());
    let (output, weights) = ours.forward_with_weights(x.clone(), Some(mask));
    let gradients = (output.clone() * up.clone()).sum().backward();

    let x2 = random([2, 5, 12], 1, &device).require_grad();
    let input = MhaInput::self_attn(x2.clone())
        .mask_pad(padding.reshape([2, 5]))
        .mask_attn(causal.expand([2, 1, 5, 5]).reshape([2, 5, 5]));
    let expected = theirs.forward(input);
    let expected_gradients = (expected.context.clone() * up).sum().backward();

    let tolerance = backend::tolerance(&device, 1e-5);
    assert_close(&output.inner(), &expected.context.inner(), tolerance);
    assert_close(&weights.inner(), &expected.weights.inner(), tolerance);
    assert_close(&x.grad(&gradients).unwrap(), &x2.grad(&expected_gradients).unwrap(), tolerance);
    let theirs = inputs.map(|linear| linear.weight.val().grad(&expected_gradients).unwrap());
    let projection = ours.projection.weight.val().grad(&gradients).unwrap();
    assert_close(&projection, &Tensor::cat(theirs.to_vec(), 1), tolerance);
}

/// Output and weights of one layer, and the gradients of its input and of each of its parameters.
fn outcome(layer: &MultiHeadAttention, device: &Device) -> Vec<(&'static str, TensorData)> {
    let x = random([2, 5, 12], 1, device).require_grad();
    let mask = combine_masks(causal_mask(5, 5, device), padding_mask(&[5, 3], 5, device));
    let (_, weights) = layer.forward_with_weights(x.clone(), Some(mask.clone()));
    let output = layer.forward(x.clone(), Some(mask));
    let gradients = (output.clone() * random([2, 5, 12], 2, device)).sum().backward();
    let mut outcome = vec![
        ("output", output.into_data()),
        ("weights", weights.into_data()),
        ("gradient of x", x.grad(&gradients).expect("x was used").into_data()),
    ];
    for (name, linear) in [("projection", &layer.projection), ("output", &layer.output)] {
        let bias = linear.bias.as_ref().expect("biases by default");
        let gradient = linear.weight.grad(&gradients).expect("the weight was used");
        outcome.push((name, gradient.into_data()));
        outcome.push((name, bias.grad(&gradients).expect("the bias was used").into_data()));
    }
    outcome
}

/// One layer twice, as it is shown and by its fast versions: their sums may run in another order. A
/// layer in which nothing comes between the projection and the scores is trained in one step.
#[test]
fn the_plain_layer_is_the_fused_one_in_value_and_gradients() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let rope = PositionsConfig::Rope(RopeConfig::new(2));
    let config = MultiHeadAttentionConfig::new(12, 6);
    let with_rope = config.clone().with_n_kv_heads(Some(3)).with_positions(rope);
    let with_norms = with_rope.clone().with_head_norms(Some(1e-5));
    for config in [config, with_rope, with_norms] {
        let layer = config.init(&device);
        let fused = outcome(&layer, &device);
        let plain = {
            let _plain = kernels::plain_here();
            outcome(&layer, &device)
        };
        let tolerance = backend::tolerance(&device, 1e-5);
        for ((name, plain), (_, fused)) in plain.iter().zip(&fused) {
            assert_data_close(name, plain, fused, tolerance);
        }
    }
}

fn param<const D: usize>(tensor: Tensor<D>) -> Param<Tensor<D>> {
    Param::from_tensor(tensor.autodiff())
}
