//! One operation on every device: agreement first, the warm-up apart, then the runs that count.

use anyhow::Result;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use course::SEED;

use super::operation::{BATCH, D_MODEL, Forward, Operation, TOKENS};
use super::row::{Agreement, Row, table};
use super::{Args, Seconds, timed};
use crate::shell::output;

/// Runs that are counted of each operation.
pub const RUNS: usize = 5;

/// Times one lesson's operation.
pub fn run(operation: &Operation, args: &Args) -> Result<()> {
    let rows = time(operation, &super::devices(args)?)?;
    output::rows(args.format, &rows, || table(&rows))
}

/// An operation's row for each device. The reference is the default device, or the first where the
/// build lacks that.
pub fn time(operation: &Operation, devices: &[(String, Device)]) -> Result<Vec<Row>> {
    let reference = backend::open(backend::DEFAULT).unwrap_or_else(|_| devices[0].1.clone());
    let input = input(&reference);
    let expected =
        (operation.make)(&reference)(Tensor::from_data(input.clone(), &reference)).into_data();
    let mut rows = Vec::new();
    for (name, device) in devices {
        let forward = (operation.make)(device);
        let once = || forward(Tensor::from_data(input.clone(), device)).into_data();
        let (first, warm_up_s) = timed(|| Ok(once()))?;
        let max_abs_difference = f64::from(golden::max_abs_error_of_data(&first, &expected));
        rows.push(Row {
            what: operation.what,
            operation: operation.name,
            device: name.clone(),
            agreement: Agreement::Difference { max_abs_difference },
            warm_up_s,
            forward_s: Some(repeat(|| drop(once()), device)?),
            backward_s: if operation.trains {
                Some(backward(operation, &input, device)?)
            } else {
                None
            },
        });
    }
    Ok(rows)
}

/// Forward and backward passes; the gradient is read, so that it has to be there.
fn backward(operation: &Operation, input: &TensorData, device: &Device) -> Result<Seconds> {
    let learning = device.clone().autodiff();
    let forward: Forward = (operation.make)(&learning);
    let once = || {
        let x = Tensor::<3>::from_data(input.clone(), &learning).require_grad();
        let gradients = forward(x.clone()).square().mean().backward();
        drop(x.grad(&gradients).map(Tensor::into_data));
    };
    once(); // a device may compile the kernels of the gradient first
    repeat(once, device)
}

/// The same numbers for every device.
fn input(device: &Device) -> TensorData {
    let _seed = backend::seeded(device, SEED);
    let normal = Distribution::Normal(0.0, 1.0);
    Tensor::<3>::random([BATCH, TOKENS, D_MODEL], normal, device).into_data()
}

fn repeat(work: impl Fn(), device: &Device) -> Result<Seconds> {
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        let ((), took) = timed(|| {
            work();
            Ok(device.sync()?)
        })?;
        seconds.push(took);
    }
    Ok(Seconds::of(seconds))
}
