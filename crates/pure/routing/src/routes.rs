//! What can be asked for: model names and the targets that serve them. Built by `config`, swapped whole.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manner::Manner;
use crate::names::{KnownNames, Retired};
use crate::route::{Route, Ways};
use crate::server::{Known, Server};
use crate::target::{TargetLimits, Traits};

/// All names, and the providers that take any name.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    named: HashMap<Arc<str>, Arc<Route>>,
    /// Names in listing order, for `/v1/models`.
    listed: Vec<Listed>,
    /// Every provider, in documented order.
    providers: Vec<Server>,
    /// The place in `providers` of the `provider` of `provider/model`.
    prefixes: HashMap<Arc<str>, usize>,
    /// Who serves the names that are known and not configured; nobody serves one that is retired.
    known: HashMap<Arc<str>, Option<Arc<Route>>>,
    /// Who serves any other name.
    any: Option<Arc<Route>>,
}

/// A name that callers can find in the list of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: Arc<str>,
    /// Who serves it first.
    pub provider: u16,
    /// What it is called there; `None` for a name that stands for any.
    pub model: Option<Arc<str>>,
}

impl Routes {
    /// Names in listing order.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter()
    }

    /// What a provider calls the models that it is known to serve; a name may come more than once.
    pub fn models_of(&self, provider: u16) -> impl Iterator<Item = &str> {
        let targets = self.named.values().flat_map(|route| &route.targets);
        let own = targets.filter(move |target| target.provider == provider);
        let servers = self.providers.iter().filter(move |server| server.provider == provider);
        let known =
            servers.flat_map(|server| server.known.values().filter(|known| server.lists(&known.called)));
        own.filter_map(|target| target.model.as_deref()).chain(known.map(|known| &*known.called))
    }

    /// The routes that have a name of their own.
    pub fn named(&self) -> impl Iterator<Item = &Route> {
        self.named.values().map(|route| &**route)
    }

    /// The same with other limits in the place of those of its targets. Only names that are configured have any.
    #[must_use]
    pub fn with_limits(&self, change: impl Fn(&TargetLimits) -> TargetLimits) -> Self {
        let changed = |(name, route): (&Arc<str>, &Arc<Route>)| {
            (name.clone(), Arc::new(route.with_changed_limits(&change)))
        };
        Self { named: self.named.iter().map(changed).collect(), ..self.clone() }
    }

    /// The same with other manners of its configured names.
    #[must_use]
    pub fn with_manner(&self, change: impl Fn(Manner) -> Manner) -> Self {
        let changed = |(name, route): (&Arc<str>, &Arc<Route>)| {
            (name.clone(), Arc::new(Route::clone(route).in_manner(change(route.manner))))
        };
        Self { named: self.named.iter().map(changed).collect(), ..self.clone() }
    }

    /// Whether `name` is served, without planning for it.
    pub fn knows(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Who is meant by a name that is not listed and yet says it by itself, and what he calls the model: `provider/model`, or
    /// another name for a model that is known.
    pub fn meant(&self, name: &str) -> Option<(u16, Arc<str>)> {
        let by_prefix =
            name.split_once('/').filter(|(_, model)| !model.is_empty()).and_then(|(prefix, model)| {
                let server = &self.providers[*self.prefixes.get(prefix)?];
                Some((server.provider, server.called(model)?))
            });
        by_prefix.or_else(|| {
            self.providers.iter().find_map(|server| {
                let known = server.known.get(name).filter(|known| server.lists(&known.called))?;
                Some((server.provider, known.called.clone()))
            })
        })
    }

    /// First an exact name, then `provider/model`, then the providers that are known to serve it, then every provider that
    /// takes any name. Where some are known to serve it, or to have served it, only strangers are asked beside them.
    pub fn find(&self, name: &str) -> Option<Arc<Route>> {
        if let Some(route) = self.named.get(name) {
            return Some(route.clone());
        }
        if let Some((prefix, model)) = name.split_once('/')
            && let Some(place) = self.prefixes.get(prefix)
            && !model.is_empty()
            && let Some(route) = self.providers[*place].route_of(model)
        {
            return Some(route);
        }
        match self.known.get(name) {
            Some(known) => known.clone(),
            None => self.any.clone().filter(|_| !name.is_empty()),
        }
    }

    /// Whether somebody is known to serve `name`, rather than merely ready to be asked for any.
    pub fn is_known(&self, name: &str) -> bool {
        self.named.contains_key(name) || self.meant(name).is_some()
    }

    /// Who serves a name that is not configured and not said with its provider: those who know it, and strangers.
    fn known_route(&self, name: &str) -> Option<Arc<Route>> {
        let mut route = Route::default();
        for server in &self.providers {
            if let Some(known) = server.known.get(name).filter(|known| server.lists(&known.called)) {
                server.serve(&mut route, (*known.called != *name).then_some(&known.called), known.traits);
            }
        }
        let is_known = !route.targets.is_empty() || self.retired(name).is_some();
        for server in self.providers.iter().filter(|server| server.models.is_none()) {
            let is_stranger = server.is_stranger && !server.known.contains_key(name);
            if is_stranger || !is_known {
                server.serve(&mut route, None, Traits::default());
            }
        }
        (!route.targets.is_empty()).then(|| Arc::new(route))
    }

    /// What is known of a name that nobody serves any longer.
    pub(crate) fn retired(&self, name: &str) -> Option<&Retired> {
        self.providers
            .iter()
            .filter(|server| server.models.is_none())
            .find_map(|server| server.retired.get(name))
    }

    /// Up to `count` known names that look most like `name`, the nearest first.
    pub fn nearest(&self, name: &str, count: usize) -> Vec<&str> {
        let wanted = name.to_lowercase();
        let mut scored: Vec<(usize, &str)> = self
            .listed()
            .map(|known| (distance(&wanted, &known.name.to_lowercase()), &*known.name))
            .filter(|(distance, known)| *distance <= known.len().max(wanted.len()) / 2)
            .collect();
        scored.sort_by_key(|(distance, _)| *distance);
        scored.truncate(count);
        scored.into_iter().map(|(_, known)| known).collect()
    }
}

/// Collects routes; what it is given has been checked by `config`.
#[derive(Debug, Default)]
pub struct RoutesBuilder {
    routes: Routes,
}

impl RoutesBuilder {
    /// A provider in its documented order. With `models` it serves those names (unless a model of that
    /// name is configured) and `id/name`; without, any name.
    pub fn provider(&mut self, id: &str, provider: u16, ways: Ways, models: Option<&[String]>) {
        let models: Option<Arc<[Arc<str>]>> =
            models.map(|names| names.iter().map(|name| Arc::from(name.as_str())).collect());
        let server = Server::new(provider, ways, models);
        match &server.models {
            None => self.list(Arc::from(format!("{id}/*")), provider, None),
            Some(names) => {
                for name in names.iter() {
                    let mut route = Route::default();
                    server.serve(&mut route, Some(name), Traits::default());
                    self.append(name, &route);
                }
            }
        }
        self.routes.prefixes.insert(Arc::from(id), self.routes.providers.len());
        self.routes.providers.push(server);
    }

    /// What is known of the names of the provider that was added last.
    pub fn known(&mut self, names: &KnownNames) {
        let Some(server) = self.routes.providers.last_mut() else { return };
        let known = |(asked, called): &(String, String)| {
            let traits = names.traits.get(called).copied().unwrap_or_default();
            (Arc::from(asked.as_str()), Known { called: Arc::from(called.as_str()), traits })
        };
        server.is_stranger = !names.are_all;
        server.known = names.names.iter().map(known).collect();
        server.retired =
            names.retired.iter().map(|(name, retired)| (Arc::from(name.as_str()), retired.clone())).collect();
        for name in server.models.iter().flat_map(|models| models.iter()) {
            if let (Some(known), Some(route)) = (server.known.get(name), self.routes.named.get_mut(name)) {
                Arc::make_mut(route).learn(server.provider, name, known.traits);
            }
        }
        let provider = server.provider;
        for name in &names.listed {
            let name: Arc<str> = Arc::from(name.as_str());
            self.list(name.clone(), provider, Some(name));
        }
    }

    /// A configured model: it replaces whatever providers list under that name.
    pub fn model(&mut self, name: &str, route: &Route) {
        self.routes.named.remove(name);
        self.routes.listed.retain(|listed| *listed.name != *name);
        self.append(&Arc::from(name), route);
    }

    /// The finished routes.
    pub fn build(self) -> Routes {
        let mut routes = self.routes;
        routes.providers.iter_mut().for_each(Server::prepare);
        let mut names: Vec<Arc<str>> = routes.providers.iter().flat_map(Server::names).cloned().collect();
        names.sort_unstable();
        names.dedup();
        routes.known = names.into_iter().map(|name| (name.clone(), routes.known_route(&name))).collect();
        let mut any = Route::default();
        for server in routes.providers.iter().filter(|server| server.models.is_none()) {
            server.serve(&mut any, None, Traits::default());
        }
        routes.any = (!any.targets.is_empty()).then(|| Arc::new(any));
        routes
    }

    fn append(&mut self, name: &Arc<str>, route: &Route) {
        let Some(first) = route.targets.first() else { return };
        if self.routes.named.get(name).is_none_or(|known| known.targets.is_empty()) {
            self.routes.listed.retain(|listed| listed.name != *name);
            self.list(name.clone(), first.provider, first.model.clone());
        }
        let known = Arc::make_mut(self.routes.named.entry(name.clone()).or_default());
        known.append(route);
        known.manner = route.manner;
    }

    /// A name that several providers know is listed once.
    fn list(&mut self, name: Arc<str>, provider: u16, model: Option<Arc<str>>) {
        if self.routes.listed.iter().all(|listed| listed.name != name) {
            self.routes.listed.push(Listed { name, provider, model });
        }
    }
}

/// Edit distance over bytes; names are short.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests;
