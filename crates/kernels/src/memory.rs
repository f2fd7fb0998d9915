//! Tensors that are arrays of this process.

use burn::tensor::{DType, Device, Tensor, TensorData};

/// Whether the tensors of a device are arrays of this process, so that what works on slices needs
/// no copy.
pub fn is_memory(device: &Device) -> bool {
    cfg_select! {
        feature = "flex" => *device == Device::flex(),
        _ => {
            let _ = device; // of another backend, whichever it is
            false
        }
    }
}

/// Whether a tensor is an array of f32 of this process.
pub fn is_array<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && is_memory(&tensor.device())
}

/// The numbers of a tensor that [`is_array`], taken out without a copy where nobody else holds them.
///
/// # Panics
///
/// If they are no f32.
pub(crate) fn taken<const D: usize>(tensor: Tensor<D>) -> TensorData {
    let found = tensor.dtype();
    assert!(found == DType::F32, "expected numbers of f32, found {found:?}");
    tensor.into_data()
}

/// The numbers as a slice.
pub(crate) fn numbers(data: &TensorData) -> &[f32] {
    data.as_slice().expect("numbers of f32 in memory")
}

/// The numbers as a slice to write to.
pub(crate) fn numbers_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect("numbers of f32 in memory")
}
