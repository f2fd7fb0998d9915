//! What can be wrong with a tokenizer or a text.

use std::path::PathBuf;

use files::FilesError;

/// Why a tokenizer could not be opened, or a text not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// The folder holds neither kind of tokenizer file.
    #[error(
        "{folder}: expected tokenizer.json or vocab.txt, found neither: copy the tokenizer's \
            files beside the model's"
    )]
    NoFile {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A file could not be read or written, or is another file.
    #[error(transparent)]
    File(#[from] FilesError),
    /// A text holds what the vocabulary has no token for.
    #[error(
        "{path}: expected characters of its vocabulary, found {character:?} at byte {position} of \
            the text: leave it out, or train on a text that has it"
    )]
    Unknown {
        /// The tokenizer.
        path: PathBuf,
        /// The first such character.
        character: char,
        /// Where it stands, in bytes.
        position: usize,
    },
    /// A file does not hold what it should.
    #[error("{path}: expected {expected}, found {found}: fetch the file again or fix it")]
    Content {
        /// The file.
        path: PathBuf,
        /// What should stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// Two tokens share an id: the table's row would serve both.
    #[error(
        "{path}: expected one token per id, found {first:?} and {second:?} both with id {id}: \
            renumber one of them"
    )]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The shared id.
        id: u64,
        /// One token.
        first: String,
        /// The other.
        second: String,
    },
    /// One token has two ids: which row it gets would be chance.
    #[error(
        "{path}: expected one id per token, found {token:?} with id {first} and id {second}: \
            remove one of them"
    )]
    DuplicateToken {
        /// The file.
        path: PathBuf,
        /// The token.
        token: String,
        /// One id.
        first: u64,
        /// The other.
        second: u64,
    },
    /// A merge joins or makes a token that the vocabulary lacks.
    #[error(
        "{path}: merge {number} ({merge:?}) needs the token {token:?}, which the vocabulary \
            lacks: merges and vocabulary must come from the same tokenizer"
    )]
    MergeOfAbsent {
        /// The file.
        path: PathBuf,
        /// Which merge, from 0.
        number: usize,
        /// Its two halves.
        merge: String,
        /// The absent token.
        token: String,
    },
    /// A special token that this kind of tokenizer cannot do without is not in the vocabulary.
    #[error(
        "{path}: expected the special token {token} ({role}) in the vocabulary, found none: add \
            it, or name the file's own as \"{role}_token\" in tokenizer_config.json"
    )]
    NoSpecial {
        /// The file.
        path: PathBuf,
        /// `unk`, `pad`, `cls`, `sep` or `mask`.
        role: &'static str,
        /// The text looked for.
        token: String,
    },
    /// Two places in the files disagree about a token's id.
    #[error(
        "{path}: {place} gives {token:?} the id {found}, the vocabulary {expected}: both must \
            come from the same tokenizer"
    )]
    OtherId {
        /// The file.
        path: PathBuf,
        /// `added_tokens` or `post_processor`.
        place: &'static str,
        /// The token.
        token: String,
        /// The vocabulary's id for it, or `none`.
        expected: String,
        /// The other place's.
        found: u64,
    },
    /// A token's id lies beyond the embedding table.
    #[error(
        "token {token:?} has id {id}, but the embedding table has {rows} rows (ids 0 to {}): \
            tokenizer and model must come from the same checkpoint", rows.saturating_sub(1)
    )]
    BeyondTable {
        /// The token.
        token: String,
        /// Its id.
        id: u32,
        /// The table's rows.
        rows: usize,
    },
    /// The library behind this crate refused the file, or panicked over it.
    #[error(
        "{path}: expected a tokenizer, found something the tokenizers library refuses ({reason}): \
            fetch it again"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// The library's own words, one line.
        reason: String,
    },
    /// The library failed on a text.
    #[error(
        "a text of {bytes} bytes could not be encoded ({reason}): check it for broken characters, \
            or split it"
    )]
    Encode {
        /// The text's size.
        bytes: usize,
        /// The library's own words, one line.
        reason: String,
    },
    /// A text is too large to be encoded in one piece.
    #[error("expected a text of at most {limit} bytes, found {bytes}: split it")]
    TextTooLong {
        /// The text's size.
        bytes: usize,
        /// The largest accepted.
        limit: usize,
    },
    /// The limit leaves no room for the special tokens.
    #[error(
        "a limit of {limit} tokens leaves no room: expected at least {needed} for the special \
            tokens"
    )]
    LimitTooSmall {
        /// What was asked for.
        limit: usize,
        /// How many special tokens there are.
        needed: usize,
    },
    /// A word of a word-level vocabulary that no text can ever produce.
    #[error(
        "expected single words of letters or one punctuation mark, found {word:?}: split it first"
    )]
    NotAWord {
        /// The word.
        word: String,
    },
}
