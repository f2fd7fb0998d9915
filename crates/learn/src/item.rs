//! A function in a source file: found by its path, cut out by its bytes.

use std::ops::Range;

use anyhow::{Result, anyhow, bail};
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, ImplItem, Item, Lit, Meta, Signature, TraitItem, Type};

/// Where a function stands in the text of its file.
#[derive(Debug, Clone)]
pub struct Function {
    /// The body with its braces.
    pub body: Range<usize>,
    /// From its visibility to the body.
    pub signature: Range<usize>,
    /// What its documentation says, as Markdown.
    pub documentation: String,
    /// Names of its parameters that are plain names.
    pub parameters: Vec<String>,
    /// Whether it returns an `impl Trait`, as which `todo!()` has no type.
    pub returns_impl: bool,
}

impl Function {
    /// Finds the function at `path` in the text of a file: `scores`, `Rope::rotate`,
    /// `<Gpt as LanguageModel>::embed`, `inner::scores`.
    ///
    /// # Errors
    ///
    /// Text that is no Rust, and a path that names no function with a body, or several.
    pub fn find(text: &str, path: &str) -> Result<Self> {
        let (file, offset) = parsed(text)?;
        let mut found = Vec::new();
        search(&file.items, "", path, &mut found);
        for function in &mut found {
            function.shift(offset);
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => bail!("there is no function `{path}`"),
            several => bail!("there are {several} functions `{path}`"),
        }
    }

    /// Every function of a file that stands outside of modules and types, by name.
    ///
    /// # Errors
    ///
    /// Text that is no Rust.
    pub fn all(text: &str) -> Result<Vec<(String, Self)>> {
        let (file, offset) = parsed(text)?;
        let mut functions = Vec::new();
        for item in &file.items {
            if let Item::Fn(item) = item {
                let start = item.vis.span().byte_range();
                let mut function = function(&item.attrs, start, &item.sig, &item.block);
                function.shift(offset);
                functions.push((item.sig.ident.to_string(), function));
            }
        }
        Ok(functions)
    }

    fn shift(&mut self, by: usize) {
        for range in [&mut self.body, &mut self.signature] {
            *range = range.start + by..range.end + by;
        }
    }
}

/// A text as Rust, and at which byte the Rust begins: the compiler skips a byte order mark and a line
/// `#!/..` before it.
fn parsed(text: &str) -> Result<(syn::File, usize)> {
    let mut rust = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(rest) = rust.strip_prefix("#!")
        && !rest.trim_start().starts_with('[')
    {
        rust = rest.find('\n').map_or("", |at| &rest[at..]);
    }
    let file = syn::parse_str(rust)
        .map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
    Ok((file, text.len() - rust.len()))
}

fn search(items: &[Item], prefix: &str, path: &str, found: &mut Vec<Function>) {
    for item in items {
        match item {
            Item::Fn(item) if format!("{prefix}{}", item.sig.ident) == path => {
                let start = item.vis.span().byte_range();
                found.push(function(&item.attrs, start, &item.sig, &item.block));
            }
            Item::Impl(block) => {
                let Some(of) = name_of(&block.self_ty) else { continue };
                let of = match &block.trait_ {
                    Some((_, name, _)) => {
                        let Some(name) = name.segments.last() else { continue };
                        format!("{prefix}<{of} as {}>", name.ident)
                    }
                    None => format!("{prefix}{of}"),
                };
                for item in &block.items {
                    if let ImplItem::Fn(item) = item
                        && format!("{of}::{}", item.sig.ident) == path
                    {
                        let start = item.vis.span().byte_range();
                        found.push(function(&item.attrs, start, &item.sig, &item.block));
                    }
                }
            }
            Item::Trait(block) => {
                for item in &block.items {
                    if let TraitItem::Fn(item) = item
                        && let Some(body) = &item.default
                        && format!("{prefix}{}::{}", block.ident, item.sig.ident) == path
                    {
                        found.push(function(&item.attrs, 0..0, &item.sig, body));
                    }
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    search(items, &format!("{prefix}{}::", module.ident), path, found);
                }
            }
            _ => {}
        }
    }
}

/// The last name of a type's path: `Rope` of `relative::Rope`.
fn name_of(of: &Type) -> Option<String> {
    let Type::Path(path) = of else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// `visibility` is empty where there is none.
fn function(
    attributes: &[Attribute],
    visibility: Range<usize>,
    signature: &Signature,
    body: &Block,
) -> Function {
    let body = body.span().byte_range();
    let own = signature.span().byte_range();
    let start = if visibility.is_empty() { own.start } else { visibility.start };
    let mut parameters = Vec::new();
    for input in &signature.inputs {
        if let syn::FnArg::Typed(argument) = input
            && let syn::Pat::Ident(name) = &*argument.pat
        {
            parameters.push(name.ident.to_string());
        }
    }
    let returns_impl = matches!(
        &signature.output,
        syn::ReturnType::Type(_, of) if matches!(**of, Type::ImplTrait(_))
    );
    let documentation = documentation(attributes);
    Function { signature: start..body.start, body, documentation, parameters, returns_impl }
}

fn documentation(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(value) = &attribute.meta
            && value.path.is_ident("doc")
            && let Expr::Lit(literal) = &value.value
            && let Lit::Str(text) = &literal.lit
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).to_string());
        }
    }
    lines.join("\n")
}

/// The body that stands for "not begun", with the line ends and the indentation of `text`.
pub fn hole(text: &str, function: &Function, id: &str) -> String {
    let line_end = line_end(text);
    let line = text[..function.signature.start].rfind('\n').map_or(0, |at| at + 1);
    let indent: String = text[line..].chars().take_while(|c| [' ', '\t'].contains(c)).collect();
    format!("{{{line_end}{indent}    todo!(\"{id}\"){line_end}{indent}}}")
}

/// What ends most lines of a text.
pub fn line_end(text: &str) -> &'static str {
    let (all, windows) = (text.matches('\n').count(), text.matches("\r\n").count());
    if 2 * windows > all { "\r\n" } else { "\n" }
}

/// Whether a body is the hole of the exercise, however it is spaced.
pub fn is_hole(body: &str, id: &str) -> bool {
    let squeezed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    [format!("{{todo!(\"{id}\")}}"), format!("{{todo!(\"{id}\");}}")].contains(&squeezed)
}

/// The text with another body in the function's place.
pub fn with_body(text: &str, function: &Function, body: &str) -> String {
    format!("{}{body}{}", &text[..function.body.start], &text[function.body.end..])
}

/// A mistake's body as it stands in the lesson: its `this` is the method's `self`.
pub fn as_method(body: &str) -> String {
    let mut method = String::new();
    let mut word = String::new();
    for c in body.chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        method.push_str(if word == "this" { "self" } else { &word });
        word.clear();
        method.push(c);
    }
    method.pop(); // the line end that closed the last word
    method
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
/// Adds.
///
/// # Panics
pub fn add(a: u32, b: u32) -> u32 {
    a + b // é
}
struct Pair<T>(T, T);
impl<T> Pair<T> {
    fn swap(self) -> Self {
        Pair(self.1, self.0)
    }
}
impl Default for Pair<u32> {
    fn default() -> Self { Pair(0, 0) }
}
mod inner {
    pub(crate) fn add() -> impl Iterator<Item = u32> { 0..3 }
}
trait Half {
    fn half(&self) -> f64 { 0.5 }
}
";

    #[test]
    fn a_function_is_found_by_its_path_and_cut_out_by_its_bytes() {
        let body = |path| {
            let function = Function::find(TEXT, path).unwrap();
            (&TEXT[function.signature], &TEXT[function.body])
        };
        assert_eq!(body("add"), ("pub fn add(a: u32, b: u32) -> u32 ", "{\n    a + b // é\n}"));
        assert_eq!(body("Pair::swap").0, "fn swap(self) -> Self ");
        assert_eq!(body("<Pair as Default>::default").1, "{ Pair(0, 0) }");
        assert_eq!(body("inner::add").1, "{ 0..3 }");
        assert_eq!(body("Half::half").1, "{ 0.5 }");
        let add = Function::find(TEXT, "add").unwrap();
        assert_eq!(add.documentation, "Adds.\n\n# Panics");
        assert_eq!(add.parameters, ["a", "b"]);
        assert!(!add.returns_impl && Function::find(TEXT, "inner::add").unwrap().returns_impl);
        assert!(Function::find(TEXT, "Pair::default").is_err());
    }

    #[test]
    fn a_hole_filled_again_leaves_the_same_bytes_whatever_ends_a_line() {
        for text in [TEXT.to_string(), TEXT.replace('\n', "\r\n")] {
            for path in ["add", "Pair::swap", "<Pair as Default>::default"] {
                let function = Function::find(&text, path).unwrap();
                let body = &text[function.body.clone()];
                let hollow = with_body(&text, &function, &hole(&text, &function, "00.1"));
                let found = Function::find(&hollow, path).unwrap();
                assert!(is_hole(&hollow[found.body.clone()], "00.1"), "{hollow}");
                assert_eq!(with_body(&hollow, &found, body), text);
                assert_eq!(hollow.contains("\r\n"), text.contains("\r\n"));
            }
        }
    }

    #[test]
    fn what_stands_before_the_rust_of_a_file_is_counted() {
        for before in ["\u{feff}", "#!/usr/bin/env run\n", "\u{feff}#! run\n"] {
            let text = format!("{before}{TEXT}");
            let function = Function::find(&text, "add").unwrap();
            assert_eq!(&text[function.body], "{\n    a + b // é\n}");
        }
    }

    #[test]
    fn in_a_method_this_is_self_and_nothing_else_changes() {
        assert_eq!(
            as_method("{ this.a + thistle(\"é\", this) }"),
            "{ self.a + thistle(\"é\", self) }"
        );
    }
}
