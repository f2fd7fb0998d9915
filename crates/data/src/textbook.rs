//! The words that introductions to embeddings speak of, and what they say of them.

/// Words of four kinds, three of each after each other.
pub const TWELVE: [&str; 12] = [
    "cat", "dog", "fish", "apple", "orange", "banana", "run", "walk", "sprint", "france",
    "germany", "italy",
];

/// Pairs of words with the cosine that is said of them.
pub const WORD_PAIRS: [(&str, &str, f64); 7] = [
    ("cat", "dog", 0.85),
    ("cat", "democracy", 0.12),
    ("run", "running", 0.91),
    ("run", "sprint", 0.78),
    ("happy", "joyful", 0.8),
    ("happy", "sad", 0.5),
    ("happy", "hydraulic", 0.1),
];
