//! Mistakes in `role_ids`.

use inputs::Role;

/// As many as turns and not as tokens: there is nothing that the list could be added to.
pub fn one_for_each_turn(turns: &[(Role, usize)]) -> Vec<i64> {
    turns.iter().map(|&(role, _)| role.id()).collect()
}

/// The third turn needs a fourth row, and one speaker has another row each time.
pub fn the_number_of_the_turn_and_not_its_role(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for (turn, &(_, tokens)) in turns.iter().enumerate() {
        ids.extend(vec![turn as i64; tokens]);
    }
    ids
}

/// Two rows as for a pair of sentences: what the user types counts as much as the rules.
pub fn the_system_counted_with_the_user(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for &(role, tokens) in turns {
        ids.extend(vec![i64::from(role == Role::Assistant); tokens]);
    }
    ids
}

/// Rows counted from 1: the assistant has none in a table of three.
pub fn roles_counted_from_1(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for &(role, tokens) in turns {
        ids.extend(vec![role.id() + 1; tokens]);
    }
    ids
}

/// The turn that is being written has no roles yet, although its tokens are there.
pub fn the_last_turn_left_out(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for &(role, tokens) in turns.iter().take(turns.len().saturating_sub(1)) {
        ids.extend(vec![role.id(); tokens]);
    }
    ids
}

/// A turn without tokens has nothing to say, and every role after it is one place late.
pub fn one_for_a_turn_without_tokens(turns: &[(Role, usize)]) -> Vec<i64> {
    let mut ids = Vec::new();
    for &(role, tokens) in turns {
        ids.extend(vec![role.id(); tokens.max(1)]);
    }
    ids
}
