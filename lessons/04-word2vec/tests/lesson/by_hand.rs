//! The chapter's own numbers.

use data::Section;
use word2vec::{
    Score, Space, WordTables, around, fresh_loss, gradient, keep_probability, leave_out,
    noise_distribution,
};

use crate::assert_numbers;

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
fn a_pair_against_one_noise_word_has_the_gradient_on_paper() {
    let found = gradient(&[1.0, 0.0], &[1.0, 1.0, -1.0, 2.0], 2);
    assert!((found.loss - 0.6265).abs() < 1e-4, "{}", found.loss);
    assert_numbers("dL/dv", &found.v, &[-0.5379, 0.2689], 1e-4);
    assert_numbers("dL/du", &found.u, &[-0.2689, 0.0, 0.2689, 0.0], 1e-4);
}

/// Two context words, three targets and four axes, so that no two sizes can be exchanged, and
/// every gradient is a sum of several terms:
///
/// ```text
/// v_0 = (1, 0, 0,  2)    u_0 = (    0,   ln 3,  5, 0)
/// v_1 = (0, 1, 0, -1)    u_1 = ( ln 3,      0,  7, 0)
///                        u_2 = (-ln 3, 2 ln 3, -3, 0)
/// sigmoid(v_0 . u_j) = 1/2, 3/4, 1/4     errors -1/2, 3/4, 1/4
/// sigmoid(v_1 . u_j) = 3/4, 1/2, 9/10    errors -1/4, 1/2, 9/10
/// L = ln 2 + ln 4 + ln 4/3 + ln 4/3 + ln 2 + ln 10 = ln(2560/9)
/// ```
#[test]
fn a_window_adds_up_the_gradients_of_its_six_pairs() {
    let ln_3 = 3f32.ln();
    let v = [1.0, 0.0, 0.0, 2.0, 0.0, 1.0, 0.0, -1.0];
    let u = [0.0, ln_3, 5.0, 0.0, ln_3, 0.0, 7.0, 0.0, -ln_3, 2.0 * ln_3, -3.0, 0.0];
    let found = gradient(&v, &u, 4);
    assert!((found.loss - (2560.0f64 / 9.0).ln()).abs() < 1e-6, "{}", found.loss);
    // 3/4 - 1/4; -1/2 + 2/4; -5/2 + 21/4 - 3/4
    let dv_0 = [ln_3 / 2.0, 0.0, 2.0, 0.0];
    // 1/2 - 9/10; -1/4 + 18/10; (-25 + 70 - 54) / 20
    let dv_1 = [-0.4 * ln_3, 1.55 * ln_3, -0.45, 0.0];
    assert_numbers("dL/dv", &found.v, &[dv_0, dv_1].concat(), 1e-5);
    let du_0 = [-0.5, -0.25, 0.0, -0.75]; // the last: 2 e_0j - e_1j
    let du_1 = [0.75, 0.5, 0.0, 1.0];
    let du_2 = [0.25, 0.9, 0.0, -0.4];
    assert_numbers("dL/du", &found.u, &[du_0, du_1, du_2].concat(), 1e-6);
}

/// The window of the chapter as a step of training, at rate 1/2, with the noise word drawn twice:
///
/// ```text
/// dL/dv   = (-0.2689, -0.2689) + 2 * (-0.2689, 0.5379) = (-0.8068, 0.8068)
/// dL/du_1 = (0.2689, 0) for each of the two draws
/// ```
#[test]
fn a_step_goes_against_the_gradient_and_a_word_drawn_twice_takes_two() {
    let mut tables = WordTables {
        input: vec![9.0, 9.0, 1.0, 0.0, 9.0, 9.0],
        output: vec![1.0, 1.0, 9.0, 9.0, -1.0, 2.0],
        d_model: 2,
    };
    let loss = tables.train_window(&[1], &[0, 2, 2], 0.5);
    assert!((loss - 3.0 * 0.3133).abs() < 1e-3, "{loss}");
    let input = [9.0, 9.0, 1.4034, -0.4034, 9.0, 9.0];
    assert_numbers("input", &tables.input, &input, 1e-4);
    let output = [1.1345, 1.0, 9.0, 9.0, -1.2689, 2.0];
    assert_numbers("output", &tables.output, &output, 1e-4);
}

/// Every sigmoid of a fresh pair is 1/2: six answers at ln 2 against five noise words, three
/// against two.
#[test]
fn a_fresh_pair_costs_ln_2_per_answer() {
    assert!((fresh_loss(5) - 4.1589).abs() < 1e-4, "{}", fresh_loss(5));
    assert!((fresh_loss(2) - 2.0794).abs() < 1e-4, "{}", fresh_loss(2));
}

/// 16 : 1 becomes 8 : 1, since 16^(3/4) = 8.
#[test]
fn counts_of_16_and_1_are_drawn_as_noise_8_to_1() {
    let found = noise_distribution(&[16, 1]);
    assert!(
        (found[0] - 8.0 / 9.0).abs() < 1e-12 && (found[1] - 1.0 / 9.0).abs() < 1e-12,
        "{found:?}"
    );
}

/// At t = 0.001 a word that is 9 of 1,000 words is kept (sqrt(9) + 1) / 9 = 4 times of 9; one that
/// is 1 of 1,000 or fewer always.
#[test]
fn a_word_of_nine_in_a_thousand_is_kept_four_times_in_nine() {
    assert!((keep_probability(0.009, 0.001) - 4.0 / 9.0).abs() < 1e-12);
    assert_eq!(keep_probability(0.001, 0.001), 1.0);
    assert_eq!(keep_probability(0.0005, 0.001), 1.0);
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

/// Seven words in three dimensions. Their lengths differ, and king - man + woman is nearest to king
/// itself.
fn seven_words() -> Space {
    let words = ["man", "woman", "king", "queen", "prince", "girl", "palace"];
    let vectors = [
        [1.0, 0.0, 0.0],
        [0.96, 0.28, 0.0],
        [1.8, 0.0, 2.4],
        [0.4, 0.6, 0.7],
        [0.9, -0.3, 0.4],
        [0.8, 0.6, 0.1],
        [0.0, -0.1, 1.0],
    ];
    Space::new(words.map(String::from).to_vec(), vectors.concat(), &backend::from_env())
}

/// King, at unit length (0.6, 0, 0.8), less man plus woman is (0.56, 0.28, 0.8), of length 1.016.
/// Its cosine with queen is (0.4 * 0.56 + 0.6 * 0.28 + 0.7 * 0.8) / (1.005 * 1.016) = 0.932, and
/// with king 0.961: without the rule king would answer. With rows of their own lengths prince would
/// come before palace; a - b + c would answer girl, a + b + c and b - c + a prince.
#[test]
fn king_minus_man_plus_woman_is_queen() {
    let space = seven_words();
    let rows = ["man", "king", "woman"].map(|word| space.row(word).unwrap());
    let found = space.analogy(rows, 3);
    let words: Vec<&str> = found.iter().map(|&(row, _)| space.words()[row].as_str()).collect();
    assert_eq!(words, ["queen", "palace", "prince"], "{found:?}");
    let cosines: Vec<f32> = found.iter().map(|&(_, cosine)| cosine).collect();
    assert_numbers("cosines", &cosines, &[0.932, 0.756, 0.708], 1e-3);
    assert_eq!(space.row("King"), space.row("king"), "a question may write a word large");
}

#[test]
fn leaving_out_drops_the_words_of_the_question_and_keeps_the_order() {
    let ranked = vec![(2, 0.9), (5, 0.8), (0, 0.7), (4, 0.6), (1, 0.5), (3, 0.4)];
    let left = vec![(5, 0.8), (4, 0.6)];
    assert_eq!(leave_out(ranked.clone(), &[0, 2, 1], 2), left, "the best of those that are left");
    assert_eq!(leave_out(ranked, &[0, 2, 1], 9), [left, vec![(3, 0.4)]].concat(), "all there are");
}

#[test]
fn a_word_is_not_its_own_neighbour() {
    let space = seven_words();
    let man = space.row("man").unwrap();
    let found = space.neighbours(man, 6);
    assert_eq!(space.words()[found[0].0], "woman");
    assert!(found.len() == 6 && found.iter().all(|&(row, _)| row != man), "{found:?}");
}

#[test]
fn a_score_counts_questions_those_with_vectors_and_the_right_ones() {
    let question = |text: &str| {
        let words: Vec<String> = text.split(' ').map(String::from).collect();
        <[String; 4]>::try_from(words).unwrap()
    };
    let questions = ["man king woman queen", "man king woman girl", "man king woman empress"]
        .map(question)
        .to_vec();
    let scores = seven_words().score(&[Section { name: "royals".into(), questions }]);
    assert_eq!(scores, [Score { section: "royals".into(), questions: 3, covered: 2, right: 1 }]);
}
