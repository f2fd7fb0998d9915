//! Mistakes in `sinusoid`.

/// Sine and cosine are of two hands, and the dot product of two rows no longer depends on their
/// offset alone.
pub fn the_cosine_with_an_exponent_of_its_own(position: usize, axis: usize, d_model: usize) -> f64 {
    let angle = position as f64 / 10_000_f64.powf(axis as f64 / d_model as f64);
    if axis.is_multiple_of(2) { angle.sin() } else { angle.cos() }
}

/// The same numbers in another order: as good for a model that learns with it, wrong for one that
/// learned without.
pub fn all_sines_and_then_all_cosines(position: usize, axis: usize, d_model: usize) -> f64 {
    let sines = d_model.div_ceil(2);
    let hand = axis % sines;
    let angle = position as f64 / 10_000_f64.powf((2 * hand) as f64 / d_model as f64);
    if axis < sines { angle.sin() } else { angle.cos() }
}

/// The clock starts one tick late: the first row is not 0, 1, 0, 1.
pub fn positions_counted_from_1(position: usize, axis: usize, d_model: usize) -> f64 {
    let even = axis - axis % 2;
    let angle = (position + 1) as f64 / 10_000_f64.powf(even as f64 / d_model as f64);
    if axis == even { angle.sin() } else { angle.cos() }
}

/// The slowest hand turns a hundred times too fast: the hands crowd at the quick end.
pub fn i_and_not_2i_in_the_exponent(position: usize, axis: usize, d_model: usize) -> f64 {
    let hand = axis / 2;
    let angle = position as f64 / 10_000_f64.powf(hand as f64 / d_model as f64);
    if axis.is_multiple_of(2) { angle.sin() } else { angle.cos() }
}

/// Multiplied and not divided: the last of 64 hands makes a thousand turns from one token to the
/// next, and its numbers look like chance.
pub fn each_hand_faster_than_the_one_before(position: usize, axis: usize, d_model: usize) -> f64 {
    let even = axis - axis % 2;
    let angle = position as f64 * 10_000_f64.powf(even as f64 / d_model as f64);
    if axis == even { angle.sin() } else { angle.cos() }
}

/// Position 0 reads 1, 0, 1, 0, where a published model was trained with 0, 1, 0, 1.
pub fn cosines_where_the_sines_belong(position: usize, axis: usize, d_model: usize) -> f64 {
    let even = axis - axis % 2;
    let angle = position as f64 / 10_000_f64.powf(even as f64 / d_model as f64);
    if axis == even { angle.cos() } else { angle.sin() }
}

/// Right at the beginning of a text. At position 100,000 a hand is off by up to 0.004 radians.
pub fn the_angle_in_f32(position: usize, axis: usize, d_model: usize) -> f64 {
    let even = axis - axis % 2;
    let angle = position as f32 / 10_000_f32.powf(even as f32 / d_model as f32);
    f64::from(if axis == even { angle.sin() } else { angle.cos() })
}
