//! The chapter's own small numbers.

use burn::module::Param;
use burn::tensor::Tensor;
use inputs::{BertEmbeddingsConfig, LayerNormConfig, Role, role_ids, segment_ids};

use super::text;

#[test]
fn one_two_three_four_is_brought_to_mean_zero_and_variance_one() {
    let device = backend::from_env();
    let norm = LayerNormConfig::new(4).with_epsilon(1e-12).init(&device);
    let y = norm.forward(Tensor::<2>::from_floats([[1.0, 2.0, 3.0, 4.0]], &device));
    // Mean 2.5, variance 1.25: -1.5 / sqrt(1.25) = -1.3416.
    let expected =
        Tensor::from_floats([[-1.341_640_8, -0.447_213_6, 0.447_213_6, 1.341_640_8]], &device);
    golden::assert_close(&y, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn epsilon_is_added_to_the_variance() {
    let device = backend::from_env();
    let norm = LayerNormConfig::new(4).with_epsilon(1.25).init(&device);
    let y = norm.forward(Tensor::<2>::from_floats([[1.0, 2.0, 3.0, 4.0]], &device));
    // As large as the variance, it makes -1.5 / sqrt(2.5) = -0.9487 of the first number.
    let expected =
        Tensor::from_floats([[-0.948_683_3, -0.316_227_8, 0.316_227_8, 0.948_683_3]], &device);
    golden::assert_close(&y, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn a_pair_of_sentences_has_zeros_then_ones() {
    // [CLS] is this a question ? [SEP] yes it is . [SEP]
    assert_eq!(segment_ids(5, Some(4)), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    assert_eq!(segment_ids(2, None), [0, 0, 0, 0]);
    assert_eq!(segment_ids(0, Some(0)), [0, 0, 1]);
}

#[test]
fn a_chat_of_five_turns_gets_its_roles() {
    use Role::{Assistant, System, User};
    let turns = [(System, 2), (User, 1), (Assistant, 3), (User, 1), (Assistant, 2)];
    assert_eq!(role_ids(&turns), [0, 0, 1, 2, 2, 2, 1, 2, 2]);
    assert_eq!([System, User, Assistant].map(Role::name), ["system", "user", "assistant"]);
}

#[test]
fn three_tables_are_added_up() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut embeddings = BertEmbeddingsConfig::new(3, 4, 2, 2).init(&device);
    let table = |rows: [[f32; 2]; 4], count: usize| {
        Param::from_tensor(Tensor::<2>::from_floats(rows, &device).narrow(0, 0, count))
    };
    embeddings.tokens.weight = table([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [0.0; 2]], 3);
    embeddings.positions.weight =
        table([[10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [40.0, 40.0]], 4);
    embeddings.segments.weight = table([[100.0, 200.0], [300.0, 400.0], [0.0; 2], [0.0; 2]], 2);
    let sum = embeddings.sum(text(&[2, 0, 1], &device), text(&[0, 0, 1], &device));
    let expected =
        Tensor::<3>::from_floats([[[114.0, 215.0], [120.0, 221.0], [332.0, 433.0]]], &device);
    golden::assert_close(&sum, &expected, 0.0);
}

#[test]
#[should_panic(expected = "epsilon must be above 0")]
fn an_epsilon_of_zero_is_refused() {
    LayerNormConfig::new(4).with_epsilon(0.0).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "position 4 asked of a table that was learned for 4 positions")]
fn a_text_longer_than_the_positions_is_refused() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(3, 4, 2, 2).init(&device);
    embeddings.forward(text(&[0; 5], &device), text(&[0; 5], &device));
}

#[test]
#[should_panic(expected = "segment_ids")]
fn ids_and_segments_of_other_shapes_are_refused() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(3, 4, 2, 2).init(&device);
    embeddings.forward(text(&[0; 3], &device), text(&[0; 2], &device));
}
