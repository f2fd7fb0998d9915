//! What is fetched is whole and is what was asked for, whatever the network does.

mod real;
mod server;

use fetch::FetchError;

/// A safetensors file with f32 tensors.
pub fn floats(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), bytes)| {
        (
            name.to_string(),
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes)
                .unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

/// Asserts that an error is one printable line that holds each of `texts`.
#[track_caller]
pub fn assert_says<T>(result: Result<T, FetchError>, texts: &[&str]) {
    let line = match result {
        Ok(_) => panic!("it was accepted; expected an error with {texts:?}"),
        Err(error) => error.to_string(),
    };
    for text in texts {
        assert!(line.contains(text), "expected {text:?} in: {line}");
    }
    assert!(!line.chars().any(char::is_control), "control characters in: {line:?}");
    assert!(line.len() < 1500, "too long: {line}");
}
