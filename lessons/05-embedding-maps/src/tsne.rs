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
/// What the gain of a coordinate grows by while it goes on the same way (Jacobs 1988, in van der
/// Maaten and Hinton's own program).
const GAIN_ADDED: f32 = 0.2;
/// Share of its gain that a coordinate keeps when it turns (as [`GAIN_ADDED`]).
const GAIN_KEPT: f32 = 0.8;
/// The smallest gain of a coordinate (as [`GAIN_ADDED`]).
const LEAST_GAIN: f32 = 0.01;
/// Standard deviation of the first map along its longer side: small, so that points can still pass
/// one another (Kobak and Berens 2019, "The art of using t-SNE for single-cell transcriptomics",
/// initialisation).
const SPREAD: f32 = 1e-4;
/// How far chance moves each point at the start: enough for points that coincide to part.
const JITTER: f32 = 1e-6;

/// How to make a [`Map`] with t-SNE.
#[derive(Config, Debug)]
pub struct TsneConfig {
    /// Seed of the jitter that the points start with.
    pub seed: u64,
    /// Perplexity of each point's affinities, roughly how many neighbours it has: exp of their
    /// entropy, in 1..=[`largest_perplexity`](crate::largest_perplexity). 30 as in van der Maaten
    /// (2014, section 5.1).
    #[config(default = 30.0)]
    pub perplexity: f64,
    /// Steps downhill, 1000 in van der Maaten and Hinton (2008, section 3.4).
    #[config(default = 1000)]
    pub iterations: usize,
}

/// State of a fit after a step.
#[derive(Debug, Clone, Copy)]
pub struct TsneProgress<'a> {
    /// Number of steps taken, from 1.
    pub iteration: usize,
    /// Affinities that the map is made to show.
    pub affinities: &'a Affinities,
    /// Map after this step.
    pub map: &'a Map,
}

impl TsneProgress<'_> {
    /// [`kl`] of the map so far, in nats. It costs as much as a step, so ask for it now and then.
    pub fn kl(&self) -> f64 {
        kl(self.affinities, self.map)
    }
}

impl TsneConfig {
    /// A map of the points on which neighbours stay neighbours; `progress` is called after every
    /// step.
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
    // ANCHOR: fit
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
    // ANCHOR_END: fit
}

/// The points divided by their largest coordinate, so that no square is too large or too small for
/// f32. Affinities stay the same: beta has the inverse unit.
fn within_one(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().abs().max().into_scalar::<f32>();
    if largest > 0.0 { x / largest } else { x }
}

/// The first two principal components, made small, and a random jitter.
// ANCHOR: start
fn start(x: Tensor<2>, seed: u64) -> Map {
    let pca = pca(x.clone(), 2);
    let deviation = pca.explained_variance.clone().max().into_scalar::<f32>().sqrt();
    let scale = SPREAD / deviation.max(f32::MIN_POSITIVE);
    let projected = rows(pca.project(x));
    let mut random = StdRng::seed_from_u64(seed);
    let mut y = [Vec::new(), Vec::new()];
    for axis in [0, 1] {
        for point in &projected {
            y[axis].push(scale * point[axis] + random.random_range(-JITTER..JITTER));
        }
    }
    Map { y }
}
// ANCHOR_END: start

// ANCHOR: descent
/// Gradient descent with momentum and a gain for each coordinate.
struct Descent {
    /// Last step of each coordinate, `[axis][point]`.
    velocity: [Vec<f32>; 2],
    /// Factor on each coordinate's learning rate, `[axis][point]`.
    gain: [Vec<f32>; 2],
    /// Learning rate, the same for all.
    rate: f32,
}

impl Descent {
    /// The descent of so many points at rest.
    fn new(points: usize) -> Self {
        Self {
            velocity: [vec![0.0; points], vec![0.0; points]],
            gain: [vec![1.0; points], vec![1.0; points]],
            rate: points as f32 / EXAGGERATION,
        }
    }

    /// velocity = momentum velocity - rate gain gradient; y = y + velocity
    fn step(&mut self, map: &mut Map, gradient: &[Vec<f32>; 2], momentum: f32) {
        for axis in [0, 1] {
            for (point, slope) in gradient[axis].iter().enumerate() {
                let velocity = &mut self.velocity[axis][point];
                let gain = &mut self.gain[axis][point];
                let turns = (*slope > 0.0) == (*velocity > 0.0);
                let smaller = (GAIN_KEPT * *gain).max(LEAST_GAIN);
                *gain = if turns { smaller } else { *gain + GAIN_ADDED };
                *velocity = momentum * *velocity - self.rate * *gain * slope;
                map.y[axis][point] += *velocity;
            }
        }
    }

    /// Brings the map's middle back to zero and, if need be, its spread back to the first.
    ///
    /// Where twelvefold affinities outweigh every push, as with few points and many
    /// neighbours, the map would fall into one point and never come back. So small a map is
    /// pulled and pushed in proportion to its size: to enlarge it changes its size alone.
    fn keep_spread(&mut self, map: &mut Map) {
        let points = map.len() as f32;
        let mut squares = 0.0;
        for coordinates in &mut map.y {
            let middle = coordinates.iter().sum::<f32>() / points;
            for y in coordinates {
                *y -= middle;
                squares += *y * *y;
            }
        }
        let deviation = (squares / points).sqrt();
        if 0.0 < deviation && deviation < SPREAD {
            let factor = SPREAD / deviation;
            enlarge(&mut map.y, factor);
            enlarge(&mut self.velocity, factor);
        }
    }
}

/// Multiplies all numbers of both axes by a factor.
fn enlarge(axes: &mut [Vec<f32>; 2], factor: f32) {
    for numbers in axes {
        for number in numbers {
            *number *= factor;
        }
    }
}
// ANCHOR_END: descent
