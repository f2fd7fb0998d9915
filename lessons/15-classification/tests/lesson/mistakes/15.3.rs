//! Mistakes in `BagOfWords::fit`.

use std::collections::HashMap;

use classify::baseline::BagOfWords;

/// One word that a label never had, and the logarithm of 0 rules the label out for good.
pub fn counts_begin_at_0<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push((times[label] / words_of_label[label]).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// The shares of a label's words sum to more than 1, and the fewer words a label has, the more it
/// gains.
pub fn the_vocabulary_not_in_the_divisor<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / words_of_label[label]).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// A label of 1 text in 100 is answered as easily as one of 99.
pub fn all_labels_equally_likely_before_any_word<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / (words_of_label[label] + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let log_priors = vec![(1.0 / n_labels as f64).ln(); n_labels];
    BagOfWords { log_priors, log_shares }
}

/// A label that no text had is impossible whatever the words say.
pub fn texts_of_a_label_not_counted_from_1<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / (words_of_label[label] + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push((rows / texts.len() as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// "good good good" is as good as "good": that is another model, and its shares are others.
pub fn a_word_counted_once_per_text<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()).into_iter().collect::<std::collections::HashSet<_>>()
        {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / (words_of_label[label] + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// A word that stands in every text of a label, and twice in some, has a probability above 1.
pub fn divided_by_the_texts_of_a_label_and_not_by_their_words<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / (texts_of_label[label] + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// Labels with much text win: of two words that each stand in every second place of their label's
/// texts, that of the larger label counts for more.
pub fn divided_by_the_words_of_all_labels<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut all_words = 0.0;
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            all_words += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for times in times {
            by_label.push(((times + 1.0) / (all_words + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// "Good," with a comma and "good" are two words, and a new text is asked for the second.
pub fn words_split_at_spaces_only<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in text.as_ref().split(' ').map(str::to_string) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push(((times[label] + 1.0) / (words_of_label[label] + vocabulary)).ln());
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push(((rows + 1.0) / (texts.len() + n_labels) as f64).ln());
    }
    BagOfWords { log_priors, log_shares }
}

/// Scores add up what should be multiplied: the longer text wins whatever it says.
pub fn probabilities_and_not_their_logarithms<S: AsRef<str>>(
    texts: &[S],
    numbers: &[usize],
    n_labels: usize,
) -> BagOfWords {
    assert_eq!(texts.len(), numbers.len(), "one label per text");
    let mut counts: HashMap<String, Vec<f64>> = HashMap::new();
    let mut words_of_label = vec![0.0; n_labels];
    let mut texts_of_label = vec![0.0; n_labels];
    for (text, &label) in texts.iter().zip(numbers) {
        texts_of_label[label] += 1.0;
        for word in data::words(text.as_ref()) {
            counts.entry(word).or_insert_with(|| vec![0.0; n_labels])[label] += 1.0;
            words_of_label[label] += 1.0;
        }
    }
    let vocabulary = counts.len() as f64;
    let mut log_shares = HashMap::new();
    for (word, times) in counts {
        let mut by_label = Vec::new();
        for label in 0..n_labels {
            by_label.push((times[label] + 1.0) / (words_of_label[label] + vocabulary));
        }
        log_shares.insert(word, by_label);
    }
    let mut log_priors = Vec::new();
    for rows in texts_of_label {
        log_priors.push((rows + 1.0) / (texts.len() + n_labels) as f64);
    }
    BagOfWords { log_priors, log_shares }
}
