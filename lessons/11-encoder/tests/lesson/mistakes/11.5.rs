//! Mistakes in `naive::linear`.

/// Of a square matrix nothing tells: every shape fits, and every answer is another.
pub fn the_matrix_taken_as_if_a_column_were_an_output(
    stored: &[Vec<f32>],
    bias: &[f32],
    x: &[f32],
) -> Vec<f32> {
    let mut y = bias.to_vec();
    for (o, output) in y.iter_mut().enumerate() {
        for (row, number) in stored.iter().zip(x) {
            *output += row[o] * number;
        }
    }
    y
}

/// A file that is half read: the model runs, and is wrong by as much as the bias.
pub fn the_bias_forgotten(stored: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; bias.len()];
    for (output, row) in y.iter_mut().zip(stored) {
        assert_eq!(row.len(), x.len());
        for (weight, number) in row.iter().zip(x) {
            *output += weight * number;
        }
    }
    y
}

/// As large as the input is wide, so 384 times in all-MiniLM-L6-v2.
pub fn the_bias_added_with_every_product(stored: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
    let mut y = vec![0.0; bias.len()];
    for ((output, row), bias) in y.iter_mut().zip(stored).zip(bias) {
        assert_eq!(row.len(), x.len());
        for (weight, number) in row.iter().zip(x) {
            *output += weight * number + bias;
        }
    }
    y
}

/// All but the last number of the input are without effect.
pub fn the_last_product_alone_and_no_sum(stored: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
    let mut y = bias.to_vec();
    for ((output, row), bias) in y.iter_mut().zip(stored).zip(bias) {
        assert_eq!(row.len(), x.len());
        for (weight, number) in row.iter().zip(x) {
            *output = bias + weight * number;
        }
    }
    y
}

/// The bias is an output's own and meets no input. Here it grows with what comes in.
pub fn the_bias_multiplied_by_the_input_too(
    stored: &[Vec<f32>],
    bias: &[f32],
    x: &[f32],
) -> Vec<f32> {
    let mut y = vec![0.0; bias.len()];
    for ((output, row), bias) in y.iter_mut().zip(stored).zip(bias) {
        assert_eq!(row.len(), x.len());
        for (weight, number) in row.iter().zip(x) {
            *output += (weight + bias) * number;
        }
    }
    y
}

/// What does not fit is dropped without a word: the file of another model is read as this one's.
pub fn a_row_longer_than_the_input_cut_off(
    stored: &[Vec<f32>],
    bias: &[f32],
    x: &[f32],
) -> Vec<f32> {
    let mut y = bias.to_vec();
    for (output, row) in y.iter_mut().zip(stored) {
        for (weight, number) in row.iter().zip(x) {
            *output += weight * number;
        }
    }
    y
}

/// An activation of its own: what a layer takes away is lost, and only what it adds is left.
pub fn nothing_below_0_comes_out(stored: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
    assert_eq!(stored.len(), bias.len());
    let mut y = bias.to_vec();
    for (output, row) in y.iter_mut().zip(stored) {
        assert_eq!(row.len(), x.len());
        for (weight, number) in row.iter().zip(x) {
            *output += weight * number;
        }
        *output = output.max(0.0);
    }
    y
}
