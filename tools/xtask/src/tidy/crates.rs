//! The crates of the house, as their manifests tell: folder, name, and what each depends on.

use toml::{Table, Value};

use super::tree::{SourceFile, Tree};

/// One crate of the workspace.
pub(super) struct Crate<'a> {
    pub(super) name: String,
    /// From the root of the house, without a slash at the end.
    pub(super) folder: &'a str,
    pub(super) manifest: &'a SourceFile,
    pub(super) table: Table,
}

/// One line of a `dependencies` table.
pub(super) struct Dependency {
    /// The package's name, even where it is used under another.
    pub(super) package: String,
    pub(super) is_dev: bool,
    pub(super) line: usize,
}

/// Every crate of the house; a manifest that cannot be read as TOML is left to cargo, which says so first.
pub(super) fn all(tree: &Tree) -> Vec<Crate<'_>> {
    tree.files
        .iter()
        .filter_map(|manifest| {
            let folder = manifest.path.strip_suffix("/Cargo.toml")?;
            let table: Table = manifest.text.parse().ok()?;
            let name = table.get("package")?.get("name")?.as_str()?.to_owned();
            Some(Crate { name, folder, manifest, table })
        })
        .collect()
}

impl Crate<'_> {
    /// Everything the crate depends on, of any kind and for any platform.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let platforms = self.table.get("target").and_then(Value::as_table);
        let tables = std::iter::once(&self.table).chain(
            platforms.into_iter().flat_map(|platforms| platforms.values().filter_map(Value::as_table)),
        );
        let mut found = Vec::new();
        for table in tables {
            for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
                for (key, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                    let package = value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned();
                    found.push(Dependency {
                        package,
                        is_dev: kind == "dev-dependencies",
                        line: self.line_of(key),
                    });
                }
            }
        }
        found
    }

    /// The line of a key; 1 where it is written in a way this does not see.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let is_key = |line: &str| {
            line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
                || line.trim_end().strip_suffix(']').is_some_and(|rest| rest.ends_with(&format!(".{key}")))
        };
        self.manifest.text.lines().position(is_key).map_or(1, |at| at + 1)
    }

    /// Whether a path lies in the crate's `src`.
    pub(super) fn has_source(&self, path: &str) -> bool {
        path.strip_prefix(self.folder).is_some_and(|rest| rest.starts_with("/src/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_every_kind_are_found() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n\
            [dev-dependencies]\nc = { path = \"x\", package = \"d\" }\n\
            [target.'cfg(unix)'.dependencies]\ne = \"1\"\n[dependencies.f]\nversion = \"1\"\n";
        let tree = Tree::of(&[("crates/a/Cargo.toml", manifest), ("Cargo.toml", "[workspace]\n")]);
        let crates = all(&tree);
        assert_eq!((crates.len(), crates[0].name.as_str(), crates[0].folder), (1, "a", "crates/a"));
        let mut found: Vec<_> =
            crates[0].dependencies().into_iter().map(|it| (it.package, it.is_dev, it.line)).collect();
        found.sort();
        let expected = [("b", false, 4), ("d", true, 6), ("e", false, 8), ("f", false, 9)];
        assert_eq!(found, expected.map(|(package, is_dev, line)| (package.to_owned(), is_dev, line)));
    }
}
