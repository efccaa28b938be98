//! What is left out: what is compiled for tests or for fuzzing alone (`#[cfg(…)]`), and modules that lie
//! elsewhere (`#[path = …]`).

use proc_macro2::{Delimiter, Group, TokenTree};

/// What ends at a semicolon or with braces; anything else that has an attribute, such as a field, ends at a comma too.
const ITEMS: [&str; 16] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
];

/// Where the tokens begin with a `#[cfg(…)]` that no user's build fulfils, or with a `#[path = …]`: what
/// follows the item that has it.
pub(super) fn after_left_out(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let (attribute, rest) = attribute(tokens)?;
    let parts: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let left_out = match &parts[..] {
        [TokenTree::Ident(name), TokenTree::Group(condition)] => {
            name == "cfg" && holds_for_users(&inside(condition)) == Some(false)
        }
        [TokenTree::Ident(name), _, TokenTree::Literal(_)] => name == "path",
        _ => false,
    };
    left_out.then(|| after_item(rest))
}

/// An attribute's brackets, and what follows.
fn attribute(tokens: &[TokenTree]) -> Option<(&Group, &[TokenTree])> {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(group), rest @ ..]
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some((group, rest))
        }
        _ => None,
    }
}

/// Whether the condition holds in what users build; nothing where that depends on their platform or features.
fn holds_for_users(condition: &[TokenTree]) -> Option<bool> {
    match condition {
        [TokenTree::Ident(word)] if word == "test" => Some(false),
        [TokenTree::Ident(word), _, TokenTree::Literal(name)] if word == "feature" => {
            (name.to_string() == "\"fuzzing\"").then_some(false)
        }
        [TokenTree::Ident(word), TokenTree::Group(group)] => {
            let inside = inside(group);
            let each: Vec<_> = inside
                .split(is(','))
                .filter(|part| !part.is_empty())
                .map(holds_for_users)
                .collect();
            combined(&word.to_string(), &each)
        }
        _ => None,
    }
}

fn combined(word: &str, each: &[Option<bool>]) -> Option<bool> {
    // `any` is settled by one that holds, `all` and `not` by one that does not.
    let settles = Some(word == "any");
    let whole = if each.contains(&settles) {
        settles
    } else if each.contains(&None) {
        None
    } else {
        settles.map(|settles| !settles)
    };
    if word == "not" { whole.map(|holds| !holds) } else { whole }
}

fn after_item(mut tokens: &[TokenTree]) -> &[TokenTree] {
    while let Some((_, rest)) = attribute(tokens) {
        tokens = rest;
    }
    let item = tokens.iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "pub" => None,
        TokenTree::Ident(word) => Some(ITEMS.iter().any(|item| word == item)),
        _ => None,
    });
    let comma_ends = item != Some(true);
    let last = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is(';')(token) || comma_ends && is(',')(token),
    });
    last.map_or(&[], |last| &tokens[last + 1..])
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

/// Whether a token is this sign.
pub(super) fn is(sign: char) -> impl Fn(&TokenTree) -> bool {
    move |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}
