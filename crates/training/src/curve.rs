//! A loss curve for a terminal.

/// Dots of a character: Braille has two columns of four, bits 0 to 7 of U+2800 (Unicode Standard,
/// "Braille Patterns").
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const BLANK: u32 = 0x2800;

/// Points (x ascending, finite) drawn into `width` times `height` characters, the highest and
/// lowest value at the left. Nothing where there are fewer than two points.
pub fn curve(points: &[(f64, f64)], width: usize, height: usize) -> String {
    let [first, .., last] = points else { return String::new() };
    let (left, right) = (first.0, last.0);
    let highest = points.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let lowest = points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let place = |value: f64, from: f64, to: f64, cells: usize| {
        let share = if to > from { (value - from) / (to - from) } else { 0.0 };
        (share * (cells - 1) as f64).round() as usize
    };
    let mut cells = vec![vec![BLANK; width]; height];
    for &(x, y) in points {
        let column = place(x, left, right, 2 * width);
        let row = place(highest + lowest - y, lowest, highest, 4 * height);
        cells[row / 4][column / 2] |= DOTS[column % 2][row % 4];
    }
    let mut text = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let label = match row {
            0 => format!("{highest:8.4}"),
            row if row + 1 == height => format!("{lowest:8.4}"),
            _ => " ".repeat(8),
        };
        let line: String = cells.iter().filter_map(|&cell| char::from_u32(cell)).collect();
        text.push_str(&format!("{label} {}\n", line.trim_end_matches('\u{2800}')));
    }
    text
}
