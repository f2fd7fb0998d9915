//! What was measured of one operation on one device, and how rows of it are printed.

use course::Table;
use serde::Serialize;

use super::Seconds;

/// How long an operation took on one device, and how far its answer is from the reference's.
#[derive(Debug, Serialize)]
pub struct Row {
    /// A lesson's number, or the name of a whole model.
    pub what: &'static str,
    /// Name of the operation.
    pub operation: &'static str,
    /// Name of the device.
    pub device: String,
    /// Distance of the answer from the reference's.
    #[serde(flatten)]
    pub deviation: Deviation,
    /// Seconds of the first run, in which a device may compile its kernels.
    pub warm_up_s: f64,
    /// Seconds of the runs forward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_s: Option<Seconds>,
    /// Seconds of the runs forward and backward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backward_s: Option<Seconds>,
}

/// How far a device's answer is from the reference's.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Deviation {
    /// The answer is numbers.
    Difference {
        /// The largest difference of one of them.
        max_abs_difference: f64,
    },
    /// The answer is a text.
    Tokens {
        /// Number of tokens, from the first, that are the reference's.
        same_tokens: usize,
        /// Number of tokens that were written.
        tokens: usize,
    },
}

/// The rows as a table for people.
pub fn table(rows: &[Row]) -> Table {
    let mut table = Table::new([
        "what",
        "operation",
        "device",
        "agreement",
        "forward ms",
        "min",
        "max",
        "with backward ms",
        "min",
        "max",
        "warm-up ms",
    ]);
    for row in rows {
        let [forward, forward_min, forward_max] = milliseconds(row.forward_s);
        let [backward, backward_min, backward_max] = milliseconds(row.backward_s);
        table.row([
            row.what.into(),
            row.operation.into(),
            row.device.clone(),
            deviation(row.deviation),
            forward,
            forward_min,
            forward_max,
            backward,
            backward_min,
            backward_max,
            format!("{:.2}", row.warm_up_s * 1e3),
        ]);
    }
    table
}

/// The deviation for people.
fn deviation(deviation: Deviation) -> String {
    match deviation {
        Deviation::Difference { max_abs_difference } => format!("{max_abs_difference:.1e}"),
        Deviation::Tokens { same_tokens, tokens } => format!("{same_tokens} of {tokens}"),
    }
}

/// Median, least and most, or dashes where nothing was timed.
fn milliseconds(seconds: Option<Seconds>) -> [String; 3] {
    match seconds {
        Some(Seconds { min, median, max }) => [median, min, max].map(|s| format!("{:.2}", s * 1e3)),
        None => ["-", "-", "-"].map(String::from),
    }
}
