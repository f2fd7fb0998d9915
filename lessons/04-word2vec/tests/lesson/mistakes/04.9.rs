//! Mistakes in `leave_out`.

/// King - man + woman is king.
pub fn nothing_left_out(
    mut ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    let _ = question;
    ranked.truncate(k);
    ranked
}

/// Whoever asks for three words gets two, or none.
pub fn cut_to_k_before_leaving_out(
    mut ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    ranked.truncate(k);
    ranked.retain(|(row, _)| !question.contains(row));
    ranked
}

/// More than was asked for.
pub fn not_cut_to_k(
    mut ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    let _ = k;
    ranked.retain(|(row, _)| !question.contains(row));
    ranked
}

/// A question has three words, and each of them may be the nearest.
pub fn only_the_last_word_of_the_question_left_out(
    mut ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    ranked.retain(|(row, _)| question.last() != Some(row));
    ranked.truncate(k);
    ranked
}

/// The places in the list were left out: which words these are is chance.
pub fn places_of_the_list_and_not_rows_of_the_table(
    ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    let mut left = Vec::new();
    for (place, answer) in ranked.into_iter().enumerate() {
        if !question.contains(&place) && left.len() < k {
            left.push(answer);
        }
    }
    left
}

/// The question's words are kept, and the answers go.
pub fn the_words_of_the_question_only(
    mut ranked: Vec<(usize, f32)>,
    question: &[usize],
    k: usize,
) -> Vec<(usize, f32)> {
    ranked.retain(|(row, _)| question.contains(row));
    ranked.truncate(k);
    ranked
}
