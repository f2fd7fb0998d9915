//! What holds for every LLaMA.

use burn::module::Param;
use burn::tensor::Tensor;
use decoder::{Generation, LanguageModel, Sampling};
use golden::{assert_close, max_abs_error};
use heads::{merge_heads, share_heads, split_heads};
use llama::checkpoint::tensors;
use llama::{Llama, LlamaConfig};

use crate::{MAX_TOKENS, VOCAB, drawn, ids, small, smallest_lead, written};

/// Four prompts, no two of one length, the shortest of one token.
fn prompts() -> Vec<Vec<u32>> {
    vec![vec![3, 7, 1, 12, 5], vec![9], vec![20, 2, 8], vec![4, 4]]
}

#[test]
fn a_later_token_changes_no_earlier_logit() {
    let device = backend::from_env();
    let model = drawn(&small(), &device);
    let logits = |last| model.forward(ids(&[3, 7, 1, 12, last], &device), &[]);
    let (one, other) = (logits(5), logits(9));
    let before = |logits: &Tensor<3>| logits.clone().narrow(1, 0, 4);
    assert_close(&before(&one), &before(&other), backend::rerun(&device));
    assert!(max_abs_error(&one, &other) > 1e-2, "the last token's own logits change");
}

#[test]
fn a_text_moved_to_later_positions_is_answered_the_same() {
    let device = backend::from_env();
    let model = drawn(&small(), &device);
    let alone = model.forward(ids(&[3, 7, 1], &device), &[]);
    for moved in [1, 5, MAX_TOKENS - 3] {
        let padded = ids(&[vec![19; moved], vec![3, 7, 1]].concat(), &device);
        let after = |padding: &[usize]| model.forward(padded.clone(), padding).narrow(1, moved, 3);
        assert_close(&after(&[moved]), &alone, backend::tolerance(&device, 2e-5));
        assert!(
            max_abs_error(&after(&[]), &alone) > 1e-2,
            "padding that the model is not told of is seen"
        );
    }
}

#[test]
fn the_order_of_the_tokens_before_changes_the_answer() {
    let device = backend::from_env();
    let model = drawn(&small(), &device);
    let last = |text: &[u32]| model.forward(ids(text, &device), &[]).narrow(1, 2, 1);
    assert!(max_abs_error(&last(&[3, 7, 1]), &last(&[7, 3, 1])) > 1e-2);
}

#[test]
fn as_many_groups_as_heads_is_plain_attention() {
    let device = backend::from_env();
    let logits = |kv| {
        let model = drawn(&small().with_n_kv_heads(kv), &device);
        model.forward(ids(&[3, 7, 1, 12, 5], &device), &[])
    };
    assert_close(&logits(Some(4)), &logits(None), backend::rerun(&device));
}

/// A model whose key/value heads are written out once for each query head that reads them.
fn written_out(grouped: Llama, mut plain: Llama) -> Llama {
    for (plain, grouped) in plain.layers.iter_mut().zip(&grouped.layers) {
        let (n, kv) = (grouped.attention.n_heads(), grouped.attention.n_kv_heads());
        let columns =
            split_heads(grouped.attention.projection.weight.val().unsqueeze(), n + 2 * kv);
        // [1, heads, d_model, d_head]
        let part = |first, count| columns.clone().narrow(1, first, count);
        let shared = [part(n, kv), part(n + kv, kv)].map(|part| share_heads(part, n));
        let all = Tensor::cat([vec![part(0, n)], shared.to_vec()].concat(), 1);
        plain.attention.projection.weight = Param::from_tensor(merge_heads(all).squeeze_dim(0));
        plain.attention.output = grouped.attention.output.clone();
        plain.attention_norm = grouped.attention_norm.clone();
        plain.feed_forward_norm = grouped.feed_forward_norm.clone();
        plain.feed_forward = grouped.feed_forward.clone();
    }
    plain.tokens = grouped.tokens;
    plain.norm = grouped.norm;
    plain
}

#[test]
fn a_group_reads_its_key_and_value_head_as_if_each_had_a_copy() {
    let device = backend::from_env();
    let plain = drawn(&small().with_n_kv_heads(None), &device);
    for kv in [1, 2] {
        let grouped = drawn(&small().with_n_kv_heads(Some(kv)), &device);
        let logits = |model: &Llama| model.forward(ids(&[3, 7, 1, 12, 5], &device), &[]);
        let expected = logits(&grouped);
        let found = logits(&written_out(grouped, plain.clone()));
        assert_close(&found, &expected, backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn four_prompts_of_different_lengths_go_on_as_each_does_alone_with_the_cache_and_without() {
    let device = backend::from_env();
    let most = MAX_TOKENS - 5; // of the longest: nothing is forgotten yet
    let model = drawn(&small(), &device);
    let alone: Vec<Vec<u32>> = prompts()
        .iter()
        .map(|prompt| written(&model, std::slice::from_ref(prompt), most, true, &device).remove(0))
        .collect();
    for (prompt, tokens) in prompts().iter().zip(&alone) {
        let text = [&prompt[..], tokens].concat();
        let lead = smallest_lead(&model, &text, prompt.len(), &device);
        assert!(lead > 1e-2, "rounding may decide {text:?}, whose lead is {lead}");
    }
    for with_cache in [true, false] {
        let together = written(&model, &prompts(), most, with_cache, &device);
        assert_eq!(together, alone, "with cache: {with_cache}");
    }
}

#[test]
fn generation_goes_on_past_what_the_model_sees_the_same_with_the_cache_and_without() {
    let device = backend::from_env();
    let model = drawn(&small(), &device);
    // the likeliest text soon repeats itself and hides much
    let drawing = Sampling::new(1.0, None, 1.0).unwrap();
    let longer: Vec<u32> = (0..3 * MAX_TOKENS as u32).map(|i| i * i % VOCAB as u32).collect();
    for prompts in [prompts(), vec![longer]] {
        let generation = || Generation::new(&model, &prompts, 4 * MAX_TOKENS, drawing, 5, &device);
        let with: Vec<Vec<u32>> = generation().collect();
        assert_eq!(with, generation().without_cache().collect::<Vec<_>>());
    }
}

#[test]
fn the_cache_takes_its_room_at_the_first_token_and_never_more() {
    let device = backend::from_env();
    let model = drawn(&small(), &device);
    let most = 3 * MAX_TOKENS;
    let mut generation = Generation::new(&model, &prompts(), most, Sampling::GREEDY, 0, &device);
    while generation.next().is_some() {
        // Of 2 layers and 4 texts, a key and a value of two heads of 4 for every token that the
        // model sees.
        assert_eq!(generation.cache_numbers(), 2 * 4 * 2 * 2 * 4 * MAX_TOKENS);
    }
}

#[test]
fn a_fresh_model_loses_about_ln_vocab() {
    let device = backend::from_env();
    // no token twice
    let text: Vec<u32> = (0..=MAX_TOKENS as u32).map(|i| 5 * i % VOCAB as u32).collect();
    for tied in [true, false] {
        let model = {
            let _seed = backend::seeded(&device, 7);
            small().with_tied(tied).init(&device)
        };
        let loss = model.loss(ids(&text[..MAX_TOKENS], &device), ids(&text[1..], &device));
        // A vector of length sqrt(16) against a table of N(0, 0.02^2): logits of deviation 0.08,
        // the mean of 12 losses of 0.08 / sqrt(12) = 0.023. Four times that.
        let off = loss.into_scalar::<f32>() - (VOCAB as f32).ln();
        assert!(off.abs() < 0.1, "tied: {tied}: {off} from ln(vocab)");
    }
}

#[test]
fn fresh_weights_are_as_wide_as_gpt2s_and_those_that_end_in_a_residual_narrower() {
    let device = backend::from_env();
    let model = {
        let _seed = backend::seeded(&device, 7);
        LlamaConfig::new(VOCAB, 64, 8, 4, 96, MAX_TOKENS).with_tied(false).init(&device)
    };
    for (name, data) in tensors(&model) {
        let numbers: Vec<f64> = data.iter().collect();
        let width = (numbers.iter().map(|x| x * x).sum::<f64>() / numbers.len() as f64).sqrt();
        let expected = if name.contains("norm") {
            1.0
        } else if name.contains("o_proj") || name.contains("down_proj") {
            0.02 / 4.0 // sqrt(2 * 8 layers)
        } else {
            0.02
        };
        // The width of n numbers is known to 1 / sqrt(2 n) of it; five times that.
        let band = 5.0 / (2.0 * numbers.len() as f64).sqrt() * expected;
        assert!((width - expected).abs() <= band, "{name}: {width}, expected {expected}");
    }
}

#[test]
#[should_panic(expected = "13 tokens are more than the 12 that the model sees")]
fn a_text_longer_than_it_sees_is_a_programmers_mistake() {
    let device = backend::from_env();
    drawn(&small(), &device).forward(ids(&[1; MAX_TOKENS + 1], &device), &[]);
}

#[test]
#[should_panic(expected = "n_kv_heads = 3 does not divide n_heads = 4")]
fn groups_that_do_not_come_out_even_are_a_programmers_mistake() {
    small().with_n_kv_heads(Some(3)).init(&backend::from_env());
}

#[test]
#[should_panic(expected = "d_head must be even, not 5")]
fn a_head_of_odd_width_is_a_programmers_mistake() {
    small().with_d_head(Some(5)).init(&backend::from_env());
}
