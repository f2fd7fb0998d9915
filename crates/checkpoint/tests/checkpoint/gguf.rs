//! GGUF files: read as the Python package gguf reads them, or refused in one line.

use std::fs;
use std::path::PathBuf;

use checkpoint::gguf::blocks::q4_1;
use checkpoint::gguf::{Gguf, is_gguf};
use checkpoint::{CheckpointError, Weights};
use serde_json::json;

use crate::assert_says;

/// A recorded file (`tests/golden/make_gguf.py`).
fn golden(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/gguf")).join(name)
}

/// A file under construction, in the order in which it is read.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    /// A header of this many tensors and keys.
    fn header(tensors: u64, keys: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(3).u64(tensors).u64(keys)
    }

    fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn text(mut self, text: &str) -> Self {
        self = self.u64(text.len() as u64);
        self.0.extend(text.as_bytes());
        self
    }

    /// The description of a tensor of f32.
    fn tensor(self, name: &str, axes: &[u64], start: u64) -> Self {
        self.tensor_of(0, name, axes, start)
    }

    fn tensor_of(mut self, kind: u32, name: &str, axes: &[u64], start: u64) -> Self {
        self = self.text(name).u32(axes.len() as u32);
        for &axis in axes {
            self = self.u64(axis);
        }
        self.u32(kind).u64(start)
    }

    /// Data from the next multiple of 32 on.
    fn data(mut self, bytes: usize) -> Self {
        let start = self.0.len().next_multiple_of(32);
        self.0.resize(start + bytes, 0);
        self
    }

    fn open(self) -> Result<Gguf, CheckpointError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        fs::write(&path, self.0).unwrap();
        Gguf::open(&path)
    }
}

#[test]
fn every_type_of_block_has_the_bits_that_the_package_gguf_gives_it() {
    let file = Gguf::open(&golden("blocks.gguf")).unwrap();
    let expected = Weights::open(&golden("blocks.safetensors")).unwrap();
    let names: Vec<&str> = expected.names().collect();
    assert_eq!(names.len(), 9);
    for name in names {
        let bits = |weights: &Weights| -> Vec<u32> {
            let values = weights.values(name, &[3, 512]).unwrap();
            values.into_iter().map(f32::to_bits).collect()
        };
        assert_eq!(bits(&file.weights), bits(&expected), "{name}");
    }
}

#[test]
fn minus_one_a_half_two_and_six_and_a_half_are_quantised_by_hand() {
    // Scale 0.5 and minimum -1 as f16, then 0 and 3 and 6 and 15 in the lower halves of bytes.
    let mut block = [0; 20];
    block[..4].copy_from_slice(&[0x00, 0x38, 0x00, 0xbc]);
    block[4..8].copy_from_slice(&[0, 3, 6, 15]);
    assert_eq!(q4_1(&block)[..4], [-1.0, 0.5, 2.0, 6.5]);
}

#[test]
fn every_type_of_value_is_read() {
    let metadata = Gguf::open(&golden("blocks.gguf")).unwrap().metadata;
    for (key, value) in [
        ("uint8", json!(200)),
        ("int8", json!(-100)),
        ("uint16", json!(60_000)),
        ("int16", json!(-30_000)),
        ("uint32", json!(4_000_000_000_u32)),
        ("int32", json!(-2_000_000_000)),
        ("uint64", json!(1_u64 << 63)),
        ("int64", json!(-(1_i64 << 62))),
        ("float32", json!(f64::from(0.1_f32))),
        ("float64", json!(0.1)),
        ("bool", json!(true)),
        ("string", json!("Ġ łódź")),
        ("texts", json!(["a", "", "b c"])),
        ("numbers", json!([3, -1, 2])),
    ] {
        assert_eq!(metadata[&format!("test.{key}")], value, "{key}");
    }
}

#[test]
fn a_file_is_known_by_its_name_or_its_first_bytes() {
    assert!(is_gguf(&golden("blocks.gguf")));
    assert!(!is_gguf(&golden("blocks.safetensors")));
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("model");
    fs::copy(golden("blocks.gguf"), &other).unwrap();
    assert!(is_gguf(&other));
    fs::write(&other, "GG").unwrap();
    assert!(!is_gguf(&other));
}

#[test]
fn what_was_saved_in_the_place_of_a_file_is_named() {
    for (bytes, says) in [
        (&b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"[..], "git lfs pull"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (b"\x1f\x8b and so on", "unpack it"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.GGUF");
        fs::write(&path, bytes).unwrap();
        assert!(is_gguf(&path));
        assert_says(Gguf::open(&path), &["model.GGUF", "expected a GGUF file", says]);
    }
}

#[test]
fn an_axis_that_runs_fastest_stands_last() {
    let file = Bytes::header(1, 0).tensor("a", &[2, 3], 0).data(24).open().unwrap();
    assert_eq!(file.weights.shape("a"), Some(&[3, 2][..]));
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_anything_is_kept_for_it() {
    let huge = 1 << 63;
    let key = || Bytes::header(0, 1).text("k");
    for (file, says) in [
        (Bytes(b"GGUX".to_vec()), &["begins with GGUF"][..]),
        (Bytes(b"GGUF".to_vec()).u32(3).u32(0), &["tensors", "end of the file"]),
        (Bytes(b"GGUF".to_vec()).u32(1), &["version 2 or 3", "found 1"]),
        (Bytes(b"GGUF".to_vec()).u32(3_u32.swap_bytes()), &["little end", "big end"]),
        (Bytes::header(huge, 0), &["tensors", "9223372036854775808"]),
        (Bytes::header(0, huge), &["keys", "9223372036854775808"]),
        (Bytes::header(0, 1).u64(huge), &["a key", "9223372036854775808"]),
        (Bytes::header(0, 1).u64(2_000_000_000), &["a key", "2000000000"]),
        (Bytes::header(0, 1).text(""), &["a key", "0 bytes"]),
        (Bytes::header(0, 1).text("a\u{1b}[2J"), &["printable"]),
        (key().u32(8).u64(huge), &["k of at most", "9223372036854775808"]),
        (key().u32(13), &["a type of 0 to 12", "13"]),
        (key().u32(9).u32(8).u64(huge), &["values at \"k\"", "9223372036854775808"]),
        (key().u32(9).u32(9).u64(1).u32(9), &["no list of lists"]),
        (key().u32(7).u32(2), &["0 or 1"]),
        (key().u32(6).u32(f32::NAN.to_bits()), &["finite", "NaN"]),
        (Bytes::header(0, 2).text("k").u32(4).u32(1).text("k").u32(4).u32(1), &["once", "\"k\""]),
        (Bytes::header(1, 0).tensor("a", &[1; 5], 0), &["\"a\"", "rank of at most 4", "5"]),
        (Bytes::header(1, 0).tensor("a", &[huge, huge], 0), &["\"a\"", "F32"]),
        (Bytes::header(1, 0).tensor_of(10, "a", &[256], 0), &["\"a\"", "Q6_K", "found Q2_K"]),
        (Bytes::header(1, 0).tensor_of(99, "a", &[256], 0), &["\"a\"", "found type 99"]),
        (Bytes::header(1, 0).tensor_of(8, "a", &[33], 0), &["\"a\"", "whole blocks of 32", "[33]"]),
        (Bytes::header(1, 0).tensor("../a", &[1], 0), &["no path"]),
    ] {
        assert_says(file.open(), says);
    }
}

#[test]
fn a_tensors_place_lies_in_the_file_at_a_multiple_of_the_alignment_and_overlaps_no_other() {
    let one = |start| Bytes::header(1, 0).tensor("a", &[8], start);
    assert!(one(0).data(32).open().is_ok());
    assert_says(one(0).data(31).open(), &["\"a\"", "32 bytes of data", "31 bytes"]);
    assert_says(one(4).data(64).open(), &["\"a\"", "multiple of 32", "found 4"]);
    assert_says(one(u64::MAX - 31).data(64).open(), &["\"a\"", "32 bytes of data"]);
    let two = Bytes::header(2, 0).tensor("a", &[16], 0).tensor("b", &[8], 32).data(64);
    assert_says(two.open(), &["\"b\"", "overlap"]);
    let twice = Bytes::header(2, 0).tensor("a", &[8], 0).tensor("a", &[8], 32).data(64);
    assert_says(twice.open(), &["\"a\"", "once"]);
    let aligned = Bytes::header(1, 1).text("general.alignment").u32(4).u32(64);
    assert!(aligned.tensor("a", &[8], 64).data(256).open().is_ok());
    for odd in [0, 48] {
        let odd = Bytes::header(0, 1).text("general.alignment").u32(4).u32(odd);
        assert_says(odd.data(4).open(), &["a power of two", "general.alignment"]);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let whole = fs::read(golden("llama.gguf")).unwrap();
    for cut in (0..whole.len()).step_by(997) {
        assert_says(Bytes(whole[..cut].to_vec()).open(), &["model.gguf"]);
    }
}
