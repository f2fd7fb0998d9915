//! Mistakes in `bigram_entropy`.

/// p(i, j) in both places: the entropy of the pair, with the surprise of its first half in it.
pub fn the_entropy_of_the_pair_and_not_of_its_second_half(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for &count in counts.iter().flatten() {
        if count > 0 {
            let share = f64::from(count) / f64::from(all);
            nats -= share * share.ln();
        }
    }
    nats
}

/// The logarithm to the base 2: larger by 1 / ln 2 = 1.44 than the loss that it bounds.
pub fn bits_and_not_nats(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut bits = 0.0;
    for row in counts {
        let row_total: u32 = row.iter().sum();
        for &count in row {
            if count > 0 {
                let count = f64::from(count);
                bits -= count / f64::from(all) * (count / f64::from(row_total)).log2();
            }
        }
    }
    bits
}

/// A token that comes once says as much as one that comes a thousand times.
pub fn the_mean_of_the_rows_whatever_their_counts(counts: &[Vec<u32>]) -> f64 {
    let mut nats = 0.0;
    for row in counts {
        let row_total: u32 = row.iter().sum();
        for &count in row {
            if count > 0 {
                let share = f64::from(count) / f64::from(row_total);
                nats -= share * share.ln();
            }
        }
    }
    nats / counts.len() as f64
}

/// How much the next token says about the one before it: the text read backwards.
pub fn columns_taken_for_rows(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for next in 0..counts.len() {
        let mut column_total = 0;
        for row in counts {
            column_total += row[next];
        }
        for row in counts {
            if row[next] > 0 {
                let count = f64::from(row[next]);
                nats -= count / f64::from(all) * (count / f64::from(column_total)).ln();
            }
        }
    }
    nats
}

/// ln 0 is minus infinity, and 0 times it is NaN: one pair that never came, and all is lost.
pub fn the_logarithm_of_0(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for row in counts {
        let row_total: u32 = row.iter().sum();
        for &count in row {
            let count = f64::from(count);
            nats -= count / f64::from(all) * (count / f64::from(row_total)).ln();
        }
    }
    nats
}

/// Logarithms of shares are below 0, and a loss is above it.
pub fn the_sign(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for row in counts {
        let row_total: u32 = row.iter().sum();
        for &count in row {
            if count > 0 {
                let count = f64::from(count);
                nats += count / f64::from(all) * (count / f64::from(row_total)).ln();
            }
        }
    }
    nats
}

/// 0 divided by 0: a text of one token has no entropy, and what is computed from it is NaN.
pub fn no_pairs_divided_by_no_pairs(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for row in counts {
        let row_total: u32 = row.iter().sum();
        for &count in row {
            if count > 0 {
                let count = f64::from(count);
                nats -= count * (count / f64::from(row_total)).ln();
            }
        }
    }
    nats / f64::from(all)
}

/// What came before is not asked: the best that a model without any memory can do.
pub fn the_entropy_of_the_next_token_whatever_came_before(counts: &[Vec<u32>]) -> f64 {
    let all: u32 = counts.iter().flatten().sum();
    let mut nats = 0.0;
    for next in 0..counts.len() {
        let mut came = 0;
        for row in counts {
            came += row[next];
        }
        if came > 0 {
            let share = f64::from(came) / f64::from(all);
            nats -= share * share.ln();
        }
    }
    nats
}
