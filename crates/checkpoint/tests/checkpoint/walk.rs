//! One walk lists, fills and collects.

use burn::module::Param;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use checkpoint::{CheckpointError, Expect, Load, Save, Walk, Weights, write_weights};

use crate::assert_says;

/// A model of a table, two maps that are held as one, and a map without a bias.
struct Small {
    table: Param<Tensor<2>>,
    joined: Linear,
    output: Linear,
}

fn small(device: &Device) -> Small {
    Small {
        table: Initializer::Normal { mean: 0.0, std: 1.0 }.init([5, 2], device),
        joined: LinearConfig::new(2, 4).init(device),
        output: LinearConfig::new(4, 3).with_bias(false).init(device),
    }
}

fn walk(walk: &mut impl Walk, small: &mut Small) -> Result<(), CheckpointError> {
    walk.tensor("table", &mut small.table)?;
    let mut layer = walk.under("layer.");
    layer.joined(&[("q", 1), ("kv", 3)], &mut small.joined)?;
    layer.under("last.").linear("output", &mut small.output)
}

fn drawn(small: &Small) -> [bool; 4] {
    let bias = small.joined.bias.as_ref().unwrap();
    let Small { table, joined, output } = small;
    [
        table.is_initialized(),
        joined.weight.is_initialized(),
        bias.is_initialized(),
        output.weight.is_initialized(),
    ]
}

#[test]
fn names_and_stored_shapes_are_listed_without_drawing_a_weight() {
    let mut small = small(&backend::from_env());
    let mut expect = Expect::default();
    walk(&mut expect, &mut small).unwrap();
    let expected: [(&str, &[usize]); 6] = [
        ("table", &[5, 2]),
        ("layer.q.weight", &[1, 2]),
        ("layer.q.bias", &[1]),
        ("layer.kv.weight", &[3, 2]),
        ("layer.kv.bias", &[3]),
        ("layer.last.output.weight", &[3, 4]),
    ];
    assert!(
        expect.tensors.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).eq(expected)
    );
    assert_eq!(drawn(&small), [false; 4]);
}

#[test]
fn what_is_collected_fills_a_model_whose_own_weights_were_never_drawn() {
    let device = backend::from_env();
    let mut first = small(&device);
    let mut save = Save::default();
    walk(&mut save, &mut first).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_weights(&folder.path().join("model.safetensors"), &save.tensors, &[]).unwrap();
    let weights = Weights::open(folder.path()).unwrap();

    let mut second = small(&device);
    let before = second.table.clone();
    walk(&mut Load::new(&weights, &device), &mut second).unwrap();
    assert!(!before.is_initialized(), "the weight that was replaced was never drawn");
    let mut again = Save::default();
    walk(&mut again, &mut second).unwrap();
    assert_eq!(again.tensors, save.tensors);
    assert_eq!(second.joined.weight.val().into_data(), first.joined.weight.val().into_data());
    assert!(second.output.bias.is_none());
}

#[test]
fn a_size_that_the_file_does_not_have_is_refused_before_anything_is_made_of_it() {
    let device = backend::from_env();
    let mut save = Save::default();
    walk(&mut save, &mut small(&device)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_weights(&folder.path().join("model.safetensors"), &save.tensors, &[]).unwrap();
    let weights = Weights::open(folder.path()).unwrap();
    weights.expect("table", &[5, 2]).unwrap();
    assert_says(
        weights.expect("table", &[5, 1 << 60]),
        &["\"table\"", "1152921504606846976], found [5, 2]"],
    );
    assert_says(weights.expect("tabel", &[5, 2]), &["\"tabel\" is missing", "nearest: \"table\""]);
}
