//! Against PyTorch's recorded values, burn's own layers, and plain loops.

use burn::nn::EmbeddingConfig;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Int, Tensor, TensorData, activation};
use lookup::{TokenEmbedding, cross_entropy, log_softmax, naive, perplexity};

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
