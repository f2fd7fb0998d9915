//! The code of the book's page "burn in fifteen minutes": every number that the page shows.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Int, Tensor};

// ANCHOR: read
#[test]
fn a_tensor_is_made_of_numbers_and_gives_them_back() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &device);
    let [rows, columns] = x.dims();
    assert_eq!((rows, columns), (2, 3));
    let sum = x.clone().sum().into_scalar::<f64>();
    assert_eq!(sum, 21.0);
    let numbers: Vec<f64> = x.into_data().iter::<f64>().collect();
    assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}
// ANCHOR_END: read

/// A tensor's numbers, row after row.
fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

// ANCHOR: pick
#[test]
fn rows_columns_and_parts_are_picked() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &device);

    // select: whole rows (axis 0) by their numbers, in any order and as often as you like
    let ids = Tensor::<1, Int>::from_ints([1, 0, 1], &device);
    let picked = x.clone().select(0, ids);
    assert_eq!(numbers(picked), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);

    // gather: one number from each row, here column 2 of row 0 and column 0 of row 1
    let columns = Tensor::<2, Int>::from_ints([[2], [0]], &device);
    let picked = x.clone().gather(1, columns);
    assert_eq!((picked.dims(), numbers(picked)), ([2, 1], vec![3.0, 4.0]));

    // narrow: along axis 1, from column 1 on, 2 columns
    let part = x.clone().narrow(1, 1, 2);
    assert_eq!((part.dims(), numbers(part)), ([2, 2], vec![2.0, 3.0, 5.0, 6.0]));

    // slice: a range for each axis
    let part = x.slice([0..1, 1..3]);
    assert_eq!((part.dims(), numbers(part)), ([1, 2], vec![2.0, 3.0]));
}
// ANCHOR_END: pick

// ANCHOR: shape
#[test]
fn the_same_numbers_stand_under_other_axes() {
    let device = backend::from_env();
    let x = Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &device);

    // reshape keeps the order of the numbers, swap_dims does not
    let tall = x.clone().reshape([3, 2]);
    assert_eq!(numbers(tall), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let turned = x.clone().swap_dims(0, 1);
    assert_eq!(turned.dims(), [3, 2]);
    assert_eq!(numbers(turned), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);

    // an axis of size 1: in front, or where you say
    assert_eq!(x.clone().unsqueeze::<3>().dims(), [1, 2, 3]);
    assert_eq!(x.clone().unsqueeze_dim::<3>(1).dims(), [2, 1, 3]);

    // an axis of size 1 is repeated where the other tensor is longer
    let row = Tensor::<1>::from_floats([10.0, 20.0, 30.0], &device);
    let sum = x.clone() + row.unsqueeze::<2>();
    assert_eq!(numbers(sum), [11.0, 22.0, 33.0, 14.0, 25.0, 36.0]);

    // a sum along an axis keeps the axis, with size 1
    let sums = x.sum_dim(1);
    assert_eq!((sums.dims(), numbers(sums)), ([2, 1], vec![6.0, 15.0]));
}
// ANCHOR_END: shape

// ANCHOR: clone
#[test]
fn a_clone_copies_no_numbers() {
    let device = backend::from_env();
    let table = Tensor::<2>::ones([1000, 1000], &device); // 4 MB
    let clones = vec![table.clone(); 100_000]; // 400 GB, if clones were copies
    let changed = clones[0].clone() + 1.0;
    assert_eq!(changed.max().into_scalar::<f64>(), 2.0);
    assert_eq!(table.max().into_scalar::<f64>(), 1.0);
}
// ANCHOR_END: clone

// ANCHOR: module
#[derive(Config, Debug)]
struct ScaleConfig {
    width: usize,
    #[config(default = 1.0)]
    start: f64,
}

#[derive(Module, Debug)]
struct Scale {
    factors: Param<Tensor<1>>,
}

impl ScaleConfig {
    fn init(&self, device: &Device) -> Scale {
        let start = Initializer::Constant { value: self.start };
        Scale { factors: start.init([self.width], device) }
    }
}

impl Scale {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x * self.factors.val().unsqueeze::<2>()
    }
}
// ANCHOR_END: module

// ANCHOR: use
#[test]
fn a_config_makes_a_module() {
    let device = backend::from_env();
    let plain = ScaleConfig::new(2);
    assert_eq!((plain.width, plain.start), (2, 1.0));
    let scale = ScaleConfig::new(2).with_start(3.0).init(&device);
    assert_eq!(scale.num_params(), 2);
    let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
    assert_eq!(numbers(scale.forward(x)), [3.0, 6.0]);
}
// ANCHOR_END: use

// ANCHOR: step
#[test]
fn a_step_walks_against_the_gradient() {
    let device = backend::from_env().autodiff();
    let mut scale = ScaleConfig::new(2).with_start(3.0).init(&device);
    let mut optimizer = SgdConfig::new().init();
    let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);

    // 1 x 3 and 2 x 3, squared and added: 9 + 36
    let loss = scale.forward(x.clone()).square().sum();
    assert_eq!(loss.clone().into_scalar::<f64>(), 45.0);

    // by each factor f, 2 f x^2: 6 and 24
    let gradients = loss.backward();
    let gradient = scale.factors.val().grad(&gradients).expect("the factors were used");
    assert_eq!(numbers(gradient), [6.0, 24.0]);

    // 3 - 6/8 and 3 - 24/8
    let gradients = GradientsParams::from_grads(gradients, &scale);
    scale = optimizer.step(0.125, scale, gradients);
    assert_eq!(numbers(scale.factors.val()), [2.25, 0.0]);
    let loss = scale.forward(x).square().sum();
    assert_eq!(loss.into_scalar::<f64>(), 5.0625);
}
// ANCHOR_END: step

#[test]
fn too_long_a_step_makes_the_loss_grow() {
    let device = backend::from_env().autodiff();
    let scale = ScaleConfig::new(2).with_start(3.0).init(&device);
    let x = Tensor::<2>::from_floats([[1.0, 2.0]], &device);
    let loss = scale.forward(x.clone()).square().sum();
    let gradients = GradientsParams::from_grads(loss.backward(), &scale);
    let scale = SgdConfig::new().init().step(0.5, scale, gradients);
    assert_eq!(numbers(scale.factors.val()), [0.0, -9.0]);
    assert_eq!(scale.forward(x).square().sum().into_scalar::<f64>(), 324.0);
}
