//! A small world, and plain English sentences about it.
//!
//! Everything a sentence says follows from a few tables (who lives where, which city is whose
//! capital), so a model that reads enough of them can learn the tables back, and a test can ask
//! whether it did.

mod topics;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use crate::Section;
use words::{
    ACTIONS, ANIMALS, BANKING, COUNTRIES, EATING, FAMILY, FEELINGS, FRUITS, JOBS, OTHERS, ROYALS,
    SHORES, TASTES,
};

/// What kind of word one is, after the universal part-of-speech tags (Petrov et al. 2012).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// cat, river
    Noun,
    /// france, berlin, italian
    Name,
    /// runs, is, can
    Verb,
    /// sweet, happy
    Adjective,
    /// yesterday, slowly
    Adverb,
    /// she, we
    Pronoun,
    /// the, his
    Determiner,
    /// in, along
    Preposition,
    /// and, because
    Conjunction,
    /// not, the "to" of "wants to run"
    Particle,
    /// .
    Punctuation,
}

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Where animals live and what they eat.
    Animals,
    /// Fruit, bought and eaten.
    Food,
    /// People at work.
    Work,
    /// Countries, capitals, languages.
    Travel,
    /// Kings, queens and families.
    People,
    /// Running, walking, sprinting.
    Motion,
    /// Happy, sad, and why.
    Feelings,
    /// The bank that keeps money.
    Money,
    /// The bank that a river flows past.
    River,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 9] = [
        Topic::Animals,
        Topic::Food,
        Topic::Work,
        Topic::Travel,
        Topic::People,
        Topic::Motion,
        Topic::Feelings,
        Topic::Money,
        Topic::River,
    ];
}

/// Which "bank".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// Where money is kept.
    MoneyBank,
    /// Beside a river.
    RiverBank,
}

/// A word where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// In lower case.
    pub text: String,
    /// What kind of word it is here: "down" is an adjective in "I feel down", else an adverb.
    pub tag: Tag,
    /// Which of its meanings, for the one word here that has two.
    pub sense: Option<Sense>,
}

/// A sentence: its words, the last one a period. Displayed as one would write it:
/// `The cat lives in the house.`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// From left to right.
    pub words: Vec<Word>,
    /// What it is about.
    pub topic: Topic,
}

/// The world; see [`World::sentences`].
#[derive(Debug, Clone, Copy)]
pub struct World;

impl World {
    /// Sentences without end, about all topics in turn of chance. The same seed gives the same
    /// sentences on every machine.
    pub fn sentences(seed: u64) -> Sentences {
        Sentences { dice: Dice(seed) }
    }

    /// Pairs of sentences that say the same feeling in other words, without end.
    pub fn paraphrases(seed: u64) -> impl Iterator<Item = (Sentence, Sentence)> {
        let mut dice = Dice(seed);
        std::iter::repeat_with(move || topics::paraphrase(&mut dice))
    }

    /// Sentences without end about what one action or one couple is known by, in words of
    /// [`World::sentences`]: there every action goes everywhere and every couple does the same, so
    /// that nothing tells `walk` from `march` or `uncle` from `father`.
    pub fn habits(seed: u64) -> impl Iterator<Item = Sentence> {
        let mut dice = Dice(seed);
        std::iter::repeat_with(move || topics::habit(&mut dice))
    }

    /// Words for each of five feelings.
    pub fn feelings() -> Vec<Vec<&'static str>> {
        let word = |word: &&'static str| word.split('|').next().unwrap_or(word);
        FEELINGS.iter().map(|(words, _)| words.iter().map(word).collect()).collect()
    }

    /// Every word there is, in alphabetical order.
    pub fn vocabulary() -> Vec<&'static str> {
        LEXICON.keys().copied().collect()
    }

    /// Words that are one of a kind, by kind.
    pub fn kinds() -> Vec<(&'static str, Vec<&'static str>)> {
        let of_countries =
            |part: fn(&(&'static str, &'static str, &'static str)) -> &'static str| {
                COUNTRIES.iter().map(part).collect()
            };
        vec![
            ("animals", ANIMALS.iter().map(|&(animal, ..)| animal).collect()),
            ("fruit", FRUITS.iter().map(|&(fruit, _)| fruit).collect()),
            ("people", ROYALS.iter().chain(&FAMILY).flat_map(|&(he, she)| [he, she]).collect()),
            ("jobs", JOBS.iter().map(|&(job, ..)| job).collect()),
            ("countries", of_countries(|country| country.0)),
            ("capitals", of_countries(|country| country.1)),
            ("languages", of_countries(|country| country.2)),
            ("verbs", ACTIONS.iter().map(|[base, ..]| *base).collect()),
        ]
    }

    /// Questions of the form "a is to b as c is to what?", in sections.
    pub fn analogies() -> Vec<Section> {
        let capitals = COUNTRIES.map(|(country, capital, _)| [country, capital]);
        let languages = COUNTRIES.map(|(country, _, language)| [country, language]);
        let (royals, family) = (ROYALS.map(<[_; 2]>::from), FAMILY.map(<[_; 2]>::from));
        let past = ACTIONS.map(|[base, _, past, _]| [base, past]);
        let lasting = ACTIONS.map(|[base, _, _, lasting]| [base, lasting]);
        vec![
            questions("man-woman", &[&royals[..], &family[..]].concat()),
            questions("country-capital", &capitals),
            questions("country-language", &languages),
            questions("verb-past", &past),
            questions("verb-ing", &lasting),
        ]
    }
}

/// Every pair with every other.
fn questions(name: &str, pairs: &[[&str; 2]]) -> Section {
    let others = |[a, b]: [&str; 2]| {
        let others = pairs.iter().filter(|pair| pair[0] != a);
        others.map(|&[c, answer]| [a, b, c, answer].map(String::from)).collect::<Vec<_>>()
    };
    Section { name: name.into(), questions: pairs.iter().flat_map(|&pair| others(pair)).collect() }
}

/// Sentences without end; see [`World::sentences`].
#[derive(Debug, Clone)]
pub struct Sentences {
    dice: Dice,
}

impl Iterator for Sentences {
    type Item = Sentence;

    fn next(&mut self) -> Option<Sentence> {
        let topic = *self.dice.pick(&Topic::ALL);
        Some(topics::about(topic, &mut self.dice))
    }
}

impl Sentence {
    /// `text` as tagged words: `word|tag` gives a word another tag than the lexicon's.
    fn tagged(text: &str, topic: Topic) -> Self {
        let mut words: Vec<Word> =
            text.split_whitespace().map(|word| tagged(word, topic)).collect();
        words.push(Word { text: ".".into(), tag: Tag::Punctuation, sense: None });
        Self { words, topic }
    }
}

fn tagged(word: &str, topic: Topic) -> Word {
    let (text, tag) = match word.split_once('|') {
        Some((text, "adjective")) => (text, Tag::Adjective),
        Some((text, _)) => (text, Tag::Particle),
        None => (word, LEXICON.get(word).copied().unwrap_or(Tag::Noun)),
    };
    let sense = match (text, topic) {
        ("bank", Topic::Money) => Some(Sense::MoneyBank),
        ("bank", Topic::River) => Some(Sense::RiverBank),
        _ => None,
    };
    Word { text: text.into(), tag, sense }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Word { text, tag, .. }) in self.words.iter().enumerate() {
            let space = if i == 0 || *tag == Tag::Punctuation { "" } else { " " };
            let capital = i == 0 || *tag == Tag::Name || text == "i";
            let (first, rest) = text.split_at(if capital { 1 } else { 0 });
            write!(f, "{space}{}{rest}", first.to_uppercase())?;
        }
        Ok(())
    }
}

/// Each word's usual tag.
static LEXICON: LazyLock<BTreeMap<&'static str, Tag>> = LazyLock::new(|| {
    let mut lexicon = BTreeMap::new();
    let mut add = |tag, text: &'static str| {
        for word in text.split_whitespace() {
            lexicon.insert(word, tag);
        }
    };
    OTHERS.iter().for_each(|&(tag, words)| add(tag, words));
    ANIMALS.iter().for_each(|&(animal, ..)| add(Tag::Noun, animal));
    FRUITS.iter().for_each(|&(fruit, colour)| {
        add(Tag::Noun, fruit);
        add(Tag::Adjective, colour);
    });
    JOBS.iter().for_each(|&(job, does, ..)| {
        add(Tag::Noun, job);
        add(Tag::Verb, does);
    });
    COUNTRIES.iter().for_each(|&(country, capital, language)| {
        [country, capital, language].into_iter().for_each(|name| add(Tag::Name, name));
    });
    ROYALS
        .iter()
        .chain(&FAMILY)
        .for_each(|&(he, she)| [he, she].into_iter().for_each(|noun| add(Tag::Noun, noun)));
    ACTIONS.iter().flatten().chain(&EATING).chain(&BANKING).for_each(|verb| add(Tag::Verb, verb));
    let feelings = FEELINGS
        .iter()
        .flat_map(|(feelings, _)| *feelings)
        .filter(|feeling| !feeling.contains('|'));
    feelings.chain(&TASTES).chain(&SHORES).for_each(|adjective| add(Tag::Adjective, adjective));
    lexicon
});

/// SplitMix64 (Steele et al. 2014, figure 16): random enough for a toy, and the same on every
/// machine for ever.
#[derive(Debug, Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
