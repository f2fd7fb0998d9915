//! Mistakes in `keep_probability`.

/// What the paper prints and no program computes: it keeps a third where four ninths are kept.
pub fn the_formula_of_the_paper(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (t / f).sqrt().min(1.0) }
}

/// How often a word is passed over. Rare words then go, and "the" stays.
pub fn the_probability_of_dropping_it(f: f64, t: f64) -> f64 {
    if t == 0.0 { 0.0 } else { 1.0 - (((f / t).sqrt() + 1.0) * t / f).min(1.0) }
}

/// More than 1 is no probability. A draw of a number below 1 hides it, a mean does not.
pub fn more_than_1(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { ((f / t).sqrt() + 1.0) * t / f }
}

/// Each frequent word is thinned down to t: all of them are as frequent as each other then.
pub fn t_over_f_alone(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (t / f).min(1.0) }
}

/// The fraction the wrong way round: what is rare is passed over.
pub fn t_and_f_exchanged(f: f64, t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { (((t / f).sqrt() + 1.0) * f / t).min(1.0) }
}

/// With t = 0 nothing is left of the text, where the option is meant to switch thinning off.
pub fn nothing_kept_where_t_is_0(f: f64, t: f64) -> f64 {
    ((t / f).sqrt() + t / f).min(1.0)
}
