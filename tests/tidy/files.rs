//! Which file of a crate uses which other file.
//!
//! A path is followed to the file that declares the item: `crate::ticket::Step` leads to `ticket/trace.rs`
//! if `ticket.rs` has `pub use trace::Step`.
//!
//! Two things are no uses. A re-export only says where readers find an item. And a file may call the
//! modules that it declares by their bare names, as `cli.rs` does to run a command; their items that it
//! imports are uses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::tokens::{Token, production_tokens};

/// A module by its path from the crate's root, for example `["ticket", "trace"]`. The root is empty.
type Module = Vec<String>;

/// The longest chain of re-exports that is followed.
const REEXPORTS_MAX: usize = 16;

/// What one file says.
#[derive(Debug, Default)]
struct File {
    /// Modules that it declares and that have files of their own.
    children: Vec<String>,
    /// Paths that it gives names to by `use`, by those names.
    names: BTreeMap<String, Vec<String>>,
    /// The names of those that are no re-exports.
    imports: BTreeSet<String>,
    /// Paths that it uses: imports that are no re-exports, and paths in its code that begin with an import
    /// or with `crate`, `self` or `super`.
    paths: Vec<Vec<String>>,
    /// Paths of which it imports everything.
    globs: Vec<Vec<String>>,
}

/// The files of one crate.
#[derive(Debug)]
pub(crate) struct Crate {
    files: BTreeMap<Module, File>,
}

/// For each file the files that it uses, and the names of the items there.
pub(crate) type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

impl Crate {
    /// Reads the files of a crate, each with its path below the source folder, for example
    /// `ticket/trace.rs`. Files that only tests declare are left out.
    pub(crate) fn new<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let all: BTreeMap<Module, File> = sources
            .into_iter()
            .map(|(path, text)| (module_of(path), File::parse(&production_tokens(text))))
            .collect();
        let mut files = BTreeMap::new();
        let mut declared = vec![Module::new()];
        let mut all = all;
        while let Some(module) = declared.pop() {
            let Some(file) = all.remove(&module) else { continue };
            declared.extend(file.children.iter().map(|child| joined(&module, child)));
            files.insert(module, file);
        }
        Self { files }
    }

    /// All uses of a file by another.
    pub(crate) fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (module, file) in &self.files {
            let items = file.paths.iter().filter_map(|path| {
                let (target, rest) = self.resolve(module, path, 0)?;
                // A module alone is no item: what is used of it has paths of its own.
                Some((target, rest.first()?.clone()))
            });
            let globs = file.globs.iter().filter_map(|path| {
                let (target, _) = self.resolve(module, path, 0)?;
                Some((target, "*".to_owned()))
            });
            for (target, item) in items.chain(globs) {
                if target != *module {
                    let used = uses.entry(path_of(module)).or_default();
                    used.entry(path_of(&target)).or_default().insert(item);
                }
            }
        }
        uses
    }

    /// The module that a path of this module leads to, and what remains of the path: an item, and what is
    /// inside it. `None` for a path into another crate.
    fn resolve(
        &self,
        module: &Module,
        path: &[String],
        depth: usize,
    ) -> Option<(Module, Vec<String>)> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Module::new(), rest, depth),
            "self" => self.walk(module.clone(), rest, depth),
            "super" => {
                let parent = module.split_last()?.1.to_vec();
                if rest.first().is_some_and(|next| next == "super") {
                    self.resolve(&parent, rest, depth)
                } else {
                    self.walk(parent, rest, depth)
                }
            }
            name => {
                let file = self.files.get(module)?;
                let is_own = self.is_file(module, name) || file.names.contains_key(name);
                if is_own { self.walk(module.clone(), path, depth) } else { None }
            }
        }
    }

    /// Follows a path from a module through its children and its re-exports.
    fn walk(&self, module: Module, path: &[String], depth: usize) -> Option<(Module, Vec<String>)> {
        let Some((first, rest)) = path.split_first() else { return Some((module, Vec::new())) };
        if self.is_file(&module, first) {
            return self.walk(joined(&module, first), rest, depth);
        }
        let name = self.files.get(&module).and_then(|file| file.names.get(first));
        match name {
            Some(named) if depth < REEXPORTS_MAX && named != path => {
                let whole: Vec<String> = named.iter().chain(rest).cloned().collect();
                self.resolve(&module, &whole, depth + 1)
            }
            _ => Some((module, path.to_vec())),
        }
    }

    fn is_file(&self, module: &Module, child: &str) -> bool {
        self.files.contains_key(&joined(module, child))
    }
}

fn joined(module: &Module, child: &str) -> Module {
    module.iter().cloned().chain([child.to_owned()]).collect()
}

fn module_of(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    if path == "lib" { Module::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn path_of(module: &Module) -> String {
    if module.is_empty() { "lib.rs".to_owned() } else { format!("{}.rs", module.join("/")) }
}

impl File {
    fn parse(tokens: &[Token]) -> Self {
        let mut file = Self::default();
        let mut in_code = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if rest[0].is("use") {
                let end = rest.iter().position(|token| token.is(";")).unwrap_or(rest.len());
                let is_reexport = at > 0 && (tokens[at - 1].is("pub") || tokens[at - 1].is(")"));
                file.import(&rest[1..end], &mut Vec::new(), is_reexport);
                at += end;
            } else if rest[0].is("mod") && rest.get(2).is_some_and(|token| token.is(";")) {
                file.children.extend(rest[1].word().map(str::to_owned));
                at += 3;
            } else {
                let path = path_at(rest);
                at += (path.len() * 3).saturating_sub(2).max(1);
                if path.len() > 1 && !is_member(&tokens[..at - path.len() * 3 + 2]) {
                    in_code.push(path);
                }
            }
        }
        in_code.retain(|path| {
            ["crate", "self", "super"].contains(&path[0].as_str())
                || file.imports.contains(&path[0])
        });
        file.paths.append(&mut in_code);
        file
    }

    /// Takes one tree of a `use` in, which stands after `prefix`.
    fn import(&mut self, tree: &[Token], prefix: &mut Vec<String>, is_reexport: bool) {
        let before = prefix.len();
        let mut at = 0;
        while at < tree.len() {
            match &tree[at] {
                Token::Mark('{') => {
                    for branch in branches(&tree[at + 1..]) {
                        self.import(branch, prefix, is_reexport);
                    }
                    prefix.truncate(before);
                    return;
                }
                Token::Mark('*') => {
                    self.globs.push(prefix.clone());
                    prefix.truncate(before);
                    return;
                }
                Token::Mark(_) => {}
                Token::Word(word) if word == "as" => break,
                Token::Word(word) => prefix.push(word.clone()),
            }
            at += 1;
        }
        // `{self}` names the module before it.
        if prefix.len() > 1 && prefix.last().is_some_and(|last| last == "self") {
            prefix.pop();
        }
        let alias = tree.get(at + 1).and_then(Token::word).map(str::to_owned);
        if let Some(name) = alias.or_else(|| prefix.last().cloned()) {
            if !is_reexport {
                self.imports.insert(name.clone());
                self.paths.push(prefix.clone());
            }
            self.names.insert(name, prefix.clone());
        }
        prefix.truncate(before);
    }
}

/// The path at the beginning of tokens: names with `::` between them.
fn path_at(tokens: &[Token]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = tokens;
    while let Some(word) = rest.first().and_then(Token::word) {
        path.push(word.to_owned());
        match rest.get(1..4) {
            Some([one, two, Token::Word(_)]) if one.is(":") && two.is(":") => rest = &rest[3..],
            _ => break,
        }
    }
    path
}

/// Whether what follows these tokens is a field, a method, or the rest of a longer path.
fn is_member(before: &[Token]) -> bool {
    match before {
        [.., one, two] if two.is(".") => !one.is("."),
        [.., one, two] => one.is(":") && two.is(":"),
        _ => false,
    }
}

/// The parts of a group in a `use`, up to its closing brace.
fn branches(tokens: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth > 0 => depth -= 1,
            Token::Mark(',' | '}') if depth == 0 => {
                found.push(&tokens[begin..index]);
                begin = index + 1;
                if token.is("}") {
                    break;
                }
            }
            Token::Mark(_) | Token::Word(_) => {}
        }
    }
    found.retain(|branch| !branch.is_empty());
    found
}

/// The circles of uses. Each file of a circle uses the next one, and the last one uses the first.
pub(crate) fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let mut found = BTreeMap::new();
    for file in uses.keys() {
        if let Some(circle) = shortest_circle(uses, file) {
            let members: BTreeSet<String> = circle.iter().cloned().collect();
            found.entry(members).or_insert(circle);
        }
    }
    found.into_values().collect()
}

/// The shortest way from a file back to itself.
fn shortest_circle(uses: &Uses, file: &str) -> Option<Vec<String>> {
    let mut reached_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([file]);
    while let Some(at) = waiting.pop_front() {
        for next in uses.get(at).into_iter().flat_map(BTreeMap::keys) {
            if next == file {
                let steps = std::iter::successors(Some(at), |step| {
                    if *step == file { None } else { reached_from.get(step).copied() }
                });
                let mut circle: Vec<String> = steps.map(str::to_owned).collect();
                circle.reverse();
                return Some(circle);
            }
            if !reached_from.contains_key(next.as_str()) {
                reached_from.insert(next, at);
                waiting.push_back(next);
            }
        }
    }
    None
}

/// A circle as text: each use with its items on a line.
pub(crate) fn described(uses: &Uses, circle: &[String]) -> String {
    let next = circle.iter().cycle().skip(1);
    let step = |(from, to): (&String, &String)| {
        let items: Vec<&str> = uses[from][to].iter().map(String::as_str).collect();
        format!("    {from} uses {to} ({})\n", items.join(", "))
    };
    circle.iter().zip(next).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The uses of a made-up crate, one on a line.
    fn uses_of(sources: &[(&str, &str)]) -> Vec<String> {
        let uses = Crate::new(sources.iter().copied()).uses();
        let used = |(from, to): (&String, &BTreeMap<String, BTreeSet<String>>)| {
            let line = |(to, items): (&String, &BTreeSet<String>)| {
                let items: Vec<&str> = items.iter().map(String::as_str).collect();
                format!("{from} {to} {}", items.join(" "))
            };
            to.iter().map(line).collect::<Vec<_>>()
        };
        uses.iter().flat_map(used).collect()
    }

    #[test]
    fn paths_lead_to_the_file_that_declares_the_item() {
        let sources = [
            ("lib.rs", "pub mod base; pub mod tree;"),
            ("base.rs", "pub struct Base;"),
            (
                "tree.rs",
                "mod leaf; mod stem; pub use leaf::Leaf; pub use self::stem::{Stem as Trunk};",
            ),
            (
                "tree/leaf.rs",
                "use super::Trunk; use crate::base::{self, Base}; fn f() { base::g(); }",
            ),
            ("tree/stem.rs", "fn f() { crate::tree::Leaf::grow(); std::fs::read(); super::h(); }"),
        ];
        assert_eq!(
            uses_of(&sources),
            [
                "tree/leaf.rs base.rs Base g",
                "tree/leaf.rs tree/stem.rs Stem",
                "tree/stem.rs tree.rs h",
                "tree/stem.rs tree/leaf.rs Leaf",
            ]
        );
    }

    #[test]
    fn imported_modules_are_followed_and_declared_modules_are_no_uses() {
        let sources = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "mod child; pub(crate) use child::Item; fn f(_: Item) { child::g(); }"),
            ("a/child.rs", "pub struct Item; fn g() { super::h(); }"),
            ("b.rs", "use super::a as other; fn f(x: X) { other::Item::new(); x.a; x.c::d(); }"),
            ("c.rs", "mod child; use child::Item;"),
            ("c/child.rs", ""),
        ];
        assert_eq!(
            uses_of(&sources),
            ["a/child.rs a.rs h", "b.rs a/child.rs Item", "c.rs c/child.rs Item"]
        );
    }

    #[test]
    fn a_glob_uses_the_whole_module_and_tests_use_nothing() {
        let sources = [
            ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
            ("a.rs", "use crate::b::*; #[cfg(test)] mod tests { use crate::tests::X; }"),
            ("b.rs", "#[cfg(test)] use crate::a::Y;"),
            ("tests.rs", "use crate::a::Y;"),
        ];
        assert_eq!(uses_of(&sources), ["a.rs b.rs *"]);
    }

    #[test]
    fn a_circle_between_files_is_found_and_named() {
        let sources = [
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "pub use crate::b::B; use crate::c::C;"),
            ("b.rs", "fn f() -> super::d::D {}"),
            ("c.rs", "use crate::a::B;"),
            ("d.rs", "use crate::c::C;"),
        ];
        let uses = Crate::new(sources).uses();
        let circles = circles(&uses);
        assert_eq!(circles, [["b.rs", "d.rs", "c.rs"]]);
        let text = "    b.rs uses d.rs (D)\n    d.rs uses c.rs (C)\n    c.rs uses b.rs (B)\n";
        assert_eq!(described(&uses, &circles[0]), text);
    }

    #[test]
    fn files_without_a_circle_have_none() {
        let sources =
            [("lib.rs", "mod a; mod b;"), ("a.rs", "pub fn f() {}"), ("b.rs", "use crate::a::f;")];
        assert!(circles(&Crate::new(sources).uses()).is_empty());
    }
}
