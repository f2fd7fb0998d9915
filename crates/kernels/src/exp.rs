//! e^x without a branch, so that the compiler makes SIMD of a loop over it.

use std::f32::consts::LOG2_E;

/// Nearly ln(2^-126): e^x of less is no normal f32, and counts as 0.
const LOWEST: f32 = -87.33;

/// 1.5 * 2^23: added to a number of at most 2^22, it leaves the nearest whole number in the last
/// bits of the sum.
const ROUNDER: f32 = 12_582_912.0;

/// The first nine bits of ln 2, so that a whole number of at most 2^15 times it is exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;

/// ln 2 without [`LN_2_HIGH`].
const LN_2_LOW: f32 = (std::f64::consts::LN_2 - 355.0 / 512.0) as f32;

/// Exponent of 1 in the bits of an f32.
const BIAS: u32 = 127;

/// Bits after the exponent of an f32.
const MANTISSA_BITS: u32 = 23;

/// e^x of an x that is not above 0, to one unit in the last place; 0 below -87.33.
///
/// e^x = 2^n e^r with the whole number n nearest to x / ln 2, so that |r| <= ln(2) / 2: of e^r the
/// first eight terms of its series are left.
#[inline(always)] // into a loop in the body of a dispatch, which alone is compiled for wide registers
pub(crate) fn exp_of_negative(x: f32) -> f32 {
    let shifted = x * LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let mut series = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * r + term;
    }
    // What the sum's bits have above n is shifted out.
    let power_of_2 = f32::from_bits(shifted.to_bits().wrapping_add(BIAS) << MANTISSA_BITS);
    if x < LOWEST { 0.0 } else { series * power_of_2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_to_the_x_is_that_of_f64_to_one_unit_in_the_last_place() {
        let mut x: f32 = -87.3;
        while x <= 0.0 {
            let (found, expected) = (f64::from(exp_of_negative(x)), f64::from(x).exp());
            assert!(
                (found / expected - 1.0).abs() < 1.2e-7,
                "e^{x}: expected {expected}, found {found}"
            );
            x += 0.0037;
        }
    }

    #[test]
    fn the_ends_are_exact_and_nan_stays_nan() {
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert_eq!(exp_of_negative(-0.0), 1.0);
        for far in [-87.34, -1e4, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(exp_of_negative(far), 0.0, "e^{far}");
        }
        assert!(exp_of_negative(f32::NAN).is_nan());
    }
}
