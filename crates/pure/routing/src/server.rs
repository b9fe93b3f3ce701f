//! A provider as far as names go: which models can be asked of it, and what it calls them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::names::Retired;
use crate::route::{Route, Ways};
use crate::target::Traits;

/// A provider as far as names go.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) provider: u16,
    ways: Ways,
    /// The names it lists; without a list it takes any name.
    pub(crate) models: Option<Arc<[Arc<str>]>>,
    /// What it calls each name that is known of it.
    pub(crate) known: HashMap<Arc<str>, Known>,
    pub(crate) retired: HashMap<Arc<str>, Retired>,
    /// It may serve names that nobody knows of it.
    pub(crate) is_stranger: bool,
    /// The routes to its models, by the names that it knows or lists.
    routes: HashMap<Arc<str>, Arc<Route>>,
}

/// A model of a provider by some name.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) called: Arc<str>,
    pub(crate) traits: Traits,
}

impl Server {
    pub(crate) fn new(provider: u16, ways: Ways, models: Option<Arc<[Arc<str>]>>) -> Self {
        Self {
            provider,
            ways,
            models,
            known: HashMap::new(),
            retired: HashMap::new(),
            is_stranger: true,
            routes: HashMap::new(),
        }
    }

    /// Makes the routes to its models: what was chosen from them is remembered there.
    pub(crate) fn prepare(&mut self) {
        let listed = self.models.iter().flat_map(|models| models.iter());
        let names: Vec<Arc<str>> = listed.chain(self.known.keys()).cloned().collect();
        let route_of = |name: Arc<str>| {
            let route = self.made(&self.called(&name)?);
            Some((name, route))
        };
        self.routes = names.into_iter().filter_map(route_of).collect();
    }

    /// The names that are known of it, also those that are retired.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.known.keys().chain(self.retired.keys())
    }

    /// The route to a model that is asked of it by name; `None` if it is none of those it lists.
    pub(crate) fn route_of(&self, asked: &str) -> Option<Arc<Route>> {
        self.routes.get(asked).cloned().or_else(|| Some(self.made(&self.called(asked)?)))
    }

    fn made(&self, model: &Arc<str>) -> Arc<Route> {
        let traits = self.known.get(model).map(|known| known.traits).unwrap_or_default();
        let mut route = Route::default();
        self.serve(&mut route, Some(model), traits);
        Arc::new(route)
    }

    /// Whether it can be asked for a model by its own name for it.
    pub(crate) fn lists(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|listed| **listed == *model))
    }

    /// What it calls a model that is asked of it; `None` if it is none of those it lists.
    pub(crate) fn called(&self, asked: &str) -> Option<Arc<str>> {
        if self.models.is_some() && self.lists(asked) {
            return Some(Arc::from(asked));
        }
        let known = self.known.get(asked).map(|known| known.called.clone());
        let called = known.unwrap_or_else(|| Arc::from(asked));
        self.lists(&called).then_some(called)
    }

    /// Adds itself to a route, as a step of its own.
    pub(crate) fn serve(&self, route: &mut Route, model: Option<&Arc<str>>, traits: Traits) {
        for (key, targets) in self.ways.targets(self.provider, model, traits).enumerate() {
            route.add(targets, self.ways.policy, key == 0);
        }
    }
}
