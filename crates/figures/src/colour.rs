//! Colours that the colour-blind can tell apart.

/// A colour by its red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// Colour of text and axes.
pub const INK: Rgb = Rgb(0x1F, 0x23, 0x28);
/// Tick labels, leader lines.
pub const GREY: Rgb = Rgb(0x59, 0x63, 0x6E);
/// Colour of grid lines.
pub const GRID: Rgb = Rgb(0xE4, 0xE8, 0xEC);
/// A cell without a value.
pub const NOTHING: Rgb = Rgb(0xE4, 0xE6, 0xE8);
/// Letters on a dark cell.
pub const WHITE: Rgb = Rgb(0xFF, 0xFF, 0xFF);

/// Okabe and Ito 2008, the yellow (unreadable on white) replaced by a grey.
pub const GROUPS: [Rgb; 8] = [
    Rgb(0x00, 0x72, 0xB2),
    Rgb(0xD5, 0x5E, 0x00),
    Rgb(0x00, 0x9E, 0x73),
    Rgb(0xE6, 0x9F, 0x00),
    Rgb(0xCC, 0x79, 0xA7),
    Rgb(0x56, 0xB4, 0xE9),
    Rgb(0x00, 0x00, 0x00),
    Rgb(0x88, 0x88, 0x88),
];

/// ColorBrewer's RdBu (Harrower and Brewer 2003): blue below zero, red above.
const DIVERGING: [Rgb; 5] = [
    Rgb(0x05, 0x30, 0x61),
    Rgb(0x43, 0x93, 0xC3),
    Rgb(0xFF, 0xFF, 0xFF),
    Rgb(0xD6, 0x60, 0x4D),
    Rgb(0x67, 0x00, 0x1F),
];

/// ColorBrewer's Blues (Harrower and Brewer 2003) from white: nothing is white, and much is dark.
const SEQUENTIAL: [Rgb; 5] = [
    Rgb(0xFF, 0xFF, 0xFF),
    Rgb(0xC6, 0xDB, 0xEF),
    Rgb(0x6B, 0xAE, 0xD6),
    Rgb(0x21, 0x71, 0xB5),
    Rgb(0x08, 0x30, 0x6B),
];

/// Steps of a scale: neighbours of one colour are drawn as one cell, and the eye tells no more
/// apart.
const LEVELS: f64 = 64.0;

/// The colour of the group or curve with this index.
pub fn group(index: usize) -> Rgb {
    GROUPS[index % GROUPS.len()]
}

/// From a value to a colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    diverging: bool,
}

impl Scale {
    /// From 0 to the greatest value, or as far below 0 as above it where one is negative.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return None;
        }
        let reach = if high == 0.0 && low == 0.0 { 1.0 } else { high.max(-low) };
        Some(Self::between(if low < 0.0 { -reach } else { 0.0 }, reach))
    }

    /// Between two values, with white at 0 if that lies between them.
    pub fn between(low: f64, high: f64) -> Self {
        Self { low, high, diverging: low < 0.0 }
    }

    pub fn colour(&self, value: f64) -> Rgb {
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        let part = (part * LEVELS).round() / LEVELS;
        let stops = if self.diverging { &DIVERGING } else { &SEQUENTIAL };
        let place = part * (stops.len() - 1) as f64;
        let from = (place as usize).min(stops.len() - 2);
        blend(stops[from], stops[from + 1], place - from as f64)
    }
}

/// The colour that lies `part` of the way from one to another.
pub fn blend(from: Rgb, to: Rgb, part: f64) -> Rgb {
    Rgb(mix(from.0, to.0, part), mix(from.1, to.1, part), mix(from.2, to.2, part))
}

fn mix(a: u8, b: u8, part: f64) -> u8 {
    (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8
}

/// Ink or white, whichever reads on this colour.
pub fn letters_on(Rgb(r, g, b): Rgb) -> Rgb {
    let light = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
    if light < 130.0 { WHITE } else { INK }
}
