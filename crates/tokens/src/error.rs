//! The errors of a tokenizer or a text.

use std::path::PathBuf;
use std::time::Duration;

use files::{FilesError, one_line};

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
        /// Folder where the files were looked for.
        folder: PathBuf,
    },
    /// The folder holds its vocabulary only as a sentencepiece model.
    #[error(
        "{path}: expected tokenizer.json, found a sentencepiece model alone: write it with \
            transformers, AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
    )]
    SentencePiece {
        /// Path of the sentencepiece model.
        path: PathBuf,
    },
    /// A file could not be read or written, or is another file.
    #[error(transparent)]
    File(#[from] FilesError),
    /// A text holds what the vocabulary has no token for.
    #[error(
        "{path}: expected characters of its vocabulary, found {character:?} at byte {position} of \
            the text: leave it out, train on a text that has it, or train with byte pairs \
            (`cargo rungs train --bpe N`), which spell every character"
    )]
    Unknown {
        /// Path of the tokenizer's file.
        path: PathBuf,
        /// First character without a token.
        character: char,
        /// Offset of the character in bytes.
        position: usize,
    },
    /// A file does not hold what it should.
    #[error(
        "{path}: expected {}, found {}: fetch the file again or fix it",
        one_line(expected),
        one_line(found)
    )]
    Content {
        /// Path of the file.
        path: PathBuf,
        /// Content that should stand there.
        expected: String,
        /// Content that stands there.
        found: String,
    },
    /// The class that a folder names is none by which its files are read here.
    #[error(
        "{path}: at {key}: expected {expected}, found {}: save the folder anew with transformers \
            (AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)), then set \
            tokenizer_class in its tokenizer_config.json to PreTrainedTokenizerFast, by which \
            tokenizer.json holds alone",
        one_line(found)
    )]
    Class {
        /// Path of the file that names the class.
        path: PathBuf,
        /// Key at which the file does.
        key: &'static str,
        /// Classes that would be read.
        expected: String,
        /// Class that is named.
        found: String,
    },
    /// Two tokens share an id: the table's row would serve both.
    #[error(
        "{path}: expected one token per id, found \"{}\" and \"{}\" both with id {id}: renumber \
            one of them",
        one_line(first),
        one_line(second)
    )]
    DuplicateId {
        /// Path of the file.
        path: PathBuf,
        /// ID that both tokens have.
        id: u64,
        /// Text of one token.
        first: String,
        /// Text of the other token.
        second: String,
    },
    /// One token has two ids: which row it gets would be chance.
    #[error(
        "{path}: expected one id per token, found \"{}\" with id {first} and id {second}: remove \
            one of them",
        one_line(token)
    )]
    DuplicateToken {
        /// Path of the file.
        path: PathBuf,
        /// Text of the token.
        token: String,
        /// First of its IDs.
        first: u64,
        /// Second of its IDs.
        second: u64,
    },
    /// A merge joins or makes a token that the vocabulary lacks.
    #[error(
        "{path}: merge {number} (\"{}\") needs the token \"{}\", which the vocabulary lacks: \
            merges and vocabulary must come from the same tokenizer",
        one_line(merge),
        one_line(token)
    )]
    MergeOfAbsent {
        /// Path of the file.
        path: PathBuf,
        /// Number of the merge, from 0.
        number: usize,
        /// Both halves of the merge.
        merge: String,
        /// Text of the absent token.
        token: String,
    },
    /// A special token that this kind of tokenizer cannot do without is not in the vocabulary.
    #[error(
        "{path}: expected the special token {} ({role}) in the vocabulary, found none: add it, or \
            name the file's own as \"{role}_token\" in tokenizer_config.json",
        one_line(token)
    )]
    NoSpecial {
        /// Path of the file.
        path: PathBuf,
        /// Role of the token: `bos`, `eos`, `unk`, `sep`, `pad`, `cls` or `mask`.
        role: &'static str,
        /// Text of the token.
        token: String,
    },
    /// A chat template cannot be read, or refuses a conversation.
    #[error(
        "{path}: chat template, line {line}: {}: change the conversation, or take the model's \
            newest template",
        one_line(reason)
    )]
    Template {
        /// Path of the file that holds the template.
        path: PathBuf,
        /// Line of the template.
        line: usize,
        /// Why it failed.
        reason: String,
    },
    /// A chat template that does not end; it still runs.
    #[error(
        "{path}: chat template: expected it to end within {} s, found it at work: take the model's \
            newest template, or another model",
        limit.as_secs()
    )]
    Endless {
        /// Path of the file that holds the template.
        path: PathBuf,
        /// How long it was waited for.
        limit: Duration,
    },
    /// Two places in the files disagree about a token's id.
    #[error(
        "{path}: {place} gives \"{}\" the id {found}, the vocabulary {expected}: both must come \
            from the same tokenizer",
        one_line(token)
    )]
    OtherId {
        /// Path of the file.
        path: PathBuf,
        /// Place that disagrees with the vocabulary, such as `post_processor`.
        place: &'static str,
        /// Text of the token.
        token: String,
        /// ID of the token in the vocabulary, or `none`.
        expected: String,
        /// ID of the token in that place.
        found: u64,
    },
    /// A token's id lies beyond the embedding table.
    #[error(
        "{path}: token \"{}\" has id {id}, but the embedding table has {rows} rows (ids 0 to {}): \
            tokenizer and model must come from the same checkpoint",
        one_line(token), rows.saturating_sub(1)
    )]
    BeyondTable {
        /// Path of the tokenizer's file.
        path: PathBuf,
        /// Text of the token.
        token: String,
        /// ID of the token.
        id: u32,
        /// Number of rows of the table.
        rows: usize,
    },
    /// A text has no token, and the tokenizer puts none around it.
    #[error(
        "expected a text with a token in it, found one with none, and this tokenizer puts no \
            special tokens around it: leave out what is empty"
    )]
    NoToken,
    /// A template gives a token a segment that the model does not have.
    #[error(
        "expected segments below {rows}, as the model's segment table has {rows} rows, found \
            {segment} in the tokenizer's template: tokenizer and model must come from the same \
            checkpoint"
    )]
    SegmentBeyondTable {
        /// ID of the segment.
        segment: u32,
        /// Number of rows of the table.
        rows: usize,
    },
    /// The library behind this crate refused the file, or panicked over it.
    #[error(
        "{path}: expected a tokenizer, found something the tokenizers library refuses ({reason}): \
            fetch it again"
    )]
    Refused {
        /// Path of the file.
        path: PathBuf,
        /// Message of the library, in one line.
        reason: String,
    },
    /// The library failed on a text.
    #[error(
        "{path}: a text of {bytes} bytes could not be encoded ({reason}): check it for broken \
            characters, or split it"
    )]
    Encode {
        /// Path of the tokenizer's file.
        path: PathBuf,
        /// Size of the text.
        bytes: usize,
        /// Message of the library, in one line.
        reason: String,
    },
    /// A text is too large to be encoded whole.
    #[error(
        "the text that begins {beginning:?}: expected at most {limit} bytes, as all of it has to \
            become tokens at once, found {bytes}: split it into several"
    )]
    TextTooLong {
        /// First characters of the text.
        beginning: String,
        /// Size of the text.
        bytes: usize,
        /// Size of the largest text that is accepted.
        limit: usize,
    },
    /// The limit leaves no room for the special tokens.
    #[error(
        "{path}: a limit of {limit} tokens leaves no room: expected at least {needed} for the \
            special tokens"
    )]
    LimitTooSmall {
        /// Path of the file.
        path: PathBuf,
        /// Limit that was asked for.
        limit: usize,
        /// Number of special tokens.
        needed: usize,
    },
    /// A word of a word-level vocabulary that no text can ever produce.
    #[error(
        "expected single words of letters or one punctuation mark, found {word:?}: split it first"
    )]
    NotAWord {
        /// Word that was given.
        word: String,
    },
}
