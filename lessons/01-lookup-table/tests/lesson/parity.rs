//! Against PyTorch's recorded values, burn's own layers, and plain loops.

use burn::module::Param;
use burn::nn::EmbeddingConfig;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use lookup::{
    BigramConfig, TokenEmbedding, TokenEmbeddingConfig, cross_entropy, log_softmax, naive,
    perplexity, step,
};

use crate::{numbers, values};

#[test]
fn cross_entropy_and_its_gradient_are_pytorchs() {
    let device = backend::from_env().autodiff();
    let part = golden::part("softmax");
    let tolerance = backend::tolerance(&device, part.tolerance());
    let logits = part.tensor::<2>("cross_entropy/logits", &device).require_grad();
    let loss = cross_entropy(logits.clone(), part.ids("cross_entropy/targets", &device));
    let nats = loss.clone().into_scalar::<f64>();
    assert!((nats - part.number("cross_entropy/loss")).abs() < f64::from(tolerance), "{nats}");
    let relative = perplexity(nats) / part.number("cross_entropy/perplexity") - 1.0;
    assert!(relative.abs() < f64::from(tolerance), "{relative}");
    let gradient = logits.grad(&loss.backward()).expect("the logits were used");
    let inner = backend::from_env();
    golden::assert_close(
        &gradient.inner(),
        &part.tensor::<2>("cross_entropy/gradient", &inner),
        tolerance,
    );
}

#[test]
fn log_softmax_is_pytorchs_spelt_out_or_fused() {
    let device = backend::from_env();
    let part = golden::part("softmax");
    let x = part.tensor::<2>("x", &device);
    let expected = part.tensor::<2>("log_softmax", &device);
    let tolerance = backend::tolerance(&device, part.tolerance());
    golden::assert_close(&log_softmax(x.clone()), &expected, tolerance);
    golden::assert_close(&activation::log_softmax(x, 1), &expected, tolerance);
}

#[test]
fn the_fused_log_softmax_is_the_one_spelt_out() {
    let device = backend::from_env().autodiff();
    let logits = (numbers::<2>([6, 11], 7, &device) * 10.0).detach().require_grad();
    let weights = numbers::<2>([6, 11], 8, &device);
    let spelt = log_softmax(logits.clone());
    let fused = activation::log_softmax(logits.clone(), 1);
    let tolerance = backend::tolerance(&device, 5e-6); // values up to 20, f32 keeps them to 1e-6
    golden::assert_close(&spelt, &fused, tolerance);
    let gradient =
        |y: Tensor<2>| logits.grad(&(y * weights.clone()).sum().backward()).expect("used");
    golden::assert_close(&gradient(spelt), &gradient(fused), tolerance);
}

/// The loss of 6 rows of 11 logits, up to 10 either way, and its gradient.
fn loss_and_gradient(device: &Device) -> (Tensor<1>, Tensor<2>) {
    let logits = (numbers::<2>([6, 11], 7, device) * 10.0).detach().require_grad();
    let loss = cross_entropy(logits.clone(), Tensor::from_ints([3, 0, 10, 7, 7, 2], device));
    let gradient = logits.grad(&loss.backward()).expect("the logits were used");
    (loss.inner(), gradient)
}

#[test]
fn cross_entropy_runs_the_log_softmax_shown_when_plain_and_is_the_same() {
    let device = backend::from_env().autodiff();
    let (fused, fused_gradient) = loss_and_gradient(&device);
    let plain_guard = kernels::plain_here();
    let (plain, plain_gradient) = loss_and_gradient(&device);
    drop(plain_guard);
    let tolerance = backend::tolerance(&device, 2e-6); // losses near 10, f32 keeps them to 1e-6
    golden::assert_close(&plain, &fused, tolerance);
    // A gradient is a probability over 6 rows: at most 1/6.
    golden::assert_close(&plain_gradient, &fused_gradient, tolerance / 10.0);
}

/// What [`TokenEmbedding::unembed`] makes of three texts, and the gradient of the table.
fn logits_and_gradient(table: &TokenEmbedding, device: &Device) -> [TensorData; 2] {
    let logits = table.unembed(numbers::<3>([3, 5, 4], 8, device));
    let gradients = (logits.clone() * numbers::<3>([3, 5, 7], 9, device)).sum().backward();
    let of_table = table.weight.grad(&gradients).expect("the table was used");
    [logits.into_data(), of_table.into_data()]
}

#[test]
fn a_table_read_the_other_way_round_is_trained_as_shown() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let table = TokenEmbeddingConfig::new(7, 4).with_initializer_std(1.0).init(&device);
    let fast = logits_and_gradient(&table, &device);
    let _plain = kernels::plain_here();
    let plain = logits_and_gradient(&table, &device);
    for (plain, fast) in plain.iter().zip(&fast) {
        golden::assert_data_close("", plain, fast, backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn a_plain_gradient_step_is_the_one_that_autodiff_takes() {
    const RATE: f64 = 0.7;
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let mut model = BigramConfig::new(5).init(&device);
    let table = numbers::<2>([5, 5], 7, &device).detach().require_grad();
    model.table.weight = Param::from_tensor(table.clone());
    let ids = [3_u32, 0, 4, 4, 1, 0, 4, 3];
    let text = TensorData::new(ids.map(i64::from).to_vec(), [1, ids.len()]);
    let loss = model.loss(Tensor::<2, Int>::from_data(text, &device));
    let gradient = model.table.weight.val().grad(&loss.backward()).expect("the table was used");
    let stepped = table.clone().inner() - gradient * RATE;

    let mut rows: Vec<Vec<f64>> = values(&table).chunks(5).map(<[f64]>::to_vec).collect();
    let nats = step(&mut rows, &ids, RATE);
    let tolerance = backend::tolerance(&device, 1e-6);
    let by_loops = TensorData::new(rows.concat(), [5, 5]);
    golden::assert_data_close("the table", &by_loops, &stepped.to_data(), tolerance);
    assert!((nats - loss.into_scalar::<f64>()).abs() < f64::from(tolerance), "{nats}");
}

#[test]
fn cross_entropy_is_burns_and_the_naive_one() {
    let device = backend::from_env();
    let logits = numbers::<2>([5, 8], 7, &device) * 4.0;
    let ids = [3_u32, 0, 7, 7, 2];
    let targets = Tensor::<1, Int>::from_data(TensorData::from(ids.map(i64::from)), &device);
    let nats = cross_entropy(logits.clone(), targets.clone()).into_scalar::<f64>();
    let burns = CrossEntropyLossConfig::new()
        .init(&device)
        .forward(logits.clone(), targets)
        .into_scalar::<f64>();
    let rows: Vec<Vec<f64>> = values(&logits).chunks(8).map(<[f64]>::to_vec).collect();
    let tolerance = f64::from(backend::tolerance(&device, 1e-5));
    assert!((nats - burns).abs() < tolerance, "{nats} {burns}");
    assert!((nats - naive::cross_entropy(&rows, &ids)).abs() < tolerance);
}

#[test]
fn a_lookup_is_burns_embedding_and_the_naive_one() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let burns = EmbeddingConfig::new(9, 4).init(&device);
    let ours = TokenEmbedding { weight: burns.weight.clone() };
    let ids = Tensor::<2, Int>::from_ints([[8, 0, 3], [3, 3, 1]], &device);
    let looked_up = values(&ours.forward(ids.clone()));
    assert_eq!(looked_up, values(&burns.forward(ids)));
    let table: Vec<Vec<f64>> = values(&ours.weight.val()).chunks(4).map(<[f64]>::to_vec).collect();
    assert_eq!(looked_up, naive::lookup(&table, &[8, 0, 3, 3, 3, 1]).concat());
}
