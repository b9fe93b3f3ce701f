//! One thing that is wrong with the configuration, and the report that collects them all.

use std::collections::{HashMap, HashSet};

use crate::key_path::KeyPath;
use crate::secret_use::SecretUse;

/// A position in the file, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

/// One thing that is wrong. No part of it holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, if the fault is in the file.
    pub file: Option<String>,
    /// Where in the file.
    pub place: Option<Place>,
    /// The value at fault, such as `providers.local.lines[0].base_url`; or the variable or option.
    pub path: String,
    /// What stands there.
    pub found: String,
    /// What is wrong with it: a lower-case fragment.
    pub message: String,
    /// What to do about it, where we can tell.
    pub hint: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(place) = self.place {
                write!(f, "{}:{}:", place.line, place.column)?;
            }
            f.write_str(" ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if !self.found.is_empty() {
            write!(f, ", found {}", self.found)?;
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n    hint: {hint}"))
    }
}

impl std::error::Error for Problem {}

/// Collects problems and notes, and keeps one mistake from being told twice.
#[derive(Debug, Default)]
pub(crate) struct Report {
    file: Option<String>,
    places: HashMap<String, Place>,
    /// Values that were dropped because they are malformed: what is missing for that reason is no second problem.
    broken: HashSet<String>,
    problems: Vec<Problem>,
    notes: Vec<String>,
    /// Secrets of the store that are named.
    uses: Vec<SecretUse>,
    /// Notes that are not worth saying again.
    noted: HashSet<String>,
}

impl Report {
    /// An empty report about `file`.
    pub(crate) fn new(file: Option<&str>) -> Self {
        Self { file: file.map(str::to_owned), ..Self::default() }
    }

    /// A secret of the store is named.
    pub(crate) fn note_use(&mut self, secret: SecretUse) {
        self.uses.push(secret);
    }

    /// The secrets of the store that were named, in the order of their names.
    pub(crate) fn take_uses(&mut self) -> Vec<SecretUse> {
        let mut uses = std::mem::take(&mut self.uses);
        uses.sort_by(|one, other| (&one.name, &one.path).cmp(&(&other.name, &other.path)));
        uses
    }

    /// Remembers where in the file a value stands.
    pub(crate) fn locate(&mut self, path: &KeyPath, place: Place) {
        self.places.insert(path.text().to_owned(), place);
    }

    /// Marks a value as dropped: later checks must not complain about it, nor about anything inside it.
    pub(crate) fn mark_broken(&mut self, path: &KeyPath) {
        self.broken.insert(path.text().to_owned());
    }

    /// Whether the value, or one that holds it, was dropped.
    pub(crate) fn is_broken(&self, path: &KeyPath) -> bool {
        path.upwards().any(|above| self.broken.contains(above))
    }

    /// Whether something is wrong with the value, or with what is in it.
    pub(crate) fn has_problem_in(&self, path: &KeyPath) -> bool {
        let inside = |problem: &Problem| {
            let rest = problem.path.strip_prefix(path.text());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.is_broken(path) || self.problems.iter().any(inside)
    }

    /// Adds a problem with a value of the file. `found` must not hold a secret.
    pub(crate) fn add(
        &mut self,
        path: &KeyPath,
        found: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        if self.is_broken(path) {
            return;
        }
        let place = path.upwards().find_map(|above| self.places.get(above).copied());
        self.push(self.file.clone(), place, path, (found.into(), message.into(), hint.into()));
    }

    /// Adds a problem at a place that no value has.
    pub(crate) fn add_at(&mut self, place: Option<Place>, message: String, hint: Option<String>) {
        self.push(self.file.clone(), place, &KeyPath::default(), (String::new(), message, hint));
    }

    /// Adds a problem with a variable or an option.
    pub(crate) fn add_outside(
        &mut self,
        name: &str,
        found: impl Into<String>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.push(None, None, &KeyPath::named(name), (found.into(), message.into(), hint.into()));
    }

    /// Adds a problem in a line of another file.
    pub(crate) fn add_in(&mut self, file: &str, line: u64, path: &str, message: String) {
        let place = Some(Place { line, column: 1 });
        self.push(Some(file.to_owned()), place, &KeyPath::named(path), (String::new(), message, None));
    }

    fn push(
        &mut self,
        file: Option<String>,
        place: Option<Place>,
        path: &KeyPath,
        (found, message, hint): (String, String, Option<String>),
    ) {
        self.problems.push(Problem { file, place, path: path.text().to_owned(), found, message, hint });
    }

    /// Adds something that is allowed but worth saying.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Adds a note that several values may cause; it is said once.
    pub(crate) fn note_once(&mut self, note: String) {
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// The notes if there is no problem, else every problem in the order of the file.
    pub(crate) fn finish(mut self) -> Result<Vec<String>, Vec<Problem>> {
        if self.problems.is_empty() {
            return Ok(self.notes);
        }
        self.problems.sort_by_key(|problem| (problem.file.is_none(), problem.place));
        Err(self.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Problem, Report};
    use crate::key_path::KeyPath;

    #[test]
    fn a_problem_reads_as_place_path_message_and_hint() {
        let mut problem = Problem {
            file: Some("bellwether.yaml".into()),
            place: Some(Place { line: 3, column: 5 }),
            path: "keys.prefx".into(),
            found: "prefx".into(),
            message: "unknown key".into(),
            hint: Some("did you mean prefix?".into()),
        };
        assert_eq!(
            problem.to_string(),
            "bellwether.yaml:3:5: keys.prefx: unknown key, found prefx\n    hint: did you mean prefix?"
        );
        (problem.file, problem.place, problem.hint) = (None, None, None);
        assert_eq!(problem.to_string(), "keys.prefx: unknown key, found prefx");
    }

    #[test]
    fn what_a_mistake_drags_along_is_not_told() {
        let mut report = Report::new(Some("f"));
        let keys = KeyPath::default().key("keys");
        report.locate(&keys, Place { line: 7, column: 1 });
        report.add(&keys.key("prefix"), "x", "first", None);
        report.mark_broken(&keys);
        report.add(&keys.key("prefix"), "x", "second", None);
        let problems = report.finish().unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].place,
            Some(Place { line: 7, column: 1 }),
            "the nearest value above has a place"
        );
    }
}
