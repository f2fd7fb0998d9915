//! Mistakes in `SkipGram::forward`.

use burn::tensor::{Int, Tensor, activation};
use word2vec::SkipGram;

/// Nothing is pushed from anything: the loss falls to 0 once all vectors are the same.
pub fn noise_words_taken_for_neighbours(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid((u * v).sum_dim(2)).sum_dim(1);
    -(yes + no).reshape([pairs])
}

/// The optimiser makes the loss smaller, and so makes true neighbours unlikely.
pub fn the_minus_in_front_forgotten(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid(-(u * v).sum_dim(2)).sum_dim(1);
    (yes + no).reshape([pairs])
}

/// A fresh pair costs 2 ln 2 however many noise words there are, and each of them pushes less.
pub fn mean_over_the_noise_words_and_not_their_sum(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid(-(u * v).sum_dim(2)).mean_dim(1);
    -(yes + no).reshape([pairs])
}

/// With one table a word has to be its own neighbour as well as it is anybody's.
pub fn one_table_for_both_words(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.input.forward(neighbour.reshape([pairs, 1]));
    let u = this.input.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid(-(u * v).sum_dim(2)).sum_dim(1);
    -(yes + no).reshape([pairs])
}

/// It trains as well, and the table that is kept is the one that was meant to be thrown away.
pub fn the_two_tables_exchanged(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.output.forward(word.reshape([pairs, 1]));
    let u_0 = this.input.forward(neighbour.reshape([pairs, 1]));
    let u = this.input.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid(-(u * v).sum_dim(2)).sum_dim(1);
    -(yes + no).reshape([pairs])
}

/// One right answer of 1 + k, with shares that sum to 1: another loss, whose answers compete.
pub fn softmax_over_the_neighbour_and_the_noise_words(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let scores = (Tensor::cat(vec![u_0, u], 1) * v).sum_dim(2);
    -activation::log_softmax(scores, 1).narrow(1, 0, 1).reshape([pairs])
}

/// The loss of each pair was asked for; a mean hides which pair is dear.
pub fn one_mean_over_all_pairs(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let yes = activation::log_sigmoid((u_0 * v.clone()).sum_dim(2));
    let no = activation::log_sigmoid(-(u * v).sum_dim(2)).sum_dim(1);
    -(yes + no).mean()
}

/// At a score of -200 the sigmoid is 0 in f32, its logarithm infinite, and the gradient NaN.
pub fn the_logarithm_of_a_sigmoid_that_is_0(
    this: &SkipGram,
    word: Tensor<1, Int>,
    neighbour: Tensor<1, Int>,
    negatives: Tensor<2, Int>,
) -> Tensor<1> {
    let [pairs, _k] = negatives.dims();
    let v = this.input.forward(word.reshape([pairs, 1]));
    let u_0 = this.output.forward(neighbour.reshape([pairs, 1]));
    let u = this.output.forward(negatives);
    let yes = ((-(u_0 * v.clone()).sum_dim(2)).exp() + 1.0).recip().log();
    let no = ((u * v).sum_dim(2).exp() + 1.0).recip().log().sum_dim(1);
    -(yes + no).reshape([pairs])
}
