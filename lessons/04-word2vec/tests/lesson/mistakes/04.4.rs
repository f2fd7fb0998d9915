//! Mistakes in `gradient`.

use word2vec::Gradient;

/// A step goes against the gradient: with this sign it climbs, and the loss grows.
pub fn downhill_and_not_the_gradient(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            let error = if j == 0 { 1.0 - probability } else { -probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// Nothing is pushed from anything, and all vectors end up the same.
pub fn noise_words_taken_for_neighbours(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += (-score).exp().ln_1p();
            let error = probability - 1.0;
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// `=` where `+=` belongs: a word that is met twice takes the step of the last time only.
pub fn the_last_pair_and_not_the_sum_of_all(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] = error as f32 * u_j[d];
                found.u[j * d_model + d] = error as f32 * v_i[d];
            }
        }
    }
    found
}

/// Each error moves a vector along itself. It grows or shrinks, and turns towards nothing.
pub fn each_error_times_the_own_vector(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * v_i[d];
                found.u[j * d_model + d] += error as f32 * u_j[d];
            }
        }
    }
    found
}

/// The pull of v on u is told with u itself: dL/dv is right, so the loss falls for a while.
pub fn the_gradient_of_u_made_with_u_and_not_with_v(
    v: &[f32],
    u: &[f32],
    d_model: usize,
) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            let error = if j == 0 { probability - 1.0 } else { probability };
            for (d, &number) in u_j.iter().enumerate() {
                found.v[i * d_model + d] += error as f32 * number;
                found.u[j * d_model + d] += error as f32 * number;
            }
        }
    }
    found
}

/// The step shrinks as the window grows, and a word at the edge of a sentence counts more.
pub fn divided_by_the_number_of_context_words(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            let loss = if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            found.loss += loss * d_model as f64 / v.len() as f64;
            let error = if j == 0 { probability - 1.0 } else { probability };
            let error = error * d_model as f64 / v.len() as f64;
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// The loss says how well the neighbours fit and not a word about the noise; it can reach 0.
pub fn the_loss_of_the_neighbour_only(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            if j == 0 {
                found.loss += (-score).exp().ln_1p();
            }
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// 1 less a probability of 1 in f64 is 0, from scores of 37 up: its logarithm is infinite, where
/// that of sigmoid(-score) is not.
pub fn one_less_a_sigmoid_that_is_1(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss -= if j == 0 { probability.ln() } else { (1.0 - probability).ln() };
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// At a score of -100 the sigmoid is 0 in f32, and the loss infinite.
pub fn sigmoids_in_f32(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let score = score as f32;
            let probability = 1.0 / (1.0 + (-score).exp());
            let other = 1.0 / (1.0 + score.exp());
            found.loss -= f64::from(if j == 0 { probability.ln() } else { other.ln() });
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error * u_j[d];
                found.u[j * d_model + d] += error * v_i[d];
            }
        }
    }
    found
}

/// Numbers behind the last whole row are passed over, and a wrong width is found out much later.
pub fn rows_that_are_not_whole_unnoticed(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        for j in 0..u.len() / d_model {
            let (v_i, u_j) = (&v[i * d_model..][..d_model], &u[j * d_model..][..d_model]);
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            let probability = 1.0 / (1.0 + (-score).exp());
            found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
            let error = if j == 0 { probability - 1.0 } else { probability };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u_j[d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// One right answer of 1 + k, whose shares sum to 1: the noise words compete with each other.
pub fn softmax_over_the_targets(v: &[f32], u: &[f32], d_model: usize) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    for i in 0..v.len() / d_model {
        let v_i = &v[i * d_model..][..d_model];
        let mut powers = Vec::new();
        for u_j in u.chunks(d_model) {
            let score: f64 = v_i.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
            powers.push(score.exp());
        }
        let sum: f64 = powers.iter().sum();
        found.loss -= (powers[0] / sum).ln();
        for j in 0..powers.len() {
            let error = powers[j] / sum - if j == 0 { 1.0 } else { 0.0 };
            for d in 0..d_model {
                found.v[i * d_model + d] += error as f32 * u[j * d_model + d];
                found.u[j * d_model + d] += error as f32 * v_i[d];
            }
        }
    }
    found
}

/// The context words' mean predicts once: the other of word2vec's two models, with another loss.
pub fn the_mean_of_the_context_words_predicts_once(
    v: &[f32],
    u: &[f32],
    d_model: usize,
) -> Gradient {
    let whole_rows = v.len().is_multiple_of(d_model) && u.len().is_multiple_of(d_model);
    assert!(whole_rows, "expected rows of {d_model} numbers each");
    let mut found = Gradient { loss: 0.0, v: vec![0.0; v.len()], u: vec![0.0; u.len()] };
    let contexts = v.len() / d_model;
    let mut mean = vec![0.0; d_model];
    for (place, &number) in v.iter().enumerate() {
        mean[place % d_model] += number / contexts as f32;
    }
    for j in 0..u.len() / d_model {
        let u_j = &u[j * d_model..][..d_model];
        let score: f64 = mean.iter().zip(u_j).map(|(v, u)| f64::from(v * u)).sum();
        let probability = 1.0 / (1.0 + (-score).exp());
        found.loss += if j == 0 { (-score).exp().ln_1p() } else { score.exp().ln_1p() };
        let error = if j == 0 { probability - 1.0 } else { probability };
        for d in 0..d_model {
            for i in 0..contexts {
                found.v[i * d_model + d] += error as f32 * u_j[d] / contexts as f32;
            }
            found.u[j * d_model + d] += error as f32 * mean[d];
        }
    }
    found
}
