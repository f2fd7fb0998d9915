//! What holds for every encoder.

use burn::tensor::{Device, Int, Tensor};
use encoder::pretraining::{Special, mask_tokens};
use encoder::{Batch, Bert};
use golden::{assert_close, max_abs_error};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::{batch, ids, small};

fn alone(bert: &Bert, ids: &[u32], device: &Device) -> Tensor<3> {
    bert.forward(&Batch::of_one_segment(&[ids], 0, device))
}

#[test]
fn a_text_answers_the_same_alone_in_a_batch_and_padded_further() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let bert = small(&device);
    let texts: [&[u32]; 3] = [&[3, 7, 1], &[5, 6, 7, 8, 9, 10, 11], &[12, 3]];
    let batch = Batch::of_one_segment(&texts, 0, &device);
    let together = bert.forward(&batch);
    for (i, text) in texts.iter().enumerate() {
        let here = together.clone().narrow(0, i, 1).narrow(1, 0, text.len());
        assert_close(&here, &alone(&bert, text, &device), backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn what_stands_in_the_padding_is_never_seen() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let bert = small(&device);
    let keep = Tensor::<2, Int>::from_data([[1, 1, 1, 0, 0]], &device);
    let with = |last: i64| {
        let ids = Tensor::<2, Int>::from_data([[3, 7, 1, last, last]], &device);
        bert.forward(&Batch::from_tensors(ids, None, Some(keep.clone()))).narrow(1, 0, 3)
    };
    assert_close(&with(19), &with(0), backend::rerun(&device));
}

#[test]
fn the_trace_ends_where_forward_ends_and_starts_at_the_embeddings() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let (bert, batch) = (small(&device), batch(&device));
    let trace = bert.trace(&batch);
    let tolerance = backend::tolerance(&device, 1e-6);
    assert_eq!((trace.hidden_states.len(), trace.attentions.len()), (3, 2));
    for (layer, states) in trace.hidden_states.iter().enumerate() {
        assert_close(states, &bert.forward_to(layer, &batch), tolerance);
    }
}

#[test]
fn the_second_segment_changes_the_answer() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let bert = small(&device);
    let segments = Tensor::<2, Int>::from_data([[0, 0, 0, 1, 1]], &device);
    let other = bert.forward(&Batch::from_tensors(ids(&device), Some(segments), None));
    assert!(max_abs_error(&other, &bert.forward(&batch(&device))) > 1e-3);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_layer_that_is_not_there_is_named() {
    let device = backend::from_env();
    small(&device).forward_to(3, &batch(&device));
}

proptest! {
    #[test]
    fn masking_changes_guessed_words_only_and_never_a_special_one(
        ids in proptest::collection::vec(0u32..40, 1..60),
        seed in 0u64..1000,
    ) {
        prop_assume!(ids.iter().any(|&id| id >= 5));
        let special = Special { mask: 4, pad: 0, first_word: 5 };
        let masked = mask_tokens(&ids, special, 40, &mut StdRng::seed_from_u64(seed));
        prop_assert!(!masked.targets.is_empty());
        for &(i, id) in &masked.targets {
            prop_assert_eq!(id, ids[i]);
            prop_assert!(id >= special.first_word);
        }
        for (i, (&seen, &id)) in masked.ids.iter().zip(&ids).enumerate() {
            prop_assert!(seen == id || masked.targets.iter().any(|&(place, _)| place == i));
        }
    }
}
