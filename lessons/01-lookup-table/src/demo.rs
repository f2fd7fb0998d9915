//! What lesson 01 shows.

use course::{Report, Run};

/// Shows the lesson.
///
/// # Errors
///
/// None so far.
pub fn demo(_run: &Run) -> anyhow::Result<Report> {
    Ok(Report::default())
}
