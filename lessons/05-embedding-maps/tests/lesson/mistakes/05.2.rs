//! Mistakes in `conditional`.

/// No row of three has an entropy of 2 nats: beta goes to 0, and all points are neighbours alike.
pub fn the_perplexity_itself_taken_for_the_entropy(
    squared: &[f32],
    perplexity: f64,
) -> (f64, Vec<f64>) {
    let wanted = perplexity;
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * f64::from(d - least)).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.ln() } else { 0.0 };
        }
        if entropy > wanted {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    (beta, p)
}

/// Bits are compared with nats: each point gets fewer neighbours than were asked for.
pub fn the_entropy_in_bits(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let wanted = perplexity.ln();
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * f64::from(d - least)).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.log2() } else { 0.0 };
        }
        if entropy > wanted {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    (beta, p)
}

/// A bell curve asks for squares. Far neighbours get more than their share.
pub fn distances_that_are_not_squared(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let wanted = perplexity.ln();
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * (f64::from(d).sqrt() - f64::from(least).sqrt())).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.ln() } else { 0.0 };
        }
        if entropy > wanted {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    (beta, p)
}

/// One beta for all: where points lie close, each has many neighbours, and far out none.
pub fn beta_left_at_1(squared: &[f32], _perplexity: f64) -> (f64, Vec<f64>) {
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let mut p = Vec::new();
    for &d in squared {
        p.push((-f64::from(d - least)).exp());
    }
    let z: f64 = p.iter().sum();
    for p in &mut p {
        *p /= z;
    }
    (1.0, p)
}

/// Entropy falls when beta grows. The other way round the search runs off to 0 or to infinity.
pub fn the_search_walks_the_wrong_way(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let wanted = perplexity.ln();
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * f64::from(d - least)).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.ln() } else { 0.0 };
        }
        if entropy > wanted {
            high = beta;
        } else {
            low = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    (beta, p)
}

/// Far from everything, every exponential is 0 and the shares are 0 / 0: one lonely point makes the
/// whole map NaN.
pub fn the_least_distance_not_taken_off(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let wanted = perplexity.ln();
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * f64::from(d)).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.ln() } else { 0.0 };
        }
        if entropy > wanted {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    (beta, p)
}

/// beta = 1 / (2 sigma^2): the shares are right, and what is told of the row is another number.
pub fn sigma_and_not_beta(squared: &[f32], perplexity: f64) -> (f64, Vec<f64>) {
    let wanted = perplexity.ln();
    let mut least = f32::INFINITY;
    for &d in squared {
        least = least.min(d);
    }
    let (mut low, mut beta, mut high) = (0.0_f64, 1.0_f64, f64::INFINITY);
    let mut p = Vec::new();
    for _ in 0..100 {
        p.clear();
        for &d in squared {
            p.push((-beta * f64::from(d - least)).exp());
        }
        let z: f64 = p.iter().sum();
        let mut entropy = 0.0;
        for p in &mut p {
            *p /= z;
            entropy -= if *p > 0.0 { *p * p.ln() } else { 0.0 };
        }
        if entropy > wanted {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_infinite() { 2.0 * beta } else { (low + high) / 2.0 };
    }
    ((0.5 / beta).sqrt(), p)
}
