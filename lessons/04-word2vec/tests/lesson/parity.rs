//! Autodiff, the hand and PyTorch on one step.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, activation};
use golden::{Part, assert_close};
use kernels::plain_here;
use kernels::shared_table::SharedTable;
use kernels::window::{self, WindowBuffers};
use lookup::TokenEmbedding;
use word2vec::{
    Gradient, SkipGram, Word2VecConfig, WordTables, gradient, keep_probability, log_sigmoid,
    noise_distribution,
};

use crate::{assert_numbers, numbers, train_toy, values};

/// The recorded model, and the recorded pairs: words, neighbours, and noise words.
fn recorded(
    part: &Part,
    device: &Device,
) -> (SkipGram, Tensor<1, Int>, Tensor<1, Int>, Tensor<2, Int>) {
    let input = TokenEmbedding { weight: Param::from_tensor(part.tensor("in", device)) };
    let output = TokenEmbedding { weight: Param::from_tensor(part.tensor("out", device)) };
    let model = SkipGram { input, output };
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
        for (table, which) in [(&model.input, "in"), (&model.output, "out")] {
            let found = Tensor::<2>::from_inner(table.weight.grad(&gradients).unwrap());
            let expected = part.tensor(&format!("reduction_{name}/gradient_{which}"), &device);
            assert_close(&found, &expected, tolerance);
        }
    }
}

/// The recorded pairs one after the other, their gradients added up: a noise word that comes twice
/// counts twice.
#[test]
fn the_gradient_by_hand_agrees_with_pytorch() {
    let device = backend::from_env();
    let part = golden::part("skip_gram");
    let (_, words, neighbours, negatives) = recorded(&part, &device);
    let [_pairs, k] = negatives.dims();
    let (words, neighbours, negatives) = (ids(&words), ids(&neighbours), ids(&negatives));
    let input = part.tensor::<2>("in", &device);
    let [_vocab, d_model] = input.dims();
    let input = values(&input);
    let output = values(&part.tensor::<2>("out", &device));
    let mut loss = 0.0;
    let mut input_gradient = vec![0.0; input.len()];
    let mut output_gradient = vec![0.0; output.len()];
    for (pair, &word) in words.iter().enumerate() {
        let mut targets = vec![neighbours[pair]];
        targets.extend_from_slice(&negatives[pair * k..][..k]);
        let mut u = Vec::new();
        for &target in &targets {
            u.extend_from_slice(&output[target * d_model..][..d_model]);
        }
        let found = gradient(&input[word * d_model..][..d_model], &u, d_model);
        loss += found.loss;
        for d in 0..d_model {
            input_gradient[word * d_model + d] += found.v[d];
            for (j, &target) in targets.iter().enumerate() {
                output_gradient[target * d_model + d] += found.u[j * d_model + d];
            }
        }
    }
    let tolerance = f64::from(part.tolerance());
    assert!((loss - part.number("reduction_sum/loss")).abs() < tolerance, "{loss}");
    for (found, name) in [(input_gradient, "in"), (output_gradient, "out")] {
        let expected =
            values(&part.tensor::<2>(&format!("reduction_sum/gradient_{name}"), &device));
        assert_numbers(name, &found, &expected, part.tolerance());
    }
}

/// The ids in a tensor, one row after the other.
fn ids<const D: usize>(tensor: &Tensor<D, Int>) -> Vec<usize> {
    let mut ids = Vec::new();
    for id in tensor.to_data().iter::<i64>() {
        ids.push(id as usize);
    }
    ids
}

/// A whole window, contexts that share their targets, odd widths included.
#[test]
fn the_plain_loops_the_fast_window_and_the_autodiff_agree() {
    for (contexts, targets, d_model) in [(1, 2, 1), (3, 6, 7), (10, 6, 100), (4, 3, 8)] {
        let v = numbers(contexts * d_model, 1);
        let u = numbers(targets * d_model, 2);
        let plain = gradient(&v, &u, d_model);
        let (loss, fast_v, fast_u) = window::gradient(&v, &u, d_model);
        let fast = Gradient { loss, v: fast_v, u: fast_u };
        for (name, found) in [("fast", fast), ("autodiff", by_autodiff(&v, &u, d_model))] {
            let name = format!("{name}, {contexts} x {targets} x {d_model}");
            let (found_loss, expected) = (found.loss, plain.loss);
            assert!(
                (found_loss - expected).abs() < 1e-5 * expected,
                "{name}: {found_loss} {expected}"
            );
            // Sums of up to ten numbers of size 1 in f32.
            assert_numbers(&format!("{name}: dL/dv"), &found.v, &plain.v, 1e-5);
            assert_numbers(&format!("{name}: dL/du"), &found.u, &plain.u, 1e-5);
        }
    }
}

/// A window in the middle of two tables, one word of it twice: other rows stay as they are.
#[test]
fn a_fast_step_on_the_shared_tables_is_the_plain_step() {
    let (vocab, d_model) = (9, 7);
    let input = numbers(vocab * d_model, 3);
    let output = numbers(vocab * d_model, 4);
    let (contexts, targets) = ([5, 0, 5], [3, 8, 1, 8]);
    let shared_input = SharedTable::new(&input, d_model);
    let shared_output = SharedTable::new(&output, d_model);
    assert_eq!(shared_input.rows(d_model), input);
    let mut buffers = WindowBuffers::new(d_model);
    let mut plain = WordTables { input, output, d_model };
    for step in 0..3 {
        buffers.train_window(&shared_input, &shared_output, &contexts, &targets, 0.1);
        let loss = plain.train_window(&contexts, &targets, 0.1);
        assert!((buffers.loss() - loss).abs() < 1e-5 * loss, "{} {loss}", buffers.loss());
        // Numbers of size 1 in f32, after a few sums of up to four of them.
        let name = format!("step {step}");
        assert_numbers(&name, &shared_input.rows(d_model), &plain.input, 1e-5);
        assert_numbers(&name, &shared_output.rows(d_model), &plain.output, 1e-5);
    }
}

/// Whole trainings: rounding differs from the first window on, and grows with their number.
#[test]
fn a_plain_training_learns_the_vectors_of_a_fast_one() {
    let config = Word2VecConfig::new().with_d_model(12).with_epochs(2);
    let all_is_plain = kernels::plain(); // with RUNGS_PLAIN=1
    let (_, fast) = train_toy(300, &config);
    let guard = plain_here();
    let (_, plain) = train_toy(300, &config);
    drop(guard);
    let same_bits = plain.vectors == fast.vectors;
    assert_eq!(same_bits, all_is_plain, "sums in f64 and in f32 differ in their last bits");
    assert_numbers("vectors", &fast.vectors, &plain.vectors, 1e-5);
    for (fast, plain) in fast.losses.iter().zip(&plain.losses) {
        assert!((fast - plain).abs() < 1e-5 * plain, "{fast} {plain}");
    }
}

/// The logarithm of the sigmoid far out on both sides and at 0, where a fresh model stands.
#[test]
fn the_plain_log_sigmoid_agrees_with_burns_in_value_and_gradient() {
    let device = backend::from_env().autodiff();
    let x =
        Tensor::<1>::from_floats([-200.0, -20.0, -1.5, -0.1, 0.0, 0.1, 1.5, 20.0, 200.0], &device);
    let mut found = Vec::new();
    for log_sigmoid in [log_sigmoid, activation::log_sigmoid] {
        let x = x.clone().require_grad();
        let y = log_sigmoid(x.clone());
        let gradients = y.clone().sum().backward();
        found.push((y.inner(), x.grad(&gradients).unwrap()));
    }
    let (plain, fused) = (&found[0], &found[1]);
    // A few operations on numbers of size 1 in f32.
    let tolerance = backend::tolerance(&device, 1e-6);
    assert_close(&plain.0, &fused.0, tolerance);
    assert_close(&plain.1, &fused.1, tolerance);
}

#[test]
fn a_plain_skip_gram_has_the_loss_and_gradients_of_the_fused_one() {
    let (contexts, targets, d_model) = (4, 3, 5);
    let v = numbers(contexts * d_model, 5);
    let u = numbers(targets * d_model, 6);
    let fused = by_autodiff(&v, &u, d_model);
    let guard = plain_here();
    let plain = by_autodiff(&v, &u, d_model);
    drop(guard);
    assert!((plain.loss - fused.loss).abs() < 1e-5 * fused.loss, "{} {}", plain.loss, fused.loss);
    assert_numbers("dL/dv", &plain.v, &fused.v, 1e-6);
    assert_numbers("dL/du", &plain.u, &fused.u, 1e-6);
}

/// Loss and gradient of a window by [`SkipGram`] on tables that hold its rows.
fn by_autodiff(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let device = backend::from_env().autodiff();
    let model = SkipGram { input: table(v, d_model, &device), output: table(u, d_model, &device) };
    let (contexts, targets) = (model.input.vocab() as i64, model.output.vocab() as i64);
    let word = Tensor::<1, Int>::arange(0..contexts, &device);
    let noise_words = Tensor::<1, Int>::arange(1..targets, &device)
        .reshape([1, targets - 1])
        .repeat_dim(0, contexts as usize);
    let loss = model.forward(word.clone(), word.zeros_like(), noise_words).sum();
    let gradients = loss.backward();
    Gradient {
        loss: loss.into_scalar::<f64>(),
        v: values(&model.input.weight.grad(&gradients).unwrap()),
        u: values(&model.output.weight.grad(&gradients).unwrap()),
    }
}

/// A table of these rows.
fn table(rows: &[f32], d_model: usize, device: &Device) -> TokenEmbedding {
    let rows = Tensor::<1>::from_floats(rows, device).reshape([-1, d_model as i32]);
    TokenEmbedding { weight: Param::from_tensor(rows) }
}

#[test]
fn noise_and_thinning_agree_with_what_was_recorded() {
    let part = golden::part("skip_gram");
    let mut counts = Vec::new();
    for count in list(&part, "noise/counts") {
        counts.push(count as u64);
    }
    let expected = list(&part, "noise/unigram_power_0.75");
    for (found, expected) in noise_distribution(&counts).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-7, "{found} {expected}"); // recorded from f32
    }
    let (counts, t) = (list(&part, "subsampling/counts"), part.number("subsampling/t"));
    let all: f64 = counts.iter().sum();
    let expected = list(&part, "subsampling/keep_probability_word2vec_c");
    for (count, expected) in counts.iter().zip(expected) {
        let found = keep_probability(count / all, t);
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

/// A recorded list of numbers.
fn list(part: &Part, pointer: &str) -> Vec<f64> {
    let mut numbers = Vec::new();
    for number in part.at(pointer).as_array().unwrap() {
        numbers.push(number.as_f64().unwrap());
    }
    numbers
}
