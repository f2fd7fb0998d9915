//! Mistakes in `normalise`.

use burn::tensor::Tensor;

/// The rows keep their lengths relative to each other, and the longest still wins every search.
pub fn one_length_for_all_vectors(x: Tensor<2>) -> Tensor<2> {
    let scaled = x.clone() / x.abs().max().reshape([1, 1]);
    scaled.clone() / scaled.square().sum().sqrt().reshape([1, 1])
}

/// Every column has length 1 and no row has. No shape changes, and a search still finds something.
pub fn along_the_vectors_and_not_along_the_coordinates(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().abs().max_dim(0);
    let no_largest = largest.clone().equal_scalar(0.0);
    let scaled = x / largest.mask_fill(no_largest, 1.0);
    let length = scaled.clone().square().sum_dim(0).sqrt();
    let no_length = length.clone().equal_scalar(0.0);
    scaled / length.mask_fill(no_length, 1.0)
}

/// Longer vectors come out shorter: the cosine of (3, 4) and (4, 3) would be 0.0384.
pub fn the_root_of_the_squared_length_forgotten(x: Tensor<2>) -> Tensor<2> {
    let squared = x.clone().square().sum_dim(1);
    let zero = squared.clone().equal_scalar(0.0);
    x / squared.mask_fill(zero, 1.0)
}

/// The numbers of a row sum to 1 apart from their signs, as shares do; its length is less.
pub fn absolute_numbers_that_sum_to_1(x: Tensor<2>) -> Tensor<2> {
    let sum = x.clone().abs().sum_dim(1);
    let zero = sum.clone().equal_scalar(0.0);
    x / sum.mask_fill(zero, 1.0)
}

/// Scaling is the first half of the way: the largest number is 1 now, and the length is more.
pub fn divided_by_the_largest_number_only(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().abs().max_dim(1);
    let zero = largest.clone().equal_scalar(0.0);
    x / largest.mask_fill(zero, 1.0)
}

/// 0 / 0 is NaN, and whatever is computed from it is NaN too: one empty text is enough.
pub fn nan_for_the_zero_vector(x: Tensor<2>) -> Tensor<2> {
    let scaled = x.clone() / x.abs().max_dim(1);
    scaled.clone() / scaled.square().sum_dim(1).sqrt()
}

/// f32 ends near 3.4e38: the squares of (3e30, 4e30) are infinite, those of (3e-30, 4e-30) are 0,
/// and neither vector has a length that could be divided by.
pub fn squares_of_the_numbers_as_they_are(x: Tensor<2>) -> Tensor<2> {
    let length = x.clone().square().sum_dim(1).sqrt();
    let zero = length.clone().equal_scalar(0.0);
    x / length.mask_fill(zero, 1.0)
}

/// Against a length of 5e-30 a small number is a large one: short vectors come out as good as zero.
pub fn a_small_number_added_to_every_divisor(x: Tensor<2>) -> Tensor<2> {
    let scaled = x.clone() / (x.abs().max_dim(1) + 1e-12);
    scaled.clone() / (scaled.square().sum_dim(1).sqrt() + 1e-12)
}

/// Of (-3, -4) that is -3: the vector comes out turned round, and finds what is least like it.
pub fn the_largest_number_and_not_the_largest_absolute_one(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().max_dim(1);
    let no_largest = largest.clone().equal_scalar(0.0);
    let scaled = x / largest.mask_fill(no_largest, 1.0);
    let length = scaled.clone().square().sum_dim(1).sqrt();
    let no_length = length.clone().equal_scalar(0.0);
    scaled / length.mask_fill(no_length, 1.0)
}
