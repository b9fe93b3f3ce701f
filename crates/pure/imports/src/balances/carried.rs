//! Keys with what they and their owners may spend.

use std::collections::BTreeMap;

use domain::Money;

use crate::keys::KeysFound;

/// Longest name of a project.
const NAME_CHARS_MAX: usize = 100;

/// Everything that is to be made.
#[derive(Debug, Default)]
pub struct Carried {
    /// The keys.
    pub keys: KeysFound,
    /// Whoever pays or is limited for several keys.
    pub owners: Vec<Owner>,
    /// Which of them each key is of, by the key's row.
    pub owner_of: BTreeMap<usize, usize>,
    /// What may be spent with a key, by its row.
    pub limits: BTreeMap<usize, Limit>,
    /// What cannot be carried, and stops everything.
    pub problems: Vec<String>,
}

/// A user or a team there, a project here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Names it there: `user:7`. What is done for it is done once.
    pub id: String,
    /// The beginning of its project's name, by which an import that is repeated knows it again.
    pub name: String,
    /// What else the project's name tells people.
    pub note: String,
    /// What has been paid ahead and is left; none where nobody pays.
    pub credit: Option<Money>,
    /// What all its keys may spend together.
    pub limit: Option<Limit>,
}

/// What may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How much.
    pub amount: Money,
    /// How often it begins anew, as the admin API says it: `day`, `month`, or never: `total`.
    pub period: &'static str,
}

impl Owner {
    /// The name of its project.
    pub fn project_name(&self) -> String {
        let note: String = self.note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let note = note.trim();
        let whole = if note.is_empty() { self.name.clone() } else { format!("{} ({note}", self.name) };
        let end = if note.is_empty() { "" } else { ")" };
        let kept: String = whole.chars().take(NAME_CHARS_MAX - end.len()).collect();
        format!("{kept}{end}")
    }

    /// Whether a project is this one's.
    pub fn is_named(&self, project: &str) -> bool {
        project == self.name
            || project.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with(" ("))
            || project == self.project_name()
    }

    /// Whether a project that is named as this one's tells people of somebody else: of the same number in another database, or
    /// of the same one by an earlier name.
    pub fn is_told_otherwise(&self, project: &str) -> bool {
        project != self.name && project != self.project_name()
    }
}

impl Carried {
    /// Adds an owner and returns its place.
    pub(super) fn add(&mut self, owner: Owner) -> usize {
        self.owners.push(owner);
        self.owners.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn an_owner_is_known_again_by_the_beginning_of_its_name() {
        let owner = |number: u32, note: &str| Owner {
            id: format!("user:{number}"),
            name: format!("new-api user {number}"),
            note: note.to_owned(),
            credit: None,
            limit: None,
        };
        assert_eq!(owner(7, "ada").project_name(), "new-api user 7 (ada)");
        assert_eq!(owner(7, " ").project_name(), "new-api user 7");
        let long = owner(7, &"\nx".repeat(200)).project_name();
        assert!(long.chars().count() == 100 && long.ends_with(')') && !long.contains('\n'), "{long}");
        assert!(owner(7, "ada").is_named("new-api user 7 (another name)"));
        assert!(owner(7, "ada").is_named("new-api user 7"));
        assert!(!owner(7, "ada").is_named("new-api user 71 (ada)"));
        assert!(owner(7, "ada").is_told_otherwise("new-api user 7 (another name)"));
        assert!(!owner(7, "ada").is_told_otherwise("new-api user 7 (ada)"));
        assert!(!owner(7, "ada").is_told_otherwise("new-api user 7"));
    }
}
