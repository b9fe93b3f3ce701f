//! The tags of the caller's key, looked up only where a target is for some of them.

use std::cell::OnceCell;
use std::sync::Arc;

use store::{KeyEntry, KeyTags};

/// The tags of one key.
pub(crate) struct TagsOfKey<'k> {
    key: Option<&'k KeyEntry>,
    found: OnceCell<Option<Arc<KeyTags>>>,
}

impl<'k> TagsOfKey<'k> {
    /// Of a key, or of nobody's.
    pub(crate) const fn of(key: Option<&'k KeyEntry>) -> Self {
        Self { key, found: OnceCell::new() }
    }

    /// The value of the tag with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.found.get_or_init(|| self.key?.tags()).as_ref()?.get(name)
    }
}
