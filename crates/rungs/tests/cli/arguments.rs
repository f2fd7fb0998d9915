//! What commands take: models by their names, texts that begin with `-`, files that are none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::{assert_refused, json_lines, model, path, rungs, rungs_at, stdout};

/// Every command that takes a model, where the model is called `name`.
fn with_model(home: &Path, name: &str) -> Vec<Output> {
    let files = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = files.path().join(file);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    let text = write("a.txt", "the cat\nthe dog\nriver bank\na mat\nthe bank\n");
    let pairs = write("pairs.csv", "the cat,the dog,4\nthe cat,river bank,1\na mat,the mat,5\n");
    let related = write("related.tsv", "the cat\tthe dog\nriver\tbank\na mat\tthe mat\n");
    let labelled = write("labelled.tsv", "the cat\tx\nriver\ty\na mat\tx\nbank\ty\ndog\tx\n");
    let out = |name: &str| files.path().join(name).to_str().unwrap().to_string();
    let (index, svg, tuned, head) = (out("i.index"), out("m.svg"), out("tuned"), out("head"));
    let commands: [&[&str]; 8] = [
        &["embed", &text],
        &["search", "cat", &text],
        &["sts", &pairs],
        &["index", "build", &text, "--out", &index],
        &["map", &text, "--out", &svg, "--method", "pca"],
        &["tune", &related, "--out", &tuned],
        &["classify", "train", &labelled, "--out", &head],
        &["bench", "encoder", "--texts", &text],
    ];
    let mut outputs = Vec::new();
    for command in commands {
        outputs.push(rungs_at(home, &[command, &["--model", name]].concat(), b""));
    }
    outputs
}

/// Place of the training among the commands of [`with_model`].
const TUNE: usize = 5;

/// Every command that takes a model that writes.
fn with_writer(home: &Path, name: &str) -> Vec<Output> {
    let text = golden::directory().join("README.md");
    let commands: [&[&str]; 3] = [
        &["generate", "--prompt", "the", "--max", "2"],
        &["perplexity", text.to_str().unwrap()],
        &["bench", "generate", "--tokens", "2"],
    ];
    let mut outputs = Vec::new();
    for command in commands {
        outputs.push(rungs_at(home, &[command, &["--model", name]].concat(), b""));
    }
    outputs
}

/// Copies a folder's files to where `fetch` would put them.
fn fetched(home: &Path, folder: &str, from: &Path) {
    let to = home.join("models").join(folder);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_fetched_model_goes_by_its_name_in_every_command() {
    let home = tempfile::tempdir().unwrap();
    fetched(home.path(), "o--encoder", model().path());
    for output in with_model(home.path(), "hf:o/encoder") {
        stdout(&output);
    }
    let text = "the cat sat on the mat, and so did the dog.";
    let writer = tempfile::tempdir().unwrap();
    let device = backend::from_env();
    let seed = backend::seeded(&device, 3);
    let readme = fs::read_to_string(golden::directory().join("README.md")).unwrap();
    let corpus = decoder::Tokenization::Characters.split(&format!("{readme}{text}")).unwrap();
    let config = decoder::GptConfig::new(corpus.tokenizer.vocab_size(), 16, 1, 2, 32);
    decoder::checkpoint::save(&config.init(&device), &config, writer.path()).unwrap();
    corpus.tokenizer.save(writer.path(), 32).unwrap();
    drop(seed);
    fetched(home.path(), "o--writer", writer.path());
    for output in with_writer(home.path(), "hf:o/writer") {
        stdout(&output);
    }
}

#[test]
fn a_model_that_is_not_there_is_named_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let refused = |name: &str, needles: &[&str]| {
        for output in with_model(home.path(), name).iter().chain(&with_writer(home.path(), name)) {
            assert_refused(output, needles);
        }
    };
    refused("hf:o/n", &["model hf:o/n is not fetched", "run `cargo rungs fetch hf:o/n`"]);
    refused("o/n", &["found nothing", "run `cargo rungs fetch hf:o/n`"]);
    refused("hf:o", &["cannot fetch \"hf:o\"", "OWNER/NAME"]);
    fetched(home.path(), "o--half", tempfile::tempdir().unwrap().path());
    refused("hf:o/half", &["not fetched whole", "run `cargo rungs fetch hf:o/half`"]);
    let file = home.path().join("file");
    fs::write(&file, "x").unwrap();
    for output in with_writer(home.path(), file.to_str().unwrap()) {
        assert_refused(&output, &["found a file"]);
    }
    let below = file.join("below");
    refused(below.to_str().unwrap(), &["Not a directory"]);
    refused(path(&home), &["neither config.json nor modules.json"]);
}

/// Only a training needs layers, which a table has none of.
#[test]
fn a_table_of_token_vectors_with_its_tokenizer_is_a_model() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let from = golden::directory().join("sentence_models/static");
    for (file, to) in
        [("tokenizer.json", "tokenizer.json"), ("model.safetensors", "table_24.safetensors")]
    {
        fs::copy(from.join(file), folder.path().join(to)).unwrap();
    }
    for (i, output) in with_model(home.path(), path(&folder)).iter().enumerate() {
        if i == TUNE {
            assert_refused(output, &["a table of token vectors", "another model"]);
        } else {
            stdout(output);
        }
    }
    for output in with_writer(home.path(), path(&folder)) {
        assert_refused(&output, &["config.json"]);
    }
}

#[test]
fn an_encoder_that_is_asked_to_write_is_refused_by_its_kind() {
    let model = model();
    for output in with_writer(model.path(), path(&model)) {
        assert_refused(&output, &["model_type", "\"gpt2\"", "found \"bert\""]);
    }
}

#[test]
fn a_query_or_a_prompt_may_begin_with_a_hyphen() {
    let model = model();
    let search = |args: &[&str]| {
        let common = ["--model", path(&model), "--format", "jsonl"];
        json_lines(&rungs(&[&["search"], args, &common].concat(), b"the cat\na mat\n"))
    };
    for query in ["-x marks the cat", "--cat", "-1", "- cat", "-"] {
        assert_eq!(search(&[query, "--top", "1"]).len(), 1, "{query}");
        assert_eq!(search(&["--top", "1", query]).len(), 1, "{query}");
    }
    assert_refused(&rungs(&["search", "--model", path(&model)], b"cat"), &["QUERY"]);
    assert_refused(&rungs(&["search", "--topk", "3"], b"cat"), &["is --top meant?"]);
    let help = stdout(&rungs(&["search", "--help"], b""));
    assert!(help.contains("--top"), "{help}");
}

#[test]
fn a_prompt_with_a_hyphen_is_text_and_an_option_in_its_place_is_not() {
    let alphabet: Vec<char> = (' '..='~').collect();
    let folder = tempfile::tempdir().unwrap();
    let device = backend::from_env();
    let seed = backend::seeded(&device, 3);
    let config = decoder::GptConfig::new(alphabet.len(), 16, 1, 2, 32);
    decoder::checkpoint::save(&config.init(&device), &config, folder.path()).unwrap();
    tokens::Tokenizer::characters(&alphabet).unwrap().save(folder.path(), 32).unwrap();
    drop(seed);
    let generate =
        |args: &[&str]| rungs(&[&["generate", "--model", path(&folder)], args].concat(), b"");
    for prompt in ["-x", "--x marks", "-1", "-"] {
        let text = stdout(&generate(&["--prompt", prompt, "--max", "3"]));
        assert!(text.starts_with(prompt), "{text}");
    }
    assert!(stdout(&generate(&["--prompt=-x", "--max", "3"])).starts_with("-x"));
    for option in ["--stats", "--max"] {
        assert_refused(&generate(&["--prompt", option]), &["found another option"]);
    }
}

#[test]
fn words_may_begin_with_a_hyphen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("words.txt");
    fs::write(&file, "4 2\n-a 1 0\n--top 0 1\n-c 1 1\nd -1 0\n").unwrap();
    let file = file.to_str().unwrap();
    let first = |args: &[&str]| {
        json_lines(&rungs(&[args, &["--top", "1", "--format", "jsonl"]].concat(), b"")).len()
    };
    assert_eq!(first(&["neighbours", file, "-a"]), 1);
    assert_eq!(first(&["analogy", file, "-a", "-c", "d"]), 1);
    assert_eq!(first(&["analogy", file, "d", "-a", "-c"]), 1);
    assert_refused(&rungs(&["neighbours", file, "-z"], b""), &["\"-z\" has no vector"]);
    assert_refused(&rungs(&["analogy", file, "-a", "-c"], b""), &["<C>"]);
}

/// A pipe that no one writes to, and a socket.
#[cfg(unix)]
fn special(folder: &TempDir) -> [PathBuf; 2] {
    let [pipe, socket] = ["pipe", "socket"].map(|name| folder.path().join(name));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::net::UnixListener::bind(&socket).unwrap();
    [pipe, socket]
}

/// Reading a pipe would wait for ever.
#[cfg(unix)]
#[test]
fn a_pipe_or_a_socket_is_named_before_it_is_opened() {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let mut files: Vec<PathBuf> = special(&folder).into();
    files.push("/dev/zero".into());
    let out = folder.path().join("out").to_str().unwrap().to_string();
    for file in &files {
        let file = file.to_str().unwrap();
        let commands: [&[&str]; 18] = [
            &["embed", file, "--model", path(&model)],
            &["search", "cat", file, "--model", path(&model)],
            &["search", "cat", "--index", file, "--model", path(&model)],
            &["sts", file, "--model", path(&model)],
            &["tune", file, "--model", path(&model), "--out", &out],
            &["classify", "train", file, "--model", path(&model), "--out", &out],
            &["map", file, "--model", path(&model), "--out", &out],
            &["map", file, "--model", file, "--out", &out],
            &["index", "build", file, "--model", path(&model), "--out", &out],
            &["index", "info", file],
            &["embed", "--model", file],
            &["generate", "--model", file, "--prompt", "a"],
            &["neighbours", file, "cat"],
            &["analogies", file, "toy"],
            &["word2vec", "train", file, "--out", &out],
            &["train", "gpt", "--corpus", file, "--out", &out],
            &["bench", "encoder", "--texts", file, "--model", path(&model)],
            &["fetch", "minilm", "--from", file],
        ];
        for command in commands {
            assert_refused(&rungs(command, b"cat"), &[]);
        }
    }
    let config = model.path().join("config.json");
    fs::remove_file(&config).unwrap();
    std::os::unix::fs::symlink(&files[0], &config).unwrap();
    let output = rungs(&["embed", "--model", path(&model)], b"cat");
    assert_refused(&output, &["config.json", "a device, pipe or socket"]);
}

/// What a shell makes of `<(..)` is such a path.
#[cfg(unix)]
#[test]
fn a_stream_that_a_command_was_given_is_read_by_its_path() {
    let model = model();
    for path_of_it in ["/dev/stdin", "/dev/fd/0"] {
        let output = rungs(&["embed", path_of_it, "--model", path(&model)], b"the cat\na mat\n");
        assert_eq!(json_lines(&output).len(), 2);
        let output =
            rungs(&["sts", path_of_it, "--model", path(&model)], b"cat,dog,1\ncat,cat,5\n");
        stdout(&output);
        let out = model.path().join("v.bin");
        let args = ["word2vec", "--corpus", path_of_it, "--out", out.to_str().unwrap()];
        assert_refused(&rungs(&args, b"the cat\n"), &["read twice", "save it as a file"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_note_that_cannot_be_printed_stops_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("pairs.csv");
    fs::write(&table, "id,sentence1,sentence2,score\n1,the cat,a cat,4\n2,the cat,a loan,1\n")
        .unwrap();
    let model = golden::directory().join("sentence_models/static");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rungs"))
        .args(["sts", table.to_str().unwrap(), "--model", model.to_str().unwrap()])
        .stderr(full)
        .output()
        .unwrap();
    assert!(!stdout(&output).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_find_no_room_are_said_to_be_lost() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rungs"))
        .arg("devices")
        .stdout(full)
        .output()
        .unwrap();
    assert_refused(&output, &["standard output: expected room for the results", "free some space"]);
}

/// Commands and their subcommands, as they are called.
const COMMANDS: [&str; 20] = [
    "run",
    "record",
    "book",
    "bench",
    "fetch",
    "embed",
    "index build",
    "index export",
    "search",
    "sts",
    "corpus",
    "word2vec",
    "neighbours",
    "map",
    "train",
    "tune",
    "classify train",
    "page",
    "generate",
    "chat",
];

#[test]
fn the_examples_of_a_help_can_be_run_one_after_the_other() {
    for command in COMMANDS {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push("--help");
        let help = stdout(&rungs(&args, b""));
        let mut written = Vec::new();
        for line in help.lines().filter(|line| line.trim_start().starts_with("cargo rungs ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(option) = words.iter().position(|word| *word == "--out") else { continue };
            let out = words[option + 1];
            let may_be_drawn_again = out.ends_with(".svg");
            assert!(may_be_drawn_again || !written.contains(&out), "{command}: {out} twice");
            written.push(out);
        }
    }
    let export = stdout(&rungs(&["index", "export", "--help"], b""));
    assert!(export.contains("> notes.jsonl") && !export.contains("--out notes.npy"), "{export}");
}

#[test]
fn what_is_nearly_spelt_right_is_suggested_and_only_what_the_command_takes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "the cat\n").unwrap();
    let (file, svg) = (file.to_str().unwrap(), folder.path().join("m.svg"));
    let new = folder.path().join("new");
    let new = new.to_str().unwrap();
    let map = ["map", file, "--out", svg.to_str().unwrap(), "--model", "glov"];
    let cases: [(&[&str], &str); 11] = [
        (&map, "did you mean glove?"),
        (&["neighbours", "glov", "cat"], "did you mean glove?"),
        (&["corpus", "tyo"], "did you mean toy?"),
        (&["word2vec", "--corpus", "dcos", "--out", new], "did you mean docs?"),
        (&["analogies", "glove", "tyo"], "did you mean toy?"),
        (&["tune", "feeling", "--out", new], "did you mean feelings?"),
        (&["record", "dosc"], "did you mean docs?"),
        (&["bench", "encodr"], "did you mean encoder?"),
        (&["search", "cat", file, "--model", "minlm"], "did you mean minilm?"),
        (&["chat", "--model", "smollm"], "did you mean smollm2?"),
        (&["search", "cat", file, "--model", "glove"], "found word vectors"),
    ];
    for (args, said) in cases {
        assert_refused(&rungs(args, b""), &[said]);
    }
    let other = rungs(&["search", "cat", file, "--model", "glov"], b"");
    assert!(!String::from_utf8_lossy(&other.stderr).contains("glove"));
    let tune = stdout(&rungs(&["tune", "--help"], b""));
    assert!(!tune.contains("wordllama"), "{tune}");
}

#[test]
fn standard_input_is_called_so_in_every_error() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = folder.path().join("v.txt");
    fs::write(&vectors, "cat 1 2\n").unwrap();
    let commands: [&[&str]; 3] = [
        &["corpus", "-"],
        &["analogies", vectors.to_str().unwrap(), "-"],
        &["tune", "-", "--out", "never"],
    ];
    for command in commands {
        assert_refused(&rungs(command, b"a\xff\n"), &["standard input", "0xff"]);
    }
}

#[test]
fn what_is_there_already_is_not_read_from_elsewhere_which_is_said() {
    let (home, model) = (tempfile::tempdir().unwrap(), model());
    let fetch = ["fetch", "hf:o/encoder", "--from", path(&model)];
    let first = rungs_at(home.path(), &fetch, b"");
    stdout(&first);
    assert!(!String::from_utf8_lossy(&first.stderr).contains("was not read"));
    let second = rungs_at(home.path(), &fetch, b"");
    stdout(&second);
    let note =
        format!("note: hf:o/encoder was there already, whole; {} was not read", path(&model));
    assert!(String::from_utf8_lossy(&second.stderr).contains(&note), "{second:?}");
}

#[test]
fn how_a_file_of_vectors_was_read_is_said_of_the_users_own_alone() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data/glove");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("glove.6B.50d.txt");
    fs::write(&file, "cat 1 2\ndog 1 3\n").unwrap();
    for (name, is_said) in [("glove", false), (file.to_str().unwrap(), true)] {
        let output = rungs_at(home.path(), &["neighbours", name, "cat"], b"");
        assert!(stdout(&output).contains("dog"));
        let said = String::from_utf8_lossy(&output.stderr).contains("no first line");
        assert_eq!(said, is_said, "{output:?}");
    }
}
