//! One operation on every device: agreement first, the warm-up apart, then the runs that count.

use anyhow::Result;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use course::SEED;

use super::operation::{BATCH, D_MODEL, Forward, Operation, TOKENS};
use super::row::{Deviation, Row, table};
use super::{Args, Seconds, timed};
use crate::shell::output;

/// Runs that are counted of each operation.
pub const RUNS: usize = 5;

/// Times one lesson's operation.
pub fn run(operation: &Operation, args: &Args) -> Result<()> {
    let rows = time(operation, &super::devices(args)?)?;
    output::rows(args.format, &rows, || output::fitted(&table(&rows)))
}

/// An operation's row for each device. The reference is the default device, or the first where the
/// build lacks that.
pub fn time(operation: &Operation, devices: &[(String, Device)]) -> Result<Vec<Row>> {
    let reference = backend::open(backend::DEFAULT).unwrap_or_else(|_| devices[0].1.clone());
    let input = input(&reference);
    let expected = answer(&(operation.make)(&reference), &input, &reference);
    let mut rows = Vec::new();
    for (name, device) in devices {
        let forward = (operation.make)(device);
        let (first, warm_up_s) = timed(|| Ok(answer(&forward, &input, device)))?;
        let max_abs_difference = f64::from(golden::max_abs_error_of_data(&first, &expected));
        rows.push(Row {
            what: operation.what,
            operation: operation.name,
            device: name.clone(),
            deviation: Deviation::Difference { max_abs_difference },
            warm_up_s,
            forward_s: Some(repeat(|| drop(answer(&forward, &input, device)), RUNS, device)?),
            backward_s: if operation.trains {
                Some(backward(operation, &input, device)?)
            } else {
                None
            },
        });
    }
    Ok(rows)
}

/// What the operation makes of the input, read back from the device.
fn answer(forward: &Forward, input: &TensorData, device: &Device) -> TensorData {
    forward(Tensor::from_data(input.clone(), device)).into_data()
}

/// The time of forward and backward passes.
fn backward(operation: &Operation, input: &TensorData, device: &Device) -> Result<Seconds> {
    let training_device = device.clone().autodiff();
    let forward = (operation.make)(&training_device);
    read_gradient(&forward, input, &training_device); // a device may compile its kernels first
    repeat(|| read_gradient(&forward, input, &training_device), RUNS, device)
}

/// One forward and backward pass; the gradient is read, so that it has to be there.
fn read_gradient(forward: &Forward, input: &TensorData, training_device: &Device) {
    let x = Tensor::<3>::from_data(input.clone(), training_device).require_grad();
    let gradients = forward(x.clone()).square().mean().backward();
    if let Some(gradient) = x.grad(&gradients) {
        drop(gradient.into_data());
    }
}

/// The input: the same random numbers for every device.
fn input(device: &Device) -> TensorData {
    let _seed = backend::seeded(device, SEED);
    let normal = Distribution::Normal(0.0, 1.0);
    Tensor::<3>::random([BATCH, TOKENS, D_MODEL], normal, device).into_data()
}

/// Seconds of so many runs, each until the device is done.
pub fn repeat(work: impl Fn(), runs: usize, device: &Device) -> Result<Seconds> {
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let ((), took) = timed(|| {
            work();
            Ok(device.sync()?)
        })?;
        seconds.push(took);
    }
    Ok(Seconds::of(seconds))
}
