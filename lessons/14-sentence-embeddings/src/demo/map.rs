//! Groups of sentences: found by k-means, judged by their topics, and drawn.

use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use course::metrics::Confusion;
use course::{Axis, Figure, Marks, Panel, Point, Report, Run, Table};
use data::{Sentence, Topic};
use maps::{KMeansConfig, Map, TsneConfig, purity, silhouette};

use super::{CLOSE_CALLS, texts};
use crate::SentenceEncoder;

/// Seed of the starts of k-means.
const SEED_OF_CLUSTERS: u64 = 7;
/// Perplexity of the map: about as many neighbours as a topic has sentences.
const PERPLEXITY: f64 = 20.0;
/// On the map one of so many sentences of a topic bears the topic's name.
const NAMED: usize = 5;
/// How far a sentence may lie from where it was recorded: as far as the map is wide. Rounding
/// decides which island lies where.
const BAND: f64 = 2.0;
/// How far the silhouette on the map may lie from the recorded one: it is a draw, by rounding as by
/// the seed; six seeds gave 0.11 to 0.29, and the recorded one 0.27 or 0.34.
const BAND_OF_SILHOUETTE: f64 = 0.2;

/// Groups sentences by k-means, says how pure the groups' topics are, and draws them.
pub(super) fn clusters(
    encoder: &SentenceEncoder,
    corpus: &[Sentence],
    run: &Run,
    report: &mut Report,
) -> Result<()> {
    let vectors = encoder.embed_matrix(&texts(corpus))?;
    let found = KMeansConfig::new(Topic::ALL.len(), SEED_OF_CLUSTERS).fit(vectors.clone());
    let topics: Vec<usize> = corpus.iter().map(|sentence| sentence.topic as usize).collect();
    let map = TsneConfig::new(run.seed).with_perplexity(PERPLEXITY).fit(vectors.clone(), |_| {});
    let on_map = TensorData::new(map.points().concat(), [corpus.len(), 2]);
    let on_map = Tensor::from_data(on_map, run.device);
    let purity = format!("{:.1}%", 100.0 * purity(&found.labels, &topics));
    report.say(format!(
        "{} sentences about nine topics in nine clusters by k-means: purity {purity}.",
        corpus.len()
    ));
    report.number("purity", "purity of nine clusters of sentences", &purity);
    for (key, place, points, band) in [
        ("in-space", "in the space", vectors, CLOSE_CALLS),
        ("on-map", "on the map", on_map, BAND_OF_SILHOUETTE),
    ] {
        report.band(band);
        let what = format!("silhouette of the nine topics {place}");
        let silhouette = format!("{:.2}", silhouette(points, &topics));
        report.say(format!("{what}: {silhouette}"));
        report.number(&format!("silhouette-{key}"), &what, silhouette);
    }
    report.band(CLOSE_CALLS);
    report.say("");
    let counts = Confusion::new(Topic::ALL.len(), &topics, &found.labels).counts; // [cluster][topic]
    let mut table = Table::new(["cluster", "sentences", "commonest topic", "of it"]);
    for (cluster, counts) in counts.iter().enumerate() {
        let most = commonest(counts);
        let (all, of_it) = (counts.iter().sum::<usize>().to_string(), counts[most].to_string());
        table.row([(cluster + 1).to_string(), all, name(most), of_it]);
    }
    report.loose_table(&table);
    report.figure(figure(&map, &found.labels, &topics, &counts));
    Ok(())
}

/// The topic that most sentences of a cluster have, the first of several.
fn commonest(counts: &[usize]) -> usize {
    let mut most = 0;
    for topic in 1..counts.len() {
        if counts[topic] > counts[most] {
            most = topic;
        }
    }
    most
}

/// What a cluster is called: by the topic that more than half of its sentences have.
fn called(counts: &[usize]) -> String {
    let most = commonest(counts);
    if 2 * counts[most] > counts.iter().sum() { name(most) } else { "mixed".into() }
}

/// A topic's name in small letters.
fn name(topic: usize) -> String {
    format!("{:?}", Topic::ALL[topic]).to_lowercase()
}

/// The map, coloured by cluster; some sentences bear their topic's name.
fn figure(map: &Map, clusters: &[usize], topics: &[usize], counts: &[Vec<usize>]) -> Figure {
    let mut widest = f32::MIN_POSITIVE;
    for [x, y] in map.points() {
        widest = widest.max(x.abs()).max(y.abs());
    }
    let mut seen = vec![0_usize; Topic::ALL.len()];
    let mut by_topic: Vec<usize> = (0..topics.len()).collect();
    by_topic.sort_by_key(|&sentence| topics[sentence]);
    let (places, mut points) = (map.points(), Vec::new());
    for sentence in by_topic {
        let (topic, cluster, [x, y]) = (topics[sentence], clusters[sentence], places[sentence]);
        seen[topic] += 1;
        points.push(Point {
            label: if seen[topic] % NAMED == 1 { name(topic) } else { String::new() },
            group: format!("{}: {}", cluster + 1, called(&counts[cluster])),
            x: f64::from(x / widest),
            y: f64::from(y / widest),
        });
    }
    Figure {
        name: "14-map".into(),
        title: "Sentences on nine topics, in nine clusters".into(),
        alt: "A t-SNE map of sentences, coloured by cluster; most topics are islands of a colour."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("across (share of the map's width)"),
            y: Axis::linear("up (share of the map's width)"),
            marks: Marks::Points(points),
        }],
    }
}
