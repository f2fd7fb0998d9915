//! The chapter's own small numbers.

use burn::tensor::Tensor;
use encoder::pretraining::{Masked, Special, mask_tokens, masked_loss};
use encoder::{Batch, BertConfig, MaskedLanguageModel};
use rand::SeedableRng;
use rand::rngs::StdRng;

const SPECIAL: Special = Special { mask: 4, pad: 0, first_word: 5 };

#[test]
fn a_shorter_text_is_padded_and_hidden_to_the_length_of_the_longest() {
    let device = backend::from_env();
    let (ids, segments) = ([vec![2, 9, 3], vec![2, 9, 8, 7, 3]], [vec![0; 3], vec![0, 0, 0, 1, 1]]);
    let texts = ids.iter().zip(&segments).map(|(i, s)| (&i[..], &s[..]));
    let batch = Batch::new(texts, 0, &device);
    let rows = |t: Tensor<2, burn::tensor::Int>| t.into_data().iter::<i64>().collect::<Vec<_>>();
    assert_eq!(rows(batch.ids), [2, 9, 3, 0, 0, 2, 9, 8, 7, 3]);
    assert_eq!(rows(batch.segments), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    let mask: Vec<bool> = batch.padding_mask.unwrap().into_data().iter::<bool>().collect();
    assert_eq!(mask, [false, false, false, true, true, false, false, false, false, false]);
}

#[test]
fn texts_of_one_length_need_no_mask() {
    let device = backend::from_env();
    let batch = Batch::new([(&[2, 9, 3][..], &[0, 0, 0][..]); 2], 0, &device);
    assert!(batch.padding_mask.is_none());
}

#[test]
fn of_twenty_tokens_three_are_guessed() {
    let ids: Vec<u32> = [2].into_iter().chain(5..23).chain([3]).collect();
    let masked = mask_tokens(&ids, SPECIAL, 30, &mut StdRng::seed_from_u64(1));
    assert_eq!(ids.len(), 20);
    assert_eq!(masked.targets.len(), 3); // 15 % of 20
    for &(i, id) in &masked.targets {
        assert_eq!(id, ids[i]);
    }
}

#[test]
fn a_model_that_knows_nothing_loses_ln_vocab() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut model = MaskedLanguageModel::random(&BertConfig::new(50, 8, 1, 2, 8, 8), &device);
    model.bert.embeddings.tokens.weight =
        model.bert.embeddings.tokens.weight.map(|table| table.zeros_like());
    let text = Masked { ids: vec![2, 4, 3], targets: vec![(1, 17)] };
    let loss: f32 = masked_loss(&model, &[text], 0, &device).into_scalar();
    assert!((loss - 50f32.ln()).abs() < backend::tolerance(&device, 1e-5));
}
