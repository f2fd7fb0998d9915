//! How well two samples follow each other.

/// Pearson's correlation of two samples, in -1..1; `None` for fewer than two pairs or a constant
/// sample.
///
/// r = sum((x - mean x)(y - mean y)) / sqrt(sum((x - mean x)^2) sum((y - mean y)^2))
///
/// # Panics
///
/// If the samples differ in length.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    assert_eq!(x.len(), y.len(), "correlation pairs each x with a y");
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (&a, &b) in x.iter().zip(y) {
        let (dx, dy) = (a - mean_x, b - mean_y);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    let r = xy / (xx * yy).sqrt();
    if r.is_finite() { Some(r) } else { None }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Spearman's rank correlation: [`pearson`] of the ranks, equal values sharing their mean rank.
///
/// # Panics
///
/// If the samples differ in length.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&ranks(x), &ranks(y))
}

/// Rank of each value, from 0; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let first = order.partition_point(|&i| values[i] < values[group[0]]);
        let shared = first as f64 + (group.len() - 1) as f64 / 2.0;
        for &i in group {
            ranks[i] = shared;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spearman_sees_only_the_order() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let cubes = [1.0, 8.0, 27.0, 64.0];
        assert_eq!(spearman(&x, &cubes), Some(1.0));
        assert!(pearson(&x, &cubes).unwrap() < 0.96);
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[10.0, 20.0, 20.0, 30.0]), [0.0, 1.5, 1.5, 3.0]);
    }

    #[test]
    fn a_constant_sample_has_no_correlation() {
        assert_eq!(pearson(&[1.0, 1.0], &[2.0, 3.0]), None);
        assert_eq!(spearman(&[], &[]), None);
    }
}
