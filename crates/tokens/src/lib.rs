//! # Text to token ids, made safe for files of others
//!
//! The `tokenizers` library is exact and fast, and it trusts its files: two tokens may share an id,
//! a template may name another id than the vocabulary, a fixed padding in the file makes every text
//! 128 tokens long, and some broken files make it panic. [`Tokenizer`] checks the file first, takes
//! padding and truncation out of its hands, and turns what still goes wrong into a [`TokensError`]
//! of one line.
//!
//! [`Tokenizer::characters`] and [`Tokenizer::byte_pairs`] make tokenizers of our own,
//! [`Tokenizer::save`] writes them.
//!
//! # Layout
//!
//! - `lib`: [`Tokenizer`], which encodes and decodes
//! - `alone`: a tokenizer.json by itself, texts without special tokens
//! - `clean_up`: blanks that are left out of a decoded text
//! - `file`: files of others, read and checked
//! - `stream`: [`TextStream`], a text that grows by tokens
//! - `trial`: a text encoded before a file is trusted
//! - `write`: tokenizers of our own, made and written

mod alone;
mod clean_up;
mod error;
mod file;
mod stream;
mod trial;
mod write;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use files::one_line;
use guard::guarded;
use serde_json::json;
use tokenizers::models::ModelWrapper;
use tokenizers::{PostProcessor, Tokenizer as Library, TruncationDirection};

pub use error::TokensError;
pub use stream::TextStream;

use file::{AddedToken, SpecialTokens};

/// Size of the largest text that is encoded in one piece, in bytes. The library keeps tens of bytes
/// for every one of the text.
pub const LARGEST_TEXT: usize = 16 << 20;

/// A text as the model sees it; every list has one entry per token, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// IDs of the tokens: rows of the embedding table.
    pub ids: Vec<u32>,
    /// Segments of the tokens: 0 for the first text and its special tokens, 1 for the second.
    pub segments: Vec<u32>,
    /// Texts of the tokens, `##` and the like included.
    pub tokens: Vec<String>,
    /// Start and end of each token in its text, in bytes, end exclusive; (0, 0) for special tokens.
    pub offsets: Vec<(usize, usize)>,
    /// Whether the text had more tokens than the limit left room for.
    pub truncated: bool,
}

/// A tokenizer: from a text to its token IDs and back, by the rules of a checkpoint's own files.
///
/// ```
/// use tokens::Tokenizer;
///
/// let tokenizer = Tokenizer::word_level(&["the", "cat", "sleeps", "."])?;
/// let encoding = tokenizer.encode("The cat sleeps.", 16)?;
/// assert_eq!(encoding.tokens, ["[CLS]", "the", "cat", "sleeps", ".", "[SEP]"]);
/// assert_eq!(encoding.ids, [2, 5, 6, 7, 8, 3]);
/// assert_eq!(encoding.ids[0], tokenizer.cls_id()?);
/// assert_eq!(tokenizer.decode(&encoding.ids)?, "the cat sleeps.");
///
/// let encoding = tokenizer.encode("The cat sleeps.", 4)?;
/// assert_eq!(encoding.tokens, ["[CLS]", "the", "cat", "[SEP]"]);
/// assert!(encoding.truncated);
/// # Ok::<(), tokens::TokensError>(())
/// ```
///
/// The tokenizer of a checkpoint:
///
/// ```no_run
/// use tokens::Tokenizer;
///
/// let tokenizer = Tokenizer::open("path/to/model".as_ref())?;
/// tokenizer.check_vocab(30_522)?; // rows of the model's embedding table
/// # Ok::<(), tokens::TokensError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tokenizer {
    library: Library,
    specials: SpecialTokens,
    /// File of the tokenizer, for errors.
    path: PathBuf,
    /// Whether blanks before marks are left out of a decoded text.
    clean_up: bool,
}

impl Tokenizer {
    /// Opens the tokenizer in `folder`: tokenizer.json or, as in older BERT checkpoints, vocab.txt
    /// with tokenizer_config.json.
    ///
    /// The file's own padding and truncation are dropped: they belong to the training that it comes
    /// from, and a fixed padding without its mask ruins every vector.
    ///
    /// # Errors
    ///
    /// Files that are missing, unreadable, too large or malformed; vocabularies that contradict
    /// themselves; special tokens that are needed and missing.
    pub fn open(folder: &Path) -> Result<Self, TokensError> {
        let (bytes, path, specials) = file::read_tokenizer(folder)?;
        let mut tokenizer = Self::from_bytes(&bytes, path, specials)?;
        let is_bpe = matches!(tokenizer.library.get_model(), ModelWrapper::BPE(_));
        tokenizer.clean_up = clean_up::is_asked_for(folder, is_bpe)?;
        Ok(tokenizer)
    }

    /// A lower-casing tokenizer of whole words: `[PAD] [UNK] [CLS] [SEP] [MASK]` get the IDs 0 to
    /// 4, then each of `words` the next in order, repeats left out. Punctuation splits off, so it
    /// belongs among the words.
    ///
    /// # Errors
    ///
    /// A word that no text could produce, since it would be split.
    pub fn word_level(words: &[impl AsRef<str>]) -> Result<Self, TokensError> {
        let specials = SpecialTokens::default();
        let SpecialTokens { unk, pad, cls, sep, mask } = &specials;
        let lower: Vec<String> = words.iter().map(|word| word.as_ref().to_lowercase()).collect();
        let mut ids: HashMap<&str, u64> =
            HashMap::from([(&pad[..], 0), (unk, 1), (cls, 2), (sep, 3), (mask, 4)]);
        for word in &lower {
            let next = ids.len() as u64;
            ids.entry(word).or_insert(next);
        }
        let model = json!({"type": "WordLevel", "vocab": ids, "unk_token": unk});
        let normalizer = json!({
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": false, "lowercase": true,
        });
        let bytes = file::bert_json(model, &ids, &specials, normalizer).to_string().into_bytes();
        let tokenizer = Self::from_bytes(&bytes, PathBuf::from("word list"), specials.clone())?;
        for word in &lower {
            if tokenizer.encode(word, 3)?.ids.get(1) != tokenizer.id(word).as_ref() {
                return Err(TokensError::NotAWord { word: word.clone() });
            }
        }
        Ok(tokenizer)
    }

    /// A tokenizer from the bytes of a tokenizer.json, checked.
    fn from_bytes(
        bytes: &[u8],
        path: PathBuf,
        specials: SpecialTokens,
    ) -> Result<Self, TokensError> {
        let added = file::check_tokenizer(bytes, &path, &specials)?;
        trial::check_growth(bytes, &path)?;
        let mut library = match quietly(|| Library::from_bytes(bytes)) {
            Ok(library) => library,
            Err(reason) => return Err(TokensError::Refused { path, reason }),
        };
        library.with_padding(None);
        if let Err(error) = library.with_truncation(None) {
            return Err(TokensError::Refused { path, reason: one_line(&error.to_string()) });
        }
        for AddedToken { id: found, content: token } in added {
            let given = library.token_to_id(&token);
            if given.map(u64::from) != Some(found) {
                let expected = match given {
                    Some(id) => id.to_string(),
                    None => "none".into(),
                };
                let place = "added_tokens";
                return Err(TokensError::OtherId { path, place, token, expected, found });
            }
        }
        Self { library, specials, path, clean_up: false }.tried()
    }

    /// Encodes a text, with the special tokens around it, as at most `limit` tokens altogether.
    ///
    /// Where the text spells a special token, such as `[MASK]`, it becomes that token.
    ///
    /// # Errors
    ///
    /// A limit too small for the special tokens alone, a text above [`LARGEST_TEXT`], or a failure
    /// of the library.
    pub fn encode(&self, text: &str, limit: usize) -> Result<Encoding, TokensError> {
        let room = self.room(limit, false)?;
        let (mut tokens, mut truncated) = (self.encode_bare(text)?, false);
        shorten(&mut tokens, room, &mut truncated);
        self.frame(tokens, None, truncated, text.len())
    }

    /// Encodes two texts together, as `[CLS] A [SEP] B [SEP]` where the file says so; the longer
    /// one is shortened until both fit into `limit`.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_pair(
        &self,
        first: &str,
        second: &str,
        limit: usize,
    ) -> Result<Encoding, TokensError> {
        let room = self.room(limit, true)?;
        let (mut a, mut b, mut truncated) =
            (self.encode_bare(first)?, self.encode_bare(second)?, false);
        let (keep_a, keep_b) = share(room, a.len(), b.len());
        shorten(&mut a, keep_a, &mut truncated);
        shorten(&mut b, keep_b, &mut truncated);
        self.frame(a, Some(b), truncated, first.len() + second.len())
    }

    /// Encodes each text as [`encode`](Self::encode) does, in order. Nothing is padded.
    ///
    /// # Errors
    ///
    /// The error of the first text that fails.
    pub fn encode_batch(
        &self,
        texts: &[impl AsRef<str>],
        limit: usize,
    ) -> Result<Vec<Encoding>, TokensError> {
        texts.iter().map(|text| self.encode(text.as_ref(), limit)).collect()
    }

    /// Encodes all of a text for a causal language model, which continues it, with the special
    /// tokens that the file puts around it.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), and a character that the vocabulary has no token for: left out
    /// in silence, it would be another text.
    pub fn encode_whole(&self, text: &str) -> Result<Vec<u32>, TokensError> {
        let ids = self.encode(text, usize::MAX)?.ids;
        if self.decode(&ids)? == text {
            return Ok(ids);
        }
        let mut seen = HashSet::new();
        for (position, character) in text.char_indices() {
            let is_new = seen.insert(character);
            if is_new && self.encode_bare(character.encode_utf8(&mut [0; 4]))?.is_empty() {
                return Err(TokensError::Unknown { path: self.path.clone(), character, position });
            }
        }
        Ok(ids)
    }

    /// Decodes IDs to a text, special tokens left out.
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokensError> {
        let text = self.decode_uncleaned(ids)?;
        Ok(if self.clean_up { clean_up::cleaned(&text) } else { text })
    }

    /// Decodes IDs with all blanks that the library puts between tokens.
    fn decode_uncleaned(&self, ids: &[u32]) -> Result<String, TokensError> {
        if !ids.iter().any(|&id| self.is_shown(id)) {
            return Ok(String::new()); // of no token at all, one of the library's decoders panics
        }
        self.on_text(ids.len(), || self.library.decode(ids, true))
    }

    /// Whether the token with this ID has a place in a decoded text: there is one, and it is not
    /// special.
    fn is_shown(&self, id: u32) -> bool {
        match self.token(id) {
            Some(token) => !self.library.get_added_vocabulary().is_special_token(&token),
            None => false,
        }
    }

    /// Checks every ID against an embedding table of `rows` rows: what every model does before it
    /// trusts this tokenizer.
    ///
    /// # Errors
    ///
    /// The token with the highest ID, if it has no row.
    pub fn check_vocab(&self, rows: usize) -> Result<(), TokensError> {
        let vocab = self.library.get_vocab(true);
        match vocab.into_iter().max_by_key(|(_, id)| *id) {
            Some((token, id)) if id as usize >= rows => {
                Err(TokensError::BeyondTable { path: self.path.clone(), token, id, rows })
            }
            _ => Ok(()),
        }
    }

    /// Size of the vocabulary, added tokens included.
    pub fn vocab_size(&self) -> usize {
        self.library.get_vocab_size(true)
    }

    /// ID of the token with this text.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    /// Text of the token with this ID.
    pub fn token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
    }

    /// ID of the padding token, which fills a short text up.
    ///
    /// # Errors
    ///
    /// A vocabulary without a padding token.
    pub fn pad_id(&self) -> Result<u32, TokensError> {
        self.special("pad", &self.specials.pad)
    }

    /// ID of the unknown token, which stands for a word that is not in the vocabulary.
    ///
    /// # Errors
    ///
    /// A vocabulary without an unknown token.
    pub fn unk_id(&self) -> Result<u32, TokensError> {
        self.special("unk", &self.specials.unk)
    }

    /// ID of the classification token (`[CLS]`), which opens a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without a classification token.
    pub fn cls_id(&self) -> Result<u32, TokensError> {
        self.special("cls", &self.specials.cls)
    }

    /// ID of the separator token (`[SEP]`), which closes a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without a separator token.
    pub fn sep_id(&self) -> Result<u32, TokensError> {
        self.special("sep", &self.specials.sep)
    }

    /// ID of the mask token, which hides another token.
    ///
    /// # Errors
    ///
    /// A vocabulary without a mask token.
    pub fn mask_id(&self) -> Result<u32, TokensError> {
        self.special("mask", &self.specials.mask)
    }

    /// ID of a special token.
    fn special(&self, role: &'static str, token: &str) -> Result<u32, TokensError> {
        match self.id(token) {
            Some(id) => Ok(id),
            None => {
                let (path, token) = (self.path.clone(), token.into());
                Err(TokensError::NoSpecial { path, role, token })
            }
        }
    }

    /// The number of tokens that the special tokens leave for the text itself.
    fn room(&self, limit: usize, pair: bool) -> Result<usize, TokensError> {
        let needed = match self.library.get_post_processor() {
            Some(processor) => processor.added_tokens(pair),
            None => 0,
        };
        limit.checked_sub(needed).ok_or(TokensError::LimitTooSmall { limit, needed })
    }

    /// Encodes a text without special tokens.
    fn encode_bare(&self, text: &str) -> Result<tokenizers::Encoding, TokensError> {
        if text.len() > LARGEST_TEXT {
            return Err(TokensError::TextTooLong { bytes: text.len(), limit: LARGEST_TEXT });
        }
        self.on_text(text.len(), || self.library.encode(text, false))
    }

    /// Puts the special tokens of the file's template around the tokens.
    fn frame(
        &self,
        first: tokenizers::Encoding,
        second: Option<tokenizers::Encoding>,
        truncated: bool,
        bytes: usize,
    ) -> Result<Encoding, TokensError> {
        let framed = self.on_text(bytes, || self.library.post_process(first, second, true))?;
        Ok(Encoding {
            ids: framed.get_ids().to_vec(),
            segments: framed.get_type_ids().to_vec(),
            tokens: framed.get_tokens().to_vec(),
            offsets: framed.get_offsets().to_vec(),
            truncated,
        })
    }

    /// Lets the library work on a text of this many bytes.
    fn on_text<T>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> tokenizers::Result<T>,
    ) -> Result<T, TokensError> {
        quietly(work).map_err(|reason| TokensError::Encode { bytes, reason })
    }
}

/// The library's work, with its error or its panic as one line.
fn quietly<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    guarded(work)?.map_err(|error| one_line(&error.to_string()))
}

/// Keeps the first `room` tokens.
fn shorten(tokens: &mut tokenizers::Encoding, room: usize, truncated: &mut bool) {
    if tokens.len() > room {
        *truncated = true;
        tokens.truncate(room, 0, TruncationDirection::Right);
        tokens.take_overflowing();
    }
}

/// The numbers of tokens of two texts that fit into `room` when the longer one is shortened first.
fn share(room: usize, a: usize, b: usize) -> (usize, usize) {
    if a + b <= room {
        (a, b)
    } else if a <= room / 2 {
        (a, room - a)
    } else if b <= room / 2 {
        (room - b, b)
    } else {
        (room - room / 2, room / 2)
    }
}
