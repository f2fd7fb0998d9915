//! Autodiff, the hand and PyTorch on one step.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor};
use golden::{Part, assert_close};
use lookup::TokenEmbedding;
use word2vec::{SkipGram, gradient, keep_probability, naive, noise};

use crate::{numbers, values};

fn recorded(
    part: &Part,
    device: &Device,
) -> (SkipGram, Tensor<1, Int>, Tensor<1, Int>, Tensor<2, Int>) {
    let table = |name| TokenEmbedding { weight: Param::from_tensor(part.tensor(name, device)) };
    let model = SkipGram { input: table("in"), output: table("out") };
    (model, part.ids("centre", device), part.ids("context", device), part.ids("negatives", device))
}

#[test]
fn autodiff_agrees_with_pytorch_in_loss_and_gradients() {
    let device = backend::from_env().autodiff();
    let part = golden::part("skip_gram");
    let tolerance = backend::tolerance(&device, part.tolerance());
    for name in ["sum", "mean"] {
        let (model, word, neighbour, negatives) = recorded(&part, &device);
        let losses = model.forward(word, neighbour, negatives);
        assert_close(&losses, &part.tensor("loss_per_pair", &device), tolerance);
        let gradients = if name == "sum" { losses.sum() } else { losses.mean() }.backward();
        let of = |table: &TokenEmbedding| {
            Tensor::<2>::from_inner(table.weight.grad(&gradients).unwrap())
        };
        let expected =
            |table: &str| part.tensor(&format!("reduction_{name}/gradient_{table}"), &device);
        assert_close(&of(&model.input), &expected("in"), tolerance);
        assert_close(&of(&model.output), &expected("out"), tolerance);
    }
}

/// The recorded pairs one after the other, their gradients added up: a noise word that comes twice
/// counts twice.
#[test]
fn the_gradient_by_hand_agrees_with_pytorch() {
    let device = backend::from_env();
    let part = golden::part("skip_gram");
    let [input, output] = ["in", "out"].map(|name| part.tensor::<2>(name, &device));
    let d_model = input.dims()[1];
    let ids = |name| part.at(name).as_array().unwrap().clone();
    let (mut loss, mut of_input, mut of_output) =
        (0.0, vec![0.0; values(&input).len()], vec![0.0; values(&output).len()]);
    for ((word, neighbour), negatives) in
        ids("centre").iter().zip(ids("context")).zip(ids("negatives"))
    {
        let row = |id: &serde_json::Value| id.as_u64().unwrap() as usize * d_model;
        let v = row(word);
        let targets: Vec<usize> =
            [&neighbour].into_iter().chain(negatives.as_array().unwrap()).map(row).collect();
        let (rows_in, rows_out) = (values(&input), values(&output));
        let u: Vec<f32> =
            targets.iter().flat_map(|&u| &rows_out[u..][..d_model]).copied().collect();
        let found = gradient(&rows_in[v..][..d_model], &u, d_model);
        loss += found.loss;
        add(&mut of_input[v..][..d_model], &found.v);
        targets
            .iter()
            .zip(found.u.chunks(d_model))
            .for_each(|(&u, step)| add(&mut of_output[u..][..d_model], step));
    }
    let tolerance = f64::from(part.tolerance());
    assert!((loss - part.number("reduction_sum/loss")).abs() < tolerance, "{loss}");
    for (found, name) in [(of_input, "in"), (of_output, "out")] {
        let expected =
            values(&part.tensor::<2>(&format!("reduction_sum/gradient_{name}"), &device));
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= part.tolerance(), "{name}: off by {worst:e}");
    }
}

fn add(to: &mut [f32], step: &[f32]) {
    to.iter_mut().zip(step).for_each(|(to, step)| *to += step);
}

/// A whole window, contexts that share their targets, odd widths included.
#[test]
fn the_fast_window_is_the_plain_loops_and_the_autodiff() {
    for (contexts, targets, d_model) in [(1, 2, 1), (3, 6, 7), (10, 6, 100), (4, 3, 8)] {
        let v = numbers(contexts * d_model, 1);
        let u = numbers(targets * d_model, 2);
        let fast = gradient(&v, &u, d_model);
        let (loss, of_v, of_u) = naive::gradient(&v, &u, d_model);
        let (auto_loss, auto_v, auto_u) = by_autodiff(&v, &u, d_model);
        for expected in [loss, auto_loss] {
            assert!((fast.loss - expected).abs() < 1e-5 * expected, "{} {expected}", fast.loss);
        }
        for (found, expected) in
            [(&fast.v, &of_v), (&fast.u, &of_u), (&fast.v, &auto_v), (&fast.u, &auto_u)]
        {
            let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            // Sums of up to ten numbers of size 1 in f32.
            assert!(
                found.len() == expected.len() && worst < 1e-5,
                "{contexts} x {targets} x {d_model}: {worst:e}"
            );
        }
    }
}

/// Loss, dL/dv and dL/du of a window by [`SkipGram`] on tables that hold its rows.
fn by_autodiff(v: &[f32], u: &[f32], d_model: usize) -> (f64, Vec<f32>, Vec<f32>) {
    let device = backend::from_env().autodiff();
    let table = |rows: &[f32]| {
        let rows = Tensor::<1>::from_floats(rows, &device).reshape([-1, d_model as i32]);
        TokenEmbedding { weight: Param::from_tensor(rows) }
    };
    let model = SkipGram { input: table(v), output: table(u) };
    let (contexts, targets) = (model.input.vocab() as i64, model.output.vocab() as i64);
    let word = Tensor::<1, Int>::arange(0..contexts, &device);
    let noise = Tensor::<1, Int>::arange(1..targets, &device)
        .reshape([1, targets - 1])
        .repeat_dim(0, contexts as usize);
    let loss = model.forward(word.clone(), word.zeros_like(), noise).sum();
    let gradients = loss.backward();
    let of = |table: &TokenEmbedding| {
        table.weight.grad(&gradients).unwrap().to_data().iter::<f32>().collect()
    };
    (loss.into_data().iter::<f64>().next().unwrap(), of(&model.input), of(&model.output))
}

#[test]
fn noise_and_thinning_agree_with_what_was_recorded() {
    let part = golden::part("skip_gram");
    let list = |pointer: &str| {
        part.at(pointer).as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>()
    };
    let counts: Vec<u64> = list("noise/counts").iter().map(|&count| count as u64).collect();
    for (found, expected) in noise(&counts).iter().zip(list("noise/unigram_power_0.75")) {
        assert!((found - expected).abs() < 1e-7, "{found} {expected}"); // recorded from f32
    }
    let (counts, t) = (list("subsampling/counts"), part.number("subsampling/t"));
    let all: f64 = counts.iter().sum();
    for (count, expected) in counts.iter().zip(list("subsampling/keep_probability_word2vec_c")) {
        let found = keep_probability(count / all, t);
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}
