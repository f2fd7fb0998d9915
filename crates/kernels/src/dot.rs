//! The dot product of long vectors, fast.

/// Numbers that are added on their own, so that the additions do not wait for each other and the
/// compiler makes SIMD of them.
const LANES: usize = 16;

/// sum_i a_i b_i, of as many numbers as the shorter one has.
///
/// Numbers that lie 16 apart are added first, then the sums from the left, then what is left
/// over: the last bits differ from those of a sum from left to right.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let mut rest = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        rest += a * b;
    }
    from_left(&sums) + rest
}

/// sum_i x_i, added as [`dot`] adds: what it takes to read every number once.
pub fn sum(x: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (x, rest) = x.as_chunks::<LANES>();
    for x in x {
        for lane in 0..LANES {
            sums[lane] += x[lane];
        }
    }
    from_left(&sums) + from_left(rest)
}

/// The sum from left to right.
fn from_left(numbers: &[f32]) -> f32 {
    let mut sum = 0.0;
    for number in numbers {
        sum += number;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_and_the_rest_add_up_to_the_plain_sum() {
        for length in [0, 1, 15, 16, 17, 100] {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let (mut expected_dot, mut expected_sum) = (0.0, 0.0);
            for i in 0..length {
                // small integers: every order of additions gives the same bits
                let (x, y) = ((i % 7) as f32 - 3.0, (i % 5) as f32 - 1.0);
                expected_dot += x * y;
                expected_sum += x;
                a.push(x);
                b.push(y);
            }
            assert_eq!(dot(&a, &b), expected_dot, "{length} numbers");
            assert_eq!(sum(&a), expected_sum, "{length} numbers");
        }
    }
}
