//! Tensors as boxes, one row a step, an arrow from each to what is made of it.

use course::Step;

use crate::canvas::{Area, Canvas, Style, text_width};
use crate::colour::{self, GREY, Rgb};
use crate::layers::Layers;
use crate::legend::{self, Entry, Sample};
use crate::{MARGIN, PAGE, wrap};

/// Sizes of a box's three texts: name, axes, operation.
const NAME: f64 = 13.0;
const AXES: f64 = 11.5;
const BY: f64 = 11.0;
/// Height of a line of a box.
const LINE: f64 = 16.0;
/// Axes and operation go on in the next line beyond the first of these widths at which the figure
/// is no wider than a page.
const WIDEST: [f64; 4] = [380.0, 280.0, 200.0, 170.0];
/// Between the text and the border of a box.
const PADDING: f64 = 10.0;
/// Between two rows, less the lanes in which arrows go sideways; and between two lanes.
const ARROW: f64 = 24.0;
const LANE: f64 = 9.0;
/// Between the ends of two arrows at one box.
const PORT: f64 = 26.0;
/// Above the boxes, between them and the legend, and the least width of the figure.
const ABOVE: f64 = 8.0;
const BELOW: f64 = 12.0;
const NARROWEST: f64 = 480.0;
/// What a box is filled with: an input, or what is made.
const GIVEN: Rgb = Rgb(0xFF, 0xF1, 0xD6);
const MADE: Rgb = Rgb(0xE6, 0xF1, 0xFA);

/// Pixels that a figure of these steps takes below its title.
pub fn size(steps: &[Step]) -> (f64, f64) {
    let plan = Plan::new(steps);
    let width = (plan.layers.width() + 4.0 * MARGIN).max(NARROWEST);
    let legend = legend::height(&plan.entries(), width - 2.0 * MARGIN);
    (width, ABOVE + plan.height + BELOW + legend + MARGIN)
}

/// Draws boxes from top to bottom.
pub fn draw(canvas: &mut Canvas, steps: &[Step], area: Area) {
    let plan = Plan::new(steps);
    let area = legend::draw(canvas, &plan.entries(), area);
    let at = (area.centre_x(), area.top);
    // Arrows that pass a row by lie over the others: they are fewer, and cross what is beside them.
    for passing in [false, true] {
        for way in plan.layers.ways.iter().filter(|way| (way.len() > 2) == passing) {
            plan.draw_arrow(canvas, way, at);
        }
    }
    for node in 0..steps.len() {
        plan.draw_box(canvas, node, at);
    }
}

/// Boxes, their rows, and the lanes between them.
struct Plan<'a> {
    steps: &'a [Step],
    /// For each step the lines of its box, with their sizes.
    texts: Vec<Vec<(String, f64)>>,
    layers: Layers,
    /// For each row its upper and its lower edge, from the top of the first.
    rows: Vec<(f64, f64)>,
    /// For each node of `layers` the lane in which its arrows go sideways.
    lanes: Vec<usize>,
    height: f64,
}

impl<'a> Plan<'a> {
    fn new(steps: &'a [Step]) -> Self {
        let mut parents = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let made_of = |&other: &usize| step.from.contains(&steps[other].name);
            parents.push((0..index).filter(made_of).collect());
        }
        let mut texts = Vec::new();
        let mut layers = Layers::new(&[], &[]);
        for widest in WIDEST {
            texts = steps.iter().map(|step| lines(step, widest)).collect();
            let widths: Vec<f64> = texts.iter().map(|lines| box_width(lines)).collect();
            layers = Layers::new(&widths, &parents);
            if layers.width() + 4.0 * MARGIN <= PAGE {
                break;
            }
        }
        let lanes = vec![0; layers.nodes.len()];
        let mut plan = Self { steps, texts, layers, rows: Vec::new(), lanes, height: 0.0 };
        let mut top = 0.0;
        for row in 0..plan.layers.rows.len() {
            let boxes =
                plan.layers.rows[row].iter().filter_map(|&node| plan.layers.nodes[node].step);
            let most = boxes.map(|step| plan.texts[step].len()).max().unwrap_or(0);
            let bottom = top + most as f64 * LINE + 10.0;
            plan.rows.push((top, bottom));
            let lanes = plan.assign_lanes(row);
            plan.height = bottom;
            top = bottom + ARROW + LANE * lanes as f64;
        }
        plan
    }

    /// Gives the arrows that leave a row sideways lanes of their own where they would lie on one
    /// another, and answers with the number of lanes. What goes right is laid from the right, what
    /// goes left from the left, each below what was there: so their ends cross the fewest.
    fn assign_lanes(&mut self, row: usize) -> usize {
        let mut spans = Vec::new();
        for &node in &self.layers.rows[row] {
            let from = self.layers.nodes[node].x;
            let ends: Vec<f64> = self.ends(node);
            let least = ends.iter().copied().fold(from, f64::min);
            let most = ends.iter().copied().fold(from, f64::max);
            if most - least > 1.0 {
                let goes_right = most + least > 2.0 * from;
                let turn = if goes_right { -from } else { from };
                spans.push((!goes_right, turn, least, most, node));
            }
        }
        spans.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut laid: Vec<(f64, f64, usize)> = Vec::new();
        for (_, _, least, most, node) in spans {
            let under = laid.iter().filter(|(from, to, _)| *from < most + 4.0 && least < *to + 4.0);
            let lane = under.map(|(_, _, lane)| lane + 1).max().unwrap_or(0);
            self.lanes[node] = lane;
            laid.push((least, most, lane));
        }
        laid.iter().map(|(_, _, lane)| lane + 1).max().unwrap_or(0)
    }

    /// Where the arrows that leave a node reach the next row.
    fn ends(&self, node: usize) -> Vec<f64> {
        let pairs = self.layers.ways.iter().flat_map(|way| way.windows(2));
        pairs.filter(|pair| pair[0] == node).map(|pair| self.port(pair[0], pair[1])).collect()
    }

    /// Where the arrow from one node enters another: one that comes from right above in the middle,
    /// the others beside it, in the order of where they come from.
    fn port(&self, from: usize, to: usize) -> f64 {
        let nodes = &self.layers.nodes;
        if nodes[to].step.is_none() {
            return nodes[to].x;
        }
        let pairs = self.layers.ways.iter().flat_map(|way| way.windows(2));
        let mut sources: Vec<usize> =
            pairs.filter(|pair| pair[1] == to).map(|pair| pair[0]).collect();
        sources.sort_by(|&a, &b| nodes[a].x.total_cmp(&nodes[b].x));
        let own = sources.iter().position(|&source| source == from).unwrap_or(0) as f64;
        let above =
            sources.iter().position(|&source| (nodes[source].x - nodes[to].x).abs() < PORT / 2.0);
        let middle = above.map_or((sources.len() as f64 - 1.0) / 2.0, |index| index as f64);
        let apart = PORT.min(nodes[to].width / (sources.len() as f64 + 1.0));
        let exactly_above = own == middle && above.is_some();
        if exactly_above { nodes[from].x } else { nodes[to].x + apart * (own - middle) }
    }

    fn draw_arrow(&self, canvas: &mut Canvas, way: &[usize], (x, y): (f64, f64)) {
        let mut path = Vec::new();
        for pair in way.windows(2) {
            let [upper, lower] = [pair[0], pair[1]].map(|node| self.layers.nodes[node].row);
            let (from, to) = (self.layers.nodes[pair[0]].x, self.port(pair[0], pair[1]));
            let bottom = self.rows[upper].1;
            path.push((x + from, y + bottom));
            if (from - to).abs() > 1.0 {
                let lane = y + bottom + 10.0 + LANE * self.lanes[pair[0]] as f64;
                path.extend([(x + from, lane), (x + to, lane)]);
            }
            path.push((x + to, y + self.rows[lower].0));
        }
        let (colour, width) = if way.len() > 2 { (colour::group(1), 2.0) } else { (GREY, 1.4) };
        canvas.arrow(&path, colour, width);
    }

    fn draw_box(&self, canvas: &mut Canvas, node: usize, (x, y): (f64, f64)) {
        let Some(row) = self.layers.rows.iter().position(|row| row.contains(&node)) else { return };
        let step = &self.steps[node];
        let (middle, width) = (x + self.layers.nodes[node].x, self.layers.nodes[node].width);
        let (top, bottom) = (y + self.rows[row].0, y + self.rows[row].1);
        let place = Area { left: middle - width / 2.0, right: middle + width / 2.0, top, bottom };
        let (fill, edge) = look(step);
        canvas.framed(place, fill, edge);
        let lines = &self.texts[node];
        let first = place.centre_y() - LINE * (lines.len() as f64 - 1.0) / 2.0;
        for (index, (text, size)) in lines.iter().enumerate() {
            let style = match *size {
                NAME => Style::bold(NAME),
                AXES => Style::plain(AXES),
                size => Style::plain(size).coloured(GREY),
            };
            canvas.text(text, (middle, first + LINE * index as f64), style.centre());
        }
    }

    /// What the colours of boxes and arrows mean.
    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (name, is_given) in [("given", true), ("computed", false)] {
            if let Some(step) = self.steps.iter().find(|step| step.from.is_empty() == is_given) {
                let (colour, edge) = look(step);
                entries.push(Entry { name: name.into(), colour, sample: Sample::Box(edge) });
            }
        }
        if self.layers.ways.iter().any(|way| way.len() > 2) {
            let (name, colour) = ("used again further down".into(), colour::group(1));
            entries.push(Entry { name, colour, sample: Sample::Arrow });
        }
        entries
    }
}

/// What a box is filled with, and its edge.
fn look(step: &Step) -> (Rgb, Rgb) {
    if step.from.is_empty() { (GIVEN, colour::group(3)) } else { (MADE, colour::group(0)) }
}

/// The lines of a box with their sizes: name, axes, operation.
fn lines(step: &Step, widest: f64) -> Vec<(String, f64)> {
    let axes = if step.axes.is_empty() { "one number".into() } else { format!("[{}]", step.axes) };
    let mut lines = vec![(step.name.clone(), NAME)];
    for (text, size) in [(&axes, AXES), (&step.by, BY)] {
        lines.extend(wrap(text, size, widest).into_iter().map(|line| (line, size)));
    }
    lines
}

fn box_width(lines: &[(String, f64)]) -> f64 {
    let widths = lines.iter().map(|(text, size)| text_width(text, *size));
    widths.fold(0.0, f64::max) + 2.0 * PADDING
}
