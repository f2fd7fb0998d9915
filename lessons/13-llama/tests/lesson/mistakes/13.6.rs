//! Mistakes in `tokens_read`.

use decoder::first_visible;

/// The model has no positions for a text of any length.
pub fn no_window(prompt: usize, new: usize, _window: usize, with_cache: bool) -> usize {
    let (mut cached, mut read) = (0, 0);
    for tokens in prompt..prompt + new {
        read += tokens - cached;
        if with_cache {
            cached = tokens;
        }
    }
    read
}

/// Once the window is full, every token moves all the others and nothing in the cache is right.
pub fn one_token_forgotten_at_a_time(
    prompt: usize,
    new: usize,
    window: usize,
    with_cache: bool,
) -> usize {
    let (mut first, mut cached, mut read) = (0, 0, 0);
    for tokens in prompt..prompt + new {
        if tokens - first > window {
            first = tokens - window;
            cached = 0;
        }
        read += tokens - first - cached;
        if with_cache {
            cached = tokens - first;
        }
    }
    read
}

/// Where the older half is forgotten, the rest stands at new positions: its keys and values are
/// those of the old ones.
pub fn the_cache_kept_when_the_older_half_is_forgotten(
    prompt: usize,
    new: usize,
    window: usize,
    with_cache: bool,
) -> usize {
    let (mut first, mut seen, mut read) = (0, 0, 0);
    for tokens in prompt..prompt + new {
        first = first_visible(first, tokens, window);
        if with_cache {
            read += tokens - first.max(seen);
            seen = tokens;
        } else {
            read += tokens - first;
        }
    }
    read
}

/// Before the first new token the model reads all that stands before it.
pub fn the_prompt_not_read(prompt: usize, new: usize, window: usize, with_cache: bool) -> usize {
    let (mut first, mut cached, mut read) = (0, if with_cache { prompt } else { 0 }, 0);
    for tokens in prompt..prompt + new {
        let still_visible = first_visible(first, tokens, window);
        if still_visible > first {
            first = still_visible;
            cached = 0;
        }
        if tokens > prompt || with_cache {
            read += (tokens - first).saturating_sub(cached);
        }
        if with_cache {
            cached = tokens - first;
        }
    }
    read
}

/// The last token that is drawn is read by nobody.
pub fn the_last_new_token_read_as_well(
    prompt: usize,
    new: usize,
    window: usize,
    with_cache: bool,
) -> usize {
    let (mut first, mut cached, mut read) = (0, 0, 0);
    for tokens in prompt..=prompt + new {
        let still_visible = first_visible(first, tokens, window);
        if still_visible > first {
            first = still_visible;
            cached = 0;
        }
        read += tokens - first - cached;
        if with_cache {
            cached = tokens - first;
        }
    }
    read
}

/// The cache is there, and everything is computed anew all the same.
pub fn the_cache_never_filled(
    prompt: usize,
    new: usize,
    window: usize,
    _with_cache: bool,
) -> usize {
    let (mut first, mut read) = (0, 0);
    for tokens in prompt..prompt + new {
        first = first_visible(first, tokens, window);
        read += tokens - first;
    }
    read
}
