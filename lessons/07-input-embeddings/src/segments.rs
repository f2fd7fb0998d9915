//! Whose a token is: the first or the second sentence of a pair, or the role that speaks in a chat.

/// Segment of `[CLS]`, the first sentence and the `[SEP]` after it.
const FIRST: i64 = 0;
/// Segment of the second sentence and the `[SEP]` after it.
const SECOND: i64 = 1;

// ANCHOR: roles
/// Who speaks in a chat. Each role is a row of a segment table of [`Role::COUNT`] rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sets the rules.
    System,
    /// Asks.
    User,
    /// Answers.
    Assistant,
}

impl Role {
    /// How many roles there are: the rows that their table needs.
    pub const COUNT: usize = 3;

    /// The role's row in the table.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// `system`, `user` or `assistant`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}
// ANCHOR_END: roles

// ANCHOR: segment_ids
/// Segments of `[CLS] A [SEP] B [SEP]`, or of `[CLS] A [SEP]` when there is no second sentence
/// (Devlin et al. 2019, section 3, figure 2).
///
/// `first` and `second` are the sentences' numbers of tokens without the special ones; the answer
/// counts those too: `first + 2` zeros, then `second + 1` ones.
pub fn segment_ids(first: usize, second: Option<usize>) -> Vec<i64> {
    let (cls, sep) = (1, 1);
    let mut segments = vec![FIRST; cls + first + sep];
    if let Some(second) = second {
        segments.extend(vec![SECOND; second + sep]);
    }
    segments
}
// ANCHOR_END: segment_ids

// ANCHOR: role_ids
/// The role of every token of a chat: each turn's role once a token of it.
pub fn role_ids(turns: &[(Role, usize)]) -> Vec<i64> {
    turns.iter().flat_map(|&(role, tokens)| vec![role.id(); tokens]).collect()
}
// ANCHOR_END: role_ids
