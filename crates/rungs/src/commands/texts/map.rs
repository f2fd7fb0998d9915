//! `cargo rungs map`

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor, TensorData};
use clap::ValueEnum;
use course::{Axis, Figure, Marks, Panel, Point, SEED};
use maps::{KMeansConfig, TsneConfig, largest_perplexity, pca, purity, silhouette};
use serde::Serialize;

use crate::shell::options::{DeviceArg, Format};
use crate::shell::{input, names, output, progress};

/// What `--model` takes.
const MODELS_OR_VECTORS: &str =
    "a file of word vectors, or minilm, hf:OWNER/NAME[@COMMIT], a model's folder";

/// Draw words or sentences where their vectors lie
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs map notes.txt --out notes.svg                      sentences, by MiniLM
  cargo rungs map words.txt --model toy.bin --clusters 4 --out words.svg
  cargo rungs map reviews.tsv --label 2 --method pca --out reviews.svg
  cargo rungs map notes.txt --format json --out notes.svg        with every point's place

--clusters groups in the space itself, by k-means, not on the map. Of a map by t-SNE only who is \
near whom means anything: not how far islands lie apart, nor how large they are.")]
pub struct Args {
    /// Words or sentences, one a line; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,
    /// By name, a folder, or word vectors.
    #[arg(long, value_name = "MODEL|VEC", default_value = "minilm", help = MODELS_OR_VECTORS)]
    model: String,
    /// How to draw
    #[arg(long, value_enum, default_value = "tsne")]
    method: Method,
    /// How many neighbours t-SNE keeps near [default: 30, fewer for few points]
    #[arg(long, value_name = "P")]
    perplexity: Option<f64>,
    /// Group into so many clusters, and colour by them where there is no label
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: Option<u32>,
    /// Lines are columns separated by tabs: colour by this one, a number from 1, or a name of the
    /// first line's
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Where the picture goes
    #[arg(long, value_name = "SVG")]
    out: PathBuf,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// How to get from many dimensions to two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Who is near whom stays near
    Tsne,
    /// The widest shadow
    Pca,
}

/// Texts that go through an encoder together.
const BATCH: usize = 32;
/// The longest name of a point; more of a sentence would lie over others.
const LONGEST_NAME: usize = 28;
/// Names that a picture has room for.
const NAMES: usize = 60;

/// A text, and what its line says it is.
struct Item {
    text: String,
    label: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    points: Vec<Placed>,
    /// In nats, of t-SNE, over the affinities that it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    kl: Option<f64>,
    /// Share of the variance on both axes, of PCA.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<f64>,
    /// Of the clusters in the space.
    #[serde(skip_serializing_if = "Option::is_none")]
    silhouette: Option<f64>,
    /// Of the clusters against the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    purity: Option<f64>,
    out: String,
}

#[derive(Serialize)]
struct Placed {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<usize>,
    x: f64,
    y: f64,
}

/// Where the points lie, and how well that shows the space.
struct Places {
    at: Vec<[f64; 2]>,
    kl: Option<f64>,
    explained: Option<f64>,
}

/// Draws the lines of a file where their vectors lie.
pub fn run(args: &Args) -> Result<()> {
    output::check_folder(&args.out)?;
    let device = names::device(&args.device.device)?;
    let items = read(args)?;
    let (items, vectors) = vectors(args, items, &device)?;
    let clusters = clusters(args, &vectors)?;
    let places = match args.method {
        Method::Tsne => tsne(args, vectors.clone())?,
        Method::Pca => shadow(vectors.clone()),
    };
    let known: Vec<usize> =
        numbered(items.iter().map(|item| item.label.as_deref().unwrap_or_default()));
    let silhouette = clusters.as_ref().map(|clusters| silhouette(vectors, clusters));
    let purity =
        clusters.as_ref().filter(|_| args.label.is_some()).map(|clusters| purity(clusters, &known));
    let points = items.into_iter().zip(&places.at).enumerate().map(
        |(i, (Item { text, label }, &[x, y]))| Placed {
            text,
            label,
            cluster: clusters.as_ref().map(|clusters| clusters[i] + 1),
            x,
            y,
        },
    );
    let (kl, explained) = (places.kl, places.explained);
    let out = args.out.display().to_string();
    let summary = Summary { points: points.collect(), kl, explained, silhouette, purity, out };
    let picture = figures::svg(&figure(args, &summary));
    output::aside(&args.out, |file| Ok(file.write_all(picture.as_bytes())?))?;
    output::object(args.format, &summary, || text(&summary))
}

/// The lines that say something.
fn read(args: &Args) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut column = None;
    for (number, line) in (1..).zip(data::lines(input::open(&args.file)?)) {
        let line = line?;
        let Some(label) = &args.label else {
            items.push(Item { text: line.trim().into(), label: None });
            continue;
        };
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let by_name = label.parse::<usize>().is_err();
        if number == 1 {
            column = if by_name {
                fields.iter().position(|field| field == label)
            } else {
                label.parse().ok()
            };
            column = if by_name {
                column
            } else {
                column.and_then(|column: usize| column.checked_sub(1))
            };
            if by_name && column.is_some() {
                continue; // the names of the columns
            }
        }
        let at = column.filter(|&at| at < fields.len() && fields.len() > 1).with_context(|| {
            let (file, columns) = (input::name(&args.file), fields.len());
            format!(
                "{file}, line {number}: expected a text and a column {label} with tabs between, \
                found {columns} columns"
            )
        })?;
        let text = fields[usize::from(at == 0)];
        items.push(Item { text: text.into(), label: Some(fields[at].into()) });
    }
    items.retain(|item| !item.text.is_empty());
    if items.is_empty() {
        bail!("{}: expected words or sentences, one a line, found none", input::name(&args.file));
    }
    Ok(items)
}

/// Each text's vector; texts without one are left out, and said.
fn vectors(args: &Args, items: Vec<Item>, device: &Device) -> Result<(Vec<Item>, Tensor<2>)> {
    if !Path::new(&args.model).is_file() {
        let encoder = names::open_named(&args.model, BATCH, device)?;
        let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
        let progress = progress::spinner(format!("embedding {} texts", texts.len()));
        let vectors = encoder.embed_matrix(&texts)?;
        progress.finish_and_clear();
        input::note_cut(&encoder, &texts)?;
        return Ok((items, vectors));
    }
    let space = names::vectors(Path::new(&args.model), device)?;
    let (known, unknown): (Vec<_>, Vec<_>) = items
        .into_iter()
        .map(|item| (space.mean_of(&item.text), item))
        .partition(|(vector, _)| vector.is_some());
    if known.is_empty() {
        bail!("none of the {} lines has a word with a vector in {}", unknown.len(), args.model);
    }
    if let Some((_, first)) = unknown.first() {
        eprintln!(
            "left out, without a vector in {}: {} lines, the first {:?}",
            args.model,
            unknown.len(),
            first.text
        );
    }
    let (vectors, items): (Vec<_>, Vec<_>) = known.into_iter().unzip();
    Ok((items, Tensor::cat(vectors.into_iter().flatten().collect(), 0)))
}

fn clusters(args: &Args, vectors: &Tensor<2>) -> Result<Option<Vec<usize>>> {
    let points = vectors.dims()[0];
    match args.clusters {
        Some(k) if k as usize > points => {
            bail!("--clusters {k}: expected at most {points}, one a point")
        }
        clusters => {
            Ok(clusters
                .map(|k| KMeansConfig::new(k as usize, args.seed).fit(vectors.clone()).labels))
        }
    }
}

fn tsne(args: &Args, vectors: Tensor<2>) -> Result<Places> {
    let points = vectors.dims()[0];
    let largest = largest_perplexity(points);
    let config = TsneConfig::new(args.seed);
    let perplexity = args.perplexity.unwrap_or(config.perplexity.min(largest));
    if !(1.0..=largest).contains(&perplexity) {
        bail!(
            "--perplexity {perplexity}: expected a number from 1 to {largest:.1} for {points} \
                points"
        );
    }
    let last = config.iterations;
    let bar = progress::bar(last as u64, "{bar:30} {pos}/{len} steps of t-SNE");
    let mut kl = None;
    let map = config.with_perplexity(perplexity).fit(vectors, |step| {
        bar.set_position(step.iteration as u64);
        if step.iteration == last {
            kl = Some(step.kl()); // as dear as a step, so once
        }
    });
    bar.finish_and_clear();
    let at = map.points().iter().map(|point| point.map(f64::from)).collect();
    Ok(Places { at, kl, explained: None })
}

fn shadow(vectors: Tensor<2>) -> Places {
    let found = pca(vectors.clone(), 2);
    let numbers = |tensor: TensorData| tensor.iter::<f64>().collect::<Vec<f64>>();
    let explained = numbers(found.explained_variance_ratio.to_data()).iter().sum();
    let at = numbers(found.project(vectors).into_data()).as_chunks::<2>().0.to_vec();
    Places { at, kl: None, explained: Some(explained) }
}

/// Each name's number, in the order in which they first come.
fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut known: Vec<&str> = Vec::new();
    let number = |name| match known.iter().position(|known| *known == name) {
        Some(number) => number,
        None => {
            known.push(name);
            known.len() - 1
        }
    };
    names.map(number).collect()
}

fn figure(args: &Args, summary: &Summary) -> Figure {
    let method = match args.method {
        Method::Tsne => "t-SNE",
        Method::Pca => "PCA",
    };
    let one_in = summary.points.len().div_ceil(NAMES);
    let point = |(i, placed): (usize, &Placed)| Point {
        label: if i % one_in == 0 { name(&placed.text) } else { String::new() },
        group: match (&placed.label, placed.cluster) {
            (Some(label), _) => label.clone(),
            (None, Some(cluster)) => format!("cluster {cluster}"),
            (None, None) => "texts".into(),
        },
        x: placed.x,
        y: placed.y,
    };
    let axis = |which: &str| match args.method {
        Method::Tsne => Axis::linear(&format!("{which} (no unit)")),
        Method::Pca => Axis::linear(&format!("{which} principal component")),
    };
    let (count, file) = (summary.points.len(), input::name(&args.file));
    Figure {
        name: "map".into(),
        title: format!("{file}: {count} texts by {method}"),
        alt: format!("{count} texts as points on a map made by {method} of their vectors."),
        band: 0.0,
        panels: vec![Panel {
            title: String::new(),
            x: axis("first"),
            y: axis("second"),
            marks: Marks::Points(summary.points.iter().enumerate().map(point).collect()),
        }],
    }
}

/// The beginning of a text.
fn name(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}..", text[..end].trim_end()),
        None => text.into(),
    }
}

fn text(summary: &Summary) -> String {
    let line = |name: &str, value: Option<f64>, unit: &str| {
        value.map(|value| format!("{name:12}{value:.3}{unit}\n")).unwrap_or_default()
    };
    [
        format!("{:12}{}\n", "points", summary.points.len()),
        line("KL", summary.kl, " nats"),
        line("explained", summary.explained, " of the variance"),
        line("silhouette", summary.silhouette, ", clusters in the space"),
        line("purity", summary.purity, ", clusters against labels"),
        format!("{:12}{}\n", "drawn", summary.out),
    ]
    .concat()
}
