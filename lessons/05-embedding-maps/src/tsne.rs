//! t-SNE: points are let go on a plane, and roll to where neighbours are neighbours again.

use burn::config::Config;
use burn::tensor::Tensor;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::affinities::{Affinities, joint};
use crate::distances::rows;
use crate::forces::{Map, gradient, kl};
use crate::pca::pca;

/// Affinities are this much larger while clusters gather (van der Maaten 2014, section 5.1).
const EXAGGERATION: f32 = 12.0;
/// Iterations with larger affinities (van der Maaten 2014, section 5.1).
const EARLY: usize = 250;
/// Share of the last step in the next, while clusters gather and after (van der Maaten and Hinton
/// 2008, section 3.4).
const MOMENTUM: [f32; 2] = [0.5, 0.8];
/// A coordinate that goes on the same way gains this much, one that turns keeps that share (Jacobs
/// 1988, in van der Maaten and Hinton's own program), and no gain falls below the last.
const GAIN: (f32, f32, f32) = (0.2, 0.8, 0.01);
/// Standard deviation of the first map along its longer side: small, so that points can still pass
/// one another (Kobak and Berens 2019, "The art of using t-SNE for single-cell transcriptomics",
/// initialisation).
const SPREAD: f32 = 1e-4;
/// How far chance moves each point at the start: enough for points that coincide to part.
const JITTER: f32 = 1e-6;

/// How to make a [`Map`].
#[derive(Config, Debug)]
pub struct TsneConfig {
    /// Everything random follows from this.
    pub seed: u64,
    /// How many neighbours a point has, so to speak: exp of the entropy of its affinities, in
    /// 1..=[`largest_perplexity`](crate::largest_perplexity). 30 as in van der Maaten (2014,
    /// section 5.1).
    #[config(default = 30.0)]
    pub perplexity: f64,
    /// Steps downhill, 1000 in van der Maaten and Hinton (2008, section 3.4).
    #[config(default = 1000)]
    pub iterations: usize,
}

/// What a fit has come to after a step.
#[derive(Debug, Clone, Copy)]
pub struct TsneProgress<'a> {
    /// Steps taken, from 1.
    pub iteration: usize,
    /// What the map is made to show.
    pub affinities: &'a Affinities,
    /// The map so far.
    pub map: &'a Map,
}

impl TsneProgress<'_> {
    /// [`kl`] of the map so far, in nats: as dear as a step, so ask every so often.
    pub fn kl(&self) -> f64 {
        kl(self.affinities, self.map)
    }
}

// ANCHOR: fit
impl TsneConfig {
    /// A map of the points on which neighbours stay neighbours; `progress` is told of every step.
    ///
    /// Van der Maaten and Hinton 2008, algorithm 1, with the step of Belkina et al. 2019
    /// ("Automated optimized parameters for t-SNE"): n / exaggeration, however few points there
    /// are. Programs whose gradient leaves out the factor of 4 call a step of this size n /
    /// exaggeration too, and theirs is a quarter of it.
    ///
    /// # Shapes
    ///
    /// - x: `[points, d_model]`
    ///
    /// # Panics
    ///
    /// As [`joint`]: a perplexity that the number of points does not allow, no points, or numbers
    /// not finite.
    pub fn fit(&self, x: Tensor<2>, mut progress: impl FnMut(&TsneProgress)) -> Map {
        let x = within_one(x);
        let affinities = joint(x.clone(), self.perplexity);
        let mut map = start(x, self.seed);
        let mut descent = Descent::new(map.len());
        for iteration in 1..=self.iterations {
            let early = iteration <= EARLY;
            let (exaggeration, momentum) =
                if early { (EXAGGERATION, MOMENTUM[0]) } else { (1.0, MOMENTUM[1]) };
            let gradient = gradient(&affinities, &map, exaggeration);
            descent.step(&mut map, &gradient, momentum);
            descent.keep_spread(&mut map);
            progress(&TsneProgress { iteration, affinities: &affinities, map: &map });
        }
        map
    }
}
// ANCHOR_END: fit

/// The points in other units, so that no square is too large or too small for f32. Affinities do
/// not notice: beta has the inverse unit.
fn within_one(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().abs().max().into_scalar::<f32>();
    if largest > 0.0 { x / largest } else { x }
}

// ANCHOR: start
/// The first two principal components, small, and a little chance.
fn start(x: Tensor<2>, seed: u64) -> Map {
    let pca = pca(x.clone(), 2);
    let deviation = pca.explained_variance.clone().max().into_scalar::<f32>().sqrt();
    let scale = SPREAD / deviation.max(f32::MIN_POSITIVE);
    let projected = rows(pca.project(x));
    let mut random = StdRng::seed_from_u64(seed);
    let mut jitter = || random.random_range(-JITTER..JITTER);
    let mut along =
        |axis: usize| projected.iter().map(|point| scale * point[axis] + jitter()).collect();
    Map { y: [along(0), along(1)] }
}
// ANCHOR_END: start

// ANCHOR: descent
/// Gradient descent with momentum and a gain for each coordinate.
struct Descent {
    velocity: [Vec<f32>; 2],
    gain: [Vec<f32>; 2],
    rate: f32,
}

impl Descent {
    fn new(points: usize) -> Self {
        let both = |value: f32| [vec![value; points], vec![value; points]];
        Self { velocity: both(0.0), gain: both(1.0), rate: points as f32 / EXAGGERATION }
    }

    /// velocity = momentum velocity - rate gain gradient; y = y + velocity
    fn step(&mut self, map: &mut Map, gradient: &[Vec<f32>; 2], momentum: f32) {
        let (more, share, least) = GAIN;
        for (axis, slopes) in gradient.iter().enumerate() {
            let state = self.velocity[axis].iter_mut().zip(&mut self.gain[axis]);
            for ((y, slope), (velocity, gain)) in map.y[axis].iter_mut().zip(slopes).zip(state) {
                let turns = (*slope > 0.0) == (*velocity > 0.0);
                *gain = if turns { (share * *gain).max(least) } else { *gain + more };
                *velocity = momentum * *velocity - self.rate * *gain * slope;
                *y += *velocity;
            }
        }
    }

    /// Brings the map's middle back to zero and, if need be, its spread back to the first.
    ///
    /// Where twelvefold affinities outweigh every push, as with few points and many neighbours, the
    /// map would fall into one point and never come back. So small a map is pulled and pushed in
    /// proportion to its size: to enlarge it changes its size alone.
    fn keep_spread(&mut self, map: &mut Map) {
        let points = map.len() as f32;
        for along in &mut map.y {
            let middle = along.iter().sum::<f32>() / points;
            along.iter_mut().for_each(|y| *y -= middle);
        }
        let deviation = (map.y.iter().flatten().map(|y| y * y).sum::<f32>() / points).sqrt();
        if 0.0 < deviation && deviation < SPREAD {
            let all = map.y.iter_mut().chain(&mut self.velocity).flatten();
            all.for_each(|value| *value *= SPREAD / deviation);
        }
    }
}
// ANCHOR_END: descent
