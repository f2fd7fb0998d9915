//! A step of AdamW in place, fast.
//!
//! burn computes a step as a dozen operations on whole tensors, each of which writes a tensor of its
//! own. Here a weight, its gradient and its two moments are read once, and weight and moments are
//! written where they lie. The operations on a number are burn's, in burn's order, so that the
//! result is the same to the bit.

use burn::optim::AdaptiveMomentumState;
use burn::tensor::Tensor;
use pulp::Arch;
use rayon::prelude::*;

use crate::memory::{numbers, numbers_mut, taken};
use crate::tally::{self, Operation};

/// Numbers that one core works on before it looks for more work: four arrays of them fit its own
/// cache.
const CHUNK: usize = 1 << 14;

/// Settings of AdamW (Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm
/// 2).
#[derive(Debug, Clone, Copy)]
pub struct AdamW {
    /// Decay rate of the first moment.
    pub beta_1: f32,
    /// Decay rate of the second moment.
    pub beta_2: f32,
    /// Epsilon, added to the root of the second moment.
    pub epsilon: f32,
    /// Weight decay: share of the weight that a step takes away, times the learning rate.
    pub weight_decay: f32,
}

/// The numbers of a step that all of a weight share.
#[derive(Debug, Clone, Copy)]
struct Step {
    adamw: AdamW,
    /// Factor of every gradient.
    scale: f32,
    /// Learning rate.
    rate: f32,
    /// What the decay leaves of a weight.
    kept: f32,
    /// What the moments are divided by, since they began at zero.
    correction_1: f32,
    correction_2: f32,
}

impl AdamW {
    /// The weight after one step of learning rate `rate` along its gradient times `scale`, and its
    /// moments.
    ///
    /// m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g^2,
    /// w = w (1 - rate decay) - rate (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)
    ///
    /// # Shapes
    ///
    /// - value, gradient, the moments and the outputs: `[numbers]`, each of them an
    ///   array ([`is_array`](crate::memory::is_array)) without autodiff
    ///
    /// # Panics
    ///
    /// If the numbers are no f32, or there are more of one than of another.
    pub fn step(
        &self,
        rate: f64,
        scale: f64,
        value: Tensor<1>,
        gradient: Tensor<1>,
        moments: Option<AdaptiveMomentumState<1>>,
    ) -> (Tensor<1>, AdaptiveMomentumState<1>) {
        let (shape, device) = (value.shape(), value.device());
        let moments = moments.unwrap_or_else(|| {
            let zeros = || Tensor::zeros(shape.clone(), &device);
            AdaptiveMomentumState::new(0, zeros(), zeros())
        });
        let _timer = tally::timer(Operation::Update, || {
            let numbers = shape.num_elements() as u64;
            [15 * numbers, 7 * size_of::<f32>() as u64 * numbers] // four read and three written
        });
        let time = moments.time + 1;
        let (mut value, gradient) = (taken(value), taken(gradient));
        let (mut first, mut second) = (taken(moments.moment_1), taken(moments.moment_2));
        let step = Step {
            adamw: *self,
            scale: scale as f32,
            rate: rate as f32,
            kept: (1.0 - rate * f64::from(self.weight_decay)) as f32,
            correction_1: 1.0 - self.beta_1.powi(time as i32),
            correction_2: 1.0 - self.beta_2.powi(time as i32),
        };
        let (w, g) = (numbers_mut(&mut value), numbers(&gradient));
        step.whole(w, g, numbers_mut(&mut first), numbers_mut(&mut second));
        let [value, first, second] =
            [value, first, second].map(|data| Tensor::from_data(data, &device));
        (value, AdaptiveMomentumState::new(time, first, second))
    }
}

impl Step {
    /// The step of a whole weight `w` along `g`, with its moments `m` and `v`, on all cores.
    fn whole(&self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        let lengths = [g.len(), m.len(), v.len()];
        assert!(lengths == [w.len(); 3], "{} weights with {lengths:?} numbers", w.len());
        let arch = Arch::new();
        if w.len() <= CHUNK {
            return arch.dispatch(|| self.chunk(w, g, m, v));
        }
        let parts = w.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK));
        let moments = m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK));
        parts.zip(moments).for_each(|((w, g), (m, v))| arch.dispatch(|| self.chunk(w, g, m, v)));
    }

    /// The step of a part of the weight.
    #[inline(always)]
    fn chunk(&self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        let AdamW { beta_1, beta_2, epsilon, .. } = self.adamw;
        let (share_1, share_2) = (1.0 - beta_1, 1.0 - beta_2);
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let g = g * self.scale;
            *m = *m * beta_1 + g * share_1;
            *v = *v * beta_2 + g * g * share_2;
            let root = (*v / self.correction_2).sqrt() + epsilon;
            *w = *w * self.kept - *m / self.correction_1 / root * self.rate;
        }
    }
}
