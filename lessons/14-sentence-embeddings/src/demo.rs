//! What this lesson shows: what a search finds and misses, what pooling does, and what a forgotten
//! mask costs.

mod diary;
mod documents;
mod finding;
mod map;
pub mod picture;

use anyhow::Result;
use burn::tensor::Tensor;
use course::{Axis, Bar, Block, Figure, Marks, Panel, Report, Run, Step, Table};
use data::{Sentence, World};
use encoder::Batch;
use encoder::toy::toy_bert;
use similarity::{nearest, pairwise};
use word2vec::Space;

use crate::feelings::{QUERY, TEXTS};
use crate::{Pooling, Reading, SentenceEncoder};

/// Number of steps of pretraining where no real weights are at hand.
const STEPS: usize = 300;
/// Number of sentences whose nearest neighbour is asked for its topic.
const SENTENCES: usize = 180;
/// Number of tokens that every text is padded to in the row "no mask".
const PADDED: usize = 64;
/// The textbook's query, and the same in other words.
const QUERIES: [&str; 5] = [QUERY, "I feel down", "feeling low", "feeling sad", "depressed"];
/// The axis of `[texts, d_model]` with one entry per text.
const ROWS: usize = 0;
/// How far numbers may lie from the recorded ones that real weights make by rounding alone.
const ROUNDING: f64 = 1e-3;
/// The same for shares of questions: a close call may fall to the other side.
const CLOSE_CALLS: f64 = 0.05;

/// Shows the lesson, with the real MiniLM if it was fetched.
///
/// # Errors
///
/// A model folder that cannot be read.
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::pooling(run.device));
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
    report.band(ROUNDING);
    search(&encoder, &mut report)?;
    diary::vectors(&encoder, &mut report)?;
    sentences(&encoder, &mut report)?;
    report.band(CLOSE_CALLS);
    let corpus: Vec<Sentence> = World::sentences(run.seed + 2).take(SENTENCES).collect();
    documents::long(&encoder, &mut report)?;
    arithmetic(&encoder, run, &mut report)?;
    map::clusters(&encoder, &corpus, run, &mut report)?;
    topics(&encoder, &corpus, &mut report)?;
    finding::contrastive(run, &mut report)?;
    report.band(0.0); // what follows is read from a file
    finding::recorded(&mut report)?;
    Ok(report)
}

/// The texts of sentences.
fn texts(corpus: &[Sentence]) -> Vec<String> {
    corpus.iter().map(ToString::to_string).collect()
}

/// The axes that go in and those that come out.
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
    report
        .say(format!("The textbook says: a search for \"{QUERY}\" finds \"{}\" first.", TEXTS[0]));
    let mut table = Table::new(["query", TEXTS[0], TEXTS[1], TEXTS[2], "first"]);
    let mut cosines = Vec::new();
    for query in QUERIES {
        let found = encoder.search(query, &TEXTS, TEXTS.len())?;
        let mut cells = [query, "", "", "", TEXTS[found[0].0]].map(String::from);
        let mut of_query = [0.0; 3];
        for (i, cosine) in found {
            cells[1 + i] = format!("{cosine:.4}");
            of_query[i] = (cosine * 1e4).round() / 1e4; // as it is shown
        }
        table.row(cells);
        cosines.push(of_query);
    }
    report.keyed_table("search", &table);
    let [down, low] = [cosines[0], cosines[2]];
    let [sad_loses, stock_loses] = [down[0] - low[0], down[1] - low[1]];
    for (key, what, value) in [
        ("lead", "lead of the stock for \"feeling down\"", down[1] - down[0]),
        ("sad-loses", "what \"low\" instead of \"down\" costs the sad text", sad_loses),
        ("stock-loses", "what it costs the stock", stock_loses),
        ("worth-of-down", "the difference of the two", stock_loses - sad_loses),
    ] {
        report.number(key, what, format!("{value:.4}"));
    }
    Ok(())
}

/// The cosines of nine sentences with each other.
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
    let mut values = Vec::with_capacity(NINE.len());
    for row in cosines.chunks(NINE.len()) {
        values.push(row.to_vec());
    }
    for (key, what, (one, other)) in [
        ("pair-cat-dog", "cosine of the cat and the dog", (0, 1)),
        ("pair-cat-rabbit", "cosine of the cat and the rabbit", (0, 2)),
        ("pair-dog-rabbit", "cosine of the dog and the rabbit", (1, 2)),
        ("pair-dog-loan", "cosine of the dog and the loan", (1, 4)),
        ("pair-deposit-cash", "cosine of the deposit and the cash", (3, 5)),
        ("pair-deposit-berlin", "cosine of the deposit and Berlin", (3, 7)),
        ("pair-paris-berlin", "cosine of Paris and Berlin", (6, 7)),
    ] {
        report.number(key, what, format!("{:.4}", values[one][other]));
    }
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
            y: Axis::linear("sentence"),
            marks: Marks::heatmap(values, labels.to_vec(), labels.to_vec(), "cosine")
                .between(-1.0, 1.0)
                .outlining([0, 3, 6].map(|first| Block::on_diagonal(first, first + 3))),
        }],
    });
    Ok(())
}

/// The toy world's analogies, each word a text of its own; and two of those that word2vec was made
/// for, by name.
fn arithmetic(encoder: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let words: Vec<String> = World::vocabulary().into_iter().map(String::from).collect();
    let mut vectors = Vec::new();
    for word in encoder.embed(&words)? {
        vectors.extend(word.vector);
    }
    let space = Space::new(words, vectors, run.device);
    report.say("Arithmetic, each word a text of its own:");
    let mut table = Table::new(["section", "right", "questions", "accuracy"]);
    for score in space.score(&World::analogies()) {
        let share = 100.0 * score.right as f64 / score.covered as f64;
        let (right, covered) = (score.right.to_string(), score.covered.to_string());
        table.row([score.section, right, covered, format!("{share:.1}%")]);
    }
    report.keyed_table("analogies", &table);
    for question in [["man", "king", "woman"], ["france", "paris", "germany"]] {
        let rows = question.map(|word| space.row(word).expect("a word of the toy world"));
        let [a, b, c] = question;
        let mut found = Vec::new();
        for (row, cosine) in space.analogy(rows, 3) {
            found.push(format!("{} {cosine:.2}", space.words()[row]));
            if found.len() == 1 {
                let what = format!("cosine of the first answer to {b} - {a} + {c}");
                report.number(&format!("analogy-{b}"), &what, format!("{cosine:.2}"));
            }
        }
        report.say_loosely(format!("{b} - {a} + {c}: {}", found.join(", ")));
    }
    report.say("");
    Ok(())
}

/// How often a sentence's nearest neighbour has the same topic, by pooling and with the mask
/// forgotten.
fn topics(encoder: &SentenceEncoder, corpus: &[Sentence], report: &mut Report) -> Result<()> {
    let texts = texts(corpus);
    let mut bars = Vec::new();
    for (label, pooling) in
        [("mean", Pooling::Mean), ("[CLS]", Pooling::Cls), ("max", Pooling::Max)]
    {
        let reading = Reading { poolings: vec![pooling], ..encoder.reading() };
        let vectors = encoder.embed_matrix_with(&texts, &reading)?;
        bars.push(bar(label, same_topic(corpus, vectors)));
    }
    bars.push(bar("no mask", same_topic(corpus, without_mask(encoder, &texts)?)));
    bars.push(bar("chance", chance(corpus)));
    report.say(format!(
        "{SENTENCES} sentences about nine topics: is the nearest neighbour about the same?"
    ));
    report.say("(\"no mask\": the mean over every text padded to 64 tokens, padding included)");
    let mut table = Table::new(["pooling", "same topic", "sentences"]);
    for bar in &bars {
        let sentences = bar.value * SENTENCES as f64 / 100.0;
        table.row([bar.label.clone(), format!("{:.1}%", bar.value), format!("{sentences:.0}")]);
    }
    report.keyed_table("pooling", &table);
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

/// A bar of the pooling figure, from a share.
fn bar(label: &str, share: f64) -> Bar {
    Bar { label: label.into(), group: "nearest neighbour".into(), value: 100.0 * share }
}

/// The vectors of texts that are all padded to one length, with the padding averaged in: the bug of
/// many a project. `[texts, d_model]`
fn without_mask(encoder: &SentenceEncoder, texts: &[String]) -> Result<Tensor<2>> {
    let length = encoder.limit.min(PADDED);
    let mut rows = Vec::with_capacity(texts.len());
    for text in texts {
        let encoding = encoder.encode(text)?;
        let (mut ids, mut segments) = (encoding.ids, encoding.segments);
        let padded = length.max(ids.len());
        ids.resize(padded, encoder.pad);
        segments.resize(padded, 0);
        let batch = Batch::new([(&ids[..], &segments[..])], encoder.pad, &encoder.device);
        rows.push(Pooling::Mean.pool(encoder.bert()?.forward(&batch), None));
    }
    Ok(Tensor::cat(rows, ROWS))
}

/// The share of sentences whose nearest neighbour has their topic.
fn same_topic(corpus: &[Sentence], vectors: Tensor<2>) -> f64 {
    let mut same = 0;
    for (i, found) in nearest(vectors.clone(), vectors, 2).into_iter().enumerate() {
        // the nearest of all is the sentence itself, or one with exactly the same words
        let neighbour = if found[0].0 == i { found[1].0 } else { found[0].0 };
        same += usize::from(corpus[neighbour].topic == corpus[i].topic);
    }
    same as f64 / corpus.len() as f64
}

/// How often a random other sentence has the same topic.
fn chance(corpus: &[Sentence]) -> f64 {
    let mut same = 0;
    for (i, sentence) in corpus.iter().enumerate() {
        for (j, other) in corpus.iter().enumerate() {
            same += usize::from(i != j && other.topic == sentence.topic);
        }
    }
    same as f64 / (corpus.len() * (corpus.len() - 1)) as f64
}
