//! The chapter's own small numbers: one text of three tokens, the last of them padding; two queries
//! with a candidate each.

use burn::tensor::{Bool, Device, Tensor};
use golden::assert_close;
use sentences::Pooling;
use sentences::contrastive::ranking_loss;
use sentences::evaluation::Retrieval;

fn states(device: &Device) -> Tensor<3> {
    Tensor::from_floats([[[1.0, 4.0], [3.0, -2.0], [50.0, 50.0]]], device)
}

fn mask(device: &Device) -> Tensor<4, Bool> {
    Tensor::from_bool([[[[false, false, true]]]], device)
}

#[test]
fn the_mean_leaves_the_padding_out() {
    let device = backend::from_env();
    let mean = Pooling::Mean.pool(states(&device), Some(mask(&device)));
    assert_close(
        &mean,
        &Tensor::from_floats([[2.0, 1.0]], &device),
        backend::tolerance(&device, 1e-6),
    );
}

#[test]
fn without_the_mask_the_padding_wins() {
    let device = backend::from_env();
    let mean = Pooling::Mean.pool(states(&device), None);
    assert_close(
        &mean,
        &Tensor::from_floats([[18.0, 52.0 / 3.0]], &device),
        backend::tolerance(&device, 1e-5),
    );
}

#[test]
fn the_largest_of_each_coordinate_leaves_the_padding_out() {
    let device = backend::from_env();
    let max = Pooling::Max.pool(states(&device), Some(mask(&device)));
    assert_close(&max, &Tensor::from_floats([[3.0, 4.0]], &device), 0.0);
}

#[test]
fn where_every_token_is_negative_the_largest_is_not_zero() {
    let device = backend::from_env();
    let max = Pooling::Max.pool(states(&device) - 60.0, Some(mask(&device)));
    assert_close(&max, &Tensor::from_floats([[-57.0, -56.0]], &device), 0.0);
}

#[test]
fn cls_is_the_first_token() {
    let device = backend::from_env();
    let cls = Pooling::Cls.pool(states(&device), Some(mask(&device)));
    assert_close(&cls, &Tensor::from_floats([[1.0, 4.0]], &device), 0.0);
}

/// Two queries along the axes; the candidate of the first at 3-4-5, that of the second along its
/// own.
fn two_queries(device: &Device) -> [Tensor<2>; 2] {
    let queries = Tensor::from_floats([[1.0, 0.0], [0.0, 2.0]], device);
    let candidates = Tensor::from_floats([[3.0, 4.0], [0.0, 1.0]], device);
    [queries, candidates]
}

#[test]
fn each_query_has_to_find_its_own_candidate_among_all() {
    let device = backend::from_env();
    let [queries, candidates] = two_queries(&device);
    let nothing = Tensor::from_bool([[false, false], [false, false]], &device);
    // Cosines 0.6 and 0, then 0.8 and 1; divided by 0.2: 3 and 0, then 4 and 5.
    let losses = [(1.0 + (-3.0_f32).exp()).ln(), (1.0 + (-1.0_f32).exp()).ln()];
    let loss = ranking_loss(queries, candidates, nothing, 0.2);
    // 0.0486 and 0.3133
    let expected = Tensor::from_floats([(losses[0] + losses[1]) / 2.0], &device);
    assert_close(&loss, &expected, backend::tolerance(&device, 1e-5));
}

#[test]
fn a_hidden_candidate_is_not_pushed_away() {
    let device = backend::from_env();
    let [queries, candidates] = two_queries(&device);
    let first_for_second = Tensor::from_bool([[false, false], [true, false]], &device);
    let loss = ranking_loss(queries, candidates, first_for_second, 0.2);
    let expected = Tensor::from_floats([(1.0 + (-3.0_f32).exp()).ln() / 2.0], &device);
    assert_close(&loss, &expected, backend::tolerance(&device, 1e-5));
}

/// One search finds what is meant at ranks 1 and 3, another at rank 2 alone.
#[test]
fn scores_of_searches_are_means_over_the_queries() {
    let found = Retrieval::of(&[vec![true, false, true], vec![false, true, false]]);
    assert_eq!((found.recall_at_1, found.recall_at_10), (0.25, 1.0)); // (1/2 + 0/1) / 2
    assert_eq!(found.mrr, 0.75); // (1/1 + 1/2) / 2
    let first = (1.0 + 1.0 / 4_f64.log2()) / (1.0 + 1.0 / 3_f64.log2());
    let second = 1.0 / 3_f64.log2();
    assert!((found.ndcg_at_10 - (first + second) / 2.0).abs() < 1e-12, "{}", found.ndcg_at_10);
}
