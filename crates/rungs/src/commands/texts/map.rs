//! `cargo rungs map`

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor};
use clap::ValueEnum;
use course::SEED;
use figures::{Names, Place, TextMap};
use maps::{KMeansConfig, TsneConfig, largest_perplexity, pca, purity, silhouette};
use serde::Serialize;

use crate::shell::options::{ColumnsArg, DeviceArg, Format};
use crate::shell::place::{self, ForceArg, Kind};
use crate::shell::{input, names, output, progress};

/// Help of `--model`: what it takes.
const MODELS_OR_VECTORS: &str =
    "a file of word vectors, glove, minilm, wordllama, hf:OWNER/NAME[@COMMIT] or a model's folder";

/// Draw words or sentences where their vectors lie
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs map notes.txt --out notes.svg                      sentences, by MiniLM
  cargo rungs map words.txt --model toy.bin --clusters 4 --out words.svg
  cargo rungs map reviews.tsv --label 2 --method pca --out reviews.svg
  cargo rungs map notes.txt --clusters 5 --labels none --out notes.svg
  cargo rungs map notes.txt --format json --out notes.svg        with every point's place

--clusters groups in the space itself, by k-means, not on the map. Of a map by t-SNE only who is \
near whom means anything: not how far islands lie apart, nor how large they are.")]
pub struct Args {
    /// Words or sentences, one a line, or a table with a column of them; - is standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    file: PathBuf,
    /// Name of the model or of word vectors, its folder, or a file of word vectors.
    #[arg(
        short, long, value_name = "MODEL|VEC", default_value = "minilm",
        help = MODELS_OR_VECTORS,
    )]
    model: String,
    /// How to draw
    #[arg(long, value_enum, default_value = "tsne")]
    method: Projection,
    /// How many neighbours t-SNE keeps near [default: 30, fewer for few points]
    #[arg(long, value_name = "P")]
    perplexity: Option<f64>,
    /// Group into so many clusters, and colour by them where there is no label
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: Option<u32>,
    /// Lines are the rows of a table: colour by this column, a number from 1, or a name of the first
    /// line's
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// What the columns are.
    #[command(flatten)]
    columns: ColumnsArg,
    /// Which texts stand beside their points; a pointer that rests on a point says its text
    #[arg(long, value_enum, default_value = "some")]
    labels: Labelling,
    /// Where the picture goes; - is standard output
    #[arg(short, long, value_name = "SVG")]
    out: PathBuf,
    /// Whether what is there may go.
    #[command(flatten)]
    force: ForceArg,
    /// Everything random follows from it
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
    /// How to print
    #[arg(short, long, value_enum, default_value = "text")]
    format: Format,
}

/// How to get from many dimensions to two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Projection {
    /// Who is near whom stays near
    Tsne,
    /// The widest shadow
    Pca,
}

/// Which points of a map are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Labelling {
    /// Every one, though labels may lie over each other
    All,
    /// Those that have room beside their points; up to 120 texts the others are numbered, with a
    /// list
    Some,
    /// None
    None,
}

impl From<Labelling> for Names {
    fn from(labels: Labelling) -> Self {
        match labels {
            Labelling::All => Self::All,
            Labelling::Some => Self::Some,
            Labelling::None => Self::None,
        }
    }
}

/// Number of texts that go through an encoder together.
const BATCH: usize = 32;

/// A text, and its label where its line has one.
struct Item {
    text: String,
    label: Option<String>,
}

/// The map, and how well it shows the space.
#[derive(Serialize)]
struct Summary {
    points: Vec<MapPoint>,
    /// KL divergence of t-SNE in nats, over the affinities that it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    kl: Option<f64>,
    /// Share of the variance that lies on both axes of PCA.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<f64>,
    /// Mean silhouette of the clusters in the space.
    #[serde(skip_serializing_if = "Option::is_none")]
    silhouette: Option<f64>,
    /// Purity of the clusters against the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    purity: Option<f64>,
    out: String,
}

/// A text and its point on the map.
#[derive(Serialize)]
struct MapPoint {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<usize>,
    x: f64,
    y: f64,
}

/// Coordinates of the points, and how well they show the space.
struct Projected {
    points: Vec<[f64; 2]>,
    kl: Option<f64>,
    explained: Option<f64>,
}

/// Draws the lines of a file where their vectors lie.
pub fn run(args: &Args) -> Result<()> {
    if args.out.extension().is_some_and(|ending| !ending.eq_ignore_ascii_case("svg")) {
        bail!(
            "{}: expected a name that ends in .svg, which is what is drawn and browsers show; \
                name {}",
            args.out.display(),
            args.out.with_extension("svg").display()
        );
    }
    place::text(&args.out, Kind::Figure, args.force)?;
    let device = names::device(&args.device.device)?;
    let items = read(args)?;
    let (items, vectors) = vectors(args, items, &device)?;
    let clusters = clusters(args, &vectors)?;
    let projected = match args.method {
        Projection::Tsne => tsne(args, vectors.clone())?,
        Projection::Pca => principal_components(vectors.clone()),
    };
    let (mut cohesion, mut agreement) = (None, None);
    if let Some(clusters) = &clusters {
        cohesion = Some(silhouette(vectors, clusters));
        if args.label.is_some() {
            agreement = Some(purity(clusters, &label_numbers(&items)));
        }
    }
    let mut points = Vec::with_capacity(items.len());
    for (i, Item { text, label }) in items.into_iter().enumerate() {
        let [x, y] = projected.points[i];
        let cluster = clusters.as_ref().map(|clusters| clusters[i] + 1);
        points.push(MapPoint { text, label, cluster, x, y });
    }
    let summary = Summary {
        points,
        kl: projected.kl,
        explained: projected.explained,
        silhouette: cohesion,
        purity: agreement,
        out: output::name(&args.out),
    };
    output::write_text(&args.out, &picture(args, &summary))?;
    output::summary(&args.out, args.format, &summary, || for_people(&summary))
}

/// The texts of a table, with their labels if one of its columns has them, or the lines that are not
/// empty.
fn read(args: &Args) -> Result<Vec<Item>> {
    let table = input::table(&args.file)?;
    let columns = args.columns.columns.as_ref();
    if let Some(label) = &args.label {
        let rows = input::noted(table.labelled_by(label, columns)?);
        return Ok(rows
            .into_iter()
            .map(|row| Item { text: row.text, label: Some(row.label) })
            .collect());
    }
    let mut items = Vec::new();
    if input::has_columns(&table, &args.file, columns)? {
        for text in input::noted(table.texts(columns)?) {
            items.push(Item { text, label: None });
        }
        return Ok(items);
    }
    for line in table.lines() {
        let text = line?.trim().to_string();
        if !text.is_empty() {
            items.push(Item { text, label: None });
        }
    }
    if items.is_empty() {
        bail!("{}: expected words or sentences, one a line, found none", input::name(&args.file));
    }
    Ok(items)
}

/// The texts that have a vector, and their vectors; the others are named on standard error.
fn vectors(args: &Args, items: Vec<Item>, device: &Device) -> Result<(Vec<Item>, Tensor<2>)> {
    if names::is_of_words(&args.model) {
        word_vectors(args, items, device)
    } else {
        let vectors = sentence_vectors(args, &items, device)?;
        Ok((items, vectors))
    }
}

/// Every text's vector by a sentence encoder.
fn sentence_vectors(args: &Args, items: &[Item], device: &Device) -> Result<Tensor<2>> {
    let encoder = names::open_beside_vectors(&args.model, BATCH, device)?;
    let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    let progress = progress::spinner(format!("embedding {} texts", texts.len()));
    let vectors = encoder.embed_matrix(&texts)?;
    progress.finish_and_clear();
    input::note_truncation(&encoder, &texts)?;
    Ok(vectors)
}

/// The mean of a text's word vectors, for every text that has one.
fn word_vectors(args: &Args, items: Vec<Item>, device: &Device) -> Result<(Vec<Item>, Tensor<2>)> {
    let space = names::vectors(Path::new(&args.model), usize::MAX, device)?;
    let (mut known, mut vectors, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        match space.mean_of(&item.text) {
            Some(vector) => {
                known.push(item);
                vectors.push(vector);
            }
            None => unknown.push(item),
        }
    }
    if known.is_empty() {
        let lines = files::counted(unknown.len(), "line");
        bail!("{}: expected words of {lines}, found a vector for none", args.model);
    }
    if let Some(first) = unknown.first() {
        note!(
            "note: left out, without a vector in {}: {}, the first {:?}",
            args.model,
            files::counted(unknown.len(), "line"),
            first.text
        );
    }
    Ok((known, Tensor::cat(vectors, 0)))
}

/// Each vector's cluster by k-means, where clusters are asked for.
fn clusters(args: &Args, vectors: &Tensor<2>) -> Result<Option<Vec<usize>>> {
    let points = vectors.dims()[0];
    let Some(k) = args.clusters else { return Ok(None) };
    if k as usize > points {
        bail!("--clusters {k}: expected at most {points}, one a point")
    }
    let labels = KMeansConfig::new(k as usize, args.seed).fit(vectors.clone()).labels;
    let different = BTreeSet::from_iter(&labels).len();
    if different < k as usize {
        note!("note: --clusters {k}: found {different}, as some texts have the same vector");
    }
    Ok(Some(in_order(&labels)))
}

/// The clusters numbered from 0 in the order in which the texts have them.
fn in_order(labels: &[usize]) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let mut ordered = Vec::with_capacity(labels.len());
    for label in labels {
        let next = numbers.len();
        ordered.push(*numbers.entry(label).or_insert(next));
    }
    ordered
}

/// The map by t-SNE.
fn tsne(args: &Args, vectors: Tensor<2>) -> Result<Projected> {
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
    let bar = progress::bar(last as u64, "steps of t-SNE");
    let mut kl = None;
    let map = config.with_perplexity(perplexity).fit(vectors, |step| {
        bar.set_position(step.iteration as u64);
        if step.iteration == last {
            kl = Some(step.kl()); // costs as much as a step, so only once
        }
    });
    bar.finish_and_clear();
    let mut points = Vec::new();
    for [x, y] in map.points() {
        points.push([f64::from(x), f64::from(y)]);
    }
    Ok(Projected { points, kl, explained: None })
}

/// The map by the first two principal components.
fn principal_components(vectors: Tensor<2>) -> Projected {
    let found = pca(vectors.clone(), 2);
    let mut explained = 0.0;
    for share in found.explained_variance_ratio.to_data().iter::<f64>() {
        explained += share;
    }
    let coordinates: Vec<f64> = found.project(vectors).into_data().iter().collect();
    let points = coordinates.as_chunks::<2>().0.to_vec();
    Projected { points, kl: None, explained: Some(explained) }
}

/// Each item's label as a number, in the order in which the labels first come.
fn label_numbers(items: &[Item]) -> Vec<usize> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut numbered = Vec::with_capacity(items.len());
    for item in items {
        let next = numbers.len();
        let label = item.label.as_deref().unwrap_or_default();
        numbered.push(*numbers.entry(label).or_insert(next));
    }
    numbered
}

/// The map as a picture.
fn picture(args: &Args, summary: &Summary) -> String {
    let (method, axes) = match args.method {
        Projection::Tsne => ("t-SNE", ["first (no unit)", "second (no unit)"]),
        Projection::Pca => ("PCA", ["first principal component", "second principal component"]),
    };
    let mut places = Vec::with_capacity(summary.points.len());
    for MapPoint { text, label, cluster, x, y } in &summary.points {
        let group = match (label, cluster) {
            (Some(label), _) => label.clone(),
            (None, Some(cluster)) => format!("cluster {cluster}"),
            (None, None) => "texts".into(),
        };
        places.push(Place { text: text.clone(), group, x: *x, y: *y });
    }
    let count = files::counted(summary.points.len(), "text");
    let file = input::name(&args.file);
    figures::map(&TextMap {
        title: format!("{file}: {count} by {method}"),
        alt: format!("{count} as points on a map made by {method} of their vectors."),
        axes: axes.map(String::from),
        places,
        names: args.labels.into(),
    })
}

/// The summary for people.
fn for_people(summary: &Summary) -> String {
    let mut text = format!("{:12}{}\n", "points", summary.points.len());
    text.push_str(&line("KL", summary.kl, " nats"));
    text.push_str(&line("explained", summary.explained, " of the variance"));
    text.push_str(&line("silhouette", summary.silhouette, ", clusters in the space"));
    text.push_str(&line("purity", summary.purity, ", clusters against labels"));
    text.push_str(&format!("{:12}{}\n", "drawn", summary.out));
    text
}

/// A line of a number, or nothing where there is none.
fn line(name: &str, number: Option<f64>, unit: &str) -> String {
    match number {
        Some(number) => format!("{name:12}{number:.3}{unit}\n"),
        None => String::new(),
    }
}
