//! `cargo rungs embed`

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use anyhow::{Result, bail};
use data::DataError;
use sentences::{EmbeddedTokens, Pooling, SentenceEncoder};
use serde::Serialize;

use crate::cli::{EmbedArgs, Pool};
use crate::model;

/// Batches read ahead of the encoder, so that texts of one length can be put together.
const BATCHES_AHEAD: usize = 8;

#[derive(Serialize)]
struct Vector<'a> {
    text: &'a str,
    tokens: usize,
    embedding: &'a [f32],
}

#[derive(Serialize)]
struct Vectors<'a> {
    text: &'a str,
    tokens: usize,
    vectors: Vec<TokenVector<'a>>,
}

#[derive(Serialize)]
struct TokenVector<'a> {
    token: &'a str,
    embedding: &'a [f32],
}

/// One JSON line a line of text, in its order, as soon as it is ready.
pub fn run(args: &EmbedArgs) -> Result<()> {
    let input = input(&args.file)?;
    let mut encoder = model::open(&args.model)?;
    stop_after(&mut encoder, args.layer)?;
    match args.pool {
        Some(Pool::Mean) => encoder.pooling = Pooling::Mean,
        Some(Pool::Cls) => encoder.pooling = Pooling::Cls,
        Some(Pool::Max) => encoder.pooling = Pooling::Max,
        Some(Pool::None) | None => {}
    }
    let by_token = args.pool == Some(Pool::None);
    let ahead = encoder.batch * BATCHES_AHEAD;
    let (send, lines) = sync_channel(ahead);
    thread::spawn(move || data::lines(input).try_for_each(|line| send.send(line)));
    let mut cut = 0;
    while let Some((texts, error)) = next(&lines, ahead) {
        cut += if by_token { write_tokens(&encoder, &texts)? } else { write_texts(&encoder, &texts)? };
        if let Some(error) = error {
            return Err(error.into());
        }
    }
    say_cut(cut, encoder.limit);
    Ok(())
}

/// Lets the encoder stop after a layer.
pub fn stop_after(encoder: &mut SentenceEncoder, layer: Option<usize>) -> Result<()> {
    if let Some(layer) = layer {
        if layer > encoder.layers {
            bail!("--layer {layer}: expected at most {}, the model's last layer", encoder.layers);
        }
        encoder.layers = layer;
    }
    Ok(())
}

/// Says how many of these texts the encoder reads in part, if any.
pub fn note_cut(encoder: &SentenceEncoder, texts: &[&str]) -> Result<()> {
    let cut = texts.iter().map(|text| Ok(usize::from(encoder.encode(text)?.truncated)));
    say_cut(cut.sum::<Result<_>>()?, encoder.limit);
    Ok(())
}

/// Says that so many texts were read in part, if any.
pub fn say_cut(texts: usize, limit: usize) {
    if texts > 0 {
        let texts = if texts == 1 { "1 text was".into() } else { format!("{texts} texts were") };
        eprintln!("note: {texts} longer than {limit} tokens; only the beginning was read");
    }
}

/// Opens a file, or standard input for `-`.
pub fn input(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    if path.is_dir() {
        bail!("{}: expected a text file, found a directory", path.display());
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => bail!("{}: expected a readable text file: {error}", path.display()),
    }
}

/// What messages call a file.
pub fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}

/// The lines that are there, at least one and at most `most`; waits for the first, and stops at an error.
fn next(
    lines: &Receiver<Result<String, DataError>>,
    most: usize,
) -> Option<(Vec<String>, Option<DataError>)> {
    let mut texts = Vec::new();
    let mut line = lines.recv().ok();
    line.as_ref()?;
    while let Some(read) = line {
        match read {
            Ok(text) => texts.push(text),
            Err(error) => return Some((texts, Some(error))),
        }
        line = if texts.len() < most { lines.try_recv().ok() } else { None };
    }
    Some((texts, None))
}

/// Writes one vector a text; returns how many texts were cut.
fn write_texts(encoder: &SentenceEncoder, texts: &[String]) -> Result<usize> {
    let embedded = encoder.embed(texts)?;
    let mut out = io::stdout().lock();
    for (text, embedded) in texts.iter().zip(&embedded) {
        let vector = Vector { text, tokens: embedded.tokens, embedding: &embedded.vector };
        writeln!(out, "{}", serde_json::to_string(&vector)?)?;
    }
    out.flush()?;
    Ok(embedded.iter().filter(|embedded| embedded.truncated).count())
}

/// Writes one vector a token; returns how many texts were cut.
fn write_tokens(encoder: &SentenceEncoder, texts: &[String]) -> Result<usize> {
    let embedded = encoder.embed_tokens(texts)?;
    let mut out = io::stdout().lock();
    for (text, EmbeddedTokens { encoding, vectors }) in texts.iter().zip(&embedded) {
        let named = encoding.tokens.iter().zip(vectors);
        let vectors = named.map(|(token, embedding)| TokenVector { token, embedding }).collect();
        writeln!(out, "{}", serde_json::to_string(&Vectors { text, tokens: encoding.ids.len(), vectors })?)?;
    }
    out.flush()?;
    Ok(embedded.iter().filter(|text| text.encoding.truncated).count())
}
