//! What a learner writes here, checked: `cargo learn open 10.1`.
//!
//! One text of two tokens with three numbers, four inside the feed-forward: no two sizes are equal
//! and nothing is symmetric, so that whatever is taken for something else shows.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use exercise::{Exercise, Probe, mistakes, refused};
use layer::{Activation, FeedForward, Placement, SwiGlu, gelu_exact, residual, rms_norm};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::random;

#[path = "mistakes/10.1.rs"]
mod mistakes_10_1;
#[path = "mistakes/10.2.rs"]
mod mistakes_10_2;
#[path = "mistakes/10.3.rs"]
mod mistakes_10_3;
#[path = "mistakes/10.4.rs"]
mod mistakes_10_4;
#[path = "mistakes/10.5.rs"]
mod mistakes_10_5;

const X: [[f32; 3]; 2] = [[1.0, -1.0, 2.0], [0.0, 3.0, -2.0]];
const UP: [[f32; 4]; 3] = [[1.0, 0.0, -2.0, 1.0], [2.0, 1.0, 0.0, -1.0], [0.0, -1.0, 1.0, 2.0]];
const UP_BIAS: [f32; 4] = [1.0, 0.0, -1.0, 2.0];
const DOWN: [[f32; 3]; 4] = [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [3.0, -1.0, 0.0], [-1.0, 2.0, 1.0]];
const DOWN_BIAS: [f32; 3] = [1.0, -2.0, 0.0];
const GATE: [[f32; 4]; 3] = [[1.0, 0.0, -1.0, 2.0], [0.0, 1.0, 1.0, -1.0], [1.0, -1.0, 0.0, 0.0]];
/// The gated feed-forward's map outwards.
const GATED_UP: [[f32; 4]; 3] =
    [[0.0, 1.0, 2.0, -1.0], [1.0, 0.0, -1.0, 1.0], [-1.0, 2.0, 0.0, 1.0]];

type Matrix = Vec<Vec<f64>>;
type Feed = fn(&FeedForward, Tensor<3>) -> Tensor<3>;
type Gated = fn(&SwiGlu, Tensor<3>) -> Tensor<3>;
type Bend = fn(Tensor<2>) -> Tensor<2>;
type Map = fn(Tensor<3>) -> Tensor<3>;
type Residual = fn(Placement, Tensor<3>, Map, Map) -> Tensor<3>;
type RmsNorm = fn(Tensor<3>, Tensor<1>, f64) -> Tensor<3>;

#[test]
fn exercise_10_1() {
    feed_forward_10_1().check();
}

#[test]
fn exercise_10_2() {
    gelu_10_2().check();
}

#[test]
fn exercise_10_3() {
    swiglu_10_3().check();
}

#[test]
fn exercise_10_4() {
    residual_10_4().check();
}

#[test]
fn exercise_10_5() {
    rms_norm_10_5().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    feed_forward_10_1().tell_mistakes_apart();
    gelu_10_2().tell_mistakes_apart();
    swiglu_10_3().tell_mistakes_apart();
    residual_10_4().tell_mistakes_apart();
    rms_norm_10_5().tell_mistakes_apart();
}

fn feed_forward_10_1() -> Exercise<Feed> {
    let given = format!(
        "x = [{X:?}]\nup = {UP:?}\nits bias = {UP_BIAS:?}\ndown = {DOWN:?}\nits bias = \
        {DOWN_BIAS:?}"
    );
    let exercise = Exercise::new("10.1", "FeedForward::forward", FeedForward::forward as Feed)
        .probe(
            format!("{given}\nactivation = ReLU"),
            |forward| forward(&feed_forward(Activation::Relu), tensor(X).unsqueeze()),
            one_text([[-7.0, 14.0, 8.0], [8.0, 3.0, 9.0]]),
        )
        .probe(
            format!("{given}\nactivation = SiLU"),
            |forward| forward(&feed_forward(Activation::Silu), tensor(X).unsqueeze()),
            one_text([
                [-7.804_141_463, 14.121_298_200, 8.139_594_818],
                [7.600_254_038, 3.041_884_856, 8.987_245_283],
            ]),
        )
        .random(random_feed_forward);
    mistakes!(
        exercise,
        mistakes_10_1: nothing_bends_between_the_two_maps,
        the_activation_after_both_maps,
        the_activation_before_both_maps,
        the_activation_once_more_at_the_end,
        relu_whatever_the_model_asks_for,
        the_input_added_here_already,
    )
}

fn feed_forward(activation: Activation) -> FeedForward {
    let up = linear(tensor(UP), Some(Tensor::from_floats(UP_BIAS, &cpu())));
    let down = linear(tensor(DOWN), Some(Tensor::from_floats(DOWN_BIAS, &cpu())));
    FeedForward { up, down, activation }
}

/// One to four tokens and widths of one to four numbers, against plain loops.
fn random_feed_forward(rng: &mut StdRng) -> Probe<Feed> {
    let [tokens, d_model, d_ff] = [(); 3].map(|()| rng.random_range(1..5));
    let (x, up, down) = (
        numbers([tokens, d_model], rng),
        numbers([d_model, d_ff], rng),
        numbers([d_ff, d_model], rng),
    );
    let (up_bias, down_bias) = (numbers([1, d_ff], rng), numbers([1, d_model], rng));
    let mut hidden = product(&rows(&x), &rows(&up));
    for row in &mut hidden {
        for (number, bias) in row.iter_mut().zip(&rows(&up_bias)[0]) {
            *number = (*number + bias).max(0.0);
        }
    }
    let mut expected = product(&hidden, &rows(&down));
    for row in &mut expected {
        for (number, bias) in row.iter_mut().zip(&rows(&down_bias)[0]) {
            *number += bias;
        }
    }
    let given = format!("{tokens} random tokens, d_model {d_model}, d_ff {d_ff}, activation ReLU");
    Probe::new(
        given,
        move |forward: Feed| {
            let up = linear(up.clone(), Some(up_bias.clone().squeeze_dim(0)));
            let down = linear(down.clone(), Some(down_bias.clone().squeeze_dim(0)));
            forward(&FeedForward { up, down, activation: Activation::Relu }, x.clone().unsqueeze())
        },
        vec![expected],
    )
}

fn gelu_10_2() -> Exercise<Bend> {
    const NUMBERS: [[f32; 3]; 2] = [[1.0, -1.0, 2.0], [0.5, -3.0, 0.0]];
    let exercise = Exercise::new("10.2", "gelu_exact", gelu_exact as Bend)
        .probe(
            format!("x = {NUMBERS:?}"),
            |gelu| gelu(tensor(NUMBERS)),
            [[0.841_344_746, -0.158_655_254, 1.954_499_736], [0.345_731_231, -0.004_049_694, 0.0]],
        )
        .probe("x = [[-40, 30]]", |gelu| gelu(tensor([[-40.0, 30.0]])), [[0.0, 30.0]])
        // The share below x, and x times the height of the bell there.
        .probe(
            format!("x = {NUMBERS:?}\nthe gradient of the sum of all that comes out, by x"),
            |gelu| {
                let x = Tensor::<2>::from_floats(NUMBERS, &cpu().autodiff()).require_grad();
                x.grad(&gelu(x.clone()).sum().backward())
            },
            [[1.083_315_471, -0.083_315_471, 1.085_231_801], [0.867_495_125, -0.011_945_647, 0.5]],
        )
        .random(random_gelu);
    mistakes!(
        exercise,
        mistakes_10_2: the_square_root_of_2_forgotten,
        the_half_forgotten,
        the_share_alone_and_not_x_times_it,
        the_form_with_tanh,
        the_sigmoid_of_1_702_x,
        the_share_above_x_and_not_below,
        exact_with_the_gradient_of_the_form_with_tanh,
        no_gradient_through_the_share,
    )
}

fn random_gelu(rng: &mut StdRng) -> Probe<Bend> {
    let shape = [(); 2].map(|()| rng.random_range(1..5));
    let x = random::<2>(shape, rng.random(), &cpu());
    let mut expected = rows(&x);
    for number in expected.iter_mut().flatten() {
        *number *= share_below(*number);
    }
    let given = format!("random numbers of shape {shape:?}");
    Probe::new(given, move |gelu: Bend| gelu(x.clone()), expected)
}

/// The share of a normal distribution below x, for x of -3 to 3: half of it, and the area of the
/// bell's strips between 0 and x (Simpson's rule).
fn share_below(x: f64) -> f64 {
    const STRIPS: usize = 100;
    let width = x / STRIPS as f64;
    let mut share = 0.5;
    for strip in 0..STRIPS {
        let left = strip as f64 * width;
        share += width / 6.0 * (bell(left) + 4.0 * bell(left + width / 2.0) + bell(left + width));
    }
    share
}

/// The height of the normal distribution's bell at x.
fn bell(x: f64) -> f64 {
    (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

fn swiglu_10_3() -> Exercise<Gated> {
    let given = format!("x = [{X:?}]\ngate = {GATE:?}\nup = {GATED_UP:?}\ndown = {DOWN:?}");
    let exercise = Exercise::new("10.3", "SwiGlu::forward", SwiGlu::forward as Gated)
        .probe(
            given,
            |forward| {
                let [gate, up] = [GATE, GATED_UP].map(|weight| linear(tensor(weight), None));
                let down = linear(tensor(DOWN), None);
                forward(&SwiGlu { gate, up, down }, tensor(X).unsqueeze())
            },
            one_text([
                [-10.718_819_738, 0.003_829_434, -16.434_946_185],
                [-26.769_253_025, -11.577_531_079, 17.339_806_922],
            ]),
        )
        .random(random_swiglu);
    mistakes!(
        exercise,
        mistakes_10_3: gate_and_up_exchanged,
        the_sigmoid_of_the_gate_and_not_its_silu,
        silu_of_the_product,
        added_and_not_multiplied,
        a_gate_without_silu,
        silu_of_both,
    )
}

fn random_swiglu(rng: &mut StdRng) -> Probe<Gated> {
    let [tokens, d_model, d_ff] = [(); 3].map(|()| rng.random_range(1..5));
    let x = numbers([tokens, d_model], rng);
    let [gate, up] = [(); 2].map(|()| numbers([d_model, d_ff], rng));
    let down = numbers([d_ff, d_model], rng);
    let mut hidden = product(&rows(&x), &rows(&gate));
    let outwards = product(&rows(&x), &rows(&up));
    for (gate, up) in hidden.iter_mut().flatten().zip(outwards.iter().flatten()) {
        *gate = *gate / (1.0 + (-*gate).exp()) * up;
    }
    let expected = vec![product(&hidden, &rows(&down))];
    let given = format!("{tokens} random tokens, d_model {d_model}, d_ff {d_ff}, without biases");
    Probe::new(
        given,
        move |forward: Gated| {
            let [gate, up, down] = [&gate, &up, &down].map(|weight| linear(weight.clone(), None));
            forward(&SwiGlu { gate, up, down }, x.clone().unsqueeze())
        },
        expected,
    )
}

fn residual_10_4() -> Exercise<Residual> {
    let pair = "x = (1, 3), the norm takes off the mean, the sub-layer makes (b, 2 a) of (a, b)";
    let exercise = Exercise::new("10.4", "residual", residual as Residual)
        .probe(
            format!("pre-norm, {pair}"),
            |residual| residual(Placement::Pre, pair_of_1_and_3(), centred, exchanged),
            one_text([[2.0, 1.0]]),
        )
        .probe(
            format!("post-norm, {pair}"),
            |residual| residual(Placement::Post, pair_of_1_and_3(), centred, exchanged),
            one_text([[-0.5, 0.5]]),
        )
        .probe(
            format!("pre-norm, {pair}\nthe gradient of the first number that comes out, by x"),
            |residual| gradient_of_the_first(residual, Placement::Pre),
            // What is kept gives 1; the sub-layer's first number is b - (a + b) / 2.
            [0.5, 0.5],
        )
        .probe(
            format!("post-norm, {pair}\nthe gradient of the first number that comes out, by x"),
            |residual| gradient_of_the_first(residual, Placement::Post),
            // The sum is (a + b, b + 2 a). Half of their difference is -a / 2.
            [-0.5, 0.0],
        )
        .random(random_residual);
    mistakes!(
        exercise,
        mistakes_10_4: a_norm_on_the_road_of_what_is_kept,
        nothing_kept,
        post_norm_of_the_new_part_alone,
        pre_norm_keeps_the_normed_and_works_on_the_raw,
        pre_and_post_exchanged,
        what_is_kept_hands_no_gradient_back,
    )
}

fn pair_of_1_and_3() -> Tensor<3> {
    tensor([[1.0, 3.0]]).unsqueeze()
}

/// Stands for a norm: every token without its mean.
fn centred(x: Tensor<3>) -> Tensor<3> {
    let mean = x.clone().mean_dim(2);
    x - mean
}

/// Stands for a sub-layer: (a, b) becomes (b, 2 a), so that nothing comes out where it went in.
fn exchanged(x: Tensor<3>) -> Tensor<3> {
    let b = x.clone().narrow(2, 1, 1);
    Tensor::cat(vec![b, x.narrow(2, 0, 1) * 2.0], 2)
}

fn gradient_of_the_first(residual: Residual, placement: Placement) -> Tensor<1> {
    let x = Tensor::<3>::from_floats([[[1.0, 3.0]]], &cpu().autodiff()).require_grad();
    let first = residual(placement, x.clone(), centred, exchanged).narrow(2, 0, 1);
    let gradient = x.grad(&first.backward()).expect("what comes out depends on x");
    gradient.reshape([2])
}

fn random_residual(rng: &mut StdRng) -> Probe<Residual> {
    let (tokens, pre) = (rng.random_range(1..5), rng.random::<bool>());
    let x = random::<2>([tokens, 2], rng.random(), &cpu());
    let mut expected = Vec::new();
    for token in rows(&x) {
        let (a, b) = (token[0], token[1]);
        let mean = (a + b) / 2.0;
        expected.push(if pre {
            vec![a + (b - mean), b + 2.0 * (a - mean)]
        } else {
            let (a, b) = (a + b, b + 2.0 * a);
            vec![a - (a + b) / 2.0, b - (a + b) / 2.0]
        });
    }
    let placement = if pre { Placement::Pre } else { Placement::Post };
    let given = format!("{placement:?}, {tokens} random tokens of 2 numbers");
    Probe::new(
        given,
        move |residual: Residual| residual(placement, x.clone().unsqueeze(), centred, exchanged),
        vec![expected],
    )
}

fn rms_norm_10_5() -> Exercise<RmsNorm> {
    const TOKENS: [[f32; 2]; 3] = [[3.0, 4.0], [0.0, 5.0], [-6.0, 8.0]];
    let exercise = Exercise::new("10.5", "rms_norm", rms_norm::<3> as RmsNorm)
        .probe(
            format!("x = [{TOKENS:?}], weight = [2, 0.5], epsilon = 12.5"),
            |norm| norm(tensor(TOKENS).unsqueeze(), Tensor::from_floats([2.0, 0.5], &cpu()), 12.5),
            one_text([[1.2, 0.4], [0.0, 0.5], [-1.517_893_277, 0.505_964_426]]),
        )
        .probe(
            "x = [[[0, 0]]], weight = [1, 1], epsilon = 0.00001",
            |norm| norm(tensor([[0.0, 0.0]]).unsqueeze(), Tensor::ones([2], &cpu()), 1e-5),
            one_text([[0.0, 0.0]]),
        )
        .probe(
            "x = [[[1, 1]]], weight = [1, 1], epsilon = 3",
            |norm| norm(tensor([[1.0, 1.0]]).unsqueeze(), Tensor::ones([2], &cpu()), 3.0),
            one_text([[0.5, 0.5]]),
        )
        .probe(
            "x = [[[3, 4]]] and a weight of one number, [2]: is it refused?",
            |norm| {
                let weight = Tensor::from_floats([2.0], &cpu());
                refused(|| norm(tensor([[3.0, 4.0]]).unsqueeze(), weight, 0.1))
            },
            "refused",
        )
        .random(random_rms_norm);
    mistakes!(
        exercise,
        mistakes_10_5: epsilon_outside_the_root,
        the_sum_of_the_squares_and_not_their_mean,
        the_mean_taken_off_first,
        divided_by_the_mean_square_and_not_its_root,
        the_weight_forgotten,
        over_the_tokens_and_not_the_numbers_of_one,
        epsilon_forgotten,
        epsilon_as_a_floor_and_not_added,
        one_weight_taken_for_all_numbers,
    )
}

fn random_rms_norm(rng: &mut StdRng) -> Probe<RmsNorm> {
    const EPSILON: f64 = 0.1;
    let [tokens, d_model] = [(); 2].map(|()| rng.random_range(1..5));
    let (x, weight) = (numbers([tokens, d_model], rng), numbers([1, d_model], rng));
    let mut expected = rows(&x);
    for token in &mut expected {
        let square: f64 = token.iter().map(|number| number * number).sum();
        let root = (square / d_model as f64 + EPSILON).sqrt();
        for (number, weight) in token.iter_mut().zip(&rows(&weight)[0]) {
            *number = *number / root * weight;
        }
    }
    let given = format!("{tokens} random tokens of {d_model} numbers, epsilon = {EPSILON}");
    Probe::new(
        given,
        move |norm: RmsNorm| norm(x.clone().unsqueeze(), weight.clone().squeeze_dim(0), EPSILON),
        vec![expected],
    )
}

fn linear(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Linear {
    Linear { weight: Param::from_tensor(weight), bias: bias.map(Param::from_tensor) }
}

fn tensor<const N: usize, const M: usize>(rows: [[f32; N]; M]) -> Tensor<2> {
    Tensor::from_floats(rows, &cpu())
}

/// An answer for a batch of one text.
fn one_text<const N: usize, const M: usize>(tokens: [[f64; N]; M]) -> Vec<Matrix> {
    vec![tokens.map(Vec::from).to_vec()]
}

/// Random numbers in -1..1: a few products of them stay small, and so does what f32 loses.
fn numbers(shape: [usize; 2], rng: &mut StdRng) -> Tensor<2> {
    random::<2>(shape, rng.random(), &cpu()) * 0.5
}

/// The rows of a matrix, for the plain loops.
fn rows(x: &Tensor<2>) -> Matrix {
    let numbers: Vec<f64> = x.to_data().iter().collect();
    numbers.chunks(x.dims()[1]).map(<[f64]>::to_vec).collect()
}

fn product(x: &Matrix, weight: &Matrix) -> Matrix {
    let mut product = vec![vec![0.0; weight[0].len()]; x.len()];
    for (row, x) in product.iter_mut().zip(x) {
        for (number, weights) in x.iter().zip(weight) {
            for (sum, weight) in row.iter_mut().zip(weights) {
                *sum += number * weight;
            }
        }
    }
    product
}

/// The CPU, whatever the other tests run on: what is asked is what the learner wrote.
fn cpu() -> Device {
    backend::open("flex").expect("the CPU is always there")
}
