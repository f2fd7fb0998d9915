//! The chapter's own small numbers: one text of three tokens, the last of them padding; two queries
//! with a candidate each.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use course::metrics::{ndcg_at, reciprocal_rank};
use golden::assert_close;
use sentences::Pooling;
use sentences::contrastive::{false_negatives, ranking_loss};
use sentences::evaluation::Retrieval;
use tokens::Encoding;

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

/// (1, 4) and (3, -2) with a padding: the sum is (4, 2), the second token counts double where places
/// are weights.
#[test]
fn the_other_poolings_leave_the_padding_out_too() {
    let device = backend::from_env();
    for (pooling, expected) in [
        (Pooling::MeanSqrtLen, [[4.0 / 2.0_f32.sqrt(), 2.0 / 2.0_f32.sqrt()]]),
        (Pooling::WeightedMean, [[7.0 / 3.0, 0.0]]),
        (Pooling::LastToken, [[3.0, -2.0]]),
    ] {
        let pooled = pooling.pool(states(&device), Some(mask(&device)));
        let tolerance = backend::tolerance(&device, 1e-6);
        assert_close(&pooled, &Tensor::from_floats(expected, &device), tolerance);
    }
    let last = Pooling::LastToken.pool(states(&device), None);
    assert_close(&last, &Tensor::from_floats([[50.0, 50.0]], &device), 0.0);
}

/// The first token is a prompt's, the last is padding.
#[test]
fn the_first_token_that_is_not_hidden_stands_for_cls() {
    let device = backend::from_env();
    let mask = Tensor::from_bool([[[[true, false, true]]]], &device);
    for pooling in [Pooling::Cls, Pooling::LastToken, Pooling::Mean, Pooling::WeightedMean] {
        let pooled = pooling.pool(states(&device), Some(mask.clone()));
        assert_close(&pooled, &Tensor::from_floats([[3.0, -2.0]], &device), 0.0);
    }
}

#[test]
fn a_text_of_which_nothing_is_kept_has_the_mean_0() {
    let device = backend::from_env();
    let mask = Tensor::from_bool([[[[true, true, true]]]], &device);
    for pooling in [Pooling::Mean, Pooling::MeanSqrtLen, Pooling::WeightedMean, Pooling::LastToken]
    {
        let pooled = pooling.pool(states(&device), Some(mask.clone()));
        assert_close(&pooled, &Tensor::from_floats([[0.0, 0.0]], &device), 0.0);
    }
}

/// Two texts of three tokens of four numbers, the last token of the first text being padding.
#[test]
fn each_text_of_a_batch_leaves_its_own_padding_out() {
    let device = backend::from_env();
    let first = [[1.0, 4.0, 0.0, -9.0], [3.0, -2.0, 6.0, -5.0], [50.0, 60.0, 70.0, 80.0]];
    let second = [[2.0, 5.0, -1.0, 0.0], [-7.0, 1.0, 3.0, 8.0], [8.0, 3.0, -5.0, 1.0]];
    let states = Tensor::from_floats([first, second], &device);
    let mask = Tensor::from_bool([[[[false, false, true]]], [[[false, false, false]]]], &device);
    for (pooling, expected) in [
        (Pooling::Mean, [[2.0, 1.0, 3.0, -7.0], [1.0, 3.0, -1.0, 3.0]]),
        (Pooling::Cls, [[1.0, 4.0, 0.0, -9.0], [2.0, 5.0, -1.0, 0.0]]),
        (Pooling::Max, [[3.0, 4.0, 6.0, -5.0], [8.0, 5.0, 3.0, 8.0]]),
    ] {
        let pooled = pooling.pool(states.clone(), Some(mask.clone()));
        let tolerance = backend::tolerance(&device, 1e-6);
        assert_close(&pooled, &Tensor::from_floats(expected, &device), tolerance);
    }
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
    assert_close(&loss, &Tensor::from_floats([0.1809], &device), 5e-5);
}

/// Two queries and three candidates of four numbers; the third is a hard negative. Cosines 0.6, 0.8
/// and 0, then 0, 0.6 and -0.8; divided by 0.4: 1.5, 2 and 0, then 0, 1.5 and -2.
#[test]
fn a_hard_negative_is_a_candidate_that_no_query_owns() {
    let device = backend::from_env();
    let queries = Tensor::from_floats([[2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]], &device);
    let candidates = Tensor::from_floats(
        [[3.0, 4.0, 0.0, 0.0], [4.0, 0.0, 3.0, 0.0], [0.0, 0.0, -4.0, 3.0]],
        &device,
    );
    let exp = f32::exp;
    let second = (exp(0.0) + exp(1.5) + exp(-2.0)).ln() - 1.5;
    for (hidden, first) in [
        ([false, false, false], (exp(1.5) + exp(2.0) + exp(0.0)).ln() - 1.5),
        ([false, true, false], (exp(1.5) + exp(0.0)).ln() - 1.5),
    ] {
        let mask = Tensor::from_bool([hidden, [false, false, false]], &device);
        let loss = ranking_loss(queries.clone(), candidates.clone(), mask, 0.4);
        let expected = Tensor::from_floats([(first + second) / 2.0], &device);
        assert_close(&loss, &expected, backend::tolerance(&device, 1e-5));
    }
}

/// A text of one token id.
fn text(id: u32) -> Encoding {
    Encoding { ids: vec![id], segments: vec![0], ..Encoding::default() }
}

/// The queries are 1 and 2, their own candidates 3 and 1, the hard negatives 3 and 2.
#[test]
fn a_candidate_with_the_tokens_of_the_query_or_of_its_own_is_a_false_negative() {
    let device = backend::from_env();
    let [one, two, three] = [1, 2, 3].map(text);
    let mask = false_negatives(&[&one, &two], &[&three, &one, &three, &two], &device);
    let expected = TensorData::from([[false, true, true, false], [false, false, false, true]]);
    mask.into_data().assert_eq(&expected, false);
}

#[test]
fn a_hidden_candidate_is_not_pushed_away() {
    let device = backend::from_env();
    let [queries, candidates] = two_queries(&device);
    let first_for_second = Tensor::from_bool([[false, false], [true, false]], &device);
    let loss = ranking_loss(queries, candidates, first_for_second, 0.2);
    let expected = Tensor::from_floats([(1.0 + (-3.0_f32).exp()).ln() / 2.0], &device);
    assert_close(&loss, &expected, backend::tolerance(&device, 1e-5));
    assert_close(&loss, &Tensor::from_floats([0.0243], &device), 5e-5);
}

/// Five texts, of which the second and the last are wanted.
#[test]
fn a_ranking_is_judged_by_where_the_wanted_texts_stand() {
    let gains = [0.0, 1.0, 0.0, 0.0, 1.0];
    let log3 = 1.0 / 3_f64.log2(); // gain in the second place
    let log6 = 1.0 / 6_f64.log2(); // gain in the fifth
    assert!((ndcg_at(3, &gains) - log3 / (1.0 + log3)).abs() < 1e-12); // 0.3869
    assert!((ndcg_at(5, &gains) - (log3 + log6) / (1.0 + log3)).abs() < 1e-12); // 0.6241
    assert!(
        (ndcg_at(3, &gains) - 0.3869).abs() < 5e-5 && (ndcg_at(5, &gains) - 0.6241).abs() < 5e-5
    );
    assert_eq!(reciprocal_rank(&[false, true, false]), 0.5);
    assert_eq!(reciprocal_rank(&[]), 0.0);
    let found = Retrieval::of(&[vec![false, true, false, false, true]]);
    assert_eq!((found.recall_at_1, found.recall_at_10, found.mrr), (0.0, 1.0, 0.5));
    assert_eq!(found.ndcg_at_10, ndcg_at(5, &gains));
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
