//! The chapter's own numbers.

use std::f32::consts::{FRAC_1_SQRT_2, LN_2};

use pulp::Arch;
use roofline::gelu::gelu_in_one_pass;
use roofline::online::{HeadSizes, attend_one_query, attend_tiled, score_bytes, tile_bytes};
use roofline::product::{Packed, product, product_in_loops};
use roofline::softmax::{Running, softmax_online};
use roofline::{
    Roof, Work, attainable, attention_work, attention_work_in_steps, gelu_work,
    gelu_work_in_five_passes, least_seconds, pass_work, product_work,
};

use crate::assert_near;

/// 20 GB/s and 400 GFLOP/s, the chapter's machine for the hand.
const ROOF: Roof = Roof { flops_per_second: 400e9, bytes_per_second: 20e9 };

#[test]
fn a_sum_and_a_product_are_counted_as_on_paper() {
    // two rows of three times three rows of four: 6 + 12 + 8 numbers
    assert_eq!(product_work(2, 3, 4), Work { flops: 48, bytes: 104 });
    // adding two lists of 1000: two are read, one is written
    assert_eq!(pass_work(1000, 2, 1), Work { flops: 1000, bytes: 12_000 });
    let product = product_work(992, 384, 1536);
    assert_eq!(product, Work { flops: 1_170_210_816, bytes: 9_977_856 });
    assert!((product.intensity() - 117.281).abs() < 1e-3, "{}", product.intensity());
    // a single row: nearly all of the traffic is the weight, read for two operations per number
    let row = product_work(1, 384, 1536);
    assert_eq!(row, Work { flops: 1_179_648, bytes: 2_366_976 });
}

#[test]
fn the_slope_and_the_flat_part_of_the_roof_meet_at_the_ridge() {
    let with_intensity = |flops| Work { flops, bytes: 4 };
    assert_eq!(attainable(&ROOF, &with_intensity(1)), 5e9);
    assert_eq!(attainable(&ROOF, &with_intensity(80)), 400e9);
    assert_eq!(attainable(&ROOF, &with_intensity(400)), 400e9);
    // 2.366976 MB at 20 GB/s
    let seconds = least_seconds(&ROOF, &product_work(1, 384, 1536));
    assert!((seconds - 118.3488e-6).abs() < 1e-12, "{seconds}");
}

#[test]
fn fusing_takes_the_traffic_and_leaves_the_arithmetic() {
    let (five, one) = (gelu_work_in_five_passes(1000), gelu_work(1000));
    assert_eq!((five.bytes, one.bytes), (44_000, 8_000));
    assert_eq!(five.flops, one.flops);
    let (steps, tiles) = (attention_work_in_steps(512, 512, 64), attention_work(512, 512, 64));
    assert_eq!((steps.bytes, tiles.bytes), (4_718_592, 524_288));
    assert_eq!(steps.flops, tiles.flops);
}

#[test]
fn a_larger_score_makes_the_sum_so_far_smaller() {
    let mut running = Running::NOTHING;
    // e^0; then 1 + e^-ln 2; then (1 + 1/2) / 4 + 1
    for (score, largest, sum) in
        [(0.0, 0.0, 1.0), (-LN_2, 0.0, 1.5), (2.0 * LN_2, 2.0 * LN_2, 1.375)]
    {
        running.add(score);
        assert_eq!(running.largest, largest);
        assert!((running.sum - sum).abs() < 1e-6, "{running:?}");
    }
    let mut row = [0.0, -LN_2, 2.0 * LN_2];
    softmax_online(&mut row);
    assert_near("shares", &row, &[2.0 / 11.0, 1.0 / 11.0, 8.0 / 11.0], 1e-6);
}

#[test]
fn lesson_08s_two_tokens_attend_without_a_table() {
    let (q, v) = ([1.0, 0.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0]);
    let expected = [1.660_477, 2.660_477, 2.339_523, 3.339_523];
    for (row, expected) in q.chunks(2).zip(expected.chunks(2)) {
        let found = attend_one_query(row, &q, &v, &[false; 2]);
        assert_near("one query", &found, expected, 1e-6);
    }
    let sizes = HeadSizes { queries: 2, keys: 2, d_head: 2 };
    let found = attend_tiled(Arch::new(), [&q, &q, &v], &[false; 2], sizes);
    assert_near("tiles", &found, &expected, 1e-6);
    // one score alone is left where the other key is hidden
    assert_eq!(attend_one_query(&[FRAC_1_SQRT_2; 2], &q, &v, &[true, false]), [3.0, 4.0]);
}

#[test]
fn two_rows_of_three_times_three_of_two() {
    let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0, 2.0, 1.0, 0.0, 3.0]);
    let expected = [5.0, 11.0, 14.0, 23.0];
    assert_eq!(product_in_loops(&a, &b, [2, 3, 2]), expected);
    let packed = Packed::new(Arch::new(), &b, 3, 2);
    assert_eq!(product(Arch::new(), &a, &packed, 2), expected);
}

#[test]
fn gelu_of_one_is_the_share_of_a_normal_below_it() {
    let mut x = [0.0, 1.0, -1.0];
    gelu_in_one_pass(&mut x);
    assert_near("GELU", &x, &[0.0, 0.841_192, -0.158_808], 1e-6);
}

#[test]
fn four_thousand_tokens_have_a_table_of_256_mib_and_tiles_of_a_few() {
    let sizes = HeadSizes { queries: 4096, keys: 4096, d_head: 64 };
    assert_eq!(score_bytes(4, sizes), 256 << 20);
    // 4098 queries of 64 packed and twice a number each, 2 x 64 keys of 64, 2 x 6 x 64 scores
    assert_eq!(tile_bytes(sizes), 4 * (4098 * 64 + 2 * 4098 + 2 * 64 * 64 + 2 * 6 * 64));
}
