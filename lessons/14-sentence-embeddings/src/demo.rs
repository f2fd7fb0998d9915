//! What this lesson shows: what a search finds and misses, what pooling does, and what a forgotten
//! mask costs.

mod finding;

use anyhow::Result;
use burn::tensor::Tensor;
use course::{Axis, Bar, Figure, Marks, Panel, Report, Run, Step, Table};
use data::{Sentence, Topic, World};
use encoder::toy::toy_bert;
use maps::{KMeansConfig, purity};
use similarity::{nearest, pairwise};
use word2vec::Space;

use crate::feelings::{QUERY, TEXTS};
use crate::{Pooling, SentenceEncoder};

/// Steps of pretraining where no real weights are at hand.
const STEPS: usize = 300;
/// Sentences whose nearest neighbour is asked for its topic.
const SENTENCES: usize = 180;
/// Of the starts of k-means.
const SEED_OF_CLUSTERS: u64 = 7;

/// Shows the lesson, with the real MiniLM if it was fetched.
///
/// # Errors
///
/// A model folder that cannot be read.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    let encoder = match run.minilm {
        Some(folder) => {
            report.say("all-MiniLM-L6-v2 turns texts into vectors.\n");
            SentenceEncoder::open(folder, run.device)?
        }
        None => {
            report.say(
                "MiniLM is not fetched: a tiny BERT, just pretrained on the toy world, turns \
                texts into vectors.\n",
            );
            let toy = toy_bert(run.seed, STEPS, run.device)?;
            SentenceEncoder::new(toy.tokenizer, toy.model.bert, run.device)?
        }
    };
    search(&encoder, &mut report)?;
    sentences(&encoder, &mut report)?;
    let corpus: Vec<Sentence> = World::sentences(run.seed + 2).take(SENTENCES).collect();
    arithmetic(&encoder, run, &mut report)?;
    clusters(&encoder, &corpus, &mut report)?;
    topics(encoder, &corpus, &mut report)?;
    finding::contrastive(run, &mut report)?;
    finding::recorded(&mut report)?;
    Ok(report)
}

/// Which axes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("ids", "texts, tokens"),
        Step::new("hidden states", "texts, tokens, d_model", "BERT (lesson 11)", ["ids"]),
        Step::input("padding", "texts, 1, 1, tokens"),
        Step::new(
            "pooled",
            "texts, d_model",
            "mean over tokens not hidden",
            ["hidden states", "padding"],
        ),
        Step::new("vectors", "texts, d_model", "x / |x|", ["pooled"]),
        Step::input("query", "1, d_model"),
        Step::new("scores", "1, texts", "cosine with every text", ["query", "vectors"]),
    ];
    let alt = "Shapes of semantic search: ids [texts, tokens] go through BERT to [texts, tokens, \
        d_model], pooling leaves [texts, d_model], unit length keeps it, and the product with the \
        query's vector is one score a text.";
    Figure::shapes("14-shapes", "From texts to one vector each, and to a ranking", alt, steps)
}

/// The textbook's search, and its query in other words.
fn search(encoder: &SentenceEncoder, report: &mut Report) -> Result<()> {
    let queries = [QUERY, "I feel down", "feeling low", "feeling sad", "depressed"];
    report
        .say(format!("The textbook says: a search for \"{QUERY}\" finds \"{}\" first.", TEXTS[0]));
    let mut table = Table::new(["query", TEXTS[0], TEXTS[1], TEXTS[2], "first"]);
    for query in queries {
        let found = encoder.search(query, &TEXTS, TEXTS.len())?;
        let score = |i| found.iter().find(|hit| hit.0 == i).map_or(0.0, |hit| hit.1);
        let scores = (0..TEXTS.len()).map(|i| format!("{:.4}", score(i)));
        let first = found.first().map_or("", |hit| TEXTS[hit.0]);
        table.row([query.to_string()].into_iter().chain(scores).chain([first.to_string()]));
    }
    report.table(&table);
    Ok(())
}

/// Nine sentences against each other.
fn sentences(encoder: &SentenceEncoder, report: &mut Report) -> Result<()> {
    const NINE: [&str; 9] = [
        "The cat sleeps in the house.",
        "A dog rests on the sofa.",
        "The rabbit eats grass.",
        "I deposited money at the bank.",
        "She pays back the loan.",
        "Cash is kept in a safe.",
        "Paris is the capital of France.",
        "Berlin lies in Germany.",
        "Rome is a city in Italy.",
    ];
    let vectors = encoder.embed_matrix(&NINE)?;
    let cosines: Vec<f64> = pairwise(vectors.clone(), vectors).into_data().iter::<f64>().collect();
    let labels = ["cat", "dog", "rabbit", "deposit", "loan", "cash", "Paris", "Berlin", "Rome"]
        .map(String::from);
    report.figure(Figure {
        name: "14-sentences".into(),
        title: "Sentences against each other".into(),
        alt: "Cosines of nine sentences. Those about money and those about capitals are closer to \
            each other than to the rest; of those about animals the cat and the dog are, and the \
            rabbit eating grass is not."
            .into(),
        band: 1e-3, // real weights: rounding alone
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("sentence"),
            y: Axis::linear("sentence (colour: cosine)"),
            marks: Marks::Heatmap {
                values: cosines.chunks(NINE.len()).map(<[f64]>::to_vec).collect(),
                columns: labels.to_vec(),
                rows: labels.to_vec(),
            },
        }],
    });
    Ok(())
}

/// The toy world's analogies, each word a text of its own; and those that word2vec was made for, by
/// name.
fn arithmetic(encoder: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let words: Vec<String> = World::vocabulary().into_iter().map(String::from).collect();
    let vectors = encoder.embed(&words)?.into_iter().flat_map(|word| word.vector).collect();
    let space = Space::new(words, vectors, run.device);
    report.say("Arithmetic, each word a text of its own:");
    let mut table = Table::new(["section", "right", "questions", "accuracy"]);
    for score in space.score(&World::analogies()) {
        let share = 100.0 * score.right as f64 / score.covered as f64;
        let (right, covered) = (score.right.to_string(), score.covered.to_string());
        table.row([score.section, right, covered, format!("{share:.1}%")]);
    }
    report.table(&table);
    for question in [["man", "king", "woman"], ["france", "paris", "germany"]] {
        let rows = question.map(|word| space.row(word).expect("a word of the toy world"));
        let found = space.analogy(rows, 3).into_iter();
        let found: Vec<String> =
            found.map(|(row, cosine)| format!("{} {cosine:.2}", space.words()[row])).collect();
        let [a, b, c] = question;
        report.say(format!("{b} - {a} + {c}: {}", found.join(", ")));
    }
    report.say("");
    Ok(())
}

/// Whether sentences fall into groups by what they are about.
fn clusters(encoder: &SentenceEncoder, corpus: &[Sentence], report: &mut Report) -> Result<()> {
    let texts: Vec<String> = corpus.iter().map(ToString::to_string).collect();
    let found =
        KMeansConfig::new(Topic::ALL.len(), SEED_OF_CLUSTERS).fit(encoder.embed_matrix(&texts)?);
    let topics: Vec<usize> = corpus.iter().map(|sentence| sentence.topic as usize).collect();
    let purity = 100.0 * purity(&found.labels, &topics);
    report.say(format!(
        "{SENTENCES} sentences about nine topics in nine clusters by k-means: purity \
            {purity:.1}%.\n"
    ));
    Ok(())
}

/// How often a sentence's nearest neighbour is about the same thing, by pooling and with the mask
/// forgotten.
fn topics(mut encoder: SentenceEncoder, corpus: &[Sentence], report: &mut Report) -> Result<()> {
    let texts: Vec<String> = corpus.iter().map(ToString::to_string).collect();
    let mut bars = Vec::new();
    let mut add = |label: &str, accuracy: f64| {
        bars.push(Bar {
            label: label.into(),
            group: "nearest neighbour".into(),
            value: 100.0 * accuracy,
        });
    };
    for (label, pooling) in
        [("mean", Pooling::Mean), ("[CLS]", Pooling::Cls), ("max", Pooling::Max)]
    {
        encoder.pooling = pooling;
        add(label, same_topic(corpus, encoder.embed_matrix(&texts)?));
    }
    add("no mask", same_topic(corpus, without_mask(&encoder, &texts)?));
    add("chance", chance(corpus));
    report.say(format!(
        "{SENTENCES} sentences about nine topics: is the nearest neighbour about the same?"
    ));
    report.say("(\"no mask\": the mean over every text padded to 64 tokens, padding included)");
    let mut table = Table::new(["pooling", "same topic"]);
    bars.iter().for_each(|bar| table.row([bar.label.clone(), format!("{:.1}%", bar.value)]));
    report.table(&table);
    report.figure(Figure {
        name: "14-pooling".into(),
        title: "Does the nearest sentence share the topic?".into(),
        alt: "Every pooling finds a neighbour of the same topic far more often than chance.".into(),
        band: 2.0, // per cent: one sentence is 0.6 %, and ties may fall either way
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("pooling"),
            y: Axis::linear("same topic (%)"),
            marks: Marks::Bars(bars),
        }],
    });
    Ok(())
}

/// Every text padded to the encoder's limit of 64 tokens, and the padding averaged in: the bug of
/// many a project.
fn without_mask(encoder: &SentenceEncoder, texts: &[String]) -> Result<Tensor<2>> {
    let padded = encoder.limit.min(64);
    let mut rows = Vec::new();
    for text in texts {
        let encoding = encoder.encode(text)?;
        let fill = padded.saturating_sub(encoding.ids.len());
        let with = |ids: &[u32], fill_with| {
            ids.iter().copied().chain(std::iter::repeat_n(fill_with, fill)).collect::<Vec<u32>>()
        };
        let (ids, segments) = (with(&encoding.ids, encoder.pad), with(&encoding.segments, 0));
        let batch = encoder::Batch::new([(&ids[..], &segments[..])], encoder.pad, &encoder.device);
        rows.push(Pooling::Mean.pool(encoder.bert.forward(&batch), None));
    }
    Ok(Tensor::cat(rows, 0))
}

fn same_topic(corpus: &[Sentence], vectors: Tensor<2>) -> f64 {
    let neighbours = nearest(vectors.clone(), vectors, 2);
    let right = neighbours.iter().enumerate().filter(|(i, near)| {
        // the nearest of all is the sentence itself, or one that says exactly the same
        let other = near.iter().map(|hit| hit.0).find(|j| j != i).unwrap_or(*i);
        corpus[*i].topic == corpus[other].topic
    });
    right.count() as f64 / corpus.len() as f64
}

/// How often a random other sentence shares the topic.
fn chance(corpus: &[Sentence]) -> f64 {
    let pairs = |i: usize| corpus.iter().filter(|other| other.topic == corpus[i].topic).count() - 1;
    (0..corpus.len()).map(pairs).sum::<usize>() as f64 / (corpus.len() * (corpus.len() - 1)) as f64
}
