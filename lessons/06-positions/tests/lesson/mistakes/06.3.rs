//! Mistakes in `rope_frequencies`.

/// The slowest pair turns at 1 / sqrt(theta), a hundred times too fast at 10,000.
pub fn i_and_not_2i_in_the_exponent(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf(-(pair as f64) / d_head as f64));
    }
    frequencies
}

/// The same speeds on other pairs: a model that learns with it is as good, a published one is wrong
/// from the second token on.
pub fn the_slowest_pair_first(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf(-((2 * pair) as f64) / d_head as f64));
    }
    frequencies.reverse();
    frequencies
}

/// The two numbers of a pair turn together: they are one point of the plane, and have one speed.
pub fn one_for_each_number_and_not_for_each_pair(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    for axis in 0..d_head {
        frequencies.push(theta.powf(-((axis - axis % 2) as f64) / d_head as f64));
    }
    frequencies
}

/// The sign of the exponent: the last pair makes a thousand turns from one token to the next.
pub fn each_pair_faster_than_the_one_before(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf((2 * pair) as f64 / d_head as f64));
    }
    frequencies
}

/// 2 / 6 is 0 for whole numbers: all pairs turn alike, and a position is known up to full turns
/// only.
pub fn divided_as_whole_numbers(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf(-((2 * pair / d_head) as f64)));
    }
    frequencies
}

/// Close at d_head 128, and no published model was trained with it.
pub fn the_last_pair_at_exactly_1_in_theta(d_head: usize, theta: f64) -> Vec<f64> {
    let mut frequencies = Vec::new();
    let last = (d_head / 2).max(2) - 1;
    for pair in 0..d_head / 2 {
        frequencies.push(theta.powf(-(pair as f64) / last as f64));
    }
    frequencies
}
