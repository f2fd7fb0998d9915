//! Checks of a configuration refuse in one line that names the key.

use checkpoint::{CheckpointError, Checks};

use crate::assert_says;

#[test]
fn checks_pass_what_can_be() {
    let checks = Checks::of("m/config.json".as_ref());
    assert!(checks.is("flag", true, true).is_ok());
    assert!(checks.model_type(Some("gpt2"), "gpt2").is_ok());
    assert!(
        checks.above_zero(&[("layers", 1), ("heads", usize::MAX)]).is_ok()
            && checks.above_zero(&[]).is_ok()
    );
    assert!(checks.divides(("heads", 12), ("width", 768)).is_ok());
    for epsilon in [1e-12, 1e-5, 0.5] {
        assert!(checks.epsilon("eps", epsilon).is_ok());
    }
    for share in [0.0, 0.1, 0.999] {
        assert!(checks.probability("dropout", share).is_ok());
    }
}

#[test]
fn checks_refuse_in_a_line_that_names_file_key_expected_and_found() {
    let checks = Checks::of("m/config.json".as_ref());
    let refused = |result: Result<(), CheckpointError>, line: &str| {
        assert_says(
            result,
            &["\"m/config.json\": at ", line, "; correct the file or fetch it again"],
        );
    };
    refused(checks.refuse("key", "expected rain".into()), "at key: expected rain;");
    refused(checks.is("flag", Some(true), None), "at flag: expected None, found Some(true);");
    refused(
        checks.model_type(Some("bert"), "gpt2"),
        "at model_type: expected \"gpt2\", found \"bert\";",
    );
    refused(
        checks.model_type(None, "gpt2"),
        "at model_type: expected \"gpt2\", found no such key;",
    );
    refused(
        checks.above_zero(&[("layers", 2), ("heads", 0), ("width", 0)]),
        "at heads: expected at least 1, found 0;",
    );
    refused(
        checks.divides(("heads", 5), ("width", 768)),
        "at heads: expected a divisor of width (768), found 5;",
    );
    for (epsilon, found) in [(0.0, "0"), (-1e-5, "-0.00001"), (1.0, "1"), (f64::NAN, "NaN")] {
        let line = format!("at eps: expected a number above 0 and below 1, found {found};");
        refused(checks.epsilon("eps", epsilon), &line);
    }
    for (share, found) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
        let line = format!("at dropout: expected a probability below 1, found {found};");
        refused(checks.probability("dropout", share), &line);
    }
}
