//! Numbers in blocks: a few small integers that share a scale, and in some formats a minimum.
//!
//! A block stands for 32 or 256 numbers of one row. Layouts: `ggml-common.h` of
//! <https://github.com/ggml-org/ggml>; the order of operations is that of its
//! `dequantize_row_*`, which the Python package `gguf` repeats, so that the bits agree.

use half::{bf16, f16};

/// Numbers in a block of the older formats.
const SMALL: usize = 32;
/// Numbers in a block of the K formats.
const LARGE: usize = 256;

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockType {
    /// Its name: `Q4_1`.
    pub(crate) name: &'static str,
    /// Its number in a file (`ggml_type`).
    number: u32,
    /// Numbers in a block.
    pub(crate) numbers: u64,
    /// Bytes of a block.
    block_bytes: u64,
}

/// The types that are read.
const TYPES: [BlockType; 9] = [
    BlockType::new("F32", 0, 1, 4),
    BlockType::new("F16", 1, 1, 2),
    BlockType::new("BF16", 30, 1, 2),
    BlockType::new("Q8_0", 8, SMALL, 34),
    BlockType::new("Q4_0", 2, SMALL, 18),
    BlockType::new("Q4_1", 3, SMALL, 20),
    BlockType::new("Q5_0", 6, SMALL, 22),
    BlockType::new("Q4_K", 12, LARGE, 144),
    BlockType::new("Q6_K", 14, LARGE, 210),
];

/// Types that are not read, by number (`ggml.h`, `enum ggml_type`).
const OTHERS: [(u32, &str); 8] = [
    (7, "Q5_1"),
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (13, "Q5_K"),
    (15, "Q8_K"),
    (20, "IQ4_NL"),
    (23, "IQ4_XS"),
];

impl BlockType {
    const fn new(name: &'static str, number: u32, numbers: usize, block_bytes: u64) -> Self {
        Self { name, number, numbers: numbers as u64, block_bytes }
    }

    /// The type of this number, if it is read.
    pub(crate) fn of(number: u32) -> Option<Self> {
        TYPES.into_iter().find(|kind| kind.number == number)
    }

    /// Whether numbers of this type are read.
    pub(crate) fn is_read(name: &str) -> bool {
        TYPES.iter().any(|kind| kind.name == name)
    }

    /// The names of all types that are read.
    pub(crate) fn names() -> String {
        TYPES.map(|kind| kind.name).join(", ")
    }

    /// Bytes of a tensor, its fastest axis first; none where a row is not made of whole blocks, or
    /// the size does not fit a number.
    pub(crate) fn bytes(&self, shape: &[u64]) -> Option<u64> {
        let row = shape.first().copied().unwrap_or(1);
        if !row.is_multiple_of(self.numbers) {
            return None;
        }
        let mut bytes = self.block_bytes;
        for &axis in shape {
            bytes = bytes.checked_mul(axis)?;
        }
        usize::try_from(bytes).ok()?;
        Some(bytes / self.numbers)
    }
}

/// What a type that is not read is called.
pub(crate) fn name_of(number: u32) -> String {
    match OTHERS.iter().find(|(other, _)| *other == number) {
        Some((_, name)) => (*name).into(),
        None => format!("type {number}"),
    }
}

/// What a plain number of two bytes is worth.
pub(crate) fn half(bytes: &[u8; 2]) -> [f32; 1] {
    [f16::from_le_bytes(*bytes).to_f32()]
}

/// What a plain number of two bytes with the exponent of an f32 is worth.
pub(crate) fn brain(bytes: &[u8; 2]) -> [f32; 1] {
    [bf16::from_le_bytes(*bytes).to_f32()]
}

/// What a plain number of four bytes is worth.
pub(crate) fn single(bytes: &[u8; 4]) -> [f32; 1] {
    [f32::from_le_bytes(*bytes)]
}

/// `scale * q`, q from -128 to 127.
pub fn q8_0(block: &[u8; 34]) -> [f32; SMALL] {
    let scale = number(block, 0);
    std::array::from_fn(|i| scale * f32::from(block[2 + i] as i8))
}

/// `scale * (q - 8)`, q from 0 to 15. The first sixteen numbers are the lower halves of the bytes.
pub fn q4_0(block: &[u8; 18]) -> [f32; SMALL] {
    let scale = number(block, 0);
    std::array::from_fn(|i| scale * (f32::from(nibble(&block[2..], i)) - 8.0))
}

/// `scale * q + minimum`, q from 0 to 15.
// ANCHOR: q4_1
pub fn q4_1(block: &[u8; 20]) -> [f32; SMALL] {
    let (scale, minimum) = (number(block, 0), number(block, 2));
    std::array::from_fn(|i| scale * f32::from(nibble(&block[4..], i)) + minimum)
}
// ANCHOR_END: q4_1

/// `scale * (q - 16)`, q from 0 to 31; the fifth bits stand together in front.
pub fn q5_0(block: &[u8; 22]) -> [f32; SMALL] {
    let scale = number(block, 0);
    let fifths = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
    std::array::from_fn(|i| {
        let fifth = (fifths >> i & 1) as u8;
        scale * (f32::from(nibble(&block[6..], i) | fifth << 4) - 16.0)
    })
}

/// `scale * s * q - minimum * m`, q from 0 to 15; every 32 numbers have an s and an m of six bits.
pub fn q4_k(block: &[u8; 144]) -> [f32; LARGE] {
    let (scale, minimum) = (number(block, 0), number(block, 2));
    let (sixes, quants) = (&block[4..16], &block[16..]);
    std::array::from_fn(|i| {
        let group = i / 32;
        let (s, m) = six_bits(sixes, group);
        // Two groups share 32 bytes: the first has the lower halves.
        let byte = quants[group / 2 * 32 + i % 32];
        let q = if group.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
        scale * f32::from(s) * f32::from(q) - minimum * f32::from(m)
    })
}

/// The scale and the minimum of a group of 32 numbers: the last four groups have their upper two
/// bits in the bytes of the first four.
fn six_bits(bytes: &[u8], group: usize) -> (u8, u8) {
    if group < 4 {
        return (bytes[group] & 63, bytes[group + 4] & 63);
    }
    let low = bytes[group + 4];
    (low & 15 | bytes[group - 4] >> 6 << 4, low >> 4 | bytes[group] >> 6 << 4)
}

/// `scale * s * (q - 32)`, q from 0 to 63; every 16 numbers have an s from -128 to 127.
pub fn q6_k(block: &[u8; 210]) -> [f32; LARGE] {
    let (lower, upper, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let scale = number(block, 208);
    std::array::from_fn(|i| {
        let (half, quarter, place) = (i / 128, i % 128 / 32, i % 32);
        let byte = lower[half * 64 + quarter % 2 * 32 + place];
        let four = if quarter < 2 { byte & 15 } else { byte >> 4 };
        let two = upper[half * 32 + place] >> (2 * quarter) & 3;
        let q = f32::from(four | two << 4) - 32.0;
        scale * f32::from(scales[i / 16] as i8) * q
    })
}

/// The f16 at a place of a block.
fn number(block: &[u8], place: usize) -> f32 {
    f16::from_le_bytes([block[place], block[place + 1]]).to_f32()
}

/// The four bits of the `i`th of 32 numbers.
fn nibble(bytes: &[u8], i: usize) -> u8 {
    if i < SMALL / 2 { bytes[i] & 15 } else { bytes[i - SMALL / 2] >> 4 }
}
