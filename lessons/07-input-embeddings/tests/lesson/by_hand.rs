//! The chapter's own small numbers.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use inputs::{
    BertEmbeddingsConfig, LayerNormConfig, Role, layer_norm, naive, positions_after_padding,
    role_ids, segment_ids,
};

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
fn the_weight_multiplies_before_the_bias_is_added() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[1.0, 2.0, 3.0, 4.0]], &device);
    let (weight, bias) = (Tensor::full([4], 2.0, &device), Tensor::full([4], 1.0, &device));
    // Epsilon is as large as the variance: -0.9487 * 2 + 1 = -0.8974.
    let expected =
        Tensor::from_floats([[-0.897_366_6, 0.367_544_5, 1.632_455_5, 2.897_366_6]], &device);
    let tolerance = backend::tolerance(&device, 1e-6);
    golden::assert_close(&layer_norm(x, weight, bias, 1.25), &expected, tolerance);
    let loops = naive::layer_norm(&[1.0, 2.0, 3.0, 4.0], &[2.0; 4], &[1.0; 4], 1.25);
    let loops = Tensor::from_data(TensorData::new(loops, [1, 4]), &device);
    golden::assert_close(&loops, &expected, tolerance);
}

#[test]
fn each_token_has_its_own_mean_and_each_number_its_own_weight_and_bias() {
    let device = backend::from_env();
    // Means 3 and 8; both variances are 14/3, and with an epsilon of 4/3 the root is sqrt(6).
    let x = Tensor::<2>::from_floats([[1.0, 2.0, 6.0], [5.0, 9.0, 10.0]], &device);
    let weight = Tensor::from_floats([2.0, 3.0, 5.0], &device);
    let bias = Tensor::from_floats([10.0, 20.0, 30.0], &device);
    // -2 / sqrt(6) * 2 + 10 = 8.3670, and -3 / sqrt(6) * 2 + 10 = 7.5505.
    let expected = Tensor::from_floats(
        [[8.367_007, 18.775_255, 36.123_724], [7.550_510, 21.224_745, 34.082_483]],
        &device,
    );
    let y = layer_norm(x, weight, bias, 4.0 / 3.0);
    golden::assert_close(&y, &expected, backend::tolerance(&device, 1e-5));
}

#[test]
fn four_numbers_around_ten_thousand_keep_their_spread() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[10_001.0, 10_002.0, 10_003.0, 10_004.0]], &device);
    // mean(x^2) - mean(x)^2 gives a variance of -8 in f32, and NaN as its root.
    let y = layer_norm(x, Tensor::ones([4], &device), Tensor::zeros([4], &device), 1e-5);
    let expected =
        Tensor::from_floats([[-1.341_635_4, -0.447_211_8, 0.447_211_8, 1.341_635_4]], &device);
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
fn positions_after_padding_pass_over_padding_wherever_it_stands() {
    let device = backend::from_env();
    let ids = Tensor::<2, Int>::from_ints([[0, 5, 1, 7, 2], [0, 6, 2, 1, 1]], &device);
    let positions = positions_after_padding(ids, 1);
    let expected = Tensor::<2, Int>::from_ints([[2, 3, 1, 4, 5], [2, 3, 4, 1, 1]], &device);
    golden::assert_close(&positions.float(), &expected.float(), 0.0);
}

#[test]
fn where_positions_follow_padding_the_table_has_rows_that_no_token_uses() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(9, 4, 1, 5).with_padding(Some(1)).init(&device);
    assert_eq!(embeddings.positions.weight.dims(), [6, 5]);
    assert_eq!(embeddings.max_tokens(), 4);
    let ids = text(&[0, 5, 7, 2], &device);
    let rows = embeddings.positions.weight.val().narrow(0, 2, 4).unsqueeze();
    golden::assert_close(&embeddings.position_vectors(&ids), &rows, 0.0);
}

#[test]
#[should_panic(expected = "5 tokens in embeddings with positions for 4")]
fn where_positions_follow_padding_a_text_of_all_rows_is_too_long() {
    let device = backend::from_env();
    let embeddings = BertEmbeddingsConfig::new(9, 4, 1, 5).with_padding(Some(1)).init(&device);
    embeddings.position_vectors(&text(&[0, 5, 7, 7, 2], &device));
}

/// Two texts of four tokens, so that batch and tokens cannot be taken for each other. Each table
/// has a decimal place to itself: the token's ID counts thousands, the position hundreds, the
/// segment tens; the column is in the token table alone.
#[test]
fn each_digit_of_the_sum_comes_from_its_own_table() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut embeddings = BertEmbeddingsConfig::new(7, 6, 3, 5).init(&device);
    embeddings.tokens.weight = Param::from_tensor(counting(7, 1000.0, &device) + columns(&device));
    embeddings.positions.weight = Param::from_tensor(counting(6, 100.0, &device));
    embeddings.segments.weight = Param::from_tensor(counting(3, 10.0, &device));
    let ids = Tensor::<2, Int>::from_ints([[5, 1, 6, 1], [3, 0, 2, 4]], &device);
    let segments = Tensor::<2, Int>::from_ints([[0, 0, 1, 1], [2, 2, 0, 1]], &device);
    let first = [[5000.0], [1100.0], [6210.0], [1310.0]];
    let second = [[3020.0], [120.0], [2200.0], [4310.0]];
    let expected = Tensor::<3>::from_floats([first, second], &device).expand([2, 4, 5])
        + columns(&device).unsqueeze();
    golden::assert_close(&embeddings.sum(ids, segments), &expected, 0.0);
}

/// A table of five columns whose row r holds r times `unit`.
fn counting(rows: usize, unit: f64, device: &Device) -> Tensor<2> {
    let numbers = Tensor::<1, Int>::arange(0..rows as i64, device).float() * unit;
    numbers.reshape([rows, 1]).expand([rows, 5])
}

/// The numbers of five columns: `[1, 5]`.
fn columns(device: &Device) -> Tensor<2> {
    Tensor::from_floats([[0.0, 1.0, 2.0, 3.0, 4.0]], device)
}

#[test]
#[should_panic(expected = "epsilon must be above 0")]
fn an_epsilon_of_zero_is_refused() {
    LayerNormConfig::new(4).with_epsilon(0.0).init(&backend::from_env());
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_text_longer_than_the_positions_is_refused() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(3, 4, 2, 2).init(&device);
    embeddings.forward(text(&[0; 5], &device), text(&[0; 5], &device));
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn ids_and_segments_of_other_shapes_are_refused() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let embeddings = BertEmbeddingsConfig::new(3, 4, 2, 2).init(&device);
    embeddings.forward(text(&[0; 3], &device), text(&[0; 2], &device));
}
