//! What can be asked for: model names and the targets that serve them. Built by `config`, swapped whole.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// One model at one provider by one line and credential. The numbers are places in the snapshot's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Place of the provider in the snapshot.
    pub provider: u16,
    /// Place of the line within the provider.
    pub line: u16,
    /// The provider's own name for the model; `None` sends the name that was asked for.
    pub model: Option<Arc<str>>,
    /// How long it may take to begin a stream, or to give a whole answer, where that is less than the call may take.
    pub timeout: Option<Duration>,
}

/// A name callers may ask for, and its targets in order of preference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Tried in this order.
    pub targets: Vec<Target>,
}

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
    lines: u16,
    /// The names it lists; without a list it takes any name.
    models: Option<Arc<[Arc<str>]>>,
    /// What it calls each name that is known of it.
    known: HashMap<Arc<str>, Arc<str>>,
    retired: HashMap<Arc<str>, Retired>,
    /// It may serve names that nobody knows of it.
    is_stranger: bool,
}

/// What a name resolves to.
#[derive(Clone, Debug)]
pub(crate) enum Found<'a> {
    Route(&'a Route),
    Made(Route),
}

impl Found<'_> {
    fn of(targets: impl Iterator<Item = Target>) -> Self {
        Self::Made(Route { targets: targets.collect() })
    }

    pub(crate) fn targets(&self) -> &[Target] {
        match self {
            Self::Route(route) => &route.targets,
            Self::Made(route) => &route.targets,
        }
    }
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
    pub(crate) fn find(&self, name: &str) -> Option<Found<'_>> {
        if let Some(route) = self.named.get(name) {
            return Some(Found::Route(route));
        }
        if let Some((prefix, model)) = name.split_once('/')
            && let Some(place) = self.prefixes.get(prefix)
            && !model.is_empty()
            && let Some(model) = self.providers[*place].called(model)
        {
            return Some(Found::of(self.providers[*place].targets(Some(model))));
        }
        if name.is_empty() {
            return None;
        }
        let open = || self.providers.iter().filter(|server| server.models.is_none());
        let strangers = || {
            open()
                .filter(|server| server.is_stranger && !server.known.contains_key(name))
                .flat_map(|server| server.targets(None))
        };
        let mut knowing = self.providers.iter().filter_map(|server| {
            let called = server.known.get(name).filter(|called| server.lists(called))?;
            Some(server.targets((**called != *name).then(|| called.clone())))
        });
        let targets: Vec<Target> = if let Some(first) = knowing.next() {
            first.chain(knowing.flatten()).chain(strangers()).collect()
        } else if self.retired(name).is_some() {
            strangers().collect()
        } else {
            open().flat_map(|server| server.targets(None)).collect()
        };
        (!targets.is_empty()).then(|| Found::of(targets.into_iter()))
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

    fn targets(&self, model: Option<Arc<str>>) -> impl Iterator<Item = Target> + use<> {
        let provider = self.provider;
        (0..self.lines).map(move |line| Target { provider, line, model: model.clone(), timeout: None })
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
    pub fn provider(&mut self, id: &str, provider: u16, lines: u16, models: Option<&[String]>) {
        let models: Option<Arc<[Arc<str>]>> =
            models.map(|names| names.iter().map(|name| Arc::from(name.as_str())).collect());
        let server = Server {
            provider,
            lines,
            models,
            known: HashMap::new(),
            retired: HashMap::new(),
            is_stranger: true,
        };
        match &server.models {
            None => self.list(Arc::from(format!("{id}/*")), provider, None),
            Some(names) => {
                for name in names.iter() {
                    self.append(name, server.targets(Some(name.clone())).collect());
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
    pub fn model(&mut self, name: &str, targets: Vec<Target>) {
        self.routes.named.remove(name);
        self.routes.listed.retain(|listed| *listed.name != *name);
        self.append(&Arc::from(name), targets);
    }

    /// The finished routes.
    pub fn build(self) -> Routes {
        self.routes
    }

    fn append(&mut self, name: &Arc<str>, targets: Vec<Target>) {
        let Some(first) = targets.first().cloned() else { return };
        if self.routes.named.get(name).is_none_or(|route| route.targets.is_empty()) {
            self.routes.listed.retain(|listed| listed.name != *name);
            self.list(name.clone(), first.provider, first.model);
        }
        let route = self.routes.named.entry(name.clone()).or_default();
        Arc::make_mut(route).targets.extend(targets);
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
mod tests {
    use super::{KnownNames, Retired, Routes, RoutesBuilder, Target};

    fn example() -> Routes {
        let mut builder = RoutesBuilder::default();
        builder.provider("openai", 0, 1, None);
        builder.provider("local", 1, 2, Some(&["llama".to_owned(), "qwen".to_owned()]));
        builder
            .model("fast", vec![Target { provider: 1, line: 0, model: Some("llama".into()), timeout: None }]);
        builder.model(
            "qwen",
            vec![Target { provider: 0, line: 0, model: Some("qwen-max".into()), timeout: None }],
        );
        builder.build()
    }

    fn places(routes: &Routes, name: &str) -> Vec<(u16, u16, Option<String>)> {
        let found = routes.find(name).unwrap();
        found.targets().iter().map(|t| (t.provider, t.line, t.model.as_deref().map(str::to_owned))).collect()
    }

    #[test]
    fn names_resolve_in_documented_order() {
        let routes = example();
        assert_eq!(places(&routes, "fast"), [(1, 0, Some("llama".into()))]);
        assert_eq!(
            places(&routes, "qwen"),
            [(0, 0, Some("qwen-max".into()))],
            "a configured model replaces a listed one"
        );
        assert_eq!(places(&routes, "llama"), [(1, 0, Some("llama".into())), (1, 1, Some("llama".into()))]);
        assert_eq!(places(&routes, "local/qwen"), [(1, 0, Some("qwen".into())), (1, 1, Some("qwen".into()))]);
        assert_eq!(places(&routes, "openai/gpt-9"), [(0, 0, Some("gpt-9".into()))]);
        assert_eq!(places(&routes, "anything"), [(0, 0, None)]);
        assert_eq!(
            places(&routes, "local/other"),
            [(0, 0, None)],
            "an unlisted name goes to the provider that takes any"
        );
    }

    fn known(names: &[(&str, &str)], retired: &[&str]) -> KnownNames {
        let text = |name: &&str| (*name).to_owned();
        let gone = Retired { since: "2026-01-01".to_owned(), successor: Some("new".to_owned()) };
        KnownNames {
            names: names.iter().map(|(asked, called)| (text(asked), text(called))).collect(),
            retired: retired.iter().map(|name| (text(name), gone.clone())).collect(),
            listed: vec!["big-1".to_owned()],
            are_all: true,
        }
    }

    /// Two vendors whose models are known, one that lists its own, and (place 3) a stranger that takes any name.
    fn vendors(has_stranger: bool) -> Routes {
        let mut builder = RoutesBuilder::default();
        builder.provider("first", 0, 1, None);
        builder.known(&known(&[("small-1", "small-1"), ("small", "small-1")], &["tiny-1"]));
        builder.provider("second", 1, 1, None);
        builder.known(&known(&[("big-1", "big-1"), ("big", "big-1")], &[]));
        builder.provider("third", 2, 1, Some(&["big-1".to_owned()]));
        builder.known(&known(&[("big-1", "big-1"), ("big", "big-1"), ("huge", "huge-1")], &[]));
        if has_stranger {
            builder.provider("fourth", 3, 1, None);
        }
        builder.build()
    }

    #[test]
    fn a_known_name_goes_to_those_who_know_it() {
        let routes = vendors(false);
        assert_eq!(places(&routes, "small"), [(0, 0, Some("small-1".into()))]);
        assert_eq!(places(&routes, "small-1"), [(0, 0, None)]);
        assert_eq!(places(&routes, "big"), [(1, 0, Some("big-1".into())), (2, 0, Some("big-1".into()))]);
        assert_eq!(places(&routes, "third/big"), [(2, 0, Some("big-1".into()))]);
        assert_eq!(places(&routes, "second/big"), [(1, 0, Some("big-1".into()))]);
        assert_eq!(places(&routes, "second/new"), [(1, 0, Some("new".into()))]);
        assert_eq!(places(&routes, "newer-than-we"), [(0, 0, None), (1, 0, None)]);
        assert_eq!(places(&routes, "huge"), [(0, 0, None), (1, 0, None)], "the third lists another");
        let listed: Vec<_> = routes.listed().map(|listed| (&*listed.name, listed.provider)).collect();
        assert_eq!(listed, [("first/*", 0), ("second/*", 1), ("big-1", 2)]);
    }

    #[test]
    fn a_name_that_is_not_listed_may_say_who_is_meant() {
        let routes = vendors(true);
        let meant = |name: &str| routes.meant(name).map(|(provider, model)| (provider, model.to_string()));
        assert_eq!(meant("small"), Some((0, "small-1".to_owned())));
        assert_eq!(meant("third/big"), Some((2, "big-1".to_owned())));
        assert_eq!(meant("second/new"), Some((1, "new".to_owned())));
        for unheard in ["newer-than-we", "second/", "nobody/big", "/", ""] {
            assert_eq!(meant(unheard), None, "{unheard}");
        }
    }

    #[test]
    fn a_stranger_who_takes_any_name_is_asked_last() {
        let routes = vendors(true);
        assert_eq!(places(&routes, "small"), [(0, 0, Some("small-1".into())), (3, 0, None)]);
        assert_eq!(places(&routes, "tiny-1"), [(3, 0, None)]);
    }

    #[test]
    fn a_retired_name_is_served_by_nobody_who_knows_it() {
        let routes = vendors(false);
        assert!(!routes.knows("tiny-1") && routes.knows("first/tiny-1"));
        assert_eq!(routes.retired("tiny-1").unwrap().successor.as_deref(), Some("new"));
        assert_eq!(routes.retired("small-1"), None);
    }

    #[test]
    fn without_open_providers_unknown_names_are_unknown() {
        let mut builder = RoutesBuilder::default();
        builder.provider(
            "local",
            0,
            1,
            Some(&["gpt-4o-mini".to_owned(), "gpt-4o".to_owned(), "llama".to_owned()]),
        );
        let routes = builder.build();
        assert!(!routes.knows("gpt-4o-maxi") && !routes.knows("local/") && routes.knows("local/llama"));
        assert_eq!(routes.nearest("gpt-40-mini", 3), ["gpt-4o-mini"]);
        assert!(routes.nearest("zzzzzzzzzzzzzz", 3).is_empty());
    }
}
