//! How far somebody's hand reaches in the store. Every listing and change of what belongs to an organisation takes one; what
//! is out of reach is unknown, as if it did not exist.

use domain::OrganisationId;

/// Of whose things somebody may be told, or change them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Of everybody's: the operator.
    All,
    /// Of these organisations', in ascending order; none is nothing at all.
    Within(Box<[OrganisationId]>),
}

impl Reach {
    /// Of these organisations', in any order.
    pub fn within(organisations: impl IntoIterator<Item = OrganisationId>) -> Self {
        let mut organisations: Vec<_> = organisations.into_iter().collect();
        organisations.sort();
        organisations.dedup();
        Self::Within(organisations.into())
    }

    /// Whether what belongs to this organisation is within it.
    pub fn holds(&self, organisation: &OrganisationId) -> bool {
        match self {
            Self::All => true,
            Self::Within(organisations) => organisations.binary_search(organisation).is_ok(),
        }
    }

    /// What a statement filters by, on both databases alike: nothing for all, else the ids between commas, as in
    /// `($3 = '' OR replace($3, ',' || p.organisation_id || ',', '') <> $3)`. No id has a comma in it.
    pub fn listed(&self) -> String {
        let Self::Within(organisations) = self else { return String::new() };
        let mut text = ",".to_owned();
        for id in organisations {
            text.push_str(id.as_str());
            text.push(',');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use domain::OrganisationId;

    use super::Reach;

    fn id(text: &str) -> OrganisationId {
        OrganisationId::parse(text).unwrap()
    }

    #[test]
    fn only_what_is_named_is_within() {
        let reach = Reach::within([id("org_c"), id("org_a"), id("org_c")]);
        let held = ["org_a", "org_b", "org_c"].map(|text| reach.holds(&id(text)));
        assert_eq!(held, [true, false, true]);
        assert!(Reach::All.holds(&id("org_b")));
        assert!(!Reach::within([]).holds(&id("org_a")));
        assert_eq!(reach.listed(), ",org_a,org_c,");
        assert_eq!((Reach::within([]).listed().as_str(), Reach::All.listed().as_str()), (",", ""));
    }
}
