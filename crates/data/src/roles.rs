//! What a column of a table may be, and the names that it has then.

use std::ops::RangeInclusive;

/// What a column is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A text.
    Text,
    /// What a text is.
    Label,
    /// The first of two texts.
    First,
    /// The second of two texts.
    Second,
    /// How alike the two are, a number.
    Score,
    /// A text that does not belong to the first.
    Other,
}

impl Role {
    /// The names that such a column has, in small letters and without anything between them; the
    /// first is how it is called here.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            Role::Text => &[
                "text",
                "texts",
                "sentence",
                "sentences",
                "review",
                "content",
                "comment",
                "tweet",
                "message",
                "document",
                "utterance",
                "headline",
                "description",
                "title",
                "query",
                "question",
                "passage",
                "body",
                "word",
                "words",
            ],
            Role::Label => &[
                "label",
                "labels",
                "class",
                "category",
                "sentiment",
                "target",
                "intent",
                "topic",
                "emotion",
                "genre",
                "rating",
                "stars",
                "goldlabel",
                "tag",
                "polarity",
            ],
            Role::First => &[
                "sentence1",
                "anchor",
                "query",
                "question",
                "text1",
                "sentencea",
                "premise",
                "question1",
                "s1",
                "texta",
                "source",
                "string1",
                "sent1",
            ],
            Role::Second => &[
                "sentence2",
                "positive",
                "pos",
                "answer",
                "text2",
                "sentenceb",
                "hypothesis",
                "question2",
                "s2",
                "textb",
                "passage",
                "document",
                "string2",
                "sent2",
            ],
            Role::Score => &[
                "score",
                "similarity",
                "similarityscore",
                "rating",
                "relatednessscore",
                "label",
                "labels",
                "stsscore",
                "goldscore",
            ],
            Role::Other => &["negative", "neg", "hardnegative", "negative1"],
        }
    }

    pub(crate) fn is_named(self, name: &str) -> bool {
        self.names().contains(&plain(name).as_str())
    }

    pub(crate) fn is_text(self) -> bool {
        !matches!(self, Role::Label | Role::Score)
    }
}

/// What a table is read as.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Columns in their usual order.
    pub(crate) roles: &'static [Role],
    /// How many of them every table has.
    pub(crate) needed: usize,
    /// What a row should hold.
    pub(crate) expected: &'static str,
    /// Names by which a user says what the columns are.
    pub(crate) names: &'static str,
}

impl Kind {
    pub(crate) fn widths(&self) -> RangeInclusive<usize> {
        self.needed..=self.roles.len()
    }
}

/// A name as it is compared: small letters and digits alone.
pub(crate) fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a cell may be a name: one word, and no number.
pub(crate) fn is_one_word(cell: &str) -> bool {
    const LONGEST: usize = 40;
    !cell.is_empty()
        && cell.chars().count() <= LONGEST
        && !cell.contains(char::is_whitespace)
        && !is_number(cell)
        && cell.contains(char::is_alphanumeric)
}

pub(crate) fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(f64::is_finite)
}
