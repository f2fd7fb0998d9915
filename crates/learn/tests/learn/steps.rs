//! One step each, without a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use crate::toy::Toy;

const HOLE: &str = "todo!(\"01.1\")";

#[test]
fn an_exercise_is_opened_checked_solved_and_given_back() {
    let toy = Toy::new();
    let before = toy.text();
    assert_eq!(toy.state("01.1"), "todo");
    let said = toy.learn(&["open", "01.1"]);
    assert!(said.out.contains("pub fn double(x: i64) -> i64"), "{said:?}");
    assert!(said.out.contains("lessons/01-toy/src/lib.rs:4"), "{said:?}");
    assert_eq!(toy.text(), before.replace("    x * 2\n", &format!("    {HOLE}\n")));
    assert_eq!(toy.state("01.1"), "open");

    let said = toy.learn(&["check"]);
    assert_eq!((said.code, said.out.trim()), (Some(1), "01.1 is not begun"));
    toy.edit(HOLE, "x + 2");
    let verdict = toy.verdict("01.1");
    assert_eq!(verdict["verdict"], "wrong");
    assert_eq!(verdict["looks_like"], "added and not multiplied");
    toy.edit("x + 2", "x + x");
    let said = toy.learn(&["check"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("right") && said.out.contains("Why twice?"), "{said:?}");
    assert_eq!(toy.state("01.1"), "solved");

    let said = toy.learn(&["solution", "01.1"]);
    assert!(said.out.contains("x + x") && said.out.contains("x * 2"), "{said:?}");
    let said = toy.learn(&["reset", "01.1"]);
    assert!(said.out.contains(".learn/attempts/01.1/002.rs"), "{said:?}");
    assert_eq!((toy.text(), toy.state("01.1").as_str()), (before, "todo"));
    let kept = fs::read_to_string(toy.root().join(".learn/attempts/01.1/001.rs")).unwrap();
    assert!(kept.contains("x + 2"), "{kept}");
}

#[test]
fn a_method_is_hollowed_at_its_own_depth() {
    let toy = Toy::new();
    toy.learn(&["open", "01.2"]);
    assert!(toy.text().contains("-> i64 {\n        todo!(\"01.2\")\n    }\n"), "{}", toy.text());
    assert_eq!(toy.verdict("01.2")["verdict"], "not begun");
}

#[test]
fn what_does_not_compile_is_shown_with_its_errors_and_without_warnings() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "let unused = 1; y");
    let verdict = toy.verdict("01.1");
    assert_eq!(verdict["verdict"], "does not compile");
    let says = verdict["says"].as_str().unwrap();
    assert!(says.contains("cannot find value `y`"), "{says}");
    assert!(!says.contains("unused variable") && !says.contains('\u{1b}'), "{says}");
}

#[test]
fn a_file_with_a_syntax_error_loses_nothing_and_is_given_back() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + (");
    assert_eq!(toy.verdict("01.1")["verdict"], "does not compile");
    let said = toy.learn(&["reset"]);
    assert_eq!((said.code, toy.text()), (Some(0), before), "{said:?}");
    let kept = fs::read_to_string(toy.root().join(".learn/attempts/01.1/001.rs")).unwrap();
    assert!(kept.contains("x + ("), "{kept}");
}

#[test]
fn opening_another_parks_what_was_written_and_opening_again_brings_it_back() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + 2 // so far");
    toy.learn(&["open", "01.3"]);
    assert_eq!(toy.text(), before.replace("x / 2.0", "todo!(\"01.3\")"));
    assert_eq!(toy.state("01.1"), "todo");
    let said = toy.learn(&["open", "01.1"]);
    assert!(said.out.contains("What you had written stands in"), "{said:?}");
    assert_eq!(toy.text(), before.replace("x * 2", "x + 2 // so far"));
}

#[test]
fn what_is_right_stays_when_another_is_opened() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + x");
    toy.learn(&["check"]);
    toy.learn(&["open", "01.3"]);
    assert!(toy.text().contains("x + x") && toy.text().contains("todo!(\"01.3\")"));
    let said = toy.learn(&["report"]);
    assert!(said.out.contains("You wrote 1 of 3 functions"), "{said:?}");
}

#[test]
fn the_solution_is_put_in_and_counts_as_shown() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    let said = toy.learn(&["solution", "01.1", "--put"]);
    assert!(said.out.contains("x * 2"), "{said:?}");
    assert_eq!((toy.text(), toy.state("01.1").as_str()), (before, "shown"));
    assert_eq!(toy.verdict("01.1")["verdict"], "right");
    assert_eq!(toy.state("01.1"), "shown");
}

#[test]
fn hints_come_one_by_one_and_the_last_one_again() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    for hint in ["1 of 3: first", "2 of 3: second", "3 of 3 (the last)", "3 of 3 (the last)"] {
        let said = toy.learn(&["hint"]);
        assert!(said.out.starts_with(hint), "{said:?}");
    }
}

#[test]
fn a_skipped_exercise_is_not_offered_again() {
    let toy = Toy::new();
    let before = toy.text();
    assert!(toy.learn(&[]).out.contains("Next is 01.1"));
    toy.learn(&["open", "01.1"]);
    assert!(toy.learn(&[]).out.contains("01.1 Number 1 is open"));
    let said = toy.learn(&["skip"]);
    assert!(said.out.contains("Next is 01.2"), "{said:?}");
    assert_eq!(toy.text(), before);
    assert!(toy.learn(&["path", "evening"]).out.contains("3 of 3 left"));
}

#[test]
fn lines_may_end_as_windows_ends_them() {
    let toy = Toy::new();
    fs::write(toy.source(), toy.text().replace('\n', "\r\n")).unwrap();
    toy.commit();
    let before = toy.text();
    toy.learn(&["open", "01.2"]);
    let hollow = toy.text();
    assert_eq!(hollow.matches('\n').count(), hollow.matches("\r\n").count(), "{hollow:?}");
    assert_eq!(toy.verdict("01.2")["verdict"], "not begun");
    toy.learn(&["reset"]);
    assert_eq!(toy.text(), before);
}

#[test]
fn without_its_folder_the_hole_is_still_open_and_git_has_ours() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    fs::remove_dir_all(toy.root().join(".learn")).unwrap();
    assert_eq!(toy.state("01.1"), "open");
    assert!(toy.learn(&["check"]).out.contains("01.1 is not begun"));
    assert_eq!(toy.learn(&["reset"]).code, Some(0));
    assert_eq!(toy.text(), before);
}

#[test]
fn a_hole_that_was_committed_does_not_hide_ours() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    toy.commit();
    fs::remove_dir_all(toy.root().join(".learn")).unwrap();
    assert_eq!(toy.learn(&["reset"]).code, Some(0));
    assert_eq!(toy.text(), before);
}

#[test]
fn a_hole_that_git_took_away_is_opened_anew() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    let hollow = toy.text();
    fs::write(toy.source(), &before).unwrap();
    toy.learn(&["open", "01.1"]);
    assert_eq!(toy.text(), hollow);
}

#[test]
fn in_a_dirty_clone_what_stood_there_is_kept() {
    let toy = Toy::new();
    toy.edit("x * 2", "2 * x // mine");
    let said = toy.learn(&["open", "01.1"]);
    assert!(said.out.contains(".learn/attempts/01.1/001.rs"), "{said:?}");
    let kept = fs::read_to_string(toy.root().join(".learn/attempts/01.1/001.rs")).unwrap();
    assert!(kept.contains("2 * x // mine") && toy.text().contains(HOLE), "{kept}");
}

#[test]
fn a_read_only_source_is_refused_and_left_as_it_was() {
    let toy = Toy::new();
    let before = toy.text();
    fs::set_permissions(toy.source(), fs::Permissions::from_mode(0o444)).unwrap();
    let said = toy.learn(&["open", "01.1"]);
    assert_eq!((said.code, toy.text()), (Some(1), before));
    assert!(said.err.contains("read-only"), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
}

#[test]
fn the_rights_of_a_source_stay_and_a_link_is_followed() {
    let toy = Toy::new();
    let real = toy.source().with_file_name("real.rs");
    fs::rename(toy.source(), &real).unwrap();
    std::os::unix::fs::symlink("real.rs", toy.source()).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    toy.learn(&["open", "01.1"]);
    assert!(fs::symlink_metadata(toy.source()).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&real).unwrap().contains(HOLE));
}

#[test]
fn a_planted_mistake_is_hunted_found_or_given_up() {
    let toy = Toy::new();
    let before = toy.text();
    let said = toy.learn(&["bug", "1"]);
    assert!(said.out.contains("Small numbers are right."), "{said:?}");
    assert!(!said.out.contains("double"), "{said:?}");
    assert!(toy.text().contains("x + 2"));
    assert_eq!(toy.learn(&["open", "01.1"]).code, Some(1));
    let said = toy.learn(&["bug", "01"]);
    assert!(said.code == Some(1) && said.out.contains("still there"), "{said:?}");
    assert!(!said.out.contains("added"), "{said:?}");
    toy.edit("x + 2", "x + x");
    let said = toy.learn(&["bug", "01"]);
    assert!(said.out.contains("Found.") && said.out.contains("added and not"), "{said:?}");
    assert_eq!(toy.text(), before);
    toy.learn(&["bug", "01"]);
    let said = toy.learn(&["bug", "01", "--give-up"]);
    assert!(said.out.contains("added and not multiplied"), "{said:?}");
    assert_eq!((toy.text(), toy.state("01.1").as_str()), (before, "todo"));
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    let toy = Toy::new();
    fs::write(toy.source(), format!("\u{feff}{}", toy.text())).unwrap();
    toy.commit();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    assert_eq!(toy.text(), before.replace("x * 2", HOLE));
    toy.learn(&["reset"]);
    assert_eq!(toy.text(), before);
}

#[test]
fn a_damaged_state_is_put_aside_and_what_was_written_stays() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + x");
    toy.learn(&["check"]);
    fs::write(toy.root().join(".learn/state.json"), "{ torn").unwrap();
    let said = toy.learn(&["open", "01.3"]);
    assert!(said.err.contains("state.damaged.json"), "{said:?}");
    assert!(toy.text().contains("x + x") && toy.text().contains("todo!(\"01.3\")"));
}

#[test]
fn without_git_a_hunt_does_not_make_the_mistake_ours() {
    let toy = Toy::new();
    fs::remove_dir_all(toy.root().join(".git")).unwrap();
    let before = toy.text();
    toy.learn(&["bug", "01"]);
    assert!(toy.learn(&["bug", "01"]).out.contains("still there"));
    toy.learn(&["bug", "01", "--give-up"]);
    assert_eq!((toy.text(), toy.state("01.1").as_str()), (before, "todo"));
    assert!(toy.learn(&["solution", "01.1"]).out.contains("x * 2"));
}

#[test]
fn a_hunt_keeps_what_was_changed_before_it() {
    let toy = Toy::new();
    toy.edit("x * 2", "x * 2 // mine");
    toy.learn(&["bug", "01"]);
    toy.learn(&["bug", "01", "--give-up"]);
    let kept = fs::read_to_string(toy.root().join(".learn/attempts/01.1/001.rs")).unwrap();
    assert!(kept.contains("// mine"), "{kept}");
}

#[test]
fn a_hunt_that_cannot_be_planted_is_not_on() {
    let toy = Toy::new();
    fs::set_permissions(toy.source(), fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(toy.learn(&["bug", "01"]).code, Some(1));
    assert!(!toy.root().join(".learn/hunt.json").exists());
}

#[test]
fn a_learners_commit_does_not_make_their_code_ours() {
    let toy = Toy::new();
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + x");
    toy.learn(&["check"]);
    toy.commit();
    toy.learn(&["reset", "01.1"]);
    assert_eq!(toy.text(), before);
}

#[test]
fn what_is_new_in_the_course_is_ours_from_then_on() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.learn(&["reset"]);
    toy.edit("x * 2", "2 * x");
    toy.commit();
    let before = toy.text();
    assert_eq!(toy.state("01.1"), "todo");
    toy.learn(&["open", "01.3"]);
    toy.learn(&["reset"]);
    assert_eq!(toy.text(), before);
}

#[test]
fn a_syntax_error_is_found_its_way_round_though_the_rest_of_the_file_has_changed() {
    let toy = Toy::new();
    toy.edit("x / 2.0", "x * 0.5 // mine");
    let before = toy.text();
    toy.learn(&["open", "01.1"]);
    toy.edit(HOLE, "x + (");
    assert_eq!(toy.verdict("01.1")["verdict"], "does not compile");
    assert_eq!(toy.learn(&["reset"]).code, Some(0));
    assert_eq!(toy.text(), before);
}

#[test]
fn what_a_process_leaves_behind_does_not_hold_a_check() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.edit(
        HOLE,
        "std::process::Command::new(\"sleep\").arg(\"50\").spawn().unwrap(); \
         std::process::exit(0)",
    );
    let began = std::time::Instant::now();
    assert_eq!(toy.verdict("01.1")["verdict"], "panics");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn two_at_once_wait_for_each_other() {
    let toy = Toy::new();
    toy.learn(&["open", "01.1"]);
    toy.learn(&["check"]);
    let mut first = toy.command(&["check"]);
    let first = thread::spawn({
        first.env("TOY_SLEEPS", "2");
        move || first.output().unwrap()
    });
    thread::sleep(Duration::from_millis(700));
    let said = toy.learn(&["reset"]);
    assert!(said.err.contains("another `cargo learn`"), "{said:?}");
    let first = String::from_utf8(first.join().unwrap().stdout).unwrap();
    assert!(first.contains("01.1 is not begun"), "{first}");
    assert!(!toy.text().contains(HOLE));
}

#[test]
fn what_is_no_exercise_and_what_is_no_clone_is_said_in_one_line() {
    let toy = Toy::new();
    let said = toy.learn(&["open", "99.9"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("there is no exercise \"99.9\""), "{said:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    let said = toy.command(&["list"]).current_dir(&elsewhere).output().unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.starts_with("error: expected to be called inside a clone"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
