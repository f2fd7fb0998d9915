//! A map of texts: points that are named where a name has room beside them, and otherwise numbered,
//! with a list of the numbers beside the map.

use course::Axis;

use crate::axis::{self, Ruler};
use crate::canvas::{Area, Canvas, Marker, Style, shortened, text_width};
use crate::colour::{self, GREY};
use crate::legend::{self, Entry, Sample};
use crate::points::{self, RADIUS};
use crate::{LEADING, MARGIN, TITLE, wrap};

/// Pixels of the part that holds the points, and most of the list beside it.
const PLOT: (f64, f64) = (660.0, 620.0);
const LIST: f64 = 360.0;
/// Share of the points' range that is left free around them.
const PAD: f64 = 0.08;
/// Size of a name, of a number beside its point, and of a line of the list, with its height.
const NAME: f64 = 11.5;
const NUMBER: f64 = 11.0;
const LINE: f64 = 11.0;
const LINE_HEIGHT: f64 = 15.0;
/// Most characters of a name; more of a sentence would lie over the whole map.
const LONGEST_NAME: usize = 28;
/// Most points that are numbered where they have no name: with more, the points say their texts
/// alone, where a pointer rests on them.
const LISTED: usize = 120;

/// A text on a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The whole text.
    pub text: String,
    /// Group that gives it its colour, with the name in the legend.
    pub group: String,
    /// Place along the horizontal axis.
    pub x: f64,
    /// Place along the vertical axis, in the same unit.
    pub y: f64,
}

/// Which points of a map have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Every point, though names may lie over each other.
    All,
    /// Those whose name has room beside its point; the others are numbered.
    Some,
    /// None.
    None,
}

/// A map of texts as data.
#[derive(Debug, Clone, PartialEq)]
pub struct TextMap {
    /// What the reader looks at.
    pub title: String,
    /// Words for those who do not see it.
    pub alt: String,
    /// Names of the horizontal and of the vertical axis.
    pub axes: [String; 2],
    /// The texts.
    pub places: Vec<Place>,
    /// Which of them have names.
    pub names: Names,
}

/// A point with its pixel.
type Placed<'a> = (&'a Place, (f64, f64));

/// Draws a map as one SVG document, a unit as long in one direction as in the other.
pub fn map(map: &TextMap) -> String {
    let numbered = map.names == Names::Some && map.places.len() <= LISTED;
    let groups = legend::distinct(map.places.iter().map(|place| &place.group[..]));
    let mut canvas = Canvas::new(PLOT.0, PLOT.1);
    let mut top = MARGIN;
    for line in wrap(&map.title, TITLE, PLOT.0 - 2.0 * MARGIN) {
        let at = (PLOT.0 / 2.0, top + TITLE / 2.0);
        canvas.text(&line, at, Style::bold(TITLE).centre());
        top += TITLE * LEADING;
    }
    let (left, right, bottom) = (MARGIN, PLOT.0 - MARGIN, PLOT.1 - MARGIN);
    let area = Area { left, right, top: top + 8.0, bottom };
    let area = legend::draw(&mut canvas, &entries(&groups), area);
    let [x, y] = &map.axes;
    let x = Ruler::over(&Axis::linear(x), map.places.iter().map(|place| place.x), PAD);
    let y = Ruler::over(&Axis::linear(y), map.places.iter().map(|place| place.y), PAD);
    let (plot, x, y) = axis::equal_frame(&mut canvas, area, x, y);
    let mut placed: Vec<Placed> = Vec::new();
    for place in &map.places {
        if let (Some(x), Some(y)) = (x.pixel(place.x), y.pixel(place.y)) {
            placed.push((place, (x, y)));
        }
    }
    let listed = draw_names(&mut canvas, map.names, numbered, &placed, plot);
    for &(place, at) in &placed {
        let group = groups.iter().position(|group| *group == place.group).unwrap_or(0);
        canvas.titled(&place.text, |canvas| {
            canvas.marker(Marker::of(group), at, RADIUS, colour::group(group));
        });
    }
    draw_list(&mut canvas, &listed);
    canvas.finish(&map.title, &map.alt)
}

/// Draws the texts of the numbers beside the map, which gets as much room as they need.
fn draw_list(canvas: &mut Canvas, listed: &[&str]) {
    let mut width: f64 = 0.0;
    for (i, text) in listed.iter().enumerate() {
        let at = (PLOT.0, MARGIN + TITLE + LINE_HEIGHT * i as f64);
        let line = shortened(&format!("{}  {text}", i + 1), LINE, LIST - MARGIN);
        width = width.max(text_width(&line, LINE) + MARGIN);
        canvas.titled(text, |canvas| canvas.text(&line, at, Style::plain(LINE)));
    }
    let height = listed.len() as f64 * LINE_HEIGHT + 2.0 * MARGIN + TITLE;
    canvas.set_size(PLOT.0 + width, PLOT.1.max(height));
}

/// Entries of the legend; one group alone says nothing.
fn entries(groups: &[&str]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let sample = Sample::Marker(Marker::of(index));
        entries.push(Entry { name: group.to_string(), colour: colour::group(index), sample });
    }
    if entries.len() > 1 { entries } else { Vec::new() }
}

/// Draws a name or a number beside the points, and answers with the texts that the list says in
/// place of names, in the order of their numbers.
fn draw_names<'a>(
    canvas: &mut Canvas,
    names: Names,
    numbered: bool,
    placed: &[Placed<'a>],
    plot: Area,
) -> Vec<&'a str> {
    let mut taken: Vec<Area> = placed.iter().map(|&(_, at)| points::around(at, RADIUS)).collect();
    let mut nameless = Vec::new();
    for index in loneliest_first(placed) {
        let (place, at) = placed[index];
        let name = beginning(&place.text);
        let free = points::best_place(&name, NAME, at, plot, &taken);
        match names {
            Names::None => {}
            Names::Some if free.cost > 0.0 || !free.is_near() => nameless.push(index),
            _ => draw(canvas, &name, NAME, at, &free, &mut taken),
        }
    }
    nameless.sort_unstable(); // as they stand in the file
    let mut listed = Vec::new();
    if numbered {
        for index in nameless {
            let (place, at) = placed[index];
            listed.push(&place.text[..]);
            let number = listed.len().to_string();
            let free = points::best_place(&number, NUMBER, at, plot, &taken);
            if free.cost == 0.0 && free.is_near() {
                draw(canvas, &number, NUMBER, at, &free, &mut taken);
            }
        }
    }
    listed
}

/// Draws a name at its place, with a line to its point where it stands far from it.
fn draw(
    canvas: &mut Canvas,
    name: &str,
    size: f64,
    at: (f64, f64),
    place: &points::Free,
    taken: &mut Vec<Area>,
) {
    points::lead(canvas, at, place);
    // the room is as wide as the widest letters need: a name begins or ends at its point
    let plain = Style::plain(size);
    let (x, style) = match place.area {
        Area { left, .. } if left >= at.0 => (left, plain),
        Area { right, .. } if right <= at.0 => (right, plain.right()),
        area => (area.centre_x(), plain.centre()),
    };
    let style = if size == NUMBER { style.coloured(GREY) } else { style };
    canvas.text(name, (x, place.area.centre_y()), style);
    taken.push(place.area);
}

/// The points, those that stand farthest from any other first: their names cover the least.
fn loneliest_first(placed: &[Placed]) -> Vec<usize> {
    let mut nearest = Vec::with_capacity(placed.len());
    for (i, &(_, (x, y))) in placed.iter().enumerate() {
        let mut least = f64::INFINITY;
        for (j, &(_, (other_x, other_y))) in placed.iter().enumerate() {
            if i != j {
                least = least.min((x - other_x).hypot(y - other_y));
            }
        }
        nearest.push(least);
    }
    let mut order = Vec::from_iter(0..placed.len());
    order.sort_by(|&a, &b| nearest[b].total_cmp(&nearest[a]).then(a.cmp(&b)));
    order
}

/// The beginning of a text.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sentences in islands, some of them on one spot.
    fn sentences(count: usize, names: Names) -> TextMap {
        let mut places = Vec::new();
        for i in 0..count {
            let island = (i % 4) as f64;
            let (x, y) = (island * 9.0 + (i / 4 % 5) as f64, island * 2.0 + (i / 20) as f64 * 0.7);
            let text = format!("sentence {i} about the weather, the river and the bank");
            places.push(Place { text, group: format!("cluster {}", i % 4 + 1), x, y });
        }
        let axes = ["first".to_string(), "second".to_string()];
        TextMap { title: "Sixty".into(), alt: "Points.".into(), axes, places, names }
    }

    /// Numbers that stand in an attribute, in pixels.
    fn pixels(svg: &str, attribute: &str) -> Vec<f64> {
        let before = format!(" {attribute}=\"");
        let parts = svg.split(&before).skip(1);
        parts.map(|part| part.split('"').next().unwrap().parse::<f64>().unwrap() / 10.0).collect()
    }

    #[test]
    fn every_text_is_a_title_and_those_without_a_name_are_in_the_list() {
        let svg = map(&sentences(60, Names::Some));
        for i in 0..60 {
            let title =
                format!("<title>sentence {i} about the weather, the river and the bank</title>");
            assert!(svg.contains(&title), "{i}");
        }
        let named = svg.matches("\nsentence ").count();
        let listed = svg.matches("  sentence ").count();
        assert_eq!(named + listed, 60, "{named} names and {listed} lines");
        assert!(named > 5 && listed > 5, "{named} names and {listed} lines");
    }

    /// The value of an attribute of a tag.
    fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
        tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
    }

    /// A number that stands in an attribute, in pixels.
    fn pixel(tag: &str, name: &str) -> f64 {
        attribute(tag, name).unwrap().parse::<f64>().unwrap() / 10.0
    }

    /// What each upright text of a drawing covers at least, by the drawing alone: half its size for
    /// a character, and the height of a small letter with its stem.
    fn texts(svg: &str) -> Vec<(&str, Area)> {
        let mut texts = Vec::new();
        for part in svg.split("<text").skip(1).filter(|part| !part.contains("rotate")) {
            let (tag, rest) = part.split_once(">\n").unwrap();
            let text = rest.split('\n').next().unwrap();
            let (x, y, size) = (pixel(tag, "x"), pixel(tag, "y"), pixel(tag, "font-size"));
            let width = text.chars().count() as f64 * size * 0.5;
            let left = match attribute(tag, "text-anchor") {
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                _ => x,
            };
            let (top, bottom) = (y - 0.35 * size, y + 0.35 * size);
            texts.push((text, Area { left, right: left + width, top, bottom }));
        }
        texts
    }

    #[test]
    fn no_name_covers_another_or_a_point_and_no_line_runs_through_one() {
        let mut drawn = sentences(60, Names::Some);
        for (i, place) in drawn.places.iter_mut().enumerate() {
            place.group = "texts".into();
            place.text = format!("{i} is a text of {}", ["few words", "many more words"][i % 2]);
        }
        let svg = map(&drawn);
        let texts = texts(&svg);
        let points: Vec<(f64, f64)> =
            pixels(&svg, "cx").into_iter().zip(pixels(&svg, "cy")).collect();
        assert!(texts.len() > 60 && points.len() == 60, "{} {}", texts.len(), points.len());
        for (i, (text, area)) in texts.iter().enumerate() {
            for (other, covered) in &texts[..i] {
                assert!(area.overlap(covered) == 0.0, "{text} lies over {other}");
            }
            for &at in &points {
                assert!(area.overlap(&points::around(at, 3.0)) == 0.0, "{text} lies over {at:?}");
            }
        }
        for lead in svg.split("<polyline").filter(|part| part.contains("stroke-width=\"7\"")) {
            let ends = attribute(lead, "points").unwrap().split([' ', ',']);
            let ends: Vec<f64> = ends.map(|number| number.parse::<f64>().unwrap() / 10.0).collect();
            for step in 0..=50 {
                let share = f64::from(step) / 50.0;
                let [x, y] = [0, 1].map(|i| ends[i] + share * (ends[i + 2] - ends[i]));
                let spot = points::around((x, y), 0.1);
                for (text, area) in &texts {
                    assert!(area.overlap(&spot) == 0.0, "a line runs through {text}");
                }
            }
        }
    }

    #[test]
    fn a_unit_is_as_long_across_as_up() {
        let mut wide = sentences(3, Names::None);
        for (place, at) in wide.places.iter_mut().zip([(0.0, 0.0), (10.0, 0.0), (0.0, 1.0)]) {
            place.group = "texts".into();
            (place.x, place.y) = at;
        }
        let svg = map(&wide);
        let (x, y) = (pixels(&svg, "cx"), pixels(&svg, "cy"));
        let (across, up) = (x[1] - x[0], y[0] - y[2]);
        assert!((across / 10.0 - up).abs() < 0.2, "{across} for 10 and {up} for 1");
    }

    #[test]
    fn names_are_all_or_none_where_that_is_asked_for() {
        let all = map(&sentences(60, Names::All));
        assert_eq!(all.matches("\nsentence ").count(), 60);
        let none = map(&sentences(60, Names::None));
        assert_eq!(none.matches("\nsentence ").count(), 0);
        assert_eq!(none.matches("<title>sentence ").count(), 60);
    }
}
