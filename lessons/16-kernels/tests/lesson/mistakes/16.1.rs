//! Mistakes in `product_work`.

use roofline::{NUMBER, Work};

/// Half of what everyone else counts: the machine looks half as fast as it is.
pub fn multiplications_without_additions(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + inner * columns + rows * columns;
    Work { flops: rows * inner * columns, bytes: NUMBER * numbers }
}

/// What is written is traffic as what is read is; where `inner` is small it is most of it.
pub fn the_output_not_counted(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + inner * columns;
    Work { flops: 2 * rows * inner * columns, bytes: NUMBER * numbers }
}

/// Four times the intensity, and everything seems to compute.
pub fn numbers_and_not_bytes(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + inner * columns + rows * columns;
    Work { flops: 2 * rows * inner * columns, bytes: numbers }
}

/// That is three loops with no cache at all: then every product waits for the memory, which no
/// processor of the last forty years does.
pub fn both_factors_read_again_for_every_multiplication(
    rows: u64,
    inner: u64,
    columns: u64,
) -> Work {
    let numbers = 2 * rows * inner * columns + rows * columns;
    Work { flops: 2 * rows * inner * columns, bytes: NUMBER * numbers }
}

/// With one row the weight is nearly all there is to move.
pub fn the_weight_not_counted(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + rows * columns;
    Work { flops: 2 * rows * inner * columns, bytes: NUMBER * numbers }
}

/// The sum over `inner` is forgotten: that is the arithmetic of a pass over the output.
pub fn two_operations_for_each_number_of_the_output(rows: u64, inner: u64, columns: u64) -> Work {
    let numbers = rows * inner + inner * columns + rows * columns;
    Work { flops: 2 * rows * columns, bytes: NUMBER * numbers }
}
