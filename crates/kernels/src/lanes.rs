//! Numbers side by side.

/// How many numbers are multiplied or added at once: those of one AVX register.
pub(crate) const LANES: usize = 8;

/// How many numbers a padded row has: `d_model`, rounded up to a multiple of [`LANES`].
pub(crate) fn padded(d_model: usize) -> usize {
    d_model.next_multiple_of(LANES)
}
