//! What the lesson shows.

use course::{Report, Run};

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// None so far.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    run.device.seed(run.seed);
    Ok(Report::default())
}
