//! The vectors in memory, and the exact search: a query against every one of them.

use std::cmp::Ordering;

use kernels::dot;
use rayon::prelude::*;

/// Key of a text: the first half of its sha256.
pub(crate) type Key = [u8; 16];

/// Number of vectors that a thread takes at once: some hundred kilobytes, so that taking them costs
/// nothing.
const SHARE: usize = 256;

/// All vectors of an index in memory, each at unit length.
#[derive(Debug)]
pub struct VectorTable {
    /// Numbers of a vector.
    pub(crate) width: usize,
    /// Key of each vector's text.
    pub(crate) keys: Vec<Key>,
    /// Numbers of all vectors, one vector after the other.
    pub(crate) numbers: Vec<f32>,
}

/// A text that is near a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Key of the text.
    pub(crate) key: Key,
    /// Cosine of the text's vector with the query, -1 to 1.
    pub score: f32,
}

impl VectorTable {
    /// A table without an index, of vectors that lie one after the other and are brought to unit
    /// length.
    ///
    /// # Panics
    ///
    /// If they are not all `width` numbers long.
    pub fn new(width: usize, vectors: Vec<f32>) -> Self {
        assert!(width > 0 && vectors.len().is_multiple_of(width), "vectors of {width} numbers");
        let mut keys = Vec::with_capacity(vectors.len() / width);
        let mut numbers = Vec::with_capacity(vectors.len());
        for (i, vector) in vectors.chunks(width).enumerate() {
            keys.push((i as u128).to_be_bytes());
            numbers.extend(crate::unit_vector(vector.to_vec()));
        }
        Self { width, keys, numbers }
    }

    /// The number of vectors.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The vector of this number.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn vector(&self, number: usize) -> &[f32] {
        &self.numbers[number * self.width..][..self.width]
    }

    /// Whether there is no vector.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The sum of all numbers: what it takes to read each of them once, and nothing else.
    pub fn sum(&self) -> f32 {
        self.numbers.par_chunks(SHARE * self.width).map(dot::sum).sum()
    }

    /// The `k` texts nearest to `query`, best first, all if there are fewer; equally near ones in
    /// the order of the table.
    ///
    /// # Panics
    ///
    /// If the query has another width.
    pub fn nearest(&self, query: &[f32], k: usize) -> Vec<Neighbour> {
        assert_eq!(query.len(), self.width, "a query of the index's width");
        let query = crate::unit_vector(query.to_vec());
        let rows = self.numbers.par_chunks(self.width).with_min_len(SHARE);
        let dot_product = if kernels::plain() { plain_dot } else { dot::dot };
        let mut scores: Vec<f32> = Vec::new();
        rows.map(|row| dot_product(&query, row)).collect_into_vec(&mut scores);
        let mut order = Vec::from_iter(0..scores.len() as u32);
        if k < order.len() {
            order.select_nth_unstable_by(k, |a, b| best_first(&scores, *a, *b));
            order.truncate(k);
        }
        order.sort_unstable_by(|a, b| best_first(&scores, *a, *b));
        let mut nearest = Vec::with_capacity(order.len());
        for row in order {
            let row = row as usize;
            nearest.push(Neighbour { key: self.keys[row], score: scores[row] });
        }
        nearest
    }
}

impl Neighbour {
    /// Number of the vector, of those that [`VectorTable::new`] was given.
    pub fn number(&self) -> usize {
        u128::from_be_bytes(self.key) as usize
    }
}

/// sum_i a_i b_i, added from left to right.
fn plain_dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        sum += a * b;
    }
    sum
}

/// The order of two rows, the one with the higher score first; equal ones by their number.
fn best_first(scores: &[f32], a: u32, b: u32) -> Ordering {
    scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_fast_searches_find_the_same_in_the_same_order() {
        let mut numbers = Vec::new();
        for i in 0..300_i32 {
            numbers.push((i * i % 37 - 18) as f32);
        }
        let table = VectorTable::new(20, numbers);
        let query: Vec<f32> = (0..20).map(|i| (i % 3) as f32 - 0.5).collect();
        let fast = table.nearest(&query, 5);
        let _plain = kernels::plain_here();
        for (plain, fast) in table.nearest(&query, 5).iter().zip(&fast) {
            assert_eq!(plain.number(), fast.number());
            assert!((plain.score - fast.score).abs() < 1e-6, "{plain:?} {fast:?}"); // 20 roundings
        }
    }
}
