//! A head for every token: parts of speech of the toy world.

use std::collections::BTreeMap;

use anyhow::Result;
use burn::module::Module;
use course::{Report, Run, Table};
use data::{Sentence, Tag, World};
use sentences::SentenceEncoder;

use super::layers::starts;
use crate::finetune::{Example, Examples, FineTuning, TokenClassifier, padded};

/// Sentences to learn from, to measure with as it goes, and to ask about.
const LEARNT: usize = 1500;
const HELD_OUT: usize = 32;
const ASKED: usize = 800;
/// Parts of speech.
const TAGS: usize = Tag::Punctuation as usize + 1;

/// Token ids, and which of them are words with which tag.
type Tagged = Example<Vec<(usize, usize)>>;

/// Tags every word by a table of words, and by a tiny BERT with a head on each token.
pub(super) fn tags(tiny: &SentenceEncoder, run: &Run, report: &mut Report) -> Result<()> {
    let sentences =
        |seed: u64, count: usize| World::sentences(seed).take(count).collect::<Vec<Sentence>>();
    let (learnt, asked) = (sentences(run.seed + 6, LEARNT), sentences(run.seed + 7, ASKED));
    let usual = usual(&learnt);
    let examples: Vec<Tagged> =
        learnt.iter().map(|sentence| tagged(tiny, sentence)).collect::<Result<_>>()?;
    let model = trained(tiny, &examples, run)?;
    // by a table or the model; of all words or of those with several tags
    let mut right = [[0; 2]; 2];
    let mut all = [0; 2];
    for sentence in &asked {
        let example = tagged(tiny, sentence)?;
        let logits = model.forward(&padded(&[&example], tiny.tokenizer.pad_id()?, run.device));
        let said =
            logits.squeeze_dim::<2>(0).argmax(1).into_data().iter::<i64>().collect::<Vec<i64>>();
        for (word, &(token, tag)) in sentence.words.iter().zip(&example.target) {
            let tags = usual.get(&word.text[..]);
            let several = usize::from(tags.is_some_and(|tags| tags.len() > 1));
            let commonest = tags.and_then(|tags| tags.iter().max_by_key(|(_, count)| **count));
            let hits = [commonest.is_some_and(|(&of, _)| of == tag), said[token] as usize == tag];
            for group in 0..=several {
                all[group] += 1;
                hits.iter().enumerate().for_each(|(by, &hit)| right[by][group] += usize::from(hit));
            }
        }
    }
    report.say(format!(
        "Parts of speech, a head on every token, learnt from {LEARNT} sentences, {ASKED} others \
            asked:"
    ));
    let words = ["all words", "words with several tags"];
    let mut table = Table::new(["of", "words", "the word's commonest tag", "head on a tiny BERT"]);
    for (group, name) in words.iter().enumerate() {
        let share = |by: usize| {
            format!("{:.1}%", 100.0 * right[by][group] as f64 / all[group].max(1) as f64)
        };
        table.row([name.to_string(), all[group].to_string(), share(0), share(1)]);
    }
    report.table(&table);
    Ok(())
}

/// How often each word has each tag.
fn usual(sentences: &[Sentence]) -> BTreeMap<String, BTreeMap<usize, usize>> {
    let mut usual: BTreeMap<String, BTreeMap<usize, usize>> = BTreeMap::new();
    for word in sentences.iter().flat_map(|sentence| &sentence.words) {
        *usual.entry(word.text.clone()).or_default().entry(word.tag as usize).or_default() += 1;
    }
    usual
}

/// A sentence of the toy world, whose words are a token each.
fn tagged(encoder: &SentenceEncoder, sentence: &Sentence) -> Result<Tagged> {
    let text = sentence.to_string();
    let encoding = encoder.encode(&text)?;
    let target = sentence.words.iter().zip(starts(sentence, &text)).filter_map(|(word, at)| {
        let token = encoding.offsets.iter().position(|&(from, to)| from == at && to > from)?;
        Some((token, word.tag as usize))
    });
    Ok(Example { target: target.collect(), ids: encoding.ids })
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
