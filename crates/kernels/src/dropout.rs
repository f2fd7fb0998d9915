//! Dropout whose draws belong to a thread, so that parts of a batch are trained side by side.
//!
//! burn draws from one generator of the whole process. Two parts of a batch that draw from it at
//! the same time get other zeros in every run, whichever asks first. Here a thread that was given a
//! seed ([`with_seed`]) draws by counting: whether a number is kept follows from the seed, from how
//! many layers have drawn since, and from the number's place, on any number of cores.

use std::cell::Cell;

use burn::module::{Flag, Module, Param};
use burn::nn;
use burn::tensor::{Tensor, TensorData};
use pulp::Arch;

use crate::plain;

/// Where the thread's draws stand.
#[derive(Debug, Clone, Copy)]
struct Draws {
    seed: u64,
    /// How often seeds were drawn from it.
    drawn: u64,
}

thread_local! {
    /// Draws of this thread; without them burn's generator draws.
    static DRAWS: Cell<Option<Draws>> = const { Cell::new(None) };
}

/// Runs `work`, whose layers on this thread draw by this seed; `None` leaves drawing to burn's
/// generator.
///
/// A thread that waits for others may run other work in between, under a seed of its own: what was
/// drawn here before and after it does not change.
pub fn with_seed<T>(seed: Option<u64>, work: impl FnOnce() -> T) -> T {
    /// Gives the thread back what it drew by before.
    struct Before(Option<Draws>);
    impl Drop for Before {
        fn drop(&mut self) {
            DRAWS.set(self.0);
        }
    }
    let _before = Before(DRAWS.replace(seed.map(|seed| Draws { seed, drawn: 0 })));
    work()
}

/// Whether layers on this thread draw by a seed of its own: then parts of a batch may be computed
/// side by side.
pub fn is_seeded() -> bool {
    DRAWS.get().is_some() && !plain()
}

/// A new seed that follows from this thread's, for a layer's draws or for another thread; `None`
/// where burn's generator draws.
pub fn next_seed() -> Option<u64> {
    let draws = DRAWS.get().filter(|_| !plain())?;
    let drawn = draws.drawn + 1;
    DRAWS.set(Some(Draws { drawn, ..draws }));
    Some(number_at(number_at(draws.seed, 0), drawn))
}

/// Dropout, in training only: burn's, which draws by the thread's seed where it has one.
#[derive(Module, Debug)]
pub struct Dropout {
    /// Probability that a number is set to zero.
    pub prob: f64,
    /// Whether the layer drops numbers at all; a frozen one does not.
    pub training: Param<Flag>,
}

impl Dropout {
    /// Dropout of this probability.
    ///
    /// # Panics
    ///
    /// If it is not in 0..1.
    pub fn new(prob: f64) -> Self {
        let nn::Dropout { prob, training } = nn::DropoutConfig::new(prob).init();
        Self { prob, training }
    }

    /// Numbers set to zero by chance, the others divided by the probability to be kept.
    ///
    /// (Srivastava et al. 2014, "Dropout", section 4, with the scale in training)
    ///
    /// # Shapes
    ///
    /// - x: any
    /// - output: the same; x itself without autodiff
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let Some(seed) = self.drops(&x).then(next_seed).flatten() else {
            let burns = nn::Dropout { prob: self.prob, training: self.training.clone() };
            return burns.forward(x);
        };
        let shape = x.shape();
        let factors = factors(seed, 1.0 - self.prob, shape.num_elements());
        let device = x.device().inner();
        let factors = Tensor::from_data(TensorData::new(factors, shape), &device);
        x * Tensor::from_inner(factors)
    }

    /// Whether it sets numbers of this tensor to zero.
    pub(crate) fn drops<const D: usize>(&self, x: &Tensor<D>) -> bool {
        self.training.is_enabled() && x.is_autodiff() && self.prob > 0.0
    }
}

/// The draws of one layer, to be made where the numbers are.
#[cfg(feature = "flex")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) seed: u64,
    /// Probability that a number is kept.
    pub(crate) share: f64,
}

#[cfg(feature = "flex")]
impl Kept {
    /// Multiplies numbers that follow each other, the first of them that of this place, by what
    /// [`Dropout::forward`] multiplies them by.
    #[inline(always)] // into the body of a dispatch, which alone is compiled for wide registers
    pub(crate) fn multiply(&self, numbers: &mut [f32], first: usize) {
        let (below, factor) = (threshold(self.share), (1.0 / self.share) as f32);
        let mut place = first as u64 / 2;
        let (odd, numbers) = numbers.split_at_mut((first % 2).min(numbers.len()));
        if let [number] = odd {
            *number *= factor_of(number_at(self.seed, place) as u32, below, factor);
            place += 1;
        }
        let (pairs, rest) = numbers.as_chunks_mut::<2>();
        for pair in pairs {
            let drawn = number_at(self.seed, place);
            pair[0] *= factor_of((drawn >> 32) as u32, below, factor);
            pair[1] *= factor_of(drawn as u32, below, factor);
            place += 1;
        }
        if let [last] = rest {
            let drawn = number_at(self.seed, place);
            *last *= factor_of((drawn >> 32) as u32, below, factor);
        }
    }
}

/// What is drawn below it is kept.
fn threshold(share: f64) -> u32 {
    (share * 2f64.powi(32)) as u32
}

/// What a number with this draw is multiplied by.
#[inline(always)] // as above
fn factor_of(drawn: u32, below: u32, factor: f32) -> f32 {
    if drawn < below { factor } else { 0.0 }
}

/// What each number is multiplied by: 0 or 1 / `keep`.
fn factors(seed: u64, keep: f64, numbers: usize) -> Vec<f32> {
    let mut factors = vec![0.0; numbers];
    Arch::new().dispatch(|| fill(&mut factors, seed, keep));
    factors
}

/// Two factors from each number of the generator, one from its upper half and one from its lower.
#[inline(always)]
fn fill(factors: &mut [f32], seed: u64, keep: f64) {
    let below = threshold(keep);
    let factor = (1.0 / keep) as f32;
    let (pairs, rest) = factors.as_chunks_mut::<2>();
    for (place, pair) in pairs.iter_mut().enumerate() {
        let drawn = number_at(seed, place as u64);
        pair[0] = factor_of((drawn >> 32) as u32, below, factor);
        pair[1] = factor_of(drawn as u32, below, factor);
    }
    if let [last] = rest {
        let drawn = number_at(seed, pairs.len() as u64);
        *last = factor_of((drawn >> 32) as u32, below, factor);
    }
}

/// The number at a place of the sequence that begins with `seed` (Steele et al. 2014, "Fast
/// Splittable Pseudorandom Number Generators", figure 17: SplitMix64, which adds the same number
/// at every place).
#[inline(always)]
fn number_at(seed: u64, place: u64) -> u64 {
    let z = seed.wrapping_add((place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_kept_is_the_one_asked_for() {
        const NUMBERS: usize = 1_000_001;
        for keep in [0.9, 0.5, 0.123] {
            let factors = factors(7, keep, NUMBERS);
            let mut kept = 0.0;
            for &factor in &factors {
                assert!(factor == 0.0 || factor == (1.0 / keep) as f32, "{factor}");
                kept += f64::from(factor > 0.0);
            }
            // five standard deviations of a binomial share
            let most = 5.0 * (keep * (1.0 - keep) / NUMBERS as f64).sqrt();
            let share = kept / NUMBERS as f64;
            assert!((share - keep).abs() < most, "{share} kept of {keep}");
        }
    }

    #[test]
    fn neighbours_and_layers_are_dropped_independently() {
        const NUMBERS: usize = 1_000_000;
        let seeds = with_seed(Some(1), || [next_seed().unwrap(), next_seed().unwrap()]);
        let [first, second] = seeds.map(|seed| factors(seed, 0.5, NUMBERS));
        for apart in 1..9 {
            assert_independent(&first[..NUMBERS - apart], &first[apart..]);
        }
        assert_independent(&first, &second);
    }

    /// Asserts that as many pairs are equal as of fair coins, within five standard deviations.
    fn assert_independent(a: &[f32], b: &[f32]) {
        let mut equal = 0.0;
        for (a, b) in a.iter().zip(b) {
            equal += f64::from(a == b);
        }
        let n = a.len() as f64;
        assert!((equal / n - 0.5).abs() < 5.0 * 0.5 / n.sqrt(), "{equal} of {n} equal");
    }

    #[test]
    fn work_in_between_changes_no_draw() {
        let draw = || with_seed(Some(3), || [next_seed(), next_seed()]);
        let interrupted = with_seed(Some(3), || {
            let before = next_seed();
            assert_eq!(with_seed(Some(4), next_seed), with_seed(Some(4), next_seed));
            [before, next_seed()]
        });
        assert_eq!(interrupted, draw());
        assert_ne!(interrupted[0], interrupted[1]);
        assert_eq!(next_seed(), None);
    }

    #[test]
    fn a_plain_thread_leaves_drawing_to_burn() {
        let _plain = crate::plain_here();
        with_seed(Some(3), || {
            assert!(!is_seeded());
            assert_eq!(next_seed(), None);
        });
    }
}
