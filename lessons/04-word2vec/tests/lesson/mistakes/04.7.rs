//! Mistakes in `NoiseTable::new`.

use word2vec::{NoiseTable, noise_distribution};

/// Every share is below 1, no word is rich, and all are drawn alike: the counts play no part.
pub fn shares_not_multiplied_by_the_number_of_words(counts: &[u64]) -> NoiseTable {
    let mut scaled = noise_distribution(counts);
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
        scaled[rich_word] -= 1.0 - scaled[poor_word];
        if scaled[rich_word] < 1.0 { poor.push(rich_word) } else { rich.push(rich_word) }
    }
    NoiseTable { entries }
}

/// A rare word is drawn as often as it ought not to be. The loss falls all the same.
pub fn the_second_die_read_the_wrong_way_round(counts: &[u64]) -> NoiseTable {
    let mut scaled = noise_distribution(counts);
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        *share *= counts.len() as f64;
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = ((1.0 - scaled[poor_word]) as f32, rich_word as u32);
        scaled[rich_word] -= 1.0 - scaled[poor_word];
        if scaled[rich_word] < 1.0 { poor.push(rich_word) } else { rich.push(rich_word) }
    }
    NoiseTable { entries }
}

/// The first rich word fills up all that is missing, and is drawn far too often.
pub fn the_rich_word_keeps_what_it_gives_away(counts: &[u64]) -> NoiseTable {
    let mut scaled = noise_distribution(counts);
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        *share *= counts.len() as f64;
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
        rich.push(rich_word);
    }
    NoiseTable { entries }
}

/// It gives what the poor word has, and not what it lacks.
pub fn the_rich_word_gives_the_share_and_not_the_rest(counts: &[u64]) -> NoiseTable {
    let mut scaled = noise_distribution(counts);
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        *share *= counts.len() as f64;
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
        scaled[rich_word] -= scaled[poor_word];
        if scaled[rich_word] < 1.0 { poor.push(rich_word) } else { rich.push(rich_word) }
    }
    NoiseTable { entries }
}

/// One poor word is served, and the others find nobody: what they lack, they are given.
pub fn each_rich_word_used_once(counts: &[u64]) -> NoiseTable {
    let mut scaled = noise_distribution(counts);
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        *share *= counts.len() as f64;
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
    }
    NoiseTable { entries }
}

/// Noise as frequent as speech: a fifth of it is "the".
pub fn shares_of_the_text_not_flattened(counts: &[u64]) -> NoiseTable {
    let mut scaled = counts.iter().map(|&count| count as f64).collect::<Vec<f64>>();
    let mut entries = Vec::with_capacity(counts.len());
    let (mut poor, mut rich) = (Vec::new(), Vec::new());
    for (word, share) in scaled.iter_mut().enumerate() {
        *share *= counts.len() as f64 / counts.iter().sum::<u64>() as f64;
        entries.push((1.0, word as u32));
        if *share < 1.0 { poor.push(word) } else { rich.push(word) }
    }
    while let (Some(poor_word), Some(rich_word)) = (poor.pop(), rich.pop()) {
        entries[poor_word] = (scaled[poor_word] as f32, rich_word as u32);
        scaled[rich_word] -= 1.0 - scaled[poor_word];
        if scaled[rich_word] < 1.0 { poor.push(rich_word) } else { rich.push(rich_word) }
    }
    NoiseTable { entries }
}
