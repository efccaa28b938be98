//! The arrows between a crate's files, and the circles that they make.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{Texts, tree::Tree};

/// Files that each reach all the others.
type Circle<'a> = BTreeSet<&'a str>;

#[derive(Default)]
pub(crate) struct Graph {
    files: BTreeSet<String>,
    /// What each file takes from each other: the names.
    arrows: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    /// The graph of the crates with these root files, which may share the folder.
    pub(crate) fn read(texts: &Texts, roots: &[&str]) -> Result<Self, String> {
        let mut graph = Self::default();
        for root in roots {
            graph.add(&Tree::grow(texts, root)?);
        }
        Ok(graph)
    }

    fn add(&mut self, tree: &Tree) {
        self.files.extend(tree.files().map(str::to_owned));
        for (from, reached) in tree.paths().filter(|(from, reached)| *from != reached.file) {
            let arrows = self.arrows.entry(from.to_owned()).or_default();
            arrows.entry(reached.file.to_owned()).or_default().insert(reached.name);
        }
    }

    /// What the one file takes from the other.
    pub(crate) fn names(&self, from: &str, to: &str) -> Vec<&str> {
        let names = self.arrows.get(from).and_then(|arrows| arrows.get(to));
        names.into_iter().flatten().map(String::as_str).collect()
    }

    /// The numbers, in one line.
    pub(crate) fn summary(&self) -> String {
        let circles = self.circles();
        let arrows: usize = self.arrows.values().map(BTreeMap::len).sum();
        let largest = circles.iter().map(BTreeSet::len).max().unwrap_or(0);
        let (files, circles) = (self.files.len(), circles.len());
        format!(
            "files: {files}, arrows: {arrows}, circles: {circles}, files of the largest: {largest}"
        )
    }

    /// Every circle in words, with each of its arrows; empty if there is none.
    pub(crate) fn told_circles(&self) -> String {
        let mut told = String::new();
        for circle in self.circles() {
            let files = circle.iter().copied().collect::<Vec<_>>().join(", ");
            let _ = writeln!(told, "{} files form a circle: {files}", circle.len());
            let inside = self.told_arrows(|from, to| circle.contains(from) && circle.contains(to));
            told.push_str(&inside);
        }
        told
    }

    /// Every arrow in words from one of the rooms to another; a room is a folder, or a file of that name.
    pub(crate) fn told_between(&self, rooms: &[&str]) -> String {
        let room = |file: &str| {
            let name = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
            rooms.iter().position(|room| *room == name)
        };
        self.told_arrows(|from, to| room(from).zip(room(to)).is_some_and(|(from, to)| from != to))
    }

    fn told_arrows(&self, wanted: impl Fn(&str, &str) -> bool) -> String {
        let mut told = String::new();
        for (from, arrows) in &self.arrows {
            for (to, names) in arrows.iter().filter(|(to, _)| wanted(from, to)) {
                let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                let _ = writeln!(told, "  {from} takes from {to}: {names}");
            }
        }
        told
    }

    fn circles(&self) -> Vec<Circle<'_>> {
        let reach: BTreeMap<&str, Circle<'_>> =
            self.files.iter().map(|file| (file.as_str(), self.reached_from(file))).collect();
        let circle = |file: &str| -> Circle<'_> {
            reach[file].iter().copied().filter(|other| reach[other].contains(file)).collect()
        };
        let circles: BTreeSet<Circle<'_>> = self.files.iter().map(|file| circle(file)).collect();
        circles.into_iter().filter(|circle| circle.len() > 1).collect()
    }

    /// Every file that arrows lead to; the file itself if it is in a circle.
    fn reached_from<'a>(&'a self, file: &'a str) -> Circle<'a> {
        let mut reached = Circle::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            let arrows = self.arrows.get(file).into_iter().flat_map(BTreeMap::keys);
            next.extend(arrows.map(String::as_str).filter(|to| reached.insert(to)));
        }
        reached
    }
}
