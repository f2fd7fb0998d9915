//! Talking with a model.

use std::fs;
use std::path::Path;
use std::process::Output;

use checkpoint::gguf::Gguf;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokens::Tokenizer;

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

fn chat(model: &TempDir, more: &[&str], said: &str) -> Output {
    rungs(&[&["chat", "--model", path(model), "--max", "8"], more].concat(), said.as_bytes())
}

fn notes(output: &Output) -> String {
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

/// The objects on standard output of a command that failed in the end.
fn answers(output: &Output) -> Vec<Value> {
    assert!(!output.status.success());
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_turn_that_is_too_long_has_an_empty_answer_and_takes_no_other_with_it() {
    let model = talker();
    let long = "abc".repeat(30);
    let output = chat(&model, &["--format", "jsonl"], &format!("abc\n{long}\ncab\n"));
    let said = notes(&output);
    assert!(said.contains("this has 90 tokens, and the model sees 56"), "{said}");
    assert!(said.contains("error: standard input: ") && said.contains("1 of 3 too long"), "{said}");
    assert!(!said.contains("left out"), "{said}");
    let answers = answers(&output);
    let tokens = |line: usize, key: &str| answers[line][key].as_u64().unwrap();
    assert_eq!((answers.len(), &answers[1]["answer"], tokens(1, "tokens")), (3, &json!(""), 0));
    assert_eq!(tokens(2, "prompt_tokens"), 3 + tokens(0, "tokens") + 3);
    let output = chat(&model, &[], &format!("{long}\nabc\n"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with('\n') && text.lines().count() == 2, "{text:?}");
}

#[test]
fn a_turn_of_megabytes_is_passed_over_in_bounded_time() {
    let model = talker();
    let huge = "a".repeat(tokens::LARGEST_TEXT + 1);
    let output = chat(&model, &["--format", "jsonl"], &format!("{huge}\nabc\n"));
    assert_eq!(answers(&output).len(), 2);
    assert!(notes(&output).contains("this has 4194305 bytes"), "{}", notes(&output));
}

#[test]
fn a_line_that_is_no_text_is_named_and_the_answers_before_it_are_not_lost() {
    let model = talker();
    for (line, needle) in [
        (&b"caf\xe9"[..], "0xe9 at column 4"),
        (b"a\0b", "0x00 at column 2"),
        (b"a\rb", "a carriage return at column 2"),
    ] {
        for format in ["text", "jsonl", "json"] {
            let input = [b"abc\n", line, b"\ncab\n"].concat();
            let args = ["chat", "--model", path(&model), "--max", "8", "--format", format];
            let output = rungs(&args, &input);
            let said = notes(&output);
            for needle in ["error: ", "standard input", "line 2", needle] {
                assert!(said.contains(needle), "{said}");
            }
            let text = String::from_utf8(output.stdout.clone()).unwrap();
            match format {
                "json" => assert_eq!(serde_json::from_str::<Vec<Value>>(&text).unwrap().len(), 1),
                _ => assert_eq!(text.lines().count(), 1, "{text}"),
            }
        }
    }
    let wide: Vec<u8> = "abc\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = [&b"\xff\xfe"[..], &wide].concat();
    let args = ["chat", "--model", path(&model)];
    assert!(notes(&rungs(&args, &wide)).contains("found text in UTF-16"));
}

#[test]
fn what_the_model_has_no_token_for_is_said_and_nothing_at_all_is_no_turn() {
    let model = talker();
    let said = notes(&chat(&model, &["--system", "B"], "abC\n"));
    assert!(said.contains("1 part has no token") && said.contains("\"C\""), "{said}");
    assert!(said.contains("\"B\""), "{said}");
    let output = chat(&model, &[], "abc\n");
    assert!(!notes(&output).contains("no token in"), "{}", notes(&output));
    let nothing = notes(&chat(&model, &[], "ABC\n"));
    assert!(nothing.contains("error: expected a conversation to answer"), "{nothing}");
}

#[test]
fn a_template_that_never_ends_is_given_up() {
    let model = talker();
    let template = "{% set ns = namespace(s=[1]) %}{% for a in range(60) %}\
                    {% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}";
    fs::write(model.path().join("chat_template.jinja"), template).unwrap();
    let said = notes(&chat(&model, &[], "abc\n"));
    let error = said.lines().last().unwrap();
    assert!(
        error.starts_with("error: ") && error.contains("expected it to end within 5 s"),
        "{said}"
    );
}

#[test]
fn as_json_all_answers_are_one_document() {
    let output = chat(&talker(), &["--format", "json"], "abc\ncab\n");
    let answers: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answers.len(), 2);
}

#[test]
fn who_answers_leaves_room_for_a_question() {
    let model = talker();
    let output = chat(&model, &["--system", &"abc".repeat(30)], "abc\n");
    assert_refused(&output, &["system: ", "fewer tokens than the 56", "found 90", "fewer words"]);
}

#[test]
fn an_answer_has_room_where_the_model_sees_little() {
    let model = talker(); // sees 64 tokens
    let args = ["chat", "--model", path(&model), "--format", "jsonl"];
    let answer = &json_lines(&rungs(&args, b"abc\n"))[0];
    assert_eq!(answer["tokens"], 32);
}

#[test]
fn what_the_folder_says_of_writing_and_is_not_done_is_said() {
    let model = talker();
    let said = notes(&chat(&model, &[], "abc\n"));
    assert!(said.contains("no token that ends an answer: each goes on for 8 tokens"), "{said}");
    let settings = json!({"eos_token_id": [7, 8], "repetition_penalty": 1.3, "temperature": 0.6});
    files::write_json(&model.path().join("generation_config.json"), &settings).unwrap();
    let said = notes(&chat(&model, &[], "abc\n"));
    assert!(said.contains("repetition_penalty 1.3") && said.contains("temperature 0.6"), "{said}");
    assert!(!said.contains("ends an answer"), "{said}");
    let greedy = notes(&chat(&model, &["--temperature", "0"], "abc\n"));
    assert!(!greedy.contains("temperature 0.6"), "{greedy}");
}

#[test]
fn either_of_two_tokens_ends_an_answer() {
    let model = talker();
    let ask = || json_lines(&chat(&model, &["--temperature", "0", "--format", "jsonl"], "abc\n"));
    let whole = ask()[0]["answer"].as_str().unwrap().to_string();
    let ids = characters().encode_whole(&whole).unwrap();
    let second = ids.iter().position(|&id| id != ids[0]).unwrap();
    for stops in [json!([99, ids[second]]), json!([ids[second], 99])] {
        let settings = json!({"eos_token_id": stops});
        files::write_json(&model.path().join("generation_config.json"), &settings).unwrap();
        let answer = &ask()[0];
        assert_eq!((&answer["ended"], &answer["tokens"]), (&json!(true), &json!(second + 1)));
        let said = answer["answer"].as_str().unwrap();
        assert_eq!(said.chars().count(), second, "the token that ends an answer is none of it");
    }
}

/// What is seen in a terminal where this is typed.
#[cfg(target_os = "linux")]
fn typed(model: &TempDir, lines: &[u8]) -> String {
    let (program, model) = (env!("CARGO_BIN_EXE_rungs"), path(model));
    let command = format!("'{program}' chat --model '{model}' --max 8 --temperature 0");
    crate::in_terminal(&command, lines)
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn what_fails_in_a_terminal_is_said_and_the_conversation_goes_on() {
    let model = talker();
    let template = "{% for m in messages %}{% if 'zzz' in m.content %}\
                    {{ raise_exception('no sleep') }}{% endif %}{{ m.content }}{% endfor %}";
    fs::write(model.path().join("chat_template.jinja"), template).unwrap();
    let file = model.path().join("talk.jsonl");
    let file = file.to_str().unwrap();
    let long = "abc".repeat(30);
    let lines = format!("abc\nzzz\n/system zzz\n/system {long}\n{long}\n/save {file}\n");
    let seen = typed(&model, &[b"\xe9\n", lines.as_bytes()].concat());
    assert_eq!(seen.matches("error: ").count(), 4, "{seen}");
    assert!(seen.contains("0xe9") && seen.matches("no sleep").count() == 2, "{seen}");
    assert!(seen.contains(&format!("2 messages in {file}")), "{seen}");
    let saved = fs::read_to_string(file).unwrap();
    assert!(saved.starts_with("{\"role\":\"user\",\"content\":\"abc\"}\n"), "{saved}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs: script, of util-linux"]
fn a_conversation_is_saved_over_itself_and_over_no_other_file() {
    let model = talker();
    let notes = model.path().join("notes.txt");
    fs::write(&notes, "of great worth").unwrap();
    let (notes, file) = (notes.to_str().unwrap(), model.path().join("talk.jsonl"));
    let (folder, file) = (path(&model), file.to_str().unwrap());
    let saves = format!("/save {notes}\n/save {folder}\n/save {file}\nabc\n/save {file}\n");
    let seen = typed(&model, format!("{saves}/save /proc/nowhere/x\n/save\n").as_bytes());
    assert_eq!(seen.matches("found one that is taken").count(), 2, "{seen}");
    assert_eq!(seen.matches("error: ").count(), 3, "{seen}");
    assert!(seen.contains(&format!("2 messages in {file}")), "{seen}");
    assert_eq!(fs::read_to_string(notes).unwrap(), "of great worth");
}

/// The recorded LLaMA as a folder of the hub: weights, tokenizer, template and settings in files of
/// their own, all of them those of the recorded GGUF file.
fn folder_of_the_hub(gguf: &Path) -> TempDir {
    let (from, folder) = (golden::directory().join("llama"), tempfile::tempdir().unwrap());
    for file in ["config.json", "model.safetensors"] {
        fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    let metadata = Gguf::open(gguf).unwrap().metadata;
    let tokenizer = Tokenizer::from_gguf(gguf, &metadata).unwrap();
    tokenizer.save(folder.path(), SEEN).unwrap();
    let path = folder.path().join("tokenizer_config.json");
    let mut config: Value = files::read_json(&path).unwrap();
    config["chat_template"] = metadata["tokenizer.chat_template"].clone();
    files::write_json(&path, &config).unwrap();
    let settings = json!({"bos_token_id": 1, "eos_token_id": 2, "transformers_version": "5.24.0"});
    files::write_json(&folder.path().join("generation_config.json"), &settings).unwrap();
    folder
}

#[test]
fn a_folder_of_the_hub_talks_and_writes_as_the_gguf_file_of_the_same_model() {
    let gguf = golden::directory().join("gguf/llama.gguf");
    let folder = folder_of_the_hub(&gguf);
    let (gguf, folder) = (gguf.to_str().unwrap(), path(&folder));
    for more in [&["--temperature", "0"][..], &["--temperature", "1"], &["--system", "be brief"]] {
        let talk = |model: &str| {
            let args = ["chat", "--model", model, "--max", "20", "--format", "jsonl"];
            let mut answers = json_lines(&rungs(&[&args, more].concat(), b"the rat\nand </s>\n"));
            for answer in &mut answers {
                answer.as_object_mut().unwrap().remove("seconds");
            }
            answers
        };
        assert_eq!(talk(gguf), talk(folder), "{more:?}");
        assert_eq!(talk(gguf).len(), 2);
    }
    let write = |model: &str| {
        let args = ["generate", "--model", model, "--prompt", "the rat", "--max", "90"];
        stdout(&rungs(&args, b""))
    };
    assert_eq!(write(gguf), write(folder));
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
