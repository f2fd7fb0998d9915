//! Mistakes in `Bpe::decode`.

use subwords::{BYTES, Bpe};

/// A character that lies in two tokens becomes two replacement characters, and is gone.
pub fn each_token_made_text_by_itself(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut text = String::new();
    for &id in ids {
        text.push_str(&String::from_utf8_lossy(this.token(id)));
    }
    text.into_bytes()
}

/// Half a character at the end, as a model that writes token by token leaves it, does not come
/// back.
pub fn all_of_it_made_valid_text(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &id in ids {
        bytes.extend_from_slice(this.token(id));
    }
    String::from_utf8_lossy(&bytes).into_owned().into_bytes()
}

/// Tokens bring their spaces along; a token is no word.
pub fn a_space_between_tokens(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if place > 0 {
            bytes.push(b' ');
        }
        bytes.extend_from_slice(this.token(id));
    }
    bytes
}

/// The first 256 IDs are the bytes, and not in the order of the bytes: ID 0 is "!".
pub fn ids_below_256_taken_for_bytes(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &id in ids {
        if (id as usize) < BYTES {
            bytes.push(id as u8);
        } else {
            bytes.extend_from_slice(this.token(id));
        }
    }
    bytes
}

/// True of visible ASCII, so that English words come back and their spaces do not.
pub fn ids_below_256_taken_for_bytes_from_33_on(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &id in ids {
        if (id as usize) < BYTES {
            bytes.push((id as u8).wrapping_add(33));
        } else {
            bytes.extend_from_slice(this.token(id));
        }
    }
    bytes
}

/// A model with another vocabulary is not noticed: its text only has holes.
pub fn an_id_outside_the_vocabulary_left_out(this: &Bpe, ids: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &id in ids {
        if (id as usize) < this.vocab() {
            bytes.extend_from_slice(this.token(id));
        }
    }
    bytes
}
