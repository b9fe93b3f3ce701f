//! What can be asked for: model names and the targets that serve them. Built by `config`, swapped whole.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::route::{Rounds, Route, Ways};

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
    /// Those who serve a name of which nothing is known.
    any: OnceLock<Arc<Route>>,
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
    /// Those that are no longer served.
    pub retired: Vec<(String, Retired)>,
    /// The provider's own names that are worth listing.
    pub listed: Vec<String>,
    /// Hardly any other name is served: where somebody else is known to serve a name, this provider is not asked for it.
    pub are_all: bool,
}

/// A provider as far as names go.
#[derive(Clone, Debug)]
struct Server {
    provider: u16,
    ways: Ways,
    /// The names it lists; without a list it takes any name.
    models: Option<Arc<[Arc<str>]>>,
    /// What it calls each name that is known of it.
    known: HashMap<Arc<str>, Arc<str>>,
    retired: HashMap<Arc<str>, Retired>,
    /// It may serve names that nobody knows of it.
    is_stranger: bool,
    /// For each key, how often one of its lines was chosen.
    rounds: Vec<Rounds>,
}

impl Routes {
    /// Names in listing order.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter()
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
                let called = server.known.get(name).filter(|called| server.lists(called))?;
                Some((server.provider, called.clone()))
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
            && let Some(model) = self.providers[*place].called(model)
        {
            let mut route = Route::default();
            self.providers[*place].serve(&mut route, Some(&model));
            return Some(Arc::new(route));
        }
        if name.is_empty() {
            return None;
        }
        let is_known = self.providers.iter().any(|server| server.has_heard_of(name));
        let route = if is_known { Arc::new(self.known_to_some(name)) } else { self.any().clone() };
        (!route.targets.is_empty()).then_some(route)
    }

    fn any(&self) -> &Arc<Route> {
        self.any.get_or_init(|| {
            let mut route = Route::default();
            for server in self.providers.iter().filter(|server| server.models.is_none()) {
                server.serve(&mut route, None);
            }
            Arc::new(route)
        })
    }

    /// Those who know a name, then strangers, who may.
    fn known_to_some(&self, name: &str) -> Route {
        let mut route = Route::default();
        for server in &self.providers {
            if let Some(called) = server.known.get(name).filter(|called| server.lists(called)) {
                server.serve(&mut route, (**called != *name).then_some(called));
            }
        }
        let is_known = !route.targets.is_empty() || self.retired(name).is_some();
        for server in self.providers.iter().filter(|server| server.models.is_none()) {
            let is_stranger = server.is_stranger && !server.known.contains_key(name);
            if is_stranger || !is_known {
                server.serve(&mut route, None);
            }
        }
        route
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

impl Server {
    /// Whether it can be asked for a model by its own name for it.
    fn lists(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|listed| **listed == *model))
    }

    /// What it calls a model that is asked of it; `None` if it is none of those it lists.
    fn called(&self, asked: &str) -> Option<Arc<str>> {
        if self.models.is_some() && self.lists(asked) {
            return Some(Arc::from(asked));
        }
        let called = self.known.get(asked).cloned().unwrap_or_else(|| Arc::from(asked));
        self.lists(&called).then_some(called)
    }

    /// Whether anything is known of its serving a name, now or in the past.
    fn has_heard_of(&self, name: &str) -> bool {
        self.known.contains_key(name) || self.retired.contains_key(name)
    }

    /// Adds itself to a route, as a step of its own.
    fn serve(&self, route: &mut Route, model: Option<&Arc<str>>) {
        for ((key, targets), rounds) in self.ways.targets(self.provider, model).enumerate().zip(&self.rounds)
        {
            route.add_with(targets, self.ways.policy, key == 0, rounds);
        }
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
        let server = Server {
            provider,
            rounds: (0..ways.keys).map(|_| Rounds::default()).collect(),
            ways,
            models,
            known: HashMap::new(),
            retired: HashMap::new(),
            is_stranger: true,
        };
        match &server.models {
            None => self.list(Arc::from(format!("{id}/*")), provider, None),
            Some(names) => {
                for name in names.iter() {
                    let mut route = Route::default();
                    server.serve(&mut route, Some(name));
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
        let shared =
            |(asked, called): &(String, String)| (Arc::from(asked.as_str()), Arc::from(called.as_str()));
        server.is_stranger = !names.are_all;
        server.known = names.names.iter().map(shared).collect();
        server.retired =
            names.retired.iter().map(|(name, retired)| (Arc::from(name.as_str()), retired.clone())).collect();
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
        self.routes
    }

    fn append(&mut self, name: &Arc<str>, route: &Route) {
        let Some(first) = route.targets.first() else { return };
        if self.routes.named.get(name).is_none_or(|known| known.targets.is_empty()) {
            self.routes.listed.retain(|listed| listed.name != *name);
            self.list(name.clone(), first.provider, first.model.clone());
        }
        let known = self.routes.named.entry(name.clone()).or_default();
        Arc::make_mut(known).append(route);
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
