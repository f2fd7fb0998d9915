//! Mistakes in `first_visible`.

/// Every new token then moves all others, and the cache is thrown away each time.
pub fn one_token_forgotten_at_a_time(start: usize, tokens: usize, window: usize) -> usize {
    if tokens - start > window { tokens - window } else { start }
}

/// The text outgrows the model, and it panics at the first token that has no position.
pub fn nothing_is_ever_forgotten(start: usize, _tokens: usize, _window: usize) -> usize {
    start
}

/// A window of four holds four tokens; here it holds three.
pub fn forgotten_one_token_early(start: usize, tokens: usize, window: usize) -> usize {
    if tokens - start >= window { tokens - window.div_ceil(2) } else { start }
}

/// Only an odd window shows it: of five tokens two stay.
pub fn half_rounded_down(start: usize, tokens: usize, window: usize) -> usize {
    if tokens - start > window { tokens - window / 2 } else { start }
}

/// Once a text is longer than the window, it is cut again at every token.
pub fn the_whole_text_compared_with_the_window(
    start: usize,
    tokens: usize,
    window: usize,
) -> usize {
    if tokens > window { tokens - window.div_ceil(2) } else { start }
}

/// A prompt of ten windows keeps five of them, which the model cannot see.
pub fn half_of_what_is_there_and_not_of_the_window(
    start: usize,
    tokens: usize,
    window: usize,
) -> usize {
    if tokens - start > window { start + (tokens - start) / 2 } else { start }
}
