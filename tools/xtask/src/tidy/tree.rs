//! The house as text: every file git tracks or would track, and the parsed form of those rules look into.
//!
//! Read once, then only looked at. Files that git ignores do not exist here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::rust_source::RustSource;

/// Endings of the files rules read; of all others only the path is known.
const READ: &[&str] =
    &["rs", "py", "sh", "ts", "tsx", "js", "mjs", "css", "sql", "md", "toml", "yml", "yaml", "lua"];
/// Of those, what a person writes as code.
const CODE: &[&str] = &["rs", "py", "sh", "ts", "tsx", "js", "mjs", "css", "sql", "lua"];

/// A file whose text was read.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) text: String,
    /// Set for Rust files.
    pub(super) rust: Option<RustSource>,
}

impl SourceFile {
    pub(super) fn new(path: &str, text: &str) -> SourceFile {
        let rust = (extension(path) == "rs").then(|| RustSource::parse(text));
        SourceFile { path: path.into(), text: text.into(), rust }
    }

    /// Whether a person writes it as code: by its ending, or by a `#!` line where there is none.
    pub(super) fn is_code(&self) -> bool {
        CODE.contains(&extension(&self.path)) || self.text.starts_with("#!/")
    }

    /// Name of the file without folders and ending.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    /// Whether the whole file is test code.
    pub(super) fn is_test(&self) -> bool {
        let is_test_folder = |folder: &str| matches!(folder, "tests" | "benches" | "examples" | "fixtures");
        self.path.split('/').any(is_test_folder) || self.stem() == "tests"
    }
}

/// Every file of the house.
pub(super) struct Tree {
    pub(super) files: Vec<SourceFile>,
    pub(super) paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the house under `root`.
    pub(super) fn load(root: &Path) -> Result<Tree> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("git is needed to list the files of the house")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim());
        let listed = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
        let mut tree = Tree { files: Vec::new(), paths: BTreeSet::new() };
        for path in listed.split_terminator('\0') {
            // Deleted, but not yet from the index.
            let Ok(metadata) = fs::metadata(root.join(path)) else { continue };
            tree.paths.insert(path.into());
            let is_script = extension(path).is_empty() && metadata.is_file() && is_script(&root.join(path));
            if READ.contains(&extension(path)) || is_script {
                let text =
                    fs::read_to_string(root.join(path)).with_context(|| format!("{path} cannot be read"))?;
                tree.files.push(SourceFile::new(path, &text));
            }
        }
        Ok(tree)
    }

    /// A house made of the given files.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        Tree {
            files: files.iter().map(|(path, text)| SourceFile::new(path, text)).collect(),
            paths: files.iter().map(|(path, _)| (*path).into()).collect(),
        }
    }

    /// All Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&SourceFile, &RustSource)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    /// The file at a path, if its text was read.
    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or a folder at a path.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|next| next.starts_with(&folder))
    }
}

/// The ending of a path, without the dot; empty if there is none.
pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending)
}

fn is_script(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"#!/") && std::str::from_utf8(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_folders() {
        let tree = Tree::of(&[("docs/how-to/a.md", "")]);
        assert!(tree.has("docs/how-to") && tree.has("docs/how-to/a.md"));
        assert!(!tree.has("docs/how") && !tree.has("docs/how-to/b.md"));
    }

    #[test]
    fn what_counts_as_code_and_as_test() {
        assert_eq!(
            (extension("a/b.tar.gz"), extension(".gitignore"), extension("a.b/Makefile")),
            ("gz", "", "")
        );
        assert!(SourceFile::new("scripts/test", "#!/usr/bin/env bash\n").is_code());
        assert!(!SourceFile::new("README.md", "").is_code());
        assert!(SourceFile::new("crates/a/src/tests.rs", "").is_test());
        assert!(SourceFile::new("crates/a/tests/b.rs", "").is_test());
        assert!(!SourceFile::new("crates/a/src/latests.rs", "").is_test());
    }
}
