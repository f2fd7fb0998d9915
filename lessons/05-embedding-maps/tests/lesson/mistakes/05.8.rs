//! Mistakes in `gradient`.

use maps::{Affinities, Map, repulsion};

/// Downhill all the same, with a quarter of each step.
pub fn the_factor_4_missing(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut z = 0.0_f32;
    for i in 0..y.y[0].len() {
        z += repulsion(y, i).0;
    }
    let z = z.max(f32::MIN_POSITIVE);
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis].push(exaggeration * pull - push[axis] / z);
        }
    }
    gradient
}

/// Then only the step is longer: all that the KL falls by, it has fallen by when the exaggeration
/// ends.
pub fn the_push_exaggerated_too(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut z = 0.0_f32;
    for i in 0..y.y[0].len() {
        z += repulsion(y, i).0;
    }
    let z = z.max(f32::MIN_POSITIVE);
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis].push(4.0 * exaggeration * (pull - push[axis] / z));
        }
    }
    gradient
}

/// On a small map the push is as many times too strong as there are pairs: the map flies apart.
pub fn the_push_not_divided_by_z(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis].push(4.0 * (exaggeration * pull - push[axis]));
        }
    }
    gradient
}

/// Who steps against it then climbs: neighbours part and strangers meet.
pub fn downhill_already(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut z = 0.0_f32;
    for i in 0..y.y[0].len() {
        z += repulsion(y, i).0;
    }
    let z = z.max(f32::MIN_POSITIVE);
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis].push(4.0 * (push[axis] / z - exaggeration * pull));
        }
    }
    gradient
}

/// Far neighbours pull like a spring, the harder the further. That is the older SNE.
pub fn the_pull_without_w(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut z = 0.0_f32;
    for i in 0..y.y[0].len() {
        z += repulsion(y, i).0;
    }
    let z = z.max(f32::MIN_POSITIVE);
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * d;
            }
            gradient[axis].push(4.0 * (exaggeration * pull - push[axis] / z));
        }
    }
    gradient
}

/// Each point has a Z of its own: lonely ones are pushed away hardest.
pub fn z_of_one_point_and_not_of_all_pairs(
    p: &Affinities,
    y: &Map,
    exaggeration: f32,
) -> [Vec<f32>; 2] {
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (sum, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis]
                .push(4.0 * (exaggeration * pull - push[axis] / sum.max(f32::MIN_POSITIVE)));
        }
    }
    gradient
}

/// A map of one point has no pairs, and 0 / 0 is NaN.
pub fn a_point_alone_divided_by_0(p: &Affinities, y: &Map, exaggeration: f32) -> [Vec<f32>; 2] {
    let mut z = 0.0_f32;
    for i in 0..y.y[0].len() {
        z += repulsion(y, i).0;
    }
    let mut gradient = [Vec::new(), Vec::new()];
    for i in 0..y.y[0].len() {
        let (_, push) = repulsion(y, i);
        for axis in [0, 1] {
            let mut pull = 0.0;
            for &(j, p) in &p.rows[i] {
                let j = j as usize;
                let [dx, dy] = [y.y[0][i] - y.y[0][j], y.y[1][i] - y.y[1][j]];
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                let d = y.y[axis][i] - y.y[axis][j];
                pull += p * w * d;
            }
            gradient[axis].push(4.0 * (exaggeration * pull - push[axis] / z));
        }
    }
    gradient
}
