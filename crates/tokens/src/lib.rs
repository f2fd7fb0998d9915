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
//! ```
//! let tokenizer = tokens::Tokenizer::word_level(&["the", "cat", "sleeps", "."])?;
//! let encoding = tokenizer.encode("The cat sleeps.", 16)?;
//! assert_eq!(encoding.tokens, ["[CLS]", "the", "cat", "sleeps", ".", "[SEP]"]);
//! assert!(!encoding.truncated);
//! # Ok::<(), tokens::TokensError>(())
//! ```

mod error;
mod file;
mod write;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use files::one_line;
use guard::guarded;
use serde_json::json;
use tokenizers::TruncationDirection;
use tokenizers::{PostProcessor, Tokenizer as Library};

pub use error::TokensError;

use file::Specials;

/// The largest text encoded in one piece, in bytes. The library keeps tens of bytes for every one
/// of the text.
pub const LARGEST_TEXT: usize = 16 << 20;

/// A text as the model sees it; every list has one entry a token, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoding {
    /// Rows of the token table.
    pub ids: Vec<u32>,
    /// 0 for the first text and what frames it, 1 for the second.
    pub segments: Vec<u32>,
    /// The tokens' own text, `##` and the like included.
    pub tokens: Vec<String>,
    /// Where each token stands in its text, in bytes, end exclusive; (0, 0) for tokens that stand
    /// in none.
    pub offsets: Vec<(usize, usize)>,
    /// Whether the text had more tokens than the limit left room for.
    pub truncated: bool,
}

/// Text to token ids by the rules of a checkpoint's own files.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    library: Library,
    specials: Specials,
    path: PathBuf,
}

impl Tokenizer {
    /// Opens the tokenizer in `folder`: tokenizer.json or, as in older BERT checkpoints, vocab.txt
    /// with tokenizer_config.json.
    ///
    /// The file's own padding and truncation are dropped: they belong to whoever trained with it,
    /// and a fixed padding without its mask ruins every vector.
    ///
    /// # Errors
    ///
    /// Files that are missing, unreadable, too large or malformed; vocabularies that contradict
    /// themselves; special tokens that are needed and missing.
    pub fn open(folder: &Path) -> Result<Self, TokensError> {
        let (bytes, path, specials) = file::read(folder)?;
        Self::from_bytes(&bytes, path, specials)
    }

    /// A lower-casing tokenizer of whole words: `[PAD] [UNK] [CLS] [SEP] [MASK]` get the ids 0 to
    /// 4, then each of `words` the next in order, repeats left out. Punctuation splits off, so it
    /// belongs among the words.
    ///
    /// # Errors
    ///
    /// A word that no text could produce, since it would be split.
    pub fn word_level(words: &[impl AsRef<str>]) -> Result<Self, TokensError> {
        let specials = Specials::default();
        let Specials { unk, pad, cls, sep, mask } = &specials;
        let lower: Vec<String> = words.iter().map(|word| word.as_ref().to_lowercase()).collect();
        let mut ids: HashMap<&str, u64> = HashMap::new();
        for word in [pad, unk, cls, sep, mask].into_iter().chain(&lower) {
            let next = ids.len() as u64;
            ids.entry(word).or_insert(next);
        }
        let model = json!({"type": "WordLevel", "vocab": ids, "unk_token": unk});
        let normalizer = json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                                "strip_accents": false, "lowercase": true});
        let bytes = file::bert_json(model, &ids, &specials, normalizer).to_string().into_bytes();
        let tokenizer = Self::from_bytes(&bytes, PathBuf::from("word list"), specials.clone())?;
        for word in &lower {
            if tokenizer.encode(word, 3)?.ids.get(1) != tokenizer.id(word).as_ref() {
                return Err(TokensError::NotAWord { word: word.clone() });
            }
        }
        Ok(tokenizer)
    }

    fn from_bytes(bytes: &[u8], path: PathBuf, specials: Specials) -> Result<Self, TokensError> {
        let added = file::check(bytes, &path, &specials)?;
        let refused = |reason: String| TokensError::Refused { path: path.clone(), reason };
        let mut library =
            guarded(|| Library::from_bytes(bytes).map_err(|error| one_line(&error.to_string())))
                .and_then(|outcome| outcome)
                .map_err(refused)?;
        library.with_padding(None);
        library.with_truncation(None).map_err(|error| refused(one_line(&error.to_string())))?;
        for token in added {
            let given = library.token_to_id(&token.content);
            if given.map(u64::from) != Some(token.id) {
                let expected = given.map_or("none".into(), |id| id.to_string());
                let (place, found) = ("added_tokens", token.id);
                return Err(TokensError::OtherId {
                    path,
                    place,
                    token: token.content,
                    expected,
                    found,
                });
            }
        }
        Ok(Self { library, specials, path })
    }

    /// A text's tokens, framed by the special tokens, at most `limit` altogether.
    ///
    /// What a text spells as a special token, `[MASK]` for one, becomes that token.
    ///
    /// # Errors
    ///
    /// A limit too small for the special tokens alone, a text above [`LARGEST_TEXT`], or a failure
    /// of the library.
    pub fn encode(&self, text: &str, limit: usize) -> Result<Encoding, TokensError> {
        let room = self.room(limit, false)?;
        let (mut tokens, mut truncated) = (self.bare(text)?, false);
        shorten(&mut tokens, room, &mut truncated);
        self.frame(tokens, None, truncated, text.len())
    }

    /// Two texts in one encoding, `[CLS] A [SEP] B [SEP]` where the file says so; the longer one is
    /// shortened until both fit into `limit`.
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
        let (mut a, mut b, mut truncated) = (self.bare(first)?, self.bare(second)?, false);
        let (keep_a, keep_b) = share(room, a.len(), b.len());
        shorten(&mut a, keep_a, &mut truncated);
        shorten(&mut b, keep_b, &mut truncated);
        self.frame(a, Some(b), truncated, first.len() + second.len())
    }

    /// [`encode`](Self::encode) for each text, in order. Nothing is padded.
    ///
    /// # Errors
    ///
    /// The first text's that fails.
    pub fn encode_batch(
        &self,
        texts: &[impl AsRef<str>],
        limit: usize,
    ) -> Result<Vec<Encoding>, TokensError> {
        texts.iter().map(|text| self.encode(text.as_ref(), limit)).collect()
    }

    /// All of a text's tokens for a model that goes on writing, framed as the file says.
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
        for (position, character) in
            text.char_indices().filter(|&(_, character)| seen.insert(character))
        {
            if self.bare(character.encode_utf8(&mut [0; 4]))?.is_empty() {
                return Err(TokensError::Unknown { path: self.path.clone(), character, position });
            }
        }
        Ok(ids)
    }

    /// Ids to text, special tokens left out.
    ///
    /// # Errors
    ///
    /// A failure of the library.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokensError> {
        self.on_text(ids.len(), || self.library.decode(ids, true))
    }

    /// Checks every id against a table of `rows` rows: what every model does before it trusts this
    /// tokenizer.
    ///
    /// # Errors
    ///
    /// The highest token that has no row.
    pub fn check_vocab(&self, rows: usize) -> Result<(), TokensError> {
        let vocab = self.library.get_vocab(true);
        match vocab.into_iter().max_by_key(|(_, id)| *id) {
            Some((token, id)) if id as usize >= rows => {
                Err(TokensError::BeyondTable { token, id, rows })
            }
            _ => Ok(()),
        }
    }

    /// How many tokens there are, added ones included.
    pub fn vocab_size(&self) -> usize {
        self.library.get_vocab_size(true)
    }

    /// A token's id.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    /// An id's token.
    pub fn token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
    }

    /// The id that fills a short text up.
    ///
    /// # Errors
    ///
    /// A vocabulary without one.
    pub fn pad_id(&self) -> Result<u32, TokensError> {
        self.special("pad", &self.specials.pad)
    }

    /// The id of what the vocabulary does not know.
    ///
    /// # Errors
    ///
    /// A vocabulary without one.
    pub fn unk_id(&self) -> Result<u32, TokensError> {
        self.special("unk", &self.specials.unk)
    }

    /// The id that opens a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without one.
    pub fn cls_id(&self) -> Result<u32, TokensError> {
        self.special("cls", &self.specials.cls)
    }

    /// The id that closes a text.
    ///
    /// # Errors
    ///
    /// A vocabulary without one.
    pub fn sep_id(&self) -> Result<u32, TokensError> {
        self.special("sep", &self.specials.sep)
    }

    /// The id that hides a token.
    ///
    /// # Errors
    ///
    /// A vocabulary without one.
    pub fn mask_id(&self) -> Result<u32, TokensError> {
        self.special("mask", &self.specials.mask)
    }

    fn special(&self, role: &'static str, token: &str) -> Result<u32, TokensError> {
        let missing =
            || TokensError::NoSpecial { path: self.path.clone(), role, token: token.into() };
        self.id(token).ok_or_else(missing)
    }

    /// How many tokens of text fit beside the special ones.
    fn room(&self, limit: usize, pair: bool) -> Result<usize, TokensError> {
        let needed =
            self.library.get_post_processor().map_or(0, |processor| processor.added_tokens(pair));
        limit.checked_sub(needed).ok_or(TokensError::LimitTooSmall { limit, needed })
    }

    /// The text's own tokens.
    fn bare(&self, text: &str) -> Result<tokenizers::Encoding, TokensError> {
        if text.len() > LARGEST_TEXT {
            return Err(TokensError::TextTooLong { bytes: text.len(), limit: LARGEST_TEXT });
        }
        self.on_text(text.len(), || self.library.encode(text, false))
    }

    /// The tokens framed by the file's template.
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

    fn on_text<T>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> tokenizers::Result<T>,
    ) -> Result<T, TokensError> {
        guarded(|| work().map_err(|error| one_line(&error.to_string())))
            .and_then(|outcome| outcome)
            .map_err(|reason| TokensError::Encode { bytes, reason })
    }
}

/// Keeps the first `room` tokens.
fn shorten(tokens: &mut tokenizers::Encoding, room: usize, truncated: &mut bool) {
    if tokens.len() > room {
        *truncated = true;
        tokens.truncate(room, 0, TruncationDirection::Right);
        tokens.take_overflowing();
    }
}

/// How many tokens of each of two texts fit into `room` when the longer one always gives way first.
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
