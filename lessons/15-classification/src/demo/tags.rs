//! A head for every token: parts of speech of the toy world.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use burn::module::Module;
use course::{Report, Run, Table};
use data::{Sentence, Tag, World};
use encoder::TokenClassifier;
use sentences::SentenceEncoder;

use super::layers::{starts, token_at};
use crate::finetune::{Example, Examples, FineTuning, LabelledToken, padded};
use crate::likeliest;

/// Sentences to train on, the ones held back among them.
const TRAIN: usize = 1500;
/// Sentences held back to measure with as training goes: two batches.
const HELD_OUT: usize = 32;
/// Sentences to test with, enough for words with several tags to come up 51 times.
const TEST: usize = 800;
/// Seeds of the sentences, added to the run's; lessons 11 and 14 and the probes use 1 to 5.
const TRAIN_SEED: u64 = 6;
const TEST_SEED: u64 = 7;
/// Times through the sentences, the most that BERT's authors tried (Devlin et al. 2019, section
/// A.3: 2, 3 or 4).
const EPOCHS: usize = 4;
/// Learning rate, twenty times the default of [`FineTuning`]: the tiny BERT has read little and has
/// much to learn.
const LEARNING_RATE: f64 = 1e-3;
/// Number of parts of speech.
const TAGS: usize = Tag::Punctuation as usize + 1;

/// The batch's axis of `[batch, tokens, labels]`.
const BATCH: usize = 0;

/// A sentence's token ids and, for each of its words in order, the word's token and tag.
type Tagged = Example<Vec<LabelledToken>>;

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
    let train: Vec<Sentence> = World::sentences(run.seed + TRAIN_SEED).take(TRAIN).collect();
    let test: Vec<Sentence> = World::sentences(run.seed + TEST_SEED).take(TEST).collect();
    let counts = tag_counts(&train);
    let mut examples = Vec::new();
    for sentence in &train {
        examples.push(tagged(tiny, sentence)?);
    }
    let model = trained(tiny, &examples, run)?;
    let (mut all, mut ambiguous) = (Tally::default(), Tally::default());
    for sentence in &test {
        let example = tagged(tiny, sentence)?;
        let batch = padded(&[&example], tiny.tokenizer.pad_id()?, run.device);
        let predicted = likeliest(model.forward(&batch).squeeze_dim(BATCH));
        for (word, &LabelledToken { token, label }) in sentence.words.iter().zip(&example.target) {
            let tags = counts.get(&word.text);
            let by_table = tags.and_then(commonest);
            all.count(by_table == Some(label), predicted[token] == label);
            if tags.is_some_and(|tags| tags.len() > 1) {
                ambiguous.count(by_table == Some(label), predicted[token] == label);
            }
        }
    }
    report.say(format!(
        "Parts of speech, a head on every token, learned from {TRAIN} sentences, {TEST} others \
            asked:"
    ));
    let mut table = Table::new(["of", "words", "the word's commonest tag", "head on a tiny BERT"]);
    for (name, tally) in [("all words", all), ("words with several tags", ambiguous)] {
        let (table_share, head_share) =
            (tally.percent(tally.right_by_table), tally.percent(tally.right_by_head));
        table.row([name.to_string(), tally.words.to_string(), table_share, head_share]);
    }
    report.keyed_table("tags", &table);
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

/// A sentence of the toy world as an example: every word has a token, in the order of the words.
///
/// # Errors
///
/// A word that no token begins with: word and answer would no longer belong together.
fn tagged(encoder: &SentenceEncoder, sentence: &Sentence) -> Result<Tagged> {
    let text = sentence.to_string();
    let encoding = encoder.encode(&text)?;
    let mut target = Vec::new();
    for (word, start) in sentence.words.iter().zip(starts(sentence, &text)) {
        let token = token_at(&encoding.offsets, start)
            .with_context(|| format!("no token begins with {:?} in {text:?}", word.text))?;
        target.push(LabelledToken { token, label: word.tag as usize });
    }
    Ok(Example { target, ids: encoding.ids })
}

/// The tiny BERT with a head on every token, both trained.
fn trained(tiny: &SentenceEncoder, examples: &[Tagged], run: &Run) -> Result<TokenClassifier> {
    let device = run.device.clone().autodiff();
    device.seed(run.seed);
    let (held_out, training) = examples.split_at(HELD_OUT);
    let how = FineTuning::new(run.seed).with_epochs(EPOCHS).with_learning_rate(LEARNING_RATE);
    let pad = tiny.tokenizer.pad_id()?;
    let task = Examples::<TokenClassifier> {
        training,
        held_out,
        label_weights: vec![1.0; TAGS],
        pad,
        how,
        device: &device,
    };
    let model = TokenClassifier::new(tiny.bert()?.clone(), TAGS, run.device).train();
    let run = training::TrainingRun::on(&device);
    let trained = training::train(&task, model, &how.recipe(training.len()), run, &mut ())?;
    Ok(trained.model.valid())
}
