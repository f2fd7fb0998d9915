//! GELU's tanh form: in five passes, in one, and in one with sixteen numbers at a time.

use pulp::Arch;
use rayon::prelude::*;

use crate::exponential::exp;

/// 2 sqrt(2 / pi) (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", section 2).
const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;

/// Factor of the cubic term (Hendrycks and Gimpel 2016, section 2).
const CUBIC: f32 = 0.044_715;

/// Numbers that a core takes at once: 64 KiB, which stay in its cache.
const CHUNK: usize = 16 * 1024;

/// GELU as a tensor library runs it, an operation at a time: each loop reads a whole list and
/// writes a whole list.
///
/// x (1 + tanh(u)) / 2 = x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and
/// Gimpel 2016, section 2)
// ANCHOR: five
pub fn gelu_in_five_passes(x: &[f32]) -> Vec<f32> {
    let mut inner = Vec::with_capacity(x.len());
    for &x in x {
        inner.push(x + CUBIC * x * x * x);
    }
    let mut exponents = Vec::with_capacity(x.len());
    for &inner in &inner {
        exponents.push(-TWICE_SQRT_2_OVER_PI * inner);
    }
    let mut exponentials = Vec::with_capacity(x.len());
    for &exponent in &exponents {
        exponentials.push(exponent.exp());
    }
    let mut divisors = Vec::with_capacity(x.len());
    for &exponential in &exponentials {
        divisors.push(1.0 + exponential);
    }
    let mut output = Vec::with_capacity(x.len());
    for (&x, &divisor) in x.iter().zip(&divisors) {
        output.push(x / divisor);
    }
    output
}
// ANCHOR_END: five

/// The same in one pass, in place, and still one number after the other.
// ANCHOR: one
pub fn gelu_in_one_pass(x: &mut [f32]) {
    for x in x {
        let inner = *x + CUBIC * *x * *x * *x;
        *x /= 1.0 + (-TWICE_SQRT_2_OVER_PI * inner).exp();
    }
}
// ANCHOR_END: one

/// The same fast: one pass, on every core, as many numbers at once as a register has.
// ANCHOR: fast
pub fn gelu(x: &mut [f32]) {
    x.par_chunks_mut(CHUNK).for_each(|chunk| gelu_of(Arch::new(), chunk));
}

/// GELU of a chunk on one core, in the registers of `arch`.
pub fn gelu_of(arch: Arch, chunk: &mut [f32]) {
    arch.dispatch(|| {
        for x in chunk {
            let inner = *x + CUBIC * *x * *x * *x;
            *x /= 1.0 + exp(-TWICE_SQRT_2_OVER_PI * inner);
        }
    });
}
// ANCHOR_END: fast
