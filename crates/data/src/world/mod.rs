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
    /// Noun: cat, river.
    Noun,
    /// Proper name: france, berlin, italian.
    Name,
    /// Verb: runs, is, can.
    Verb,
    /// Adjective: sweet, happy.
    Adjective,
    /// Adverb: yesterday, slowly.
    Adverb,
    /// Pronoun: she, we.
    Pronoun,
    /// Determiner: the, his.
    Determiner,
    /// Preposition: in, along.
    Preposition,
    /// Conjunction: and, because.
    Conjunction,
    /// not, the "to" of "wants to run"
    Particle,
    /// Punctuation: the period.
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
    /// All topics.
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

/// Meanings of the word "bank".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// Where money is kept.
    MoneyBank,
    /// The land beside a river.
    RiverBank,
}

/// A word where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Word in lower case.
    pub text: String,
    /// Part of speech that it is here: "down" is an adjective in "I feel down", else an adverb.
    pub tag: Tag,
    /// Meaning that it has here, for the one word here that has two.
    pub sense: Option<Sense>,
}

/// A sentence: its words, the last one a period. Displayed as one would write it:
/// `The cat lives in the house.`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Words from left to right.
    pub words: Vec<Word>,
    /// Topic that it is about.
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
        let mut feelings = Vec::new();
        for (words, _) in &FEELINGS {
            let mut untagged = Vec::new();
            for &word in *words {
                untagged.push(word.split('|').next().unwrap_or(word));
            }
            feelings.push(untagged);
        }
        feelings
    }

    /// Every word there is, in alphabetical order.
    pub fn vocabulary() -> Vec<&'static str> {
        LEXICON.keys().copied().collect()
    }

    /// Words that are one of a kind, by kind.
    pub fn kinds() -> Vec<(&'static str, Vec<&'static str>)> {
        let mut people = Vec::new();
        for couples in [&ROYALS[..], &FAMILY] {
            for &(he, she) in couples {
                people.extend([he, she]);
            }
        }
        vec![
            ("animals", ANIMALS.map(|(animal, ..)| animal).to_vec()),
            ("fruit", FRUITS.map(|(fruit, _)| fruit).to_vec()),
            ("people", people),
            ("jobs", JOBS.map(|(job, ..)| job).to_vec()),
            ("countries", COUNTRIES.map(|(country, ..)| country).to_vec()),
            ("capitals", COUNTRIES.map(|(_, capital, _)| capital).to_vec()),
            ("languages", COUNTRIES.map(|(.., language)| language).to_vec()),
            ("verbs", ACTIONS.map(|[base, ..]| base).to_vec()),
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

/// Questions of every pair with every other.
fn questions(name: &str, pairs: &[[&str; 2]]) -> Section {
    let mut questions = Vec::new();
    for &[a, b] in pairs {
        for &[c, answer] in pairs {
            if c != a {
                questions.push([a, b, c, answer].map(String::from));
            }
        }
    }
    Section { name: name.into(), questions }
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
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            words.push(tagged(word, topic));
        }
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
    for (tag, words) in OTHERS {
        add(&mut lexicon, tag, words);
    }
    for (animal, ..) in ANIMALS {
        add(&mut lexicon, Tag::Noun, animal);
    }
    for (fruit, colour) in FRUITS {
        add(&mut lexicon, Tag::Noun, fruit);
        add(&mut lexicon, Tag::Adjective, colour);
    }
    for (job, does, ..) in JOBS {
        add(&mut lexicon, Tag::Noun, job);
        add(&mut lexicon, Tag::Verb, does);
    }
    for (country, capital, language) in COUNTRIES {
        for name in [country, capital, language] {
            add(&mut lexicon, Tag::Name, name);
        }
    }
    for couples in [&ROYALS[..], &FAMILY] {
        for &(he, she) in couples {
            add(&mut lexicon, Tag::Noun, he);
            add(&mut lexicon, Tag::Noun, she);
        }
    }
    for verbs in [ACTIONS.as_flattened(), &EATING, &BANKING] {
        for verb in verbs {
            add(&mut lexicon, Tag::Verb, verb);
        }
    }
    for (feelings, _) in FEELINGS {
        for feeling in feelings {
            if !feeling.contains('|') {
                add(&mut lexicon, Tag::Adjective, feeling);
            }
        }
    }
    for adjectives in [&TASTES[..], &SHORES] {
        for adjective in adjectives {
            add(&mut lexicon, Tag::Adjective, adjective);
        }
    }
    lexicon
});

/// Gives every word of a text a tag, in place of one that it had.
fn add(lexicon: &mut BTreeMap<&'static str, Tag>, tag: Tag, text: &'static str) {
    for word in text.split_whitespace() {
        lexicon.insert(word, tag);
    }
}

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
