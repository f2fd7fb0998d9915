//! Numbers side by side.

/// Numbers that are multiplied or added at once: those of one AVX register.
pub(crate) const LANES: usize = 8;

/// Numbers of a padded row: `d_model`, rounded up to a multiple of [`LANES`].
pub(crate) fn padded(d_model: usize) -> usize {
    d_model.next_multiple_of(LANES)
}
