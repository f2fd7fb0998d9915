//! Mistakes in `Running::add`.

use roofline::softmax::Running;

/// Right as long as the first score is the largest.
pub fn the_sum_so_far_not_made_smaller(this: &mut Running, score: f32) {
    if score == f32::NEG_INFINITY {
        return;
    }
    if score > this.largest {
        this.largest = score;
    }
    this.sum += (score - this.largest).exp();
}

/// The sum grows by what it should shrink by.
pub fn the_sum_so_far_made_larger(this: &mut Running, score: f32) {
    if score == f32::NEG_INFINITY {
        return;
    }
    if score > this.largest {
        if this.sum > 0.0 {
            this.sum *= (score - this.largest).exp();
        }
        this.largest = score;
    }
    this.sum += (score - this.largest).exp();
}

/// A masked row that begins with a hidden token is NaN from there on.
pub fn a_hidden_score_taken_in(this: &mut Running, score: f32) {
    if score >= this.largest {
        this.sum *= (this.largest - score).exp();
        this.largest = score;
    }
    this.sum += (score - this.largest).exp();
}

/// The new score is added first and then made smaller with the old ones: e^0 counts for less than 1.
pub fn the_new_score_made_smaller_too(this: &mut Running, score: f32) {
    if score == f32::NEG_INFINITY {
        return;
    }
    if score > this.largest {
        let rescale = (this.largest - score).exp();
        this.largest = score;
        this.sum = (this.sum + 1.0) * rescale;
    } else {
        this.sum += (score - this.largest).exp();
    }
}

/// Overflows at a score of 89, as a softmax without its maximum does.
pub fn no_largest_taken_off(this: &mut Running, score: f32) {
    if score > this.largest {
        this.largest = score;
    }
    this.sum += score.exp();
}

/// The last score is taken for the largest.
pub fn the_last_score_for_the_largest(this: &mut Running, score: f32) {
    if score == f32::NEG_INFINITY {
        return;
    }
    this.sum = this.sum * (this.largest - score).exp() + 1.0;
    this.largest = score;
}
