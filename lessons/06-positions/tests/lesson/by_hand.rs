//! The chapter's own small numbers.

use burn::tensor::{Device, Tensor};
use positions::{
    LearnedPositionsConfig, RopeConfig, RopeLayout, alibi_bias, alibi_slopes, sinusoidal,
};

fn device() -> Device {
    backend::from_env()
}

#[test]
fn a_clock_of_two_hands_reads_two_positions() {
    let device = device();
    let table = sinusoidal(2, 4, &device);
    let (fast, slow) = (1.0f32, 0.01f32);
    let expected = Tensor::from_floats(
        [[0.0, 1.0, 0.0, 1.0], [fast.sin(), fast.cos(), slow.sin(), slow.cos()]],
        &device,
    );
    golden::assert_close(&table, &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn an_odd_width_ends_with_a_sine() {
    let device = device();
    let last = sinusoidal(2, 3, &device).slice([1..2, 2..3]).into_scalar::<f32>();
    assert!((f64::from(last) - (1.0 / 10_000f64.powf(2.0 / 3.0)).sin()).abs() < 1e-6);
}

#[test]
fn a_pair_turns_by_its_position_in_radians() {
    let device = device();
    let rope = RopeConfig::new(2).init(&device);
    let x = Tensor::<4>::from_floats([[[[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]]]], &device);
    let [one, two] = [1.0f32, 2.0];
    let expected = Tensor::<4>::from_floats(
        [[[[1.0, 0.0], [one.cos(), one.sin()], [-2.0 * two.sin(), 2.0 * two.cos()]]]],
        &device,
    );
    golden::assert_close(&rope.rotate(x, 0), &expected, backend::tolerance(&device, 1e-6));
}

#[test]
fn the_sign_of_the_offset_is_the_sign_of_the_score() {
    let device = device();
    let rope = RopeConfig::new(2).init(&device);
    let vector = |x: [f32; 2]| Tensor::<4>::from_floats([[[x]]], &device);
    let score = |query_at, key_at| {
        let (q, k) =
            (rope.rotate(vector([1.0, 0.0]), query_at), rope.rotate(vector([0.0, 2.0]), key_at));
        (q * k).sum().into_scalar::<f32>()
    };
    let tolerance = backend::tolerance(&device, 1e-6);
    for ((query_at, key_at), expected) in
        [((1, 2), -1.682942), ((0, 1), -1.682942), ((1, 0), 1.682942)]
    {
        assert!((score(query_at, key_at) - expected).abs() <= tolerance, "{query_at} and {key_at}");
    }
}

#[test]
fn added_positions_mix_with_the_token() {
    let device = device();
    let token = Tensor::<2>::from_floats([[1.0, 0.0, 0.0, 0.0]], &device);
    let placed = sinusoidal(3, 4, &device) + token;
    let row = |position| placed.clone().narrow(0, position, 1);
    let product = |a, b| (row(a) * row(b)).sum().into_scalar::<f32>();
    let tolerance = backend::tolerance(&device, 1e-5);
    assert!((product(0, 1) - 3.381723).abs() <= tolerance, "one apart, from 0: {}", product(0, 1));
    assert!((product(1, 2) - 4.291021).abs() <= tolerance, "one apart, from 1: {}", product(1, 2));
}

#[test]
fn the_two_layouts_turn_different_pairs() {
    let device = device();
    let x = || Tensor::<4>::from_floats([[[[1.0, 0.0, 0.0, 0.0]]]], &device);
    let turned = |layout| {
        super::values(&RopeConfig::new(4).with_layout(layout).init(&device).rotate(x(), 1))
    };
    let (half, side) = (turned(RopeLayout::HalfSplit), turned(RopeLayout::Interleaved));
    assert!((half[2] - 1f64.sin()).abs() < 1e-5 && half[1] == 0.0, "1st and 3rd: {half:?}");
    assert!((side[1] - 1f64.sin()).abs() < 1e-5 && side[2] == 0.0, "1st and 2nd: {side:?}");
}

#[test]
fn eight_heads_halve_their_slope_from_one_to_the_next() {
    assert_eq!(
        alibi_slopes(8),
        [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625]
    );
}

#[test]
fn three_heads_take_those_of_two_and_the_first_of_four() {
    assert_eq!(alibi_slopes(3), [0.0625, 0.00390625, 0.25]);
    assert_eq!(alibi_slopes(1), [0.00390625]);
}

#[test]
fn a_key_three_back_costs_three_slopes() {
    let device = device();
    let bias = alibi_bias(8, 1, 4, &device);
    assert_eq!(bias.dims(), [8, 1, 4]);
    assert_eq!(super::values(&bias)[..4], [-1.5, -1.0, -0.5, 0.0]);
}

#[test]
fn learned_positions_are_rows_of_a_table() {
    let device = device();
    let _seed = backend::seeded(&device, 7);
    let positions = LearnedPositionsConfig::new(8, 3).init(&device);
    assert_eq!(positions.max_tokens(), 8);
    let rows =
        |first: usize, count: usize| positions.weight.val().narrow(0, first, count).to_data();
    assert_eq!(positions.forward(5).to_data(), rows(0, 5));
    assert_eq!(positions.forward_from(5, 3).to_data(), rows(5, 3));
}

#[test]
#[should_panic(expected = "position 8 asked of a table that was learned for 8 positions")]
fn a_learned_table_has_no_row_beyond_its_last() {
    let device = device();
    let _seed = backend::seeded(&device, 7);
    LearnedPositionsConfig::new(8, 3).init(&device).forward(9);
}

#[test]
#[should_panic(expected = "d_head must be even, not 5")]
fn rope_refuses_a_number_without_a_partner() {
    RopeConfig::new(5).init(&device());
}

#[test]
#[should_panic(expected = "5 queries stand among 4 keys")]
fn alibi_refuses_more_queries_than_keys() {
    alibi_bias(2, 5, 4, &device());
}
