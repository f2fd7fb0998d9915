//! `cargo rungs sts`

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use course::metrics::{pearson, spearman};
use sentences::SentenceEncoder;
use serde::Serialize;
use similarity::cosine;

use crate::cli::StsArgs;
use crate::{embed, model, output};

/// How well a model's cosines follow people's ratings.
#[derive(Serialize)]
pub struct Scores {
    /// Of the ranks.
    pub spearman: f64,
    pearson: f64,
    rows: usize,
}

/// Correlates a model's cosines with people's ratings.
pub fn run(args: &StsArgs) -> Result<()> {
    let mut encoder = model::open(&args.model)?;
    embed::stop_after(&mut encoder, args.layer)?;
    let scores = correlate(&encoder, &args.file)?;
    output::object(args.format, &scores, || {
        let Scores { spearman, pearson, rows } = &scores;
        format!("spearman  {spearman:.4}\npearson   {pearson:.4}\nrows      {rows}\n")
    })
}

/// The correlations on the pairs of a file.
pub fn correlate(encoder: &SentenceEncoder, file: &Path) -> Result<Scores> {
    let pairs = data::sts(file)?;
    let sides: Vec<&str> =
        pairs.iter().map(|pair| &pair.a[..]).chain(pairs.iter().map(|pair| &pair.b[..])).collect();
    let progress = output::spinner(format!("embedding {} sentences", sides.len()));
    let vectors: Tensor<2> = encoder.embed_matrix(&sides)?;
    progress.finish_and_clear();
    embed::note_cut(encoder, &sides)?;
    let (a, b) = (vectors.clone().narrow(0, 0, pairs.len()), vectors.narrow(0, pairs.len(), pairs.len()));
    let cosines: Vec<f64> = cosine(a, b).into_data().iter::<f64>().collect();
    let ratings: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.score)).collect();
    let needed = "a correlation needs two rows with different ratings and different cosines";
    Ok(Scores {
        spearman: spearman(&cosines, &ratings).context(needed)?,
        pearson: pearson(&cosines, &ratings).context(needed)?,
        rows: pairs.len(),
    })
}
