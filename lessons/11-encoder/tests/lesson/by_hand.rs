//! The chapter's own small numbers.

use burn::tensor::{Bool, Int, Tensor};
use encoder::pretraining::{Masked, Special, mask_tokens, masked_loss};
use encoder::{Batch, BertConfig, MaskedLanguageModel, naive};
use golden::assert_close;
use rand::SeedableRng;
use rand::rngs::StdRng;

const SPECIAL: Special = Special { mask: 4, pad: 0, first_word: 5 };

#[test]
fn a_shorter_text_is_padded_and_hidden_to_the_length_of_the_longest() {
    let device = backend::from_env();
    let (ids, segments) = ([vec![2, 9, 3], vec![2, 9, 8, 7, 3]], [vec![0; 3], vec![0, 0, 0, 1, 1]]);
    let texts = [(&ids[0][..], &segments[0][..]), (&ids[1][..], &segments[1][..])];
    let batch = Batch::new(texts, 0, &device);
    assert_eq!(batch.ids.dims(), [2, 5]);
    assert_eq!(integers(batch.ids), [2, 9, 3, 0, 0, 2, 9, 8, 7, 3]);
    assert_eq!(integers(batch.segments), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    let mask = batch.padding_mask.unwrap();
    assert_eq!(mask.dims(), [2, 1, 1, 5]);
    assert_eq!(
        booleans(mask),
        [false, false, false, true, true, false, false, false, false, false]
    );
}

#[test]
fn a_token_with_the_id_of_the_padding_is_hidden_where_it_pads_and_nowhere_else() {
    let device = backend::from_env();
    let texts: [&[u32]; 2] = [&[2, 0, 3], &[2, 9, 7, 3]];
    let batch = Batch::of_one_segment(&texts, 0, &device);
    assert_eq!(integers(batch.ids), [2, 0, 3, 0, 2, 9, 7, 3]);
    let mask = booleans(batch.padding_mask.unwrap());
    assert_eq!(mask, [false, false, false, true, false, false, false, false]);
}

#[test]
fn texts_of_one_segment_are_texts_whose_segments_are_zero() {
    let device = backend::from_env();
    let batch = Batch::of_one_segment(&[&[2, 9, 3], &[2, 8, 7, 6, 3]], 4, &device);
    assert_eq!(integers(batch.ids), [2, 9, 3, 4, 4, 2, 8, 7, 6, 3]);
    assert_eq!(integers(batch.segments), [0; 10]);
}

fn integers(tensor: Tensor<2, Int>) -> Vec<i64> {
    tensor.into_data().iter::<i64>().collect()
}

fn booleans(mask: Tensor<4, Bool>) -> Vec<bool> {
    mask.into_data().iter::<bool>().collect()
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
fn the_number_to_guess_is_rounded_and_at_least_one() {
    // 15 % of 10 are 1.5, of 2 they are 0.3
    for (tokens, guessed) in [(10, 2), (2, 1)] {
        let ids: Vec<u32> = (5..5 + tokens).collect();
        for seed in 0..100 {
            let masked = mask_tokens(&ids, SPECIAL, 30, &mut StdRng::seed_from_u64(seed));
            assert_eq!(masked.targets.len(), guessed, "of {tokens} tokens, seed {seed}");
        }
    }
}

#[test]
fn of_the_tokens_to_guess_eight_in_ten_are_masked_one_is_random_and_one_stays() {
    const SEEDS: u64 = 2000;
    let ids: Vec<u32> = [2].into_iter().chain(5..23).chain([3]).collect();
    let (mut masked, mut random, mut kept) = (0.0, 0.0, 0.0);
    for seed in 0..SEEDS {
        let text = mask_tokens(&ids, SPECIAL, 30, &mut StdRng::seed_from_u64(seed));
        assert_eq!(text.targets.len(), 3, "seed {seed}");
        for &(place, id) in &text.targets {
            assert_eq!(id, ids[place], "a target is what stood there before");
            match text.ids[place] {
                seen if seen == SPECIAL.mask => masked += 1.0,
                seen if seen == id => kept += 1.0,
                seen => {
                    assert!((5..30).contains(&seen), "a random word, not {seen}");
                    random += 1.0;
                }
            }
        }
    }
    let all = 3.0 * SEEDS as f64;
    let shares = [masked / all, random / all, kept / all];
    // A random word is the old one in 1 of 25. Of 6000 draws a share of 0.8 strays by 0.005, so
    // 0.02 are four of its standard deviations.
    for (share, expected) in shares.into_iter().zip([0.8, 0.1 * 24.0 / 25.0, 0.1 + 0.1 / 25.0]) {
        assert!((share - expected).abs() < 0.02, "{shares:?}");
    }
}

#[test]
fn the_loss_is_the_mean_over_the_masked_places_and_no_others() {
    let device = backend::from_env();
    // Two texts of four tokens, three words. Places not asked for have logits too.
    let logits = Tensor::<3>::from_floats(
        [
            [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 7.0, 0.0]],
            [[0.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 5.0], [9.0, 0.0, 0.0]],
        ],
        &device,
    );
    let targets = [vec![(1, 0)], vec![(2, 2)]];
    // The mean of ln 3 = 1.0986, all three words alike, and of ln(1 + 2 e^-5) = 0.0134. Places of
    // the first text for both would read 2.0968, places one too far left 0.6691, the sum 1.1120,
    // the mean in bits 0.8021.
    let expected = Tensor::from_floats([0.555_991], &device);
    assert_close(&masked_loss(logits, &targets), &expected, backend::tolerance(&device, 1e-5));
}

#[test]
fn a_linear_map_in_plain_loops_takes_a_stored_row_for_each_output() {
    let stored = [vec![1.0, 2.0], vec![3.0, 4.0]];
    // Taken as it lies it would read (31.5, 42.25), without bias (21, 43).
    assert_eq!(naive::linear(&stored, &[0.5, 0.25], &[1.0, 10.0]), [21.5, 43.25]);
    let stored = [vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]];
    assert_eq!(naive::linear(&stored, &[0.5, 0.25, 0.125], &[1.0, 10.0]), [21.5, 43.25, 65.125]);
}

#[test]
fn a_model_that_knows_nothing_loses_ln_vocab() {
    let device = backend::from_env();
    let _seed = backend::seeded(&device, 7);
    let mut model = MaskedLanguageModel::random(&BertConfig::new(50, 8, 1, 2, 8, 8), &device);
    model.bert.embeddings.tokens.weight =
        model.bert.embeddings.tokens.weight.map(|table| table.zeros_like());
    let text = Masked { ids: vec![2, 4, 3], targets: vec![(1, 17)] };
    let expected = Tensor::from_floats([50f32.ln()], &device);
    assert_close(&model.loss(&[text], 0, &device), &expected, backend::tolerance(&device, 1e-5));
}
