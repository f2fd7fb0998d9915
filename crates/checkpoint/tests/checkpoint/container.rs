//! What is not a safetensors file, or not a sound one, is refused by what it is.

use std::fs;

use proptest::prelude::*;

use crate::{assert_says, file, floats, golden_bert, model, open};

/// A file of this header and data is refused with these texts.
#[track_caller]
fn refused(bytes: &[u8], texts: &[&str]) {
    let folder = model(bytes);
    assert_says(open(folder.path()), texts);
    assert_says(open(folder.path()), &["model.safetensors"]);
}

const ONE: &str = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;

#[test]
fn a_sound_file_is_accepted() {
    let folder = model(&file(ONE, 8));
    let weights = open(folder.path()).unwrap();
    assert_eq!(weights.shape("a"), Some([2].as_slice()));
    assert_eq!(weights.dtype("a"), Some("F32"));
}

#[test]
fn spaces_after_the_header_and_metadata_are_accepted() {
    let header = format!("{{\"__metadata__\":{{\"format\":\"pt\"}},{}   ", &ONE[1..]);
    assert!(open(model(&file(&header, 8)).path()).is_ok());
}

#[test]
fn an_empty_file_is_named() {
    refused(b"", &["empty file", "fetch it again"]);
}

#[test]
fn seven_bytes_are_too_short() {
    refused(&[1; 7], &["expected at least 8 bytes, found 7"]);
}

#[test]
fn a_header_length_of_zero_is_refused() {
    refused(&[0; 64], &["expected a length of 1 to 16777216 bytes, found 0"]);
}

#[test]
fn a_header_longer_than_the_file_is_refused() {
    let mut bytes = 5_000u64.to_le_bytes().to_vec();
    bytes.extend(b"{}");
    refused(&bytes, &["expected 5000 bytes of header", "found 2"]);
}

#[test]
fn a_header_of_100_000_001_bytes_is_refused() {
    let mut bytes = 100_000_001u64.to_le_bytes().to_vec();
    bytes.resize(1000, b' ');
    refused(&bytes, &["found 100000001"]);
    let mut bytes = u64::MAX.to_le_bytes().to_vec();
    bytes.resize(1000, b' ');
    refused(&bytes, &["found 18446744073709551615"]);
}

#[test]
fn a_header_that_is_not_utf8_is_refused() {
    let mut bytes = file(ONE, 8);
    bytes[10] = 0xff;
    refused(&bytes, &["expected UTF-8", "position 2"]);
}

#[test]
fn a_json_array_is_refused() {
    refused(&file("[]", 0), &["expected a JSON object of tensors", "an object of tensors"]);
}

#[test]
fn ten_thousand_deep_nesting_is_refused() {
    let deep = "[".repeat(10_000);
    refused(&file(&deep, 0), &["expected a JSON object"]);
    refused(&file(&format!("{{\"a\":{deep}"), 0), &["tensor \"a\""]);
    refused(&file(&format!("{{\"__metadata__\":{deep}"), 0), &["__metadata__"]);
    refused(&file(&format!("{{\"a\":{{\"shape\":{deep}"), 0), &["invalid type"]);
    refused(&file(&"{\"a\":".repeat(10_000), 0), &["unknown field"]);
}

#[test]
fn overlapping_tensors_are_refused() {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    refused(&file(header, 12), &["\"b\"", "an overlap", "at byte 8"]);
    let same = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    refused(&file(same, 8), &["an overlap"]);
}

#[test]
fn a_hole_is_refused() {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#;
    refused(&file(header, 16), &["\"b\"", "a hole", "begins at 12"]);
    refused(&file(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8), &["a hole"]);
}

#[test]
fn trailing_bytes_are_refused() {
    refused(&file(ONE, 9), &["expected 8 bytes of data, found 9"]);
    refused(&file("{}", 1), &["expected 0 bytes of data, found 1"]);
    refused(&file(&format!("{ONE} x"), 8), &["trailing characters"]);
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = fs::read(golden_bert().join("model.safetensors")).unwrap();
    refused(&whole[..whole.len() - 1], &["tensor", "expected data up to byte"]);
    refused(&whole[..whole.len() / 2], &["tensor", "expected data up to byte"]);
    refused(&whole[..1000], &["bytes of header"]);
}

#[test]
fn reversed_offsets_are_refused() {
    refused(
        &file(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
        &["rise", "[8, 0]"],
    );
}

#[test]
fn offsets_that_are_no_numbers_are_refused() {
    for offsets in
        ["[-8,0]", "[0,8.5]", "[0]", "[0,8,16]", "[0,1e300]", "null", "[0,18446744073709551616]"]
    {
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}}}"#);
        refused(&file(&header, 8), &["tensor \"a\""]);
    }
}

#[test]
fn a_size_that_overflows_is_refused() {
    for shape in [
        "[4294967296,4294967296]",
        "[18446744073709551615,18446744073709551615]",
        "[9223372036854775807]",
    ] {
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[0,8]}}}}"#);
        refused(&file(&header, 8), &["\"a\"", "expected a size in whole bytes"]);
    }
}

#[test]
fn an_axis_of_zero_does_not_hide_one_that_overflows() {
    for shape in ["[0,18446744073709551615]", "[18446744073709551615,0]"] {
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[0,0]}}}}"#);
        refused(&file(&header, 0), &["\"a\"", "expected a size in whole bytes"]);
    }
    let empty = r#"{"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}"#;
    assert_eq!(open(model(&file(empty, 0)).path()).unwrap().shape("a"), Some([0, 3].as_slice()));
}

#[test]
fn a_size_that_differs_from_the_shape_is_refused() {
    refused(
        &file(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
        &["expected 12 bytes for shape [3] of F32, found 8"],
    );
}

#[test]
fn an_unknown_dtype_is_refused() {
    refused(
        &file(r#"{"a":{"dtype":"F128","shape":[1],"data_offsets":[0,8]}}"#, 8),
        &["\"a\"", "known dtype", "F128"],
    );
    refused(
        &file("{\"a\":{\"dtype\":\"\\u001b[31m\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8),
        &["known dtype"],
    );
}

#[test]
fn a_git_lfs_pointer_is_named() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n";
    refused(pointer, &["a Git-LFS pointer", "git lfs pull"]);
}

#[test]
fn a_web_page_is_named() {
    refused(b"<!DOCTYPE html><html><body>Log in</body></html>", &["a web page"]);
    refused(b"\n  <HTML lang=en>", &["a web page"]);
}

#[test]
fn a_pickle_is_never_opened() {
    refused(
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        &["pickle", "safetensors.torch.save_file"],
    );
    refused(b"PK\x03\x04 a torch archive", &["pickle", "convert it"]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pytorch_model.bin"), b"PK\x03\x04").unwrap();
    assert_says(
        open(folder.path()),
        &["pytorch_model.bin", "pickle", "safetensors.torch.save_file"],
    );
    assert_says(open(&folder.path().join("pytorch_model.bin")), &["pickle"]);
    fs::write(folder.path().join("weights.pt"), file(ONE, 8)).unwrap();
    assert_says(open(&folder.path().join("weights.pt")), &["pickle"]);
}

#[test]
fn a_header_of_640_bytes_is_not_taken_for_a_pickle() {
    let header = format!("{ONE:640}");
    assert!(open(model(&file(&header, 8)).path()).is_ok());
}

#[test]
fn a_folder_in_the_files_place_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model.safetensors")).unwrap();
    assert_says(open(folder.path()), &["a folder"]);
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_says(open(folder.path()), &["model.safetensors", "does not exist", "check the path"]);
    assert_says(open(&folder.path().join("nowhere")), &["nowhere", "does not exist"]);
    assert_says(open(&folder.path().join("bad\u{1b}[31m\n")), &["does not exist", "\\u{1b}"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = model(&file(ONE, 8));
    let path = folder.path().join("model.safetensors");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads it all the same.
    if fs::File::open(&path).is_err() {
        assert_says(open(folder.path()), &["reading failed", "permissions"]);
    }
}

#[cfg(unix)]
#[test]
fn a_device_or_a_pipe_is_refused_before_it_can_block() {
    assert_says(open("/dev/zero".as_ref()), &["a device, pipe or socket"]);
}

#[test]
fn duplicate_names_are_refused() {
    let twice = format!("{{{one},{one}}}", one = &ONE[1..ONE.len() - 1]);
    refused(&file(&twice, 8), &["tensor \"a\" twice"]);
    refused(&file(r#"{"__metadata__":{"a":"1","a":"2"}}"#, 0), &["twice in __metadata__"]);
}

#[test]
fn duplicate_unknown_and_missing_fields_are_refused() {
    let with = |fields: &str| file(&format!(r#"{{"a":{{{fields}}}}}"#), 8);
    refused(
        &with(r#""dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]"#),
        &["duplicate field `dtype`"],
    );
    refused(
        &with(r#""dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1"#),
        &["unknown field `more`"],
    );
    refused(&with(r#""dtype":"F32","data_offsets":[0,8]"#), &["missing field `shape`"]);
}

#[test]
fn names_that_cannot_be_printed_or_look_like_paths_are_refused() {
    for name in [
        "a\\u0000b",
        "\\u001b[2J",
        "../../etc/passwd",
        "/etc/passwd",
        "a\\\\..\\\\b",
        "",
        "a b",
        "\\u202e",
    ] {
        let header = ONE.replace("\"a\"", &format!("\"{name}\""));
        refused(&file(&header, 8), &["tensor name"]);
    }
    refused(&file(&ONE.replace("\"a\"", &format!("\"{}\"", "n".repeat(257))), 8), &["257 bytes"]);
}

#[test]
fn a_rank_of_a_million_is_refused() {
    let ones = vec!["1"; 1_000_000].join(",");
    refused(
        &file(&format!(r#"{{"a":{{"dtype":"F32","shape":[{ones}],"data_offsets":[0,4]}}}}"#), 4),
        &["tensor \"a\"", "a rank above 8"],
    );
}

#[test]
fn two_hundred_thousand_empty_tensors_are_refused() {
    let each = |i| format!(r#""{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    let header = format!("{{{}}}", (0..200_000).map(each).collect::<Vec<_>>().join(","));
    refused(&file(&header, 0), &["more than 100000 tensors"]);
}

fn shards(index: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.safetensors"), floats(&[("a", &[2], &[1.0, 2.0])])).unwrap();
    fs::write(
        folder.path().join("two.safetensors"),
        floats(&[("b", &[1], &[3.0]), ("c", &[1], &[4.0])]),
    )
    .unwrap();
    fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
    folder
}

#[test]
fn shards_are_read_through_their_index() {
    let index = r#"{"metadata":{"total_size":16},"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"}}"#;
    let folder = shards(index);
    let weights = open(folder.path()).unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(weights.values("c", &[1]).unwrap(), [4.0]);
    assert_eq!(weights.values("a", &[2]).unwrap(), [1.0, 2.0]);
}

#[test]
fn an_index_that_disagrees_with_its_shards_is_refused() {
    let refused = |map: &str, texts: &[&str]| {
        let folder = shards(&format!(r#"{{"weight_map":{{{map}}}}}"#));
        assert_says(open(folder.path()), texts);
    };
    let (a, b, c) =
        (r#""a":"one.safetensors""#, r#""b":"two.safetensors""#, r#""c":"two.safetensors""#);
    refused(&format!("{a},{b}"), &["\"c\"", "not in the index"]);
    refused(
        &format!(r#"{a},{b},{c},"d":"two.safetensors""#),
        &["expected \"d\"", "does not hold it"],
    );
    refused(
        &format!(r#"{a},{b},"c":"one.safetensors""#),
        &["expected \"c\" in \"one.safetensors\""],
    );
    refused(
        &format!(r#"{a},{b},{c},"d":"three.safetensors""#),
        &["three.safetensors", "does not exist"],
    );
    refused(&format!("{a},{a}"), &["the key \"a\" twice"]);
    refused("", &["expected 1 to 512 shards, found 0"]);
    for name in [
        "../one.safetensors",
        "/tmp/one.safetensors",
        "x\\\\one.safetensors",
        "one.bin",
        ".safetensors",
    ] {
        refused(&format!(r#""a":"{name}""#), &["expected the plain name"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever bytes of the length or header change, the answer is an error, or every tensor can
    /// still be asked for.
    #[test]
    fn a_changed_header_never_panics_and_never_misplaces_data(
        changes in prop::collection::vec((0usize..130, any::<u8>()), 1..4)
    ) {
        let whole = floats(&[("a", &[2], &[1.0, 2.0]), ("b", &[1, 2], &[3.0, 4.0])]);
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            let at = at % (whole.len() - 16);
            bytes[at] = byte;
        }
        let folder = model(&bytes);
        match open(folder.path()) {
            Err(error) => prop_assert!(!error.to_string().chars().any(char::is_control)),
            Ok(weights) => for name in weights.names() {
                let shape = weights.shape(name).unwrap().to_vec();
                // Renamed, reshaped or of another dtype: what an architecture expects no longer
                // matches. Under its own name, shape and dtype each tensor has its own values.
                let values = weights.values(name, &shape);
                if weights.dtype(name) == Some("F32") {
                    let values = values.unwrap();
                    match (name, shape.as_slice()) {
                        ("a", [2]) if weights.has("b") => prop_assert_eq!(values, [1.0, 2.0]),
                        ("b", [1, 2]) if weights.has("a") => prop_assert_eq!(values, [3.0, 4.0]),
                        _ => {}
                    }
                }
            },
        }
    }

    #[test]
    fn any_bytes_at_all_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = model(&bytes);
        let _ = open(folder.path());
    }
}
