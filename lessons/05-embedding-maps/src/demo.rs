//! What the lesson shows: twelve words in four groups, a whole small world by kind, and how a map
//! comes about.

pub mod picture;

use anyhow::Result;
use burn::tensor::{Int, Tensor, TensorData};
use course::{Axis, Figure, Line, Marks, Panel, Point, Report, Run, Step, Table, rounded};
use data::World;
use data::textbook::TWELVE;
use word2vec::Space;
use word2vec::toy::{EPOCHS, toy_vectors};

use crate::{KMeansConfig, Map, Pca, TsneConfig, pca, purity, silhouette, silhouettes};

/// Axis of the words in `[words, d_model]`.
const WORDS: usize = 0;
/// Groups of the twelve words, in their order.
const GROUPS: [&str; 4] = ["animals", "fruit", "verbs", "countries"];
/// Perplexity for the twelve words: two neighbours of a word's own kind, and a little of the
/// others, so that kinds have a place too.
const OF_TWELVE: f64 = 2.5;
/// Perplexity for the toy world's words: about as many neighbours as a kind has words.
const PERPLEXITY: f64 = 8.0;
/// Perplexities for which the fall of the KL is drawn: few neighbours, some, and more than any kind
/// has words.
const PERPLEXITIES: [f64; 3] = [3.0, PERPLEXITY, 25.0];
/// Steps from one drawn KL to the next.
const EVERY: usize = 10;
/// How far a map may lie from the recorded one. Threads change nothing, but another processor's
/// last digits do, and a thousand steps make more of them: which group lies where stays, how it is
/// turned does not. Vectors changed by one part in
/// ten million to one in a thousand moved words by up to 0.22, on maps drawn from -1 to 1, and KLs
/// by up to 0.16 nats.
const BAND: f64 = 0.3;
/// How far a number measured in the space may lie from the recorded one: the training's last
/// digits.
const IN_SPACE: f64 = 0.05;
/// How far one measured on a map may. Eight maps of vectors changed by one part in ten million:
/// words moved further, as [`BAND`] says, but the silhouette of a kind by 0.06 at most.
const ON_MAP: f64 = 0.1;
/// How far a KL may: on those eight maps by 0.013 at most.
const OF_KL: f64 = 0.03;
/// Two words each of two kinds, about equally close in the space.
const PAIRS: [[&str; 2]; 2] = [["france", "germany"], ["apple", "orange"]];

/// Words, their vectors, and the kind of each.
struct Words {
    words: Vec<&'static str>,
    /// Vector of each word, `[words, d_model]`.
    vectors: Tensor<2>,
    /// Names of the kinds.
    kinds: Vec<&'static str>,
    /// Kind of each word, an index into `kinds`.
    kind: Vec<usize>,
}

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// If the vectors cannot be trained.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::forces(run.device));
    let space = space(run)?;
    show_twelve(&mut report, &twelve(&space), run.seed);
    let world = world(&space);
    show_world(&mut report, &world, run.seed);
    show_descent(&mut report, &world, run.seed);
    Ok(report)
}

/// Word vectors of lesson 04, at unit length, trained on the toy world.
fn space(run: &Run) -> Result<Space> {
    let (vocabulary, trained) = toy_vectors(run.seed, EPOCHS)?;
    Ok(Space::new(vocabulary.words, trained.vectors, run.device))
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("x", "points, d_model"),
        Step::new("components", "2, d_model", "directions of most variance", ["x"]),
        Step::new("shadow", "points, 2", "(x - mean) components^T", ["x", "components"]),
        Step::new("p", "points, points", "who is whose neighbour", ["x"]),
        Step::new("map", "points, 2", "KL(p || q) downhill", ["shadow", "p"]),
        Step::new("clusters", "points", "k-means", ["x"]),
        Step::new("silhouettes", "points", "(b - a) / max(a, b)", ["x", "clusters"]),
    ];
    let alt = "Shapes of two maps: points x [points, d_model] are projected on two components [2, \
        d_model] to a shadow [points, 2]. From the affinities p [points, points] and the small \
        shadow as a start t-SNE makes the map [points, 2]. Clusters [points] and silhouettes \
        [points] come from x itself, not from a map.";
    Figure::shapes("05-shapes", "From vectors to a map", alt, steps)
}

/// The textbook's words, three of a kind.
fn twelve(space: &Space) -> Words {
    let mut kinds = Vec::new();
    for (kind, words) in GROUPS.into_iter().zip(TWELVE.chunks(TWELVE.len() / GROUPS.len())) {
        kinds.push((kind, words.to_vec()));
    }
    of_kinds(space, kinds)
}

/// All words of the world that are one of a kind.
fn world(space: &Space) -> Words {
    of_kinds(space, World::kinds())
}

/// The words of some kinds, with their vectors.
fn of_kinds(space: &Space, kinds: Vec<(&'static str, Vec<&'static str>)>) -> Words {
    let (mut words, mut names, mut kind, mut rows) = (vec![], vec![], vec![], vec![]);
    for (name, of_kind) in kinds {
        for word in of_kind {
            let Some(row) = space.row(word) else { panic!("the world speaks of {word}") };
            rows.push(row as i64);
            words.push(word);
            kind.push(names.len());
        }
        names.push(name);
    }
    let rows =
        Tensor::<1, Int>::from_data(TensorData::new(rows, [words.len()]), &space.table().device());
    let vectors = space.table().clone().select(WORDS, rows);
    Words { words, vectors, kinds: names, kind }
}

/// Groups the twelve words in the space and on two maps, and draws the maps.
fn show_twelve(report: &mut Report, twelve: &Words, seed: u64) {
    let found = pca(twelve.vectors.clone(), 2);
    let shadow = found.project(twelve.vectors.clone());
    let config = TsneConfig::new(seed).with_perplexity(OF_TWELVE);
    let map = config.fit(twelve.vectors.clone(), |_| {});
    report.band(ON_MAP);
    report.say("The textbook's twelve words, grouped by k-means in the space and on two maps:");
    let mut table = Table::new(["where", "purity of 4 clusters", "silhouette of the 4 kinds"]);
    let places = [
        ("in the space", twelve.vectors.clone()),
        ("on PCA's map", shadow.clone()),
        ("on t-SNE's map", matrix(&map, twelve)),
    ];
    for (place, points) in places {
        let clusters = KMeansConfig::new(GROUPS.len(), seed).fit(points.clone());
        let purity = purity(&clusters.labels, &twelve.kind);
        table.row([
            place.to_string(),
            format!("{purity:.2}"),
            format!("{:.2}", silhouette(points, &twelve.kind)),
        ]);
    }
    report.keyed_table("twelve", &table);
    report.band(IN_SPACE);
    say_shares(report, &found);
    report.band(ON_MAP);
    say_pairs(report, twelve, &shadow, &map);
    report.figure(twelve_figure(twelve, &shadow, &found, &map));
}

/// How much of the variance PCA's two axes hold.
fn say_shares(report: &mut Report, found: &Pca) {
    let shares = numbers(&found.explained_variance_ratio);
    let percent = |share: f64| format!("{:.0}%", 100.0 * share);
    let both = percent(shares[0] + shares[1]);
    report.say(format!("PCA's two axes hold {both} of the variance."));
    report.say("");
    report.number("variance-first", "variance on PCA's first axis", percent(shares[0]));
    report.number("variance-second", "variance on PCA's second axis", percent(shares[1]));
    report.number("variance-both", "variance on both of PCA's axes", both);
}

/// How far the words of [`PAIRS`] lie apart, in the space and on the maps as they are drawn.
fn say_pairs(report: &mut Report, twelve: &Words, shadow: &Tensor<2>, map: &Map) {
    report.say("How far two countries and two fruits lie apart, in each picture's own unit:");
    let mut table = Table::new(["where", "france, germany", "apple, orange", "ratio"]);
    let places = [
        ("in the space", rows(&twelve.vectors)),
        ("on PCA's map", rows(shadow)),
        ("on t-SNE's map", in_its_width(map).iter().map(|place| place.to_vec()).collect()),
    ];
    for (place, points) in places {
        let [countries, fruits] = PAIRS.map(|pair| apart(twelve, &points, pair));
        table.row([
            place.to_string(),
            format!("{countries:.3}"),
            format!("{fruits:.3}"),
            format!("{:.2}", fruits / countries),
        ]);
    }
    report.keyed_table("apart", &table);
}

/// The distance of two words that lie at these points.
fn apart(words: &Words, points: &[Vec<f64>], pair: [&str; 2]) -> f64 {
    let [one, other] = pair.map(|wanted| {
        let Some(at) = words.words.iter().position(|word| *word == wanted) else {
            panic!("{wanted} is one of the words")
        };
        &points[at]
    });
    let mut squared = 0.0;
    for (a, b) in one.iter().zip(other) {
        squared += (a - b).powi(2);
    }
    squared.sqrt()
}

/// The twelve words on both maps.
fn twelve_figure(twelve: &Words, shadow: &Tensor<2>, found: &Pca, map: &Map) -> Figure {
    let shares = numbers(&found.explained_variance_ratio);
    let mut places = Vec::new();
    for point in numbers(shadow).chunks(2) {
        places.push([point[0], point[1]]);
    }
    let panels = vec![
        Panel {
            title: "PCA: the widest shadow".into(),
            x: component_axis(1, shares[0]),
            y: component_axis(2, shares[1]),
            marks: points(twelve, &places),
        },
        Panel { title: "t-SNE: who is near whom".into(), ..map_panel(twelve, map) },
    ];
    Figure {
        name: "05-twelve".into(),
        title: "Twelve words, four kinds".into(),
        alt: "Two maps of the vectors of twelve words, by PCA and by t-SNE. On both the three \
            animals, the three fruits, the three verbs and the three countries each lie closer to \
            one another than to any other word."
            .into(),
        band: BAND,
        panels,
    }
}

/// The axis of a principal component, with its share of the variance, in the unit of the vectors.
fn component_axis(number: usize, share: f64) -> Axis {
    Axis::linear(&format!("component {number}, {:.0} % of variance (length)", 100.0 * share))
}

/// Judges the kinds of the whole world in the space and on a map, and draws the map.
fn show_world(report: &mut Report, world: &Words, seed: u64) {
    let map = TsneConfig::new(seed).with_perplexity(PERPLEXITY).fit(world.vectors.clone(), |_| {});
    let clusters = KMeansConfig::new(world.kinds.len(), seed).fit(world.vectors.clone());
    let in_space = silhouettes(world.vectors.clone(), &world.kind);
    let on_map = silhouettes(matrix(&map, world), &world.kind);
    report.say(format!(
        "{} words of the toy world in {} kinds:",
        world.words.len(),
        world.kinds.len()
    ));
    let mut table = Table::new(["kind", "words", "silhouette", "on the map"]);
    for kind in 0..world.kinds.len() {
        let there = of_one_kind(&in_space, world, kind);
        let here = of_one_kind(&on_map, world, kind);
        table.row([
            world.kinds[kind].to_string(),
            there.len().to_string(),
            format!("{:.2}", mean(&there)),
            format!("{:.2}", mean(&here)),
        ]);
    }
    report.keyed_table("world", &table);
    report.say(format!(
        "All: silhouette {:.2} in the space, {:.2} on the map. k-means, told only how many kinds \
            there are: purity {:.2}.",
        mean(&in_space),
        mean(&on_map),
        purity(&clusters.labels, &world.kind),
    ));
    report.say("");
    say_clusters(report, world, &clusters.labels);
    report.figure(Figure {
        name: "05-world".into(),
        title: "The toy world's words, by kind".into(),
        alt: "A t-SNE map of the toy world's words, coloured by kind. Animals, fruit, jobs, \
            countries, capitals, languages and verbs are an island each; people are two, a court \
            and families."
            .into(),
        band: BAND,
        panels: vec![map_panel(world, &map)],
    });
    report.band(IN_SPACE);
    report.data(
        "world-cosines",
        "words of the map, and the cosines of each with those before it",
        &(&world.words, cosines(world)),
    );
}

/// The cosine in the space of every word with each word before it, to three decimals.
fn cosines(words: &Words) -> Vec<Vec<f64>> {
    let all = rows(&words.vectors.clone().matmul(words.vectors.clone().transpose()));
    let mut cosines = Vec::new();
    for (word, row) in all.iter().enumerate() {
        cosines.push(row[..word].iter().map(|&cosine| rounded(cosine, 3)).collect());
    }
    cosines
}

/// What k-means' clusters are made of, and how many words are of their cluster's commonest kind.
fn say_clusters(report: &mut Report, world: &Words, labels: &[usize]) {
    report.say("k-means' clusters, and the kinds in each:");
    let mut table = Table::new(["words", "kinds"]);
    let mut of_commonest = 0;
    for cluster in 0..world.kinds.len() {
        let mut counts = vec![0_usize; world.kinds.len()];
        for (&label, &kind) in labels.iter().zip(&world.kind) {
            if label == cluster {
                counts[kind] += 1;
            }
        }
        let mut kinds = Vec::new();
        for (name, count) in world.kinds.iter().zip(&counts) {
            if *count > 0 {
                kinds.push(format!("{count} {name}"));
            }
        }
        table.row([counts.iter().sum::<usize>().to_string(), kinds.join(", ")]);
        of_commonest += counts.iter().max().unwrap_or(&0);
    }
    report.loose_table(&table);
    let words = labels.len();
    report.number("world-commonest", "words of their cluster's commonest kind", of_commonest);
    report.number("world-others", "words of another kind", words - of_commonest);
    let purity = purity(labels, &world.kind);
    report.number(
        "world-purity",
        "purity of eight clusters of the 90 words",
        format!("{purity:.2}"),
    );
}

/// Those of the values, one for each word, that belong to the words of a kind.
fn of_one_kind(values: &[f64], words: &Words, kind: usize) -> Vec<f64> {
    let mut of_kind = Vec::new();
    for (&value, &of_word) in values.iter().zip(&words.kind) {
        if of_word == kind {
            of_kind.push(value);
        }
    }
    of_kind
}

/// Follows the KL of maps of three perplexities, and draws its fall.
fn show_descent(report: &mut Report, world: &Words, seed: u64) {
    report.band(OF_KL);
    let mut lines = Vec::new();
    let mut table = Table::new(["perplexity", "first KL", "after 250 steps", "last KL (nats)"]);
    for perplexity in PERPLEXITIES {
        let mut points = Vec::new();
        TsneConfig::new(seed).with_perplexity(perplexity).fit(world.vectors.clone(), |step| {
            if step.iteration == 1 || step.iteration % EVERY == 0 {
                points.push((step.iteration as f64, step.kl()));
            }
        });
        table.row([
            format!("{perplexity}"),
            format!("{:.3}", kl_after(1, &points)),
            format!("{:.3}", kl_after(250, &points)),
            format!("{:.3}", kl_after(1000, &points)),
        ]);
        lines.push(Line::new(&format!("perplexity {perplexity}"), points));
    }
    report.say("How far the map is from the affinities, as it falls into place:");
    report.keyed_table("kl", &table);
    report.figure(Figure {
        name: "05-kl".into(),
        title: "A map falls into place".into(),
        alt: "KL divergence of three maps over 1000 steps. It falls twice for perplexities of 3 \
            and 8: a little while the affinities are twelvefold and clusters gather, steeply once \
            they are themselves again, after step 250. For 25, more neighbours than a kind has \
            words, the twelvefold affinities let nothing part, and the whole fall comes after \
            step 250. The more neighbours, the lower it ends."
            .into(),
        band: BAND,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("step"),
            y: Axis::linear("KL(P || Q) (nats)"),
            marks: Marks::Lines(lines),
        }],
    });
}

/// The KL after a step, of points (step, KL); NaN where it was not asked for.
fn kl_after(step: usize, points: &[(f64, f64)]) -> f64 {
    for &(iteration, kl) in points {
        if iteration == step as f64 {
            return kl;
        }
    }
    f64::NAN
}

/// A t-SNE map in units of its own width: only who is near whom means anything on it.
fn map_panel(words: &Words, map: &Map) -> Panel {
    Panel {
        title: String::new(),
        x: Axis::linear("across (share of the map's width)"),
        y: Axis::linear("up (share of the map's width)"),
        marks: points(words, &in_its_width(map)),
    }
}

/// The places of a map, the furthest from the middle along an axis at 1.
fn in_its_width(map: &Map) -> Vec<[f64; 2]> {
    let mut widest = f32::MIN_POSITIVE;
    for [x, y] in map.points() {
        widest = widest.max(x.abs()).max(y.abs());
    }
    let mut places = Vec::new();
    for [x, y] in map.points() {
        places.push([f64::from(x / widest), f64::from(y / widest)]);
    }
    places
}

/// Every word where it lies, in the colour of its kind.
fn points(words: &Words, places: &[[f64; 2]]) -> Marks {
    let mut points = Vec::new();
    for (word, &[x, y]) in places.iter().enumerate() {
        let (label, group) = (words.words[word].into(), words.kinds[words.kind[word]].into());
        points.push(Point { label, group, x, y });
    }
    Marks::Points(points)
}

/// A map as one point a row, on the device of the vectors.
fn matrix(map: &Map, words: &Words) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(map.points().concat(), [map.len(), 2]),
        &words.vectors.device(),
    )
}

/// The rows of a matrix in f64.
fn rows(matrix: &Tensor<2>) -> Vec<Vec<f64>> {
    let [_, width] = matrix.dims();
    numbers(matrix).chunks(width).map(<[f64]>::to_vec).collect()
}

/// The mean of some values.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The entries of a tensor in f64.
fn numbers<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}
