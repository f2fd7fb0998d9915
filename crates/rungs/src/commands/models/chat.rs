//! `cargo rungs chat`

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};
use burn::tensor::Device;
use course::SEED;
use decoder::{Generation, Sampling};
use serde::Serialize;
use tokens::{Chat, Message, TextStream};

use crate::shell::failure::Helpful;
use crate::shell::interrupt::Interrupt;
use crate::shell::options::{DeviceArg, Format, WRITERS};
use crate::shell::writers::Writer;
use crate::shell::{names, output};

/// What a user sees before what is typed.
const PROMPT: &str = "> ";

const COMMANDS: &str = "/reset forgets the conversation, /system TEXT says who answers, /save FILE \
    writes what was said, /quit or Ctrl-D ends; Ctrl-C ends an answer";

/// Talk with a model
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs chat --model smollm2
  cargo rungs chat --model smollm2 --system 'You answer in one sentence.'
  cargo rungs chat --model smollm2 --temperature 0 < questions.txt

In a terminal: /reset, /system TEXT, /save FILE, /quit; Ctrl-C ends an answer. Otherwise each line \
of standard input is a turn of one conversation, and each answer a line, its line ends written as \
\\n.")]
pub struct Args {
    /// Name of the model, its folder or its GGUF file.
    #[arg(long, value_name = "MODEL", help = WRITERS)]
    model: String,
    /// Who answers, and how; without it what the model's template says
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    system: Option<String>,
    /// Tokens of an answer at most
    #[arg(
        long, value_name = "N", default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    max: u32,
    /// 1: as likely as the model says; lower: safer; 0: always the likeliest
    #[arg(long, value_name = "T", default_value_t = 0.2, allow_negative_numbers = true)]
    temperature: f64,
    /// Draw from the K likeliest tokens only
    #[arg(long, value_name = "K")]
    top_k: Option<usize>,
    /// Draw from the fewest likeliest tokens that make up this share
    #[arg(long, value_name = "P", default_value_t = 0.9, allow_negative_numbers = true)]
    top_p: f64,
    /// The same seed gives the same answers
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// How to print answers; jsonl has tokens and times
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
}

/// Holds a conversation until its input ends.
pub fn run(args: &Args) -> Result<()> {
    let sampling = Sampling::new(args.temperature, args.top_k, args.top_p)?;
    let device = names::device(&args.device.device)?;
    let mut writer = Writer::open(&args.model, &device)?;
    let Some(chat) = writer.chat.take().transpose()? else {
        return Err(Helpful {
            error: format!(
                "model {}: expected one that was taught to talk, found no chat template: it goes \
                    on from a text and answers nobody",
                args.model
            ),
            help: format!("`cargo rungs generate --model {} --prompt TEXT` writes on", args.model),
        }
        .into());
    };
    let max = args.max as usize;
    if max >= writer.model.max_tokens() {
        bail!(
            "--max {max}: expected fewer tokens than the {} that the model sees",
            writer.model.max_tokens()
        );
    }
    let in_terminal = io::stdin().is_terminal() && args.format == Format::Text;
    let system = args.system.as_deref().map(|text| Message::new("system", text));
    let mut talk = Talk {
        writer: &writer,
        chat: &chat,
        device,
        sampling,
        max,
        seed: args.seed,
        format: args.format,
        in_terminal,
        system,
        turns: Vec::new(),
    };
    if in_terminal {
        note!("{COMMANDS}");
    }
    talk.hold(&mut io::stdin().lock())
}

/// A conversation, and what answers.
struct Talk<'a> {
    writer: &'a Writer,
    chat: &'a Chat,
    device: Device,
    sampling: Sampling,
    max: usize,
    seed: u64,
    format: Format,
    in_terminal: bool,
    system: Option<Message>,
    /// What the user and the model said, by turns.
    turns: Vec<Message>,
}

/// An answer as JSON.
#[derive(Serialize)]
struct Answer {
    answer: String,
    prompt_tokens: usize,
    tokens: usize,
    seconds: f64,
    /// Whether the model ended the answer itself.
    ended: bool,
}

impl Talk<'_> {
    /// Reads a line after the other, and answers or obeys it.
    fn hold(&mut self, input: &mut dyn BufRead) -> Result<()> {
        let mut line = String::new();
        loop {
            if self.in_terminal {
                output::piece(PROMPT)?;
            }
            line.clear();
            if input.read_line(&mut line)? == 0 {
                if self.in_terminal {
                    output::line("")?;
                }
                return Ok(());
            }
            let said = line.trim();
            match said.split_once(' ').unwrap_or((said, "")) {
                ("", _) => {}
                ("/quit" | "/exit", "") if self.in_terminal => return Ok(()),
                ("/reset", "") if self.in_terminal => self.turns.clear(),
                ("/system", text) if self.in_terminal => {
                    self.turns.clear();
                    let text = text.trim();
                    self.system = (!text.is_empty()).then(|| Message::new("system", text));
                }
                ("/save", file) if self.in_terminal => self.save(file.trim()),
                (command, _) if self.in_terminal && command.starts_with('/') => note!("{COMMANDS}"),
                _ => self.turn(said)?,
            }
        }
    }

    /// Answers what the user said.
    fn turn(&mut self, said: &str) -> Result<()> {
        self.turns.push(Message::new("user", said));
        let Some(prompt) = self.fitted_prompt()? else {
            self.turns.pop();
            return Ok(());
        };
        let answer = self.answer(&prompt)?;
        match self.format {
            Format::Text if self.in_terminal => output::line("")?,
            Format::Text => output::line(answer.answer.trim().replace('\n', "\\n"))?,
            Format::Json | Format::Jsonl => output::json_line(&answer)?,
        }
        self.turns.push(Message::new("assistant", &answer.answer));
        Ok(())
    }

    /// All that was said, and who answers.
    fn messages(&self) -> Vec<Message> {
        self.system.iter().chain(&self.turns).cloned().collect()
    }

    /// The tokens of the conversation, so many that the model sees them and an answer: the oldest
    /// turns leave first. None if the last message alone is too long.
    fn fitted_prompt(&mut self) -> Result<Option<Vec<u32>>> {
        let room = self.writer.model.max_tokens() - self.max;
        let mut left = 0;
        loop {
            let prompt = self.chat.encode(&self.messages(), true)?;
            self.writer.tokenizer.check_ids(&prompt, self.writer.model.vocab())?;
            if prompt.len() <= room {
                if left > 0 {
                    note!(
                        "note: the model sees {room} tokens before an answer: the oldest {left} \
                        messages were left out"
                    );
                }
                return Ok(Some(prompt));
            }
            if self.turns.len() < 3 {
                let tokens = prompt.len();
                note!(
                    "note: this has {tokens} tokens, and the model sees {room} before an answer: \
                    say less, or give --max a smaller number"
                );
                return Ok(None);
            }
            self.turns.drain(..2);
            left += 2;
        }
    }

    /// Lets the model answer; in a terminal it is seen as it comes, and Ctrl-C ends it.
    fn answer(&self, prompt: &[u32]) -> Result<Answer> {
        let Writer { model, tokenizer, generation, .. } = self.writer;
        let begun = Instant::now();
        let prompts = [prompt.to_vec()];
        let drawn =
            Generation::new(&**model, &prompts, self.max, self.sampling, self.seed, &self.device);
        let mut stream = TextStream::new(tokenizer);
        let mut answer = Answer {
            answer: String::new(),
            prompt_tokens: prompt.len(),
            tokens: 0,
            seconds: 0.0,
            ended: false,
        };
        let interrupt = self.in_terminal.then(Interrupt::catch).transpose()?;
        for token in drawn {
            answer.tokens += 1;
            answer.ended = generation.stops.contains(&token[0]);
            if answer.ended || came(interrupt.as_ref()) {
                break;
            }
            self.show(&stream.push(&token)?, &mut answer.answer)?;
        }
        if !came(interrupt.as_ref()) {
            self.show(&stream.end()?, &mut answer.answer)?; // else it may be half a character
        }
        answer.seconds = begun.elapsed().as_secs_f64();
        Ok(answer)
    }

    /// Adds a piece of an answer, and shows it where somebody looks.
    fn show(&self, piece: &str, answer: &mut String) -> Result<()> {
        answer.push_str(piece);
        if self.in_terminal {
            output::piece(&piece.replace(|c: char| c.is_control() && c != '\n', " "))?;
        }
        Ok(())
    }

    /// Writes the conversation, a message a line.
    fn save(&self, file: &str) {
        let mut lines = String::new();
        let messages = self.messages();
        for message in &messages {
            lines += &serde_json::to_string(message).expect("texts are JSON");
            lines.push('\n');
        }
        match files::write(Path::new(file), lines) {
            Ok(()) => note!("{} messages in {file}", messages.len()),
            Err(error) => note!("error: {error}"),
        }
    }
}

/// Whether somebody who looks on has had enough.
fn came(interrupt: Option<&Interrupt>) -> bool {
    interrupt.is_some_and(Interrupt::came)
}
