//! All of a text, and what of it no token stands for.

use std::cell::Cell;

use tokenizers::models::bpe::BPE;
use tokenizers::tokenizer::normalizer::Range;
use tokenizers::{Model, ModelWrapper, NormalizedString, PreTokenizer};

use crate::Tokenizer;
use crate::error::TokensError;

/// What tokenizers put before a text: a blank, as sentencepiece and as GPT-2 write it.
const PREFIXES: [char; 2] = ['▁', 'Ġ'];

impl Tokenizer {
    /// Encodes all of a text for a causal language model, which continues it, with the special
    /// tokens that the file puts around it.
    ///
    /// A text that the file's normaliser changes, or whose blanks are no tokens, is read as the
    /// model's own library reads it: [`lost`](Self::lost) says what of it is not read.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), and a character that byte pairs have no token for, not even an
    /// unknown one: left out in silence, it would be another text.
    pub fn encode_whole(&self, text: &str) -> Result<Vec<u32>, TokensError> {
        let ids = self.encode(text, usize::MAX)?.ids;
        self.check_dropped(text, &ids, 0)?;
        Ok(ids)
    }

    /// Refuses a text with a character that byte pairs left out of its tokens; `before` bytes of a
    /// longer text stand before it.
    pub(crate) fn check_dropped(
        &self,
        text: &str,
        ids: &[u32],
        before: usize,
    ) -> Result<(), TokensError> {
        if self.decode(ids)? != text
            && let Some((position, character)) = self.dropped(text)?
        {
            let (path, position) = (self.path.clone(), before + position);
            return Err(TokensError::Unknown { path, character, position });
        }
        Ok(())
    }

    /// The parts of a text that the model cannot tell from others: what becomes the unknown token,
    /// and characters, blanks apart, that become no token at all. In their order in the text.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn lost<'a>(&self, text: &'a str) -> Result<Vec<&'a str>, TokensError> {
        let encoding = self.encode_bare(text)?;
        let unknown = self.unknown_token();
        let (mut lost, mut read) = (Vec::new(), 0);
        let spans = encoding.get_ids().iter().zip(encoding.get_offsets());
        let mut parts: Vec<(usize, usize, bool)> =
            spans.map(|(id, &(start, end))| (start, end, Some(*id) == unknown)).collect();
        parts.push((text.len(), text.len(), false));
        for (start, end, is_unknown) in parts {
            let between = text.get(read..start).unwrap_or_default().trim();
            if !between.is_empty() {
                lost.push(between);
            }
            if is_unknown {
                lost.extend(text.get(start..end));
            }
            read = read.max(end);
        }
        Ok(lost)
    }

    /// ID of the token that the model has for what it does not know.
    fn unknown_token(&self) -> Option<u32> {
        let ModelWrapper::Unigram(model) = self.library.get_model() else {
            return self.id(self.unknown_text()?);
        };
        // the field is private; this library writes it
        let id = serde_json::to_value(model).ok()?["unk_id"].as_u64()?;
        u32::try_from(id).ok()
    }

    /// The first character that byte pairs leave out, and its place in bytes.
    fn dropped(&self, text: &str) -> Result<Option<(usize, char)>, TokensError> {
        let ModelWrapper::BPE(model) = self.library.get_model() else {
            return Ok(None); // the others have an unknown token, or say that they lack one
        };
        if model.unk_token.is_some() {
            return Ok(None);
        }
        let place = Cell::new(None);
        self.on_text(text.len(), || {
            let added = self.library.get_added_vocabulary();
            let mut words = added.extract_and_normalize(self.library.get_normalizer(), text);
            if let Some(pre_tokenizer) = self.library.get_pre_tokenizer() {
                pre_tokenizer.pre_tokenize(&mut words)?;
            }
            words.tokenize(|word| {
                place.set(place.get().or_else(|| first_dropped(model, word)));
                Ok(Vec::new())
            })
        })?;
        let at = |position| Some((position, text.get(position..)?.chars().next()?));
        Ok(place.get().and_then(at))
    }
}

/// The place in the text of the first character of a word that the model has no token for, as
/// `BPE::merge_word` looks for one; what the tokenizer itself put there is not missed.
fn first_dropped(model: &BPE, word: &NormalizedString) -> Option<usize> {
    let text = word.get();
    if model.ignore_merges && model.token_to_id(text).is_some() {
        return None;
    }
    let prefix = model.continuing_subword_prefix.as_deref().unwrap_or_default();
    let suffix = model.end_of_word_suffix.as_deref().unwrap_or_default();
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        let prefix = if start == 0 { "" } else { prefix };
        let suffix = if end == text.len() { suffix } else { "" };
        let token = format!("{prefix}{character}{suffix}");
        let has_byte = |byte| model.token_to_id(&format!("<{byte:#04X}>")).is_some();
        let is_known = model.token_to_id(&token).is_some()
            || (model.byte_fallback && token.bytes().all(has_byte));
        let origin = word.get_range_original(Range::Normalized(start..end)).unwrap_or_default();
        let is_put_there = PREFIXES.contains(&character)
            && !origin.starts_with(|first: char| first.is_whitespace() || first == character);
        if let (false, false, Some(place)) =
            (is_known, is_put_there, word.convert_offsets(Range::Normalized(start..end)))
        {
            return Some(word.offsets_original().0 + place.start);
        }
    }
    None
}
