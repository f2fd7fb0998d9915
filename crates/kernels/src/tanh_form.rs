//! The tanh form of GELU, of single numbers, without a branch.

use crate::exp::exp_of_negative;

/// 2 sqrt(2 / pi), twice the factor of Hendrycks & Gimpel 2016, section 2.
const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;

/// Factor of the cubic term (Hendrycks & Gimpel 2016, section 2).
const CUBIC: f32 = 0.044715;

/// Beyond it the share is 0 or 1 to the last bit, while its derivative would be 0 times infinity.
const FAR: f32 = 30.0;

/// x times half of 1 + tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3), and its derivative.
///
/// Half of 1 + tanh(u) is 1 / (1 + e^-2u): with e = e^-|2u| it is 1 / (1 + e) for x above 0, and
/// e / (1 + e) below it.
#[inline(always)] // into a loop in the body of a dispatch, which alone is compiled for wide registers
pub(crate) fn gelu_and_slope(x: f32) -> (f32, f32) {
    let near = x.clamp(-FAR, FAR);
    let square = near * near;
    let twice_u = TWICE_SQRT_2_OVER_PI * near * (1.0 + CUBIC * square);
    let e = exp_of_negative(-twice_u.abs());
    let larger = 1.0 / (1.0 + e);
    let share = if near > 0.0 { larger } else { e * larger };
    let slope_of_2u = TWICE_SQRT_2_OVER_PI * (1.0 + 3.0 * CUBIC * square);
    (x * share, share + near * (e * larger * larger) * slope_of_2u)
}

/// The value of [`gelu_and_slope`].
#[inline(always)] // as above
pub(crate) fn gelu(x: f32) -> f32 {
    gelu_and_slope(x).0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in f64.
    fn expected(x: f64) -> (f64, f64) {
        let root = (2.0 / std::f64::consts::PI).sqrt();
        let tanh = (root * (x + 0.044715 * x.powi(3))).tanh();
        let slope = 0.5 * x * (1.0 - tanh * tanh) * root * (1.0 + 3.0 * 0.044715 * x * x);
        (0.5 * x * (1.0 + tanh), 0.5 * (1.0 + tanh) + slope)
    }

    #[test]
    fn value_and_slope_are_those_of_f64() {
        let mut x: f32 = -20.0;
        while x < 20.0 {
            let (value, slope) = gelu_and_slope(x);
            let (expected_value, expected_slope) = expected(f64::from(x));
            let room = 1e-6 * f64::from(x).abs().max(1.0);
            assert!((f64::from(value) - expected_value).abs() < room, "value at {x}: {value}");
            assert!((f64::from(slope) - expected_slope).abs() < 4e-6, "slope at {x}: {slope}");
            x += 0.0037;
        }
    }

    #[test]
    fn far_numbers_have_a_slope_and_nan_stays_nan() {
        assert_eq!(gelu_and_slope(1e30), (1e30, 1.0));
        assert_eq!(gelu_and_slope(-1e30), (0.0, 0.0));
        assert!(gelu_and_slope(f32::NAN).0.is_nan() && gelu_and_slope(f32::NAN).1.is_nan());
    }
}
