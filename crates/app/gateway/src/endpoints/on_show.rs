//! Which models does a caller see? Those that his key is for, and that somebody serves whom the key reaches and no switch holds
//! back. What is done where one is asked for is decided there, by the same facts.

use std::sync::Arc;

use routing::Listed;
use routing::health::Switch;
use store::{KeyScopes, ProviderSwitch};

use crate::pipeline::{Caller, reaches};
use crate::serving::{ServedLine, ServedProvider, Serving};

/// What one caller sees.
pub(super) struct OnShow<'c> {
    serving: &'c Serving,
    caller: &'c Caller,
    /// What his key is narrowed to.
    scopes: Option<Arc<KeyScopes>>,
    has_switches: bool,
}

/// One way to somebody who serves a name.
struct Server<'c> {
    provider: &'c ServedProvider,
    line: &'c ServedLine,
    /// The model by his name; none where any is meant.
    model: Option<Arc<str>>,
}

/// A provider, and what he calls a model.
pub(super) type Owner<'c> = (&'c ServedProvider, Option<Arc<str>>);

/// Who may serve a name, and what he calls the model.
pub(super) struct Seller<'c> {
    pub(super) provider: &'c ServedProvider,
    pub(super) model: Arc<str>,
}

impl<'c> OnShow<'c> {
    pub(super) fn to(caller: &'c Caller, serving: &'c Serving, switches: &[ProviderSwitch]) -> Self {
        Self { serving, caller, scopes: caller.scopes(), has_switches: !switches.is_empty() }
    }

    /// The names that he finds in lists.
    pub(super) fn listed(&self) -> impl Iterator<Item = &'c Listed> {
        let all = self.serving.routes.listed();
        all.filter(|listed| self.is_for(&listed.name) && !self.is_off(&listed.name))
    }

    /// Whether he may ask for a name, and anybody who serves it.
    pub(super) fn is_for(&self, name: &str) -> bool {
        let is_reached = || self.servers(name).is_none_or(|all| all.iter().any(|one| self.reaches(one)));
        self.caller.may_ask_for(name) && (self.scopes.is_none() || is_reached())
    }

    /// Whether everybody whom he may ask for it is switched off.
    pub(super) fn is_off(&self, name: &str) -> bool {
        let is_open = |one: &Server<'_>| self.reaches(one) && one.is_on();
        self.has_switches && self.servers(name).is_some_and(|all| !all.iter().any(is_open))
    }

    /// Who is told as the owner of a name, and what he calls the model: whoever is asked first, of those whom the key is for.
    pub(super) fn owner(&self, name: &str, first: u16, model: Option<&Arc<str>>) -> Option<Owner<'c>> {
        let first = self.serving.providers.get(usize::from(first));
        if self.scopes.is_none() {
            return first.map(|provider| (&**provider, model.cloned()));
        }
        let servers = self.servers(name)?;
        servers.into_iter().find(|one| self.reaches(one)).map(|one| (one.provider, one.model))
    }

    /// Whom a call of his for a name may come to, in the order of the configuration.
    pub(super) fn sellers(&self, name: &str) -> Vec<Seller<'c>> {
        let mut sellers: Vec<Seller<'c>> = Vec::new();
        let servers = self.servers(name).unwrap_or_default();
        for server in servers.into_iter().filter(|one| self.reaches(one) && one.is_on()) {
            let Some(model) = server.model else { continue };
            let is_same =
                |known: &Seller<'_>| known.provider.slot == server.provider.slot && known.model == model;
            if !sellers.iter().any(is_same) {
                sellers.push(Seller { provider: server.provider, model });
            }
        }
        sellers
    }

    /// Everybody who serves a name; `None` if nobody knows. `provider/*` stands for any of a provider's.
    fn servers(&self, name: &str) -> Option<Vec<Server<'c>>> {
        let providers = &self.serving.providers;
        if let Some(id) = name.strip_suffix("/*") {
            let provider = providers.iter().find(|provider| provider.id() == id)?;
            return Some(provider.lines.iter().map(|line| Server { provider, line, model: None }).collect());
        }
        let route = self.serving.routes.find(name)?;
        let server = |target: &routing::Target| {
            let provider = &providers[usize::from(target.provider)];
            let model = target.model.clone().unwrap_or_else(|| Arc::from(name));
            Server { provider, line: &provider.lines[usize::from(target.line)], model: Some(model) }
        };
        Some(route.targets.iter().map(server).collect())
    }

    fn reaches(&self, server: &Server<'_>) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| reaches(scopes, server.provider, server.line))
    }
}

impl Server<'_> {
    fn is_on(&self) -> bool {
        let switch = match &self.model {
            Some(model) => self.line.health.switch(model),
            None => self.line.health.switch_of_all(),
        };
        switch == Switch::On
    }
}
