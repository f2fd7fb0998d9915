//! Killed at any moment, a source is one of those that could stand there, and no attempt is lost.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::toy::Toy;

#[test]
fn killed_at_any_moment_no_source_is_half_written_and_no_attempt_lost() {
    let toy = Toy::new();
    let before = toy.text();
    let whole = [
        before.clone(),
        before.replace("x * 2", "todo!(\"01.1\")"),
        before.replace("x * 2", "x + 2"),
    ];
    toy.learn(&["open", "01.1"]);
    toy.learn(&["check"]);
    let steps: [&[&str]; 4] =
        [&["open", "01.1"], &["check", "01.1"], &["solution", "01.1", "--put"], &["reset", "01.1"]];
    for round in 0..24_u64 {
        // Someone writes between two steps, where there is a hole to write into.
        if toy.text() == whole[1] {
            toy.edit("todo!(\"01.1\")", "x + 2");
        }
        for (number, step) in steps.iter().enumerate() {
            let mut child =
                toy.command(step).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // From before it has read anything to after it has ended, in no order.
            let pause = (round * 7 + number as u64 * 5) % 24;
            thread::sleep(Duration::from_millis(pause * pause / 4));
            let _ = child.kill();
            child.wait().unwrap();
            assert!(
                whole.contains(&toy.text()),
                "after {step:?} of round {round}:\n{}",
                toy.text()
            );
        }
    }
    toy.learn(&["reset", "01.1"]);
    assert_eq!(toy.text(), before);
    let mut kept = Vec::new();
    for entry in fs::read_dir(toy.root().join(".learn/attempts/01.1")).unwrap() {
        kept.push(fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    assert!(kept.iter().any(|attempt| attempt.contains("x + 2")), "{kept:?}");
}
