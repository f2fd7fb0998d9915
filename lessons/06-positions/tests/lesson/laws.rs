//! What holds for every input.

use burn::tensor::{Device, Tensor};
use course::{Figure, Marks, Run};
use positions::naive;
use positions::{
    Rope, RopeConfig, RopeLayout, RopeScaling, alibi_bias, alibi_slopes, demo, sinusoidal,
};
use proptest::prelude::*;

use super::{assert_near, numbers, values};

const LAYOUTS: [RopeLayout; 2] = [RopeLayout::HalfSplit, RopeLayout::Interleaved];

fn rope(d_head: usize, layout: usize, device: &Device) -> Rope {
    RopeConfig::new(d_head).with_layout(LAYOUTS[layout]).init(device)
}

fn dot(a: &Tensor<4>, b: &Tensor<4>) -> f64 {
    values(a).iter().zip(values(b)).map(|(a, b)| a * b).sum()
}

fn length(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(32)))]

    #[test]
    fn a_score_under_rope_depends_on_the_offset_alone(
        half in 1usize..9, layout in 0usize..2, m in 0usize..3000, n in 0usize..3000, shift in 0usize..200_000, seed: u64,
    ) {
        let device = backend::from_env();
        let rope = rope(2 * half, layout, &device);
        let q = numbers([1, 1, 1, 2 * half], seed, &device);
        let k = numbers([1, 1, 1, 2 * half], !seed, &device);
        let score = |by: usize| dot(&rope.rotate(q.clone(), m + by), &rope.rotate(k.clone(), n + by));
        let tolerance = f64::from(backend::tolerance(&device, 1e-5));
        prop_assert!((score(0) - score(shift)).abs() < tolerance, "{} and {}", score(0), score(shift));
    }

    #[test]
    fn a_turn_keeps_every_length(half in 1usize..9, layout in 0usize..2, first in 0usize..100_000, seed: u64) {
        let device = backend::from_env();
        let x = numbers([1, 2, 3, 2 * half], seed, &device);
        let turned = values(&rope(2 * half, layout, &device).rotate(x.clone(), first));
        for (before, after) in values(&x).chunks(2 * half).zip(turned.chunks(2 * half)) {
            let tolerance = f64::from(backend::tolerance(&device, 1e-5));
            prop_assert!((length(before) - length(after)).abs() < tolerance);
        }
    }

    #[test]
    fn the_layouts_are_one_up_to_a_permutation(half in 1usize..9, first in 0usize..2000, seed: u64) {
        let device = backend::from_env();
        let x = numbers([2, 1, 3, 2 * half], seed, &device);
        let order: Vec<i64> = (0..half as i64).map(|i| 2 * i).chain((0..half as i64).map(|i| 2 * i + 1)).collect();
        let order = Tensor::<1, burn::tensor::Int>::from_data(order.as_slice(), &device);
        let side = rope(2 * half, 1, &device).rotate(x.clone(), first).select(3, order.clone());
        let split = rope(2 * half, 0, &device).rotate(x.select(3, order), first);
        golden::assert_close(&side, &split, backend::tolerance(&device, 1e-6));
    }

    #[test]
    fn rope_equals_the_loops(half in 1usize..9, layout in 0usize..2, first in 0usize..2000, seed: u64) {
        let device = backend::from_env();
        let (d_head, tokens) = (2 * half, 4);
        let rope = rope(d_head, layout, &device);
        let x = numbers([1, 1, tokens, d_head], seed, &device);
        let pairs = [naive::half_split_pairs, naive::interleaved_pairs][layout](d_head);
        let mut expected = Vec::new();
        for (t, row) in values(&x).chunks(d_head).enumerate() {
            expected.extend(naive::rotate(row, first + t, &pairs, rope.frequencies()));
        }
        let tolerance = backend::tolerance(&device, 1e-6);
        assert_near("turned", &values(&rope.rotate(x, first)), &expected, tolerance);
    }

    #[test]
    fn a_text_may_be_turned_in_two_parts(cut in 1usize..7, first in 1015usize..1030, seed: u64) {
        let device = backend::from_env();
        let rope = rope(6, 0, &device);
        let x = numbers([1, 2, 8, 6], seed, &device);
        let part = |from: usize, to: usize| rope.rotate(x.clone().slice([0..1, 0..2, from..to]), first + from);
        let parts = Tensor::cat(vec![part(0, cut), part(cut, 8)], 2);
        golden::assert_close(&rope.rotate(x.clone(), first), &parts, 0.0);
    }

    #[test]
    fn dot_products_of_the_sinusoids_depend_on_the_offset_alone(half in 1usize..9, from in 0usize..40, offset in 0usize..20) {
        let device = backend::from_env();
        let table = values(&sinusoidal(60, 2 * half, &device));
        let row = |position: usize| &table[position * 2 * half..][..2 * half];
        let score = |a: usize| row(a).iter().zip(row(a + offset)).map(|(x, y)| x * y).sum::<f64>();
        prop_assert!((score(0) - score(from)).abs() < 1e-5);
        prop_assert!((length(row(from)) - (half as f64).sqrt()).abs() < 1e-5, "sin^2 + cos^2 = 1 \
            a pair");
    }

    #[test]
    fn alibi_slopes_are_powers_of_two_without_repeats(heads in 1usize..130) {
        let slopes = alibi_slopes(heads);
        prop_assert_eq!(slopes.len(), heads);
        prop_assert!(slopes.iter().all(|&slope| (0.00390625..1.0).contains(&slope)));
        let below = 1 << heads.ilog2();
        prop_assert_eq!(&slopes[..below], &alibi_slopes(below)[..]);
        let mut sorted = slopes.clone();
        sorted.sort_by(f32::total_cmp);
        prop_assert!(sorted.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_last_queries_of_alibi_are_the_last_rows(heads in 1usize..7, keys in 1usize..9, skip in 0usize..8) {
        let device = backend::from_env();
        let first = skip.min(keys - 1);
        let whole = alibi_bias(heads, keys, keys, &device);
        let rows = whole.slice([0..heads, first..keys]);
        golden::assert_close(&alibi_bias(heads, keys - first, keys, &device), &rows, 0.0);
    }

    #[test]
    fn llama3_scaling_is_transformers_formula(
        half in 1usize..40, theta in 5e3f64..1e6, factor in 1.5f64..32.0, low in 0.5f64..2.0, above in 0.5f64..6.0,
        context in 64usize..9000,
    ) {
        let scaling = RopeScaling::Llama3 {
            factor,
            low_freq_factor: low,
            high_freq_factor: low + above,
            original_max_position_embeddings: context,
        };
        let device = backend::from_env();
        let rope = RopeConfig::new(2 * half).with_theta(theta).with_scaling(scaling).init(&device);
        for (pair, &actual) in rope.frequencies().iter().enumerate() {
            let plain = 1.0 / theta.powf((2 * pair) as f64 / (2 * half) as f64);
            let expected = transformers_llama3(plain, factor, low, low + above, context as f64);
            prop_assert!((actual - expected).abs() <= 1e-12 * expected, "pair {pair}: {actual}, \
                expected {expected}");
        }
    }
}

/// `_compute_llama3_parameters` of transformers, branch by branch.
fn transformers_llama3(frequency: f64, factor: f64, low: f64, high: f64, context: f64) -> f64 {
    let wavelength = 2.0 * std::f64::consts::PI / frequency;
    if wavelength < context / high {
        frequency
    } else if wavelength > context / low {
        frequency / factor
    } else {
        let smooth = (context / wavelength - low) / (high - low);
        (1.0 - smooth) * frequency / factor + smooth * frequency
    }
}

#[test]
fn linear_scaling_puts_four_positions_where_one_was() {
    let device = backend::from_env();
    let scaling = RopeScaling::Linear { factor: 4.0 };
    let (plain, slowed) =
        (rope(6, 0, &device), RopeConfig::new(6).with_scaling(scaling).init(&device));
    let x = numbers([1, 1, 1, 6], 3, &device);
    for position in [1, 17, 500] {
        let tolerance = backend::tolerance(&device, 1e-6);
        golden::assert_close(
            &slowed.rotate(x.clone(), 4 * position),
            &plain.rotate(x.clone(), position),
            tolerance,
        );
    }
}

#[test]
#[should_panic(expected = "low_freq_factor < high_freq_factor")]
fn llama3_refuses_a_ramp_that_runs_backwards() {
    let scaling = RopeScaling::Llama3 {
        factor: 8.0,
        low_freq_factor: 4.0,
        high_freq_factor: 1.0,
        original_max_position_embeddings: 8192,
    };
    RopeConfig::new(4).with_scaling(scaling).init(&backend::from_env());
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    use burn::config::Config;
    let scaling = RopeScaling::Linear { factor: 2.0 };
    let config = RopeConfig::new(6).with_layout(RopeLayout::Interleaved).with_scaling(scaling);
    let read = RopeConfig::load_binary(config.to_string().as_bytes()).expect("its own text");
    assert_eq!(
        (read.d_head, read.theta, read.layout, read.scaling),
        (6, 10_000.0, RopeLayout::Interleaved, scaling)
    );
}

fn figures() -> Vec<Figure> {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let report =
        demo::demo(&Run { device: &device, seed: 7, minilm: None }).expect("the demo runs");
    assert!(!report.text().is_empty());
    report.figures().to_vec()
}

fn curve(figure: &Figure, panel: usize, name: &str) -> Vec<f64> {
    let Marks::Lines(lines) = &figure.panels[panel].marks else { panic!("curves expected") };
    let line =
        lines.iter().find(|line| line.name == name).unwrap_or_else(|| panic!("no curve {name:?}"));
    line.points.iter().map(|point| point.1).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_figures_show_what_their_texts_say() {
    let figures = figures();
    let figure = |name: &str| figures.iter().find(|figure| figure.name == name).expect(name);

    let Marks::Heatmap { values, .. } = &figure("06-sinusoidal").panels[0].marks else {
        panic!("a matrix expected")
    };
    let changes = |axis: usize| {
        values.windows(2).map(|rows| (rows[1][axis] - rows[0][axis]).abs()).sum::<f64>()
    };
    let width = values[0].len();
    assert!(changes(0) > 10.0 * changes(width - 2), "the first hand runs, the last one creeps");

    let dots = figure("06-dot-products");
    let (first, later) = (curve(dots, 0, "from position 0"), curve(dots, 0, "from position 500"));
    assert!(first.iter().zip(&later).all(|(a, b)| (a - b).abs() < 1e-4), "the offset alone counts");
    assert!((first[0] - 1.0).abs() < 1e-5);
    assert!(
        mean(&first[1..11]) > mean(&first[11..41]) && mean(&first[11..41]) > mean(&first[41..])
    );
    let (short, long) = (curve(dots, 1, "theta 10,000"), curve(dots, 1, "theta 500,000"));
    assert!(mean(&long[20..]) > mean(&short[20..]) + 0.1, "a larger theta remembers further");
    let slowed = curve(dots, 1, "theta 10,000, linear / 4");
    assert!((slowed[80] - short[20]).abs() < 1e-4);

    let alibi = figure("06-alibi");
    let (steep, flat) = (curve(alibi, 1, "head 1"), curve(alibi, 1, "head 8"));
    assert_eq!((steep[10], flat[10]), (-5.0, -10.0 / 256.0));
    let Marks::Points(slopes) = &alibi.panels[0].marks else { panic!("points expected") };
    let of = |heads: &str| -> Vec<f64> {
        slopes.iter().filter(|point| point.group == heads).map(|point| point.y).collect()
    };
    assert_eq!(of("12 heads")[..8], of("8 heads")[..]);
}
