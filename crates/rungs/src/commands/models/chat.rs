//! `cargo rungs chat`

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use burn::tensor::Device;
use course::SEED;
use data::DataError;
use decoder::{Generation, Sampling};
use serde::Serialize;
use tokens::{Chat, LARGEST_TEXT, Message, TextStream, TokensError};

use crate::shell::failure::{self, Helpful};
use crate::shell::interrupt::Interrupt;
use crate::shell::options::{DeviceArg, Format, WRITERS, temperature, top_p};
use crate::shell::writers::Writer;
use crate::shell::{input, names, output};

/// What a user sees before what is typed.
const PROMPT: &str = "> ";

/// Pause between two looks at whether Ctrl-C came while nothing is typed.
const GLANCE: Duration = Duration::from_millis(50);

/// Tokens of an answer at most where `--max` does not say it, if the model sees twice as many.
const LONGEST_ANSWER: usize = 512;

/// Bytes of a question for every token of room, from which on its beginning is looked at first.
const FAR_TOO_LONG: usize = 16;

const COMMANDS: &str = "/reset forgets the conversation, /system TEXT says who answers, /save FILE \
    writes what was said, /quit or Ctrl-D ends; Ctrl-C ends an answer, twice at the prompt \
    everything";

/// Talk with a model
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo rungs chat --model smollm2
  cargo rungs chat --model smollm2 --system 'You answer in one sentence.'
  cargo rungs chat --model smollm2 --temperature 0 < questions.txt

In a terminal: /reset, /system TEXT, /save FILE, /quit; Ctrl-C ends an answer. Otherwise each line \
of standard input that is not blank is a turn of one conversation, and each answer a line, its \
line ends written as \\n; a turn that is too long has an empty answer, and the exit code says so.")]
pub struct Args {
    /// Name of the model, its folder or its GGUF file.
    #[arg(short, long, value_name = "MODEL", help = WRITERS)]
    model: String,
    /// Who answers, and how; without it what the model's template says
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    system: Option<String>,
    /// Tokens of an answer at most [default: 512, or half of what the model sees]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max: Option<u32>,
    /// 1: as likely as the model says; lower: safer; 0: always the likeliest
    #[arg(
        long, value_name = "T", default_value_t = 0.2, allow_negative_numbers = true,
        value_parser = temperature,
    )]
    temperature: f64,
    /// Draw from the K likeliest tokens only
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    top_k: Option<u32>,
    /// Draw from the fewest likeliest tokens that make up this share
    #[arg(
        long, value_name = "P", default_value_t = 0.9, allow_negative_numbers = true,
        value_parser = top_p,
    )]
    top_p: f64,
    /// The same seed gives the same answers
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// How to print answers; jsonl has tokens and times
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Where to compute.
    #[command(flatten)]
    device: DeviceArg,
}

/// Holds a conversation until its input ends.
pub fn run(args: &Args) -> Result<()> {
    let sampling = Sampling::new(args.temperature, args.top_k.map(|k| k as usize), args.top_p)?;
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
    let max = longest_answer(args.max, writer.model.max_tokens())?;
    let mut talk = Talk {
        writer: &writer,
        chat: &chat,
        device,
        sampling,
        max,
        seed: args.seed,
        format: args.format,
        in_terminal: io::stdin().is_terminal() && args.format == Format::Text,
        system: None,
        turns: Vec::new(),
        answers: Vec::new(),
        saved: BTreeSet::new(),
    };
    if let Some(text) = &args.system {
        talk.set_system(text)?;
    }
    for note in writer.generation.notes_at(args.temperature) {
        note!("note: {note}");
    }
    if writer.generation.stops.is_empty() {
        note!("note: the model names no token that ends an answer: each goes on for {max} tokens");
    }
    if talk.in_terminal {
        return talk.hold_in_terminal();
    }
    let held = talk.hold();
    if args.format == Format::Json {
        output::rows(args.format, &talk.answers, String::new)?; // those before an error too
    }
    held
}

/// Tokens of an answer at most, for a model that sees this many.
fn longest_answer(asked: Option<u32>, seen: usize) -> Result<usize> {
    match asked {
        None => Ok(LONGEST_ANSWER.min(seen / 2).max(1)),
        Some(max) if (max as usize) < seen => Ok(max as usize),
        Some(max) => {
            bail!("--max {max}: expected fewer tokens than the {seen} that the model sees")
        }
    }
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
    /// Answers that are printed together at the end.
    answers: Vec<Answer>,
    /// Files that hold this conversation, and may be written again.
    saved: BTreeSet<PathBuf>,
}

/// An answer as JSON.
#[derive(Default, Serialize)]
struct Answer {
    answer: String,
    prompt_tokens: usize,
    tokens: usize,
    seconds: f64,
    /// Whether the model ended the answer itself.
    ended: bool,
}

impl Talk<'_> {
    /// Answers each line of standard input by a line; one that is too long, by an empty one.
    fn hold(&mut self) -> Result<()> {
        let (mut turns, mut unanswered) = (0, 0);
        for line in input::lines(Path::new("-"))? {
            let line = line?;
            let said = line.trim();
            if said.is_empty() {
                continue;
            }
            turns += 1;
            if !self.turn(said)? {
                unanswered += 1;
                self.hand_out(Answer::default())?;
            }
        }
        if unanswered > 0 {
            bail!(
                "standard input: expected turns that the model can read, found {unanswered} of \
                    {turns} too long; they have empty answers"
            );
        }
        Ok(())
    }

    /// Reads a line after the other, and answers or obeys it; what fails is said, and the
    /// conversation goes on.
    fn hold_in_terminal(&mut self) -> Result<()> {
        note!("{COMMANDS}");
        let typed = typed_lines();
        loop {
            let obeyed = match asked(&typed)? {
                None => return output::line(""),
                Some(Err(error @ DataError::Read { .. })) => return Err(error.into()),
                Some(line) => line.map_err(Into::into).and_then(|line| self.obey(line.trim())),
            };
            match obeyed {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if ends_it(&error) => return Err(error),
                Err(error) => failure::say(&error),
            }
        }
    }

    /// Obeys or answers what was typed; says whether the conversation goes on.
    fn obey(&mut self, said: &str) -> Result<bool> {
        match said.split_once(' ').unwrap_or((said, "")) {
            ("", _) => {}
            ("/quit" | "/exit", "") => return Ok(false),
            ("/reset", "") => self.begin_anew(),
            ("/system", text) => {
                self.set_system(text.trim())?;
                self.begin_anew();
            }
            ("/save", file) if !file.is_empty() => self.save(file.trim())?,
            ("/help", "") => note!("{COMMANDS}"),
            (command, _) if command.starts_with('/') => {
                note!("{said} is no command that is known here: {COMMANDS}");
            }
            _ => drop(self.turn(said)?),
        }
        Ok(true)
    }

    /// Forgets what was said.
    fn begin_anew(&mut self) {
        self.turns.clear();
        note!("the conversation begins anew");
    }

    /// Lets `text` say who answers, if that leaves room for a question; an empty text, in a
    /// terminal, what the model's template says.
    fn set_system(&mut self, text: &str) -> Result<()> {
        if text.is_empty() && self.in_terminal {
            self.system = None;
            return Ok(());
        }
        let system = Message::new("system", text);
        let tokens = self.chat.encode(&[system.clone(), Message::new("user", "")], true)?.len();
        let room = self.room();
        if tokens >= room {
            bail!(
                "system: expected fewer tokens than the {room} that the model sees before an \
                    answer, found {tokens}; say it in fewer words, or give --max a smaller number"
            );
        }
        input::note_lost(&self.writer.tokenizer, text)?;
        self.system = Some(system);
        Ok(())
    }

    /// Answers what the user said; says whether it could be read.
    fn turn(&mut self, said: &str) -> Result<bool> {
        let question = Message::new("user", said);
        let Some(prompt) = self.fitted_prompt(&question)? else { return Ok(false) };
        input::note_lost(&self.writer.tokenizer, said)?;
        let answer = self.answer(&prompt)?;
        let answered = Message::new("assistant", &answer.answer);
        self.hand_out(answer)?;
        self.turns.extend([question, answered]);
        Ok(true)
    }

    /// Hands out an answer: as a line, or what is left of it to be shown.
    fn hand_out(&mut self, answer: Answer) -> Result<()> {
        match self.format {
            Format::Text if self.in_terminal => output::line(""),
            Format::Text => {
                let line = files::for_terminal(answer.answer.trim());
                output::line(line.replace('\n', "\\n"))
            }
            Format::Json => {
                self.answers.push(answer);
                Ok(())
            }
            Format::Jsonl => output::json_line(&answer),
        }
    }

    /// The tokens of a conversation, up to where the model begins to answer.
    fn encoded(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let ids = self.chat.encode(messages, true)?;
        if ids.is_empty() {
            bail!(
                "expected a conversation to answer, found no token: the model's template writes \
                    nothing of it that the model knows; use other words, or another model"
            );
        }
        self.writer.tokenizer.check_ids(&ids, self.writer.model.vocab())?;
        Ok(ids)
    }

    /// How many tokens the model sees before an answer.
    fn room(&self) -> usize {
        self.writer.model.max_tokens() - self.max
    }

    /// The tokens of the conversation with a new question, so many that the model sees them and an
    /// answer: the oldest turns leave first. None if the question alone is too long; then none
    /// leaves.
    fn fitted_prompt(&mut self, question: &Message) -> Result<Option<Vec<u32>>> {
        let room = self.room();
        let bytes = question.content.len();
        if bytes > room * FAR_TOO_LONG {
            // the beginning alone says so, in a moment
            let beginning = self.writer.tokenizer.encode(&question.content, room.max(16));
            if beginning.map_or(bytes > LARGEST_TEXT, |beginning| beginning.truncated) {
                note!(
                    "note: this has {bytes} bytes, and the model sees {room} tokens before an \
                    answer: say less"
                );
                return Ok(None);
            }
        }
        let mut left = 0;
        loop {
            let said = self.system.iter().chain(&self.turns[left..]).chain([question]);
            let prompt = self.encoded(&said.cloned().collect::<Vec<_>>())?;
            if prompt.len() <= room {
                if left > 0 {
                    self.turns.drain(..left);
                    note!(
                        "note: the model sees {room} tokens before an answer: the oldest {left} \
                        messages were left out"
                    );
                }
                return Ok(Some(prompt));
            }
            if left == self.turns.len() {
                let tokens = prompt.len();
                note!(
                    "note: this has {tokens} tokens, and the model sees {room} before an answer: \
                    say less, or give --max a smaller number"
                );
                return Ok(None);
            }
            left += 2;
        }
    }

    /// Lets the model answer; in a terminal it is seen as it comes, and Ctrl-C ends it.
    fn answer(&self, prompt: &[u32]) -> Result<Answer> {
        let Writer { model, tokenizer, generation, .. } = self.writer;
        let begun = Instant::now();
        let prompts = [prompt.to_vec()];
        let mut drawn =
            Generation::new(&**model, &prompts, self.max, self.sampling, self.seed, &self.device)
                .stopping_at(&generation.stops);
        let mut stream = TextStream::new(tokenizer);
        let mut answer = Answer { prompt_tokens: prompt.len(), ..Answer::default() };
        let interrupt = self.in_terminal.then(Interrupt::catch_ctrl_c).transpose()?;
        while let Some(token) = drawn.next() {
            answer.tokens += 1;
            answer.ended = drawn.has_ended();
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
            output::piece(piece)?;
        }
        Ok(())
    }

    /// Writes the conversation, a message a line, into a new file or one that it wrote before.
    fn save(&mut self, file: &str) -> Result<()> {
        let path = Path::new(file);
        if path.exists() && !self.saved.contains(path) {
            bail!("{file}: expected the name of a new file, found one that is taken; name another");
        }
        let messages: Vec<&Message> = self.system.iter().chain(&self.turns).collect();
        let mut lines = String::new();
        for message in &messages {
            lines += &serde_json::to_string(message)?;
            lines.push('\n');
        }
        files::write(path, lines)?;
        note!("{} messages in {file}", messages.len());
        self.saved.insert(path.into());
        Ok(())
    }
}

/// A line that was typed, or why it could not be read.
type Typed = Result<String, DataError>;

/// The lines that are typed, each read when it is asked for; the last one before the input's end.
fn typed_lines() -> Receiver<Typed> {
    let (send, typed) = sync_channel(0);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = data::lines(&mut input).next() {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    typed
}

/// Asks for a line, and anew after Ctrl-C, at which the terminal forgets what was typed; a second
/// one ends the program. `None` at the input's end.
fn asked(typed: &Receiver<Typed>) -> Result<Option<Typed>> {
    output::piece(PROMPT)?;
    let one_too_many = Interrupt::catch_ctrl_c()?;
    let mut is_told = false;
    loop {
        match typed.recv_timeout(GLANCE) {
            Ok(line) => return Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if one_too_many.came() && !is_told => {
                is_told = true;
                output::line("")?;
                note!("Ctrl-C once more, or Ctrl-D, ends the conversation");
                output::piece(PROMPT)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Whether a conversation cannot go on after an error.
fn ends_it(error: &anyhow::Error) -> bool {
    // a template that does not end takes more and more memory
    matches!(error.downcast_ref(), Some(TokensError::Endless { .. }))
        || failure::is_closed_pipe(error)
}

/// Whether somebody who looks on has had enough.
fn came(interrupt: Option<&Interrupt>) -> bool {
    interrupt.is_some_and(Interrupt::came)
}
