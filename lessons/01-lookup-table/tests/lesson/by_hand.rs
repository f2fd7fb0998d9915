//! The chapter's own small numbers.

use burn::module::Param;
use burn::tensor::{Int, Tensor, TensorData};
use lookup::{
    BigramConfig, TokenEmbedding, bigram_counts, bigram_entropy, bits_per_character, character_ids,
    cross_entropy, one_hot, perplexity,
};

use crate::values;

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
    let gradient = values(&logits.grad(&nats.backward()).expect("the logits were used"));
    for (found, expected) in gradient.iter().zip([0.0900, 0.2447, 0.6652 - 1.0]) {
        assert!((found - expected).abs() < 1e-4, "{gradient:?}");
    }
}

#[test]
fn one_step_on_abacab_lowers_the_loss_from_ln_3() {
    let device = backend::from_env().autodiff();
    let _seed = backend::seeded(&device, 7);
    let mut model = BigramConfig::new(3).init(&device);
    let mut loss_and_gradient = |table: Vec<f64>| {
        let table = Tensor::<2>::from_data(TensorData::new(table, [3, 3]), &device).require_grad();
        model.table.weight = Param::from_tensor(table.clone());
        let loss = model.loss(Tensor::from_ints([[0, 1, 0, 2, 0, 1]], &device));
        (
            loss.clone().into_scalar::<f64>(),
            values(&model.table.weight.val().grad(&loss.backward()).unwrap()),
        )
    };
    let (before, gradient) = loss_and_gradient(vec![0.0; 9]);
    let expected =
        [0.2, -0.2, 0.0, -2.0 / 15.0, 1.0 / 15.0, 1.0 / 15.0, -2.0 / 15.0, 1.0 / 15.0, 1.0 / 15.0];
    assert!(
        gradient.iter().zip(expected).all(|(found, by_hand)| (found - by_hand).abs() < 1e-6),
        "{gradient:?}"
    );
    let (after, _) = loss_and_gradient(gradient.iter().map(|g| -g).collect());
    assert!(
        (before - 3_f64.ln()).abs() < 1e-6 && (after - 0.9751).abs() < 1e-4,
        "{before} -> {after}"
    );
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
