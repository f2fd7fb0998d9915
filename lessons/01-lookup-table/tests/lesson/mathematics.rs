//! The numbers of the book's page "The mathematics that is used".

#![allow(clippy::approx_constant, reason = "what is asserted is what the page prints")]

use burn::tensor::Tensor;

use crate::values;

/// What two numbers may differ by that agree to the four digits which the page prints.
const DIGITS: f64 = 5e-5;

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= DIGITS, "expected {expected}, found {found}");
}

/// Dot product: number by number, added up.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn times(matrix: [[f64; 2]; 2], vector: [f64; 2]) -> [f64; 2] {
    [dot(&matrix[0], &vector), dot(&matrix[1], &vector)]
}

#[test]
fn exponentials_turn_sums_into_products_and_logarithms_back() {
    for (x, exp) in [(0.0, 1.0), (1.0, 2.7183), (2.0, 7.3891), (-1.0, 0.3679), (3.0, 20.0855)] {
        assert_near(f64::exp(x), exp);
    }
    assert_near(f64::exp(1.0) * f64::exp(2.0), f64::exp(3.0));
    assert_near(7.3891_f64.ln(), 2.0);
    assert_near(2_f64.ln(), 0.6931);
    assert_near(3_f64.ln(), 1.0986);
    assert_near(6_f64.ln(), 1.7918);
    assert_near(8_f64.ln() / 2_f64.ln(), 3.0);
    assert_near(1.0 / 2_f64.ln(), 1.4427);
}

#[test]
fn the_derivative_of_the_square_at_3_is_6() {
    let slope = |small: f64| ((3.0 + small) * (3.0 + small) - 9.0) / small;
    assert!((slope(1e-3) - 6.001).abs() < 1e-9 && (slope(1e-6) - 6.000_001).abs() < 1e-7);
    let small = 1e-6;
    assert_near(((-3.0 + small) * (-3.0 + small) - 9.0) / small, -6.0);
    assert_near((f64::ln((3.0 + small) * (3.0 + small)) - 9_f64.ln()) / small, 0.6667);
}

#[test]
fn a_small_step_against_the_gradient_falls_as_far_as_foretold_or_nearly() {
    let f = |x: f64, y: f64| x * x * y;
    let small = 1e-6;
    assert!(((f(3.0 + small, 5.0) - 45.0) / small - 30.0).abs() < 1e-4);
    assert!(((f(3.0, 5.0 + small) - 45.0) / small - 9.0).abs() < 1e-4);
    assert_near(f(2.970, 4.991), 44.0251);
    assert_near(45.0 - f(2.970, 4.991), 0.9749);
    assert_near(0.001 * (30.0 * 30.0 + 9.0 * 9.0), 0.981);
}

#[test]
fn one_two_three_four_has_the_variance_1_25_or_by_n_less_1_1_6667() {
    let squares: f64 = [-1.5_f64, -0.5, 0.5, 1.5].iter().map(|x| x * x).sum();
    assert_near(squares / 4.0, 1.25);
    assert_near((squares / 4.0).sqrt(), 1.118);
    assert_near(squares / 3.0, 1.6667);
    let half_root = Tensor::<1>::from_floats([0.5_f32.sqrt()], &backend::from_env());
    let erf = values(&half_root.erf())[0];
    assert_near(erf, 0.6827);
    assert_near((1.0 + erf) / 2.0, 0.8413);
}

#[test]
fn an_eigenvector_is_made_longer_and_not_turned() {
    let matrix = [[2.0, 1.0], [1.0, 2.0]];
    assert_eq!(times(matrix, [1.0, 0.0]), [2.0, 1.0]);
    assert_eq!(times(matrix, [1.0, 1.0]), [3.0, 3.0]);
    assert_eq!(times(matrix, [1.0, -1.0]), [1.0, -1.0]);
    for degrees in 0..180 {
        let (sine, cosine) = f64::from(degrees).to_radians().sin_cos();
        let stretch = dot(&[cosine, sine], &times(matrix, [cosine, sine]));
        assert!(stretch <= 3.0 + 1e-12);
        assert_eq!(degrees == 45, stretch > 3.0 - 1e-12, "at {degrees} degrees: {stretch}");
    }
}

#[test]
fn a_correlation_is_the_cosine_of_what_is_left_without_the_means() {
    let (a, b) = ([-1.0, 0.0, 1.0], [-1.0, 1.0, 0.0]);
    assert_near(dot(&a, &b), 1.0);
    assert_near(dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt(), 0.5);
}

#[test]
fn a_hand_turned_twice_by_60_degrees_points_where_the_formulas_say() {
    let (sine, cosine) = 60_f64.to_radians().sin_cos();
    assert_near(60_f64.to_radians(), 1.0472);
    assert_near(cosine, 0.5);
    assert_near(sine, 0.8660);
    assert_near(cosine * cosine - sine * sine, -0.5);
    assert_near(sine * cosine, 0.4330);
    assert_near(120_f64.to_radians().sin(), 0.8660);
    assert_near(120_f64.to_radians().cos(), -0.5);
}
