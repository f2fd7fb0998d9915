//! Mistakes in `nucleus_size`.

/// Top-p 0.9 then keeps less than 0.9, and nothing where the first token has all of it.
pub fn the_token_that_crosses_left_out(exponentials: &[f64], top_p: f64) -> usize {
    let enough = top_p * exponentials.iter().sum::<f64>();
    let mut reached = 0.0;
    let mut size = 0;
    while size < exponentials.len() && reached + exponentials[size] < enough {
        reached += exponentials[size];
        size += 1;
    }
    size
}

/// These numbers do not sum to 1: a share of 1 is no share of them.
pub fn taken_for_numbers_that_sum_to_1(exponentials: &[f64], top_p: f64) -> usize {
    let mut reached = 0.0;
    let mut size = 0;
    while size < exponentials.len() && reached < top_p {
        reached += exponentials[size];
        size += 1;
    }
    size
}

/// Two tokens of a half each and top-p 0.5: the first one is enough.
pub fn one_more_where_the_share_is_reached_exactly(exponentials: &[f64], top_p: f64) -> usize {
    let enough = top_p * exponentials.iter().sum::<f64>();
    let mut reached = 0.0;
    let mut size = 0;
    while size < exponentials.len() && reached <= enough {
        reached += exponentials[size];
        size += 1;
    }
    size
}

/// As many as it takes of the unlikeliest: nearly all of them.
pub fn counted_from_the_unlikeliest(exponentials: &[f64], top_p: f64) -> usize {
    let enough = top_p * exponentials.iter().sum::<f64>();
    let mut reached = 0.0;
    let mut size = 0;
    while size < exponentials.len() && reached < enough {
        reached += exponentials[exponentials.len() - 1 - size];
        size += 1;
    }
    size
}

/// That is another rule: how likely a token is, and not how likely it is together with those before
/// it.
pub fn each_token_compared_alone(exponentials: &[f64], top_p: f64) -> usize {
    let least = (1.0 - top_p) * exponentials.iter().sum::<f64>();
    exponentials.iter().filter(|&&number| number >= least).count()
}

/// However sure the model is, as many are kept: that is top-k.
pub fn a_share_of_the_tokens_and_not_of_the_probability(exponentials: &[f64], top_p: f64) -> usize {
    (top_p * exponentials.len() as f64).ceil() as usize
}
