//! All rows, by whose they are and by every name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::check::RowFlaw;
use super::facts::Facts;
use super::file::read;
use super::row::{Placed, Row};

/// What is known of the models of every vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    kinds: BTreeMap<String, Arc<Known>>,
}

/// What is known of the models of one vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Shared by all who serve it.
    rows: Vec<Arc<Row>>,
    /// The place of each row by its name and by its aliases.
    places: HashMap<String, usize>,
}

impl Catalogue {
    /// Reads a file; all that is wrong with it is told.
    pub fn read(text: &str) -> Result<Self, Vec<RowFlaw>> {
        read(text).map(|rows| Self::of(rows.into_iter().map(|Placed { row, .. }| Arc::new(row))))
    }

    pub(super) fn of(rows: impl IntoIterator<Item = Arc<Row>>) -> Self {
        let mut kinds: BTreeMap<String, Vec<Arc<Row>>> = BTreeMap::new();
        for row in rows {
            for kind in &row.kinds {
                kinds.entry(kind.clone()).or_default().push(row.clone());
            }
        }
        Self { kinds: kinds.into_iter().map(|(kind, rows)| (kind, Arc::new(Known::of(rows)))).collect() }
    }

    /// This one, and what it says nothing of as `below` has it. A row stands for the whole row of that name.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut kinds = below.kinds.clone();
        for (kind, known) in &self.kinds {
            let merged = match kinds.get(kind) {
                None => known.clone(),
                Some(below) => Arc::new(known.over(below)),
            };
            kinds.insert(kind.clone(), merged);
        }
        Self { kinds }
    }

    /// What is known of a vendor's models; nothing where it is not in here.
    pub fn of_kind(&self, kind: &str) -> Arc<Known> {
        self.kinds.get(kind).cloned().unwrap_or_default()
    }

    /// Each vendor.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.kinds.iter().map(|(kind, known)| (kind.as_str(), &**known))
    }
}

impl Known {
    fn of(rows: Vec<Arc<Row>>) -> Self {
        let mut places = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            places.entry(row.name.clone()).or_insert(place);
        }
        for (place, row) in rows.iter().enumerate() {
            for alias in &row.aliases {
                places.entry(alias.clone()).or_insert(place);
            }
        }
        Self { rows, places }
    }

    /// These rows, and those of `below` under other names.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let is_new = |row: &&Arc<Row>| self.rows.iter().all(|known| known.name != row.name);
        Self::of(self.rows.iter().chain(below.rows.iter().filter(is_new)).cloned().collect())
    }

    /// The same with an operator's facts, each under the vendor's own name or an alias of it.
    #[must_use]
    pub fn with_facts<'f>(&self, facts: impl IntoIterator<Item = (&'f str, &'f Facts)>) -> Self {
        let mut rows = self.rows.clone();
        for (name, facts) in facts {
            match self.places.get(name) {
                Some(place) => Arc::make_mut(&mut rows[*place]).facts = facts.over(&self.rows[*place].facts),
                None => {
                    let row = Row { name: name.to_owned(), facts: facts.clone(), ..Row::default() };
                    rows.push(Arc::new(row));
                }
            }
        }
        Self::of(rows)
    }

    /// The row of a name or an alias.
    pub fn find(&self, name: &str) -> Option<&Row> {
        self.places.get(name).map(|place| &*self.rows[*place])
    }

    /// Every row, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(|row| &**row)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
