//! `book`: writes the exercises' boxes into the chapters.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use learn::book::{chapter, lessons, renewed};
use learn::desk::Desk;

/// Writes every chapter whose exercises have changed.
pub fn run(desk: &Desk) -> Result<ExitCode> {
    for lesson in lessons(&desk.catalogue) {
        let path = desk.catalogue.root.join(chapter(lesson));
        let page = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let new = renewed(&page, &desk.catalogue, lesson)?;
        if new != page {
            files::write(&path, new)?;
            println!("{}", chapter(lesson));
        }
    }
    Ok(ExitCode::SUCCESS)
}
