//! # 02 Subwords
//!
//! **Question.** Where do the IDs come from?
//!
//! **Equation.** Byte-pair encoding (Gage 1994, "A New Algorithm for Data Compression"; for words
//! Sennrich et al. 2016, section 3.2 and algorithm 1; over bytes Radford et al. 2019, section 2.2):
//!
//! ```text
//! merge_k = argmax_(a, b) count(a b)    over neighbours in the pieces of the text, as merges
//!                                       1..k-1 left them; of equal counts the pair of lower IDs
//! encode  = cut into pieces and bytes; of the pairs present merge the one learned first, until
//!           none is left
//! ```
//!
//! WordPiece's reading of a given vocabulary (Schuster and Nakajima 2012; the rule as in the
//! published code of Devlin et al. 2019):
//!
//! ```text
//! encode  = the longest token that the word begins with, then the same for the rest; no match:
//!           [UNK]
//! ```
//!
//! **Builds on.** Nothing but bytes. The IDs are what `lookup::TokenEmbedding` (lesson 01) has a
//! row for.
//!
//! **Leaves you with.** [`Bpe`] and [`WordPiece`]: what stands between a text and every model of
//! this course.
//!
//! **Try.** Train on your own text and predict the first ten merges before you print them.

pub mod demo;
pub mod naive;
mod split;
mod train;
mod wordpiece;

use std::collections::HashMap;

pub use split::pieces;
use train::PairCounts;
pub use wordpiece::WordPiece;

/// What the list of lessons says about this one.
pub const LESSON: course::Lesson = course::Lesson {
    stem: "02-subwords",
    question: "Where do the IDs come from?",
    leaves_you_with: "Bpe, trained and applied from scratch for any bytes, and WordPiece's greedy \
        match",
    minilm: false,
};

/// Number of IDs that need no training: one for each byte.
pub const BYTES: usize = 256;

/// Two neighbouring tokens, by ID.
pub type TokenPair = (u32, u32);

/// A vocabulary of byte strings: the 256 bytes, then what each merge of two earlier tokens made, in
/// the order in which they were learned.
// ANCHOR: bpe
#[derive(Debug, Clone)]
pub struct Bpe {
    /// The bytes of each token, by ID.
    tokens: Vec<Vec<u8>>,
    /// The ID of each byte.
    byte_ids: [u32; BYTES],
    /// The pair of each merge, by rank: the pair at rank r became token 256 + r.
    merges: Vec<TokenPair>,
    /// The token that each pair becomes. What was learned earlier has the lower ID.
    merged: HashMap<TokenPair, u32>,
}
// ANCHOR_END: bpe

impl Bpe {
    /// Learns merges from texts until there are `vocab` tokens, or no two tokens are neighbours any
    /// more.
    ///
    /// No merge reaches over the edge of a piece (see [`pieces`]) or of a text.
    ///
    /// # Panics
    ///
    /// If `vocab` is below the 256 bytes.
    // ANCHOR: train
    pub fn train(texts: impl IntoIterator<Item = impl AsRef<[u8]>>, vocab: usize) -> Bpe {
        let mut bpe = Bpe::untrained(vocab);
        let mut pairs = PairCounts::new(&bpe, texts);
        while bpe.vocab() < vocab
            && let Some(pair) = pairs.most_frequent()
        {
            let token = bpe.learn(pair);
            pairs.merge(pair, token);
        }
        bpe
    }
    // ANCHOR_END: train
}

impl Bpe {
    /// Encodes any bytes, valid UTF-8 or not, as IDs in `0..vocab`.
    ///
    /// A piece takes time in proportion to its length times the different merges in it; one that
    /// comes again in the same call is not merged again.
    // ANCHOR: encode
    pub fn encode(&self, bytes: &[u8]) -> Vec<u32> {
        let mut known: HashMap<&[u8], Vec<u32>> = HashMap::new();
        let mut ids = Vec::new();
        for piece in pieces(bytes) {
            let tokens = known.entry(piece).or_insert_with(|| self.encode_piece(piece));
            ids.extend_from_slice(tokens);
        }
        ids
    }

    /// Encodes one piece: of the pairs present, the one learned first is merged
    /// everywhere, until none is left.
    fn encode_piece(&self, piece: &[u8]) -> Vec<u32> {
        let mut tokens = self.spell(piece);
        while let Some((pair, token)) = self.learned_first(&tokens) {
            replace(&mut tokens, pair, token);
        }
        tokens
    }

    /// Finds, of the neighbours among `tokens`, the pair that was learned first, and the
    /// ID of the token that it becomes; `None` where no two neighbours were merged in
    /// training.
    pub fn learned_first(&self, tokens: &[u32]) -> Option<(TokenPair, u32)> {
        let mut first: Option<(TokenPair, u32)> = None;
        for pair in neighbours(tokens) {
            let Some(&token) = self.merged.get(&pair) else { continue };
            if first.is_none_or(|(_, earliest)| token < earliest) {
                first = Some((pair, token));
            }
        }
        first
    }
    // ANCHOR_END: encode
}

impl Bpe {
    /// Decodes IDs into the bytes that they stand for: `decode(encode(bytes)) = bytes`, always.
    ///
    /// IDs that a language model generated one by one may stop inside a character: the bytes are
    /// then not valid UTF-8.
    ///
    /// # Panics
    ///
    /// If an ID is not below [`Bpe::vocab`].
    // ANCHOR: decode
    pub fn decode(&self, ids: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &id in ids {
            bytes.extend_from_slice(self.token(id));
        }
        bytes
    }
    // ANCHOR_END: decode
}

impl Bpe {
    /// Number of tokens; every ID is below it.
    pub fn vocab(&self) -> usize {
        self.tokens.len()
    }

    /// The bytes of a token.
    ///
    /// # Panics
    ///
    /// If `id` is not below [`Bpe::vocab`].
    pub fn token(&self, id: u32) -> &[u8] {
        match self.tokens.get(id as usize) {
            Some(token) => token,
            None => panic!("ID {id} in a vocabulary of {}", self.vocab()),
        }
    }

    /// The merges in the order in which they were learned.
    pub fn merges(&self) -> &[TokenPair] {
        &self.merges
    }

    /// Returns what the same training gives when it stops at `vocab` tokens: a smaller vocabulary is
    /// the beginning of a larger one. A `vocab` above its own size changes nothing.
    ///
    /// # Panics
    ///
    /// If `vocab` is below the 256 bytes.
    pub fn with_vocab(&self, vocab: usize) -> Self {
        let mut smaller = Bpe::untrained(vocab);
        for &pair in self.merges.iter().take(vocab - BYTES) {
            smaller.learn(pair);
        }
        smaller
    }

    /// Makes a vocabulary of the bytes alone, on the way to `vocab` tokens.
    fn untrained(vocab: usize) -> Self {
        assert!(vocab >= BYTES, "a vocabulary holds the {BYTES} bytes, asked for {vocab} tokens");
        let mut tokens = Vec::with_capacity(BYTES);
        let mut byte_ids = [0; BYTES];
        for byte in bytes_by_id() {
            byte_ids[usize::from(byte)] = tokens.len() as u32;
            tokens.push(vec![byte]);
        }
        Self { tokens, byte_ids, merges: Vec::new(), merged: HashMap::new() }
    }

    /// Appends a merge and returns the ID of what it makes.
    ///
    /// No two merges of a training make the same bytes: where no merge reached over their ends,
    /// they were merged as if they stood alone, so that after the first such merge they are one
    /// token everywhere.
    fn learn(&mut self, pair: TokenPair) -> u32 {
        let id = self.vocab() as u32;
        self.tokens.push([self.token(pair.0), self.token(pair.1)].concat());
        self.merges.push(pair);
        self.merged.insert(pair, id);
        id
    }

    /// Spells a piece with one token for each byte.
    fn spell(&self, piece: &[u8]) -> Vec<u32> {
        piece.iter().map(|&byte| self.byte_ids[usize::from(byte)]).collect()
    }
}

/// All bytes in the order of their IDs, that of GPT-2's published vocabulary (Radford et al. 2019):
/// those with a visible character of their own in Latin-1 first.
fn bytes_by_id() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(BYTES);
    let mut invisible = Vec::new();
    for byte in 0..=u8::MAX {
        match byte {
            b'!'..=b'~' | 0xa1..=0xac | 0xae.. => bytes.push(byte),
            _ => invisible.push(byte),
        }
    }
    bytes.extend(invisible);
    bytes
}

/// Replaces every `pair` among `tokens` by `token`, from the left.
// ANCHOR: replace
pub fn replace(tokens: &mut Vec<u32>, pair: TokenPair, token: u32) {
    let mut to = 0;
    let mut from = 0;
    while from < tokens.len() {
        if tokens[from..].starts_with(&[pair.0, pair.1]) {
            tokens[to] = token;
            from += 2;
        } else {
            tokens[to] = tokens[from];
            from += 1;
        }
        to += 1;
    }
    tokens.truncate(to);
}

/// Pairs each token with the next.
fn neighbours(tokens: &[u32]) -> impl Iterator<Item = TokenPair> {
    tokens.windows(2).map(|pair| (pair[0], pair[1]))
}
// ANCHOR_END: replace
