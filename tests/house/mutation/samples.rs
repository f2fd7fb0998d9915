//! The valid files that mutation begins with: the recorded folders, and files that this project
//! writes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Opens what lies in a folder and, if it opens, uses it once.
pub type Read = fn(&Path) -> Result<(), Box<dyn Error>>;

/// A folder that opens.
pub struct Sample {
    /// What opens it.
    pub read: Read,
    /// Its files by their path in it.
    pub files: Files,
}

/// The files of a folder by their path in it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Names of files that no reader of a model opens.
const RECORDS: [&str; 3] = ["cases.json", "expected.safetensors", "gradients.safetensors"];
/// The largest file of a folder that is a sample, in bytes.
const LARGEST: u64 = 1 << 20;

/// Folders as samples, one for each of the `readers` that opens it: those `made` here, each of which
/// one must open, and those `recorded`, some of which may be there to be refused.
///
/// # Panics
///
/// If a folder made here does not open.
pub fn samples(made: Vec<Files>, recorded: Vec<Files>, readers: &[Read]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for files in made {
        let before = samples.len();
        let said = add_samples(&files, readers, &mut samples);
        let names: Vec<&String> = files.keys().collect();
        assert!(samples.len() > before, "{names:?}: expected a valid folder, found {said:?}");
    }
    for files in recorded {
        add_samples(&files, readers, &mut samples);
    }
    samples
}

/// Adds a folder once for each reader that opens it; returns what the others said.
fn add_samples(files: &Files, readers: &[Read], samples: &mut Vec<Sample>) -> Vec<String> {
    let mut said = Vec::new();
    for &read in readers {
        let folder = tempfile::tempdir().expect("a folder for a sample");
        lay_out(files, folder.path());
        match guard::guarded(|| read(folder.path()).map_err(|error| error.to_string())) {
            Ok(Ok(())) => samples.push(Sample { read, files: files.clone() }),
            Ok(Err(error)) | Err(error) => said.push(error),
        }
    }
    said
}

/// Writes the files into a folder.
pub fn lay_out(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file that can be written");
    }
}

/// The files that `write` makes in a folder.
pub fn written(write: impl FnOnce(&Path)) -> Files {
    let folder = tempfile::tempdir().expect("a folder to write into");
    write(folder.path());
    files_of(folder.path())
}

/// A folder of these texts.
pub fn texts(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())).collect()
}

/// Every folder below `tests/golden` with one of these files, whoever recorded it; a configuration
/// in a second form is a folder of its own.
pub fn golden_folders(with: &[&str]) -> Vec<Files> {
    let mut folders = Vec::new();
    for folder in subfolders(&golden::directory()) {
        if !with.iter().any(|name| folder.join(name).exists()) {
            continue;
        }
        let mut files = files_of(&folder);
        files.retain(|name, _| !RECORDS.contains(&name.as_str()));
        for (name, bytes) in files.clone() {
            if name.starts_with("config_transformers") {
                files.remove(&name);
                let mut other = files.clone();
                other.insert("config.json".into(), bytes);
                folders.push(other);
            }
        }
        folders.push(files);
    }
    folders
}

/// The folders in a folder, at any depth, sorted.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let mut below = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below.extend(subfolders(&path));
            below.push(path);
        }
    }
    below.sort();
    below
}

/// The files in a folder, at any depth, without the large ones.
pub fn files_of(folder: &Path) -> Files {
    let mut folders = subfolders(folder);
    folders.push(folder.into());
    let mut files = Files::new();
    for place in folders {
        for entry in fs::read_dir(place).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            if path.metadata().is_ok_and(|about| about.is_file() && about.len() <= LARGEST) {
                let name = path.strip_prefix(folder).expect("a file of the folder");
                let name = name.to_string_lossy().into_owned();
                files.insert(name, fs::read(path).expect("a file that can be read"));
            }
        }
    }
    files
}

/// Words of the vocabularies below, all of which the tiny models have a row for.
const WORDS: [&str; 12] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s", "a", "##a", "."];

/// The recorded BERT as a sentence model: by `modules.json`, which pools, and with a `vocab.txt`.
pub fn sentence_model() -> Files {
    let mut files = files_of(&golden::directory().join("bert"));
    files.retain(|name, _| !RECORDS.contains(&name.as_str()));
    let mut modules = Vec::new();
    for (idx, (kind, path)) in
        [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
            .into_iter()
            .enumerate()
    {
        let kind = format!("sentence_transformers.models.{kind}");
        modules.push(json!({"idx": idx, "name": idx.to_string(), "path": path, "type": kind}));
    }
    let pooling = json!({
        "word_embedding_dimension": 32, "pooling_mode_mean_tokens": true,
        "pooling_mode_cls_token": false,
    });
    let limits = json!({"max_seq_length": 16, "do_lower_case": false});
    let library = json!({"prompts": {}, "default_prompt_name": null});
    for (name, value) in [
        ("modules.json", json!(modules)),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", limits),
        ("config_sentence_transformers.json", library),
        ("tokenizer_config.json", tokenizer_config()),
    ] {
        files.insert(name.into(), value.to_string().into_bytes());
    }
    files.insert("vocab.txt".into(), WORDS.join("\n").into_bytes());
    files
}

/// A recorded table of token vectors with its tokenizer, and nothing that says what it is.
pub fn token_table() -> Files {
    let mut files = files_of(&golden::directory().join("sentence_models/static"));
    files.remove("modules.json");
    files
}

fn tokenizer_config() -> Value {
    json!({
        "tokenizer_class": "BertTokenizer", "do_lower_case": true, "strip_accents": null,
        "tokenize_chinese_chars": true, "model_max_length": 512, "unk_token": "[UNK]",
        "pad_token": "[PAD]", "mask_token": {"content": "[MASK]", "lstrip": true},
    })
}

/// Tokenizers of every kind of model, normaliser, pre-tokenizer, post-processor and decoder.
pub fn tokenizers() -> Vec<Files> {
    let config = tokenizer_config().to_string();
    let map = json!({"unk_token": "[UNK]", "cls_token": {"content": "[CLS]"}}).to_string();
    let mut folders = vec![
        texts(&[
            ("vocab.txt", &WORDS.join("\n")),
            ("tokenizer_config.json", &config),
            ("special_tokens_map.json", &map),
        ]),
        written(|folder| {
            let tokenizer = tokens::Tokenizer::word_level(&["the", "cat", "sat", "."]);
            tokenizer.expect("words").save(folder, 32).expect("a folder to write into");
        }),
        written(|folder| {
            let bytes: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
            let mut tokens: Vec<&[u8]> = bytes.iter().map(|byte| &byte[..]).collect();
            tokens.extend([&b"th"[..], b"the", b"at"]);
            let merges = [(116, 104), (256, 101), (97, 116)];
            let tokenizer = tokens::Tokenizer::byte_pairs(&tokens, &merges);
            tokenizer.expect("bytes").save(folder, 32).expect("a folder to write into");
        }),
    ];
    for tokenizer in [word_piece(), byte_pairs(), unigram()] {
        folders.push(texts(&[("tokenizer.json", &tokenizer.to_string())]));
    }
    folders
}

fn word_piece() -> Value {
    let ids: BTreeMap<&str, usize> = WORDS.iter().copied().zip(0..).collect();
    json!({
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {
            "strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
        },
        "added_tokens": [special(0, "[PAD]"), special(2, "[CLS]"), special(4, "[MASK]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids},
    })
}

fn byte_pairs() -> Value {
    let words = ["<unk>", "<s>", "</s>", "<0x41>", "a", "t", "h", "e", "th", "the", "at", "Ġ"];
    let ids: BTreeMap<&str, usize> = words.into_iter().zip(0..).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "<unk>"), special(1, "<s>"), special(12, "<new>")],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFKC"}, {"type": "StripAccents"}, {"type": "Lowercase"}, {"type": "Nmt"},
            {"type": "Strip", "strip_left": true, "strip_right": false},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            {"type": "Replace", "pattern": {"Regex": "\\d+"}, "content": "a"},
            {"type": "Prepend", "prepend": "▁"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "\\p{L}+|\\s+(?!\\S)|\\s+"}, "behavior": "Isolated", "invert": false},
            {"type": "Digits", "individual_digits": true}, {"type": "Whitespace"},
            {"type": "Punctuation", "behavior": "Isolated"},
            {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        ]},
        "post_processor": {"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
            {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": true, "add_prefix_space": true},
        ]},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        ]},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
            "vocab": ids, "merges": [["t", "h"], ["th", "e"], ["a", "t"]]},
    })
}

fn unigram() -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "<unk>"), special(1, "<s>")],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": characters_map()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        ]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {"type": "BertProcessing", "sep": ["<s>", 1], "cls": ["<s>", 1]},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": [
            ["<unk>", 0.0], ["<s>", 0.0], ["▁", -2.0], ["▁the", -3.5], ["a", -4.0], ["▁cat", -4.25],
            ["s", -5.0], ["at", -5.5], ["<0x41>", -6.0],
        ]},
    })
}

fn special(id: usize, content: &str) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
    })
}

/// A map of characters as sentencepiece compiles it, in base64: `A` becomes `a`. A double array of
/// 256 units (Darts), in which a unit has its label in the lowest byte, whether a value follows in
/// bit 8 and the distance to its children from bit 10 on; then the texts, each ended by a zero.
fn characters_map() -> String {
    let mut units = [0_u32; 256];
    units[usize::from(b'A')] = u32::from(b'A') | 1 << 8 | 1 << 10;
    let mut bytes = (4 * units.len() as u32).to_le_bytes().to_vec();
    for unit in units {
        bytes.extend(unit.to_le_bytes());
    }
    bytes.extend(b"a\0");
    base64(&bytes)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut number = 0;
        for i in 0..3 {
            number = number << 8 | u32::from(three.get(i).copied().unwrap_or_default());
        }
        for i in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
