//! Both forms of GELU, fast.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::tensor::{Tensor, activation};

use crate::plain::count_call;

/// sqrt(2 / pi) (Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2).
const SQRT_2_OVER_PI: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;

/// Factor of the cubic term (Hendrycks & Gimpel 2016, section 2).
const CUBIC: f64 = 0.044715;

/// x * (1 + erf(x / sqrt(2))) / 2. On flex erf comes by a polynomial, many numbers side by side, and
/// what is trained through keeps the derivative. Elsewhere it is burn's own GELU, unless it is
/// trained through: on most backends burn gives it the gradient of the tanh form, which is off by
/// 1e-3.
///
/// Lesson 10 holds it equal to its plain `gelu_exact`.
///
/// # Shapes
///
/// - x: any
/// - output: the same
pub fn gelu_exact<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    count_call();
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) {
        return crate::flex::gelu::gelu(x);
    }
    if !x.is_autodiff() {
        return activation::gelu(x);
    }
    let below = (x.clone() * FRAC_1_SQRT_2).erf() + 1.0;
    x * below * 0.5
}

/// x * (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 x^3), made cheap: half of
/// 1 + tanh(u) is 1 / (1 + e^-2u), and a CPU computes e^x several times faster than tanh. On flex
/// the exponentials come many side by side, and what is trained through keeps the derivative.
///
/// Elsewhere, to be trained through, only the tangent at x is recorded: value + slope * (x - at). With x = at
/// its last term adds 0 to the value, and `slope` is the gradient: one step back instead of one for
/// every operation. Lesson 10 holds it equal to its plain `gelu_tanh`.
///
/// # Shapes
///
/// - x: any
/// - output: the same
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    count_call();
    #[cfg(feature = "flex")]
    if crate::memory::is_array(&x) {
        return crate::flex::gelu::gelu_tanh(x);
    }
    let at = x.clone().inner();
    let square = at.clone().square();
    let minus_2u = (square.clone() * CUBIC + 1.0) * at.clone() * (-2.0 * SQRT_2_OVER_PI);
    let share = (minus_2u.exp() + 1.0).recip();
    let value = at.clone() * share.clone();
    if !x.is_autodiff() {
        return value;
    }
    // (x share)' = share + x share', share' = share (1 - share) (2u)'
    let slope_of_2u = (square * (3.0 * CUBIC) + 1.0) * (2.0 * SQRT_2_OVER_PI);
    let slope = share * ((at.clone() - value.clone()) * slope_of_2u + 1.0);
    let [at, value, slope] = [at, value, slope].map(Tensor::from_inner);
    (x - at) * slope + value
}
