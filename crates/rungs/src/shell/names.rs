//! From what a user calls a device, an encoder or word vectors to one that runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, bail};
use burn::tensor::Device;
use checkpoint::{INDEX_FILE, SINGLE_FILE, WordVectors, gguf};
use fetch::{GLOVE_FILE, RECORD, Source};
use files::Home;
use index::Model;
use sentences::{Reading, SentenceEncoder};
use word2vec::Space;

use crate::shell::failure::Helpful;
use crate::shell::options::{DEFAULT, ModelArg};
use crate::shell::{input, progress};

/// Opens the device called `name`.
pub fn device(name: &str) -> Result<Device> {
    backend::open(name).map_err(|error| match &error {
        backend::DeviceError::NotBuilt { name } => Helpful {
            error: format!("device {name} is not in this build"),
            help: format!("cargo run --package rungs --features {name} -- ... builds it in"),
        }
        .into(),
        _ => error.into(),
    })
}

/// Loads the model that the arguments name onto the device that they name.
pub fn open(args: &ModelArg) -> Result<SentenceEncoder> {
    open_named(&args.model, args.batch as usize, &device(&args.device.device)?)
}

/// Loads the encoder called `name`.
pub fn open_named(name: &str, batch: usize, device: &Device) -> Result<SentenceEncoder> {
    open_as(ENCODERS, name, batch, device)
}

/// Loads the encoder called `name` where the name might also have been that of word vectors.
pub fn open_beside_vectors(name: &str, batch: usize, device: &Device) -> Result<SentenceEncoder> {
    open_as(ENCODERS_OR_VECTORS, name, batch, device)
}

/// Loads the encoder called `name`, which is what is `expected`.
fn open_as(
    expected: Expected,
    name: &str,
    batch: usize,
    device: &Device,
) -> Result<SentenceEncoder> {
    if name == "smollm2" || is_gguf(name) {
        let error = format!("model {name}: expected {}, found a model that writes", expected.what);
        let help = format!("`cargo rungs chat --model {name}` talks with it");
        return Err(Helpful { error, help }.into());
    }
    let folder = folder(name, expected)?;
    let _progress = progress::spinner(format!("loading {name}"));
    Ok(SentenceEncoder::open(&folder, device)?.with_batch(batch))
}

/// Loads the encoder that the index at `index` calls `name`: where that folder has moved, the
/// remedy is another name.
pub fn open_own(
    name: &str,
    index: &Path,
    batch: usize,
    device: &Device,
) -> Result<SentenceEncoder> {
    if is_fetched(name) || Path::new(name).exists() {
        return open_named(name, batch, device);
    }
    let index = index.display();
    let error = format!("{index}: expected its model in {name}, found nothing");
    let help = "--model names the folder that the model lies in now".into();
    Err(Helpful { error, help }.into())
}

/// The folder of MiniLM, if it was fetched.
pub fn fetched_minilm() -> Option<PathBuf> {
    folder(DEFAULT, ENCODERS).ok()
}

/// The identity of a model, by which an index or a classifier knows it again: its vector of one
/// text, and its name, which for a folder is the absolute path so that it is found from anywhere.
pub fn model_identity(encoder: &SentenceEncoder, name: &str) -> Result<Model> {
    let name = if is_fetched(name) { name.into() } else { index::absolute(Path::new(name))? };
    let probe = encoder.embed(&[index::PROBE])?.remove(0).vector;
    Ok(Model { name, prompt: encoder.prompt().to_string(), probe })
}

/// Whether a name is that of a model which `fetch` gets; then no folder of that name is looked for.
fn is_fetched(name: &str) -> bool {
    matches!(name, "minilm" | "smollm2" | "wordllama") || name.starts_with("hf:")
}

/// The name of the word vectors that `fetch` gets; then no file of that name is looked for.
const GLOVE: &str = "glove";

/// What a name may be that of.
#[derive(Clone, Copy)]
pub struct Expected {
    /// What is expected, in words.
    pub what: &'static str,
    /// Names of its own.
    pub names: &'static [&'static str],
}

/// Encoders of sentences.
const ENCODERS: Expected = Expected {
    what: "minilm, wordllama, hf:OWNER/NAME or a model's folder",
    names: &["minilm", "wordllama"],
};
/// Encoders of sentences, and word vectors.
const ENCODERS_OR_VECTORS: Expected = Expected {
    what: "minilm, wordllama, glove, hf:OWNER/NAME, a model's folder or a file of word vectors",
    names: &["minilm", "wordllama", GLOVE],
};
/// Models that write.
pub const WRITERS: Expected = Expected {
    what: "smollm2, hf:OWNER/NAME, a GGUF file or a model's folder",
    names: &["smollm2"],
};

/// Whether a name is that of a GGUF file.
pub fn is_gguf(name: &str) -> bool {
    let path = Path::new(name);
    path.is_file() && gguf::is_gguf(path)
}

/// Files of which a model's folder holds at least one.
const DESCRIPTIONS: [&str; 2] = ["config.json", "modules.json"];

/// The folder of the model called `name`, which is `expected`, with a remedy where there is none.
pub fn folder(name: &str, expected: Expected) -> Result<PathBuf> {
    if is_fetched(name) {
        let (source, home) = (Source::from_str(name)?, Home::from_env()?);
        let folder = source.folder(&home);
        // Of a repository without pins a record is written, and weights come, when the rest is
        // there.
        let unpinned = matches!(source, Source::Hub { .. });
        if source.is_whole(&home)
            && (!unpinned
                || [RECORD, SINGLE_FILE, INDEX_FILE].iter().any(|file| folder.join(file).exists()))
        {
            return Ok(folder);
        }
        let found = if folder.is_dir() { "not fetched whole" } else { "not fetched" };
        let error = format!("model {name} is {found}: expected it in {}", folder.display());
        return Err(Helpful { error, help: format!("run `cargo rungs fetch {name}`") }.into());
    }
    let folder = Path::new(name);
    let found = match fs::metadata(folder) {
        Ok(about) if about.is_dir() => {
            let is_described = DESCRIPTIONS.iter().any(|file| folder.join(file).exists());
            if is_described || sentences::checkpoint::is_table(folder) {
                return Ok(folder.into());
            }
            format!("a folder with neither {}", DESCRIPTIONS.join(" nor "))
        }
        Ok(_) => "a file of another kind".into(),
        Err(_) if name == GLOVE => "word vectors".into(),
        Err(error) if error.kind() == ErrorKind::NotFound => "nothing".into(),
        Err(error) => error.to_string(),
    };
    let error = format!("model {name:?}: expected {}, found {found}", expected.what);
    Err(Helpful { error, help: remedy(name, expected) }.into())
}

/// What to do where no model's folder was found under a name. A name of an owner and a model is
/// often one of the hub's.
fn remedy(name: &str, expected: Expected) -> String {
    if name == GLOVE {
        return "`cargo rungs neighbours glove WORD` and `cargo rungs map -m glove` read them"
            .into();
    }
    if let Some(near) = rungs::nearest(name, expected.names) {
        return format!("did you mean {near}?");
    }
    let of_the_hub = format!("hf:{name}");
    if !Path::new(name).exists() && Source::from_str(&of_the_hub).is_ok() {
        return format!(
            "is it the hub's? run `cargo rungs fetch {of_the_hub}`, then name it {of_the_hub}"
        );
    }
    "a model's folder holds config.json, model.safetensors and the tokenizer's files; `cargo rungs \
        train gpt --out DIR` makes one that writes"
        .into()
}

/// The encoder's own reading, or one that stops after a layer.
pub fn reading(encoder: &SentenceEncoder, layer: Option<usize>) -> Result<Reading> {
    let own = encoder.reading();
    if layer.is_some() {
        has_layers(encoder, "--layer")?;
    }
    let layers = layer.unwrap_or(own.layers);
    if layers > own.layers {
        bail!("--layer {layers}: expected at most {}, the model's last layer", own.layers);
    }
    Ok(Reading { layers, ..own })
}

/// Refuses an option that needs layers, for a model that has none.
pub fn has_layers(encoder: &SentenceEncoder, option: &str) -> Result<()> {
    match encoder.bert() {
        Ok(_) => Ok(()),
        Err(error) => bail!("{option}: {error}"),
    }
}

/// Reads the first `most` words of the vectors called `name` and makes them ready to be asked.
pub fn vectors(name: &Path, most: usize, device: &Device) -> Result<Space> {
    let path = &vectors_file(name)?;
    let progress = progress::spinner(format!("reading {}", path.display()));
    let (vectors, note) = WordVectors::read_first(path, most)?;
    progress.finish_and_clear();
    // of what `fetch` gets it is known how it is written
    if let Some(note) = note.filter(|_| name != Path::new(GLOVE)) {
        note!("note: {note}");
    }
    Ok(Space::new(vectors.words, vectors.values, device))
}

/// Whether `name` is that of word vectors, and not of a model of sentences.
pub fn is_of_words(name: &str) -> bool {
    name == GLOVE || Path::new(name).is_file()
}

/// The file of the word vectors called `name`: those that `fetch` gets, or a file of the user's.
fn vectors_file(name: &Path) -> Result<PathBuf> {
    if name != Path::new(GLOVE) {
        if !name.exists() && ENCODERS.names.iter().any(|encoder| name == Path::new(encoder)) {
            let name = name.display();
            let error = format!("{name}: expected word vectors, found a model of sentences");
            let help = "`cargo rungs search` and `embed` read it, and `fetch glove` gets words";
            return Err(Helpful { error, help: help.into() }.into());
        }
        input::check_meant(name, &[GLOVE])?;
        return Ok(name.into());
    }
    let path = Source::Glove.folder(&Home::from_env()?).join(GLOVE_FILE);
    if path.exists() {
        return Ok(path);
    }
    let error = format!("vectors glove are not fetched: expected them in {}", path.display());
    Err(Helpful { error, help: "run `cargo rungs fetch glove`".into() }.into())
}
