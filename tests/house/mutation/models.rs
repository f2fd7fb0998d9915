//! Models: every recorded one, and what writes or embeds with it.

use std::path::Path;

use decoder::{Generation, LanguageModel, Sampling};
use encoder::{Batch, Bert};

use super::formats::{Used, device};
use super::samples::{Read, Sample, golden_folders, samples};

/// Every recorded model, by each of the loaders that opens it.
pub fn models() -> Vec<Sample> {
    let readers: [Read; 5] = [read_bert, read_masked, read_classified, read_gpt, read_llama];
    samples(Vec::new(), golden_folders(&["config.json"]), &readers)
}

/// A text of tokens that every model has.
const IDS: [u32; 3] = [1, 0, 2];

fn batch(vocab: usize, positions: usize) -> Batch {
    let ids: Vec<u32> = IDS.into_iter().filter(|&id| (id as usize) < vocab).collect();
    Batch::of_one_segment(&[&ids[..ids.len().min(positions)]], 0, &device())
}

fn batch_for(bert: &Bert) -> Batch {
    batch(bert.embeddings.tokens.vocab(), bert.embeddings.positions.weight.dims()[0])
}

fn read_bert(folder: &Path) -> Used {
    let bert = encoder::checkpoint::load_bert(folder, &device())?.model;
    let states = bert.forward(&batch_for(&bert));
    bert.pool(states.clone()).map(|pooled| pooled.into_data());
    drop(states.into_data());
    drop(encoder::checkpoint::load_token_table(folder, &device())?.into_data());
    Ok(())
}

fn read_masked(folder: &Path) -> Used {
    let model = encoder::checkpoint::load_masked_language_model(folder, &device())?.model;
    drop(model.forward(&batch_for(&model.bert)).into_data());
    Ok(())
}

fn read_classified(folder: &Path) -> Used {
    let model = encoder::checkpoint::load_sequence_classifier(folder, &device())?.model;
    drop(model.forward(&batch_for(&model.bert)).into_data());
    Ok(())
}

fn read_gpt(folder: &Path) -> Used {
    let model = decoder::checkpoint::load(folder, &device())?.model;
    write_on(&model);
    Ok(())
}

fn read_llama(folder: &Path) -> Used {
    let model = llama::checkpoint::load(folder, &device())?.model;
    write_on(&model);
    Ok(())
}

/// Lets a model write two tokens.
fn write_on(model: &dyn LanguageModel) {
    let prompt = IDS.into_iter().filter(|&id| (id as usize) < model.vocab()).collect();
    for tokens in Generation::new(model, &[prompt], 2, Sampling::GREEDY, 0, &device()) {
        drop(tokens);
    }
}
