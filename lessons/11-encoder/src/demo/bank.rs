//! Words of two senses: how their vectors part from layer to layer, beside words of one sense in
//! the same places.

use anyhow::Result;
use burn::tensor::{Device, Tensor};
use course::{Axis, Figure, Marks, Panel, Point, Report, Table};
use similarity::cosine;

use super::Subject;

/// A place in three sentences, `_`, with a word of two senses and words of one sense to put there.
/// The place is the same token in all three, or the position table alone would part the vectors.
pub(super) struct Place {
    /// Word of two senses.
    pub ambiguous: &'static str,
    /// Words of one sense.
    plain: [&'static str; 3],
    /// Sentence in which the ambiguous word has its first sense.
    pub first: &'static str,
    /// Another sentence of that sense.
    pub same: &'static str,
    /// Sentence of the other sense.
    pub other: &'static str,
}

impl Place {
    /// The words of one sense that are tokens of the subject.
    pub fn plain_words_of(&self, subject: &Subject) -> Vec<&'static str> {
        let known = |word: &&str| subject.tokenizer.id(word).is_some();
        self.plain.into_iter().filter(known).collect()
    }
}

const PLACES: [Place; 8] = [
    Place {
        ambiguous: "bank",
        plain: ["hotel", "house", "station"],
        first: "I deposited money at the _",
        same: "I withdrew cash from the _",
        other: "I sat by the river _",
    },
    Place {
        ambiguous: "bat",
        plain: ["hat", "shoe", "stone"],
        first: "He hit the ball with the _",
        same: "She struck the ball with the _",
        other: "Out of the cave flew the _",
    },
    Place {
        ambiguous: "spring",
        plain: ["garden", "forest", "valley"],
        first: "The flowers bloom early in the _",
        same: "The leaves return late in the _",
        other: "The water flows slowly from the _",
    },
    Place {
        ambiguous: "seal",
        plain: ["child", "woman", "man"],
        first: "The fish was eaten by the _",
        same: "The ice was crossed by the _",
        other: "The letter was closed by the _",
    },
    Place {
        ambiguous: "court",
        plain: ["house", "church", "garden"],
        first: "The judge spoke inside the _",
        same: "The lawyer waited outside the _",
        other: "The player ran across the _",
    },
    Place {
        ambiguous: "crane",
        plain: ["man", "woman", "boy"],
        first: "The nest was built by the _",
        same: "The fish was caught by the _",
        other: "The steel was lifted by the _",
    },
    Place {
        ambiguous: "mouse",
        plain: ["girl", "child", "dog"],
        first: "The cheese was eaten by the _",
        same: "The seed was stolen by the _",
        other: "The computer was controlled by the _",
    },
    Place {
        ambiguous: "match",
        plain: ["paper", "box", "house"],
        first: "She lit the candle with the _",
        same: "He lit the fire with the _",
        other: "Our team scored goals in the _",
    },
];

/// Cosines, layer by layer, of a word's vector in a place's first sentence with its vectors in the
/// two others.
pub(super) struct Partings {
    /// Cosines with the sentence of the same sense.
    pub same: Vec<f64>,
    /// Cosines with the sentence of the other sense.
    pub other: Vec<f64>,
}

impl Partings {
    /// How much closer the sentences of one sense are than those of two.
    fn gap(&self, layer: usize) -> f64 {
        self.same[layer] - self.other[layer]
    }
}

/// The partings of all words of one place.
pub(super) struct Parted {
    pub place: &'static Place,
    pub ambiguous: Partings,
    plain: Vec<Partings>,
}

impl Parted {
    /// Mean cosines, layer by layer, of the words of one sense.
    pub fn plain_means(&self) -> Partings {
        let mut means = Partings { same: Vec::new(), other: Vec::new() };
        for layer in 0..self.ambiguous.same.len() {
            let same: Vec<f64> = self.plain.iter().map(|word| word.same[layer]).collect();
            let other: Vec<f64> = self.plain.iter().map(|word| word.other[layer]).collect();
            means.same.push(mean(&same));
            means.other.push(mean(&other));
        }
        means
    }

    /// Gaps of the words of one sense after a layer.
    fn plain_gaps(&self, layer: usize) -> Vec<f64> {
        self.plain.iter().map(|word| word.gap(layer)).collect()
    }

    /// Whether the gap of the word of two senses is wider than that of any word of one sense, by
    /// more than rounding.
    fn is_wider(&self, layer: usize) -> bool {
        const ROUNDING: f64 = 1e-4;
        self.ambiguous.gap(layer) > most(&self.plain_gaps(layer)) + ROUNDING
    }
}

/// Gaps of all words of two senses after a layer.
fn ambiguous_gaps(parted: &[Parted], layer: usize) -> Vec<f64> {
    parted.iter().map(|place| place.ambiguous.gap(layer)).collect()
}

/// Gaps of all words of one sense after a layer.
fn plain_gaps(parted: &[Parted], layer: usize) -> Vec<f64> {
    parted.iter().flat_map(|place| place.plain_gaps(layer)).collect()
}

/// How far words of two senses part, and how far words of one sense do in the same places: what
/// does the sense do, and what does the sentence?
pub(super) fn by_layer(
    subject: &Subject,
    device: &Device,
    report: &mut Report,
) -> Result<Vec<Parted>> {
    let mut parted = Vec::with_capacity(PLACES.len());
    for place in &PLACES {
        // The tiny BERT knows few of these words.
        let words = place.plain_words_of(subject);
        if subject.tokenizer.id(place.ambiguous).is_none() || words.is_empty() {
            continue;
        }
        let ambiguous = partings(subject, place, place.ambiguous, device)?;
        let mut plain = Vec::with_capacity(words.len());
        for word in words {
            plain.push(partings(subject, place, word, device)?);
        }
        parted.push(Parted { place, ambiguous, plain });
    }
    the_bank(&parted[0], subject, report);
    all_words(&parted, report);
    by_word(&parted, report);
    report.figure(gap_figure(&parted, subject));
    Ok(parted)
}

/// How the vectors of a word part in the sentences of a place.
fn partings(subject: &Subject, place: &Place, word: &str, device: &Device) -> Result<Partings> {
    let vectors = |text: &str| subject.word_by_layer(&text.replace('_', word), word, device);
    let first = vectors(place.first)?;
    Ok(Partings {
        same: cosines_by_layer(&first, &vectors(place.same)?),
        other: cosines_by_layer(&first, &vectors(place.other)?),
    })
}

/// The cosine of two words' vectors after every layer.
fn cosines_by_layer(a: &[Tensor<2>], b: &[Tensor<2>]) -> Vec<f64> {
    let mut cosines = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        cosines.push(f64::from(cosine(a.clone(), b.clone()).into_scalar::<f32>()));
    }
    cosines
}

/// Reports the cosines of "bank", and the mean cosines of the words of one sense in its place.
fn the_bank(bank: &Parted, subject: &Subject, report: &mut Report) {
    report.say(format!(
        "The word \"bank\" in {}, and in its place {} (their mean):",
        subject.name,
        bank.place.plain_words_of(subject).join(", ")
    ));
    report.say("cosine of a word's vector in the first sentence with those in the two others.");
    for (name, text) in
        [("money", bank.place.first), ("cash", bank.place.same), ("river", bank.place.other)]
    {
        report.say(format!("  {name:6} {text}"));
    }
    let mut table = Table::new([
        "layer",
        "bank: money-cash",
        "bank: money-river",
        "plain: money-cash",
        "plain: money-river",
    ]);
    let plain = bank.plain_means();
    for layer in 0..bank.ambiguous.same.len() {
        let mut cells = vec![layer.to_string()];
        for cosine in [
            bank.ambiguous.same[layer],
            bank.ambiguous.other[layer],
            plain.same[layer],
            plain.other[layer],
        ] {
            cells.push(format!("{cosine:.3}"));
        }
        table.row(cells);
    }
    report.keyed_table("cosine", &table);
}

/// Reports mean and range of the gaps of all words, layer by layer.
fn all_words(parted: &[Parted], report: &mut Report) {
    report.say(format!(
        "{} words of two senses, and {} words of one sense in their places: how much closer the",
        parted.len(),
        plain_gaps(parted, 0).len()
    ));
    report.say(
        "sentences of one sense are than those of two (mean, least and greatest gap), and how",
    );
    report.say("many words of two senses have a wider gap than all words in their place.");
    let mut table = Table::new([
        "layer",
        "two senses",
        "two, least",
        "two, most",
        "one sense",
        "one, least",
        "one, most",
        "wider",
    ]);
    for layer in 0..parted[0].ambiguous.same.len() {
        let mut cells = vec![layer.to_string()];
        for gaps in [ambiguous_gaps(parted, layer), plain_gaps(parted, layer)] {
            for gap in [mean(&gaps), least(&gaps), most(&gaps)] {
                cells.push(rounded(gap));
            }
        }
        let wider = parted.iter().filter(|place| place.is_wider(layer)).count();
        cells.push(wider.to_string());
        table.row(cells);
    }
    report.keyed_table("gap", &table);
}

/// Reports the gap of every word of two senses after the first layer and after the last.
fn by_word(parted: &[Parted], report: &mut Report) {
    let last = parted[0].ambiguous.same.len() - 1;
    report.say(
        "The same by word, after the first layer and after the last (one sense: the mean there):",
    );
    let mut table = Table::new([
        "word",
        "first, two senses",
        "first, one sense",
        "last, two senses",
        "last, one sense",
    ]);
    for place in parted {
        let mut cells = vec![place.place.ambiguous.to_string()];
        for layer in [1, last] {
            cells.push(rounded(place.ambiguous.gap(layer)));
            cells.push(rounded(mean(&place.plain_gaps(layer))));
        }
        table.row(cells);
    }
    report.keyed_table("word", &table);
}

/// The figure of the gaps of all words.
fn gap_figure(parted: &[Parted], subject: &Subject) -> Figure {
    /// How far the groups stand to the left and right of their layer.
    const ASIDE: f64 = 0.14;
    let mut points = Vec::new();
    let last = parted[0].ambiguous.same.len() - 1;
    for layer in 1..=last {
        let x = layer as f64;
        for (i, gap) in ambiguous_gaps(parted, layer).into_iter().enumerate() {
            let group = if i == 0 { "bank" } else { "other words of two senses" };
            points.push(point(group, x - ASIDE, gap));
        }
        for gap in plain_gaps(parted, layer) {
            points.push(point("words of one sense in their places", x + ASIDE, gap));
        }
    }
    Figure {
        name: "11-bank".into(),
        title: format!("Two senses of a word part further than two uses of one ({})", subject.name),
        alt: format!(
            "Points by layer: how much closer the vectors of a word are in two sentences of one \
            sense than in two of different senses. For {} words of two senses, \"bank\" among \
            them, the gap is {:.3} on average after layer 1 and {:.3} after the last; for {} words \
            of one sense in the same places it is {:.3} and {:.3}.",
            parted.len(),
            mean(&ambiguous_gaps(parted, 1)),
            mean(&ambiguous_gaps(parted, last)),
            plain_gaps(parted, 1).len(),
            mean(&plain_gaps(parted, 1)),
            mean(&plain_gaps(parted, last))
        ),
        band: 1e-3, // real weights: rounding alone
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("layer"),
            y: Axis::linear("cosine: same sense minus other sense"),
            marks: Marks::Points(points),
        }],
    }
}

/// A point of a group, without a label.
fn point(group: &str, x: f64, y: f64) -> Point {
    Point { label: String::new(), group: group.into(), x, y }
}

/// A gap to three digits, and never as -0.000.
fn rounded(gap: f64) -> String {
    format!("{:.3}", if gap.abs() < 5e-4 { 0.0 } else { gap })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
