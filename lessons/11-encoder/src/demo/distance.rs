//! How far attention reaches, layer by layer.

use anyhow::Result;
use burn::tensor::Device;
use course::{Report, Table};

use super::Subject;
use crate::Batch;

/// Longest of the texts below, in tokens.
const LONGEST: usize = 64;

/// Plain English sentences, long enough for near and far to differ.
const TEXTS: [&str; 8] = [
    "The old man who lives at the end of our street walks his dog every morning, and when \
        it rains he carries an umbrella that is older than I am.",
    "When the train arrived an hour late, the people who had waited on the platform were \
        so cold that none of them complained about the price of the tea.",
    "My sister bought a small house near the river last year, but she sold it in the \
        spring because the water had come into the kitchen twice.",
    "The letter that the teacher found in the drawer had been written by a student who \
        left the school long before she was born.",
    "If you plant the beans too early, the frost will kill them, and if you wait until \
        the summer they will not have the time to grow.",
    "The doctor told him to rest for a week, yet on the second day he was back in his \
        office with a pile of papers and a cup of coffee.",
    "Because the bridge was closed, we drove around the lake and stopped at a village \
        where a woman sold apples, cheese and bread from her window.",
    "The company said on Monday that it would open three new shops in the city, and that \
        the people it hires there will be trained for a month.",
];

/// What the attention of one head, or of several, adds up to over many words.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    /// Words that attend.
    queries: f64,
    /// Attention that falls on words, not on `[CLS]` or `[SEP]`.
    on_words: f64,
    /// Mean distance from a word to what it attends to, summed over words.
    distance: f64,
    /// What the mean distance would be if it attended to all words alike, summed over words.
    uniform: f64,
}

impl Reach {
    fn add(&mut self, other: Reach) {
        self.queries += other.queries;
        self.on_words += other.on_words;
        self.distance += other.distance;
        self.uniform += other.uniform;
    }
}

/// Reports how far the attention of each layer reaches, beside attention to all words alike.
pub(super) fn by_layer(subject: &Subject, device: &Device, report: &mut Report) -> Result<()> {
    let (mut reaches, words) = reaches(subject, device)?;
    report.say(format!(
        "How far attention reaches in {}: mean |i - j| in tokens, weighted by attention, over {}",
        subject.name,
        TEXTS.len()
    ));
    report.say(format!(
        "sentences of {:.1} tokens on average, [CLS] and [SEP] left out; the head that reaches \
            least",
        words as f64 / TEXTS.len() as f64
    ));
    report.say("far and the one that reaches furthest; the share of attention on [CLS] and [SEP].");
    let mut table = Table::new(["layer", "distance", "nearest", "furthest", "special"]);
    let mut uniform = 0.0;
    for (layer, heads) in reaches.iter_mut().enumerate() {
        let mut all = Reach::default();
        heads.sort_by(|a, b| a.distance.total_cmp(&b.distance));
        for head in heads.iter() {
            all.add(*head);
        }
        uniform = all.uniform / all.queries;
        let (nearest, furthest) = (heads[0], heads[heads.len() - 1]);
        table.row([
            (layer + 1).to_string(),
            format!("{:.2}", all.distance / all.queries),
            format!("{:.2}", nearest.distance / nearest.queries),
            format!("{:.2}", furthest.distance / furthest.queries),
            format!("{:.0}%", 100.0 * (1.0 - all.on_words / all.queries)),
        ]);
    }
    table.row(["uniform", &format!("{uniform:.2}"), "-", "-", "-"]);
    report.keyed_table("reach", &table);
    Ok(())
}

/// What each head of each layer adds up to over [`TEXTS`], and how many tokens those have without
/// `[CLS]` and `[SEP]`.
fn reaches(subject: &Subject, device: &Device) -> Result<(Vec<Vec<Reach>>, usize)> {
    let mut reaches: Vec<Vec<Reach>> = Vec::new();
    let mut words = 0;
    for text in TEXTS {
        let encoding = subject.tokenizer.encode(text, LONGEST)?;
        let batch = Batch::new([(&encoding.ids[..], &encoding.segments[..])], 0, device);
        words += encoding.ids.len() - 2;
        for (layer, weights) in subject.bert.trace(&batch).attentions.into_iter().enumerate() {
            let [_, heads, queries, keys] = weights.dims();
            let weights: Vec<f32> = weights.into_data().iter().collect();
            if reaches.len() == layer {
                reaches.push(vec![Reach::default(); heads]);
            }
            for (head, weights) in weights.chunks_exact(queries * keys).enumerate() {
                reaches[layer][head].add(reach(weights, keys));
            }
        }
    }
    Ok((reaches, words))
}

/// What one head's attention over one text adds up to. Row i of `weights` has a share for every
/// token, `keys` of them; the first and the last token are `[CLS]` and `[SEP]`.
fn reach(weights: &[f32], keys: usize) -> Reach {
    let words = 1..keys - 1;
    let mut sum = Reach::default();
    for i in words.clone() {
        let (mut on_words, mut weighted, mut uniform) = (0.0, 0.0, 0.0);
        for j in words.clone() {
            let share = f64::from(weights[i * keys + j]);
            let distance = i.abs_diff(j) as f64;
            on_words += share;
            weighted += share * distance;
            uniform += distance;
        }
        sum.add(Reach {
            queries: 1.0,
            on_words,
            distance: weighted / on_words,
            uniform: uniform / words.len() as f64,
        });
    }
    sum
}
