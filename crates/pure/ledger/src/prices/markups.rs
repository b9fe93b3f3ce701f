//! What list prices are multiplied with, for whom. Who is named most closely has the say.

use std::collections::HashMap;

use super::factor::Factor;
use super::sale::Buyer;

/// Markups by their owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markups {
    pub(super) everybody: Factor,
    pub(super) organisations: HashMap<Box<str>, Factor>,
    pub(super) projects: HashMap<Box<str>, Factor>,
    pub(super) keys: HashMap<Box<str>, Factor>,
}

impl Default for Markups {
    fn default() -> Self {
        let none = HashMap::new;
        Self { everybody: Factor::ONE, organisations: none(), projects: none(), keys: none() }
    }
}

impl Markups {
    /// The key's own, else its project's, else its organisation's, else everybody's.
    pub fn of(&self, buyer: &Buyer<'_>) -> Factor {
        let find = |from: &HashMap<Box<str>, Factor>, id: Option<&str>| match id {
            Some(id) if !from.is_empty() => from.get(id).copied(),
            _ => None,
        };
        find(&self.keys, buyer.key.map(domain::KeyId::as_str))
            .or_else(|| find(&self.projects, buyer.project.map(domain::ProjectId::as_str)))
            .or_else(|| find(&self.organisations, buyer.organisation.map(domain::OrganisationId::as_str)))
            .unwrap_or(self.everybody)
    }
}
