//! Who may depend on whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::none;
use crate::tree::{Source, has_word, lessons, packages, read, root, sources};

/// What a lesson's `src` may name of `burn::nn`: the maps and the dropout that are given.
const GIVEN: [&str; 6] =
    ["Linear", "LinearConfig", "LinearLayout", "Dropout", "DropoutConfig", "Initializer"];

/// Backends by their cargo feature.
const DEVICES: [&str; 4] = ["flex", "ndarray", "wgpu", "cuda"];

/// The one backend that crates/kernels is bound to, as crates/backend has it.
const BOUND: &str = "flex";

/// Libraries that ask a network, or unpack what came from one.
const NETWORK: [&str; 2] = ["ureq", "zip"];

/// Packages that may fetch: those that run by themselves, none that a lesson stands on.
const MAY_FETCH: [&str; 3] = ["fetch", "rungs", "house"];

/// Each package of a workspace with the names of those it depends on, for its tests too.
type Graph = BTreeMap<String, Vec<String>>;

/// At most so many lessons stand directly under one.
const LESSONS_UNDER_ONE: usize = 6;

#[test]
fn crates_know_no_lesson_but_for_the_binary() {
    let mut breaches = Vec::new();
    for package in packages()
        .iter()
        .filter(|package| package.folder().parent() == Some(&root().join("crates")))
    {
        for dependency in package.dependencies().iter().filter(|_| package.name() != "rungs") {
            if dependency.package.starts_with("lesson-") {
                breaches.push(format!("{} -> {}", package.name(), dependency.package));
            }
        }
    }
    none(
        breaches,
        "a crate serves lessons and must not depend on one: move the shared part into the crate",
    );
}

#[test]
fn a_lesson_builds_on_crates_and_earlier_lessons() {
    let mut breaches = Vec::new();
    for package in packages() {
        let Some(number) = package.lesson() else { continue };
        for dependency in package.dependencies() {
            let later =
                dependency.package.strip_prefix("lesson-").is_some_and(|other| other >= number);
            if later || ["rungs", "house"].contains(&dependency.package.as_str()) {
                breaches.push(format!("{} -> {}", package.name(), dependency.package));
            }
        }
    }
    none(
        breaches,
        "a lesson may depend on crates and on lessons with a smaller number: import from an \
            earlier one",
    );
}

#[test]
fn a_lesson_stands_on_six_lessons_at_most() {
    let mut breaches = Vec::new();
    for package in packages().iter().filter(|package| package.lesson().is_some()) {
        let mut below: Vec<String> =
            package.dependencies().into_iter().map(|below| below.package).collect();
        below.retain(|name| name.starts_with("lesson-"));
        below.sort();
        below.dedup();
        if below.len() > LESSONS_UNDER_ONE {
            breaches.push(format!("{}: {}", package.name(), below.join(", ")));
        }
    }
    none(
        breaches,
        "a lesson depends on six lessons at most: it holds more than one idea, split it",
    );
}

/// Ignored: a learner's right code may do without a crate that ours calls.
#[test]
#[ignore = "style: bash .ci/check"]
fn every_workspace_dependency_is_named_in_the_code() {
    let mut breaches = Vec::new();
    for package in packages() {
        let (src, tests) =
            (sources(&package.folder().join("src")), sources(&package.folder().join("tests")));
        let house = if package.name() == "house" {
            sources(&package.folder().join("house"))
        } else {
            Vec::new()
        };
        for dependency in package.dependencies() {
            let itself = dependency.package == package.name();
            let mut code =
                src.iter().chain(if dependency.dev { &tests } else { &[][..] }).chain(&house);
            if dependency.local && !itself && !code.any(|source| source.names(&dependency.library))
            {
                let place = if dependency.dev { "src or tests" } else { "src" };
                breaches.push(format!(
                    "{}: {} is not named in {place}",
                    package.name(),
                    dependency.library
                ));
            }
        }
    }
    none(
        breaches,
        "take the dependency out of Cargo.toml (or into [dev-dependencies], if only tests name it)",
    );
}

#[test]
fn an_import_names_the_lesson_that_owns_the_item() {
    let mut breaches = Vec::new();
    for package in packages() {
        let mut below = package.dependencies();
        below.retain(|dependency| dependency.package.starts_with("lesson-"));
        for source in sources(&package.folder()) {
            for (line, import) in source.imports() {
                let of_a_lesson = below
                    .iter()
                    .any(|lesson| import.contains(&format!("use {}::", lesson.library)));
                if of_a_lesson && (import.starts_with("pub") || import.contains('*')) {
                    breaches.push(format!("{}:{line}: {import}", source.path));
                }
            }
        }
    }
    none(breaches, "no re-export of a lesson and no glob import: name each item where it is used");
}

#[test]
fn only_the_fetch_crate_has_a_network_and_no_lesson_reaches_it() {
    let mut graph = Graph::new();
    for package in packages() {
        let below =
            package.dependencies().into_iter().map(|dependency| dependency.package).collect();
        graph.insert(package.name().into(), below);
    }
    none(
        networked(&graph),
        "a lesson's tests compile no TLS: what asks a network belongs in crates/fetch, what only \
            touches files in crates/files",
    );
}

/// Arrows by which a package that may not fetch comes to a network.
fn networked(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for (package, below) in graph {
        for library in below.iter().filter(|library| NETWORK.contains(&library.as_str())) {
            if package != "fetch" {
                breaches.push(format!("{package} -> {library}"));
            }
        }
        if !MAY_FETCH.contains(&package.as_str()) && reaches(graph, package, "fetch") {
            breaches.push(format!("{package} -> .. -> fetch"));
        }
    }
    breaches
}

fn reaches(graph: &Graph, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(package) = next.pop() {
        if package == to {
            return true;
        }
        if seen.insert(package) {
            next.extend(graph.get(package).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

#[test]
fn a_network_below_a_lesson_is_named() {
    let arrows = [
        ("fetch", &["ureq", "zip", "files"][..]),
        ("files", &["serde"]),
        ("training", &["files", "fetch"]),
        ("lesson-12", &["training"]),
        ("lesson-11", &["files", "ureq"]),
        ("rungs", &["fetch", "lesson-12"]),
    ];
    let mut graph = Graph::new();
    for (package, below) in arrows {
        graph.insert(package.into(), below.iter().map(|name| name.to_string()).collect());
    }
    assert_eq!(
        networked(&graph),
        ["lesson-11 -> ureq", "lesson-12 -> .. -> fetch", "training -> .. -> fetch"]
    );
}

#[test]
fn a_lesson_makes_its_layers_itself() {
    let mut breaches = Vec::new();
    for lesson in lessons() {
        for source in sources(&lesson.folder.join("src")) {
            for name in
                taken_from_nn(&source).into_iter().filter(|name| !GIVEN.contains(&name.as_str()))
            {
                breaches.push(format!("{}: burn::nn::{name}", source.path));
            }
        }
    }
    let remedy = format!(
        "a lesson's src takes from burn::nn only {}: use the lesson that owns the layer",
        GIVEN.join(", ")
    );
    none(breaches, &remedy);
}

/// The last names of every path through `nn::`, groups taken apart.
fn taken_from_nn(source: &Source) -> Vec<String> {
    let code: String =
        source.lines.iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ");
    let mut names = Vec::new();
    for (at, path) in code.match_indices("nn::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + path.len()..];
        let end = if rest.starts_with('{') {
            rest.find('}')
        } else {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
        };
        let items = rest[..end.unwrap_or(rest.len())].trim_start_matches('{');
        names.extend(
            items.split(',').map(|item| item.trim().to_string()).filter(|item| !item.is_empty()),
        );
    }
    names.extend(code.contains("use burn::nn;").then(|| "self".to_string()));
    names
}

#[test]
fn only_the_backend_crate_names_devices_in_code() {
    let mut forbidden: Vec<String> = vec!["DeviceKind".into(), "DispatchDevice".into()];
    for device in DEVICES {
        forbidden.push(format!("Device::{device}"));
        forbidden.push(format!("burn_{device}"));
        forbidden.push(format!("feature = \"{device}\""));
    }
    let mut breaches = Vec::new();
    for package in
        packages().iter().filter(|package| !["backend", "house"].contains(&package.name()))
    {
        for source in sources(&package.folder().join("src")) {
            for (line, code) in &source.lines {
                let bound = package.name() == "kernels"
                    && has_word(code, &format!("feature = \"{BOUND}\""));
                if let Some(name) =
                    forbidden.iter().find(|name| has_word(code, name)).filter(|_| !bound)
                {
                    breaches.push(format!("{}:{line}: {name}", source.path));
                }
            }
        }
    }
    none(
        breaches,
        "only crates/backend names a device: take a `&Device`, or ask `backend` for one by name",
    );
}

#[test]
fn only_the_backend_crate_has_backend_features() {
    let mut breaches = Vec::new();
    for package in packages().iter().filter(|package| package.name() != "backend") {
        for dependency in package.dependencies() {
            let runs_by_itself = dependency.dev || package.name() == "notebooks";
            let default = dependency.package == "backend"
                && runs_by_itself
                && dependency.features == ["flex"];
            if !default
                && dependency.features.iter().any(|feature| DEVICES.contains(&feature.as_str()))
            {
                breaches.push(format!(
                    "{} -> {} {:?}",
                    package.name(),
                    dependency.package,
                    dependency.features
                ));
            }
        }
        for (feature, switches_on) in package.features() {
            let passed_through = switches_on == [format!("backend/{feature}")];
            let default = feature == "default" && switches_on == ["flex"];
            // one that an example compares with
            let library = switches_on.iter().all(|on| on.starts_with("dep:"));
            let bound = package.name() == "kernels" && feature == BOUND;
            if !(library || bound || package.name() == "rungs" && (passed_through || default)) {
                breaches.push(format!("{}: feature {feature} = {switches_on:?}", package.name()));
            }
        }
    }
    none(
        breaches,
        "backends are features of crates/backend, which the binary passes through: others switch \
            on libraries alone (dep:..)",
    );
}

#[test]
fn number_and_name_of_a_lesson_meet_once() {
    let manifest = read(&root().join("Cargo.toml"));
    let mut breaches = Vec::new();
    for lesson in lessons() {
        let package = packages().into_iter().find(|package| package.folder() == lesson.folder);
        let library = package.and_then(|package| package.library()).unwrap_or_default();
        let (number, stem) = (&lesson.number, &lesson.stem);
        let line =
            format!("{library} = {{ package = \"lesson-{number}\", path = \"lessons/{stem}\" }}");
        if manifest.lines().filter(|found| *found == line).count() != 1 {
            breaches.push(line);
        }
    }
    none(breaches, "[workspace.dependencies] of the root manifest needs this line, once");
}
