//! Mistakes in `q8_0`.

use half::f16;

/// Everything below zero comes out far above it.
pub fn bytes_without_a_sign(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * f32::from(block[2 + i]))
}

/// That is what Q4_0 does with its four bits, which have no sign.
pub fn the_middle_taken_off(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * (f32::from(block[2 + i]) - 128.0))
}

/// The first two numbers are the scale's own bytes, and the last two are lost.
pub fn the_scale_read_as_numbers(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * f32::from(block[i] as i8))
}

/// The integers, as if a number of this block were as large as one of any other.
pub fn the_scale_left_out(block: &[u8; 34]) -> [f32; 32] {
    std::array::from_fn(|i| f32::from(block[2 + i] as i8))
}

/// The low byte of a number comes first in this file, as in nearly all.
pub fn the_scales_bytes_swapped(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16::from_be_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * f32::from(block[2 + i] as i8))
}

/// bf16 has two bytes as well, and other ones.
pub fn the_scale_taken_for_bf16(block: &[u8; 34]) -> [f32; 32] {
    let scale = half::bf16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * f32::from(block[2 + i] as i8))
}

/// As if the largest integer stood for 1.
pub fn divided_by_127(block: &[u8; 34]) -> [f32; 32] {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    std::array::from_fn(|i| scale * f32::from(block[2 + i] as i8) / 127.0)
}
