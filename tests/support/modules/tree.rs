//! The modules of a crate, from its root down, and what a path in one of them reaches.

use super::{
    Texts,
    source::{Path, Source},
};

const ROOT: usize = 0;
/// How many imports may stand between a name and the module that it means.
const MOST_IMPORTS: usize = 8;

struct Module {
    file: String,
    name: String,
    parent: usize,
    children: Vec<usize>,
    source: Source,
}

pub(super) struct Tree {
    modules: Vec<Module>,
}

/// What a path reaches: a file, and the name that it takes from there.
pub(super) struct Reached<'a> {
    pub(super) file: &'a str,
    pub(super) name: String,
}

impl Tree {
    /// Fails where a file can't be read as Rust, and where a declared module has no file.
    pub(super) fn grow(texts: &Texts, root: &str) -> Result<Self, String> {
        let mut tree = Self { modules: Vec::new() };
        tree.file(texts, root.to_owned(), "crate", "", ROOT)?;
        Ok(tree)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.file.as_str())
    }

    /// From which file each path goes, and what it reaches.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, Reached<'_>)> {
        self.modules.iter().enumerate().flat_map(move |(index, module)| {
            let reached =
                module.source.paths.iter().filter_map(move |path| self.reach(index, path));
            reached.map(|reached| (module.file.as_str(), reached))
        })
    }

    fn file(
        &mut self,
        texts: &Texts,
        file: String,
        name: &str,
        folder: &str,
        parent: usize,
    ) -> Result<usize, String> {
        let source =
            Source::read(&texts[&file]).map_err(|error| format!("{file} is no Rust: {error}"))?;
        self.module(
            texts,
            Module { file, name: name.to_owned(), parent, children: Vec::new(), source },
            folder,
        )
    }

    /// Adds the module and those below it; the files of the latter are in the folder.
    fn module(&mut self, texts: &Texts, mut module: Module, folder: &str) -> Result<usize, String> {
        let (index, file) = (self.modules.len(), module.file.clone());
        let declared = std::mem::take(&mut module.source.children);
        self.modules.push(module);
        for (name, inline) in declared {
            let below = format!("{folder}{name}/");
            let child = match inline {
                Some(source) => {
                    let child = Module {
                        file: file.clone(),
                        name,
                        parent: index,
                        children: Vec::new(),
                        source,
                    };
                    self.module(texts, child, &below)?
                }
                None => {
                    self.file(texts, found(texts, &file, folder, &name)?, &name, &below, index)?
                }
            };
            self.modules[index].children.push(child);
        }
        Ok(index)
    }

    fn reach(&self, from: usize, path: &[String]) -> Option<Reached<'_>> {
        let (at, left) = self.follow(from, path, MOST_IMPORTS)?;
        let name = path[path.len() - left..].first().or(path.last())?;
        Some(Reached { file: &self.modules[at].file, name: name.clone() })
    }

    /// The deepest module on the path, and how many of its segments are left there; nothing for another crate's.
    fn follow(&self, from: usize, path: &[String], imports: usize) -> Option<(usize, usize)> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => ROOT,
            "self" => from,
            "super" => self.modules[from].parent,
            name => match self.child(from, name) {
                Some(child) => child,
                None => return self.follow_import(from, path, imports.checked_sub(1)?),
            },
        };
        Some(self.descend(start, rest))
    }

    /// From the module along a path's segments, as far as they name modules.
    fn descend(&self, mut at: usize, path: &[String]) -> (usize, usize) {
        for (index, segment) in path.iter().enumerate() {
            let next = match segment.as_str() {
                "super" => Some(self.modules[at].parent),
                "self" => Some(at),
                name => self.child(at, name),
            };
            let Some(next) = next else { return (at, path.len() - index) };
            at = next;
        }
        (at, 0)
    }

    /// A path whose first name comes from an import of the module.
    fn follow_import(
        &self,
        from: usize,
        path: &[String],
        imports: usize,
    ) -> Option<(usize, usize)> {
        let source = &self.modules[from].source;
        if let Some(import) = source.imports.get(&path[0]) {
            let (at, left) = self.follow(from, &[import, &path[1..]].concat(), imports)?;
            return Some((at, left.min(path.len())));
        }
        source.globs.iter().find_map(|glob| self.follow_glob(from, glob, path, imports))
    }

    /// A glob may bring any name; that it has brought this one is known where it is a module's.
    fn follow_glob(
        &self,
        from: usize,
        glob: &Path,
        path: &[String],
        imports: usize,
    ) -> Option<(usize, usize)> {
        let (at, 0) = self.follow(from, glob, imports)? else { return None };
        let child = self.child(at, &path[0])?;
        Some(self.descend(child, &path[1..]))
    }

    fn child(&self, of: usize, name: &str) -> Option<usize> {
        self.modules[of].children.iter().copied().find(|child| self.modules[*child].name == name)
    }
}

/// The file of a declared module.
fn found(texts: &Texts, declaring: &str, folder: &str, name: &str) -> Result<String, String> {
    let places = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
    let [one, other] = &places;
    let missing =
        format!("{declaring} declares the module {name}, and there is neither {one} nor {other}");
    places.into_iter().find(|place| texts.contains_key(place)).ok_or(missing)
}
