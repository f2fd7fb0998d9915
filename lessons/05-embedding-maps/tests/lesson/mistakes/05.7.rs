//! Mistakes in `repulsion`.

use maps::Map;

/// It is at the distance 0 from itself and adds 1 to the sum: every q comes out too small, and the
/// map too tight.
pub fn the_point_itself_counted_too(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        sum += w;
        push[0] += w * w * dx;
        push[1] += w * w * dy;
    }
    (sum, push)
}

/// Far points push as if they were near: the push falls with 1 / d and not with its cube.
pub fn w_not_squared_in_the_push(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        if j != i {
            let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
            let w = 1.0 / (1.0 + dx * dx + dy * dy);
            sum += w;
            push[0] += w * dx;
            push[1] += w * dy;
        }
    }
    (sum, push)
}

/// The push becomes a pull, and nothing keeps points apart.
pub fn towards_the_others_and_not_away(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        if j != i {
            let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
            let w = 1.0 / (1.0 + dx * dx + dy * dy);
            sum += w;
            push[0] += w * w * -dx;
            push[1] += w * w * -dy;
        }
    }
    (sum, push)
}

/// What t-SNE was made to get rid of: points that are no neighbours crowd in the middle.
pub fn the_exponential_of_the_space_and_not_w(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        if j != i {
            let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
            let w = (-(dx * dx + dy * dy)).exp();
            sum += w;
            push[0] += w * w * dx;
            push[1] += w * w * dy;
        }
    }
    (sum, push)
}

/// w falls as slowly as 1 / d: far points push harder than they should.
pub fn the_distance_not_squared_in_w(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        if j != i {
            let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
            let w = 1.0 / (1.0 + (dx * dx + dy * dy).sqrt());
            sum += w;
            push[0] += w * w * dx;
            push[1] += w * w * dy;
        }
    }
    (sum, push)
}

/// Z is the sum over all pairs, known only when every point has been asked.
pub fn the_push_divided_by_the_points_own_sum(y: &Map, i: usize) -> (f32, [f32; 2]) {
    let (mut sum, mut push) = (0.0, [0.0; 2]);
    for j in 0..y.y[0].len() {
        if j != i {
            let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
            let w = 1.0 / (1.0 + dx * dx + dy * dy);
            sum += w;
            push[0] += w * w * dx;
            push[1] += w * w * dy;
        }
    }
    (sum, push.map(|axis| axis / sum))
}
