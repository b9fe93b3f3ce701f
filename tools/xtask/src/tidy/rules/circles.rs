//! No circles of imports between the files of a crate.
//!
//! A parent that only re-exports stands in no circle: an import through it counts as one of the file
//! that holds the thing. Test modules may import what they like.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tidy::crates::{self, Crate};
use crate::tidy::finding::{Finding, Rule};
use crate::tidy::imports::{self, Path};
use crate::tidy::rust_source::RustSource;
use crate::tidy::tree::{SourceFile, Tree};

pub(in crate::tidy) const RULE: Rule = Rule {
    name: "circles",
    why: "files in a circle can only be understood, tested and moved all at once",
    check,
};

/// Re-exports of re-exports are followed this far.
const HOPS_MAX: usize = 8;
/// Words that a thing's name follows where it is defined.
const DEFINING: &[&str] = &["struct", "enum", "trait", "type", "fn", "const", "static", "union"];

fn check(tree: &Tree) -> Vec<Finding> {
    crates::all(tree).iter().flat_map(|ours| ModuleGraph::of(ours, tree).circles()).collect()
}

type ModulePath = Vec<String>;

struct Module<'a> {
    file: &'a SourceFile,
    source: &'a RustSource,
    paths: Vec<Path>,
    own_modules: Vec<String>,
    defined: BTreeSet<&'a str>,
}

struct ModuleGraph<'a>(BTreeMap<ModulePath, Module<'a>>);

/// From a module to those it imports, with the line of the first import.
type Edges = BTreeMap<ModulePath, BTreeMap<ModulePath, usize>>;

impl<'a> ModuleGraph<'a> {
    fn of(ours: &Crate<'_>, tree: &'a Tree) -> ModuleGraph<'a> {
        let mut modules = BTreeMap::new();
        for (file, source) in tree.rust().filter(|(file, _)| ours.has_source(&file.path) && !file.is_test()) {
            let inside = &file.path[ours.folder.len() + "/src/".len()..];
            let Some(path) = module_path(inside) else { continue };
            // A binary beside a library only uses it, and is used by nobody.
            if inside == "main.rs" && tree.has(&format!("{}/src/lib.rs", ours.folder)) {
                continue;
            }
            let (paths, own_modules) = (imports::paths(source), imports::declared_modules(source));
            modules.insert(path, Module { file, source, paths, own_modules, defined: defined(source) });
        }
        ModuleGraph(modules)
    }

    fn circles(&self) -> Vec<Finding> {
        let edges = self.edges();
        let mut told = BTreeSet::new();
        let mut findings = Vec::new();
        for start in self.0.keys() {
            // Circles that meet are told one at a time: mending the first often mends the rest.
            let Some(circle) = shortest_circle(&edges, start) else { continue };
            if circle.iter().any(|path| told.contains(path)) {
                continue;
            }
            let names: Vec<&str> = circle.iter().map(|path| self.0[path].file.path.as_str()).collect();
            let line = edges[start][&circle[1 % circle.len()]];
            let what = format!("a circle of imports: {} -> {}", names.join(" -> "), names[0]);
            let remedy = "move what both need into a file of its own that imports neither";
            findings.push(RULE.finding(names[0], line, what, remedy));
            told.extend(circle);
        }
        findings
    }

    fn edges(&self) -> Edges {
        let mut edges = Edges::new();
        for (from, module) in &self.0 {
            let is_map = module.file.path.ends_with("/lib.rs") || module.file.path.ends_with("/mod.rs");
            for path in module.paths.iter().filter(|path| !(is_map && path.is_reexport)) {
                let target =
                    module.absolute(from, path).and_then(|absolute| self.holder(&absolute, HOPS_MAX));
                if let Some(target) = target.filter(|target| target != from) {
                    let line = module.source.line(path.at);
                    edges.entry(from.clone()).or_default().entry(target).or_insert(line);
                }
            }
        }
        edges
    }

    /// The module that holds what a path from the crate's root leads to.
    fn holder(&self, path: &[String], hops: usize) -> Option<ModulePath> {
        let known = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let (here, rest) = path.split_at(known);
        let module = &self.0[here];
        let (Some(name), true) = (rest.first(), hops > 0) else { return Some(here.to_vec()) };
        if module.defines(name) {
            return Some(here.to_vec());
        }
        let brought_in = module.paths.iter().filter_map(|path| Some((path, path.alias.as_deref()?)));
        for (import, alias) in brought_in {
            let Some(mut absolute) = module.absolute(here, import) else { continue };
            if alias == name {
                absolute.extend_from_slice(&rest[1..]);
                return self.holder(&absolute, hops - 1);
            }
            if alias == "*" && self.0.get(&absolute).is_some_and(|module| module.defines(name)) {
                return Some(absolute);
            }
        }
        Some(here.to_vec())
    }
}

impl Module<'_> {
    /// A path from the crate's root; none if it leads out of the crate.
    fn absolute(&self, here: &[String], path: &Path) -> Option<ModulePath> {
        let ups = path.segments.iter().take_while(|segment| *segment == "super").count();
        let rest = &path.segments[ups..];
        if ups > 0 {
            // `super` inside an inline module first leaves that.
            let inline =
                self.source.inline_modules.iter().filter(|module| module.span.contains(&path.at)).count();
            let kept = here.len().checked_sub(ups.saturating_sub(inline))?;
            return Some([&here[..kept], rest].concat());
        }
        match rest.first()?.as_str() {
            "crate" => Some(rest[1..].to_vec()),
            "self" => Some([here, &rest[1..]].concat()),
            first if self.own_modules.iter().any(|own| own == first) => Some([here, rest].concat()),
            _ => None,
        }
    }

    fn defines(&self, name: &str) -> bool {
        self.defined.contains(name)
    }
}

fn defined(source: &RustSource) -> BTreeSet<&str> {
    let names = source.words().zip(source.words().skip(1));
    names.filter(|((_, before), _)| DEFINING.contains(before)).map(|(_, (_, name))| name).collect()
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; the root is empty. Other binaries are no modules.
fn module_path(inside: &str) -> Option<ModulePath> {
    if inside.starts_with("bin/") {
        return None;
    }
    let mut path: ModulePath = inside.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    let is_folder = matches!(path.last()?.as_str(), "mod") || matches!(inside, "lib.rs" | "main.rs");
    if is_folder {
        path.pop();
    }
    Some(path)
}

/// The shortest way from a module back to itself, without the return.
fn shortest_circle(edges: &Edges, start: &ModulePath) -> Option<Vec<ModulePath>> {
    let mut came_from: BTreeMap<&ModulePath, &ModulePath> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for next in edges.get(here).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut circle = vec![here.clone()];
                let mut at = here;
                while at != start {
                    at = came_from[at];
                    circle.push(at.clone());
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, here);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rules::samples;

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let paths: Vec<String> = files.iter().map(|(path, _)| format!("crates/a/src/{path}")).collect();
        let mut house = vec![("crates/a/Cargo.toml", "[package]\nname = \"a\"\n")];
        house.extend(paths.iter().zip(files).map(|(path, (_, text))| (path.as_str(), *text)));
        let expected: Vec<String> = expected.iter().map(|place| format!("crates/a/src/{place}")).collect();
        samples::check(&RULE, &house, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn two_files_that_need_each_other() {
        let there = ("x.rs", "\nuse crate::y::Y;\nstruct X;");
        check(&[there, ("y.rs", "use super::x::X;\nstruct Y;")], &["x.rs:2"]);
        check(&[there, ("y.rs", "struct Y;")], &[]);
        check(&[there, ("y.rs", "struct Y;\n#[cfg(test)]\nmod tests { use crate::x::X; }")], &[]);
    }

    #[test]
    fn a_longer_way_round_is_told_once() {
        let files = [
            ("x.rs", "use crate::y::Y; struct X;"),
            ("y.rs", "fn f() { crate::z::g() } struct Y;"),
            ("z.rs", "use crate::{x::X, w}; fn g() {}"),
            ("w.rs", ""),
        ];
        check(&files, &["x.rs:1"]);
    }

    #[test]
    fn a_re_export_leads_to_the_file_that_holds_it() {
        let root = ("lib.rs", "mod x;\nmod y;\npub use x::X;\npub use y::*;");
        check(&[root, ("x.rs", "use crate::Y; struct X;"), ("y.rs", "struct Y;")], &[]);
        check(&[root, ("x.rs", "use crate::Y; struct X;"), ("y.rs", "use super::X; struct Y;")], &["x.rs:1"]);
    }

    #[test]
    fn a_parent_that_holds_what_its_child_needs() {
        let child = ("plan/retry.rs", "use super::Plan; fn retry() {}");
        check(&[("plan.rs", "mod retry;\nstruct Plan;\nfn f() { retry::retry() }"), child], &["plan.rs:3"]);
        check(&[("plan.rs", "mod retry;\nstruct Plan;"), child], &[]);
        check(&[("plan/mod.rs", "mod retry;\npub use retry::retry;\nstruct Plan;"), child], &[]);
    }

    #[test]
    fn a_binary_beside_a_library_is_no_module() {
        check(
            &[("lib.rs", "pub mod x;"), ("main.rs", "use crate::x;"), ("x.rs", "use crate::Nothing;")],
            &[],
        );
    }
}
