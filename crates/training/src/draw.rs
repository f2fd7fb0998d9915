//! The source of everything random in a step.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// One micro-batch of one step: everything random in it follows from these three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Seed of the whole training.
    pub seed: u64,
    /// Number of the step, from 0.
    pub step: usize,
    /// Number of the micro-batch in its step, from 0; above it only where gradients are
    /// accumulated.
    pub micro: usize,
}

impl Draw {
    /// A generator of this draw's own; its numbers are not those that the device draws.
    pub fn rng(&self) -> StdRng {
        StdRng::seed_from_u64(mix(self.number()))
    }

    /// A seed of this draw's own, from which dropout draws: by the thread that computes, or by the
    /// device's generator.
    pub fn number(&self) -> u64 {
        let micro = mix(self.seed ^ mix(self.step as u64)) ^ self.micro as u64;
        mix(micro)
    }
}

/// Bits thoroughly mixed, so that neighbouring numbers give unrelated ones (Steele et al. 2014,
/// "Fast Splittable Pseudorandom Number Generators", figure 17: SplitMix64).
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
