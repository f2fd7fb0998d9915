//! Mistakes in `alibi_slopes`.

/// Right for 1, 2, 4, 8, .. heads only: a published model with 12 weighs near and far otherwise.
pub fn the_formula_for_every_number_of_heads(heads: usize) -> Vec<f32> {
    assert!(heads > 0, "ALiBi needs at least one head");
    let mut slopes = Vec::new();
    for head in 1..=heads {
        slopes.push((-8.0 * head as f64 / heads as f64).exp2() as f32);
    }
    slopes
}

/// The first head gets the slope 1, and sees its last few tokens only. The flattest is missing.
pub fn heads_counted_from_0(heads: usize) -> Vec<f32> {
    let below: usize = 1 << heads.ilog2();
    let mut slopes = Vec::new();
    for head in 0..below {
        slopes.push((-8.0 * head as f64 / below as f64).exp2() as f32);
    }
    for extra in 0..heads - below {
        slopes.push((-8.0 * (2 * extra) as f64 / (2 * below) as f64).exp2() as f32);
    }
    slopes
}

/// The even ones of the longer series are those of the shorter: two heads forget alike.
pub fn the_half_of_the_next_series_that_is_there_already(heads: usize) -> Vec<f32> {
    let below: usize = 1 << heads.ilog2();
    let mut slopes = Vec::new();
    for head in 1..=below {
        slopes.push((-8.0 * head as f64 / below as f64).exp2() as f32);
    }
    for extra in 0..heads - below {
        slopes.push((-8.0 * (2 + 2 * extra) as f64 / (2 * below) as f64).exp2() as f32);
    }
    slopes
}

/// Every other one is there already.
pub fn the_next_series_without_leaving_any_out(heads: usize) -> Vec<f32> {
    let below: usize = 1 << heads.ilog2();
    let mut slopes = Vec::new();
    for head in 1..=below {
        slopes.push((-8.0 * head as f64 / below as f64).exp2() as f32);
    }
    for extra in 0..heads - below {
        slopes.push((-8.0 * (1 + extra) as f64 / (2 * below) as f64).exp2() as f32);
    }
    slopes
}

/// 8 / 16 is 0 for whole numbers, so the ninth of twelve heads gets the slope 1.
pub fn divided_as_whole_numbers(heads: usize) -> Vec<f32> {
    let below: usize = 1 << heads.ilog2();
    let mut slopes = Vec::new();
    for head in 1..=below {
        slopes.push((-((8 * head / below) as f64)).exp2() as f32);
    }
    for extra in 0..heads - below {
        slopes.push((-((8 * (1 + 2 * extra) / (2 * below)) as f64)).exp2() as f32);
    }
    slopes
}

/// Twelve heads take the steepest twelve of sixteen: no head sees as far as it should.
pub fn the_first_of_the_next_power_of_two(heads: usize) -> Vec<f32> {
    assert!(heads > 0, "ALiBi needs at least one head");
    let above = heads.next_power_of_two();
    let mut slopes = Vec::new();
    for head in 1..=heads {
        slopes.push((-8.0 * head as f64 / above as f64).exp2() as f32);
    }
    slopes
}

/// The sign of the exponent: the first of eight heads takes off 2 per token, the last 256.
pub fn each_head_steeper_than_the_one_before(heads: usize) -> Vec<f32> {
    let below: usize = 1 << heads.ilog2();
    let mut slopes = Vec::new();
    for head in 1..=below {
        slopes.push((8.0 * head as f64 / below as f64).exp2() as f32);
    }
    for extra in 0..heads - below {
        slopes.push((8.0 * (1 + 2 * extra) as f64 / (2 * below) as f64).exp2() as f32);
    }
    slopes
}
