//! What holds for every decoder, and for every text it writes.

use std::slice::from_ref;

use burn::tensor::{Device, Int, Tensor, TensorData};
use decoder::checkpoint::parity::trace;
use decoder::checkpoint::tensors;
use decoder::{
    Family, Generation, Gpt, GptConfig, LanguageModel, ModelCache, Sampling, Tokenization,
    TokenizedCorpus,
};
use golden::{assert_close, max_abs_error};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{FAMILIES, MAX_TOKENS, VOCAB, ids, random_model, small, smallest_lead, written};

/// Four prompts, no two of one length, the shortest of one token.
fn prompts() -> Vec<Vec<u32>> {
    vec![vec![3, 7, 1, 12, 5], vec![9], vec![20, 2, 8], vec![4, 4]]
}

#[test]
fn a_later_token_changes_no_earlier_logit() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        let logits = |last| model.forward(ids(&[3, 7, 1, 12, last], &device), &[]);
        let (one, other) = (logits(5), logits(9));
        let before = |logits: &Tensor<3>| logits.clone().narrow(1, 0, 4);
        assert_close(&before(&one), &before(&other), backend::rerun(&device));
        assert!(max_abs_error(&one, &other) > 1e-2, "the last token's own logits change");
    }
}

#[test]
fn the_trace_ends_where_forward_ends() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        let text = ids(&[0, 0, 3, 7, 1], &device);
        let trace = trace(&model, text.clone(), &[2]);
        assert_eq!((trace.hidden_states.len(), trace.attentions.len()), (3, 2));
        let last = trace.hidden_states[2].clone();
        let tolerance = backend::tolerance(&device, 1e-5);
        assert_close(&last, &model.hidden_states(text.clone(), &[2]), tolerance);
        assert_close(&model.unembed(last), &model.forward(text, &[2]), tolerance);
    }
}

#[test]
fn what_stands_in_the_padding_is_never_seen() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        let alone = model.forward(ids(&[3, 7, 1], &device), &[]);
        for filler in [0, 19] {
            let padded = ids(&[filler, filler, 3, 7, 1], &device);
            let after = |padding: &[usize]| model.forward(padded.clone(), padding).narrow(1, 2, 3);
            assert_close(&after(&[2]), &alone, backend::tolerance(&device, 2e-5));
            assert!(
                max_abs_error(&after(&[]), &alone) > 1e-2,
                "padding that the model is not told of is seen"
            );
        }
    }
}

#[test]
fn four_prompts_of_different_lengths_go_on_as_each_does_alone_with_the_cache_and_without() {
    let device = backend::from_env();
    let max_new_tokens = MAX_TOKENS - 5; // of the longest: nothing is forgotten yet
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        let mut alone = Vec::new();
        for prompt in prompts() {
            let tokens =
                written(&model, from_ref(&prompt), max_new_tokens, true, &device).remove(0);
            let text = [&prompt[..], &tokens].concat();
            alone.push(tokens);
            let lead = smallest_lead(&model, &text, prompt.len(), &device);
            assert!(lead > 1e-2, "{family:?}: rounding may decide {text:?}, whose lead is {lead}");
        }
        for with_cache in [true, false] {
            let together = written(&model, &prompts(), max_new_tokens, with_cache, &device);
            assert_eq!(together, alone, "{family:?}, with cache: {with_cache}");
        }
    }
}

#[test]
fn generation_goes_on_past_what_the_model_sees_the_same_with_the_cache_and_without() {
    let device = backend::from_env();
    // the likeliest text soon repeats itself and hides much
    let drawing = Sampling::new(1.0, None, 1.0).unwrap();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        for prompts in [prompts(), texts(&[3 * MAX_TOKENS]), texts(&[MAX_TOKENS, 1])] {
            let generation =
                || Generation::new(&model, &prompts, 4 * MAX_TOKENS, drawing, 5, &device);
            let with: Vec<Vec<u32>> = generation().collect();
            assert_eq!(with, generation().without_cache().collect::<Vec<_>>(), "{family:?}");
        }
    }
}

/// Texts of these lengths.
fn texts(lengths: &[usize]) -> Vec<Vec<u32>> {
    let mut rng = StdRng::seed_from_u64(13);
    let mut texts = Vec::with_capacity(lengths.len());
    for &tokens in lengths {
        let mut text = Vec::with_capacity(tokens);
        for _ in 0..tokens {
            text.push(rng.random_range(0..VOCAB as u32));
        }
        texts.push(text);
    }
    texts
}

#[test]
fn the_next_token_is_the_likeliest_after_all_that_the_model_sees() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        for longest in [1, MAX_TOKENS - 1, MAX_TOKENS, MAX_TOKENS + 1, 3 * MAX_TOKENS] {
            let prompts = texts(&[vec![longest; 48], vec![longest.min(2); 16]].concat());
            // What does not fit is halved, all texts of a batch in the same columns.
            let columns = if longest > MAX_TOKENS { MAX_TOKENS / 2 } else { longest };
            let mut expected = Vec::with_capacity(prompts.len());
            for prompt in &prompts {
                let seen = &prompt[prompt.len().saturating_sub(columns)..];
                let logits = model.forward(ids(seen, &device), &[]).narrow(1, seen.len() - 1, 1);
                expected.push(logits.argmax(2).into_scalar::<i64>() as u32);
            }
            let found: Vec<u32> = written(&model, &prompts, 1, true, &device).concat();
            assert_eq!(found, expected, "{family:?}, {longest} tokens");
        }
    }
}

#[test]
fn the_cache_takes_its_room_at_the_first_token_and_never_more() {
    let device = backend::from_env();
    let model = random_model(&small(Family::Gpt2), &device);
    // 2 layers, 4 texts, a key and a value of width 16, for a prompt of 5 and 4 more or for all
    // that the model sees.
    for (max_new_tokens, room) in [(4, 9), (4 * MAX_TOKENS, MAX_TOKENS)] {
        let mut generation =
            Generation::new(&model, &prompts(), max_new_tokens, Sampling::GREEDY, 0, &device);
        assert_eq!(generation.cache_numbers(), 0);
        while generation.next().is_some() {
            assert_eq!(generation.cache_numbers(), 2 * 4 * 2 * 16 * room);
        }
    }
}

#[test]
fn a_seed_writes_the_same_text_again_and_another_seed_another() {
    let device = backend::from_env();
    let model = random_model(&small(Family::Gpt2), &device);
    let hot = Sampling::new(2.0, None, 1.0).unwrap();
    let text =
        |seed| Generation::new(&model, &prompts(), 20, hot, seed, &device).collect::<Vec<_>>();
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn a_generation_ends_after_as_many_tokens_as_were_asked_for() {
    let device = backend::from_env();
    let model = random_model(&small(Family::Gpt2), &device);
    for max_new_tokens in [0, 1, 30] {
        let generation =
            Generation::new(&model, &prompts(), max_new_tokens, Sampling::GREEDY, 0, &device);
        assert_eq!(generation.count(), max_new_tokens);
    }
}

#[test]
fn a_fresh_model_loses_about_ln_vocab() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = {
            let _seed = backend::seeded(&device, 7);
            small(family).init(&device)
        };
        // no token twice
        let text: Vec<u32> = (0..=MAX_TOKENS as u32).map(|i| 5 * i % VOCAB as u32).collect();
        let loss = model.loss(ids(&text[..MAX_TOKENS], &device), ids(&text[1..], &device));
        // A vector of length sqrt(16) against a table of N(0, 0.02^2): logits of standard
        // deviation 0.08,
        // the mean of 12 losses of 0.08 / sqrt(12) = 0.023. Four times that.
        let off = loss.into_scalar::<f32>() - (VOCAB as f32).ln();
        assert!(off.abs() < 0.1, "{family:?}: {off} from ln(vocab)");
    }
}

#[test]
fn fresh_weights_have_gpt2s_standard_deviation_and_less_where_they_end_in_a_residual() {
    let device = backend::from_env();
    let (d_model, n_layers) = (64, 8);
    let model = {
        let _seed = backend::seeded(&device, 7);
        GptConfig::new(VOCAB, d_model, n_layers, 2, MAX_TOKENS).init(&device)
    };
    for (name, data) in tensors(&model) {
        let numbers: Vec<f64> = data.iter().collect();
        let mut squares = 0.0;
        for number in &numbers {
            squares += number * number;
        }
        let deviation = (squares / numbers.len() as f64).sqrt();
        let expected = match name.rsplit_once('.').unwrap() {
            (norm, "weight") if norm.contains("ln_") => 1.0,
            (_, "bias") => 0.0,
            (map, _) if map.ends_with("c_proj") => 0.02 / (2.0 * n_layers as f64).sqrt(),
            _ => 0.02,
        };
        // The standard deviation of n numbers is known to 1 / sqrt(2 n) of it; five times that.
        let band = 5.0 / (2.0 * numbers.len() as f64).sqrt() * expected;
        assert!((deviation - expected).abs() <= band, "{name}: {deviation}, expected {expected}");
    }
}

#[test]
fn nats_of_a_long_text_are_those_of_its_blocks() {
    let device = backend::from_env();
    let model = random_model(&small(Family::Gpt2), &device);
    // More than are held at once, in whole blocks and a rest.
    let text: Vec<u32> = (0..1500).map(|i: u32| i * i % 23).collect();
    let predicted = text.len() - 1;
    let mut nats = 0.0;
    for first in (0..predicted).step_by(MAX_TOKENS) {
        let end = (first + MAX_TOKENS).min(predicted);
        let targets = ids(&text[first + 1..end + 1], &device);
        let loss = model.loss(ids(&text[first..end], &device), targets);
        nats += f64::from(loss.into_scalar::<f32>()) * (end - first) as f64;
    }
    let found = decoder::nats_per_token(&model, &text, MAX_TOKENS, &device);
    let expected = nats / predicted as f64;
    assert!(
        (found - expected).abs() < f64::from(backend::tolerance(&device, 1e-5)) * expected,
        "{found}"
    );
}

#[test]
#[should_panic(expected = "13 tokens are more than the 12 that the model sees")]
fn a_text_longer_than_gpt2_sees_is_a_programmers_mistake() {
    too_long(Family::Gpt2);
}

#[test]
#[should_panic(expected = "13 tokens are more than the 12 that the model sees")]
fn a_text_longer_than_bloom_sees_is_a_programmers_mistake() {
    too_long(Family::Bloom);
}

fn too_long(family: Family) {
    let device = backend::from_env();
    random_model(&small(family), &device).forward(ids(&[1; MAX_TOKENS + 1], &device), &[]);
}

#[test]
#[should_panic(expected = "at least one prompt")]
fn a_generation_needs_a_prompt() {
    let device = backend::from_env();
    written(&random_model(&small(Family::Gpt2), &device), &[], 1, true, &device);
}

#[test]
#[should_panic(expected = "at least one token")]
fn a_prompt_needs_a_token() {
    let device = backend::from_env();
    written(&random_model(&small(Family::Gpt2), &device), &[vec![1], vec![]], 1, true, &device);
}

#[test]
fn a_models_own_tokenizer_reads_a_text_of_five_megabytes_to_its_last_character() {
    let mut lines = String::new();
    for number in 0..50 {
        lines += &format!("the cat and {number} then é\n");
    }
    let own = Tokenization::BytePairs(300).split(&lines).unwrap().tokenizer;
    let text = lines.repeat((5 << 20) / lines.len() + 1);
    let TokenizedCorpus { tokenizer, training, validation, validation_characters } =
        TokenizedCorpus::of(own, &text).unwrap();
    let read = tokenizer.decode(&validation).unwrap();
    assert_eq!([read.chars().count(), validation_characters], [1 << 17; 2]);
    assert!(tokenizer.decode(&training).unwrap() + &read == text);
    let corpus = TokenizedCorpus::of(tokenizer, &lines).unwrap();
    assert_eq!(corpus.validation_characters, lines.chars().count().div_ceil(10));
}

#[test]
fn a_vocabulary_of_characters_splits_a_text_after_nine_tenths_of_them() {
    let text = "äbc\n".repeat(25);
    let TokenizedCorpus { tokenizer, training, validation, validation_characters } =
        Tokenization::Characters.split(&text).unwrap();
    assert_eq!((training.len(), validation.len(), validation_characters), (90, 10, 10));
    assert_eq!(tokenizer.vocab_size(), 4);
    assert_eq!(tokenizer.decode(&[training, validation].concat()).unwrap(), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(backend::cases(16)))]

    /// The cached pass answers as the whole one, wherever the text is cut, with padding and
    /// without.
    #[test]
    fn a_text_read_in_pieces_is_answered_as_in_one(
        text in prop::collection::vec(0..VOCAB as u32, 3..=MAX_TOKENS),
        cut in any::<prop::sample::Index>(),
        padded in 0usize..2,
    ) {
        let device = backend::from_env();
        for family in FAMILIES {
            let model = random_model(&small(family), &device);
            let (first, rest) = text.split_at(1 + cut.index(text.len() - 1));
            let padding = if padded == 0 { vec![] } else { vec![padded] };
            let mut cache = ModelCache::new(model.layers().len(), text.len(), &padding);
            model.forward_cached(ids(first, &device), &mut cache);
            let found = model.forward_cached(ids(rest, &device), &mut cache);
            let whole = model.forward(ids(&text, &device), &padding).narrow(1, text.len() - 1, 1);
            let worst = max_abs_error(&found, &whole.squeeze_dim(1));
            prop_assert!(worst <= backend::tolerance(&device, 2e-5), "{:?}: off by {:e}", family, worst);
        }
    }
}

proptest! {
    /// What a model learns from is what it will be given: its tokenizer and the lesson's own code
    /// cut alike.
    #[test]
    fn a_learned_vocabulary_and_its_tokenizer_give_the_same_ids(text in any::<String>(), characters: bool) {
        let text = format!("the cat then {text} the cat, the end");
        let vocabulary = if characters { Tokenization::Characters } else { Tokenization::BytePairs(270) };
        let corpus = vocabulary.split(&text).unwrap();
        let cut = text.chars().count() * 9 / 10;
        let (learnt, held_back): (String, String) =
            (text.chars().take(cut).collect(), text.chars().skip(cut).collect());
        prop_assert_eq!(corpus.tokenizer.encode_whole(&learnt).unwrap(), corpus.training);
        prop_assert_eq!(corpus.tokenizer.encode_whole(&held_back).unwrap(), corpus.validation);
        prop_assert_eq!(corpus.validation_characters, held_back.chars().count());
    }
}

#[test]
fn the_next_logits_are_those_of_the_last_token_of_each_text() {
    let device = backend::from_env();
    for family in FAMILIES {
        let model = random_model(&small(family), &device);
        // three texts of five tokens, the second with two of padding
        let batch = Tensor::<2, Int>::from_ints(
            [[3, 7, 1, 12, 5], [0, 0, 9, 20, 2], [8, 4, 4, 11, 16]],
            &device,
        );
        let padding = [0, 2, 0];
        let found = model.next_logits(batch.clone(), &padding);
        assert_eq!(found.dims(), [3, VOCAB]);
        let expected = model.forward(batch, &padding).narrow(1, 4, 1).squeeze_dim(1);
        assert_close(&found, &expected, backend::tolerance(&device, 1e-5));
    }
}

#[test]
fn the_loss_of_a_batch_is_the_mean_of_its_texts() {
    let device = backend::from_env();
    let model = random_model(&small(Family::Bloom), &device);
    let texts = [[3, 7, 1, 12], [5, 9, 20, 2]];
    let first = loss_of_texts(&model, &texts[..1], &device);
    let second = loss_of_texts(&model, &texts[1..], &device);
    let mean = (first + second) / 2.0;
    let found = loss_of_texts(&model, &texts, &device);
    assert!((found - mean).abs() < backend::tolerance(&device, 1e-5) * mean, "{found}, not {mean}");
}

/// The loss of a batch of texts of four tokens, of which the last three are predicted.
fn loss_of_texts(model: &Gpt, texts: &[[i64; 4]], device: &Device) -> f32 {
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for text in texts {
        inputs.extend_from_slice(&text[..3]);
        targets.extend_from_slice(&text[1..]);
    }
    let shape = [texts.len(), 3];
    let inputs = Tensor::from_data(TensorData::new(inputs, shape), device);
    let targets = Tensor::from_data(TensorData::new(targets, shape), device);
    model.loss(inputs, targets).into_scalar::<f32>()
}
