//! Whose a token is: the first or the second sentence of a pair, or the role that speaks in a chat.

/// Segment of `[CLS]`, the first sentence and the `[SEP]` after it.
const FIRST: i64 = 0;
/// Segment of the second sentence and the `[SEP]` after it.
const SECOND: i64 = 1;

// ANCHOR: roles
/// Who speaks in a chat. Each role is a row of a segment table of [`Role::COUNT`] rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The system, which sets the rules.
    System,
    /// The user, who asks.
    User,
    /// The assistant, which answers.
    Assistant,
}

impl Role {
    /// How many roles there are: the rows that their table needs.
    pub const COUNT: usize = 3;

    /// The role's row in the segment table.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// The role's name in a chat: `system`, `user` or `assistant`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}
// ANCHOR_END: roles

/// Segments of `[CLS] A [SEP] B [SEP]`, or of `[CLS] A [SEP]` when there is no second sentence
/// (Devlin et al. 2019, section 3, figure 2).
///
/// `first` and `second` are the sentences' numbers of tokens without the special ones; the result
/// counts those too: `first + 2` zeros, then `second + 1` ones.
// ANCHOR: segment_ids
pub fn segment_ids(first: usize, second: Option<usize>) -> Vec<i64> {
    let (cls, sep) = (1, 1);
    let mut segments = vec![FIRST; cls + first + sep];
    if let Some(second) = second {
        segments.extend(vec![SECOND; second + sep]);
    }
    segments
}
// ANCHOR_END: segment_ids

/// Roles of the tokens of a chat: the role of a turn, as often as the turn has tokens.
// ANCHOR: role_ids
pub fn role_ids(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for &(role, tokens) in turns {
        ids.extend(vec![role.id(); tokens]);
    }
    ids
}
// ANCHOR_END: role_ids
