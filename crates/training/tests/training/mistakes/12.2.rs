//! Mistakes in `Recipe::learning_rate_at`.

use std::f64::consts::PI;

use training::Recipe;

/// At a rate of 0 nothing moves: the first batch is computed for nothing.
pub fn the_first_step_learns_nothing(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * step as f64 / warm_up as f64;
    }
    if step >= steps {
        return this.minimum_learning_rate;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}

/// Two steps in a row then have the highest rate: the last of the rise and the first of the fall.
pub fn at_the_top_one_step_early(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / warm_up as f64;
    }
    if step >= steps {
        return this.minimum_learning_rate;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}

/// A schedule of its own, which others use; half of a cosine stays high for longer.
pub fn straight_down_and_not_along_a_cosine(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    if step >= steps {
        return this.minimum_learning_rate;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    this.minimum_learning_rate + (1.0 - way) * (this.learning_rate - this.minimum_learning_rate)
}

/// The fall then begins somewhere below the top: the rate jumps down at the end of the rise.
pub fn the_cosine_over_all_steps_the_rise_included(
    this: &Recipe,
    step: usize,
    steps: usize,
) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    if step >= steps {
        return this.minimum_learning_rate;
    }
    let way = step as f64 / steps as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}

/// The last steps then learn next to nothing.
pub fn down_to_0_and_not_to_the_lowest_rate(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    if step >= steps {
        return 0.0;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    share * this.learning_rate
}

/// Its steepest part comes at the end and not in the middle.
pub fn a_quarter_of_a_cosine(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    if step >= steps {
        return this.minimum_learning_rate;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    let share = (PI / 2.0 * way).cos();
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}

/// The cosine turns round: a step after the end learns faster than the one before it.
pub fn up_again_after_the_last_step(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = if steps < this.steps { this.warm_up.min(steps / 10) } else { this.warm_up };
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up).max(1) as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}

/// A training that a budget cuts to fewer steps than the rise has never reaches the top.
pub fn a_rise_as_long_however_few_steps_there_are(this: &Recipe, step: usize, steps: usize) -> f64 {
    let warm_up = this.warm_up;
    if step >= steps {
        return this.minimum_learning_rate;
    }
    if step < warm_up {
        return this.learning_rate * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    let way = (step - warm_up) as f64 / (steps - warm_up) as f64;
    let share = (1.0 + (PI * way).cos()) / 2.0;
    this.minimum_learning_rate + share * (this.learning_rate - this.minimum_learning_rate)
}
