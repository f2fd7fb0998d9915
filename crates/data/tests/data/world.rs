//! The toy world.

use std::collections::{BTreeMap, BTreeSet};

use data::{Section, Sense, Tag, Topic, World};

#[test]
fn the_same_seed_says_the_same() {
    let say = |seed| World::sentences(seed).take(50).map(|s| s.to_string()).collect::<Vec<_>>();
    assert_eq!(say(7), say(7));
    assert_ne!(say(7), say(8));
    assert_eq!(
        World::sentences(7).take(3).map(|s| s.to_string()).collect::<Vec<_>>(),
        FIRST_OF_SEED_7
    );
}

/// Recorded: a change of the world or its dice changes every corpus made from it.
const FIRST_OF_SEED_7: [&str; 3] = [
    "The brother visits France.",
    "China is a small country.",
    "The cow can swim across the lake.",
];

#[test]
fn sentences_are_written_as_one_writes() {
    for sentence in World::sentences(1).take(3000) {
        let text = sentence.to_string();
        assert!(text.starts_with(char::is_uppercase) && text.ends_with('.'), "{text}");
        assert!(!text.contains("  ") && !text.contains(" .") && !text.contains('|'), "{text}");
        for name in ["france", "paris", " i "] {
            assert!(!text.contains(name), "{text}");
        }
    }
}

#[test]
fn the_vocabulary_is_what_the_sentences_say() {
    let said: BTreeSet<String> =
        World::sentences(2).take(40_000).flat_map(|s| s.words).map(|word| word.text).collect();
    let vocabulary: BTreeSet<String> = World::vocabulary().into_iter().map(String::from).collect();
    let unknown: Vec<_> = said.difference(&vocabulary).collect();
    let unsaid: Vec<_> = vocabulary.difference(&said).collect();
    assert!(unknown.is_empty() && unsaid.is_empty(), "unknown {unknown:?}, never said {unsaid:?}");
}

#[test]
fn the_textbooks_twelve_words_are_common() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in World::sentences(3).take(10_000).flat_map(|s| s.words) {
        *counts.entry(word.text).or_default() += 1;
    }
    for word in "cat dog fish apple orange banana run walk sprint france germany italy".split(' ') {
        assert!(
            counts.get(word).is_some_and(|&count| count >= 50),
            "{word}: {:?}",
            counts.get(word)
        );
    }
}

#[test]
fn every_word_but_the_two_faced_ones_has_one_tag() {
    let mut tags: BTreeMap<String, BTreeSet<Tag>> = BTreeMap::new();
    for word in World::sentences(4).take(20_000).flat_map(|s| s.words) {
        tags.entry(word.text).or_default().insert(word.tag);
    }
    let two: Vec<&str> =
        tags.iter().filter(|(_, tags)| tags.len() > 1).map(|(word, _)| word.as_str()).collect();
    assert_eq!(two, ["down", "to"]);
    for (word, tag) in [
        ("cat", Tag::Noun),
        ("france", Tag::Name),
        ("sprint", Tag::Verb),
        ("ran", Tag::Verb),
        ("happy", Tag::Adjective),
        ("the", Tag::Determiner),
        (".", Tag::Punctuation),
    ] {
        assert_eq!(tags[word], [tag].into(), "{word}");
    }
}

#[test]
fn a_bank_has_the_sense_of_its_topic() {
    let mut seen = BTreeMap::new();
    for sentence in World::sentences(5).take(5000) {
        for word in &sentence.words {
            match (word.text.as_str(), sentence.topic) {
                ("bank", Topic::Money) => assert_eq!(word.sense, Some(Sense::MoneyBank)),
                ("bank", Topic::River) => assert_eq!(word.sense, Some(Sense::RiverBank)),
                ("bank", other) => panic!("a bank in {other:?}: {sentence}"),
                _ => assert_eq!(word.sense, None),
            }
        }
        *seen.entry(sentence.topic).or_insert(0) += 1;
    }
    assert!(Topic::ALL.iter().all(|topic| seen[topic] > 400), "{seen:?}");
}

#[test]
fn analogies_are_made_of_words_that_are_said() {
    let vocabulary: BTreeSet<&str> = World::vocabulary().into_iter().collect();
    let sections = World::analogies();
    for Section { name, questions } in &sections {
        assert!(questions.len() >= 8 * 7, "{name}: {}", questions.len());
        assert!(
            questions.iter().flatten().all(|word| vocabulary.contains(word.as_str())),
            "{name}"
        );
        assert_eq!(questions.len(), questions.iter().collect::<BTreeSet<_>>().len());
    }
    let all: Vec<String> = sections
        .iter()
        .flat_map(|section| &section.questions)
        .map(|question| question.join(" "))
        .collect();
    for question in ["man woman king queen", "france paris germany berlin", "walk walked swim swam"]
    {
        assert!(all.iter().any(|asked| asked == question), "{question}");
    }
}

#[test]
fn habits_use_no_word_that_the_sentences_do_not() {
    let vocabulary: BTreeSet<&str> = World::vocabulary().into_iter().collect();
    for sentence in World::habits(6).take(3000) {
        assert!(
            sentence.words.iter().all(|word| vocabulary.contains(word.text.as_str())),
            "{sentence}"
        );
    }
}

#[test]
fn a_habit_is_one_actions_or_one_couples() {
    let habits: Vec<String> = World::habits(6).take(5000).map(|s| s.to_string()).collect();
    let with =
        |part: &str| habits.iter().filter(|text| text.contains(part)).cloned().collect::<Vec<_>>();
    for (part, known_by_it) in
        [("over the wall", "jump"), ("feeds his horse", "prince"), ("paints her ship", "duchess")]
    {
        let found = with(part);
        assert!(found.len() > 20, "{part}");
        assert!(found.iter().all(|text| text.contains(known_by_it)), "{part}: {found:?}");
    }
    assert!(with(" his ").iter().all(|text| !text.contains("queen") && !text.contains("aunt")));
}

#[test]
fn paraphrases_say_one_feeling_in_two_words() {
    for (a, b) in World::paraphrases(6).take(200) {
        let feeling = |s: &data::Sentence| {
            s.words
                .iter()
                .find(|word| word.tag == Tag::Adjective)
                .map(|word| word.text.clone())
                .unwrap()
        };
        assert_ne!(feeling(&a), feeling(&b), "{a} {b}");
        assert_eq!((a.topic, b.topic), (Topic::Feelings, Topic::Feelings));
    }
}
