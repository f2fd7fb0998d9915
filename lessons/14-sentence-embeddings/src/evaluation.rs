//! How good an encoder is: whether its searches find the wanted texts, and whether its cosines
//! follow people's ratings.

use course::metrics::{ndcg_at, pearson, recall_at, reciprocal_rank, spearman};
use data::{Pair, Related};
use similarity::{cosine, nearest};
use tokens::TokensError;

use crate::{SentenceEncoder, TEXTS};

/// Number of ranks that count where a measure looks at the first few.
const TOP: usize = 10;

/// How good searches are, as means over their queries.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Retrieval {
    /// Share of the wanted texts that rank first.
    pub recall_at_1: f64,
    /// Share of the wanted texts that are among the first ten.
    pub recall_at_10: f64,
    /// Mean reciprocal rank: 1 / the rank of the first wanted text.
    pub mrr: f64,
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg_at_10: f64,
}

impl Retrieval {
    /// Scores rankings: `rankings[query][rank]` says whether the text there is wanted by the query,
    /// best first.
    ///
    /// # Panics
    ///
    /// If there is no query, or a query wants no text.
    pub fn of(rankings: &[Vec<bool>]) -> Self {
        assert!(!rankings.is_empty(), "expected a query, found none");
        let mut sum = Self::default();
        for hits in rankings {
            let mut gains = Vec::with_capacity(hits.len());
            let mut wanted = 0;
            for &hit in hits {
                gains.push(if hit { 1.0 } else { 0.0 });
                wanted += usize::from(hit);
            }
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
        let queries = encoder.for_queries()?.embed_matrix(&queries)?;
        let found = nearest(queries, encoder.for_passages()?.embed_matrix(&texts)?, all);
        let mut rankings = Vec::with_capacity(pairs.len());
        for (pair, found) in pairs.iter().zip(found) {
            let mut hits = Vec::with_capacity(all);
            for (text, _) in found {
                hits.push(texts[text] == pair.meant);
            }
            rankings.push(hits);
        }
        Ok(Self::of(&rankings))
    }
}

/// How well cosines follow people's ratings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Spearman's correlation, which is that of the ranks; `None` where all cosines or all ratings
    /// are equal.
    pub spearman: Option<f64>,
    /// Pearson's correlation; `None` where all cosines or all ratings are equal.
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
        let mut texts: Vec<&str> = Vec::with_capacity(2 * pairs.len());
        let mut ratings = Vec::with_capacity(pairs.len());
        for pair in pairs {
            texts.push(&pair.a);
            ratings.push(f64::from(pair.score));
        }
        for pair in pairs {
            texts.push(&pair.b);
        }
        let vectors = encoder.embed_matrix(&texts)?;
        let a = vectors.clone().narrow(TEXTS, 0, pairs.len());
        let b = vectors.narrow(TEXTS, pairs.len(), pairs.len());
        let cosines: Vec<f64> = cosine(a, b).into_data().iter().collect();
        Ok(Self { spearman: spearman(&cosines, &ratings), pearson: pearson(&cosines, &ratings) })
    }
}
