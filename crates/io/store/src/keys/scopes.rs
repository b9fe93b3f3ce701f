//! What a key is for, beside whose it is: models, providers, regions, routes, networks.

use super::models::KeyModels;
use super::names::KeyNames;
use super::networks::KeyNetworks;
use super::routes::KeyRoutes;

/// All that a key may be narrowed to. A new key is for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyScopes {
    /// What its callers may ask for.
    pub models: KeyModels,
    /// Who may serve them.
    pub providers: KeyNames,
    /// Where they may be served.
    pub regions: KeyNames,
    /// At which paths they may ask.
    pub routes: KeyRoutes,
    /// Where they may ask from.
    pub networks: KeyNetworks,
}

impl KeyScopes {
    /// Everything.
    pub const ANY: Self = Self {
        models: KeyModels::ANY,
        providers: KeyNames::ANY,
        regions: KeyNames::ANY,
        routes: KeyRoutes::ANY,
        networks: KeyNetworks::ANY,
    };

    /// Whether it is everything.
    pub fn are_any(&self) -> bool {
        self.models.is_any()
            && self.providers.is_any()
            && self.regions.is_any()
            && self.routes.is_any()
            && self.networks.is_any()
    }
}
