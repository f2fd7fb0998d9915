//! The chapter's own small numbers.

use burn::module::Param;
use burn::tensor::{Device, Int, Tensor, TensorData};
use lookup::{
    BigramConfig, TokenEmbedding, bigram_counts, bigram_entropy, bits_per_character, character_ids,
    cross_entropy, gradient_descent, one_hot, perplexity, step,
};

use crate::values;

/// The rows of a table of bigram logits as one tensor.
fn tensor(table: &[Vec<f64>], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(table.concat(), [table.len(), table.len()]), device)
}

#[test]
fn an_id_is_the_number_of_a_row() {
    let device = backend::from_env();
    let table = Tensor::<2>::from_floats([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], &device);
    let table = TokenEmbedding { weight: Param::from_tensor(table) };
    assert_eq!((table.vocab(), table.d_model()), (3, 2));
    let rows = table.forward(Tensor::from_ints([[2, 0], [0, 1]], &device));
    assert_eq!(rows.dims(), [2, 2, 2]);
    let rows: Vec<f32> = rows.into_data().iter::<f32>().collect();
    assert_eq!(rows, [0.5, 0.6, 0.1, 0.2, 0.1, 0.2, 0.3, 0.4]);
}

#[test]
fn a_lookup_keeps_batch_tokens_and_columns_apart() {
    // 2 texts of 3 tokens, a table of 5 rows of 4: row r, column c holds r.c
    let device = backend::from_env();
    let weight = Tensor::<2>::from_floats(
        [
            [0.0, 0.1, 0.2, 0.3],
            [1.0, 1.1, 1.2, 1.3],
            [2.0, 2.1, 2.2, 2.3],
            [3.0, 3.1, 3.2, 3.3],
            [4.0, 4.1, 4.2, 4.3],
        ],
        &device,
    );
    let table = TokenEmbedding { weight: Param::from_tensor(weight) };
    let expected = Tensor::<3>::from_floats(
        [
            [[4.0, 4.1, 4.2, 4.3], [0.0, 0.1, 0.2, 0.3], [1.0, 1.1, 1.2, 1.3]],
            [[1.0, 1.1, 1.2, 1.3], [3.0, 3.1, 3.2, 3.3], [1.0, 1.1, 1.2, 1.3]],
        ],
        &device,
    );
    let ids = Tensor::from_ints([[4, 0, 1], [1, 3, 1]], &device);
    golden::assert_close(&table.forward(ids), &expected, 0.0);
}

#[test]
fn a_row_that_was_looked_up_three_times_learns_three_times() {
    let device = backend::from_env().autodiff();
    let weight = Tensor::<2>::from_floats([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], &device);
    let table = TokenEmbedding { weight: Param::from_tensor(weight) };
    let ids = Tensor::from_ints([[2, 0, 1], [1, 1, 0]], &device);
    let gradients = table.forward(ids).sum().backward();
    let gradient = table.weight.val().grad(&gradients).expect("the table was used");
    let inner = backend::from_env();
    let expected = Tensor::<2>::from_floats([[2.0, 2.0], [3.0, 3.0], [1.0, 1.0]], &inner);
    golden::assert_close(&gradient, &expected, 0.0);
}

#[test]
fn unembedding_takes_the_dot_product_with_every_row() {
    // 1 text of 2 tokens of width 3, a table of 4 rows
    let device = backend::from_env();
    let weight = Tensor::<2>::from_floats(
        [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0]],
        &device,
    );
    let table = TokenEmbedding { weight: Param::from_tensor(weight) };
    let x = Tensor::<3>::from_floats([[[1.0, 2.0, 3.0], [5.0, 7.0, 11.0]]], &device);
    let logits =
        Tensor::<3>::from_floats([[[1.0, 4.0, 9.0, 6.0], [5.0, 14.0, 33.0, 23.0]]], &device);
    golden::assert_close(&table.unembed(x), &logits, 0.0);
}

#[test]
fn one_hot_is_a_single_one_in_its_own_column() {
    let device = backend::from_env();
    let rows = one_hot(Tensor::from_ints([1, 3], &device), 4);
    assert_eq!(values(&rows), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn the_surprise_of_a_fair_coin_is_ln_2() {
    let device = backend::from_env();
    let targets = Tensor::<1, Int>::from_ints([0, 1], &device);
    let nats = cross_entropy(Tensor::zeros([2, 2], &device), targets).into_scalar::<f64>();
    assert!((nats - 2_f64.ln()).abs() < 1e-6);
    assert!((perplexity(nats) - 2.0).abs() < 1e-5);
    assert!((bits_per_character(nats, 2, 2) - 1.0).abs() < 1e-6);
}

#[test]
fn the_blame_is_the_probability_less_one_for_what_came() {
    let device = backend::from_env().autodiff();
    let logits = Tensor::<2>::from_floats([[1.0, 2.0, 3.0]], &device).require_grad();
    let nats = cross_entropy(logits.clone(), Tensor::from_ints([2], &device));
    assert!((nats.clone().into_scalar::<f64>() - 0.407_606).abs() < 1e-5);
    let gradient = logits.grad(&nats.backward()).expect("the logits were used");
    let expected = Tensor::<2>::from_floats([[0.0900, 0.2447, -0.3348]], &backend::from_env());
    golden::assert_close(&gradient, &expected, 1e-4);
    // Raise the third by 0.01, and the loss falls by a third of that.
    let inner = backend::from_env();
    let raised = Tensor::<2>::from_floats([[1.0, 2.0, 3.01]], &inner);
    let nats = cross_entropy(raised, Tensor::from_ints([2], &inner));
    golden::assert_close(&nats, &Tensor::from_floats([0.4043], &inner), 5e-5);
}

#[test]
fn surprise_is_the_mean_over_the_texts_of_the_surprise_at_each_target() {
    let device = backend::from_env();
    let logits = Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [3.0, 1.0, 1.0]], &device);
    let nats = cross_entropy(logits, Tensor::from_ints([2, 1], &device));
    // -ln 0.6652 = 0.4076, and -ln of e / (e^3 + 2e) = 2.2395
    golden::assert_close(&nats, &Tensor::from_floats([1.3236], &device), 5e-5);
    let certain = Tensor::<2>::from_floats([[10000.0, 0.0]], &device);
    let nats = cross_entropy(certain, Tensor::from_ints([0], &device));
    golden::assert_close(&nats, &Tensor::from_floats([0.0], &device), 0.0);
}

#[test]
fn a_batch_of_texts_is_predicted_along_each_text_and_not_across_the_batch() {
    // The row of token i says that i + 1 follows: 2 texts of 3 tokens, 5 tokens in all.
    let device = backend::from_env();
    let mut table = vec![vec![0.0; 5]; 5];
    for this in 0..4 {
        table[this][this + 1] = 30.0;
    }
    let _seed = backend::seeded(&device, 7);
    let mut model = BigramConfig::new(5).init(&device);
    model.table.weight = Param::from_tensor(tensor(&table, &device));
    let along = Tensor::<2, Int>::from_ints([[0, 1, 2], [2, 3, 4]], &device);
    golden::assert_close(&model.loss(along), &Tensor::from_floats([0.0], &device), 1e-5);
    let back = Tensor::<2, Int>::from_ints([[2, 1, 0], [4, 3, 2]], &device);
    // Three of the four pairs cost 30 nats each, for the token after was all but certain. Row 4 is
    // all zeros: ln 5.
    let nats = (3.0 * 30.0 + 5_f32.ln()) / 4.0;
    golden::assert_close(&model.loss(back), &Tensor::from_floats([nats], &device), 1e-5);
}

#[test]
fn one_step_on_abacab_lowers_the_loss_from_ln_3() {
    let device = backend::from_env();
    let (_, ids) = character_ids("abacab");
    let mut table = vec![vec![0.0; 3]; 3];
    let losses = gradient_descent(&mut table, &ids, 2, 1.0);
    assert!((losses[0] - 3_f64.ln()).abs() < 1e-12 && (losses[1] - 0.9751).abs() < 5e-5);
    let mut table = vec![vec![0.0; 3]; 3];
    assert_eq!(step(&mut table, &ids, 1.0), losses[0]);
    let expected = Tensor::<2>::from_floats(
        [
            [-0.2, 0.2, 0.0],
            [2.0 / 15.0, -1.0 / 15.0, -1.0 / 15.0],
            [2.0 / 15.0, -1.0 / 15.0, -1.0 / 15.0],
        ],
        &device,
    );
    golden::assert_close(&tensor(&table, &device), &expected, 1e-7);
}

#[test]
fn a_step_at_rate_0_changes_nothing_and_tells_the_loss() {
    let mut table = vec![vec![0.0, 2_f64.ln()], vec![0.0, 0.0]];
    let before = table.clone();
    // 0 then 1: 2/3. 1 then 0: 1/2.
    let by_hand = -((2_f64 / 3.0).ln() + 0.5_f64.ln()) / 2.0;
    assert!((step(&mut table, &[0, 1, 0], 0.0) - by_hand).abs() < 1e-12);
    assert_eq!(table, before);
}

#[test]
#[should_panic] // in the words of whoever writes the function
fn a_step_on_one_token_is_refused() {
    step(&mut [vec![0.0]], &[0], 1.0);
}

#[test]
fn bits_per_character_spread_over_the_characters() {
    // 10 tokens at ln 16 = 4 bits each cover 40 characters: 1 bit a character.
    assert!((bits_per_character(16_f64.ln(), 10, 40) - 1.0).abs() < 1e-12);
}

#[test]
#[should_panic(expected = "bits per character needs at least one character")]
fn bits_of_no_characters_are_refused() {
    bits_per_character(1.0, 1, 0);
}

#[test]
fn four_letters_are_counted_with_a_pencil() {
    let (alphabet, ids) = character_ids("abacab");
    assert_eq!(alphabet, ['a', 'b', 'c']);
    assert_eq!(ids, [0, 1, 0, 2, 0, 1]);
    let counts = bigram_counts(&ids, 3);
    assert_eq!(counts, [[0, 2, 1], [1, 0, 0], [1, 0, 0]]);
    // Three of five pairs begin with a: 2/3 go to b, 1/3 to c. The other two are certain.
    let by_hand = -(2.0 / 5.0 * (2_f64 / 3.0).ln() + 1.0 / 5.0 * (1_f64 / 3.0).ln());
    assert!((bigram_entropy(&counts) - by_hand).abs() < 1e-12);
    assert_eq!(bigram_entropy(&bigram_counts(&[0], 3)), 0.0);
}
