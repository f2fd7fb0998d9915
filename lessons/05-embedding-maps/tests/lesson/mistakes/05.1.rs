//! Mistakes in `Pca::project`.

use burn::tensor::{Tensor, assert_shape};
use maps::Pca;

const POINTS: usize = 0;
const D_MODEL: usize = 1;

/// The shadow has the same form and lies elsewhere: the middle of the points is not at 0.
pub fn the_mean_not_taken_off(this: &Pca, x: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = this.components.dims();
    assert_shape!(x, [_, d_model]);
    x.matmul(this.components.clone().transpose())
}

/// Right for the points that the components were found in. New points are moved until their own
/// middle is at 0, and land where they do not belong.
pub fn the_mean_of_these_points_and_not_the_one_that_was_found(
    this: &Pca,
    x: Tensor<2>,
) -> Tensor<2> {
    let [_, d_model] = this.components.dims();
    assert_shape!(x, [_, d_model]);
    let mean = x.clone().mean_dim(POINTS);
    (x - mean).matmul(this.components.clone().transpose())
}

/// A mean along the wrong axis: what all coordinates of a point share is lost.
pub fn each_point_less_the_mean_of_its_own_coordinates(this: &Pca, x: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = this.components.dims();
    assert_shape!(x, [_, d_model]);
    let mean = x.clone().mean_dim(D_MODEL);
    (x - mean).matmul(this.components.clone().transpose())
}

/// Both axes of the shadow come out equally wide, so that a hardly used direction looks like a
/// main one.
pub fn divided_by_the_standard_deviations(this: &Pca, x: Tensor<2>) -> Tensor<2> {
    let [k, d_model] = this.components.dims();
    assert_shape!(x, [_, d_model]);
    let along = (x - this.mean.clone()).matmul(this.components.clone().transpose());
    along / this.explained_variance.clone().sqrt().reshape([1, k])
}

/// The shadow, laid into the space: as many coordinates as before, and nothing to draw.
pub fn brought_back_into_the_space(this: &Pca, x: Tensor<2>) -> Tensor<2> {
    let [_, d_model] = this.components.dims();
    assert_shape!(x, [_, d_model]);
    let along = (x - this.mean.clone()).matmul(this.components.clone().transpose());
    along.matmul(this.components.clone()) + this.mean.clone()
}

/// Points of one coordinate fit any mean, and come out as points of a plane.
pub fn points_of_another_width_let_through(this: &Pca, x: Tensor<2>) -> Tensor<2> {
    (x - this.mean.clone()).matmul(this.components.clone().transpose())
}
