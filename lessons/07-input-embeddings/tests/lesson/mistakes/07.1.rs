//! Mistakes in `segment_ids`.

/// One token too few for the first sentence: a pair has as many tokens as before, and the first
/// `[SEP]` says that it belongs to the second sentence.
pub fn the_first_sep_counted_to_the_second_sentence(
    first: usize,
    second: Option<usize>,
) -> Vec<i64> {
    let mut segments = vec![0; 1 + first];
    if let Some(second) = second {
        segments.extend(vec![1; second + 2]);
    } else {
        segments.push(0);
    }
    segments
}

/// The ids are one more than the segments: where the two meet, the shapes do not fit.
pub fn no_sep_at_the_end_of_the_second_sentence(first: usize, second: Option<usize>) -> Vec<i64> {
    let mut segments = vec![0; first + 2];
    if let Some(second) = second {
        segments.extend(vec![1; second]);
    }
    segments
}

/// Every segment is one place too early, and the last token has none.
pub fn no_cls_at_the_beginning(first: usize, second: Option<usize>) -> Vec<i64> {
    let mut segments = vec![0; first + 1];
    if let Some(second) = second {
        segments.extend(vec![1; second + 1]);
    }
    segments
}

/// A lone sentence gets the `[SEP]` of a second one that is not there.
pub fn no_second_sentence_taken_for_an_empty_one(first: usize, second: Option<usize>) -> Vec<i64> {
    let mut segments = vec![0; first + 2];
    segments.extend(vec![1; second.unwrap_or(0) + 1]);
    segments
}

/// A second sentence without words still has its `[SEP]`, and that token would have no segment.
pub fn an_empty_second_sentence_dropped(first: usize, second: Option<usize>) -> Vec<i64> {
    let mut segments = vec![0; first + 2];
    if let Some(second) = second.filter(|&tokens| tokens > 0) {
        segments.extend(vec![1; second + 1]);
    }
    segments
}

/// The rows of the segment table exchanged: a trained model hears the answer ask.
pub fn ones_for_the_first_and_zeros_for_the_second(
    first: usize,
    second: Option<usize>,
) -> Vec<i64> {
    let mut segments = vec![1; first + 2];
    if let Some(second) = second {
        segments.extend(vec![0; second + 1]);
    }
    segments
}
