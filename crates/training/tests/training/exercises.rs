//! What a learner of lesson 12 writes here, checked: `cargo learn open 12.2`.

use exercise::{Exercise, Probe, mistakes};
use rand::RngExt;
use rand::rngs::StdRng;
use training::{Recipe, block_at};

#[path = "mistakes/12.2.rs"]
mod mistakes_12_2;
#[path = "mistakes/12.3.rs"]
mod mistakes_12_3;

type LearningRateAt = fn(&Recipe, usize, usize) -> f64;
type BlockAt = fn(&[u32], usize, usize) -> (&[u32], &[u32]);

#[test]
fn exercise_12_2() {
    learning_rate_at_12_2().check();
}

#[test]
fn exercise_12_3() {
    block_at_12_3().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    learning_rate_at_12_2().tell_mistakes_apart();
    block_at_12_3().tell_mistakes_apart();
}

/// 20 steps up to 1 and down to 0.1: rates large enough for differences to be seen.
fn twenty_steps() -> Recipe {
    Recipe {
        steps: 20,
        learning_rate: 1.0,
        minimum_learning_rate: 0.1,
        warm_up: 4,
        ..Recipe::default()
    }
}

fn learning_rate_at_12_2() -> Exercise<LearningRateAt> {
    let exercise = Exercise::new("12.2", "learning_rate_at", Recipe::learning_rate_at as _)
        .probe(
            "up to 1 in 4 steps, down to 0.1 at step 20\nsteps 0, 1, 3 and 4",
            |rate: LearningRateAt| [0, 1, 3, 4].map(|step| rate(&twenty_steps(), step, 20)),
            [0.2, 0.4, 0.8, 1.0],
        )
        .probe(
            "up to 1 in 4 steps, down to 0.1 at step 20\nsteps 4, 8, 12, 16 and 20",
            |rate| [4, 8, 12, 16, 20].map(|step| rate(&twenty_steps(), step, 20)),
            [1.0, 0.868_198_05, 0.55, 0.231_801_95, 0.1],
        )
        .probe(
            "the same recipe\nsteps 21 and 30",
            |rate: LearningRateAt| [21, 30].map(|step| rate(&twenty_steps(), step, 20)),
            [0.1, 0.1],
        )
        .probe(
            "the same recipe, and a budget leaves 10 of its 20 steps\nsteps 0, 1 and 10",
            |rate| [0, 1, 10].map(|step| rate(&twenty_steps(), step, 10)),
            [0.5, 1.0, 0.1],
        )
        .probe(
            "no warm-up, 10 steps\nsteps 0 and 5",
            |rate| {
                let recipe = Recipe { warm_up: 0, steps: 10, ..twenty_steps() };
                [0, 5].map(|step| rate(&recipe, step, 10))
            },
            [1.0, 0.55],
        )
        .random(random_learning_rate);
    mistakes!(
        exercise,
        mistakes_12_2: the_first_step_learns_nothing,
        at_the_top_one_step_early,
        straight_down_and_not_along_a_cosine,
        the_cosine_over_all_steps_the_rise_included,
        down_to_0_and_not_to_the_lowest_rate,
        a_quarter_of_a_cosine,
        up_again_after_the_last_step,
        a_rise_as_long_however_few_steps_there_are,
    )
}

/// Every step of a random recipe, whose fall is the square of a cosine: (1 + cos 2a) / 2 = cos^2 a.
fn random_learning_rate(rng: &mut StdRng) -> Probe<LearningRateAt> {
    let (warm_up, falling) = (rng.random_range(0..6), rng.random_range(1..12));
    let (highest, lowest) = (rng.random_range(1.0..2.0), rng.random_range(0.0..0.5));
    let steps = warm_up + falling;
    let mut expected = Vec::new();
    for step in 0..warm_up {
        expected.push((step + 1) as f64 * highest / (warm_up + 1) as f64);
    }
    for step in 0..=falling {
        let quarter = std::f64::consts::FRAC_PI_2 * step as f64 / falling as f64;
        let share = quarter.cos().powi(2);
        expected.push(share * highest + (1.0 - share) * lowest);
    }
    let recipe = Recipe {
        steps,
        learning_rate: highest,
        minimum_learning_rate: lowest,
        warm_up,
        ..Recipe::default()
    };
    let given = format!(
        "up to {highest:.4} in {warm_up} steps, down to {lowest:.4} at step {steps}\nevery step"
    );
    let ask = move |rate: LearningRateAt| {
        (0..=steps).map(|step| rate(&recipe, step, steps)).collect::<Vec<_>>()
    };
    Probe::new(given, ask, expected)
}

const TEXT: [u32; 10] = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

fn block_at_12_3() -> Exercise<BlockAt> {
    let exercise = Exercise::new("12.3", "block_at", block_at as BlockAt)
        .probe(
            format!("ids = {TEXT:?}\nstart = 2, block = 3"),
            |block_at| both(block_at(&TEXT, 2, 3)),
            (vec![12, 13, 14], vec![13, 14, 15]),
        )
        .probe(
            format!("ids = {TEXT:?}\nstart = 5, block = 4: the last that there is"),
            |block_at| both(block_at(&TEXT, 5, 4)),
            (vec![15, 16, 17, 18], vec![16, 17, 18, 19]),
        )
        .random(random_block_at);
    mistakes!(
        exercise,
        mistakes_12_3: targets_are_the_inputs,
        targets_two_tokens_on,
        targets_one_token_back,
        the_last_target_missing,
        the_token_after_the_block_among_the_inputs,
        the_length_taken_for_the_end,
        the_start_counted_in_blocks,
    )
}

fn random_block_at(rng: &mut StdRng) -> Probe<BlockAt> {
    let [before, block, after] = [(); 3].map(|()| rng.random_range(1..6));
    let mut ids = Vec::new();
    for _ in 0..before + block + after {
        ids.push(rng.random_range(0..100_u32));
    }
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for at in before..before + block {
        inputs.push(ids[at]);
        targets.push(ids[at + 1]);
    }
    let given = format!("ids = {ids:?}\nstart = {before}, block = {block}");
    let ask = move |block_at: BlockAt| both(block_at(&ids, before, block));
    Probe::new(given, ask, (inputs, targets))
}

fn both((inputs, targets): (&[u32], &[u32])) -> (Vec<u32>, Vec<u32>) {
    (inputs.to_vec(), targets.to_vec())
}
