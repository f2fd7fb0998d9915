//! Linear maps as PyTorch stores them: read and written side by side.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::CheckpointError;
use crate::weights::Weights;

/// Columns of a map that is held as `[in, out]`.
const COLUMNS: usize = 1;

/// Reads PyTorch's `Linear` called `name`: its `weight`, stored as `[d_out, d_in]`, turned; its
/// `bias` if it has one.
pub(crate) fn read(
    weights: &Weights,
    name: &str,
    [d_in, d_out]: [usize; 2],
    has_bias: bool,
    device: &Device,
) -> Result<Linear, CheckpointError> {
    let weight = weights.transposed(&format!("{name}.weight"), [d_in, d_out], device)?;
    let mut bias = None;
    if has_bias {
        let values = weights.tensor(&format!("{name}.bias"), [d_out], device)?;
        bias = Some(Param::from_tensor(values));
    }
    Ok(Linear { weight: Param::from_tensor(weight), bias })
}

/// The tensors of a linear map as [`read`] reads them.
pub(crate) fn write(name: &str, linear: &Linear) -> Vec<(String, TensorData)> {
    let mut tensors = vec![(format!("{name}.weight"), linear.weight.val().transpose().into_data())];
    if let Some(bias) = &linear.bias {
        tensors.push((format!("{name}.bias"), bias.val().into_data()));
    }
    tensors
}

/// Several linear maps of one input as one: `x [W_q | W_k | W_v] + [b_q | b_k | b_v]`. Either all
/// have a bias or none.
pub(crate) fn join(parts: &[Linear]) -> Linear {
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for part in parts {
        weights.push(part.weight.val());
        if let Some(bias) = &part.bias {
            biases.push(bias.val());
        }
    }
    // Detached: the whole is a weight of its own, not a sum of the parts.
    let weight = Param::from_tensor(Tensor::cat(weights, COLUMNS).detach());
    let mut bias = None;
    if !biases.is_empty() {
        bias = Some(Param::from_tensor(Tensor::cat(biases, 0).detach()));
    }
    Linear { weight, bias }
}

/// `width` columns of a linear map from the column `first` on: what [`join`] put together, apart
/// again.
pub(crate) fn columns(linear: &Linear, first: usize, width: usize) -> Linear {
    let weight = Param::from_tensor(linear.weight.val().narrow(COLUMNS, first, width));
    let mut bias = None;
    if let Some(whole) = &linear.bias {
        bias = Some(Param::from_tensor(whole.val().narrow(0, first, width)));
    }
    Linear { weight, bias }
}
