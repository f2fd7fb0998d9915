//! What a learner of lesson 13 writes here, checked: `cargo learn open 13.8`.

use checkpoint::gguf::blocks::q8_0;
use exercise::{Exercise, mistakes};

#[path = "mistakes/13.8.rs"]
mod mistakes_13_8;

type Block = fn(&[u8; 34]) -> [f32; 32];

#[test]
fn exercise_13_8() {
    q8_0_13_8().check();
}

#[test]
fn each_mistake_is_recognised_as_itself_only() {
    q8_0_13_8().tell_mistakes_apart();
}

fn q8_0_13_8() -> Exercise<Block> {
    let exercise = Exercise::new("13.8", "q8_0", q8_0 as Block)
        .probe(
            "scale 0.5 (bytes 00 38), then the integers 0, 1, 2, ..., 30, -128",
            |block: Block| block(&of_q8_0([0x00, 0x38], |i| if i < 31 { i as i8 } else { -128 })),
            std::array::from_fn::<f32, 32, _>(|i| if i < 31 { i as f32 / 2.0 } else { -64.0 }),
        )
        .probe(
            "scale -2 (bytes 00 c0), then the integers -1, -2, ..., -32",
            |block: Block| block(&of_q8_0([0x00, 0xc0], |i| -1 - i as i8)),
            std::array::from_fn::<f32, 32, _>(|i| 2.0 * (i as f32 + 1.0)),
        );
    mistakes!(
        exercise,
        mistakes_13_8: bytes_without_a_sign,
        the_middle_taken_off,
        the_scale_read_as_numbers,
        the_scale_left_out,
        the_scales_bytes_swapped,
        the_scale_taken_for_bf16,
        divided_by_127,
    )
}

/// A block of a scale's two bytes and 32 integers.
fn of_q8_0(scale: [u8; 2], integer: impl Fn(usize) -> i8) -> [u8; 34] {
    std::array::from_fn(|i| if i < 2 { scale[i] } else { integer(i - 2) as u8 })
}
