//! What is written is what is read, and a write that fails changes nothing.

use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use checkpoint::{Weights, write_weights};
use proptest::prelude::*;

use crate::assert_says;

fn tensor(name: &str, values: &[f32]) -> (String, TensorData) {
    (name.into(), TensorData::new(values.to_vec(), [values.len()]))
}

/// The names of a folder's files.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn texts_stand_beside_the_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_weights(&path, &[tensor("a", &[1.0])], &[("step", "12"), ("recipe", "{\"seed\": 7}\n")])
        .unwrap();
    let weights = Weights::open(folder.path()).unwrap();
    assert_eq!(weights.metadata("step"), Some("12"));
    assert_eq!(weights.metadata("recipe"), Some("{\"seed\": 7}\n"));
    assert_eq!(weights.metadata("format"), Some("pt")); // what transformers asks for
    assert_eq!(weights.metadata("a"), None);
}

#[test]
fn the_safetensors_library_reads_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.name");
    write_weights(&path, &[tensor("b", &[1.0, -2.5]), tensor("a", &[3.0])], &[]).unwrap();
    let bytes = fs::read(&path).unwrap();
    let theirs = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(theirs.len(), 2);
    assert_eq!(
        theirs.tensor("b").unwrap().data(),
        [1f32.to_le_bytes(), (-2.5f32).to_le_bytes()].concat()
    );
    assert_eq!(theirs.tensor("a").unwrap().shape(), [1]);
}

#[test]
#[should_panic(expected = "a: expected f32, found I64")]
fn other_numbers_are_a_programmers_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let whole = TensorData::new(vec![1i64], [1]);
    let _ = write_weights(&folder.path().join("x.safetensors"), &[("a".into(), whole)], &[]);
}

#[test]
#[should_panic(expected = "two tensors")]
fn two_tensors_of_one_name_are_a_programmers_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = [tensor("a", &[1.0]), tensor("a", &[2.0])];
    let _ = write_weights(&folder.path().join("x.safetensors"), &tensors, &[]);
}

#[test]
fn a_write_that_fails_leaves_the_old_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let write = || write_weights(&path, &[tensor("a", &[1.0])], &[]);
    write().unwrap();
    let old = fs::read(&path).unwrap();
    // Nothing can be written in the place of the part.
    let part = folder.path().join("model.safetensors.rungs-part");
    fs::create_dir(&part).unwrap();
    assert_says(write(), &["model.safetensors", "failed", "check the path"]);
    assert_eq!(fs::read(&path).unwrap(), old);
    fs::remove_dir(&part).unwrap();
    write().unwrap();
}

proptest! {
    #[test]
    fn weights_are_read_as_they_were_written(
        shapes in prop::collection::btree_map("[a-z]{1,9}(\\.[a-z0-9]{1,9}){0,2}", prop::collection::vec(1usize..4, 0..4), 0..8),
        seed: u32,
    ) {
        // Any finite bits, from tiny to huge.
        let number = |i: usize| f32::from_bits((seed.wrapping_add(i as u32).wrapping_mul(2_654_435_761)) & !(1 << 30));
        let tensors: Vec<(String, TensorData)> = shapes
            .iter()
            .map(|(name, shape)| {
                let numbers: Vec<f32> = (0..shape.iter().product()).map(number).collect();
                (name.clone(), TensorData::new(numbers, shape.clone()))
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        write_weights(&path, &[tensor("old", &[1.0])], &[]).unwrap();
        write_weights(&path, &tensors, &[]).unwrap();
        prop_assert_eq!(files(folder.path()), ["model.safetensors"]);
        let weights = Weights::open(folder.path()).unwrap();
        prop_assert_eq!(weights.names().collect::<Vec<_>>(), shapes.keys().collect::<Vec<_>>());
        for (name, data) in &tensors {
            let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            let read = weights.values(name, &shapes[name]).unwrap();
            prop_assert_eq!(bits(&read), bits(data.as_slice::<f32>().unwrap()));
        }
    }
}
