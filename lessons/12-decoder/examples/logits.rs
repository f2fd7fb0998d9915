//! What a trained GPT says of prompts, for programs that compare with it:
//!
//! ```text
//! cargo run -p lesson-12 --example logits -- DIR < prompts.jsonl
//! ```
//!
//! Standard input has a prompt as a JSON string on each line. For each one JSON line is printed: its
//! token IDs, the logits of the token that follows, and the tokens that may be drawn, with their
//! probabilities, at temperature 0.7, top-k 20 and top-p 0.9.

use std::io::stdin;
use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::{Int, Tensor, TensorData};
use decoder::{LanguageModel, Sampling, checkpoint};
use serde_json::json;
use tokens::Tokenizer;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("expected the folder of a model")?;
    let device = backend::from_env();
    let model = checkpoint::load(Path::new(&folder), &device)?.model;
    let tokenizer = Tokenizer::open(Path::new(&folder))?;
    let sampling = Sampling::new(0.7, Some(20), 0.9)?;
    for line in stdin().lines() {
        let prompt: String = serde_json::from_str(&line?)?;
        let ids = tokenizer.encode_whole(&prompt)?;
        let row: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
        let row = TensorData::new(row, [1, ids.len()]);
        let logits = model.next_logits(Tensor::<2, Int>::from_data(row, &device), &[]);
        let logits: Vec<f32> = logits.into_data().iter().collect();
        let candidates = sampling.candidates(&logits);
        println!("{}", json!({"ids": ids, "logits": logits, "candidates": candidates}));
    }
    Ok(())
}
