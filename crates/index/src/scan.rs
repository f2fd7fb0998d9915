//! The exact search: a query against every vector.

use rayon::prelude::*;

/// A text by its sum.
pub(crate) type Key = [u8; 16];

/// Numbers that are summed on their own, so that the sums do not wait for each other.
const LANES: usize = 16;
/// Vectors that a thread takes at once: some hundred kilobytes, so that taking them costs nothing.
const SHARE: usize = 256;

/// All vectors of an index in memory, each at unit length.
#[derive(Debug)]
pub struct Scan {
    pub(crate) width: usize,
    pub(crate) keys: Vec<Key>,
    /// One after the other.
    pub(crate) vectors: Vec<f32>,
}

/// A text that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub(crate) key: Key,
    /// Its cosine with the query, -1 to 1.
    pub score: f32,
}

impl Scan {
    /// Vectors without an index, one after the other and brought to unit length.
    ///
    /// # Panics
    ///
    /// If they are not all `width` numbers long.
    pub fn of(width: usize, vectors: Vec<f32>) -> Self {
        assert!(width > 0 && vectors.len().is_multiple_of(width), "vectors of {width} numbers");
        let number = |i: usize| (i as u128).to_be_bytes();
        let keys = (0..vectors.len() / width).map(number).collect();
        let vectors = vectors.chunks(width).flat_map(|row| crate::unit(row.to_vec())).collect();
        Self { width, keys, vectors }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The sum of all numbers: what it takes to read each of them once, and nothing else.
    pub fn sum(&self) -> f32 {
        let part = |part: &[f32]| {
            let mut sums = [0.0; LANES];
            for numbers in part.as_chunks::<LANES>().0 {
                sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
            }
            sums.iter().sum::<f32>()
        };
        self.vectors.par_chunks(SHARE * self.width).map(part).sum()
    }

    /// The `k` texts nearest to `query`, best first, all if there are fewer; equal ones in an order
    /// that stays.
    ///
    /// # Panics
    ///
    /// If the query has another width.
    pub fn nearest(&self, query: &[f32], k: usize) -> Vec<Near> {
        assert_eq!(query.len(), self.width, "a query of the index's width");
        let query = crate::unit(query.to_vec());
        let rows = self.vectors.par_chunks(self.width).with_min_len(SHARE);
        let mut scores: Vec<f32> = Vec::new();
        rows.map(|row| dot(&query, row)).collect_into_vec(&mut scores);
        let best =
            |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        if k < order.len() {
            order.select_nth_unstable_by(k, best);
            order.truncate(k);
        }
        order.sort_unstable_by(best);
        order
            .into_iter()
            .map(|i| Near { key: self.keys[i as usize], score: scores[i as usize] })
            .collect()
    }
}

impl Near {
    /// Which vector it is, of those that [`Scan::of`] was given.
    pub fn number(&self) -> usize {
        u128::from_be_bytes(self.key) as usize
    }
}

/// sum_i a_i b_i
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a.1.iter().zip(b.1).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
