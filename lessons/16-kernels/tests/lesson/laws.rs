//! What holds for every input.

use course::{Figure, Marks, Run};
use proptest::prelude::*;
use pulp::Arch;
use roofline::exponential::exp;
use roofline::gelu::{gelu, gelu_in_five_passes, gelu_in_one_pass, gelu_of};
use roofline::models::{decoder_token, minilm_layer, total};
use roofline::online::{HeadSizes, attend_one_query, attend_tiled};
use roofline::product::{Packed, product, product_in_loops};
use roofline::softmax::{softmax_of, softmax_online, softmax_rows};
use roofline::{Roof, Work, attainable, least_seconds};

use crate::{archs, assert_near, attention64, gelu64, product64, random, softmax64};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_version_of_gelu_is_that_of_f64(seed: u64, count in 0usize..70, width in 0.1f32..8.0) {
        let x: Vec<f32> = random(count, seed).iter().map(|x| width * x).collect();
        let expected: Vec<f64> = x.iter().map(|&x| gelu64(x)).collect();
        assert_near("five passes", &gelu_in_five_passes(&x), &expected, 2e-6);
        let mut one = x.clone();
        gelu_in_one_pass(&mut one);
        assert_near("one pass", &one, &expected, 2e-6);
        let mut fast = x.clone();
        gelu(&mut fast);
        assert_near("fast", &fast, &expected, 2e-6);
        for arch in archs() {
            let mut fast = x.clone();
            gelu_of(arch, &mut fast);
            assert_near(&format!("{arch:?}"), &fast, &expected, 2e-6);
        }
    }

    #[test]
    fn every_softmax_is_that_of_f64_with_hidden_scores_too(
        seed: u64, rows in 0usize..70, columns in 1usize..40, width in 0.1f32..40.0,
    ) {
        let mut scores = random(rows * columns, seed);
        for (i, score) in scores.iter_mut().enumerate() {
            // every third is hidden, and all of every fifth row
            let hidden = (i + seed as usize % 3).is_multiple_of(3) || (i / columns) % 5 == 4;
            *score = if hidden { f32::NEG_INFINITY } else { width * *score };
        }
        let expected: Vec<f64> = scores.chunks(columns).flat_map(softmax64).collect();
        let mut online = scores.clone();
        online.chunks_mut(columns).for_each(softmax_online);
        assert_near("online", &online, &expected, 2e-6);
        let mut fast = scores.clone();
        softmax_rows(&mut fast, columns);
        assert_near("fast", &fast, &expected, 2e-6);
        for arch in archs() {
            let mut fast = scores.clone();
            softmax_of(arch, &mut fast, columns);
            assert_near(&format!("{arch:?}"), &fast, &expected, 2e-6);
        }
    }

    #[test]
    fn a_packed_product_is_that_of_f64_whatever_its_sizes(
        seed: u64, rows in 0usize..150, inner in 0usize..40, columns in 0usize..80,
    ) {
        let (a, b) = (random(rows * inner, seed), random(inner * columns, !seed));
        // a sum of up to 39 products below 4: f32 leaves 2^-24 of each
        let expected = product64(&a, &b, [rows, inner, columns]);
        let loops = product_in_loops(&a, &b, [rows, inner, columns]);
        assert_near("loops", &loops, &expected, 1e-5);
        for arch in archs() {
            let packed = Packed::new(arch, &b, inner, columns);
            assert_near(&format!("{arch:?}"), &product(arch, &a, &packed, rows), &expected, 1e-5);
        }
    }

    #[test]
    fn a_packed_transpose_is_the_transpose_packed(
        seed: u64, inner in 1usize..20, columns in 1usize..40,
    ) {
        let b = random(inner * columns, seed);
        let mut turned = Vec::new();
        for column in 0..columns {
            turned.extend(b.iter().skip(column).step_by(columns));
        }
        let a = random(3 * inner, !seed);
        let arch = Arch::new();
        let expected = product(arch, &a, &Packed::new(arch, &b, inner, columns), 3);
        let found = product(arch, &a, &Packed::transposed(arch, &turned, inner, columns), 3);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn tiled_attention_is_that_of_f64_with_hidden_keys_too(
        seed: u64, heads in 0usize..4, queries in 1usize..20, keys in 0usize..140,
        d_head in 1usize..40, hide in 0usize..4,
    ) {
        let q = random(heads * queries * d_head, seed);
        let [k, v] = [1, 2].map(|i| random(heads * keys * d_head, seed ^ i));
        // none, one of two, all but the last, all: the first tile of keys may be hidden wholly
        let hidden: Vec<bool> = (0..keys)
            .map(|key| [false, key % 2 == 0, key + 1 < keys, true][hide])
            .collect();
        let sizes = HeadSizes { queries, keys, d_head };
        let mut expected = Vec::new();
        for head in 0..heads {
            let part = |x: &[f32], rows: usize| {
                x[head * rows * d_head..(head + 1) * rows * d_head].to_vec()
            };
            let (q, k, v) = (part(&q, queries), part(&k, keys), part(&v, keys));
            expected.extend(attention64([&q, &k, &v], &hidden, d_head));
            for (query, expected) in q.chunks(d_head).zip(attention64([&q, &k, &v], &hidden, d_head).chunks(d_head)) {
                assert_near("one query", &attend_one_query(query, &k, &v, &hidden), expected, 1e-5);
            }
        }
        for arch in archs() {
            let found = attend_tiled(arch, [&q, &k, &v], &hidden, sizes);
            assert_near(&format!("{arch:?}"), &found, &expected, 1e-5);
        }
    }

    #[test]
    fn the_least_time_is_the_work_at_the_attainable_speed(
        flops in 1u64..1 << 40, bytes in 1u64..1 << 40,
    ) {
        let roof = Roof { flops_per_second: 480e9, bytes_per_second: 24e9 };
        let work = Work { flops, bytes };
        let seconds = flops as f64 / attainable(&roof, &work);
        prop_assert!((least_seconds(&roof, &work) / seconds - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_exponential_is_that_of_f64_to_four_units_in_the_last_place() {
    let mut x = -87.3f32;
    while x < 88.3 {
        let (found, expected) = (f64::from(exp(x)), f64::from(x).exp());
        assert!((found / expected - 1.0).abs() < 4.0 * f64::from(f32::EPSILON), "e^{x} is {found}");
        x += 0.0137;
    }
    assert_eq!((exp(0.0), exp(f32::NEG_INFINITY), exp(f32::INFINITY)), (1.0, 0.0, f32::INFINITY));
    assert_eq!((exp(-90.0), exp(90.0)), (0.0, f32::INFINITY));
    assert!(exp(f32::NAN).is_nan());
}

#[test]
fn nan_is_never_lost() {
    let mut x = vec![1.0; 40];
    x[37] = f32::NAN;
    let mut fast = x.clone();
    gelu(&mut fast);
    assert!(fast[37].is_nan() && !fast[36].is_nan());
    // of two rows the one that has it is NaN throughout, also beside hidden scores only
    let mut scores = [[1.0; 20], [f32::NEG_INFINITY; 20]].concat();
    scores[33] = f32::NAN;
    let mut online = scores.clone();
    online.chunks_mut(20).for_each(softmax_online);
    softmax_rows(&mut scores, 20);
    for shares in [online, scores] {
        assert!(shares[..20].iter().all(|share| !share.is_nan()), "{shares:?}");
        assert!(shares[20..].iter().all(|share| share.is_nan()), "{shares:?}");
    }
    for arch in archs() {
        let packed = Packed::new(arch, &[1.0; 6], 2, 3);
        let found = product(arch, &[1.0, 1.0, f32::NAN, 1.0], &packed, 2);
        assert!(found[..3] == [2.0; 3] && found[3..].iter().all(|x| x.is_nan()), "{found:?}");
        // the second query is NaN, the third of three keys is hidden and NaN
        let q = [1.0, 1.0, f32::NAN, 1.0];
        let k = [1.0, 1.0, 1.0, 1.0, f32::NAN, 1.0];
        let sizes = HeadSizes { queries: 2, keys: 3, d_head: 2 };
        let found = attend_tiled(arch, [&q, &k, &[2.0; 6]], &[false, false, true], sizes);
        assert!(found[..2] == [2.0; 2] && found[2..].iter().all(|x| x.is_nan()), "{found:?}");
    }
}

/// What is taken off the scores of a block that is hidden wholly must not stay the largest score.
#[test]
fn a_block_of_hidden_keys_first_and_scores_far_below_zero_after_it() {
    let (keys, d_head) = (100, 2);
    let q = [-300.0, 0.0, -200.0, 1.0];
    let k: Vec<f32> = (0..keys).flat_map(|key| [1.0, key as f32 / 50.0]).collect();
    let v = random(keys * d_head, 1);
    let hidden: Vec<bool> = (0..keys).map(|key| key < 70).collect();
    let expected = attention64([&q, &k, &v], &hidden, d_head);
    assert!(expected.iter().any(|number| number.abs() > 0.1), "{expected:?}");
    let sizes = HeadSizes { queries: 2, keys, d_head };
    for arch in archs() {
        let found = attend_tiled(arch, [&q, &k, &v], &hidden, sizes);
        assert_near(&format!("{arch:?}"), &found, &expected, 1e-4);
    }
}

#[test]
fn a_batch_computes_and_a_token_waits_for_the_memory() {
    let batch = minilm_layer(32, 31);
    let products = ["q, k, v", "heads to model", "feed-forward, in", "feed-forward, out"];
    for (name, work) in &batch {
        assert_eq!(work.intensity() > 60.0, products.contains(name), "{name}: {work:?}");
    }
    for (name, work) in decoder_token(256) {
        assert!(work.intensity() < 10.0, "{name}: {work:?}");
    }
    // 134.5 million parameters in f32, and a cache of 23 MB, read once
    let bytes = total(&decoder_token(256)).bytes;
    assert!((538_000_000..570_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn the_figures_show_what_they_claim() {
    let device = backend::from_env();
    let report = roofline::demo::demo(&Run { device: &device, seed: 7, minilm: None }).unwrap();
    let figure = |name: &str| report.figures().iter().find(|figure| figure.name == name).unwrap();
    fast_kernels_stand_above_plain_ones(figure("16-kernels"));
    tiles_keep_less_and_take_less_time(figure("16-attention"));
    let roof = figure("16-roof");
    let Marks::Against { line, points } = &roof.panels[0].marks else { panic!("points, a roof") };
    let highest = line.points.iter().map(|point| point.1).fold(0.0, f64::max);
    for point in points.iter().filter(|point| point.label.starts_with("feed-forward")) {
        assert_eq!(point.y, highest, "{} is on the flat part", point.label);
    }
}

fn fast_kernels_stand_above_plain_ones(figure: &Figure) {
    let Marks::Against { points, .. } = &figure.panels[0].marks else { panic!("points, a roof") };
    for fast in points.iter().filter(|point| point.group == "fast") {
        let kernel = fast.label.split(',').next().unwrap();
        for plain in points.iter().filter(|point| point.group == "plain") {
            let of_this = plain.label.starts_with(kernel);
            assert!(!of_this || plain.y < fast.y, "{} and {}", plain.label, fast.label);
        }
    }
}

fn tiles_keep_less_and_take_less_time(figure: &Figure) {
    let [Marks::Lines(times), Marks::Lines(bytes)] =
        [&figure.panels[0].marks, &figure.panels[1].marks]
    else {
        panic!("time and memory are lines")
    };
    for (spelt_out, tiled) in times[0].points.iter().zip(&times[3].points) {
        assert!(tiled.1 < spelt_out.1, "{} tokens", tiled.0);
    }
    let (scores, tiles) = (&bytes[0].points, &bytes[1].points);
    let last = scores.len() - 1;
    assert_eq!(scores[last].1 / scores[last - 1].1, 4.0, "twice the tokens, four times the table");
    assert!(tiles[last].1 / tiles[last - 1].1 < 2.01, "and twice the tiles");
    assert!(tiles[last].1 < 5.0 && scores[last].1 == 256.0);
}
