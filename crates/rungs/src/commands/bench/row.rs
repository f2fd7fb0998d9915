//! What was measured of one thing on one device, and how rows of it are printed.

use course::Table;
use serde::Serialize;

use super::Seconds;

/// How long one thing took on one device, and whether its answer is the one that it should be.
#[derive(Debug, Serialize)]
pub struct Row {
    /// A lesson's number, or the name of a whole model.
    pub what: &'static str,
    /// What was computed.
    pub operation: &'static str,
    /// Where.
    pub device: String,
    /// How near the answer is to the reference's.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// The first run, in which a device may compile its kernels.
    pub warm_up_s: f64,
    /// The runs forward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_s: Option<Seconds>,
    /// The runs forward and backward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backward_s: Option<Seconds>,
}

/// How near a device's answer is to the reference's.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Agreement {
    /// Of numbers.
    Difference {
        /// The largest.
        max_abs_difference: f64,
    },
    /// Of a text.
    Tokens {
        /// Tokens, from the first, that are the reference's.
        same_tokens: usize,
        /// Tokens that were written.
        tokens: usize,
    },
}

/// The rows as a table for people.
pub fn table(rows: &[Row]) -> String {
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
            agreement(row.agreement),
            forward,
            forward_min,
            forward_max,
            backward,
            backward_min,
            backward_max,
            format!("{:.2}", row.warm_up_s * 1e3),
        ]);
    }
    table.to_string()
}

fn agreement(agreement: Agreement) -> String {
    match agreement {
        Agreement::Difference { max_abs_difference } => format!("{max_abs_difference:.1e}"),
        Agreement::Tokens { same_tokens, tokens } => format!("{same_tokens} of {tokens}"),
    }
}

/// Median, least and most, or dashes where nothing was timed.
fn milliseconds(seconds: Option<Seconds>) -> [String; 3] {
    match seconds {
        Some(Seconds { min, median, max }) => [median, min, max].map(|s| format!("{:.2}", s * 1e3)),
        None => ["-", "-", "-"].map(String::from),
    }
}
