//! What a panic becomes, and that nobody sees it.

use std::process::Command;
use std::thread;

use guard::{guarded, guarded_everywhere};

#[test]
fn a_panic_alone_reports_itself() {
    assert_eq!(guarded_everywhere(|| 7), Ok(7));
    assert_eq!(
        guarded_everywhere(|| -> u32 { panic!("page 3\nis torn") }),
        Err("page 3".to_string())
    );
}

#[test]
fn the_first_panic_is_reported_from_whichever_thread() {
    let outcome = guarded_everywhere(|| -> u32 {
        let driver = thread::spawn(|| panic!("libcuda.so is missing"));
        driver.join().expect("an answer from the driver")
    });
    assert_eq!(outcome, Err("libcuda.so is missing".to_string()));
}

#[test]
fn a_panic_that_work_gets_over_is_reported_by_nobody() {
    let outcome = guarded_everywhere(|| thread::spawn(|| panic!("no Vulkan")).join().is_err());
    assert_eq!(outcome, Ok(true));
    assert_eq!(guarded_everywhere(|| -> u32 { panic!("no Metal") }), Err("no Metal".to_string()));
}

#[test]
fn one_guard_inside_the_other_still_keeps_its_panic_to_itself() {
    let outcome = guarded_everywhere(|| {
        let inner = guarded(|| panic!("a torn file"));
        assert_eq!(inner, Err("a torn file".to_string()));
        panic!("a missing driver");
    });
    assert_eq!(outcome, Err("a missing driver".to_string()));
    assert_eq!(guarded(|| panic!("another torn file")), Err("another torn file".to_string()));
}

#[test]
fn no_panic_appears_on_the_terminal() {
    let this = std::env::current_exe().expect("the path of this test");
    let others = Command::new(this)
        .args(["--nocapture", "--skip", "no_panic_appears_on_the_terminal"])
        .output()
        .expect("the other tests run");
    assert!(others.status.success());
    assert_eq!(String::from_utf8_lossy(&others.stderr), "");
}
