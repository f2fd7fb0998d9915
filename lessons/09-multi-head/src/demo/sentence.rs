//! Masks over a sentence: the scores of a trained model's heads, recorded, and what is left of them.

use anyhow::Result;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use course::{Report, Table};
use serde::{Deserialize, Serialize};

use crate::{causal_mask, combine_masks, masked_weights, padding_mask};

/// The scores of the heads of all-MiniLM-L6-v2's first layer over a padded sentence. A test of
/// lesson 11, which loads that model, compares them with the model's and prints them anew.
const RECORDED: &str = include_str!("sentence.json");

/// The head whose weights are printed, counted from 0: its "bank" looks at "river", and at padding.
const HEAD: usize = 4;
/// The query whose weights are printed: "bank".
const QUERY: usize = 6;
/// How far a weight may lie from the recorded one: softmax rounds.
const ROUNDING: f64 = 1e-3;

/// The scores of all heads of a layer over one text.
#[derive(Debug, Serialize, Deserialize)]
struct Sentence {
    /// Tokens of the text, its padding among them.
    tokens: Vec<String>,
    /// How many of them are no padding.
    length: usize,
    /// The layer, counted from 1.
    layer: usize,
    /// `scores[head][query][key]` before any mask, less a number per query, of which no softmax
    /// knows.
    scores: Vec<Vec<Vec<f64>>>,
}

/// Records the sentence for its widget, and shows what one query of it looks at under each mask.
pub(super) fn masked(device: &Device, report: &mut Report) -> Result<()> {
    let sentence: Sentence = serde_json::from_str(RECORDED)?;
    let tokens = sentence.tokens.len();
    let causal = causal_mask(tokens, tokens, device);
    let padding = padding_mask(&[sentence.length], tokens, device);
    let both = combine_masks(causal.clone(), padding.clone());
    let mut columns = Vec::new();
    for mask in [None, Some(causal), Some(padding), Some(both)] {
        columns.push(sentence.weights(mask, device));
    }
    report.say(format!(
        "What \"{}\" looks at, in head {} of layer {} of a trained model:",
        sentence.tokens[QUERY],
        HEAD + 1,
        sentence.layer
    ));
    let mut table = Table::new(["key", "no mask", "causal", "padding", "both"]);
    for (key, token) in sentence.tokens.iter().enumerate() {
        let mut cells = vec![format!("{} {token}", key + 1)];
        cells.extend(columns.iter().map(|column| format!("{:.2}", column[key])));
        table.row(cells);
    }
    report.band(ROUNDING);
    report.keyed_table("bank", &table);
    report.band(0.0); // read from a file
    report.data("sentence", "scores of a layer's heads over a padded sentence", &sentence);
    Ok(())
}

impl Sentence {
    /// The weights of [`QUERY`] in [`HEAD`] under a mask, one per key.
    fn weights(&self, mask: Option<Tensor<4, Bool>>, device: &Device) -> Vec<f64> {
        let tokens = self.tokens.len();
        let scores = TensorData::new(self.scores[HEAD].concat(), [1, 1, tokens, tokens]);
        let weights = masked_weights(Tensor::from_data(scores, device), mask);
        weights.to_data().iter::<f64>().skip(QUERY * tokens).take(tokens).collect()
    }
}
