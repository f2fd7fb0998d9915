//! `cargo rungs sts`

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use course::metrics::{pearson, spearman};
use serde::Serialize;
use similarity::cosine;

use crate::cli::StsArgs;
use crate::{embed, model, output};

#[derive(Serialize)]
struct Scores {
    spearman: f64,
    pearson: f64,
    rows: usize,
}

/// Correlates a model's cosines with people's ratings.
pub fn run(args: &StsArgs) -> Result<()> {
    let pairs = data::sts(&args.file)?;
    let encoder = model::open(&args.model)?;
    let sides: Vec<&str> =
        pairs.iter().map(|pair| &pair.a[..]).chain(pairs.iter().map(|pair| &pair.b[..])).collect();
    let progress = output::spinner(format!("embedding {} sentences", sides.len()));
    let vectors: Tensor<2> = encoder.embed_matrix(&sides)?;
    progress.finish_and_clear();
    embed::note_cut(&encoder, &sides)?;
    let (a, b) = (vectors.clone().narrow(0, 0, pairs.len()), vectors.narrow(0, pairs.len(), pairs.len()));
    let cosines: Vec<f64> = cosine(a, b).into_data().iter::<f64>().collect();
    let ratings: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.score)).collect();
    let needed = "a correlation needs two rows with different ratings and different cosines";
    let scores = Scores {
        spearman: spearman(&cosines, &ratings).context(needed)?,
        pearson: pearson(&cosines, &ratings).context(needed)?,
        rows: pairs.len(),
    };
    output::object(args.format, &scores, || {
        let Scores { spearman, pearson, rows } = &scores;
        format!("spearman  {spearman:.4}\npearson   {pearson:.4}\nrows      {rows}\n")
    })
}
