//! Mistakes in `anisotropy`.

use burn::tensor::Tensor;
use similarity::{normalise, pairwise};

/// Every row has the cosine 1 with itself, so a small table looks crowded that is not.
pub fn every_row_with_itself_too(table: Tensor<2>) -> f64 {
    pairwise(table.clone(), table).mean().into_scalar::<f64>()
}

/// A table of long vectors looks crowded, whatever their directions.
pub fn dot_products_and_not_cosines(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let products = table.clone().matmul(table.transpose());
    let products: Vec<f64> = products.into_data().iter::<f64>().collect();
    let (mut sum, mut pairs) = (0.0, 0);
    for i in 0..vectors {
        for j in i + 1..vectors {
            sum += products[i * vectors + j];
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { sum / f64::from(pairs) }
}

/// Rows that stand beside each other are no random pairs: in a table sorted by meaning they are
/// alike.
pub fn neighbouring_rows_only(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let cosines: Vec<f64> = pairwise(table.clone(), table).into_data().iter::<f64>().collect();
    let (mut sum, mut pairs) = (0.0, 0);
    for i in 1..vectors {
        sum += cosines[(i - 1) * vectors + i];
        pairs += 1;
    }
    if pairs == 0 { 0.0 } else { sum / f64::from(pairs) }
}

/// There are half as many pairs as that and fewer: even a perfect cone stays below 1/2.
pub fn divided_by_the_number_of_rows_squared(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let cosines: Vec<f64> = pairwise(table.clone(), table).into_data().iter::<f64>().collect();
    let mut sum = 0.0;
    for i in 0..vectors {
        for j in i + 1..vectors {
            sum += cosines[i * vectors + j];
        }
    }
    sum / (vectors * vectors) as f64
}

/// Each pair is added from both sides and counted from one: a mean cosine above 1 can come out.
pub fn each_pair_added_twice_and_counted_once(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let cosines: Vec<f64> = pairwise(table.clone(), table).into_data().iter::<f64>().collect();
    let (mut sum, mut pairs) = (0.0, 0);
    for i in 0..vectors {
        for j in 0..vectors {
            if i != j {
                sum += cosines[i * vectors + j];
            }
            if i < j {
                pairs += 1;
            }
        }
    }
    if pairs == 0 { 0.0 } else { sum / f64::from(pairs) }
}

/// That takes away the common direction, which is the very thing to be measured.
pub fn the_mean_row_subtracted_first(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let centred = table.clone() - table.mean_dim(0);
    let unit = normalise(centred);
    let cosines: Vec<f64> = unit.clone().matmul(unit.transpose()).into_data().iter().collect();
    let (mut sum, mut pairs) = (0.0, 0);
    for i in 0..vectors {
        for j in i + 1..vectors {
            sum += cosines[i * vectors + j];
            pairs += 1;
        }
    }
    if pairs == 0 { 0.0 } else { sum / f64::from(pairs) }
}

/// One row has no pair, and 0 / 0 spreads into the mean over all groups of words.
pub fn nan_where_there_is_no_pair(table: Tensor<2>) -> f64 {
    let [vectors, _] = table.dims();
    let cosines: Vec<f64> = pairwise(table.clone(), table).into_data().iter::<f64>().collect();
    let (mut sum, mut pairs) = (0.0, 0.0);
    for i in 0..vectors {
        for j in i + 1..vectors {
            sum += cosines[i * vectors + j];
            pairs += 1.0;
        }
    }
    sum / pairs
}
