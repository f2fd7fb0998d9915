//! How good an encoder is: whether its searches find what is meant, and whether its cosines follow
//! people's ratings.

use burn::tensor::Tensor;
use course::metrics::{ndcg_at, pearson, recall_at, reciprocal_rank, spearman};
use data::{Pair, Related};
use similarity::{cosine, nearest};
use tokens::TokensError;

use crate::SentenceEncoder;

/// Ranks that count where a measure looks at the first few.
const TOP: usize = 10;
/// The axis of `[texts, d_model]` along which the two sides of the pairs follow each other.
const TEXTS: usize = 0;

/// How good searches are, as means over their queries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retrieval {
    /// Share of what is meant that ranks first.
    pub recall_at_1: f64,
    /// Share of what is meant that is among the first ten.
    pub recall_at_10: f64,
    /// Mean reciprocal rank: 1 / the rank of the first that is meant.
    pub mrr: f64,
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg_at_10: f64,
}

impl Retrieval {
    /// Scores rankings: `rankings[query][rank]` says whether what stands there is meant by the
    /// query, best first.
    ///
    /// # Panics
    ///
    /// If there is no query.
    pub fn of(rankings: &[Vec<bool>]) -> Self {
        assert!(!rankings.is_empty(), "expected a query, found none");
        let mut sum = Self { recall_at_1: 0.0, recall_at_10: 0.0, mrr: 0.0, ndcg_at_10: 0.0 };
        for hits in rankings {
            let wanted = hits.iter().filter(|&&hit| hit).count();
            let gains: Vec<f64> = hits.iter().map(|&hit| f64::from(u8::from(hit))).collect();
            sum.recall_at_1 += recall_at(1, hits, wanted);
            sum.recall_at_10 += recall_at(TOP, hits, wanted);
            sum.mrr += reciprocal_rank(hits);
            sum.ndcg_at_10 += ndcg_at(TOP, &gains);
        }
        let queries = rankings.len() as f64;
        Self {
            recall_at_1: sum.recall_at_1 / queries,
            recall_at_10: sum.recall_at_10 / queries,
            mrr: sum.mrr / queries,
            ndcg_at_10: sum.ndcg_at_10 / queries,
        }
    }

    /// Scores the searches of every pair's query among all texts of the pairs, for the text that
    /// belongs to it.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no pair.
    pub fn of_pairs(encoder: &SentenceEncoder, pairs: &[Related]) -> Result<Self, TokensError> {
        let mut queries: Vec<&str> = Vec::new();
        let mut texts: Vec<&str> = Vec::new();
        for pair in pairs {
            queries.push(&pair.query);
            texts.push(&pair.meant);
            texts.extend(pair.other.as_deref());
        }
        texts.sort();
        texts.dedup();
        let all = texts.len();
        let found = nearest(encoder.embed_matrix(&queries)?, encoder.embed_matrix(&texts)?, all);
        let mut rankings = Vec::new();
        for (pair, found) in pairs.iter().zip(found) {
            rankings.push(found.into_iter().map(|(i, _)| texts[i] == pair.meant).collect());
        }
        Ok(Self::of(&rankings))
    }
}

/// How well cosines follow people's ratings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Spearman's correlation, that of the ranks; none where all cosines or all ratings are one
    /// number.
    pub spearman: Option<f64>,
    /// Pearson's correlation; none as above.
    pub pearson: Option<f64>,
}

impl Agreement {
    /// Correlates the cosines of pairs of sentences with their ratings.
    ///
    /// # Errors
    ///
    /// A text that the tokenizer refuses.
    ///
    /// # Panics
    ///
    /// If there is no pair.
    pub fn of(encoder: &SentenceEncoder, pairs: &[Pair]) -> Result<Self, TokensError> {
        let first: Vec<&str> = pairs.iter().map(|pair| &pair.a[..]).collect();
        let second: Vec<&str> = pairs.iter().map(|pair| &pair.b[..]).collect();
        let vectors: Tensor<2> = encoder.embed_matrix(&[first, second].concat())?;
        let a = vectors.clone().narrow(TEXTS, 0, pairs.len());
        let b = vectors.narrow(TEXTS, pairs.len(), pairs.len());
        let cosines: Vec<f64> = cosine(a, b).into_data().iter().collect();
        let ratings: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.score)).collect();
        Ok(Self { spearman: spearman(&cosines, &ratings), pearson: pearson(&cosines, &ratings) })
    }
}
