//! GELU of single numbers by the normal distribution, without a branch.

use crate::exp::exp_of_negative;

/// 1 / sqrt(2 pi), the height of the normal density.
const HEIGHT: f32 = 0.398_942_3;

/// Where the two halves of [`TAIL`]'s range meet.
const MIDDLE: f32 = 2.0;

/// Polynomial in u = (|x| - 2) / (|x| + 2), highest power first: the share of a normal distribution
/// that lies beyond |x|, times e^(x^2 / 2) (|x| + 2). Fitted to scipy's `erfcx` over 0 <= |x| <= 28
/// by least squares, reweighted until the largest relative error was smallest: 2.3e-7.
const TAIL: [f32; 9] = [
    5.124_808e-4,
    9.269_115e-4,
    -1.704_718_2e-3,
    -6.774_337e-3,
    -5.464_849e-4,
    3.672_698e-2,
    2.880_567_4e-2,
    -3.314_049_6e-1,
    6.724_079e-1,
];

/// The share of a normal distribution that lies below x, and e^(-x^2 / 2).
#[inline(always)] // into a loop in the body of a dispatch, which alone is compiled for wide registers
fn share_below(x: f32) -> (f32, f32) {
    let distance = x.abs();
    let reciprocal = 1.0 / (distance + MIDDLE);
    let u = 1.0 - 2.0 * MIDDLE * reciprocal;
    let mut polynomial = TAIL[0];
    for coefficient in &TAIL[1..] {
        polynomial = polynomial * u + coefficient;
    }
    let bell = exp_of_negative(-0.5 * x * x);
    let beyond = polynomial * reciprocal * bell;
    (if x > 0.0 { 1.0 - beyond } else { beyond }, bell)
}

/// x times the share of a normal distribution that lies below x.
#[inline(always)] // as above
pub(crate) fn gelu(x: f32) -> f32 {
    x * share_below(x).0
}

/// [`gelu`] and its derivative: the share below x, and x times the density at x.
#[inline(always)] // as above
pub(crate) fn gelu_and_slope(x: f32) -> (f32, f32) {
    let (share, bell) = share_below(x);
    (x * share, share + x * bell * HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The normal density in f64.
    fn density(x: f64) -> f64 {
        (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    /// The share below x in f64: one half, and the density from 0 to x by Simpson's rule.
    fn share(x: f64) -> f64 {
        const STEPS: u32 = 2000;
        let step = x / f64::from(STEPS);
        let mut sum = density(0.0) + density(x);
        for i in 1..STEPS {
            sum += density(f64::from(i) * step) * if i % 2 == 1 { 4.0 } else { 2.0 };
        }
        0.5 + sum * step / 3.0
    }

    /// The tolerance: the polynomial is off by 2.3e-7 of itself, what it is multiplied by is rounded.
    #[test]
    fn gelu_and_its_slope_are_those_of_f64() {
        for i in -1200..=1200 {
            let x = i as f32 * 0.01;
            let wide = f64::from(x);
            let expected = [wide * share(wide), share(wide) + wide * density(wide)];
            let (value, slope) = gelu_and_slope(x);
            assert_eq!(value.to_bits(), gelu(x).to_bits(), "GELU of {x}");
            for (found, expected) in [value, slope].into_iter().zip(expected) {
                let tolerance = 6e-7 * wide.abs().max(1.0);
                assert!(
                    (f64::from(found) - expected).abs() < tolerance,
                    "GELU of {x} or its slope: expected {expected}, found {found}"
                );
            }
        }
    }

    #[test]
    fn far_from_zero_gelu_is_x_or_zero_and_nan_stays_nan() {
        for far in [1e2, 1e10, f32::MAX, f32::INFINITY] {
            assert_eq!(gelu(far), far);
        }
        for far in [-1e2, -1e10, f32::MIN] {
            assert_eq!(gelu_and_slope(far), (-0.0, 0.0));
        }
        assert!(gelu(f32::NAN).is_nan());
        assert_eq!(gelu(0.0), 0.0);
    }
}
