//! A head for every token: parts of speech of the toy world.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::module::Module;
use course::{Report, Run, Table};
use data::{Sentence, Tag, World};
use sentences::SentenceEncoder;

use super::layers::{starts, token_at};
use crate::finetune::{Example, Examples, FineTuning, TokenClassifier, padded};
use crate::likeliest;

/// Sentences to learn from, to measure with as it goes, and to ask about.
const LEARNT: usize = 1500;
const HELD_OUT: usize = 32;
const ASKED: usize = 800;
/// Number of parts of speech.
const TAGS: usize = Tag::Punctuation as usize + 1;

/// The batch's axis of `[batch, tokens, labels]`.
const BATCH: usize = 0;

/// Token ids, and which of them are words with which tag.
type Tagged = Example<Vec<(usize, usize)>>;

/// How often each word has each tag.
type TagCounts = BTreeMap<String, BTreeMap<usize, usize>>;

/// Right answers among words.
#[derive(Default)]
struct Tally {
    words: usize,
    right_by_table: usize,
    right_by_head: usize,
}

/// Tags every word by a table of words, and by a tiny BERT with a head on each token.
pub(super) fn tags(tiny: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let learnt: Vec<Sentence> = World::sentences(run.seed + 6).take(LEARNT).collect();
    let asked: Vec<Sentence> = World::sentences(run.seed + 7).take(ASKED).collect();
    let counts = tag_counts(&learnt);
    let mut examples = Vec::new();
    for sentence in &learnt {
        examples.push(tagged(tiny, sentence)?);
    }
    let model = trained(tiny, &examples, run)?;
    let (mut all, mut ambiguous) = (Tally::default(), Tally::default());
    for sentence in &asked {
        let example = tagged(tiny, sentence)?;
        let batch = padded(&[&example], tiny.tokenizer.pad_id()?, run.device);
        let predicted = likeliest(model.forward(&batch).squeeze_dim(BATCH));
        for (word, &(token, tag)) in sentence.words.iter().zip(&example.target) {
            let tags = counts.get(&word.text);
            let by_table = tags.and_then(commonest);
            all.count(by_table == Some(tag), predicted[token] == tag);
            if tags.is_some_and(|tags| tags.len() > 1) {
                ambiguous.count(by_table == Some(tag), predicted[token] == tag);
            }
        }
    }
    report.say(format!(
        "Parts of speech, a head on every token, learnt from {LEARNT} sentences, {ASKED} others \
            asked:"
    ));
    let mut table = Table::new(["of", "words", "the word's commonest tag", "head on a tiny BERT"]);
    for (name, tally) in [("all words", all), ("words with several tags", ambiguous)] {
        let (table_share, head_share) =
            (tally.percent(tally.right_by_table), tally.percent(tally.right_by_head));
        table.row([name.to_string(), tally.words.to_string(), table_share, head_share]);
    }
    report.table(&table);
    Ok(())
}

impl Tally {
    fn count(&mut self, table_is_right: bool, head_is_right: bool) {
        self.words += 1;
        self.right_by_table += usize::from(table_is_right);
        self.right_by_head += usize::from(head_is_right);
    }

    fn percent(&self, right: usize) -> String {
        format!("{:.1}%", 100.0 * right as f64 / self.words.max(1) as f64)
    }
}

/// Counts the tags of every word.
fn tag_counts(sentences: &[Sentence]) -> TagCounts {
    let mut counts = TagCounts::new();
    for sentence in sentences {
        for word in &sentence.words {
            let tags = counts.entry(word.text.clone()).or_default();
            *tags.entry(word.tag as usize).or_default() += 1;
        }
    }
    counts
}

/// The commonest of a word's tags; the last of several.
fn commonest(tags: &BTreeMap<usize, usize>) -> Option<usize> {
    let (&tag, _) = tags.iter().max_by_key(|(_, count)| **count)?;
    Some(tag)
}

/// A sentence of the toy world, whose words are a token each.
fn tagged(encoder: &SentenceEncoder, sentence: &Sentence) -> Result<Tagged> {
    let text = sentence.to_string();
    let encoding = encoder.encode(&text)?;
    let mut target = Vec::new();
    for (word, start) in sentence.words.iter().zip(starts(sentence, &text)) {
        if let Some(token) = token_at(&encoding.offsets, start) {
            target.push((token, word.tag as usize));
        }
    }
    Ok(Example { target, ids: encoding.ids })
}

fn trained(tiny: &SentenceEncoder, examples: &[Tagged], run: &Run) -> Result<TokenClassifier> {
    let device = run.device.clone().autodiff();
    device.seed(run.seed);
    let (held_out, training) = examples.split_at(HELD_OUT);
    let how = FineTuning::new(run.seed).with_epochs(4).with_learning_rate(1e-3);
    let pad = tiny.tokenizer.pad_id()?;
    let task = Examples::<TokenClassifier> {
        training,
        held_out,
        weights: vec![1.0; TAGS],
        pad,
        how,
        device: &device,
    };
    let model = TokenClassifier::new(tiny.bert.clone(), TAGS, run.device).train();
    let run = training::TrainingRun::on(&device);
    let trained = training::train(&task, model, &how.recipe(training.len()), run, &mut ())?;
    Ok(trained.model.valid())
}
