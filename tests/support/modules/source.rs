//! What one file says: the modules that it declares, what it imports, and every path in it.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::attribute::{after_left_out, is};

/// The segments of a path. One that begins with `::` has an empty first one: it names another crate.
pub(super) type Path = Vec<String>;

#[derive(Default)]
pub(super) struct Source {
    /// By name; those with braces have their source here, the others a file.
    pub(super) children: BTreeMap<String, Option<Source>>,
    /// By the name that the import gives them.
    pub(super) imports: BTreeMap<String, Path>,
    /// The paths before `::*`.
    pub(super) globs: Vec<Path>,
    /// Every path that reaches for something, imports included.
    pub(super) paths: Vec<Path>,
}

impl Source {
    /// Strings, comments and their like are no paths: the tokenizer knows them.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let tokens = text.parse::<TokenStream>().map_err(|error| error.to_string())?;
        let mut source = Self::default();
        source.take(tokens);
        Ok(source)
    }

    fn take(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = &tokens[..];
        while !rest.is_empty() {
            rest = self.next(rest);
        }
    }

    /// Reads what the tokens begin with, and gives what follows it.
    fn next<'a>(&mut self, tokens: &'a [TokenTree]) -> &'a [TokenTree] {
        if let Some(rest) = after_left_out(tokens) {
            return rest;
        }
        match tokens {
            [TokenTree::Ident(word), rest @ ..] if word == "use" => self.import(rest),
            [TokenTree::Ident(word), TokenTree::Ident(name), rest @ ..] if word == "mod" => {
                self.declare(name.to_string(), rest)
            }
            // `pub(in crate::signal)` takes nothing from there.
            [TokenTree::Ident(word), TokenTree::Group(group), rest @ ..]
                if word == "pub" && group.delimiter() == Delimiter::Parenthesis =>
            {
                rest
            }
            [TokenTree::Group(group), rest @ ..] => {
                self.take(group.stream());
                rest
            }
            _ => self.path(tokens),
        }
    }

    fn declare<'a>(&mut self, name: String, rest: &'a [TokenTree]) -> &'a [TokenTree] {
        let Some((body, rest)) = rest.split_first() else { return rest };
        let inline = match body {
            TokenTree::Group(group) => {
                let mut inline = Self::default();
                inline.take(group.stream());
                Some(inline)
            }
            _ => None,
        };
        self.children.insert(name, inline);
        rest
    }

    fn import<'a>(&mut self, rest: &'a [TokenTree]) -> &'a [TokenTree] {
        // `use<'a>` of a type is no import.
        if rest.first().is_some_and(is('<')) {
            return rest;
        }
        let end = rest.iter().position(is(';')).unwrap_or(rest.len());
        self.import_all(&[], &rest[..end]);
        &rest[end..]
    }

    /// Imports parted by commas, each of them below the path.
    fn import_all(&mut self, above: &[String], imports: &[TokenTree]) {
        for import in imports.split(is(',')).filter(|import| !import.is_empty()) {
            let (below, rest) = segments(import);
            let path = [above, &below].concat();
            match rest {
                [.., TokenTree::Group(group)] => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.import_all(&path, &inside);
                }
                [.., TokenTree::Punct(star)] if star.as_char() == '*' => {
                    self.globs.push(path.clone());
                    self.paths.push([path, vec!["*".to_owned()]].concat());
                }
                [.., TokenTree::Ident(name)] => self.import_as(name.to_string(), path),
                _ => self.import_as(last_name(&path), path),
            }
        }
    }

    fn import_as(&mut self, name: String, mut path: Path) {
        // `a::{self}` is `a`.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        self.imports.insert(name, path.clone());
        self.paths.push(path);
    }

    fn path<'a>(&mut self, tokens: &'a [TokenTree]) -> &'a [TokenTree] {
        let (path, rest) = segments(tokens);
        if path.len() > 1 {
            self.paths.push(path);
        }
        if rest.len() < tokens.len() { rest } else { &rest[1..] }
    }
}

/// The path that the tokens begin with, and what follows it.
fn segments(mut tokens: &[TokenTree]) -> (Path, &[TokenTree]) {
    let mut path = Path::new();
    // A macro's `$crate` is the crate.
    if let [dollar, TokenTree::Ident(word), ..] = tokens
        && is('$')(dollar)
        && word == "crate"
    {
        tokens = &tokens[1..];
    }
    if let Some(rest) = after_colons(tokens) {
        path.push(String::new());
        tokens = rest;
    }
    while let [TokenTree::Ident(name), rest @ ..] = tokens {
        path.push(name.to_string().trim_start_matches("r#").to_owned());
        tokens = rest;
        let Some(rest) = after_colons(tokens) else { break };
        tokens = rest;
    }
    (path, tokens)
}

fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [first, second, rest @ ..] if is(':')(first) && is(':')(second) => Some(rest),
        _ => None,
    }
}

fn last_name(path: &[String]) -> String {
    let named = path.iter().rev().find(|segment| *segment != "self");
    named.cloned().unwrap_or_default()
}
