//! e^x in arithmetic that a processor does for sixteen numbers at once.

/// Below this e^x is smaller than the smallest normal f32, and counts as 0.
const LOWEST: f32 = -87.33;

/// Above this e^x is counted as infinite; the largest f32 is e^88.72.
const HIGHEST: f32 = 88.37;

/// 1.5 x 2^23: a number next to it has no room for a fraction, so adding it rounds.
const ROUNDS: f32 = 12_582_912.0;

/// ln 2 in two parts: the first has so few digits that a whole number times it is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// 1 / k! for k = 7 down to 0, the coefficients of the series of e^r.
const SERIES: [f32; 8] =
    [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];

/// e^x, within 4 units in the last place of an f32; NaN of NaN.
///
/// e^x = 2^n e^r with a whole n and |r| <= ln(2) / 2, where eight terms of the series are enough
/// (Cody and Waite 1980, "Software Manual for the Elementary Functions", chapter 6). Without a table
/// and without a branch, so that a compiler makes vector instructions of a loop over it.
// ANCHOR: exp
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let inside = x.clamp(LOWEST, HIGHEST);
    let shifted = inside * std::f32::consts::LOG2_E + ROUNDS;
    let n = shifted - ROUNDS;
    let r = inside - n * LN_2_HIGH - n * LN_2_LOW;
    let mut sum = SERIES[0];
    for coefficient in &SERIES[1..] {
        sum = sum * r + coefficient;
    }
    // n stands in the last bits of `shifted`; in the exponent's place, with its offset, it is 2^n.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    let value = if x > HIGHEST { f32::INFINITY } else { sum * power };
    if x < LOWEST { 0.0 } else { value }
}
// ANCHOR_END: exp
