//! What the files of one package may name of each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::none;
use crate::tree::{Source, has_word, packages, root, sources};

/// A module by the names that lead to it from the root of its crate, which has none.
type Module = Vec<String>;

#[test]
fn a_command_names_no_other_and_the_shell_names_none() {
    let breaches = between_rooms(&files(&root().join("crates/rungs/src")));
    none(breaches, "what two commands need belongs into shell/, or into the library that owns it");
}

/// Arrows from a command to another one, and from the shell to a command or to the list of them.
fn between_rooms(files: &BTreeMap<Module, Source>) -> Vec<String> {
    let mut breaches = Vec::new();
    for (from, all) in arrows(files) {
        for to in all {
            let (one, other) = (command(&from, files), command(&to, files));
            let from_shell = from.starts_with("shell") && (other.is_some() || to == "cli");
            if from_shell || one.is_some() && other.is_some() && one != other {
                breaches.push(format!("{from} -> {to}"));
            }
        }
    }
    breaches
}

/// The command that a file belongs to: the file itself, or the folder that it lies in with others.
fn command(module: &str, files: &BTreeMap<Module, Source>) -> Option<Module> {
    let module: Module = module.split("::").map(String::from).collect();
    if module[0] != "commands" {
        return None;
    }
    (2..=module.len())
        .map(|length| module[..length].to_vec())
        .find(|module| files.contains_key(module))
}

#[test]
fn a_command_prints_through_the_shell() {
    let mut breaches = Vec::new();
    for source in commands() {
        for (line, code) in &source.lines {
            if ["stdout", "println", "print"].iter().any(|word| has_word(code, word)) {
                breaches.push(format!("{}:{line}: {}", source.path, code.trim()));
            }
        }
    }
    none(
        breaches,
        "standard output is written by shell/output.rs alone: results stay whole when it is piped",
    );
}

fn commands() -> Vec<Source> {
    sources(&root().join("crates/rungs/src/commands"))
}

#[test]
fn no_files_of_a_package_go_round_in_a_circle() {
    let mut breaches = Vec::new();
    for package in packages() {
        let folder = package.folder().join("src");
        if let Some(circle) = circle(&arrows(&files(&folder))) {
            breaches.push(format!("{}: {}", package.name(), circle.join(" -> ")));
        }
    }
    none(breaches, "move what both name into one of them, or into a third file under both");
}

#[test]
fn a_demo_is_shown_and_not_built_on() {
    let mut breaches = Vec::new();
    for package in packages().iter().filter(|package| package.lesson().is_some()) {
        let below: Vec<String> =
            package.dependencies().into_iter().map(|below| below.library).collect();
        for source in sources(&package.folder()) {
            for (line, import) in source.imports() {
                let tree =
                    import.split_once("use ").map_or("", |(_, tree)| tree.trim_end_matches(';'));
                for path in expanded(tree) {
                    if below.contains(&path[0]) && path.get(1).is_some_and(|name| name == "demo") {
                        breaches.push(format!("{}:{line}: {}", source.path, path.join("::")));
                    }
                }
            }
            for (line, code) in &source.lines {
                if below.iter().any(|library| code.contains(&format!("{library}::demo"))) {
                    breaches.push(format!("{}:{line}: {}", source.path, code.trim()));
                }
            }
        }
    }
    none(breaches, "what a later lesson needs belongs into the lesson proper, or into a crate");
}

/// The files of a crate by their modules.
fn files(folder: &Path) -> BTreeMap<Module, Source> {
    let mut files = BTreeMap::new();
    let inside = crate::tree::relative(folder);
    for source in sources(folder) {
        let path =
            source.path.strip_prefix(&inside).unwrap_or(&source.path).trim_start_matches('/');
        let mut module: Module =
            path.trim_end_matches(".rs").split('/').map(String::from).collect();
        if ["lib", "main", "mod"].contains(&module[module.len() - 1].as_str()) {
            module.pop();
        }
        files.insert(module, source);
    }
    files
}

/// Which file names which, but for those of which one lies in the other's module: a parent lists
/// its children, and they may use what it holds.
fn arrows(files: &BTreeMap<Module, Source>) -> BTreeMap<String, BTreeSet<String>> {
    let exports = exports(files);
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, source) in files {
        for path in paths(module, source) {
            let to = owner(&path, files, &exports);
            if !to.starts_with(module) && !module.starts_with(&to) {
                arrows.entry(module.join("::")).or_default().insert(to.join("::"));
            }
        }
    }
    arrows
}

/// The paths under which modules hand on what others hold, each with the path where that is.
fn exports(files: &BTreeMap<Module, Source>) -> BTreeMap<Module, Module> {
    let mut exports = BTreeMap::new();
    for (module, source) in files {
        for (_, import) in source.imports() {
            let Some((_, tree)) = import.split_once("use ").filter(|_| import.starts_with("pub"))
            else {
                continue;
            };
            for mut path in expanded(tree.trim_end_matches(';')) {
                let mut name = module.clone();
                name.push(path[path.len() - 1].clone());
                if path[0] == "crate" || path[0] == "self" || path[0] == "super" {
                    path = absolute(module, &path);
                } else {
                    path.splice(0..0, module.iter().cloned());
                }
                exports.insert(name, path);
            }
        }
    }
    exports
}

/// The module of the file that holds what `path` leads to.
fn owner(
    path: &Module,
    files: &BTreeMap<Module, Source>,
    exports: &BTreeMap<Module, Module>,
) -> Module {
    for length in (1..=path.len()).rev() {
        if let Some(to) = exports.get(&path[..length]).filter(|to| to[..] != path[..length]) {
            return deepest(to, files);
        }
    }
    deepest(path, files)
}

fn deepest(path: &Module, files: &BTreeMap<Module, Source>) -> Module {
    let mut module = path.clone();
    while !module.is_empty() && !files.contains_key(&module) {
        module.pop();
    }
    module
}

/// Every path of a file that begins in its own crate, from the crate's root.
fn paths(module: &Module, source: &Source) -> Vec<Module> {
    let mut found = Vec::new();
    let mut imports = String::new();
    for (_, import) in source.imports() {
        let tree = import.split_once("use ").map_or("", |(_, tree)| tree.trim_end_matches(';'));
        found.extend(expanded(tree));
        imports.push_str(&import);
    }
    for (_, code) in &source.lines {
        for start in ["crate::", "super::"] {
            for (at, _) in code.match_indices(start) {
                let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                let before = code[..at].chars().next_back();
                let path = code[at..].split(|c| !is_name(c)).next().unwrap_or_default();
                if !before.is_some_and(is_name) && !imports.contains(code.trim()) {
                    found.push(path.trim_end_matches(':').split("::").map(String::from).collect());
                }
            }
        }
    }
    found.retain(|path| ["crate", "self", "super"].contains(&path[0].as_str()));
    found.iter().map(|path| absolute(module, path)).collect()
}

/// `super::a` of `b::c` is `b::a`.
fn absolute(module: &Module, path: &Module) -> Module {
    let mut whole = if path[0] == "crate" { Module::new() } else { module.clone() };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(whole.pop()),
            _ => whole.push(name.clone()),
        }
    }
    whole
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn expanded(tree: &str) -> Vec<Module> {
    let tree = tree.split(" as ").next().unwrap_or(tree).trim();
    let Some((start, group)) = tree.split_once('{') else {
        return vec![tree.split("::").map(|name| name.trim().to_string()).collect()];
    };
    let mut paths = Vec::new();
    for part in parts(group.trim_end().trim_end_matches('}')) {
        paths.extend(expanded(&format!("{start}{part}")));
    }
    paths
}

/// The parts between the commas that stand in no further group.
fn parts(group: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
}

/// A way from some file back to itself.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    for start in arrows.keys() {
        let mut ways = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            for next in arrows.get(&way[way.len() - 1]).into_iter().flatten() {
                let longer = [&way[..], std::slice::from_ref(next)].concat();
                if next == start {
                    return Some(longer);
                }
                if seen.insert(next.clone()) {
                    ways.push(longer);
                }
            }
        }
    }
    None
}

#[test]
fn a_circle_is_found_behind_groups_and_exports() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it can be written")
    };
    write("lib.rs", "mod a;\nmod b;\npub use b::B;\n");
    write("a.rs", "use crate::{x::Y, b::{self, C}};\npub struct A;\n");
    write("b.rs", "pub struct B;\n");
    assert_eq!(circle(&arrows(&files(folder.path()))), None);
    write("a.rs", "use crate::B;\npub struct A;\n");
    write("b.rs", "pub struct B(super::a::A);\n");
    let found = circle(&arrows(&files(folder.path()))).expect("a circle");
    assert_eq!(found, ["a", "b", "a"]);
}

#[test]
fn a_command_that_names_another_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    };
    write("main.rs", "mod cli;\nmod commands;\nmod shell;\n");
    write("cli.rs", "use crate::commands::texts::a;\n");
    write("shell/mod.rs", "pub mod names;\n");
    write("shell/names.rs", "pub struct Name;\n");
    write("commands/mod.rs", "pub mod texts { pub mod a; pub mod b; }\n");
    write("commands/texts/a.rs", "use crate::shell::names::Name;\n");
    write("commands/texts/b/mod.rs", "mod part;\nuse part::x;\n");
    write("commands/texts/b/part.rs", "use super::y;\n");
    assert_eq!(between_rooms(&files(folder.path())), [""; 0]);
    write("commands/texts/a.rs", "use super::b::y;\n");
    write("shell/names.rs", "use crate::commands::texts::b;\n");
    let found = between_rooms(&files(folder.path()));
    assert_eq!(
        found,
        ["commands::texts::a -> commands::texts::b", "shell::names -> commands::texts::b"]
    );
}
