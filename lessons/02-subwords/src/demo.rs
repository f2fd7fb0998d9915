//! What the lesson shows: merges on paper, merges of real English, and how words fall apart as the
//! vocabulary grows.

use std::collections::BTreeMap;

use anyhow::Result;
use course::{Axis, Figure, Line, Marks, Panel, Report, Run, Step, Table};
use data::{Corpus, World};

use crate::{BYTES, Bpe, WordPiece, pieces};

/// The corpus of the worked example. Each word is a text of its own, so that no space joins in.
pub const PAPER: [&str; 7] = ["rain", "rain", "rain", "train", "train", "trains", "ran"];
/// Sizes of vocabulary that are compared, from the bare bytes on.
pub const SIZES: [usize; 7] = [BYTES, 300, 500, 1000, 2000, 4000, 8000];
/// The last of [`SIZES`].
const LARGEST: usize = 8000;
/// Where WordPiece and BPE are compared.
const MIDDLE: usize = 2000;
/// Bytes of the docs corpus that are trained on.
const SEEN: usize = 1_000_000;
/// Bytes after them, which are not.
const UNSEEN: usize = 250_000;
/// Common, said now and then, never said, invented, and of another script.
const WORDS: [&str; 6] =
    [" the", " iterator", " tokenization", " thunderstorm", " blorptastic", " λόγος"];
/// Two sentences in two scripts (Universal Declaration of Human Rights, article 1).
const ENGLISH: &str = "All human beings are born free and equal in dignity and rights. They are \
    endowed with reason and conscience and should act towards one another in a spirit of \
    brotherhood.";
/// The same in Greek.
const GREEK: &str = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα \
    δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται \
    μεταξύ τους με πνεύμα αδελφοσύνης.";
/// Sentences of the toy world, another kind of English.
const TOY_SENTENCES: usize = 2000;
/// Words that count as common: the most frequent ones.
const COMMON: usize = 100;
/// Ratios of whole numbers, the same everywhere but for the last digit of a number on paper.
const BAND: f64 = 1e-9;

/// What is trained on and what is kept apart.
struct Texts {
    seen: Vec<String>,
    unseen: Vec<String>,
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
    say_paper(&mut report);
    let texts = texts(run.seed)?;
    let largest = Bpe::train(&texts.seen, LARGEST);
    let vocabularies: Vec<Bpe> = SIZES.iter().map(|&size| largest.with_vocab(size)).collect();
    say_merges(&mut report, &largest);
    say_words(&mut report, &vocabularies);
    say_sizes(&mut report, &vocabularies, &texts);
    say_wordpiece(&mut report, &largest.with_vocab(MIDDLE), &texts);
    report.figure(falling_apart(&vocabularies, &texts));
    report.figure(compression(&vocabularies, &texts));
    Ok(report)
}

/// A token that can be seen: the space as `_`, a byte that is no character alone as `<ce>`.
pub fn readable(token: &[u8]) -> String {
    let mut text = String::new();
    for chunk in token.utf8_chunks() {
        text.push_str(&chunk.valid().replace(' ', "_").escape_debug().to_string());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("<{byte:02x}>")));
    }
    text
}

/// What a text falls into, with a bar between tokens.
fn split(bpe: &Bpe, text: &str) -> String {
    let tokens: Vec<String> =
        bpe.encode(text.as_bytes()).iter().map(|&id| readable(bpe.token(id))).collect();
    tokens.join("|")
}

/// Which sizes go in and which come out.
fn shapes() -> Figure {
    let steps = vec![
        Step::input("text", "bytes"),
        Step::new("pieces", "pieces, bytes of each", "cut at spaces, digits, signs", ["text"]),
        Step::new("byte IDs", "pieces, bytes of each", "one ID a byte, below 256", ["pieces"]),
        Step::input("merges", "vocab - 256, 2"),
        Step::new(
            "tokens",
            "pieces, tokens of each",
            "the merge learnt first, first",
            ["byte IDs", "merges"],
        ),
        Step::new("ids", "tokens", "piece after piece, in 0..vocab", ["tokens"]),
    ];
    let alt = "Sizes on the way from text to ids: [bytes] are cut into pieces, every byte is an \
        ID below 256, the vocab - 256 learnt pairs are merged inside each piece, and the pieces' \
        tokens in a row are the ids [tokens].";
    Figure::shapes("02-shapes", "From bytes to ids", alt, steps)
}

/// The worked example, merge by merge.
fn say_paper(report: &mut Report) {
    report.say(
        "Seven words: rain three times, train twice, trains, ran. Merge by merge, while a pair \
            comes twice:",
    );
    let all = Bpe::train(PAPER, BYTES + 4);
    let mut table = Table::new(["ID", "merged", "tokens left", "rain", "train", "trains", "ran"]);
    for size in BYTES..=all.vocab() {
        let bpe = all.with_vocab(size);
        let merged = bpe.merges().last().map_or(["-".into(), "bytes".into()], |&(a, b)| {
            [(size - 1).to_string(), [a, b].map(|id| readable(bpe.token(id))).join(" + ")]
        });
        let left: usize = PAPER.iter().map(|word| bpe.encode(word.as_bytes()).len()).sum();
        let words = ["rain", "train", "trains", "ran"].map(|word| split(&bpe, word));
        table.row(merged.into_iter().chain([left.to_string()]).chain(words));
    }
    report.table(&table);
    report.say(format!(
        "Words it never saw: {}, {}.",
        split(&all, "strain"),
        split(&all, "drains")
    ));
    report.say("");
}

/// The docs corpus in two parts, and another kind of text.
fn texts(seed: u64) -> Result<Texts> {
    let mut passages = Corpus::Docs.passages()?;
    let seen = take(&mut passages, SEEN)?;
    let unseen = take(&mut passages, UNSEEN)?;
    let toy =
        World::sentences(seed).take(TOY_SENTENCES).map(|sentence| sentence.to_string()).collect();
    Ok(Texts { seen, unseen, toy })
}

/// Passages of `bytes` together; fewer at the end of the corpus.
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

fn say_merges(report: &mut Report, bpe: &Bpe) {
    const FIRST: usize = 20;
    let made = |ids: std::ops::Range<usize>| {
        ids.map(|id| readable(bpe.token(id as u32))).collect::<Vec<_>>().join(" ")
    };
    report.say(format!(
        "The first {FIRST} tokens learnt from {SEEN} bytes of documentation (_ is the space):"
    ));
    report.say(format!("  {}", made(BYTES..BYTES + FIRST)));
    report.say("and the last ones before 2000 and 8000:");
    report.say(format!("  {}", made(MIDDLE - 8..MIDDLE)));
    report.say(format!("  {}", made(LARGEST - 8..LARGEST)));
    report.say("");
}

fn say_words(report: &mut Report, vocabularies: &[Bpe]) {
    report.say("How words fall apart, where a larger vocabulary changes something:");
    let mut table = Table::new(["word", "vocabulary", "tokens", "they are"]);
    for word in WORDS {
        let mut before = String::new();
        for bpe in vocabularies {
            let now = split(bpe, word);
            if now != before {
                let tokens = bpe.encode(word.as_bytes()).len();
                table.row([
                    word.trim().into(),
                    bpe.vocab().to_string(),
                    tokens.to_string(),
                    now.clone(),
                ]);
            }
            before = now;
        }
    }
    report.table(&table);
}

fn say_sizes(report: &mut Report, vocabularies: &[Bpe], texts: &Texts) {
    let words: usize = texts.unseen.iter().map(|text| text.split_whitespace().count()).sum();
    report.say(
        "On documentation that was not trained on, and on the same two sentences in English and \
            in Greek:",
    );
    let mut table =
        Table::new(["vocabulary", "tokens a word", "bytes a token", "English", "Greek", "ratio"]);
    for bpe in vocabularies {
        let [english, greek] = [ENGLISH, GREEK].map(|text| bpe.encode(text.as_bytes()).len());
        table.row([
            bpe.vocab().to_string(),
            format!("{:.2}", tokens(bpe, &texts.unseen) as f64 / words as f64),
            format!("{:.2}", bytes_per_token(bpe, &texts.unseen)),
            english.to_string(),
            greek.to_string(),
            format!("{:.1}x", greek as f64 / english as f64),
        ]);
    }
    report.table(&table);
}

/// Both rules on the same strings: a token of BPE that opens with a space begins a word, any other
/// continues one.
fn say_wordpiece(report: &mut Report, bpe: &Bpe, texts: &Texts) {
    const ONE_IN: usize = 100; // of the words that differ, in alphabetical order, are shown
    let greedy = WordPiece::new(as_wordpiece(bpe));
    let words = words(&texts.unseen);
    let of_bpe = |word: &str| -> Vec<String> {
        let tokens =
            bpe.encode(format!(" {word}").as_bytes()).into_iter().map(|id| readable(bpe.token(id)));
        let mut tokens: Vec<String> = tokens.filter(|token| token != "_").collect();
        tokens.iter_mut().for_each(|token| *token = token.trim_start_matches('_').into());
        tokens
    };
    let of_wordpiece = |word: &str| -> Vec<String> {
        greedy
            .encode(word)
            .iter()
            .map(|&id| greedy.token(id).trim_start_matches("##").into())
            .collect()
    };
    let mut table = Table::new(["word", "BPE: learnt first, first", "WordPiece: longest first"]);
    let (mut differ, mut bpe_tokens, mut greedy_tokens) = (0, 0, 0);
    for word in words.keys() {
        let (merged, matched) = (of_bpe(word), of_wordpiece(word));
        (bpe_tokens, greedy_tokens) = (bpe_tokens + merged.len(), greedy_tokens + matched.len());
        if merged != matched {
            if differ % ONE_IN == 0 {
                table.row([word.to_string(), merged.join("|"), matched.join("|")]);
            }
            differ += 1;
        }
    }
    let mean = |tokens: usize| tokens as f64 / words.len() as f64;
    report.say(format!(
        "The same tokens (vocabulary {MIDDLE}) under both rules: they split {differ} of {} words \
            of unseen text differently.",
        words.len()
    ));
    report.say(format!(
        "Tokens a word: {:.3} merged, {:.3} matched.",
        mean(bpe_tokens),
        mean(greedy_tokens)
    ));
    report.table(&table);
}

/// BPE's tokens of letters as WordPiece writes them, and each letter in both places, so that no
/// word is unknown.
fn as_wordpiece(bpe: &Bpe) -> Vec<String> {
    let mut vocabulary = vec!["[UNK]".to_string()];
    for letter in ('a'..='z').map(String::from) {
        vocabulary.extend([format!("##{letter}"), letter]);
    }
    for id in BYTES..bpe.vocab() {
        let token = String::from_utf8_lossy(bpe.token(id as u32));
        let (begins, letters) =
            token.strip_prefix(' ').map_or((false, &*token), |letters| (true, letters));
        if letters.len() > 1 && letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
            vocabulary.push(if begins { letters.into() } else { format!("##{letters}") });
        }
    }
    vocabulary
}

/// The words of small letters that stand after a space, and how often.
fn words(texts: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for piece in texts.iter().flat_map(|text| pieces(text.as_bytes())) {
        if let [b' ', word @ ..] = piece
            && word.iter().all(u8::is_ascii_lowercase)
            && let Ok(word) = std::str::from_utf8(word)
        {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

fn falling_apart(vocabularies: &[Bpe], texts: &Texts) -> Figure {
    let (seen, unseen) = (words(&texts.seen), words(&texts.unseen));
    let mut by_count: Vec<(&str, usize)> =
        seen.iter().map(|(&word, &count)| (word, count)).collect();
    by_count.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let said = |times: std::ops::Range<usize>| -> Vec<&str> {
        by_count.iter().filter(|(_, count)| times.contains(count)).map(|&(word, _)| word).collect()
    };
    let common = by_count.iter().take(COMMON).map(|&(word, _)| word).collect();
    let never = unseen.keys().copied().filter(|word| !seen.contains_key(word)).collect();
    let line = |name: &str, words: Vec<&str>| {
        let mean = |bpe: &Bpe| {
            let tokens = words.iter().map(|word| bpe.encode(format!(" {word}").as_bytes()).len());
            tokens.sum::<usize>() as f64 / words.len() as f64
        };
        Line::new(name, vocabularies.iter().map(|bpe| (bpe.vocab() as f64, mean(bpe))))
    };
    let alt = "Tokens that a word falls into, over vocabularies of 256 to 8000. The hundred most \
        common words fall from between five and six tokens to one at 1000. Words said ten to a \
        hundred times get there at 8000. Words said once are still above two there, and words \
        that were never said end a little higher.";
    over_vocabulary(
        "02-falling-apart",
        "Common words become one token, rare ones stay in parts",
        alt,
        "tokens per word (mean)",
        vec![
            line("the 100 most common words", common),
            line("said 10 to 100 times", said(10..101)),
            line("said once", said(1..2)),
            line("never said in training", never),
        ],
    )
}

fn compression(vocabularies: &[Bpe], texts: &Texts) -> Figure {
    let greek = [GREEK.to_string()];
    let line = |name: &str, texts: &[String]| {
        let points =
            vocabularies.iter().map(|bpe| (bpe.vocab() as f64, bytes_per_token(bpe, texts)));
        Line::new(name, points)
    };
    let alt = "Bytes per token over vocabularies of 256 to 8000, all from 1 at 256. On the \
        documentation trained on and on unseen documentation the curves rise together to above \
        four. On the sentences of a toy world, another kind of English, the curve ends below \
        three; on Greek it stays at 1.";
    over_vocabulary(
        "02-bytes-per-token",
        "A large vocabulary is worth most on the kind of text it was learnt from",
        alt,
        "bytes per token",
        vec![
            line("documentation, trained on", &texts.seen),
            line("documentation, unseen", &texts.unseen),
            line("toy world", &texts.toy),
            line("Greek", &greek),
        ],
    )
}

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

fn tokens(bpe: &Bpe, texts: &[String]) -> usize {
    texts.iter().map(|text| bpe.encode(text.as_bytes()).len()).sum()
}

fn bytes_per_token(bpe: &Bpe, texts: &[String]) -> f64 {
    texts.iter().map(String::len).sum::<usize>() as f64 / tokens(bpe, texts) as f64
}
