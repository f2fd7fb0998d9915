//! What a report says of its numbers, and when it agrees with another run.

use course::{Report, Table, agree, is_data};

fn trained() -> Report {
    let mut report = Report::default();
    report.say("two models");
    report.band(0.02);
    let mut table = Table::new(["model", "sees", "nats", "right"]);
    table.row(["GPT", "1", "1.992", "68%"]);
    table.row(["GPT", "2", "0.010", "-"]);
    report.keyed_table("loss", &table);
    report.words("text", "what it writes", "the cat");
    report.say_loosely("it writes: the cat");
    report
}

#[test]
fn a_tables_numbers_are_named_by_the_cells_that_tell_its_rows_apart() {
    let report = trained();
    let mut keys = Vec::new();
    for number in report.numbers() {
        keys.push((number.key.as_str(), number.what.as_str(), number.shown.as_str(), number.band));
    }
    assert_eq!(
        keys,
        [
            ("loss-gpt-1-nats", "GPT 1: nats", "1.992", 0.02),
            ("loss-gpt-1-right", "GPT 1: right", "68%", 0.02),
            ("loss-gpt-2-nats", "GPT 2: nats", "0.010", 0.02),
            ("text", "what it writes", "the cat", f64::INFINITY),
        ]
    );
}

#[test]
fn a_run_agrees_with_a_record_within_its_bands_and_in_its_words() {
    let report = trained();
    let text = report.text();
    assert_eq!(report.differences(text), [""; 0]);
    for (old, new, differences) in [
        ("1.992", "2.03", 0),  // 2% of it
        ("1.992", "2.04", 1),  // more
        ("0.010", "0.029", 0), // of 1, where it is smaller
        ("0.010", "0.031", 1),
        ("68%", "66%", 0), // of 100%
        ("68%", "65%", 1),
        ("68%", "68", 1),
        ("GPT", "RNN", 1),
        ("two models", "2 models", 1),
        ("the cat", "a dog", 0),          // drawn
        ("two models", "two\nmodels", 1), // as many lines
    ] {
        let found = report.differences(&text.replacen(old, new, 1));
        assert_eq!(found.len(), differences, "{old} as {new}: {found:?}");
    }
}

#[test]
fn numbers_are_found_between_other_signs() {
    assert!(agree("(-0.5379, 0.2689)", "(-0.5380, 0.2690)", 0.001));
    assert!(!agree("(-0.5379, 0.2689)", "(0.5379, 0.2689)", 0.001));
    assert!(agree("64x, then 3.", "64x, then 3.", 0.0));
    assert!(!agree("64x, then 3.", "64x, then 4.", 0.0));
    assert!(agree("a  b", "a b", 0.0));
    assert!(agree("the cat", "a dog", f64::INFINITY));
}

#[test]
fn data_of_a_widget_are_one_line_of_json_that_a_page_can_hold() {
    let mut report = Report::default();
    report.data("logits", "next tokens and their logits", &[("$", 1.5), ("</script>", -2.0)]);
    let shown = &report.numbers()[0].shown;
    assert_eq!(shown, r#"[["\u0024",1.5],["\u003c/script>",-2.0]]"#);
    assert!(is_data(shown) && !is_data("1.992"));
}

#[test]
#[should_panic(expected = "two numbers are called loss")]
fn two_numbers_of_one_key_are_a_programmers_mistake() {
    let mut report = Report::default();
    report.number("loss", "nats", 1.0);
    report.number("loss", "nats", 2.0);
}

#[test]
#[should_panic(expected = "is no key")]
fn a_key_that_no_page_could_include_is_a_programmers_mistake() {
    Report::default().number("1.loss", "nats", 1.0);
}

#[test]
fn a_table_that_is_too_wide_becomes_lines_of_names_and_cells() {
    let mut table = Table::new(["device", "note"]);
    table.row(["flex", ""]);
    table.row(["wgpu", "build it in, with all its --features"]);
    assert_eq!(table.fitted(60), table.to_string());
    let lines = "  device  flex\n\n  device  wgpu\n  note    build it in,\n          with all its\n          \
        --features\n";
    assert_eq!(table.fitted(24), lines);
}
