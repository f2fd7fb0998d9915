//! What the lesson shows: merges on paper, merges of real English, and how words fall apart as the
//! vocabulary grows.

pub mod picture;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::{Corpus, World};

use crate::{BYTES, Bpe, WordPiece, pieces};

/// The corpus of the worked example. Each word is a text of its own, so that no space joins in.
pub const PAPER: [&str; 7] = ["rain", "rain", "rain", "train", "train", "trains", "ran"];
/// Sizes of vocabulary that are compared, from the bare bytes on.
pub const SIZES: [usize; 7] = [BYTES, 300, 500, 1000, 2000, 4000, 8000];
/// Largest vocabulary that is compared: the last of [`SIZES`].
const LARGEST: usize = 8000;
/// Vocabulary at which WordPiece and BPE are compared.
const MIDDLE: usize = 2000;
/// Number of bytes of the docs corpus that are trained on.
const SEEN: usize = 1_000_000;
/// Number of bytes after them, which are not trained on.
const UNSEEN: usize = 250_000;
/// Words that are split: common ones, some that are used now and then, one that never is, an
/// invented one, and one of another script; each with the key of its numbers.
const WORDS: [(&str, &str); 6] = [
    (" the", "the"),
    (" iterator", "iterator"),
    (" tokenization", "tokenization"),
    (" thunderstorm", "thunderstorm"),
    (" blorptastic", "blorptastic"),
    (" λόγος", "logos"),
];
/// Two sentences in two scripts (Universal Declaration of Human Rights, article 1).
const ENGLISH: &str = "All human beings are born free and equal in dignity and rights. They are \
    endowed with reason and conscience and should act towards one another in a spirit of \
    brotherhood.";
/// The two sentences of [`ENGLISH`] in Greek.
const GREEK: &str = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα \
    δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται \
    μεταξύ τους με πνεύμα αδελφοσύνης.";
/// Number of sentences of the toy world, which is another kind of English.
const TOY_SENTENCES: usize = 2000;
/// Number of words that count as common: the most frequent ones.
const COMMON: usize = 100;
/// Band of the figures: ratios of whole numbers are the same everywhere, but for the last digit of
/// a number on paper.
const BAND: f64 = 1e-9;

/// The texts that are trained on, and those that are kept apart.
struct Texts {
    /// Passages of documentation that are trained on.
    seen: Vec<String>,
    /// Passages of documentation after them.
    unseen: Vec<String>,
    /// Sentences of the toy world.
    toy: Vec<String>,
}

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// The docs corpus cannot be read: see [`data::DataError`].
pub fn demo(run: &Run) -> Result<Report> {
    let mut report = Report::default();
    report.figure(shapes());
    report.figure(picture::tree());
    say_paper(&mut report);
    let texts = texts(run.seed)?;
    let largest = Bpe::train(&texts.seen, LARGEST);
    let vocabularies = SIZES.map(|size| largest.with_vocab(size));
    say_merges(&mut report, &largest);
    say_words(&mut report, &vocabularies);
    say_sizes(&mut report, &vocabularies, &texts);
    say_wordpiece(&mut report, &largest.with_vocab(MIDDLE), &texts);
    let falling_apart = falling_apart(&vocabularies, &texts);
    number_ends(&mut report, &falling_apart, &["common", "known", "once", "never"]);
    report.figure(falling_apart);
    let compression = compression(&vocabularies, &texts);
    number_ends(&mut report, &compression, &["seen", "unseen", "toy", "greek"]);
    report.figure(compression);
    Ok(report)
}

/// Writes a token so that it can be seen: the space as `_`, a byte that is no character alone as
/// `<ce>`.
pub fn readable(token: &[u8]) -> String {
    let mut text = String::new();
    for chunk in token.utf8_chunks() {
        text.push_str(&chunk.valid().replace(' ', "_").escape_debug().to_string());
        for byte in chunk.invalid() {
            text.push_str(&format!("<{byte:02x}>"));
        }
    }
    text
}

/// Writes the tokens of a text, so that they can be seen.
fn readable_tokens(bpe: &Bpe, text: &str) -> Vec<String> {
    let ids = bpe.encode(text.as_bytes());
    ids.iter().map(|&id| readable(bpe.token(id))).collect()
}

/// Writes the tokens of a text with a bar between them.
fn split(bpe: &Bpe, text: &str) -> String {
    readable_tokens(bpe, text).join("|")
}

/// Draws which sizes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("text", "bytes"),
        Step::new("pieces", "pieces, bytes of each", "cut at spaces, digits, signs", ["text"]),
        Step::new("byte IDs", "pieces, bytes of each", "one ID per byte, below 256", ["pieces"]),
        Step::input("merges", "vocab - 256, 2"),
        Step::new(
            "tokens",
            "pieces, tokens of each",
            "the lowest rank first",
            ["byte IDs", "merges"],
        ),
        Step::new("ids", "tokens", "piece after piece, in 0..vocab", ["tokens"]),
    ];
    let alt = "Sizes on the way from text to ids: [bytes] are cut into pieces, every byte is an \
        ID below 256, the vocab - 256 learned pairs are merged inside each piece, and the pieces' \
        tokens in a row are the ids [tokens].";
    Figure::shapes("02-shapes", "From bytes to ids", alt, steps)
}

/// Shows the worked example, merge by merge.
fn say_paper(report: &mut Report) {
    report.say(
        "Seven words: rain three times, train twice, trains, ran. Merge by merge, while a pair \
            comes twice:",
    );
    let all = Bpe::train(PAPER, BYTES + 4);
    let mut table = Table::new(["ID", "merged", "tokens left", "rain", "train", "trains", "ran"]);
    for size in BYTES..=all.vocab() {
        let bpe = all.with_vocab(size);
        let mut row = match bpe.merges().last() {
            None => vec!["-".to_string(), "bytes".to_string()],
            Some(&(a, b)) => {
                let merged = format!("{} + {}", readable(bpe.token(a)), readable(bpe.token(b)));
                vec![(size - 1).to_string(), merged]
            }
        };
        row.push(tokens(&bpe, &PAPER).to_string());
        for word in ["rain", "train", "trains", "ran"] {
            row.push(split(&bpe, word));
        }
        table.row(row);
    }
    report.table(&table);
    report.say(format!(
        "Words it never saw: {}, {}.",
        split(&all, "strain"),
        split(&all, "drains")
    ));
    report.say("");
}

/// Reads the docs corpus in two parts, and another kind of text.
fn texts(seed: u64) -> Result<Texts> {
    let mut passages = Corpus::Docs.passages()?;
    let seen = take(&mut passages, SEEN)?;
    let unseen = take(&mut passages, UNSEEN)?;
    let toy =
        World::sentences(seed).take(TOY_SENTENCES).map(|sentence| sentence.to_string()).collect();
    Ok(Texts { seen, unseen, toy })
}

/// Takes passages of `bytes` together; fewer at the end of the corpus.
fn take(passages: &mut data::Passages, bytes: usize) -> Result<Vec<String>> {
    let (mut taken, mut length) = (Vec::new(), 0);
    while length < bytes
        && let Some(passage) = passages.next().transpose()?
    {
        length += passage.len();
        taken.push(passage);
    }
    Ok(taken)
}

/// Shows what was learned first, and last.
fn say_merges(report: &mut Report, bpe: &Bpe) {
    const FIRST: usize = 20;
    const SHOWN: usize = 8; // before 2000 and before 8000
    report.say(format!(
        "The first {FIRST} tokens learned from {SEEN} bytes of documentation (_ is the space):"
    ));
    let (first, last) = (listed(bpe, BYTES..BYTES + FIRST), listed(bpe, LARGEST - SHOWN..LARGEST));
    report.say(format!("  {first}"));
    report.say("and the last ones before 2000 and 8000:");
    report.say(format!("  {}", listed(bpe, MIDDLE - SHOWN..MIDDLE)));
    report.say(format!("  {last}"));
    report.say("");
    report.number("first-tokens", "the first tokens learned, in order", first);
    report.number("last-tokens", "the last tokens learned before 8000, in order", last);
    report.data("merges", "the two tokens of each merge, in the order learned", &bpe.merges());
}

/// Lists the tokens with these IDs.
fn listed(bpe: &Bpe, ids: Range<usize>) -> String {
    let tokens: Vec<String> = ids.map(|id| readable(bpe.token(id as u32))).collect();
    tokens.join(" ")
}

/// Shows how words fall apart as the vocabulary grows.
fn say_words(report: &mut Report, vocabularies: &[Bpe]) {
    report.say("How words fall apart, where a larger vocabulary changes something:");
    let mut table = Table::new(["word", "vocabulary", "tokens", "they are"]);
    for (word, key) in WORDS {
        let mut before = String::new();
        for bpe in vocabularies {
            let now = split(bpe, word);
            let size = bpe.vocab();
            let what = format!("tokens of {}, vocabulary {size}", word.trim());
            report.number(&format!("{key}-{size}"), &what, tokens(bpe, &[word]));
            if now != before {
                table.row([
                    word.trim().into(),
                    bpe.vocab().to_string(),
                    tokens(bpe, &[word]).to_string(),
                    now.clone(),
                ]);
            }
            before = now;
        }
        let what = format!("the tokens of {}, vocabulary {LARGEST}", word.trim());
        report.number(&format!("{key}-parts"), &what, before.replace('|', ", "));
    }
    report.table(&table);
}

/// Shows what a larger vocabulary buys on unseen text, and in two scripts.
fn say_sizes(report: &mut Report, vocabularies: &[Bpe], texts: &Texts) {
    let words: usize = texts.unseen.iter().map(|text| text.split_whitespace().count()).sum();
    report.say(
        "On documentation that was not trained on, and on the same two sentences in English and \
            in Greek:",
    );
    let mut table = Table::new([
        "vocabulary",
        "tokens per word",
        "bytes per token",
        "English",
        "Greek",
        "ratio",
    ]);
    for bpe in vocabularies {
        let english = tokens(bpe, &[ENGLISH]);
        let greek = tokens(bpe, &[GREEK]);
        table.row([
            bpe.vocab().to_string(),
            format!("{:.2}", tokens(bpe, &texts.unseen) as f64 / words as f64),
            format!("{:.2}", bytes_per_token(bpe, &texts.unseen)),
            english.to_string(),
            greek.to_string(),
            format!("{:.1}x", greek as f64 / english as f64),
        ]);
    }
    report.keyed_table("size", &table);
    for (smaller, larger) in [(500, 1000), (4000, 8000)] {
        let mut reached = Vec::new();
        for bpe in vocabularies {
            if [smaller, larger].contains(&bpe.vocab()) {
                reached.push(bytes_per_token(bpe, &texts.unseen));
            }
        }
        let gain = reached[1] - reached[0];
        let what =
            format!("bytes per token gained from {smaller} to {larger}, unseen documentation");
        report.number(&format!("gain-{smaller}-{larger}"), &what, format!("{gain:.2}"));
    }
}

/// Shows both rules on the same strings: a token of BPE that opens with a space begins a word, any
/// other continues one.
fn say_wordpiece(report: &mut Report, bpe: &Bpe, texts: &Texts) {
    const ONE_IN: usize = 100; // of the words that differ, in alphabetical order, are shown
    let wordpiece = WordPiece::new(as_wordpiece(bpe));
    let words = words(&texts.unseen);
    let mut table = Table::new(["word", "BPE: lowest rank first", "WordPiece: longest first"]);
    let mut differ = 0;
    let (mut merged_tokens, mut matched_tokens) = (0, 0);
    for word in words.keys() {
        let merged = merged_parts(bpe, word);
        let matched = matched_parts(&wordpiece, word);
        merged_tokens += merged.len();
        matched_tokens += matched.len();
        if merged != matched {
            if differ % ONE_IN == 0 {
                table.row([word.to_string(), merged.join("|"), matched.join("|")]);
            }
            differ += 1;
        }
    }
    report.say(format!(
        "The same tokens (vocabulary {MIDDLE}) under both rules: they split {differ} of {} words \
            of unseen text differently.",
        words.len()
    ));
    let merged = format!("{:.3}", merged_tokens as f64 / words.len() as f64);
    let matched = format!("{:.3}", matched_tokens as f64 / words.len() as f64);
    report.say(format!("Tokens per word: {merged} merged, {matched} matched."));
    report.number("words", "words of unseen text, cut by both rules", words.len());
    report.number("words-cut-otherwise", "words that both rules cut differently", differ);
    report.number("bpe-per-word", "tokens per word, BPE, lone spaces not counted", merged);
    report.number("wordpiece-per-word", "tokens per word, WordPiece, the same tokens", matched);
    report.table(&table);
}

/// Splits a word by BPE, as it stands after a space; the space is left out.
fn merged_parts(bpe: &Bpe, word: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for token in readable_tokens(bpe, &format!(" {word}")) {
        if token != "_" {
            parts.push(token.trim_start_matches('_').into());
        }
    }
    parts
}

/// Splits a word by WordPiece; the marks of continuation are left out.
fn matched_parts(wordpiece: &WordPiece, word: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for id in wordpiece.encode(word) {
        parts.push(wordpiece.token(id).trim_start_matches("##").into());
    }
    parts
}

/// Writes BPE's tokens of letters as WordPiece does, and each letter in both places, so that no
/// word is unknown.
fn as_wordpiece(bpe: &Bpe) -> Vec<String> {
    let mut vocabulary = vec!["[UNK]".to_string()];
    for letter in 'a'..='z' {
        vocabulary.push(format!("##{letter}"));
        vocabulary.push(letter.to_string());
    }
    for id in BYTES..bpe.vocab() {
        let token = String::from_utf8_lossy(bpe.token(id as u32));
        let (begins, letters) = match token.strip_prefix(' ') {
            Some(letters) => (true, letters),
            None => (false, &*token),
        };
        if letters.len() > 1 && is_lowercase(letters.as_bytes()) {
            vocabulary.push(if begins { letters.into() } else { format!("##{letters}") });
        }
    }
    vocabulary
}

/// Whether a text consists of small letters of ASCII.
fn is_lowercase(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_lowercase)
}

/// Counts the words of small letters that stand after a space.
fn words(texts: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        for piece in pieces(text.as_bytes()) {
            if let [b' ', word @ ..] = piece
                && is_lowercase(word)
                && let Ok(word) = std::str::from_utf8(word)
            {
                *counts.entry(word).or_default() += 1;
            }
        }
    }
    counts
}

/// Draws how many tokens words have as the vocabulary grows, by how often the words were seen.
fn falling_apart(vocabularies: &[Bpe], texts: &Texts) -> Figure {
    let seen = words(&texts.seen);
    let mut by_count: Vec<(&str, usize)> =
        seen.iter().map(|(&word, &count)| (word, count)).collect();
    by_count.sort_by_key(|&(_, count)| Reverse(count));
    let common: Vec<&str> = by_count.iter().take(COMMON).map(|&(word, _)| word).collect();
    let mut never = Vec::new();
    for &word in words(&texts.unseen).keys() {
        if !seen.contains_key(word) {
            never.push(word);
        }
    }
    let alt = "Tokens that a word falls into, over vocabularies of 256 to 8000. The hundred most \
        common words fall from between five and six tokens to one at 1000. Words said ten to a \
        hundred times get there at 8000. Words said once are still above two there, and words \
        that were never said end a little higher.";
    let ten_to_hundred = words_counted(&by_count, 10..101);
    let once = words_counted(&by_count, 1..2);
    over_vocabulary(
        "02-falling-apart",
        "Common words become one token, rare ones stay in parts",
        alt,
        "tokens per word (mean)",
        vec![
            tokens_per_word_line("the 100 most common words", vocabularies, &common),
            tokens_per_word_line("said 10 to 100 times", vocabularies, &ten_to_hundred),
            tokens_per_word_line("said once", vocabularies, &once),
            tokens_per_word_line("never said in training", vocabularies, &never),
        ],
    )
}

/// Picks the words that were counted so many times.
fn words_counted<'a>(counts: &[(&'a str, usize)], times: Range<usize>) -> Vec<&'a str> {
    let mut words = Vec::new();
    for &(word, count) in counts {
        if times.contains(&count) {
            words.push(word);
        }
    }
    words
}

/// Draws the mean number of tokens in words, each after a space, by vocabulary.
fn tokens_per_word_line(name: &str, vocabularies: &[Bpe], words: &[&str]) -> Line {
    let spaced: Vec<String> = words.iter().map(|word| format!(" {word}")).collect();
    let mut points = Vec::with_capacity(vocabularies.len());
    for bpe in vocabularies {
        let mean = tokens(bpe, &spaced) as f64 / words.len() as f64;
        points.push((bpe.vocab() as f64, mean));
    }
    Line::new(name, points)
}

/// Draws what a larger vocabulary buys, on texts like those trained on and on others.
fn compression(vocabularies: &[Bpe], texts: &Texts) -> Figure {
    let alt = "Bytes per token over vocabularies of 256 to 8000, all from 1 at 256. On the \
        documentation trained on and on unseen documentation the curves rise together to above \
        four. On the sentences of a toy world, another kind of English, the curve ends below \
        three; on Greek it stays at 1.";
    over_vocabulary(
        "02-bytes-per-token",
        "A large vocabulary is worth most on the kind of text it was learned from",
        alt,
        "bytes per token",
        vec![
            bytes_per_token_line("documentation, trained on", vocabularies, &texts.seen),
            bytes_per_token_line("documentation, unseen", vocabularies, &texts.unseen),
            bytes_per_token_line("toy world", vocabularies, &texts.toy),
            bytes_per_token_line("Greek", vocabularies, &[GREEK]),
        ],
    )
}

/// Draws the mean number of bytes that a token of texts covers, by vocabulary.
fn bytes_per_token_line(name: &str, vocabularies: &[Bpe], texts: &[impl AsRef<str>]) -> Line {
    let mut points = Vec::with_capacity(vocabularies.len());
    for bpe in vocabularies {
        points.push((bpe.vocab() as f64, bytes_per_token(bpe, texts)));
    }
    Line::new(name, points)
}

/// Draws curves over the size of the vocabulary.
fn over_vocabulary(name: &str, title: &str, alt: &str, y: &str, lines: Vec<Line>) -> Figure {
    let (x, y) = (Axis::log("vocabulary size (tokens)"), Axis::linear(y));
    let panel = Panel { title: String::new(), x, y, marks: Marks::Lines(lines) };
    Figure {
        name: name.into(),
        title: title.into(),
        alt: alt.into(),
        band: BAND,
        panels: vec![panel],
    }
}

/// Reports where each curve of a figure begins, what it is at the second size, and where it ends.
fn number_ends(report: &mut Report, figure: &Figure, keys: &[&str]) {
    let Marks::Lines(lines) = &figure.panels[0].marks else { return };
    for (line, key) in lines.iter().zip(keys) {
        for (size, value) in [line.points[0], line.points[1], line.points[SIZES.len() - 1]] {
            let what = format!("{}, {}, vocabulary {size}", figure.panels[0].y.label, line.name);
            report.number(&format!("{key}-{size}"), &what, format!("{value:.3}"));
        }
    }
}

/// Counts the tokens of texts.
fn tokens(bpe: &Bpe, texts: &[impl AsRef<str>]) -> usize {
    texts.iter().map(|text| bpe.encode(text.as_ref().as_bytes()).len()).sum()
}

/// Mean number of bytes that a token of texts covers.
fn bytes_per_token(bpe: &Bpe, texts: &[impl AsRef<str>]) -> f64 {
    let bytes: usize = texts.iter().map(|text| text.as_ref().len()).sum();
    bytes as f64 / tokens(bpe, texts) as f64
}
