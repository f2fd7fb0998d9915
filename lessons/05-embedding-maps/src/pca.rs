//! Principal components: the directions along which points differ most.

use burn::tensor::{Tensor, assert_shape};
use similarity::normalise;

/// Axis of the points in `[points, d_model]`.
const POINTS: usize = 0;
/// Axis of a point's coordinates in `[points, d_model]`.
const D_MODEL: usize = 1;
/// Axis of the directions in `[k, d_model]`.
const COMPONENTS: usize = 0;
/// How often a matrix is squared: 0.99999^(2^20) is 3e-5, so that two directions whose variances
/// differ by one part in 100,000 are told apart. f32 keeps no finer ones.
const SQUARINGS: usize = 20;
/// A direction with less than this share of the variance is taken for none: points less all larger
/// directions are known to f32's 1.2e-7 of their size, and so this one, 1e-4 of their size long, to
/// one part in a thousand.
const LEAST_SHARE: f32 = 1e-8;
/// Divisor in place of zero, so that zeros stay zeros.
const NOT_ZERO: f32 = 1e-30;

/// Where points lie, and along which directions they differ most.
#[derive(Debug, Clone)]
pub struct Pca {
    /// Mean of the points, `[1, d_model]`.
    pub mean: Tensor<2>,
    /// Directions of most variance, `[k, d_model]`: of length 1 and at right angles, most variance
    /// first. The largest coordinate of each, by size, is positive, as either sign would do. Where
    /// no variance is left, zeros.
    pub components: Tensor<2>,
    /// Variance along each direction, `[k]`: the mean square with n - 1 for n, in the points' unit
    /// squared.
    pub explained_variance: Tensor<1>,
    /// Variance along each direction as a share of the whole, `[k]`, in 0..1; zeros where the
    /// points do not differ.
    pub explained_variance_ratio: Tensor<1>,
}

/// The `k` directions of largest variance: eigenvectors of C = X^T X / (n - 1), X being the points
/// less their mean.
///
/// Pearson 1901 ("On lines and planes of closest fit"); each found by repeated squaring of C and
/// then taken out of the points, one after the other, as in Hotelling 1933 ("Analysis of a complex
/// of statistical variables into principal components"). With fewer points than coordinates, the
/// smaller X X^T has the same eigenvalues, and X^T brings its vectors back.
///
/// # Shapes
///
/// - x: `[points, d_model]`; `k` may be above both, the rest is then zeros
///
/// # Panics
///
/// If there are no points, no coordinates, or no directions to find.
// ANCHOR: pca
pub fn pca(x: Tensor<2>, k: usize) -> Pca {
    let [points, d_model] = x.dims();
    let something_to_find = points > 0 && d_model > 0 && k > 0;
    assert!(something_to_find, "{k} directions of {points} x {d_model} numbers");
    let mean = x.clone().mean_dim(POINTS);
    let mut x = (x - mean.clone()) / ((points.max(2) - 1) as f32).sqrt();
    let total = x.clone().square().sum().reshape([1, 1]);
    let (mut components, mut variances) = (Vec::new(), Vec::new());
    for _ in 0..k {
        let component = signed(direction(x.clone()));
        let along = x.clone().matmul(component.clone().transpose()); // [points, 1]
        let variance = along.clone().square().sum().reshape([1, 1]);
        let is_data = variance.clone().greater(total.clone() * LEAST_SHARE).float();
        x = x - along.matmul(component.clone());
        components.push(is_data.clone() * component);
        variances.push(is_data * variance);
    }
    let explained_variance = Tensor::cat(variances, COMPONENTS).reshape([k]);
    let explained_variance_ratio =
        explained_variance.clone() / total.clamp_min(NOT_ZERO).reshape([1]);
    Pca {
        mean,
        components: Tensor::cat(components, COMPONENTS),
        explained_variance,
        explained_variance_ratio,
    }
}
// ANCHOR_END: pca

impl Pca {
    /// Where points lie along the components: (x - mean) components^T.
    ///
    /// # Shapes
    ///
    /// - x: `[points, d_model]`
    /// - output: `[points, k]`
    ///
    /// # Panics
    ///
    /// If the points are of another width than those that the components were found in.
    pub fn project(&self, x: Tensor<2>) -> Tensor<2> {
        let [_, d_model] = self.components.dims();
        assert_shape!(x, [_, d_model]);
        (x - self.mean.clone()).matmul(self.components.clone().transpose())
    }
}

/// The direction of most variance, `[1, d_model]`, by the smaller of X^T X and X X^T.
// ANCHOR: leading
fn direction(x: Tensor<2>) -> Tensor<2> {
    let [points, d_model] = x.dims();
    let transposed = x.clone().transpose();
    if d_model > points {
        normalise(leading(x.clone().matmul(transposed)).matmul(x))
    } else {
        leading(transposed.matmul(x))
    }
}

/// The eigenvector of a symmetric matrix's largest eigenvalue, `[1, side]`: every squaring
/// squares the eigenvalues' ratios, until the matrix is c v^T v and each of its rows is v.
/// Of equal eigenvalues it takes one vector.
fn leading(matrix: Tensor<2>) -> Tensor<2> {
    let mut power = matrix;
    for _ in 0..SQUARINGS {
        let largest = power.clone().abs().max().clamp_min(NOT_ZERO).reshape([1, 1]);
        power = power / largest;
        power = power.clone().matmul(power);
    }
    let longest = power.clone().square().sum_dim(D_MODEL).argmax(POINTS).reshape([1]);
    normalise(power.select(POINTS, longest))
}
// ANCHOR_END: leading

/// A row, turned so that its largest coordinate by size is positive.
fn signed(row: Tensor<2>) -> Tensor<2> {
    let largest = row.clone().abs().argmax(D_MODEL);
    row.clone() * row.gather(D_MODEL, largest).sign()
}
