//! Talking with a model.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::generating::{characters, writer};
use crate::{assert_refused, json_lines, path, rungs, rungs_at, stdout};

/// What the recorded model sees.
const SEEN: usize = 64;

/// The recorded GPT-2 with a template that writes one message after the other.
fn talker() -> TempDir {
    let folder = writer(&characters(), &json!({}));
    let template = "{% for message in messages %}{{ message.content }}{% endfor %}";
    fs::write(folder.path().join("chat_template.jinja"), template).unwrap();
    folder
}

fn chat(model: &TempDir, more: &[&str], said: &str) -> std::process::Output {
    rungs(&[&["chat", "--model", path(model), "--max", "8"], more].concat(), said.as_bytes())
}

fn notes(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn each_line_is_a_turn_and_each_answer_a_line() {
    let model = talker();
    let answers = stdout(&chat(&model, &["--temperature", "0"], "abc\n\ncab\n"));
    assert_eq!(answers.lines().count(), 2, "{answers}");
    assert_eq!(answers, stdout(&chat(&model, &["--temperature", "0"], "abc\ncab\n")));
    let drawn = |seed| stdout(&chat(&model, &["--temperature", "1", "--seed", seed], "abc\n"));
    assert_eq!(drawn("1"), drawn("1"));
    assert_ne!(drawn("1"), drawn("2"));
}

#[test]
fn what_was_said_before_is_read_again() {
    let model = talker();
    let told = json_lines(&chat(&model, &["--format", "jsonl"], "abc\ncab\n"));
    let tokens = |line: usize, key: &str| told[line][key].as_u64().unwrap();
    assert_eq!(tokens(0, "prompt_tokens"), 3);
    assert_eq!(tokens(1, "prompt_tokens"), 3 + tokens(0, "tokens") + 3);
    assert!(told[0]["seconds"].as_f64().unwrap() > 0.0);
    let system = json_lines(&chat(&model, &["--format", "jsonl", "--system", "xyz"], "abc\n"));
    assert_eq!(system[0]["prompt_tokens"], 6);
}

#[test]
fn the_oldest_messages_leave_first_and_are_counted() {
    let model = talker();
    let line = "abcabcabcabcabcabc\n"; // 18 tokens, and 8 of an answer
    let output = chat(&model, &["--format", "jsonl"], &line.repeat(4));
    let counts: Vec<u64> = json_lines(&output)
        .iter()
        .map(|answer| answer["prompt_tokens"].as_u64().unwrap())
        .collect();
    assert!(counts.iter().all(|&count| count as usize <= SEEN - 8), "{counts:?}");
    assert!(notes(&output).contains("the oldest 2 messages were left out"), "{}", notes(&output));
}

#[test]
fn a_message_that_is_too_long_is_passed_over_and_the_next_is_answered() {
    let model = talker();
    let output = chat(&model, &[], &format!("{}\nabc\n", "abc".repeat(30)));
    assert_eq!(stdout(&output).lines().count(), 1);
    assert!(
        notes(&output).contains("this has 90 tokens, and the model sees 56"),
        "{}",
        notes(&output)
    );
}

#[test]
fn a_model_that_was_not_taught_to_talk_says_so() {
    let model = writer(&characters(), &json!({}));
    let output = chat(&model, &[], "abc\n");
    assert_refused(&output, &["found no chat template", "help: `cargo rungs generate --model"]);
    let output = rungs(&["chat", "--model", path(&talker()), "--max", "64"], b"abc\n");
    assert_refused(&output, &["--max 64", "64 that the model sees"]);
}

/// Questions and answers of the chapter's conversations, one after the other.
fn of_the_chapter() -> Vec<Vec<(String, String)>> {
    let chapter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../book/src/13-llama.md");
    let chapter = fs::read_to_string(chapter).unwrap();
    let mut conversations = Vec::new();
    for block in chapter.split("```text\n> ").skip(1) {
        let mut turns = Vec::new();
        for turn in block.split("```").next().unwrap().split("\n> ") {
            let (question, answer) = turn.trim().split_once('\n').unwrap();
            turns.push((question.to_string(), answer.to_string()));
        }
        conversations.push(turns);
    }
    conversations
}

#[test]
#[ignore = "needs: cargo rungs fetch smollm2"]
fn smollm2_says_what_the_chapter_says() {
    let home = files::Home::from_env().unwrap();
    let conversations = of_the_chapter();
    assert_eq!(conversations.len(), 2);
    for (turns, system) in conversations.iter().zip([&[][..], &["--system", "You are a pirate."]]) {
        let mut said = String::new();
        for (question, _) in turns {
            said += &format!("{question}\n");
        }
        let args = [&["chat", "--model", "smollm2", "--temperature", "0"][..], system].concat();
        let answers = stdout(&rungs_at(home.root(), &args, said.as_bytes()));
        assert_eq!(answers.lines().count(), turns.len());
        for (answer, (_, expected)) in answers.lines().zip(turns) {
            assert!(answer.starts_with(expected.as_str()), "{answer}");
        }
    }
}
