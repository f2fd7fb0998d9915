//! What a step sees.

use std::collections::BTreeSet;

use burn::tensor::{Int, Tensor};
use proptest::prelude::*;
use training::{Blocks, Draw, batch_of_epoch};

use crate::assert_says;

fn ids(tensor: &Tensor<2, Int>) -> Vec<i64> {
    tensor.to_data().iter::<i64>().collect()
}

proptest! {
    #[test]
    fn an_epoch_shows_every_item_once(items in 1_usize..60, batch in 1_usize..20, which in 0_usize..4, seed: u64) {
        let batches = items.div_ceil(batch);
        let mut seen: Vec<usize> =
            (which * batches..(which + 1) * batches).flat_map(|index| batch_of_epoch(items, batch, index, seed)).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..items).collect::<Vec<_>>());
    }

    #[test]
    fn a_block_lies_in_the_text_and_its_targets_follow_it(
        block in 1_usize..9, more in 1_usize..20, seed: u64, step in 0_usize..9,
    ) {
        let text: Vec<u32> = (100..).take(block + more).collect();
        let device = backend::from_env();
        let (inputs, targets) = Blocks::new(&text, block, 3).unwrap().draw(Draw { seed, step, micro: 0 }, &device);
        prop_assert_eq!(inputs.dims(), [3, block]);
        for (row, next) in ids(&inputs).chunks(block).zip(ids(&targets).chunks(block)) {
            prop_assert!((100..100 + (more as i64)).contains(&row[0]));
            prop_assert!(row.windows(2).all(|pair| pair[1] == pair[0] + 1));
            prop_assert!(row.iter().zip(next).all(|(this, next)| *next == this + 1));
        }
    }
}

#[test]
fn each_epoch_has_an_order_of_its_own() {
    let order = |which| batch_of_epoch(50, 50, which, 7);
    assert_ne!(order(0), order(1));
    assert_ne!(order(0), batch_of_epoch(50, 50, 0, 8));
    assert_eq!(order(1), order(1));
}

#[test]
fn blocks_begin_at_the_first_token_and_at_the_last_that_has_room() {
    let text: Vec<u32> = (0..8).collect();
    let device = backend::from_env();
    let blocks = Blocks::new(&text, 4, 50).unwrap();
    let (inputs, _) = blocks.draw(Draw { seed: 7, step: 0, micro: 0 }, &device);
    let starts: BTreeSet<i64> = ids(&inputs).chunks(4).map(|row| row[0]).collect();
    assert_eq!(starts, BTreeSet::from([0, 1, 2, 3])); // 50 draws of 4: one is missing once in 10^6
}

#[test]
fn steps_and_micro_batches_draw_different_blocks() {
    let text: Vec<u32> = (0..1000).collect();
    let device = backend::from_env();
    let blocks = Blocks::new(&text, 4, 8).unwrap();
    let draw = |step, micro| ids(&blocks.draw(Draw { seed: 7, step, micro }, &device).0);
    assert_eq!(draw(3, 1), draw(3, 1));
    assert_ne!(draw(3, 1), draw(3, 0));
    assert_ne!(draw(3, 1), draw(4, 1));
    assert_ne!(draw(0, 1), draw(1, 0));
}

#[test]
fn a_text_without_room_for_a_block_and_its_next_token_is_refused() {
    let text = [1, 2, 3, 4];
    assert_says(Blocks::new(&text, 4, 1), &["at least 5 tokens", "found 4", "fewer tokens"]);
    assert!(Blocks::new(&text, 3, 1).is_ok());
}
