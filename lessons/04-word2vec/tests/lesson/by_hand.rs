//! The chapter's own numbers.

use data::Section;
use word2vec::{Score, Space, around, gradient, keep_probability, noise};

/// One word predicts one neighbour against one noise word, in two dimensions:
///
/// ```text
/// v = (1, 0)    u_0 = (1, 1)    u_1 = (-1, 2)
/// u_0 . v = 1     sigmoid( 1) = 0.7311    -log = 0.3133
/// u_1 . v = -1    sigmoid(-1) = 0.2689    -log sigmoid(1) = 0.3133
/// dL/dv   = (0.7311 - 1) (1, 1) + (0.2689 - 0) (-1, 2) = (-0.5379, 0.2689)
/// dL/du_0 = (0.7311 - 1) (1, 0) = (-0.2689, 0)
/// dL/du_1 = (0.2689 - 0) (1, 0) = (0.2689, 0)
/// ```
#[test]
fn one_pair_and_one_noise_word() {
    let found = gradient(&[1.0, 0.0], &[1.0, 1.0, -1.0, 2.0], 2);
    assert!((found.loss - 0.6265).abs() < 1e-4, "{}", found.loss);
    let close = |found: &[f32], expected: &[f32]| {
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4)
    };
    assert!(close(&found.v, &[-0.5379, 0.2689]), "{:?}", found.v);
    assert!(close(&found.u, &[-0.2689, 0.0, 0.2689, 0.0]), "{:?}", found.u);
}

/// 16 : 1 becomes 8 : 1, since 16^(3/4) = 8.
#[test]
fn the_noise_is_flatter_than_the_words() {
    let found = noise(&[16, 1]);
    assert!(
        (found[0] - 8.0 / 9.0).abs() < 1e-12 && (found[1] - 1.0 / 9.0).abs() < 1e-12,
        "{found:?}"
    );
}

/// At t = 0.001 a word that is 9 of 1,000 words is kept (sqrt(9) + 1) / 9 = 4 times of 9; one that
/// is 1 of 1,000 always.
#[test]
fn frequent_words_are_thinned_out() {
    assert!((keep_probability(0.009, 0.001) - 4.0 / 9.0).abs() < 1e-12);
    assert_eq!(keep_probability(0.001, 0.001), 1.0);
    assert_eq!(keep_probability(0.5, 0.0), 1.0);
}

#[test]
fn a_word_is_predicted_by_those_in_reach_on_both_sides() {
    let sentence = [10, 11, 12, 13, 14];
    assert_eq!(around(&sentence, 2, 1), (&[11][..], &[13][..]));
    assert_eq!(around(&sentence, 2, 2), (&[10, 11][..], &[13, 14][..]));
    assert_eq!(around(&sentence, 0, 3), (&[][..], &[11, 12, 13][..]), "the sentence begins here");
    assert_eq!(around(&sentence, 4, 9), (&[10, 11, 12, 13][..], &[][..]), "and ends here");
    assert_eq!(around(&[7], 0, 5), (&[][..], &[][..]));
}

/// Two royals, two commoners, one word that is nearly king and one that is nearly woman: king alone
/// or woman alone would lead to them.
fn six_words() -> Space {
    let words = ["man", "woman", "king", "queen", "emperor", "lady"].map(String::from).to_vec();
    let vectors = [
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [1.0, 0.0, 1.0],
        [0.0, 2.0, 2.0],
        [1.0, 0.0, 0.9],
        [0.0, 1.0, 0.2],
    ];
    Space::new(words, vectors.concat(), &backend::from_env())
}

#[test]
fn king_minus_man_plus_woman_is_queen() {
    let space = six_words();
    let rows = ["man", "king", "woman"].map(|word| space.row(word).unwrap());
    let found = space.analogy(rows, 2);
    assert_eq!(space.words()[found[0].0], "queen");
    assert!(
        found.iter().all(|(row, _)| !rows.contains(row)),
        "the question's own words are no answers: {found:?}"
    );
    assert_eq!(space.row("King"), space.row("king"), "a question may write a word large");
}

#[test]
fn a_score_counts_what_was_asked_and_what_could_not_be() {
    let question = |text: &str| {
        let words: Vec<String> = text.split(' ').map(String::from).collect();
        <[String; 4]>::try_from(words).unwrap()
    };
    let questions = ["man king woman queen", "man king woman lady", "man king woman empress"]
        .map(question)
        .to_vec();
    let scores = six_words().score(&[Section { name: "royals".into(), questions }]);
    assert_eq!(scores, [Score { section: "royals".into(), questions: 3, covered: 2, right: 1 }]);
}
