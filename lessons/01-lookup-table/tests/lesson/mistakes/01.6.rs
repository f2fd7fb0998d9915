//! Mistakes in `step`.

use lookup::naive;

/// The loss grows: what came is made less likely with every step.
pub fn uphill(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit += rate * slope / predicted;
        }
    }
    nats / predicted
}

/// Rare tokens learn as fast as common ones. That is no longer the gradient of the loss.
pub fn averaged_over_the_pairs_of_each_row(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    let mut times = vec![0.0; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
        times[first] += 1.0;
    }
    for (row, slopes) in gradient.iter().enumerate() {
        for (column, slope) in slopes.iter().enumerate() {
            if times[row] > 0.0 {
                table[row][column] -= rate * slope / times[row];
            }
        }
    }
    nats / predicted
}

/// The step grows with the text: a rate that is right for a page is far too large for a book.
pub fn summed_over_the_pairs_and_not_averaged(
    table: &mut [Vec<f64>],
    ids: &[u32],
    rate: f64,
) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope;
        }
    }
    nats / predicted
}

/// Every logit of a row falls, what came too, and the probabilities stay where they were.
pub fn the_less_1_for_what_came_forgotten(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope / predicted;
        }
    }
    nats / predicted
}

/// What came is raised and nothing is lowered: a step in a direction that is not the steepest.
pub fn only_the_logit_of_what_came_moves(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        gradient[first][next] += log_probabilities[next].exp() - 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope / predicted;
        }
    }
    nats / predicted
}

/// Later pairs are judged by a table that earlier ones have moved. The order of the text counts.
pub fn the_table_changed_while_pairs_are_still_read(
    table: &mut [Vec<f64>],
    ids: &[u32],
    rate: f64,
) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            let came = if column == next { 1.0 } else { 0.0 };
            table[first][column] -= rate * (log_probability.exp() - came) / predicted;
        }
    }
    nats / predicted
}

/// The curve of losses begins one step too late, and the first loss, ln(vocab), is never seen.
pub fn the_loss_after_the_step_and_not_before(
    table: &mut [Vec<f64>],
    ids: &[u32],
    rate: f64,
) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let predicted = (ids.len() - 1) as f64;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        for (column, log_probability) in naive::log_softmax(&table[first]).iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope / predicted;
        }
    }
    let mut nats = 0.0;
    for pair in ids.windows(2) {
        nats -= naive::log_softmax(&table[pair[0] as usize])[pair[1] as usize];
    }
    nats / predicted
}

/// At a rate of 1 nothing shows; at any other the step is as long as ever.
pub fn the_rate_forgotten(table: &mut [Vec<f64>], ids: &[u32], rate: f64) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let _ = rate;
    let predicted = (ids.len() - 1) as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= slope / predicted;
        }
    }
    nats / predicted
}

/// Six tokens make five pairs. Loss and step come out a sixth too small.
pub fn divided_by_the_tokens_and_not_by_the_pairs(
    table: &mut [Vec<f64>],
    ids: &[u32],
    rate: f64,
) -> f64 {
    assert!(ids.len() > 1, "a bigram needs at least 2 tokens, found {}", ids.len());
    let tokens = ids.len() as f64;
    let mut nats = 0.0;
    let mut gradient = vec![vec![0.0; table.len()]; table.len()];
    for pair in ids.windows(2) {
        let (first, next) = (pair[0] as usize, pair[1] as usize);
        let log_probabilities = naive::log_softmax(&table[first]);
        nats -= log_probabilities[next];
        for (column, log_probability) in log_probabilities.iter().enumerate() {
            gradient[first][column] += log_probability.exp();
        }
        gradient[first][next] -= 1.0;
    }
    for (row, slopes) in table.iter_mut().zip(&gradient) {
        for (logit, slope) in row.iter_mut().zip(slopes) {
            *logit -= rate * slope / tokens;
        }
    }
    nats / tokens
}
