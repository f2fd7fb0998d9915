//! The pictures as documents: the same bytes every time, well formed, complete, whatever the data
//! are.

use course::{Axis, Bar, Figure, Line, Marks, Panel, Point, Step};

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
    Marks::Heatmap { values, columns: vec![], rows: vec![] }
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
fn the_size_depends_on_the_number_of_panels_alone() {
    assert!(figures::svg(&figure(vec![panel(lines())])).contains("width=\"640\" height=\"400\""));
    let two = figures::svg(&figure(vec![panel(lines()), panel(points())]));
    assert!(two.contains("width=\"880\" height=\"420\""));
    for panels in [3, 4] {
        let svg = figures::svg(&figure(vec![panel(lines()); panels]));
        assert!(svg.contains("width=\"880\" height=\"840\""), "{panels} panels stand in two rows");
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

#[test]
fn labels_may_hold_any_text() {
    let weird = || WEIRD.to_string();
    let kinds = [
        Marks::Lines(vec![Line::new(WEIRD, [(0.0, 1.0), (1.0, 2.0)])]),
        Marks::Points(vec![Point { label: weird(), group: weird(), x: 0.0, y: 0.0 }]),
        Marks::Bars(vec![Bar { label: weird(), group: weird(), value: 1.0 }]),
        Marks::Heatmap {
            values: vec![vec![1.0, -2.0]],
            columns: vec![weird(), weird()],
            rows: vec![weird()],
        },
        Marks::Shapes(vec![Step::input(WEIRD, WEIRD), Step::new("y", WEIRD, WEIRD, [WEIRD])]),
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
            Marks::Heatmap {
                values: vec![strange.to_vec(), vec![]],
                columns: vec![],
                rows: vec![],
            },
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
        Marks::Heatmap { values: vec![], columns: vec![], rows: vec![] },
        Marks::Heatmap { values: vec![vec![], vec![]], columns: vec![], rows: vec![] },
        Marks::Heatmap { values: vec![vec![f64::NAN]], columns: vec![], rows: vec![] },
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
            panel(Marks::Heatmap {
                values: vec![vec![value; 3]; 2],
                columns: vec![],
                rows: vec![],
            }),
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
fn a_matrix_with_both_signs_is_white_at_zero_and_one_without_is_not() {
    let svg = |values: Vec<f64>| {
        let marks = Marks::Heatmap { values: vec![values], columns: vec![], rows: vec![] };
        figures::svg(&figure(vec![panel(marks)]))
    };
    assert!(svg(vec![-1.0, 0.0, 0.5]).contains("#F7F7F7"));
    assert!(!svg(vec![0.1, 0.2, 0.5]).contains("#F7F7F7"));
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
