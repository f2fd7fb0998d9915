//! Mistakes in `end_of_text`.

/// A conversation is full of ended turns, and the model has ended before it begins.
pub fn a_token_of_the_prompt_ends_the_text(
    text: &[u32],
    _given: usize,
    stops: &[u32],
) -> Option<usize> {
    text.iter().position(|token| stops.contains(token))
}

/// A model with several ways to end goes on past all but one of them.
pub fn only_the_first_stop_token_is_looked_for(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    let stop = stops.first()?;
    let end = text[given..].iter().position(|token| token == stop)?;
    Some(given + end)
}

/// Of two stop tokens the one that the list has first is found, which may stand further on.
pub fn the_first_of_the_list_and_not_of_the_text(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    for stop in stops {
        if let Some(end) = text[given..].iter().position(|token| token == stop) {
            return Some(given + end);
        }
    }
    None
}

/// Right for an empty prompt; after any other the end lies in the prompt.
pub fn counted_from_the_end_of_the_prompt(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    text[given..].iter().position(|token| stops.contains(token))
}

/// A text that ended a while ago goes on as soon as anything is put behind it.
pub fn only_the_newest_token_is_looked_at(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    let end = text.len() - 1;
    if end >= given && stops.contains(&text[end]) { Some(end) } else { None }
}

/// The end moves with every stop token that comes after it.
pub fn the_last_stop_token_and_not_the_first(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    let end = text[given..].iter().rposition(|token| stops.contains(token))?;
    Some(given + end)
}

/// A model that has nothing to say must say something.
pub fn the_first_token_drawn_passed_over(
    text: &[u32],
    given: usize,
    stops: &[u32],
) -> Option<usize> {
    let end = text[given..].iter().skip(1).position(|token| stops.contains(token))?;
    Some(given + 1 + end)
}

/// The place behind the token, where nothing stands yet.
pub fn the_place_after_the_token(text: &[u32], given: usize, stops: &[u32]) -> Option<usize> {
    let end = text[given..].iter().position(|token| stops.contains(token))?;
    Some(given + end + 1)
}
