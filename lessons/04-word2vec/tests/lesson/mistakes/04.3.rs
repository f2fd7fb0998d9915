//! Mistakes in `fresh_loss`.

/// The neighbour is an answer too.
pub fn the_noise_words_only(k: usize) -> f64 {
    k as f64 * std::f64::consts::LN_2
}

/// One bit for each answer: right in another unit than the one that training prints.
pub fn bits_and_not_nats(k: usize) -> f64 {
    (k + 1) as f64
}

/// What a softmax over 1 + k words costs that knows nothing: one answer, not 1 + k of them.
pub fn one_choice_among_all_words(k: usize) -> f64 {
    ((k + 1) as f64).ln()
}

/// The mean over the answers, where the loss is their sum.
pub fn one_answer_only(k: usize) -> f64 {
    let _ = k;
    std::f64::consts::LN_2
}

/// A choice among 1 + k words, made 1 + k times.
pub fn every_answer_as_dear_as_a_choice_among_all(k: usize) -> f64 {
    (k + 1) as f64 * ((k + 1) as f64).ln()
}

/// The logarithm of 1/2 is negative. A loss is what is missing, with a minus in front.
pub fn the_sign(k: usize) -> f64 {
    (k + 1) as f64 * 0.5_f64.ln()
}
