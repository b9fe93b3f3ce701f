//! A pretended outside: variables and files that exist only in the test.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Overrides, Problem, Snapshot, Sources, Stored, check};

/// A certificate as far as its look matters here.
pub(crate) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
/// A private key as far as its look matters here.
pub(crate) const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

/// Variables, files and flags.
#[derive(Default)]
pub(crate) struct World {
    variables: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    stored: BTreeMap<String, Stored>,
    overrides: Overrides,
}

impl World {
    pub(crate) fn with_variable(mut self, name: &str, text: &str) -> Self {
        self.variables.insert(name.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn with_file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn with_stored(mut self, name: &str, stored: Stored) -> Self {
        self.stored.insert(name.to_owned(), stored);
        self
    }

    pub(crate) fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    pub(crate) fn check(&self, text: Option<&str>) -> Result<Snapshot, Vec<Problem>> {
        check(&Sources {
            text: text.map(|text| ("bellwether.yaml", text)),
            catalog: self.files.get("catalog.toml").map(|text| ("catalog.toml", text.as_str())),
            env: &|name| self.variables.get(name).cloned(),
            env_names: self.variables.keys().cloned().collect(),
            read_file: &|path: &Path| {
                let found = path.to_str().and_then(|path| self.files.get(path));
                found.cloned().ok_or_else(|| "no such file".to_owned())
            },
            stored: &|name| match self.stored.get(name) {
                Some(stored) => stored.clone(),
                None if self.stored.is_empty() => Stored::NotOpen,
                None => Stored::Missing(self.stored.keys().cloned().collect()),
            },
            overrides: self.overrides.clone(),
        })
    }

    #[track_caller]
    pub(crate) fn good(&self, text: &str) -> Snapshot {
        self.check(Some(text)).unwrap_or_else(|problems| panic!("{}", written(&problems)))
    }

    #[track_caller]
    pub(crate) fn bad(&self, text: &str) -> Vec<Problem> {
        self.check(Some(text)).expect_err("should have been refused")
    }
}

/// Problems as an operator reads them.
pub(crate) fn written(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}
