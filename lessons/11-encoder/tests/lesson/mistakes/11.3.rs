//! Mistakes in `mask_tokens`.

use encoder::pretraining::{Masked, Special};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// As the lesson has them.
const GUESSED: f64 = 0.15;
const MASKED: f64 = 0.8;
const RANDOM: f64 = 0.1;

/// Of ten tokens one is guessed and not two: short texts teach half as much.
pub fn the_number_to_guess_rounded_down(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED) as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// A text of three tokens has nothing to guess, and the mean over nothing is NaN.
pub fn a_short_text_has_nothing_to_guess(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate((ids.len() as f64 * GUESSED).round() as usize);
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// `[CLS]` and `[SEP]` are easy to guess: the loss falls, and nothing is learned by it.
pub fn special_tokens_guessed_too(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for place in 0..ids.len() {
        places.push(place);
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// Four in five targets are the id of `[MASK]`. The model learns to say `[MASK]`, and its loss is
/// wonderful.
pub fn the_target_is_what_is_seen(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
        targets.push((place, seen[place]));
    }
    Masked { ids: seen, targets }
}

/// No text that the model is used on contains `[MASK]`, and no other token is ever asked about.
pub fn the_mask_every_time(ids: &[u32], special: Special, vocab: u32, rng: &mut StdRng) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        seen[place] = special.mask;
        let _ = (vocab, &mut *rng, MASKED, RANDOM);
    }
    Masked { ids: seen, targets }
}

/// The mean is right, and some texts have nothing to guess.
pub fn every_token_by_its_own_die(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.retain(|_| rng.random::<f64>() < GUESSED);
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// A random token may then be `[PAD]` or `[CLS]`, which no text has in its middle.
pub fn a_random_id_may_be_a_special_one(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(0..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// A tenth of what the first draw left are 2 % and not 10 %.
pub fn a_second_draw_for_the_random_word(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        if rng.random::<f64>() < MASKED {
            seen[place] = special.mask;
        } else if rng.random::<f64>() < RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// Now and then a place comes twice, and one token less is guessed.
pub fn a_place_may_be_drawn_twice(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    let guessed = ((ids.len() as f64 * GUESSED).round() as usize).max(1);
    let words = places.clone();
    places.truncate(guessed);
    for place in &mut places {
        *place = words[rng.random_range(0..words.len())];
    }
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// The rest of a text is never asked about: the model learns how texts begin.
pub fn always_the_first_words_of_the_text(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// Of a run of holes the neighbours are gone as well, from which a word could be guessed.
pub fn neighbouring_words_from_a_random_start(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    let guessed = ((ids.len() as f64 * GUESSED).round() as usize).clamp(1, places.len());
    let first = rng.random_range(0..=places.len() - guessed);
    let places = places[first..first + guessed].to_vec();
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// The shares are right over many texts. In one, either all the guesses are holes or none is.
pub fn one_die_for_all_places_of_a_text(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    let draw = rng.random::<f64>();
    for place in places {
        targets.push((place, ids[place]));
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = rng.random_range(special.first_word..vocab);
        }
    }
    Masked { ids: seen, targets }
}

/// Such a word fits the text, and most of the vocabulary is never seen where it does not belong.
pub fn the_random_word_taken_from_the_same_text(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    let words = places.clone();
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = ids[words[rng.random_range(0..words.len())]];
        }
    }
    let _ = vocab;
    Masked { ids: seen, targets }
}

/// The model learns that one word is always a fault, and to trust all others.
pub fn the_first_word_of_the_vocabulary_for_every_random_one(
    ids: &[u32],
    special: Special,
    vocab: u32,
    rng: &mut StdRng,
) -> Masked {
    let mut places = Vec::new();
    for (place, &id) in ids.iter().enumerate() {
        if id >= special.first_word {
            places.push(place);
        }
    }
    places.shuffle(rng);
    places.truncate(((ids.len() as f64 * GUESSED).round() as usize).max(1));
    let mut seen = ids.to_vec();
    let mut targets = Vec::new();
    for place in places {
        targets.push((place, ids[place]));
        let draw = rng.random::<f64>();
        if draw < MASKED {
            seen[place] = special.mask;
        } else if draw < MASKED + RANDOM {
            seen[place] = special.first_word;
        }
    }
    let _ = vocab;
    Masked { ids: seen, targets }
}
