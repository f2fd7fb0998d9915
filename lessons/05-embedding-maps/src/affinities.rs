//! Who is whose neighbour, as probabilities: the side of t-SNE that never moves.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::distances::{fast_or_plain, rows};

/// Up to so many points every pair has its affinity, by the definition. With more, a point keeps
/// its nearest `3 x perplexity`, as van der Maaten (2014, section 4.1) does: further ones weigh
/// nearly nothing, and n^2 of them would not fit. On 2,000 points in ten clusters the map's KL by
/// the definition is 1.394 with every pair and 1.399 with the nearest.
pub const EXACT: usize = 2000;
/// Neighbours kept beyond [`EXACT`], in units of the perplexity (van der Maaten 2014, section 4.1).
const NEIGHBOURS: f64 = 3.0;
/// Affinities below this share of a point's own, 1 / n, are left out: all of them together are less
/// than f32 tells from nothing.
const NEGLIGIBLE: f32 = 1e-11;
/// Doublings and halvings of beta after which a row is taken as it is: one whose nearest coincide
/// has no beta.
const BISECTIONS: usize = 200;
/// How near an entropy has to come to ln(perplexity), in nats.
const NEAR: f64 = 1e-7;

/// Joint probabilities p_ij of pairs of points, symmetric, summing to 1; those not kept are 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Affinities {
    /// For each point i its neighbours j, ascending, with p_ij; never i itself.
    pub rows: Vec<Vec<(u32, f32)>>,
}

/// The largest perplexity a set of points allows: a third of the other points, or 1 where that is
/// less.
///
/// A row has three neighbours for each unit of perplexity (van der Maaten 2014, section 4.1). A
/// perplexity near the number of points would make every point a neighbour of every other, and the
/// map a ball.
pub fn largest_perplexity(points: usize) -> f64 {
    (points.saturating_sub(1) as f64 / NEIGHBOURS).max(1.0)
}

/// How much points i and j belong together: p_ij = (p_j|i + p_i|j) / 2n.
///
/// Van der Maaten and Hinton 2008, section 3.1; p_j|i by [`conditional`]. Every pair up to
/// [`EXACT`] points, beyond that the nearest of each.
///
/// # Shapes
///
/// - x: `[points, d_model]`
///
/// # Panics
///
/// If the perplexity is below 1 or above [`largest_perplexity`], there are no points, or a number
/// is not finite.
pub fn joint(x: Tensor<2>, perplexity: f64) -> Affinities {
    let x = rows(x);
    let (points, most) = (x.len(), largest_perplexity(x.len()));
    let allowed = (1.0..=most).contains(&perplexity);
    assert!(allowed, "{points} points allow a perplexity of 1 to {most:.2}, found {perplexity}");
    let kept = if points <= EXACT { points - 1 } else { (NEIGHBOURS * perplexity).ceil() as usize };
    let squared_distances = fast_or_plain();
    let conditionals = (0..points).into_par_iter().map(|i| {
        let squared = squared_distances(&x[i], &x);
        conditional_row(&squared, &nearest(&squared, i, kept), perplexity)
    });
    symmetric(conditionals.collect())
}

/// The `kept` points nearest to point i, whose squared distances to all points are `squared`;
/// equally near ones by index.
fn nearest(squared: &[f32], i: usize, kept: usize) -> Vec<u32> {
    let mut others = Vec::with_capacity(squared.len());
    for j in 0..squared.len() {
        if j != i {
            others.push(j as u32);
        }
    }
    if kept < others.len() {
        others.select_nth_unstable_by(kept, |&j, &k| {
            squared[j as usize].total_cmp(&squared[k as usize]).then(j.cmp(&k))
        });
        others.truncate(kept);
    }
    others
}

/// p_j|i of the neighbours j of point i, each with its j; `squared` are the squared distances from
/// i to all points.
fn conditional_row(squared: &[f32], neighbours: &[u32], perplexity: f64) -> Vec<(u32, f64)> {
    let mut to_neighbours = Vec::with_capacity(neighbours.len());
    for &j in neighbours {
        to_neighbours.push(squared[j as usize]);
    }
    let (_, p) = conditional(&to_neighbours, perplexity);
    let mut row = Vec::with_capacity(neighbours.len());
    for (&j, p) in neighbours.iter().zip(p) {
        row.push((j, p));
    }
    row
}

/// Which neighbour point i would pick: p_j|i = exp(-beta d_j) / sum_k exp(-beta d_k), with the beta
/// at which the entropy of the row is ln(perplexity). Returns beta and the row.
///
/// Van der Maaten and Hinton 2008, equation 1, where beta = 1 / (2 sigma_i^2); found by bisection,
/// as the entropy falls when beta grows. Where the nearest points coincide, each has the same
/// share, and the entropy may not come down to what was asked for.
///
/// # Shapes
///
/// - squared: `[others]`, d_j = |x_i - x_j|^2 of the other points
/// - output: beta, and `[others]`, probabilities that sum to 1
// ANCHOR: conditional
pub fn conditional(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let excess = above_least(squared);
    let wanted = perplexity.ln();
    let (mut low, mut beta, mut high) = (0.0, 1.0, f64::INFINITY);
    let (mut p, mut entropy) = gaussian(&excess, beta);
    for _ in 0..BISECTIONS {
        if (entropy - wanted).abs() < NEAR {
            break;
        } else if entropy > wanted {
            low = beta;
            beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
        (p, entropy) = gaussian(&excess, beta);
    }
    (beta, p)
}

/// How much larger each distance is than the least: the shares stay the same, and of far
/// points the exponential of the nearest is still 1.
fn above_least(squared: &[f32]) -> Vec<f64> {
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let mut excess = Vec::with_capacity(squared.len());
    for &d in squared {
        excess.push(f64::from(d) - f64::from(least));
    }
    excess
}

/// p_j = exp(-beta d_j) / Z, and its entropy in nats,
/// -sum_j p_j ln p_j = ln Z + beta sum_j p_j d_j.
fn gaussian(excess: &[f64], beta: f64) -> (Vec<f64>, f64) {
    let mut p = Vec::with_capacity(excess.len());
    let mut z = 0.0;
    for d in excess {
        let weight = (-beta * d).exp();
        z += weight;
        p.push(weight);
    }
    let mut mean = 0.0;
    for (p, d) in p.iter_mut().zip(excess) {
        *p /= z;
        mean += *p * d;
    }
    (p, z.ln() + beta * mean)
}
// ANCHOR_END: conditional

/// (p_j|i + p_i|j) / 2n, row by row.
fn symmetric(conditionals: Vec<Vec<(u32, f64)>>) -> Affinities {
    let points = conditionals.len();
    let both = 2.0 * points as f64;
    let mut halves: Vec<Vec<(u32, f32)>> = vec![Vec::new(); points];
    for (i, row) in conditionals.into_iter().enumerate() {
        for (j, p) in row {
            halves[i].push((j, (p / both) as f32));
            halves[j as usize].push((i as u32, (p / both) as f32));
        }
    }
    let least = NEGLIGIBLE / points as f32;
    Affinities { rows: halves.into_par_iter().map(|halves| added_up(halves, least)).collect() }
}

/// The halves of one point's affinities, added up: one entry for each neighbour whose sum is above
/// `least`.
fn added_up(mut halves: Vec<(u32, f32)>, least: f32) -> Vec<(u32, f32)> {
    halves.sort_unstable_by_key(|&(j, _)| j);
    let mut row = Vec::with_capacity(halves.len());
    for of_one in halves.chunk_by(|a, b| a.0 == b.0) {
        let mut sum = 0.0;
        for (_, p) in of_one {
            sum += p;
        }
        if sum > least {
            row.push((of_one[0].0, sum));
        }
    }
    row
}
