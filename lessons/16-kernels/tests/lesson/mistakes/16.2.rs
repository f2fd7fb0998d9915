//! Mistakes in `attainable`.

use roofline::{Roof, Work};

/// The data sheet's number, which a pass over a list never comes near.
pub fn the_peak_whatever_the_work(roof: &Roof, _work: &Work) -> f64 {
    roof.flops_per_second
}

/// A large product would go ten times as fast as the processor can.
pub fn the_memory_alone(roof: &Roof, work: &Work) -> f64 {
    roof.bytes_per_second * work.intensity()
}

/// The larger limit is the one that is not felt.
pub fn the_larger_of_both_limits(roof: &Roof, work: &Work) -> f64 {
    let delivered = roof.bytes_per_second * work.intensity();
    delivered.max(roof.flops_per_second)
}

/// Bytes per operation: the more arithmetic, the slower.
pub fn bytes_per_operation_and_not_operations_per_byte(roof: &Roof, work: &Work) -> f64 {
    let delivered = roof.bytes_per_second / work.intensity();
    delivered.min(roof.flops_per_second)
}

/// Two speeds do not add up; times would, if moving and computing had to take turns.
pub fn both_limits_added(roof: &Roof, work: &Work) -> f64 {
    roof.bytes_per_second * work.intensity() + roof.flops_per_second
}

/// As if nothing were moved while something is computed: half of the truth at the ridge.
pub fn moving_and_computing_in_turns(roof: &Roof, work: &Work) -> f64 {
    let seconds =
        work.flops as f64 / roof.flops_per_second + work.bytes as f64 / roof.bytes_per_second;
    work.flops as f64 / seconds
}
