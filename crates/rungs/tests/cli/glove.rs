//! GloVe's word vectors of the real world, asked as the chapters ask them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{rungs_at, stdout};

/// How far a cosine that is printed may lie from the recorded one.
const PRINTED: f64 = 2e-4;
/// How far a cosine may lie from gensim's, which adds up 50 products in another order.
const COSINE: f64 = 1e-5;

/// What a command on the fetched vectors prints.
fn printed(args: &[&str]) -> String {
    let home = files::Home::from_env().unwrap();
    stdout(&rungs_at(home.root(), args, b""))
}

/// What gensim answered on the same file.
fn gensim() -> Value {
    let path = golden::directory().join("glove/answers.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Asserts that a command's words and cosines are these.
#[track_caller]
fn assert_words(args: &[&str], expected: &Value) {
    let found: Value =
        serde_json::from_str(&printed(&[args, &["--top", "5", "--format", "json"]].concat()))
            .unwrap();
    let expected = expected.as_array().unwrap();
    assert_eq!(found.as_array().unwrap().len(), expected.len(), "{args:?}");
    for (found, expected) in found.as_array().unwrap().iter().zip(expected) {
        assert_eq!(found["word"], expected[0], "{args:?}");
        let [found, expected] = [&found["cosine"], &expected[1]].map(|x| x.as_f64().unwrap());
        assert!((found - expected).abs() < COSINE, "{args:?}: {found}, gensim {expected}");
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch glove"]
fn glove_says_what_the_chapters_show() {
    for name in ["glove-neighbours", "glove-analogies"] {
        let path = golden::directory().join(format!("../../book/src/output/{name}.txt"));
        let recorded = fs::read_to_string(path).unwrap();
        let commands: Vec<&str> = recorded.split("$ cargo rungs ").skip(1).collect();
        assert!(commands.len() > 2, "{name}: {recorded}");
        for command in commands {
            let (args, expected) = command.split_once('\n').unwrap();
            let found = printed(&args.split(' ').collect::<Vec<_>>());
            assert!(course::agree(&found, expected, PRINTED), "{args}:\n{found}");
        }
    }
}

#[test]
#[ignore = "needs: cargo rungs fetch glove"]
fn glove_has_the_neighbours_and_answers_that_gensim_finds() {
    let gensim = gensim();
    for (word, expected) in gensim["neighbours"].as_object().unwrap() {
        assert_words(&["neighbours", "glove", word], expected);
    }
    for analogy in gensim["analogies"].as_array().unwrap() {
        let words = analogy["question"].as_array().unwrap().iter();
        let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
        assert_words(&[&["analogy", "glove"], &words[..]].concat(), &analogy["answers"]);
    }
}

/// Right and covered of each section, as the table for people has them.
fn of_table(table: &str) -> Vec<(String, [u64; 2])> {
    let mut sections = Vec::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.split_whitespace().collect();
        if let [section, right, covered, _, accuracy] = cells[..]
            && accuracy.ends_with('%')
        {
            let counts = [right, covered].map(|count| count.parse().unwrap());
            sections.push((section.to_string(), counts));
        }
    }
    sections
}

/// Asserts that the sections of a table have gensim's counts, one by one and in all.
#[track_caller]
fn assert_counts(table: &str) {
    let expected = gensim();
    let expected = expected["right_and_covered"].as_object().unwrap();
    let found = of_table(table);
    assert_eq!(found.len(), expected.len(), "{table}");
    for (section, counts) in found {
        let name = if section == "total" { "Total accuracy" } else { section.as_str() };
        assert_eq!(expected[name], serde_json::json!(counts), "{section}");
    }
}

#[test]
fn the_chapters_count_of_all_questions_is_gensims() {
    let path = golden::directory().join("../../book/src/output/glove-questions.txt");
    assert_counts(&fs::read_to_string(path).unwrap());
}

#[test]
#[ignore = "needs: cargo rungs fetch glove, and RUNGS_DATA with questions-words.txt"]
fn glove_answers_as_many_questions_as_gensim_counts() {
    let data = std::env::var("RUNGS_DATA").unwrap();
    let questions = Path::new(&data).join("questions-words.txt");
    let args = ["analogies", "glove", questions.to_str().unwrap(), "--words", "30000"];
    assert_counts(&printed(&args));
}
