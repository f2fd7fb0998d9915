//! Pages of HTML that commands write: each is one file, and asks for nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What every page opens with, by which it is known again.
const OPENING: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <meta name=\"generator\" content=\"Rungs\">\n";

/// Style of all pages: colours by day and by night, letters, headings.
const BASE: &str = include_str!("html/base.css");

/// A page that is one file. Its content policy lets a browser run and show what is written here,
/// known by its digest, and nothing else: no request leaves, and no text of a model or a file can
/// become a part of the page.
pub struct Page<'a> {
    /// Title, as plain text.
    pub title: &'a str,
    /// Style sheet, beside that of all pages.
    pub style: &'a str,
    /// Body, as HTML.
    pub body: &'a str,
    /// Data for the script, each with the ID by which the script finds it.
    pub data: &'a [(&'a str, Data)],
    /// Script; empty for none.
    pub script: &'a str,
    /// Whether pictures may stand in the body, as `data:`.
    pub pictures: bool,
}

/// Data that lie in a page as text and never run.
pub struct Data(String);

impl Data {
    /// A value as JSON in which nothing ends the element that it stands in.
    pub fn json(value: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self(serde_json::to_string(value)?.replace('<', "\\u003c")))
    }

    /// Bytes in base64.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self(base64(bytes))
    }
}

impl Page<'_> {
    /// The page as text.
    pub fn text(&self) -> String {
        let style = one_line_end(&[BASE, self.style].concat());
        let script = one_line_end(self.script);
        let mut policy = format!("default-src 'none'; style-src '{}'", digest(&style));
        if self.pictures {
            policy += "; img-src data:";
        }
        if !script.is_empty() {
            policy += &format!("; script-src '{}'", digest(&script));
        }
        let mut text = format!(
            "{OPENING}<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{}</title>\n<style>{style}</style>\n{}",
            escaped(self.title),
            self.body
        );
        for (id, Data(data)) in self.data {
            text += &format!("<script type=\"application/json\" id=\"{id}\">{data}</script>\n");
        }
        if !script.is_empty() {
            text += &format!("<script>{script}</script>\n");
        }
        text
    }
}

/// Whether a text that begins like this is a page that was written here.
pub fn is_made_here(beginning: &str) -> bool {
    beginning.starts_with(OPENING)
}

/// A text as HTML shows it, in an element or in an attribute between double quotes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The digest by which a content policy knows a style sheet or a script again.
fn digest(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

/// A file of the clone with the line ends that a browser reads it with, whatever git made of them.
fn one_line_end(text: &str) -> String {
    text.replace("\r\n", "\n")
}
