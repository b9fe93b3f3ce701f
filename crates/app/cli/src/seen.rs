//! What the files of a configuration held when they were read: the file itself and every secret and certificate it names.
//! Polled, because a watcher of the system misses mounted files and files behind links.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::environment;

/// Each file by what was in it, or could not be read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen(BTreeMap<PathBuf, u64>);

impl Seen {
    /// The same files as they are now.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.keys().map(|path| (path.clone(), of(&environment::read_file(path)))).collect())
    }
}

/// Reads files and remembers what it saw.
#[derive(Debug, Default)]
pub(crate) struct Reader(RefCell<Seen>);

impl Reader {
    /// Reads a small text file; the error is for the operator.
    pub(crate) fn read(&self, path: &Path) -> Result<String, String> {
        let content = environment::read_file(path);
        self.0.borrow_mut().0.insert(path.to_owned(), of(&content));
        content
    }

    pub(crate) fn into_seen(self) -> Seen {
        self.0.into_inner()
    }
}

fn of(content: &Result<String, String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Reader;

    #[test]
    fn any_change_of_any_file_is_seen() {
        let dir = std::env::temp_dir().join(format!("bellwether-seen-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (one, two) = (dir.join("one"), dir.join("two"));
        std::fs::write(&one, "1").unwrap();
        let reader = Reader::default();
        assert_eq!(reader.read(&one).unwrap(), "1");
        assert!(reader.read(&two).is_err() && reader.read(Path::new("/")).is_err());
        let seen = reader.into_seen();
        assert_eq!(seen.again(), seen);
        std::fs::write(&two, "").unwrap();
        assert_ne!(seen.again(), seen, "a file that was not there");
        std::fs::remove_file(&two).unwrap();
        assert_eq!(seen.again(), seen);
        std::fs::write(&one, "2").unwrap();
        assert_ne!(seen.again(), seen, "another content of the same length");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
