//! The formats that are read: which files are changed, where valid ones come from, and what opens
//! and uses them.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{Device, TensorData};
use checkpoint::WordVectors;
use checkpoint::gguf::Gguf;
use classify::checkpoint::{ABOUT_FILE, Classifier, ClassifierError, HEAD_FILE, Head};
use data::{Corpus, Split, Vocabulary};
use decoder::checkpoint::parity::Given;
use decoder::{Generation, Gpt, GptConfig, LanguageModel, Sampling};
use index::Model;
use rand::RngExt;
use rand::rngs::StdRng;
use sentences::SentenceEncoder;
use serde_json::json;
use tokens::{Chat, Message, Tokenizer};
use training::{Event, Recipe, TrainingError, TrainingRun, begun_with, train};
use word2vec::Space;

use super::changes::change;
use super::models::models;
use super::samples::{
    Files, Sample, files_of, golden_folders, lay_out, samples, sentence_model, texts, token_table,
    tokenizers, written,
};
use super::store::{change_row, index, read_index};

/// A kind of file.
pub struct Format {
    /// Name of the format.
    pub name: &'static str,
    /// Ends of the names of the files that are changed.
    pub changed: &'static [&'static str],
    /// Valid folders.
    pub samples: fn() -> Vec<Sample>,
}

/// Every format. Another one is another entry: what its files are called, folders with valid ones,
/// and the functions that read them.
pub const FORMATS: [Format; 14] = [
    Format { name: "configuration", changed: &["config.json"], samples: models },
    Format { name: "weights", changed: &[".safetensors", "index.json"], samples: models },
    Format {
        name: "GGUF",
        changed: &["llama.gguf"],
        samples: || {
            let recorded = written(|folder| {
                lay_out(&files_of(&golden::directory().join("gguf")), folder);
            });
            samples(vec![recorded], Vec::new(), &[read_gguf])
        },
    },
    Format {
        name: "tokenizer",
        changed: &[".json", ".txt"],
        samples: || {
            let recorded = golden_folders(&["tokenizer.json", "vocab.txt", "vocab.json"]);
            samples(tokenizers(), recorded, &[read_tokenizer])
        },
    },
    Format {
        name: "sentence model",
        changed: &[".json", ".txt"],
        samples: || {
            let recorded = golden_folders(&["modules.json"]);
            samples(vec![sentence_model(), token_table()], recorded, &[read_sentence_model])
        },
    },
    Format {
        name: "vectors as text",
        changed: &["vectors.txt"],
        samples: || samples(vec![vectors("vectors.txt")], Vec::new(), &[read_vectors]),
    },
    Format {
        name: "vectors in binary",
        changed: &["vectors.bin"],
        samples: || samples(vec![vectors("vectors.bin")], Vec::new(), &[read_vectors]),
    },
    Format {
        name: "index",
        changed: &["index"],
        samples: || samples(vec![index()], Vec::new(), &[read_index]),
    },
    Format {
        name: "tables",
        changed: &["sts.csv", "related.tsv", "labelled.tsv"],
        samples: || samples(vec![tables()], Vec::new(), &[read_tables]),
    },
    Format {
        name: "corpus",
        changed: &[".txt", ".md", ".rs"],
        samples: || samples(vec![corpus()], Vec::new(), &[read_corpus]),
    },
    Format {
        name: "questions",
        changed: &["questions.txt"],
        samples: || {
            samples(vec![texts(&[("questions.txt", QUESTIONS)])], Vec::new(), &[read_questions])
        },
    },
    Format {
        name: "training",
        changed: &["training.safetensors", "metrics.jsonl"],
        samples: || samples(vec![begun_training()], Vec::new(), &[read_training]),
    },
    Format {
        name: "classifier",
        changed: &[HEAD_FILE, ABOUT_FILE],
        samples: || samples(vec![classifier()], Vec::new(), &[read_classifier]),
    },
    Format {
        name: "recorded values",
        changed: &["cases.json", "expected.safetensors"],
        samples: || {
            let recorded = written(|folder| {
                let files = files_of(&golden::directory().join("bert"));
                lay_out(&files, folder);
            });
            samples(vec![recorded], Vec::new(), &[read_recorded])
        },
    },
];

/// Changes one of a folder's files that the format is about. Half of the time an index is changed
/// through its store, whose sums are right again afterwards.
pub fn mutated(format: &Format, sample: &Sample, all: &[Sample], rng: &mut StdRng) -> Files {
    let fits = |name: &&String| format.changed.iter().any(|end| name.ends_with(end));
    let names: Vec<&String> = sample.files.keys().filter(fits).collect();
    let name = names[rng.random_range(0..names.len())];
    let mut files = sample.files.clone();
    let before = &sample.files[name];
    let others: Vec<&[u8]> =
        all.iter().filter_map(|other| other.files.get(name)).map(Vec::as_slice).collect();
    let after = if name == "notes.index" && rng.random_bool(0.5) {
        change_row(before, rng)
    } else {
        change(name, before, &others, rng)
    };
    files.insert(name.clone(), after);
    files
}

/// The device that the readers' models run on.
pub fn device() -> Device {
    backend::from_env()
}

/// What came of opening and using a folder.
pub type Used = Result<(), Box<dyn Error>>;

fn read_gguf(folder: &Path) -> Used {
    let path = folder.join("llama.gguf");
    let file = Gguf::open(&path)?;
    let tokenizer = Tokenizer::from_gguf(&path, &file.metadata)?;
    let message = Message::new("user", "the cat </s> sat");
    let ids = match Chat::of_gguf(&path, &file.metadata, &tokenizer)? {
        Some(chat) => chat.encode(&[message], true)?,
        None => tokenizer.encode(&message.content, 16)?.ids,
    };
    let model = llama::checkpoint::load_gguf(&path, file, &device())?.model;
    tokenizer.check_ids(&ids, model.vocab())?;
    let written = Generation::new(&model, &[ids], 2, Sampling::GREEDY, 1, &device());
    tokenizer.decode(&written.flatten().collect::<Vec<u32>>())?;
    Ok(())
}

fn read_tokenizer(folder: &Path) -> Used {
    let tokenizer = Tokenizer::open(folder)?;
    let scripts = "naïve cafe\u{301} ﬁ ① 한국어 日本 👩‍👩‍👧 עברית\r\n\t\0 \u{feff}12345 67,89!";
    let (long, letters) = ("The cats sat at 12. ".repeat(100), "a".repeat(3_000));
    for text in ["", " ", "The cats sat.", "[MASK] <s> </s> [CLS]", scripts, &long, &letters] {
        let encoding = tokenizer.encode(text, 16)?;
        tokenizer.encode_pair(text, "at", 16)?;
        tokenizer.decode(&encoding.ids)?;
    }
    // what a vocabulary lacks is the text's fault
    drop(tokenizer.encode_whole("The cats sat."));
    tokenizer.check_vocab(100_000)?;
    Ok(())
}

fn read_sentence_model(folder: &Path) -> Used {
    let encoder = SentenceEncoder::open(folder, &device())?;
    encoder.embed(&["The cats sat.", "a"])?;
    Ok(())
}

fn vectors(name: &str) -> Files {
    let words = ["the", "cat", "sat", "häuser", "a"].map(String::from).to_vec();
    let values = (0..words.len() * 4).map(|number| number as f32 / 7.0 - 1.0).collect();
    let vectors = WordVectors { words, d_model: 4, values };
    written(|folder| vectors.write(&folder.join(name)).expect("a folder to write into"))
}

fn read_vectors(folder: &Path) -> Used {
    let name = if folder.join("vectors.bin").exists() { "vectors.bin" } else { "vectors.txt" };
    let vectors = WordVectors::read(&folder.join(name))?;
    let space = Space::new(vectors.words, vectors.values, &device());
    space.neighbours(0, 3);
    space.mean_of("the cat").map(|mean| mean.into_data());
    Ok(())
}

fn tables() -> Files {
    texts(&[
        ("sts.csv", "sentence1,sentence2,score\nA cat sat.,\"A cat, sitting\",4.5\nNo,Yes,0\n"),
        ("related.tsv", "a query\tits answer\nanother\tanswer\ta wrong one\n\n"),
        ("labelled.tsv", "a good film\tpos\nein schlechter Film\tneg\n"),
    ])
}

fn read_tables(folder: &Path) -> Used {
    data::sts(&folder.join("sts.csv"))?;
    data::related(&folder.join("related.tsv"))?;
    data::labelled(&folder.join("labelled.tsv"))?;
    Ok(())
}

fn corpus() -> Files {
    texts(&[
        ("text.txt", "The cats sat.\r\n\r\nEine zweite Zeile, naïve.\nNo end 👩‍👩‍👧"),
        (
            "page.md",
            "# Title\n\nOne [link](a) *two*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> - x\n",
        ),
        ("code.rs", "//! A crate.\n\n/// What it does, see [`f`].\n// no\nfn f() {}\n"),
    ])
}

fn read_corpus(folder: &Path) -> Used {
    for name in ["text.txt", "page.md", "code.rs"] {
        let path = folder.join(name);
        let corpus = Corpus::File(path.clone());
        Vocabulary::count(corpus.passages()?, 1)?;
        let text = corpus.text()?;
        data::passages(&path, &text, Split::Paragraphs);
        data::passages(&path, &text, Split::Lines);
    }
    Ok(())
}

const QUESTIONS: &str =
    ": capitals\nathens greece oslo norway\n: gram1 plural\ncat cats dog dogs\n";

fn read_questions(folder: &Path) -> Used {
    let sections = data::questions(&folder.join("questions.txt"))?;
    let words = ["athens", "greece", "oslo", "norway", "cat"].map(String::from).to_vec();
    let values = (0..words.len() * 4).map(|number| number as f32).collect();
    Space::new(words, values, &device()).score(&sections);
    Ok(())
}

/// A small model that learns from the one batch of a training.
fn small_gpt(device: &Device) -> (Given<Gpt>, Gpt) {
    let batch = TensorData::new(vec![1_i64, 2, 3, 0, 2, 1], [2, 3]);
    let config = GptConfig::preset(
        &training::Preset { n_layers: 1, d_model: 8, block: 4, ..training::Preset::TINY },
        5,
    );
    (Given::new(vec![batch; 4], device), config.init(device))
}

fn begun_training() -> Files {
    let device = device().autodiff();
    let (task, model) = small_gpt(&device);
    let recipe = Recipe { steps: 2, evaluate_every: 1, warm_up: 1, ..Recipe::default() };
    let settings = json!({"corpus": "toy", "vocab": 5});
    written(|folder| {
        let run =
            TrainingRun { folder: Some(folder), settings: &settings, ..TrainingRun::on(&device) };
        train(&task, model, &recipe, run, &mut ()).expect("a training");
    })
}

/// Goes on with a training by its own recipe, for two steps.
fn read_training(folder: &Path) -> Used {
    let device = device().autodiff();
    let (recipe, settings) = begun_with(folder)?;
    if recipe.accumulation > 8 {
        return Ok(()); // so many batches a step are work, and no hang
    }
    let (task, model) = small_gpt(&device);
    let run = TrainingRun {
        folder: Some(folder),
        resume: true,
        settings: &settings,
        ..TrainingRun::on(&device)
    };
    let mut steps = 0;
    let mut two_steps = |event: &Event| {
        steps += usize::from(matches!(event, Event::Step { .. }));
        if steps < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    match train(&task, model, &Recipe { steps: 4, ..recipe }, run, &mut two_steps) {
        // a weight near the largest number is one, until it is trained
        Err(TrainingError::NotFinite { .. }) => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// A classifier of the sentence model's vectors, and that model beside it.
fn classifier() -> Files {
    written(|folder| {
        lay_out(&sentence_model(), folder);
        let device = device();
        let encoder = SentenceEncoder::open(folder, &device).expect("a sentence model");
        let probe = encoder.embed(&[index::PROBE]).expect("a text").remove(0).vector;
        let linear = burn::nn::LinearConfig::new(32, 2).init(&device);
        let labels = vec!["pos".to_string(), "neg".to_string()];
        let head = Head { linear, labels, kind: classify::Labels::One };
        head.save(folder).expect("a folder to write into");
        let about = json!({
            "method": "logreg", "model": {"name": "here", "probe": probe}, "layer": 2,
            "majority": "pos",
        });
        std::fs::write(folder.join(ABOUT_FILE), about.to_string()).expect("a file");
    })
}

fn read_classifier(folder: &Path) -> Used {
    let classifier = Classifier::open(folder, &device(), |_| {
        let encoder = SentenceEncoder::open(folder, &device()).map_err(ClassifierError::from)?;
        let probe = encoder.embed(&[index::PROBE]).map_err(ClassifierError::from)?.remove(0).vector;
        Ok::<_, ClassifierError>((
            encoder,
            Model { name: "here".into(), probe, prompt: String::new() },
        ))
    })?;
    drop(classifier.probabilities(&["The cats sat.".to_string()])?.into_data());
    Ok(())
}

fn read_recorded(folder: &Path) -> Used {
    let recorded = golden::Folder::open(folder)?;
    for case in &recorded.cases {
        for name in case.inputs.keys().chain(case.outputs.keys()) {
            let answer = recorded.tensor(case, name)?;
            recorded.error(case, name, &answer)?;
        }
    }
    Ok(())
}
