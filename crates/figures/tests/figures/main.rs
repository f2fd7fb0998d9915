//! The pictures as documents: the same bytes every time, well formed, complete, whatever the data
//! are.

use course::{Axis, Bar, Block, Drawing, Figure, Line, Marks, Panel, Plane, Point, Step, Tone};

const WEIRD: &str = "<b>&\"'\u{0}\u{7}\u{1f468}\u{200d}\u{1f469} שלום \n ]]> --";

fn figure(panels: Vec<Panel>) -> Figure {
    Figure {
        name: "00-test".into(),
        title: "A title".into(),
        alt: "What it says".into(),
        band: 0.0,
        panels,
    }
}

fn panel(marks: Marks) -> Panel {
    let (x, y) = (Axis::linear("distance (tokens)"), Axis::linear("score (1)"));
    Panel { title: "A panel".into(), x, y, marks }
}

fn lines() -> Marks {
    let wave = |k: usize| (0..100).map(move |i| (i as f64, (i as f64 / (5.0 + k as f64)).sin()));
    Marks::Lines((0..8).map(|k| Line::new(&format!("curve {k}"), wave(k))).collect())
}

fn points() -> Marks {
    let point = |i: usize| Point {
        label: format!("word{i}"),
        group: format!("group {}", i % 3),
        x: (i * 37 % 11) as f64,
        y: (i * 53 % 7) as f64,
    };
    Marks::Points((0..30).map(point).collect())
}

fn bars(labels: usize, groups: usize) -> Marks {
    let bar = |i: usize| Bar {
        label: format!("label number {}", i / groups),
        group: format!("group {}", i % groups),
        value: (i as f64 - 2.0) * 0.37,
    };
    Marks::Bars((0..labels * groups).map(bar).collect())
}

fn heatmap(rows: usize, columns: usize, shift: f64) -> Marks {
    let value = |row: usize, column: usize| ((row * columns + column) as f64 * 0.7).sin() + shift;
    let values =
        (0..rows).map(|row| (0..columns).map(|column| value(row, column)).collect()).collect();
    Marks::heatmap(values, vec![], vec![], "value")
}

fn matrix(values: Vec<Vec<f64>>, colours: &str) -> Marks {
    Marks::heatmap(values, vec![], vec![], colours)
}

fn only(marks: Marks) -> String {
    figures::svg(&figure(vec![panel(marks)]))
}

/// A number that stands in an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<f64> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()?.parse().ok()
}

/// Where each of the texts stands, in pixels, with its size.
fn texts(svg: &str) -> Vec<(String, (f64, f64), f64)> {
    let mut texts = Vec::new();
    for part in svg.split("<text ").skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag ends");
        let text = rest.split('<').next().unwrap_or_default().trim().to_string();
        let tag = format!(" {tag}");
        let [x, y, size] = ["x", "y", "font-size"].map(|name| attribute(&tag, name).expect(name));
        texts.push((text, (x / 10.0, y / 10.0), size / 10.0));
    }
    texts
}

/// Where a text stands, each time.
fn places(svg: &str, wanted: &str) -> Vec<(f64, f64)> {
    let all = texts(svg).into_iter().filter(|(text, ..)| text == wanted);
    all.map(|(_, at, _)| at).collect()
}

/// Left, top, right and bottom of the rectangles of a colour, in pixels.
fn rectangles(svg: &str, colour: &str) -> Vec<[f64; 4]> {
    let fill = format!("fill=\"{colour}\"");
    let mut found = Vec::new();
    for tag in svg.lines().filter(|line| line.starts_with("<rect") && line.contains(&fill)) {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|name| attribute(tag, name).expect(name) / 10.0);
        found.push([x, y, x + width, y + height]);
    }
    found
}

/// The corners of every polyline or polygon of a colour, in pixels.
fn paths(svg: &str, kind: &str, colour: &str) -> Vec<Vec<(f64, f64)>> {
    let mut found = Vec::new();
    for tag in svg.lines().filter(|line| line.starts_with(kind) && line.contains(colour)) {
        let points = tag.split(" points=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut path = Vec::new();
        for pair in points.unwrap_or_default().split_whitespace() {
            let (x, y) = pair.split_once(',').expect("two numbers");
            let [x, y] = [x, y].map(|number| number.parse::<f64>().expect("a number") / 10.0);
            path.push((x, y));
        }
        found.push(path);
    }
    found
}

/// Every tag closed in order, every `&` an entity, no control characters: as much XML as an SVG of
/// ours has.
#[track_caller]
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert_text(&rest[..start]);
        let end = rest[start..].find('>').expect("a tag ends") + start;
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "a raw < in {tag:?}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            assert_eq!(tag.matches('"').count() % 2, 0, "a quote is open in {tag:?}");
            assert_text(tag);
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf\""), "a number that is none");
}

#[track_caller]
fn assert_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        let entity = &text[at..];
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"];
        assert!(known.iter().any(|name| entity.starts_with(name)), "a raw & in {text:?}");
    }
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a control character in {text:?}");
}

#[test]
fn the_same_data_give_the_same_bytes() {
    for marks in [lines(), points(), bars(4, 2), heatmap(20, 30, 0.0)] {
        let figure = figure(vec![panel(marks)]);
        assert_eq!(figures::svg(&figure), figures::svg(&figure.clone()));
    }
}

#[test]
fn every_kind_renders_with_title_names_and_alt_text() {
    for marks in
        [lines(), points(), bars(3, 1), bars(40, 2), heatmap(3, 4, 0.0), heatmap(64, 64, 2.0)]
    {
        let svg = figures::svg(&figure(vec![panel(marks.clone()), panel(marks)]));
        assert_well_formed(&svg);
        assert!(
            svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("role=\"img\"")
        );
        assert!(
            svg.contains("<title>A title</title>") && svg.contains("<desc>What it says</desc>")
        );
        for text in ["A panel", "distance (tokens)", "score (1)"] {
            assert_eq!(svg.matches(text).count(), 2, "{text:?} once a panel");
        }
        assert!(svg.contains("fill=\"#FFFFFF\""), "a light panel of its own");
    }
}

#[test]
fn a_tensor_stands_below_all_that_it_is_made_of() {
    let steps = vec![
        Step::input("ids", "batch, tokens"),
        Step::new("rows", "batch, tokens, d_model", "look up", ["ids"]),
        Step::input("bias", "d_model"),
        Step::new("sum", "batch, tokens, d_model", "add", ["rows", "bias"]),
        Step::new("loss", "", "mean", ["sum", "ids"]),
    ];
    let svg = figures::svg(&Figure::shapes("00-shapes", "A title", "What it says", steps));
    assert_well_formed(&svg);
    let height = |name: &str| {
        let tag =
            svg[..svg.find(&format!("\n{name}\n")).expect(name)].rfind("<text").expect("a text");
        let y = svg[tag..]
            .split(" y=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a height");
        y.parse::<f64>().expect("a number")
    };
    assert!(
        height("ids") < height("rows")
            && height("rows") < height("sum")
            && height("sum") < height("loss")
    );
    assert!(
        height("ids") < height("bias") && height("bias") < height("sum"),
        "right above what takes it first"
    );
    assert!(svg.contains("[batch, tokens, d_model]") && svg.contains("one number"));
}

/// A drawing with one element of each kind, all words the same.
fn everything(text: &str) -> Drawing {
    let mut drawing = Drawing::new(200.0);
    drawing.patch(&[(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)], Tone::Grey, 0.1);
    drawing.boxed((100.0, 100.0), (80.0, 40.0), &[text], Tone::Third);
    drawing.shaded(
        (0.0, 50.0),
        (30.0, 30.0),
        &[text.into(), text.into()],
        &[0.0, 1.0],
        Tone::First,
    );
    drawing.dashed(&[(0.0, 0.0), (50.0, 50.0)], Tone::Second, 1.0);
    drawing.circle((50.0, 50.0), 20.0, Tone::Grey);
    drawing.turn((50.0, 50.0), 30.0, (0.0, 2.0), Tone::Ink);
    drawing.dot((50.0, 50.0), 4.0, Tone::White);
    drawing.arrow((10.0, 10.0), (60.0, 10.0), Tone::Ink, 2.0);
    drawing.label_to((90.0, 20.0), text, Tone::Ink);
    drawing
}

#[test]
fn an_arrow_ends_in_a_head_whose_point_is_where_it_points() {
    let mut drawing = Drawing::new(100.0);
    drawing.arrow((10.0, 50.0), (110.0, 50.0), Tone::Ink, 2.0);
    let svg = figures::svg(&drawing.figure("00-arrow", "A title", "An arrow to the right"));
    assert_well_formed(&svg);
    let head = svg.split("<polygon").nth(1).expect("a head");
    let shaft = svg.split("<polyline").nth(1).expect("a shaft");
    let xs = |tag: &str| -> Vec<f64> {
        let points =
            tag.split("points=\"").nth(1).expect("points").split('"').next().expect("them");
        let x = |point: &str| point.split(',').next().and_then(|x| x.parse().ok()).expect("an x");
        points.split_whitespace().map(x).collect()
    };
    let tip = xs(head).into_iter().fold(f64::MIN, f64::max);
    let end = xs(shaft).into_iter().fold(f64::MIN, f64::max);
    // Six pixels lie beside a drawing, and a pixel is ten units.
    assert_eq!(tip, 1160.0);
    assert!(end < tip - 50.0, "the shaft ends inside the head: {end}, {tip}");
}

#[test]
fn a_drawing_can_be_read_at_the_width_of_a_telephone() {
    let svg = figures::svg(&everything("text").figure("00-all", "A title", "One of each"));
    assert_well_formed(&svg);
    let width: f64 =
        svg.split("width=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()).unwrap();
    for tag in svg.split("font-size=\"").skip(1) {
        let units: f64 = tag.split('"').next().and_then(|size| size.parse().ok()).expect("a size");
        let shown = units / 10.0 * 360.0 / width;
        assert!(shown >= 10.9, "{shown} px on a page of 360 px");
    }
}

#[test]
fn y_points_up_on_a_plane_and_down_on_the_page() {
    let plane = Plane { origin: (100.0, 200.0), unit: 10.0 };
    assert_eq!(plane.at(3.0, 4.0), (130.0, 160.0));
    let (x, y) = plane.polar(std::f64::consts::FRAC_PI_2, 2.0);
    assert!((x - 100.0).abs() < 1e-9 && (y - 180.0).abs() < 1e-9);
}

#[test]
fn labels_may_hold_any_text() {
    let weird = || WEIRD.to_string();
    let kinds = [
        Marks::Lines(vec![Line::new(WEIRD, [(0.0, 1.0), (1.0, 2.0)])]),
        Marks::Points(vec![Point { label: weird(), group: weird(), x: 0.0, y: 0.0 }]),
        Marks::Bars(vec![Bar { label: weird(), group: weird(), value: 1.0 }]),
        Marks::heatmap(vec![vec![1.0, -2.0]], vec![weird(), weird()], vec![weird()], WEIRD),
        Marks::Shapes(vec![Step::input(WEIRD, WEIRD), Step::new("y", WEIRD, WEIRD, [WEIRD])]),
        Marks::Drawing(everything(WEIRD)),
    ];
    for marks in kinds {
        let mut figure = figure(vec![panel(marks)]);
        (figure.title, figure.alt) = (weird(), weird());
        (figure.panels[0].title, figure.panels[0].x.label, figure.panels[0].y.label) =
            (weird(), weird(), weird());
        assert_well_formed(&figures::svg(&figure));
    }
}

#[test]
fn a_very_long_text_is_wrapped_or_cut() {
    let long = "word ".repeat(300);
    let mut figure =
        figure(vec![panel(Marks::Lines(vec![Line::new(&long, [(0.0, 1.0), (1.0, 2.0)])]))]);
    figure.panels[0].x.label = long.clone();
    let svg = figures::svg(&figure);
    assert_well_formed(&svg);
    assert!(svg.contains('…'));
}

#[test]
fn data_that_cannot_be_drawn_are_left_out() {
    let strange =
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e-320, f64::MAX, f64::MIN, 7.0];
    let pairs = || strange.iter().flat_map(|&x| strange.iter().map(move |&y| (x, y)));
    for log in [false, true] {
        let kinds = [
            Marks::Lines(vec![Line::new("a", pairs())]),
            Marks::Points(
                pairs()
                    .map(|(x, y)| Point { label: "p".into(), group: "g".into(), x, y })
                    .collect(),
            ),
            Marks::Bars(
                strange
                    .iter()
                    .map(|&value| Bar { label: "b".into(), group: "g".into(), value })
                    .collect(),
            ),
            matrix(vec![strange.to_vec(), vec![]], ""),
        ];
        for marks in kinds {
            let mut panel = panel(marks);
            (panel.x.log, panel.y.log) = (log, log);
            assert_well_formed(&figures::svg(&figure(vec![panel])));
        }
    }
}

#[test]
fn nothing_at_all_is_said_to_be_no_data() {
    let kinds = [
        Marks::Lines(vec![]),
        Marks::Lines(vec![Line::new("empty", [])]),
        Marks::Points(vec![]),
        Marks::Bars(vec![]),
        matrix(vec![], ""),
        matrix(vec![vec![], vec![]], ""),
        matrix(vec![vec![f64::NAN]], ""),
    ];
    for marks in kinds {
        let svg = figures::svg(&figure(vec![panel(marks)]));
        assert_well_formed(&svg);
        assert!(svg.contains("no data"));
    }
    assert_well_formed(&figures::svg(&figure(vec![])));
}

#[test]
fn one_point_and_constant_series_have_axes_too() {
    for value in [0.0, 1.0, -3.5, 1e-9, 1e9, 123_456.789] {
        let constant = (0..5).map(|i| (f64::from(i), value));
        let svg = figures::svg(&figure(vec![
            panel(Marks::Lines(vec![Line::new("constant", constant)])),
            panel(Marks::Lines(vec![Line::new("point", [(value, value)])])),
            panel(matrix(vec![vec![value; 3]; 2], "")),
            panel(Marks::Bars(vec![Bar { label: "a".into(), group: String::new(), value }])),
        ]));
        assert_well_formed(&svg);
        assert!(!svg.contains("no data"));
    }
}

#[test]
fn a_gap_in_the_data_is_a_gap_in_the_curve() {
    let with_gap = [(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 0.0)];
    let svg = figures::svg(&figure(vec![panel(Marks::Lines(vec![Line::new("", with_gap)]))]));
    let curves = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains("#0072B2"))
        .count();
    assert_eq!(curves, 2);
}

#[test]
fn several_runs_have_a_band_and_one_has_none() {
    let bands = |line: Line| {
        let svg = figures::svg(&figure(vec![panel(Marks::Lines(vec![line]))]));
        assert_well_formed(&svg);
        svg.lines().filter(|line| line.contains("opacity=\"0.15\"")).count()
    };
    let runs = [vec![(0.0, 1.0), (1.0, 2.0)], vec![(0.0, 3.0), (1.0, 7.0)]];
    assert_eq!(bands(Line::over_runs("", &runs)), 1);
    assert_eq!(bands(Line::new("", runs[0].clone())), 0);
    let broken = [runs[0].clone(), vec![(0.0, f64::NAN), (1.0, f64::INFINITY)]];
    assert_eq!(bands(Line::over_runs("", &broken)), 0);
}

#[test]
fn a_logarithmic_axis_marks_powers_of_ten() {
    let mut panel = panel(Marks::Lines(vec![Line::new("loss", [(1.0, 1e-3), (1000.0, 100.0)])]));
    (panel.x.log, panel.y.log) = (true, true);
    let svg = figures::svg(&figure(vec![panel]));
    for label in ["\n10\n", "\n1000\n", "\n0.01\n", "\n100\n"] {
        assert!(svg.contains(label), "no tick {label:?}");
    }
}

#[test]
fn numbers_in_the_document_are_short() {
    let svg = figures::svg(&figure(vec![panel(lines()), panel(heatmap(9, 9, 0.0))]));
    for value in svg.split('"').skip(1).step_by(2) {
        for number in value.split([' ', ',']).filter(|part| part.parse::<f64>().is_ok()) {
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            assert!(decimals <= 2, "{number} has {decimals} decimals");
        }
    }
}

#[test]
fn no_figure_is_wider_than_a_page_and_no_letter_smaller_than_11_pixels() {
    let long = "a rather long name of an axis, with its unit and some more words (1)";
    for panels in 1..6 {
        for marks in [lines(), points(), bars(20, 2), heatmap(12, 12, 0.0), heatmap(40, 40, 0.0)] {
            let mut figure = figure(vec![panel(marks); panels]);
            for panel in &mut figure.panels {
                panel.x.label = long.into();
            }
            let svg = figures::svg(&figure);
            assert!(attribute(&svg, "width").is_some_and(|width| width <= 750.0));
            for (text, _, size) in texts(&svg) {
                assert!(size >= 11.0, "{text:?} has {size} pixels");
            }
        }
    }
}

#[test]
fn no_panel_stands_beside_a_hole() {
    let titles = |panels: usize| {
        let svg = figures::svg(&figure(vec![panel(lines()); panels]));
        places(&svg, "A panel")
    };
    let row = |titles: &[(f64, f64)]| titles.iter().all(|title| title.1 == titles[0].1);
    assert!(row(&titles(2)) && row(&titles(3)));
    let [four, five] = [titles(4), titles(5)];
    assert!(row(&four[..2]) && row(&four[2..]) && four[0].1 < four[2].1);
    assert!(row(&five[..3]) && row(&five[3..]) && five[0].1 < five[3].1);
    let middle = (five[3].0 + five[4].0) / 2.0;
    assert!(
        (middle - five[1].0).abs() < 1.0,
        "two below three have the width of the page: {five:?}"
    );
}

#[test]
fn a_title_of_two_lines_makes_a_figure_of_shapes_higher() {
    let steps = vec![Step::input("x", "tokens"), Step::new("y", "tokens", "add", ["x"])];
    let below = |title: &str| {
        let svg = figures::svg(&Figure::shapes("00", title, "What it says", steps.clone()));
        let height = attribute(&svg, "height").expect("a height");
        let mut boxes = rectangles(&svg, "#E6F1FA");
        boxes.retain(|[left, _, right, _]| right - left > 20.0); // the legend has small ones
        let lowest = boxes.into_iter().map(|[.., bottom]| bottom);
        let title = texts(&svg).into_iter().map(|(_, (_, y), _)| y).fold(f64::INFINITY, f64::min);
        (height - lowest.fold(0.0, f64::max), title)
    };
    let (short, first) = below("Short");
    let (long, same) = below("A title so long that it is broken into two lines at least, or more");
    assert!(short > 10.0 && (short - long).abs() < 1.0, "{short} and {long} below the last box");
    assert_eq!(first, same);
}

#[test]
fn matrices_whose_colours_say_the_same_share_a_scale() {
    let svg = |other: &str| {
        let (one, two) =
            (matrix(vec![vec![0.5, 1.0]], "share"), matrix(vec![vec![0.5, 0.25]], other));
        figures::svg(&figure(vec![panel(one), panel(two)]))
    };
    let (half, full) = ("#6BAED6", "#08306B");
    let cells = |svg: &str, colour: &str| {
        let wide = |rectangle: &&[f64; 4]| rectangle[2] - rectangle[0] > 30.0;
        rectangles(svg, colour).iter().filter(wide).count()
    };
    let shared = svg("share");
    assert_eq!((cells(&shared, half), cells(&shared, full)), (2, 1));
    assert_eq!(places(&shared, "share").len(), 1, "one scale for both");
    let apart = svg("count");
    assert_eq!((cells(&apart, half), cells(&apart, full)), (2, 2), "0.25 is half of 0.5");
    assert_eq!((places(&apart, "share").len(), places(&apart, "count").len()), (1, 1));
}

#[test]
fn nothing_is_white_and_much_is_dark() {
    let cell = |value: f64| {
        let svg = only(matrix(vec![vec![value, 0.0, 1.0]], ""));
        let row = rectangles(&svg, "#FFFFFF").len();
        (svg.contains("#08306B"), row)
    };
    assert!(cell(0.5).0);
    assert!(cell(0.5).1 > 1, "a white cell besides the panel");
    let both = only(matrix(vec![vec![-1.0, 0.0, 0.5]], ""));
    assert!(both.contains("#053061") && rectangles(&both, "#FFFFFF").len() > 1, "white between");
}

#[test]
fn what_is_hidden_is_hatched_and_named() {
    let hidden = only(matrix(vec![vec![f64::NAN, 0.0], vec![1.0, 0.0]], ""));
    let hatches = paths(&hidden, "<polyline", "#59636E").len();
    let shown = only(matrix(vec![vec![0.0, 0.0], vec![1.0, 0.0]], ""));
    assert!(hatches > paths(&shown, "<polyline", "#59636E").len() + 10);
    assert_eq!((places(&hidden, "hidden").len(), places(&shown, "hidden").len()), (1, 0));
    let json = serde_json::to_string(&matrix(vec![vec![f64::NAN, 2.0]], "")).expect("JSON");
    let Ok(Marks::Heatmap { values, .. }) = serde_json::from_str(&json) else { panic!("{json}") };
    assert!(values[0][0].is_nan() && values[0][1] == 2.0, "{json}");
}

#[test]
fn whole_numbers_are_written_whole_and_yes_and_no_need_no_scale() {
    let counts = only(matrix(vec![vec![12.0, 0.0], vec![3.0, 15.0]], "sentences"));
    for number in ["12", "0", "3", "15"] {
        assert!(!places(&counts, number).is_empty(), "{number}");
    }
    assert!(texts(&counts).iter().all(|(text, ..)| !text.contains('.')));
    let answers = only(matrix(vec![vec![1.0, 0.0], vec![0.0, 1.0]], "hidden or not"));
    assert!(places(&answers, "hidden or not").is_empty());
    assert_eq!(rectangles(&answers, "#08306B").len(), 2, "no bar of colours");
    let bar = |value| Bar { label: format!("at {value}"), group: String::new(), value };
    let bars = only(Marks::Bars([128.0, 64.0, 32.0].map(bar).to_vec()));
    assert!(!places(&bars, "64").is_empty() && places(&bars, "64.0").is_empty());
}

#[test]
fn a_value_above_the_scale_is_said_to_be_more() {
    let svg = only(matrix(vec![vec![0.2, 1.0]], "").between(0.0, 0.4));
    assert!(texts(&svg).iter().any(|(text, ..)| text.starts_with("≥0.4")));
    let rounded = only(matrix(vec![vec![0.2, 1.000_000_1]], "").between(-1.0, 1.0));
    assert!(!texts(&rounded).iter().any(|(text, ..)| text.starts_with('≥')));
}

#[test]
fn a_block_of_cells_has_an_outline() {
    let values = vec![vec![0.5; 4]; 4];
    let svg = only(matrix(values, "").outlining([Block::on_diagonal(1, 3)]));
    let outlines = paths(&svg, "<polyline", "stroke-width=\"20\"");
    let [outline] = &outlines[..] else { panic!("{outlines:?}") };
    let x: Vec<f64> = outline.iter().map(|&(x, _)| x).collect();
    let one = places(&svg, "1").into_iter().chain(places(&svg, "2"));
    for (middle, _) in one.filter(|(_, y)| *y > 300.0) {
        assert!(middle > x[0] && middle < x[1], "columns 1 and 2 lie inside");
    }
}

#[test]
fn ticks_stand_where_marked_curves_have_points() {
    let curve = |places: &[f64]| {
        let mut panel = panel(Marks::Lines(vec![Line::new("", places.iter().map(|&x| (x, x)))]));
        panel.x.log = places.iter().all(|&x| x > 0.0);
        panel.y.label = "another".into();
        let svg = figures::svg(&figure(vec![panel]));
        let lowest = texts(&svg).iter().map(|(_, (_, y), _)| *y).fold(0.0, f64::max);
        let ticks = texts(&svg)
            .into_iter()
            .filter(|(_, (_, y), _)| (lowest - 30.0..lowest - 10.0).contains(y));
        ticks.map(|(text, ..)| text).collect::<Vec<_>>()
    };
    assert_eq!(curve(&[32.0, 64.0, 128.0, 256.0]), ["32", "64", "128", "256"]);
    assert_eq!(curve(&[0.0, 12.0, 48.0]), ["0", "12", "48"]);
    let crowded: Vec<f64> = (0..20).map(|i| f64::from(i) * 1003.0).collect();
    assert_eq!(curve(&crowded), ["0", "5000", "10000", "15000"], "round numbers instead");
}

#[test]
fn a_map_is_as_long_across_as_up() {
    let point = |x: f64, y: f64| Point { label: String::new(), group: "words".into(), x, y };
    let corners = vec![point(0.0, 0.0), point(10.0, 0.0), point(0.0, 1.0)];
    let lengths = |x: &str, y: &str| {
        let mut panel = panel(Marks::Points(corners.clone()));
        (panel.x.label, panel.y.label) = (x.into(), y.into());
        let svg = figures::svg(&figure(vec![panel]));
        let at = |name: &str| -> Vec<f64> {
            let circles = svg.lines().filter(|line| line.starts_with("<circle"));
            circles.map(|circle| attribute(circle, name).expect(name)).collect()
        };
        let (x, y) = (at("cx"), at("cy"));
        ((x[1] - x[0]) / 10.0, y[0] - y[2])
    };
    let (across, up) = lengths("across (width)", "up (width)");
    assert!((across - up).abs() < 2.0, "{across} and {up}");
    let (across, up) = lengths("time (ms)", "speed (m/s)");
    assert!((across - up).abs() > 100.0, "two units need not be as long");
}

#[test]
fn axes_of_one_name_have_one_scale_and_legends_move_no_baseline() {
    let svg = |other: &str, names: usize| {
        let curve = |top: f64, name: &str| Line::new(name, [(0.0, 0.0), (1.0, top)]);
        let mut left = panel(Marks::Lines(vec![curve(1.0, "a"), curve(1.0, "b")]));
        let many = (0..names).map(|i| curve(10.0, &format!("a curve with a long name {i}")));
        let mut right = panel(Marks::Lines(many.collect()));
        left.y.label = "loss".into();
        right.y.label = other.into();
        figures::svg(&figure(vec![left, right]))
    };
    assert_eq!(places(&svg("loss", 2), "10").len(), 2);
    assert_eq!(places(&svg("another", 2), "10").len(), 1);
    for names in [1, 3, 8] {
        let svg = svg("loss", names);
        let axes: Vec<f64> = places(&svg, "distance (tokens)").iter().map(|at| at.1).collect();
        assert_eq!(axes[0], axes[1]);
    }
}

#[test]
fn one_legend_is_enough_for_panels_that_have_the_same() {
    let two = || {
        panel(Marks::Lines(
            ["a", "b"].map(|name| Line::new(name, [(0.0, 1.0), (1.0, 2.0)])).to_vec(),
        ))
    };
    let svg = figures::svg(&figure(vec![two(), two()]));
    assert_eq!((places(&svg, "a").len(), places(&svg, "b").len()), (1, 1));
    let alone = only(Marks::Lines(vec![Line::new("a", [(0.0, 1.0), (1.0, 2.0)])]));
    assert!(places(&alone, "a").is_empty(), "a single curve is what the figure is about");
}

#[test]
fn what_is_compared_with_is_thin_dashed_and_named_on_its_level() {
    let curve = Line::new("loss", (0..10).map(|x| (f64::from(x), 5.0 - f64::from(x) * 0.4)));
    let level = Line::new("best possible", [(0.0, 1.0), (9.0, 1.0)]).as_guide();
    let svg = only(Marks::Lines(vec![level, curve]));
    assert!(paths(&svg, "<polyline", "#59636E").len() > 10, "dashes");
    assert!(svg.contains("#0072B2"), "the first colour is left for the curve");
    let [name] = places(&svg, "best possible")[..] else { panic!("named once") };
    let dash = paths(&svg, "<polyline", "#59636E")[0][0];
    assert!((name.1 - dash.1).abs() < 20.0, "beside its line");
}

#[test]
fn a_logarithmic_axis_has_marks_and_no_bars() {
    let mut panel = panel(bars(5, 2));
    panel.y.log = true;
    let Marks::Bars(bars) = &mut panel.marks else { panic!("bars") };
    bars.iter_mut().for_each(|bar| bar.value = 10.0);
    let svg = figures::svg(&figure(vec![panel]));
    let blue = rectangles(&svg, "#0072B2");
    assert!(blue.is_empty(), "{blue:?}");
    assert_eq!(svg.lines().filter(|line| line.starts_with("<circle")).count(), 5 + 1);
}

#[test]
fn points_against_a_line_have_names_that_do_not_lie_on_it() {
    let line = Line::new("the roof", [(1.0, 1.0), (5.0, 5.0), (9.0, 5.0)]);
    let points =
        [1.0, 2.0, 4.5].map(|x| Point { label: format!("at {x}"), group: "g".into(), x, y: x });
    let svg = only(Marks::Against { line, points: points.to_vec() });
    assert_well_formed(&svg);
    let roof = paths(&svg, "<polyline", "#59636E");
    assert!(roof.iter().any(|path| path.len() == 3), "a line of three points: {roof:?}");
    for x in [1.0, 2.0, 4.5] {
        assert_eq!(places(&svg, &format!("at {x}")).len(), 1);
    }
    assert_eq!(places(&svg, "the roof").len(), 1, "in the legend");
}

/// A residual: x goes to `y` and past it.
fn residual() -> String {
    let steps = vec![
        Step::input("x", "tokens"),
        Step::new("y", "batch, tokens, d_model", "attention, which is wide", ["x"]),
        Step::new("z", "tokens", "feed", ["y"]),
        Step::new("sum", "tokens", "add", ["x", "z"]),
    ];
    figures::svg(&Figure::shapes("00", "A title", "What it says", steps))
}

#[test]
fn arrows_have_heads_and_their_colours_and_those_of_boxes_are_explained() {
    let svg = residual();
    assert_well_formed(&svg);
    let (grey, orange) = ("#59636E", "#D55E00");
    assert_eq!(paths(&svg, "<polygon", grey).len(), 3, "x to y, y to z, z to sum");
    assert_eq!(paths(&svg, "<polygon", orange).len(), 2, "x to sum, and one in the legend");
    for name in ["given", "computed", "used again further down"] {
        assert_eq!(places(&svg, name).len(), 1, "{name}");
    }
    let plain = vec![Step::input("x", "tokens"), Step::new("y", "tokens", "add", ["x"])];
    let plain = figures::svg(&Figure::shapes("00", "A title", "What it says", plain));
    assert!(places(&plain, "used again further down").is_empty(), "only where there is one");
}

#[test]
fn an_arrow_that_passes_a_box_goes_round_it_on_one_line() {
    let svg = residual();
    let boxes = rectangles(&svg, "#E6F1FA");
    let way = paths(&svg, "<polyline", "#D55E00").into_iter().max_by_key(Vec::len).expect("a way");
    for pair in way.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        assert!(x == to_x || y == to_y, "across or down: {way:?}");
        for [left, top, right, bottom] in &boxes {
            let beside = x.max(to_x) < *left || x.min(to_x) > *right;
            let apart = y.max(to_y) < *top || y.min(to_y) > *bottom;
            assert!(beside || apart, "{pair:?} crosses a box");
        }
    }
    let mut sides: Vec<f64> =
        way.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0).collect();
    sides.dedup();
    assert_eq!(sides.len(), 3, "out, down on one line, and in: {way:?}");
}

#[test]
fn boxes_stand_inside_the_frame_and_beside_each_other() {
    let mut steps = vec![Step::input("x", "batch, tokens, d_model")];
    for name in ["q", "k", "v"] {
        steps.push(Step::new(name, "batch, n_kv_heads, tokens, d_head", "turned by RoPE", ["x"]));
    }
    steps.push(Step::new("a", "batch, tokens, d_model", "added to x", ["x", "q", "k", "v"]));
    let svg = figures::svg(&Figure::shapes("00", "A title", "What it says", steps));
    let width = attribute(&svg, "width").expect("a width");
    assert!(width <= 750.0, "{width}");
    let boxes = rectangles(&svg, "#E6F1FA");
    let boxes: Vec<_> = boxes.iter().filter(|[left, _, right, _]| right - left > 20.0).collect();
    for (i, one) in boxes.iter().enumerate() {
        assert!(one[0] > 10.0 && one[2] < width - 10.0, "{one:?}");
        for other in &boxes[..i] {
            let apart =
                one[0] > other[2] || one[2] < other[0] || one[1] > other[3] || one[3] < other[1];
            assert!(apart, "{one:?} and {other:?}");
        }
    }
}
