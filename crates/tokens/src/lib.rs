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
//! - `open`: files of others, put together; `alone`: a tokenizer.json by itself
//! - `beginning`: a text far longer than what is kept of it; `pieces`: a text of any length
//! - `vocab`: where a vocabulary lies; `check`: what must hold in it
//! - `config`: what the files around it say, and which of them holds
//! - `class`: which class of another library reads them; `pipeline`: what that class builds itself
//! - `gguf`: the tokenizer that a GGUF file keeps in its metadata
//! - `special`: special and added tokens
//! - `trial`: a text encoded before a file is trusted
//! - `lost`: what of a text no token stands for
//! - `clean_up`: blanks that are left out of a decoded text
//! - `chat`: [`Chat`], conversations by a model's template
//! - `stream`: [`TextStream`], a text that grows by tokens
//! - `write`: tokenizers of our own, made and written; `own`: [`Vocabulary`], what they are made of

mod alone;
mod beginning;
mod chat;
mod check;
mod class;
mod clean_up;
mod config;
mod error;
mod gguf;
mod lost;
mod open;
mod own;
mod pieces;
mod pipeline;
mod special;
mod stream;
mod trial;
mod vocab;
mod write;

use std::path::PathBuf;

use files::one_line;
use guard::guarded;
use tokenizers::{
    PostProcessor, Tokenizer as Library, TruncationDirection, TruncationParams, truncate_encodings,
};

pub use chat::{Chat, Message, StandIn, Template, with_stand_ins};
pub use error::TokensError;
pub use own::Vocabulary;
pub use stream::TextStream;

use special::SpecialTokens;

/// Size of the largest text that is encoded whole, in bytes. The library keeps some 150 bytes for
/// every one of a text of words, and more where each character is a token.
pub const LARGEST_TEXT: usize = 4 << 20;

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
    /// End of a text that is cut off where it is too long.
    truncation: TruncationDirection,
    /// Whether padding goes before a text.
    pads_left: bool,
    /// Whether blanks before marks are left out of a decoded text.
    cleans_up: bool,
    /// Whether the model is given segments.
    gives_segments: bool,
}

impl Tokenizer {
    /// Encodes a text, with the special tokens around it, as at most `limit` tokens altogether.
    ///
    /// Where the text spells a special token, such as `[MASK]`, it becomes that token.
    ///
    /// # Errors
    ///
    /// A limit too small for the special tokens alone, a text above [`LARGEST_TEXT`] whose
    /// beginning does not settle the tokens that are kept, or a failure of the library.
    pub fn encode(&self, text: &str, limit: usize) -> Result<Encoding, TokensError> {
        let tokens = self.encode_beginning(text, self.room(limit, false)?)?;
        self.shorten_and_frame(tokens, None, limit, text.len())
    }

    /// Encodes two texts together, as `[CLS] A [SEP] B [SEP]` where the file says so; the longer
    /// one is shortened until both fit into `limit`.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), and any text above [`LARGEST_TEXT`].
    pub fn encode_pair(
        &self,
        first: &str,
        second: &str,
        limit: usize,
    ) -> Result<Encoding, TokensError> {
        let (a, b) = (self.encode_bare(first)?, self.encode_bare(second)?);
        self.shorten_and_frame(a, Some(b), limit, first.len() + second.len())
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

    /// Decodes IDs to a text, special tokens left out.
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokensError> {
        let text = self.decode_uncleaned(ids)?;
        Ok(if self.cleans_up { clean_up::cleaned(&text) } else { text })
    }

    /// Decodes IDs with all blanks that the library puts between tokens.
    fn decode_uncleaned(&self, ids: &[u32]) -> Result<String, TokensError> {
        // not by the library, which takes a special token that was normalised for a text
        let ids: Vec<u32> = ids.iter().copied().filter(|&id| self.is_shown(id)).collect();
        if ids.is_empty() {
            return Ok(String::new()); // of no token at all, one of the library's decoders panics
        }
        self.on_text(ids.len(), || self.library.decode(&ids, false))
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

    /// Checks every ID but those of added tokens against an embedding table of `rows` rows. Some
    /// published models have a padding token beyond their table, which no text of theirs uses: ask
    /// [`check_ids`](Self::check_ids) of each text.
    ///
    /// # Errors
    ///
    /// The token with the highest ID, if it has no row.
    pub fn check_words(&self, rows: usize) -> Result<(), TokensError> {
        let highest = self.library.get_vocab(false).into_values().max();
        self.check_ids(highest.as_slice(), rows)
    }

    /// Checks the IDs of a text against an embedding table of `rows` rows.
    ///
    /// # Errors
    ///
    /// The first that has no row.
    pub fn check_ids(&self, ids: &[u32], rows: usize) -> Result<(), TokensError> {
        match ids.iter().find(|&&id| id as usize >= rows) {
            None => Ok(()),
            Some(&id) => {
                let token = self.token(id).unwrap_or_default();
                Err(TokensError::BeyondTable { path: self.path.clone(), token, id, rows })
            }
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
        self.special("pad")
    }

    /// ID of the unknown token, which stands for a word that is not in the vocabulary.
    ///
    /// # Errors
    ///
    /// A vocabulary without an unknown token.
    pub fn unk_id(&self) -> Result<u32, TokensError> {
        self.special("unk")
    }

    /// ID of the classification token (`[CLS]`), which opens a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without a classification token.
    pub fn cls_id(&self) -> Result<u32, TokensError> {
        self.special("cls")
    }

    /// ID of the separator token (`[SEP]`), which closes a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without a separator token.
    pub fn sep_id(&self) -> Result<u32, TokensError> {
        self.special("sep")
    }

    /// ID of the mask token, which hides another token.
    ///
    /// # Errors
    ///
    /// A vocabulary without a mask token.
    pub fn mask_id(&self) -> Result<u32, TokensError> {
        self.special("mask")
    }

    /// ID of the token that opens a sequence, where the files name one.
    pub fn bos_id(&self) -> Option<u32> {
        self.id(self.specials.get("bos")?)
    }

    /// ID of the token that ends a sequence, where the files name one.
    pub fn eos_id(&self) -> Option<u32> {
        self.id(self.specials.get("eos")?)
    }

    /// Whether the files say that padding goes before a text, not after it.
    pub fn pads_left(&self) -> bool {
        self.pads_left
    }

    /// ID of a special token.
    fn special(&self, role: &'static str) -> Result<u32, TokensError> {
        special::id_of(&self.library, role, self.specials.text(role), &self.path)
    }

    /// The number of tokens that the special tokens leave for the text itself.
    fn room(&self, limit: usize, pair: bool) -> Result<usize, TokensError> {
        let needed = match self.library.get_post_processor() {
            Some(processor) => processor.added_tokens(pair),
            None => 0,
        };
        limit.checked_sub(needed).ok_or_else(|| TokensError::LimitTooSmall {
            path: self.path.clone(),
            limit,
            needed,
        })
    }

    /// Encodes all of a text without special tokens.
    fn encode_bare(&self, text: &str) -> Result<tokenizers::Encoding, TokensError> {
        if text.len() > LARGEST_TEXT {
            let beginning = text.chars().take(40).collect();
            let (bytes, limit) = (text.len(), LARGEST_TEXT);
            return Err(TokensError::TextTooLong { beginning, bytes, limit });
        }
        self.on_text(text.len(), || self.library.encode(text, false))
    }

    /// Shortens the tokens so that they fit into `limit` with the special tokens of the file's
    /// template, the longer text first, and puts these around them.
    fn shorten_and_frame(
        &self,
        first: tokenizers::Encoding,
        second: Option<tokenizers::Encoding>,
        limit: usize,
        bytes: usize,
    ) -> Result<Encoding, TokensError> {
        let room = self.room(limit, second.is_some())?;
        let found = first.len() + second.as_ref().map_or(0, tokenizers::Encoding::len);
        let params = TruncationParams {
            max_length: room,
            direction: self.truncation,
            ..TruncationParams::default()
        };
        let framed = self.on_text(bytes, || {
            let (mut first, mut second) = truncate_encodings(first, second, &params)?;
            first.take_overflowing();
            second.as_mut().map(tokenizers::Encoding::take_overflowing);
            self.library.post_process(first, second, true)
        })?;
        Ok(Encoding {
            ids: framed.get_ids().to_vec(),
            segments: self.segments(&framed),
            tokens: framed.get_tokens().to_vec(),
            offsets: framed.get_offsets().to_vec(),
            truncated: found > room,
        })
    }

    /// The segments that the template gives, or zeros for a model that is given none.
    fn segments(&self, tokens: &tokenizers::Encoding) -> Vec<u32> {
        if self.gives_segments { tokens.get_type_ids().to_vec() } else { vec![0; tokens.len()] }
    }

    /// Lets the library work on a text of this many bytes.
    fn on_text<T>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> tokenizers::Result<T>,
    ) -> Result<T, TokensError> {
        quietly(work).map_err(|reason| TokensError::Encode {
            path: self.path.clone(),
            bytes,
            reason,
        })
    }
}

/// The library's work, with its error or its panic as one line.
fn quietly<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, String> {
    guarded(work)?.map_err(|error| one_line(&error.to_string()))
}
