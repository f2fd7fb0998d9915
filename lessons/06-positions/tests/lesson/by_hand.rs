//! The chapter's own small numbers.

use burn::tensor::{Device, Tensor};
use positions::{
    LearnedPositionsConfig, RopeConfig, RopeLayout, RopeScaling, alibi_bias, alibi_slopes, naive,
    rope_frequencies, sinusoidal,
};

use super::{assert_near, values};

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
fn four_numbers_turn_in_two_pairs_and_alike_in_every_head() {
    let device = device();
    let row = [1.0, 2.0, 3.0, 4.0];
    // [batch, heads, tokens, d_head], the token at position 1, hands of 1 and 0.01 radians.
    let x = Tensor::<4>::from_floats([[[row], [row.map(|number| 10.0 * number)]]], &device);
    let config = RopeConfig::new(4);
    // Half split: (1, 3) turns by 1 and (2, 4) by 0.01. Interleaved: (1, 2) by 1, (3, 4) by 0.01.
    let (half, side) = ([-1.9841, 1.9599, 2.4624, 4.0198], [-1.1426, 1.9221, 2.9599, 4.0298]);
    for (layout, by_hand) in [(RopeLayout::HalfSplit, half), (RopeLayout::Interleaved, side)] {
        let rope = config.clone().with_layout(layout).init(&device);
        let turned = rope.rotate(x.clone(), 1);
        assert_eq!(turned.dims(), [1, 2, 1, 4]);
        let turned = values(&turned);
        assert_near("first head", &turned[..4], &by_hand, 1e-4);
        assert_near("second head", &turned[4..], &by_hand.map(|number| 10.0 * number), 1e-3);
    }
    let loops = naive::rotate(&row.map(f64::from), 1, &[(0, 2), (1, 3)], &[1.0, 0.01]);
    assert_near("the loops", &loops, &half, 1e-4);
}

#[test]
fn each_pair_turns_slower_than_the_one_before() {
    // 100^(-2i / 6): 1, 1 / 4.6416, 1 / 21.544
    assert_near("frequencies", &rope_frequencies(6, 100.0), &[1.0, 0.21544, 0.046416], 1e-5);
}

#[test]
fn the_llama3_rule_keeps_fast_hands_and_slows_slow_ones() {
    let scaling = RopeScaling::Llama3 {
        factor: 4.0,
        low_freq_factor: 1.0,
        high_freq_factor: 4.0,
        original_max_position_embeddings: 32,
    };
    let rope = RopeConfig::new(16).with_scaling(scaling).init(&device());
    // 32 tokens: pair 0 makes 5.09 turns, pair 1 makes 1.61, pairs 2 and 3 less than one.
    let by_hand = [1.0, 0.12732, 0.02500, 0.00791];
    assert_near("frequencies", &rope.frequencies()[..4], &by_hand, 5e-6);
}

#[test]
fn the_two_layouts_turn_different_pairs() {
    let device = device();
    let x = || Tensor::<4>::from_floats([[[[1.0, 0.0, 0.0, 0.0]]]], &device);
    let turned =
        |layout| values(&RopeConfig::new(4).with_layout(layout).init(&device).rotate(x(), 1));
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
fn twelve_heads_take_those_of_eight_and_every_other_one_of_sixteen() {
    let mut in_ten_thousandths = Vec::new();
    for slope in alibi_slopes(12) {
        in_ten_thousandths.push(10_000.0 * f64::from(slope));
    }
    let by_hand =
        [5000.0, 2500.0, 1250.0, 625.0, 312.0, 156.0, 78.0, 39.0, 7071.0, 3536.0, 1768.0, 884.0];
    assert_near("slopes", &in_ten_thousandths, &by_hand, 0.6);
}

#[test]
fn the_last_two_of_four_positions_ask_and_three_heads_forget_at_their_own_rates() {
    let device = device();
    // Queries at 2 and 3: key - query, times the slopes 0.0625, 0.00390625 and 0.25.
    let offsets =
        Tensor::<2>::from_floats([[-2.0, -1.0, 0.0, 1.0], [-3.0, -2.0, -1.0, 0.0]], &device);
    let by_hand: Tensor<3> =
        Tensor::stack(vec![offsets.clone() * 0.0625, offsets.clone() / 256.0, offsets / 4.0], 0);
    golden::assert_close(&alibi_bias(3, 2, 4, &device), &by_hand, 0.0);
}

#[test]
fn a_key_three_back_costs_three_slopes() {
    let device = device();
    let bias = alibi_bias(8, 1, 4, &device);
    assert_eq!(bias.dims(), [8, 1, 4]);
    assert_eq!(values(&bias)[..4], [-1.5, -1.0, -0.5, 0.0]);
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
fn texts_that_begin_in_different_columns_have_positions_of_their_own() {
    let device = device();
    let _seed = backend::seeded(&device, 7);
    let table = LearnedPositionsConfig::new(8, 5).init(&device);
    // [batch, tokens]: the second text begins two columns later.
    let positions = Tensor::from_ints([[0, 1, 2, 3], [0, 0, 0, 1]], &device);
    let found = table.forward_at(positions);
    assert_eq!(found.dims(), [2, 4, 5]);
    let weight = values(&table.weight.val());
    let mut expected = Vec::new();
    for row in [0, 1, 2, 3, 0, 0, 0, 1] {
        expected.extend_from_slice(&weight[5 * row..5 * (row + 1)]);
    }
    assert_eq!(values(&found), expected);
}

#[test]
#[should_panic] // in the words of whoever writes the function
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
#[should_panic] // in the words of whoever writes the function
fn alibi_refuses_more_queries_than_keys() {
    alibi_bias(2, 5, 4, &device());
}
