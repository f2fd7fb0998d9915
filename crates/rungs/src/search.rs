//! `cargo rungs search`, of the lines of a file

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::{OwnModelArg, SearchArgs};
use crate::{embed, indexing, model, output};

#[derive(Serialize)]
struct Hit<'a> {
    rank: usize,
    score: f32,
    line: usize,
    text: &'a str,
}

/// Ranks the lines of a file by their cosine with the query; blank lines are no passages.
pub fn run(args: &SearchArgs) -> Result<()> {
    if args.query.trim().is_empty() {
        bail!("expected a query, found an empty text: say what to look for");
    }
    if let Some(index) = &args.index {
        return indexing::search(args, index);
    }
    let OwnModelArg { model, batch, device } = &args.model;
    let name = model.as_deref().unwrap_or(model::DEFAULT);
    let encoder = model::open_named(name, *batch as usize, &model::device(&device.device)?)?;
    let lines: Vec<(usize, String)> = (1..)
        .zip(data::lines(embed::input(&args.file)?).collect::<Result<Vec<_>, _>>()?)
        .filter(|(_, text)| !text.trim().is_empty())
        .collect();
    if lines.is_empty() {
        bail!("{}: expected lines to search in, found none", embed::name(&args.file));
    }
    let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
    let progress = output::spinner(format!("reading {} lines", texts.len()));
    let found = encoder.search(&args.query, &texts, args.top as usize)?;
    progress.finish_and_clear();
    embed::note_cut(&encoder, &texts)?;
    let hits: Vec<Hit> = (1..)
        .zip(found)
        .map(|(rank, (i, score))| Hit { rank, score, line: lines[i].0, text: texts[i] })
        .collect();
    output::rows(args.format, &hits, || {
        hits.iter().map(|hit| format!("{:7.4}  {}\n", hit.score, hit.text)).collect()
    })
}
