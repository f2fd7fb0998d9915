//! A sound file must also mean what the architecture expects.

use std::fs;

use burn::nn::LinearConfig;
use burn::tensor::Tensor;
use checkpoint::{Load, Walk, Weights};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::{assert_says, floats, golden_bert, model, open};

type Expected = Vec<(String, Vec<usize>)>;

/// A file of two layers.
fn two_layers() -> tempfile::TempDir {
    model(&floats(&[
        ("table", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ("layer.0.weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
        ("layer.0.bias", &[2], &[0.5, 0.25]),
        ("layer.1.weight", &[2, 2], &[5.0, 6.0, 7.0, 8.0]),
        ("layer.1.bias", &[2], &[0.0, 1.0]),
    ]))
}

fn expected(layers: usize) -> Expected {
    let layer =
        |i| [(format!("layer.{i}.weight"), vec![2, 2]), (format!("layer.{i}.bias"), vec![2])];
    let table = [("table".to_string(), vec![2, 3])];
    table.into_iter().chain((0..layers).flat_map(layer)).collect()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

#[test]
fn a_checkpoint_that_fits_is_accepted_and_skips_nothing() {
    let folder = two_layers();
    assert_eq!(
        open(folder.path()).unwrap().matches(&expected(2), &[]).unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn a_missing_tensor_is_named_with_the_nearest() {
    let folder = model(&floats(&[("layer.0.wieght", &[1], &[1.0])]));
    let weights = open(folder.path()).unwrap();
    let texts = ["\"layer.0.weight\" is missing", "nearest: \"layer.0.wieght\"", "check that"];
    assert_says(weights.matches(&[("layer.0.weight".into(), vec![1])], &[]), &texts);
    assert_says(weights.tensor("layer.0.weight", [1], &backend::from_env()), &texts);
}

#[test]
fn one_layer_more_or_less_is_refused() {
    let folder = two_layers();
    let weights = open(folder.path()).unwrap();
    assert_says(
        weights.matches(&expected(1), &[]),
        &["\"layer.1.bias\" has no place", "and 1 more", "with a warning", "save_pretrained"],
    );
    assert_says(
        weights.matches(&expected(3), &[]),
        &["\"layer.2.weight\" is missing", "and 1 more are"],
    );
    assert_eq!(weights.layers("layer."), 2);
    assert!(weights.expect_layers("layer.", 2).is_ok());
    for wrong in [0, 1, 1_000_000_000] {
        let texts = [format!("expected {wrong} layers under \"layer.\""), "found 2".into()];
        assert_says(weights.expect_layers("layer.", wrong), &texts.each_ref().map(String::as_str));
    }
}

#[test]
fn what_is_skipped_is_allowed_by_name_and_said() {
    let folder = two_layers();
    let weights = open(folder.path()).unwrap();
    let skipped = weights.matches(&expected(1), &["layer.1.*"]).unwrap();
    assert_eq!(skipped, ["layer.1.bias", "layer.1.weight"]);
    let skipped = weights.matches(&expected(1), &["*.1.weight", "layer.1.bias"]).unwrap();
    assert_eq!(skipped, ["layer.1.bias", "layer.1.weight"]);
    assert_says(weights.matches(&expected(1), &["layer.1.weight"]), &["layer.1.bias"]);
    assert_says(weights.matches(&expected(1), &["1.*"]), &["layer.1.bias"]);
}

#[test]
fn a_shape_that_differs_is_refused_before_any_data_is_read() {
    let folder = two_layers();
    let weights = open(folder.path()).unwrap();
    let mut larger = expected(2);
    larger[0].1 = vec![100, 3];
    assert_says(
        weights.matches(&larger, &[]),
        &["\"table\"", "expected shape [100, 3], found [2, 3]", "config"],
    );
    assert_says(
        weights.tensor("table", [3, 2], &backend::from_env()),
        &["expected shape [3, 2], found [2, 3]"],
    );
}

#[test]
fn a_tensor_is_read_as_it_was_written() {
    let folder = two_layers();
    let device = backend::from_env();
    let weights = open(folder.path()).unwrap();
    assert_eq!(
        numbers(weights.tensor::<2>("table", [2, 3], &device).unwrap()),
        [1., 2., 3., 4., 5., 6.]
    );
    assert_eq!(numbers(weights.tensor::<1>("layer.0.bias", [2], &device).unwrap()), [0.5, 0.25]);
    let transposed = weights.transposed("table", [3, 2], &device).unwrap();
    assert_eq!(transposed.dims(), [3, 2]);
    assert_eq!(numbers(transposed), [1., 4., 2., 5., 3., 6.]);
}

#[test]
fn a_large_matrix_is_transposed_entry_by_entry() {
    let (rows, columns) = (70, 45);
    let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
    let folder = model(&floats(&[("w", &[rows, columns], &values)]));
    let device = backend::from_env();
    let weights = open(folder.path()).unwrap();
    let ours = numbers(weights.transposed("w", [columns, rows], &device).unwrap());
    let burns = numbers(weights.tensor::<2>("w", [rows, columns], &device).unwrap().transpose());
    assert_eq!(ours, burns);
}

#[test]
fn a_linear_computes_as_pytorch_stored_it() {
    let folder = two_layers();
    let device = backend::from_env();
    let weights = open(folder.path()).unwrap();
    let mut linear = LinearConfig::new(2, 2).init(&device);
    let mut load = Load::new(&weights, &device);
    let missing = load.under("layer.").under("5.").linear("q", &mut linear);
    assert_says(missing, &["\"layer.5.q.weight\" is missing"]);
    load.under("layer.").linear("0", &mut linear).unwrap();
    let x = Tensor::<2>::from_data([[1.0, 10.0]], &device);
    // [1, 10] against the stored rows [1, 2] and [3, 4], plus [0.5, 0.25].
    assert_eq!(numbers(linear.forward(x)), [21.5, 43.25]);
}

#[test]
fn f16_and_bf16_become_f32() {
    let values = [1.0f32, -2.5, 0.15625, 65_504.0];
    let f16: Vec<u8> =
        [0x3c00u16, 0xc100, 0x3100, 0x7bff].iter().flat_map(|x| x.to_le_bytes()).collect();
    let bf16: Vec<u8> =
        values[..3].iter().flat_map(|x| ((x.to_bits() >> 16) as u16).to_le_bytes()).collect();
    let views = [
        ("half", TensorView::new(Dtype::F16, vec![4], &f16).unwrap()),
        ("brain", TensorView::new(Dtype::BF16, vec![3], &bf16).unwrap()),
    ];
    let folder = model(&safetensors::serialize(views, None).unwrap());
    let weights = open(folder.path()).unwrap();
    assert_eq!(weights.values("half", &[4]).unwrap(), values);
    assert_eq!(weights.values("brain", &[3]).unwrap(), values[..3]);
}

#[test]
fn other_numbers_are_refused_for_weights() {
    let bytes = [0u8; 16];
    for (dtype, name) in [(Dtype::F64, "F64"), (Dtype::I64, "I64"), (Dtype::U64, "U64")] {
        let views = [("a", TensorView::new(dtype, vec![2], &bytes).unwrap())];
        let folder = model(&safetensors::serialize(views, None).unwrap());
        let weights = open(folder.path()).unwrap();
        let texts = ["\"a\"", "expected F32, F16 or BF16", name, "torch.float32"];
        assert_says(weights.values("a", &[2]), &texts);
        assert_says(weights.matches(&[("a".into(), vec![2])], &[]), &texts);
        assert_eq!(weights.matches(&[], &["a"]).unwrap(), ["a"]);
    }
}

#[test]
fn nan_and_infinity_are_refused_by_name() {
    let mut values = vec![0.5; 300_000];
    values[299_999] = f32::NEG_INFINITY;
    let folder =
        model(&floats(&[("all", &[2], &[f32::NAN, f32::NAN]), ("one", &[300_000], &values)]));
    let weights = open(folder.path()).unwrap();
    assert_says(weights.values("all", &[2]), &["\"all\"", "found NaN at position 0"]);
    assert_says(weights.values("one", &[300_000]), &["\"one\"", "found -inf at position 299999"]);
    let half: Vec<u8> = [0x3c00u16, 0x7e00].iter().flat_map(|x| x.to_le_bytes()).collect();
    let views = [("half", TensorView::new(Dtype::F16, vec![2], &half).unwrap())];
    let folder = model(&safetensors::serialize(views, None).unwrap());
    assert_says(open(folder.path()).unwrap().values("half", &[2]), &["found NaN at position 1"]);
}

#[test]
fn a_prefix_may_be_there_or_not() {
    let with = model(&floats(&[("bert.a", &[1], &[1.0]), ("cls.b", &[1], &[2.0])]));
    let without = model(&floats(&[("a", &[1], &[1.0]), ("cls.b", &[1], &[2.0])]));
    for folder in [with, without] {
        let weights = open(folder.path()).unwrap().strip_prefix("bert.").unwrap();
        assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "cls.b"]);
        assert_eq!(weights.values("a", &[1]).unwrap(), [1.0]);
    }
}

#[test]
fn gamma_and_beta_of_a_norm_are_weight_and_bias() {
    let folder = model(&floats(&[
        ("layer.LayerNorm.gamma", &[1], &[1.0]),
        ("layer.LayerNorm.beta", &[1], &[2.0]),
        ("ln_f.gamma", &[1], &[3.0]),
        ("mixer.gamma", &[1], &[4.0]),
    ]));
    let weights = open(folder.path()).unwrap();
    let names: Vec<_> = weights.names().collect();
    assert_eq!(
        names,
        ["layer.LayerNorm.bias", "layer.LayerNorm.weight", "ln_f.weight", "mixer.gamma"]
    );
    assert_eq!(weights.values("layer.LayerNorm.bias", &[1]).unwrap(), [2.0]);
}

#[test]
fn two_names_that_become_one_are_refused() {
    let folder =
        model(&floats(&[("LayerNorm.gamma", &[1], &[1.0]), ("LayerNorm.weight", &[1], &[2.0])]));
    assert_says(open(folder.path()), &["\"LayerNorm.gamma\"", "\"LayerNorm.weight\"", "both mean"]);
    let folder = model(&floats(&[("bert.a", &[1], &[1.0]), ("a", &[1], &[2.0])]));
    let weights = open(folder.path()).unwrap();
    assert_says(weights.strip_prefix("bert."), &["\"bert.a\"", "\"a\"", "both mean"]);
}

#[test]
fn a_stored_copy_of_a_tied_table_must_equal_it() {
    let folder = model(&floats(&[
        ("table", &[2], &[1.0, 2.0]),
        ("same", &[2], &[1.0, 2.0]),
        ("other", &[2], &[1.0, 2.5]),
    ]));
    let weights = open(folder.path()).unwrap();
    assert!(weights.expect_tied("same", "table").is_ok());
    assert!(weights.expect_tied("absent", "table").is_ok());
    assert_says(
        weights.expect_tied("other", "table"),
        &["\"other\"", "copy of \"table\"", "tie_word_embeddings"],
    );
}

#[test]
fn a_gpt2_file_is_no_bert() {
    let folder =
        model(&floats(&[("wte.weight", &[1], &[1.0]), ("h.0.attn.c_attn.weight", &[1], &[1.0])]));
    let weights = open(folder.path()).unwrap();
    let bert: Expected = vec![
        ("embeddings.word_embeddings.weight".into(), vec![1]),
        ("encoder.layer.0.attention.self.query.weight".into(), vec![1]),
    ];
    assert_says(weights.matches(&bert, &[]), &["is missing", "of this architecture"]);
    assert_says(weights.expect_layers("encoder.layer.", 1), &["found 0"]);
}

#[test]
fn a_file_that_shrinks_after_it_was_opened_is_an_error() {
    let folder = two_layers();
    let weights = open(folder.path()).unwrap();
    let path = folder.path().join("model.safetensors");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(fs::metadata(&path).unwrap().len() - 40).unwrap();
    let read = weights
        .names()
        .map(|name| weights.values(name, weights.shape(name).unwrap()))
        .find(Result::is_err);
    assert_says(read.unwrap(), &["reading failed"]);
}

#[test]
fn a_real_small_checkpoint_is_read_whole() {
    let weights = Weights::open(&golden_bert()).unwrap();
    let bytes = fs::read(golden_bert().join("model.safetensors")).unwrap();
    let theirs = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(weights.names().count(), theirs.len());
    for (name, view) in theirs.tensors() {
        let values: Vec<f32> =
            view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        assert_eq!(weights.values(&name, view.shape()).unwrap(), values);
    }
}
