//! Blanks that are left out of a decoded text: before marks, and before what is left of a word.

use crate::config::Config;
use crate::error::TokensError;

/// What stands in a decoded text, and what takes its place, one after the other: transformers 5.24,
/// `PreTrainedTokenizerBase.clean_up_tokenization`.
const CLEANED: [(&str, &str); 10] = [
    (" .", "."),
    (" ?", "?"),
    (" !", "!"),
    (" ,", ","),
    (" ' ", "'"),
    (" n't", "n't"),
    (" 'm", "'m"),
    (" 's", "'s"),
    (" 've", "'ve"),
    (" 're", "'re"),
];

/// Whether a folder's configuration asks for it. It does not count for byte pairs, which write their
/// own blanks, unless a second key insists: transformers 5.24, `TokenizersBackend._decode`.
pub fn is_asked_for(config: &Config, is_bpe: bool) -> Result<bool, TokensError> {
    const KEY: &str = "clean_up_tokenization_spaces";
    const EVEN_FOR_BPE: &str =
        "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output";
    let asked = config.flag(KEY)?.unwrap_or(false);
    Ok(asked && (!is_bpe || config.flag(EVEN_FOR_BPE)?.unwrap_or(false)))
}

/// The beginning of a decoded text that becomes the same whatever follows: up to the last character
/// that stands in none of the texts of [`CLEANED`].
pub fn settled(text: &str) -> &str {
    text.trim_end_matches(|last| CLEANED.iter().any(|(blank, _)| blank.contains(last)))
}

/// A decoded text without these blanks.
pub fn cleaned(text: &str) -> String {
    let mut text = text.to_string();
    for (blank, without) in CLEANED {
        text = text.replace(blank, without);
    }
    text
}
