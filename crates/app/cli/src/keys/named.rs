//! Which of very many projects is an owner's, by its name: looked up, not looked for among all.

use std::collections::BTreeMap;
use std::ops::Bound;

use imports::balances::Owner;

/// Projects by their names, each with its place.
pub(super) struct Named(BTreeMap<String, usize>);

impl Named {
    pub(super) fn of(names: impl Iterator<Item = String>) -> Self {
        let mut places = BTreeMap::new();
        for (place, name) in names.enumerate() {
            places.entry(name).or_insert(place);
        }
        Self(places)
    }

    /// The first that may be an owner's.
    pub(super) fn find(&self, owner: &Owner) -> Option<usize> {
        // What follows his name tells people more; all that is so named stands together.
        let beginning = format!("{} (", owner.name);
        let from = (Bound::Included(beginning.as_str()), Bound::Unbounded);
        let told = self.0.range::<str, _>(from).take_while(|(name, _)| name.starts_with(&beginning));
        let whole = [owner.name.clone(), owner.project_name()];
        let whole = whole.iter().filter_map(|name| self.0.get(name));
        told.map(|(_, place)| place).chain(whole).min().copied()
    }
}

#[cfg(test)]
mod tests {
    use imports::balances::Owner;

    use super::Named;

    fn owner(number: u32, note: &str) -> Owner {
        Owner {
            id: format!("user:{number}"),
            name: format!("new-api user {number}"),
            note: note.to_owned(),
            credit: None,
            limit: None,
        }
    }

    #[test]
    fn the_first_that_is_named_as_an_owners_is_his() {
        let names = ["new-api user 11 (eve)", "new-api user 1 (ada)", "new-api user 1", "new-api user 12"];
        let named = Named::of(names.into_iter().map(str::to_owned));
        assert_eq!(named.find(&owner(1, "ada")), Some(1));
        assert_eq!(named.find(&owner(1, "lovelace")), Some(1), "by an earlier name");
        assert_eq!(named.find(&owner(11, "")), Some(0));
        assert_eq!(named.find(&owner(12, "bob")), Some(3));
        assert_eq!(named.find(&owner(2, "")), None);
    }
}
