//! A loss curve for a terminal.

/// Bits of a character's dots: Braille has two columns of four, bits 0 to 7 of U+2800 (Unicode
/// Standard, "Braille Patterns").
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// Character without a dot.
const BLANK: u32 = 0x2800;

/// Draws points (x ascending, finite) into `width` times `height` characters, with the highest and
/// lowest value at the left. Fewer than two points give an empty text.
pub fn curve(points: &[(f64, f64)], width: usize, height: usize) -> String {
    let [first, .., last] = points else { return String::new() };
    let (left, right) = (first.0, last.0);
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for &(_, y) in points {
        lowest = lowest.min(y);
        highest = highest.max(y);
    }
    let mut cells = vec![vec![BLANK; width]; height];
    for &(x, y) in points {
        let column = dot(x, left, right, 2 * width);
        let row = dot(highest + lowest - y, lowest, highest, 4 * height);
        cells[row / 4][column / 2] |= DOTS[column % 2][row % 4];
    }
    let mut text = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let label = match row {
            0 => format!("{highest:8.4}"),
            row if row + 1 == height => format!("{lowest:8.4}"),
            _ => " ".repeat(8),
        };
        let mut line = String::new();
        for &cell in cells {
            line.extend(char::from_u32(cell));
        }
        text.push_str(&format!("{label} {}\n", line.trim_end_matches('\u{2800}')));
    }
    text
}

/// Index of the dot of a value, out of `dots` from `from` to `to`.
fn dot(value: f64, from: f64, to: f64, dots: usize) -> usize {
    let share = if to > from { (value - from) / (to - from) } else { 0.0 };
    (share * (dots - 1) as f64).round() as usize
}
