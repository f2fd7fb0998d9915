//! How a valid file is changed: by its bytes, and by what its bytes mean.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

/// Numbers at which readers go wrong, as they are written.
const NUMBERS: [&str; 20] = [
    "0",
    "-1",
    "1",
    "2",
    "-0.0",
    "0.5",
    "1e-400",
    "1e30",
    "1e309",
    "-1e309",
    "NaN",
    "Infinity",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
];

/// Texts at which readers go wrong: ends of lines and of texts, paths, patterns that take for ever
/// or more room than there is, counts.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{1b}[31m",
    "\u{2028}",
    "\u{301}",
    "👩‍👩‍👧",
    "../..",
    "/etc/passwd",
    "(a|a)*b",
    "(a+)+$",
    "(?=(a+))a*b\\1",
    "a{1000}{1000}",
    "(a{0,60000}){0,60000}",
    "\\p{L}{0,100000}x",
    "((((((((((a*)*)*)*)*)*)*)*)*)*)*b",
    "(",
    "$A:0 $B:1 $Z",
    "<0x41>",
    "\t",
    "NaN",
];

/// Bytes that a mutation of bytes writes in one piece.
const PIECES: [&[u8]; 10] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\n\n",
    b"\r",
    b"\t",
    b"\"",
    b"\x1f\x8b\x08",
    b"\x80\x02\x8a",
];

/// The largest file that a mutation makes, in bytes.
const LARGEST: usize = 1 << 20;
/// Stands around a text that the file holds as it is, without quotes.
const BARE: &str = "\u{1}";
/// Marks a key that stands in its object twice.
const TWICE: &str = "\u{2}";

/// Changes the bytes of the file called `name` once to three times. `others` are valid files of the
/// same kind, from which parts are taken over.
pub fn change(name: &str, bytes: &[u8], others: &[&[u8]], rng: &mut StdRng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..*[1, 1, 1, 2, 3].choose(rng).expect("a list") {
        let by_meaning = rng.random_bool(0.6);
        let meant = match name.rsplit_once('.') {
            Some((_, "json")) if by_meaning => change_json(&changed, others, rng),
            Some((_, "safetensors")) if by_meaning => change_safetensors(&changed, others, rng),
            _ => None,
        };
        changed = meant.unwrap_or_else(|| change_bytes(&changed, rng));
    }
    changed
}

/// A place in a file of `length` bytes, half of the time one near its beginning.
fn place(length: usize, rng: &mut StdRng) -> usize {
    let within = if rng.random_bool(0.5) { length.min(200) } else { length };
    rng.random_range(0..=within)
}

/// A stretch of bytes, mostly a short one.
fn stretch(length: usize, rng: &mut StdRng) -> std::ops::Range<usize> {
    let from = place(length, rng);
    let most = if rng.random_bool(0.8) { 16 } else { length };
    from..(from + rng.random_range(0..=most)).min(length)
}

fn change_bytes(bytes: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = place(bytes.len(), rng);
    match rng.random_range(0..10) {
        0 if at < bytes.len() => changed[at] ^= 1 << rng.random_range(0..8),
        1 if at < bytes.len() => changed[at] = rng.random(),
        2 => changed.truncate(rng.random_range(0..=bytes.len())),
        3 => drop(changed.drain(stretch(bytes.len(), rng))),
        4 => insert(&mut changed, at, PIECES.choose(rng).expect("a list")),
        5 => insert(&mut changed, at, TEXTS.choose(rng).expect("a list").as_bytes()),
        6 => {
            let mut random = vec![0; rng.random_range(1..64)];
            rng.fill_bytes(&mut random);
            insert(&mut changed, at, &random);
        }
        7 => {
            let part = bytes[stretch(bytes.len(), rng)].to_vec();
            let most = (LARGEST / part.len().max(1)).min(20_000);
            let times = if rng.random_bool(0.7) { 1 } else { rng.random_range(0..=most) };
            insert(&mut changed, at, &part.repeat(times));
        }
        8 => replace_number(&mut changed, rng),
        _ => {
            let number = [0_u64, 1, 1 << 31, u32::MAX.into(), 1 << 40, 1 << 63, u64::MAX];
            let number = number.choose(rng).expect("a list").to_le_bytes();
            let width = *[1, 2, 4, 8].choose(rng).expect("a list");
            let end = (at + width).min(bytes.len());
            changed[at..end].copy_from_slice(&number[..end - at]);
        }
    }
    changed
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

/// Writes another number in place of one that stands in the text.
fn replace_number(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let from = place(bytes.len(), rng);
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit) else { return };
    let start = from + start;
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = NUMBERS.choose(rng).expect("a list");
    bytes.splice(start..start + digits, number.bytes());
}

/// Changes the header of a safetensors file, whose length is kept right, or one of its numbers.
fn change_safetensors(bytes: &[u8], others: &[&[u8]], rng: &mut StdRng) -> Option<Vec<u8>> {
    let (header, data) = parts(bytes)?;
    if rng.random_bool(0.25) && data.len() >= 4 {
        let mut changed = bytes.to_vec();
        let number = [f32::NAN, f32::INFINITY, f32::MAX, 1e-45, -0.0];
        let number = number.choose(rng).expect("a list").to_le_bytes();
        let at = bytes.len() - data.len() + rng.random_range(0..data.len() / 4) * 4;
        changed[at..at + 4].copy_from_slice(&number);
        return Some(changed);
    }
    let mut headers = Vec::new();
    for other in others {
        headers.extend(parts(other).map(|(header, _)| header));
    }
    let header = change_json(header, &headers, rng)?;
    Some([&(header.len() as u64).to_le_bytes(), &header[..], data].concat())
}

/// The header of a safetensors file, and what follows it.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u64::from_le_bytes(*length) as usize)
}

/// Changes a JSON file at one place of its structure.
fn change_json(bytes: &[u8], others: &[&[u8]], rng: &mut StdRng) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let other = others.choose(rng).and_then(|other| serde_json::from_slice(other).ok());
    let donor = spot(&mut other.unwrap_or_else(|| value.clone()), rng).clone();
    let place = spot(&mut value, rng);
    change_value(place, donor, rng);
    Some(written(&value).into_bytes())
}

/// A random place of a value: the deeper, the rarer, however many there are of them.
fn spot<'a>(value: &'a mut Value, rng: &mut StdRng) -> &'a mut Value {
    let children = match value {
        Value::Object(map) => map.len(),
        Value::Array(list) => list.len(),
        _ => 0,
    };
    if children == 0 || rng.random_bool(0.15) {
        return value;
    }
    let number = rng.random_range(0..children);
    let child = match value {
        Value::Object(map) => map.values_mut().nth(number),
        Value::Array(list) => list.get_mut(number),
        _ => None,
    };
    spot(child.expect("one of the children"), rng)
}

fn change_value(value: &mut Value, donor: Value, rng: &mut StdRng) {
    if rng.random_bool(0.35) {
        *value = other_value(donor, rng);
        return;
    }
    match value {
        Value::Object(map) if !map.is_empty() => change_object(map, donor, rng),
        Value::Array(list) if !list.is_empty() => change_array(list, donor, rng),
        Value::Bool(flag) => *flag = !*flag,
        Value::Number(number) => {
            let near = number.as_i64().map(|number| json!(number.saturating_add(1)));
            *value = near.filter(|_| rng.random_bool(0.2)).unwrap_or_else(|| bare_number(rng));
        }
        Value::String(text) => change_text(text, rng),
        _ => *value = other_value(donor, rng),
    }
}

/// A value of any kind.
fn other_value(donor: Value, rng: &mut StdRng) -> Value {
    match rng.random_range(0..11) {
        0 => Value::Null,
        1 => json!(rng.random_bool(0.5)),
        2 => json!([]),
        3 => json!({}),
        4 => json!(TEXTS.choose(rng).expect("a list")),
        5 => json!("a".repeat(rng.random_range(1..LARGEST / 4))),
        6 => {
            let most = (LARGEST / donor.to_string().len()).clamp(1, 500);
            json!(vec![donor; rng.random_range(1..=most)])
        }
        7 => {
            let depth = *[20, 120, 5_000, 100_000].choose(rng).expect("a list");
            let (open, close) = *[("[", "]"), ("{'a':", "}")].choose(rng).expect("a list");
            let open = open.replace('\'', "\"");
            json!(format!("{BARE}{}1{}{BARE}", open.repeat(depth), close.repeat(depth)))
        }
        8 | 9 => donor,
        _ => bare_number(rng),
    }
}

/// A number as it is written, which JSON may not even know.
fn bare_number(rng: &mut StdRng) -> Value {
    json!(format!("{BARE}{}{BARE}", NUMBERS.choose(rng).expect("a list")))
}

fn change_object(map: &mut Map<String, Value>, donor: Value, rng: &mut StdRng) {
    let keys: Vec<String> = map.keys().cloned().collect();
    let key = keys.choose(rng).expect("an object with a key");
    let other = keys.choose(rng).expect("an object with a key");
    match rng.random_range(0..6) {
        0 => drop(map.remove(key)),
        1 => drop(map.insert(format!("{TWICE}{key}"), donor)),
        2 => drop(map.insert(format!("{key}x"), donor)),
        3 => drop(map.insert(key.clone(), donor)),
        4 => {
            let value = map.remove(key).unwrap_or_default();
            map.insert(TEXTS.choose(rng).expect("a list").to_string(), value);
        }
        _ => {
            let (first, second) = (map[key].clone(), map[other].clone());
            map.insert(key.clone(), second);
            map.insert(other.clone(), first);
        }
    }
}

fn change_array(list: &mut Vec<Value>, donor: Value, rng: &mut StdRng) {
    let at = rng.random_range(0..list.len());
    match rng.random_range(0..5) {
        0 => drop(list.remove(at)),
        1 => list.insert(at, donor),
        2 => {
            let again = list[at].clone();
            let most = (LARGEST / again.to_string().len()).clamp(1, 1000);
            list.extend(vec![again; rng.random_range(1..=most)]);
        }
        3 => list.truncate(at),
        _ => {
            let other = rng.random_range(0..list.len());
            list.swap(at, other);
        }
    }
}

/// Changes a text; one that is JSON itself, as metadata are, half of the time as JSON.
fn change_text(text: &mut String, rng: &mut StdRng) {
    let within = if text.starts_with(['{', '[']) && rng.random_bool(0.5) {
        change_json(text.as_bytes(), &[], rng)
    } else {
        None
    };
    *text = match within {
        Some(json) => String::from_utf8_lossy(&json).into_owned(),
        None => match rng.random_range(0..4) {
            0 => TEXTS.choose(rng).expect("a list").to_string(),
            1 => format!("{text}{}", TEXTS.choose(rng).expect("a list")),
            2 => text.repeat(rng.random_range(0..=(LARGEST / text.len().max(1)).min(1000))),
            _ => String::from_utf8_lossy(&change_bytes(text.as_bytes(), rng)).into_owned(),
        },
    };
}

/// A value as JSON, with what is marked as it was meant.
fn written(value: &Value) -> String {
    let text = value.to_string().replace("\"\\u0002", "\"");
    let mut written = String::new();
    let mut pieces = text.split("\"\\u0001");
    written.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (bare, rest) = piece.split_once("\\u0001\"").unwrap_or((piece, ""));
        written.push_str(&bare.replace("\\\"", "\""));
        written.push_str(rest);
    }
    written
}
