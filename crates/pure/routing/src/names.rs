//! What is known of the names of a provider's models.

use std::collections::HashMap;

use crate::target::Traits;

/// A model that its vendor no longer serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The day it ended.
    pub since: String,
    /// What the vendor offers in its place.
    pub successor: Option<String>,
}

/// What is known of the names of a provider's models, whether it lists them or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// What callers may say, and what the provider calls it; both are the same for the provider's own names.
    pub names: Vec<(String, String)>,
    /// What is known of those, by the provider's own names.
    pub traits: HashMap<String, Traits>,
    /// Those that are no longer served.
    pub retired: Vec<(String, Retired)>,
    /// The provider's own names that are worth listing.
    pub listed: Vec<String>,
    /// Hardly any other name is served: where somebody else is known to serve a name, this provider is not asked for it.
    pub are_all: bool,
}
