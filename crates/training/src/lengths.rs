//! Texts of about one length, which go through a model together.

use std::cmp::Reverse;

/// Tokens of a batch that make good use of weights that were fetched for it.
const WORTH_A_BATCH: usize = 256;

/// From there on, at most one in so many tokens of a batch is padding.
const FILLED_UP: usize = 32;

/// The places of texts of these lengths in tokens, batch by batch, the longest first: texts of about
/// one length, since what is filled up is computed for nothing.
///
/// No batch has more than `most` texts.
pub fn batches_by_length(lengths: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut longest_first: Vec<usize> = (0..lengths.len()).collect();
    longest_first.sort_by_key(|&text| Reverse(lengths[text]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let (mut longest, mut tokens) = (0, 0);
    for text in longest_first {
        let length = lengths[text];
        let size = batches.last().map_or(0, Vec::len);
        let filled_up = ((size + 1) * longest).saturating_sub(tokens + length);
        let too_short = tokens >= WORTH_A_BATCH && filled_up * FILLED_UP > tokens;
        if size == 0 || size == most || too_short {
            batches.push(Vec::new());
            (longest, tokens) = (length, 0);
        }
        batches.last_mut().expect("one was begun").push(text);
        tokens += length;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(lengths: &[usize], most: usize) -> Vec<usize> {
        batches_by_length(lengths, most).iter().map(Vec::len).collect()
    }

    #[test]
    fn texts_of_about_one_length_make_a_batch_and_all_texts_are_in_one() {
        assert_eq!(sizes(&[], 4), [0_usize; 0]);
        assert_eq!(sizes(&[7, 7, 7, 7, 7], 2), [2, 2, 1]);
        assert_eq!(batches_by_length(&[3, 9, 5], 2), [vec![1, 2], vec![0]]);
        // Short texts beside each other are worth less than weights fetched twice.
        assert_eq!(sizes(&[90, 20, 9, 3], 32), [4]);
        assert_eq!(sizes(&[200, 100, 100, 100, 50, 50], 32), [2, 4]);
        let lengths: Vec<usize> = (1..=100).collect();
        let mut all = batches_by_length(&lengths, 32).concat();
        all.sort();
        assert!(all.into_iter().eq(0..100));
        assert!(sizes(&lengths, 32).iter().all(|&size| (1..=32).contains(&size)));
    }
}
