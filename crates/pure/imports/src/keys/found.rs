//! What was found in a file of keys.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Keys to be taken over, rows that cannot be, and what else there is to say. The keys are secrets: none of it is shown whole.
#[derive(Default)]
pub struct KeysFound {
    /// Where they come from, in a word.
    pub source: &'static str,
    /// Wishes for the admin API: `row`, `key` or `sha256`, `settings`.
    pub keys: Vec<Value>,
    /// Rows that are no wish, each with what is wrong.
    pub problems: Vec<(usize, String)>,
    /// What was left out, or is not carried with the keys.
    pub notes: Vec<String>,
}

/// What is known of a key itself.
pub(super) enum Known<'a> {
    Key(&'a str),
    Sha256(&'a str),
}

impl KeysFound {
    /// The rows of its keys.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.keys.iter().filter_map(|wish| usize::try_from(wish["row"].as_u64()?).ok())
    }

    pub(super) fn of(source: &'static str) -> Self {
        Self { source, ..Self::default() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "a row is read once")]
    pub(super) fn add(&mut self, row: usize, known: &Known<'_>, settings: Map<String, Value>) {
        let mut wish = json!({ "row": row, "settings": settings });
        match known {
            Known::Key(key) => wish["key"] = (*key).into(),
            Known::Sha256(hash) => wish["sha256"] = (*hash).into(),
        }
        self.keys.push(wish);
    }

    pub(super) fn refuse(&mut self, row: usize, why: impl Into<String>) {
        self.problems.push((row, why.into()));
    }

    /// A note of so many rows, if there are any.
    pub(super) fn note(&mut self, count: usize, said: &str) {
        if count > 0 {
            self.notes.push(format!("{count} {said}"));
        }
    }

    /// Names that occur more than once get their row's number, for a project has each name once. Elsewhere that was fine.
    pub(super) fn tell_names_apart(&mut self) {
        let name_of = |wish: &Value| wish["settings"]["name"].as_str().unwrap_or_default().to_owned();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for wish in &self.keys {
            *counts.entry(name_of(wish)).or_default() += 1;
        }
        for wish in &mut self.keys {
            let name = name_of(wish);
            if counts[&name] > 1 {
                wish["settings"]["name"] = format!("{name} #{}", wish["row"]).into();
            }
        }
    }
}

impl std::fmt::Debug for KeysFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeysFound({} keys, {} problems)", self.keys.len(), self.problems.len())
    }
}
