//! One walk over the published names of an architecture's tensors, and what is done at each of
//! them.
//!
//! An architecture says once, in a function over a [`Walk`], which tensor of the file is which
//! weight of the model. [`Expect`] lists names and shapes without initialising a weight, [`Load`]
//! fills the model, [`Save`] collects what is written.
//!
//! ```
//! use burn::module::Param;
//! use burn::nn::{Linear, LinearConfig};
//! use burn::tensor::{Device, Tensor};
//! use checkpoint::{CheckpointError, Expect, Walk};
//!
//! struct Model {
//!     table: Param<Tensor<2>>,
//!     output: Linear,
//! }
//!
//! fn model(walk: &mut impl Walk, model: &mut Model) -> Result<(), CheckpointError> {
//!     walk.tensor("embeddings.weight", &mut model.table)?;
//!     walk.linear("output", &mut model.output)
//! }
//!
//! # let device: Device = backend::from_env();
//! let table = Param::from_tensor(Tensor::zeros([100, 8], &device));
//! let output = LinearConfig::new(8, 100).init(&device);
//! let mut expect = Expect::default();
//! model(&mut expect, &mut Model { table, output })?;
//! assert_eq!(expect.tensors[1], ("output.weight".to_string(), vec![100, 8]));
//! # Ok::<(), CheckpointError>(())
//! ```

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::CheckpointError;
use crate::linear;
use crate::weights::Weights;

/// What is done at each tensor of a model that has a published name.
pub trait Walk: Sized {
    /// Visits the tensor called `name`, which is stored as the model holds it.
    ///
    /// # Errors
    ///
    /// What the walker finds wrong with it.
    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        at: &mut Param<Tensor<D>>,
    ) -> Result<(), CheckpointError>;

    /// Visits PyTorch's `Linear` called `name`: its `weight`, stored as `[out, in]`, and its `bias`
    /// if the model's has one.
    ///
    /// # Errors
    ///
    /// What the walker finds wrong with one of them.
    fn linear(&mut self, name: &str, at: &mut Linear) -> Result<(), CheckpointError>;

    /// Visits several of PyTorch's `Linear` of one input, each a name and a width, which the model
    /// holds as one map: `x [W_q | W_k | W_v] + [b_q | b_k | b_v]`.
    ///
    /// # Errors
    ///
    /// What the walker finds wrong with one of them.
    fn joined(&mut self, parts: &[(&str, usize)], at: &mut Linear) -> Result<(), CheckpointError>;

    /// This walk with `prefix` before every name.
    fn under(&mut self, prefix: impl Into<String>) -> Under<'_, Self> {
        Under { walk: self, prefix: prefix.into() }
    }
}

/// A part of a walk, by a prefix that its names share: one layer.
#[derive(Debug)]
pub struct Under<'a, W> {
    walk: &'a mut W,
    prefix: String,
}

impl<W: Walk> Walk for Under<'_, W> {
    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        at: &mut Param<Tensor<D>>,
    ) -> Result<(), CheckpointError> {
        self.walk.tensor(&format!("{}{name}", self.prefix), at)
    }

    fn linear(&mut self, name: &str, at: &mut Linear) -> Result<(), CheckpointError> {
        self.walk.linear(&format!("{}{name}", self.prefix), at)
    }

    fn joined(&mut self, parts: &[(&str, usize)], at: &mut Linear) -> Result<(), CheckpointError> {
        let names: Vec<String> =
            parts.iter().map(|(name, _)| format!("{}{name}", self.prefix)).collect();
        let mut full = Vec::new();
        for (name, (_, width)) in names.iter().zip(parts) {
            full.push((name.as_str(), *width));
        }
        self.walk.joined(&full, at)
    }
}

/// Lists the name and the stored shape of every tensor. Nothing is initialised and nothing
/// allocated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// What was visited, in the order of the walk: what [`Weights::matches`] takes.
    pub tensors: Vec<(String, Vec<usize>)>,
}

impl Expect {
    fn part(&mut self, name: &str, d_in: usize, d_out: usize, bias: bool) {
        self.tensors.push((format!("{name}.weight"), vec![d_out, d_in]));
        if bias {
            self.tensors.push((format!("{name}.bias"), vec![d_out]));
        }
    }
}

impl Walk for Expect {
    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        at: &mut Param<Tensor<D>>,
    ) -> Result<(), CheckpointError> {
        self.tensors.push((name.into(), at.lazy_shape().to_vec()));
        Ok(())
    }

    fn linear(&mut self, name: &str, at: &mut Linear) -> Result<(), CheckpointError> {
        let shape = at.weight.lazy_shape();
        self.part(name, shape[0], shape[1], at.bias.is_some());
        Ok(())
    }

    fn joined(&mut self, parts: &[(&str, usize)], at: &mut Linear) -> Result<(), CheckpointError> {
        let d_in = at.weight.lazy_shape()[0];
        for (name, width) in parts {
            self.part(name, d_in, *width, at.bias.is_some());
        }
        Ok(())
    }
}

/// Fills a model from a checkpoint. A weight that was not drawn yet never is.
#[derive(Debug)]
pub struct Load<'a> {
    weights: &'a Weights,
    device: &'a Device,
}

impl<'a> Load<'a> {
    /// A walk that reads `weights` onto `device`.
    pub fn new(weights: &'a Weights, device: &'a Device) -> Self {
        Self { weights, device }
    }
}

impl Walk for Load<'_> {
    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        at: &mut Param<Tensor<D>>,
    ) -> Result<(), CheckpointError> {
        *at = Param::from_tensor(self.weights.tensor(name, at.lazy_shape().dims(), self.device)?);
        Ok(())
    }

    fn linear(&mut self, name: &str, at: &mut Linear) -> Result<(), CheckpointError> {
        let shape = at.weight.lazy_shape().dims();
        *at = linear::read(self.weights, name, shape, at.bias.is_some(), self.device)?;
        Ok(())
    }

    fn joined(&mut self, parts: &[(&str, usize)], at: &mut Linear) -> Result<(), CheckpointError> {
        let (d_in, has_bias) = (at.weight.lazy_shape()[0], at.bias.is_some());
        let mut linears = Vec::new();
        for (name, width) in parts {
            linears.push(linear::read(self.weights, name, [d_in, *width], has_bias, self.device)?);
        }
        *at = linear::join(&linears);
        Ok(())
    }
}

/// Collects every tensor of a model as it is stored, by its name: weights to write, or gradients to
/// compare.
#[derive(Debug, Clone, Default)]
pub struct Save {
    /// What was visited, in the order of the walk: what [`write_weights`](crate::write_weights)
    /// takes.
    pub tensors: Vec<(String, TensorData)>,
}

impl Walk for Save {
    fn tensor<const D: usize>(
        &mut self,
        name: &str,
        at: &mut Param<Tensor<D>>,
    ) -> Result<(), CheckpointError> {
        self.tensors.push((name.into(), at.val().into_data()));
        Ok(())
    }

    fn linear(&mut self, name: &str, at: &mut Linear) -> Result<(), CheckpointError> {
        self.tensors.extend(linear::write(name, at));
        Ok(())
    }

    fn joined(&mut self, parts: &[(&str, usize)], at: &mut Linear) -> Result<(), CheckpointError> {
        let mut first = 0;
        for (name, width) in parts {
            self.tensors.extend(linear::write(name, &linear::columns(at, first, *width)));
            first += width;
        }
        Ok(())
    }
}
