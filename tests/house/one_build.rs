//! One build of burn serves every command: cargo builds a library again for each set of features
//! that it is asked for with.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::none;
use crate::tree::{lessons, root};

/// Packages below burn, each with the sets of features that it is built with: one more where a
/// build script needs it too.
type Features = BTreeMap<String, BTreeSet<String>>;

/// What `cargo tree` says of every package that `selection` builds.
fn features(selection: &[&str]) -> Features {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,build,dev",
            "--prefix",
            "none",
            "--format",
            "{p}\t{f}",
        ])
        .args(selection)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    read(&String::from_utf8_lossy(&output.stdout))
}

/// Reads lines of a package with its version, a tab and its features.
fn read(tree: &str) -> Features {
    let mut features = Features::new();
    for line in tree.lines() {
        let Some((package, set)) = line.split_once('\t') else { continue };
        let package = package.split(" (").next().unwrap_or(package); // what it is and where it lies
        let set = set.trim_end_matches(" (*)"); // said before
        features.entry(package.into()).or_default().insert(set.into());
    }
    features
}

/// Packages among `below` that `selection` asks for with other features than the whole workspace
/// does.
fn breaches(
    name: &str,
    selection: &Features,
    workspace: &Features,
    below: &Features,
) -> Vec<String> {
    let none = BTreeSet::new();
    let mut breaches = Vec::new();
    for (package, sets) in selection.iter().filter(|(package, _)| below.contains_key(*package)) {
        let shared = workspace.get(package).unwrap_or(&none);
        for set in sets.difference(shared) {
            let shared: Vec<&str> = shared.iter().map(String::as_str).collect();
            breaches.push(format!(
                "{name}: {package} with [{set}], the workspace has [{}]",
                shared.join("] or [")
            ));
        }
    }
    breaches
}

#[test]
fn a_lesson_the_command_line_and_the_workspace_share_one_build_of_burn() {
    let below = features(&["--package", "burn"]);
    let workspace = features(&["--workspace"]);
    let mut packages: Vec<String> =
        lessons().iter().map(|lesson| format!("lesson-{}", lesson.number)).collect();
    packages.extend(["rungs".into(), "notebooks".into()]);
    let mut found = Vec::new();
    for package in &packages {
        found.extend(breaches(package, &features(&["--package", package]), &workspace, &below));
    }
    none(
        found,
        "burn would be built again for these: name the feature in crates/backend/Cargo.toml, for \
            this reason alone",
    );
}

#[test]
fn another_set_of_features_below_burn_is_named() {
    let workspace = read("burn v0.22.1\tstd\nhalf v2.7.1\tserde,std\nclap v4.6.9\tderive\n");
    let lesson = read("burn v0.22.1\tstd\nhalf v2.7.1\tstd\nclap v4.6.9\t\n");
    let below = read("burn v0.22.1\tstd\nhalf v2.7.1 (proc-macro)\tstd (*)\n");
    assert_eq!(
        breaches("lesson-08", &lesson, &workspace, &below),
        ["lesson-08: half v2.7.1 with [std], the workspace has [serde,std]"]
    );
    assert!(breaches("rungs", &workspace, &workspace, &below).is_empty());
}
