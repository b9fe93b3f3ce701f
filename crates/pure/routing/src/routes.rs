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
    listed: Vec<(Arc<str>, u16)>,
    /// `provider` of `provider/model`, with its lines.
    prefixes: HashMap<Arc<str>, OpenProvider>,
    /// Providers without a model list, in documented order: they take any name.
    open: Vec<OpenProvider>,
}

#[derive(Clone, Debug)]
struct OpenProvider {
    provider: u16,
    lines: u16,
    /// The names it lists, if it lists any: `provider/model` must then be one of them.
    models: Option<Arc<[Arc<str>]>>,
}

/// What a name resolves to.
#[derive(Clone, Debug)]
pub(crate) enum Found<'a> {
    Route(&'a Route),
    Made(Route),
}

impl Found<'_> {
    pub(crate) fn targets(&self) -> &[Target] {
        match self {
            Self::Route(route) => &route.targets,
            Self::Made(route) => &route.targets,
        }
    }
}

impl Routes {
    /// Names in listing order, each with the provider that serves it first.
    pub fn listed(&self) -> impl Iterator<Item = (&str, u16)> {
        self.listed.iter().map(|(name, provider)| (&**name, *provider))
    }

    /// Whether `name` is served, without planning for it.
    pub fn knows(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// First an exact name, then `provider/model`, then every provider that takes any name.
    pub(crate) fn find(&self, name: &str) -> Option<Found<'_>> {
        if let Some(route) = self.named.get(name) {
            return Some(Found::Route(route));
        }
        if let Some((prefix, model)) = name.split_once('/')
            && let Some(provider) = self.prefixes.get(prefix)
            && !model.is_empty()
            && provider.serves(model)
        {
            return Some(Found::Made(Route { targets: provider.targets(Some(Arc::from(model))).collect() }));
        }
        if self.open.is_empty() || name.is_empty() {
            return None;
        }
        Some(Found::Made(Route {
            targets: self.open.iter().flat_map(|provider| provider.targets(None)).collect(),
        }))
    }

    /// Up to `count` known names that look most like `name`, the nearest first.
    pub fn nearest(&self, name: &str, count: usize) -> Vec<&str> {
        let wanted = name.to_lowercase();
        let mut scored: Vec<(usize, &str)> = self
            .listed()
            .map(|(known, _)| (distance(&wanted, &known.to_lowercase()), known))
            .filter(|(distance, known)| *distance <= known.len().max(wanted.len()) / 2)
            .collect();
        scored.sort_by_key(|(distance, _)| *distance);
        scored.truncate(count);
        scored.into_iter().map(|(_, known)| known).collect()
    }
}

impl OpenProvider {
    fn serves(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|listed| **listed == *model))
    }

    fn targets(&self, model: Option<Arc<str>>) -> impl Iterator<Item = Target> {
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
        let open = OpenProvider { provider, lines, models: models.clone() };
        match &models {
            None => {
                self.routes.listed.push((Arc::from(format!("{id}/*")), provider));
                self.routes.open.push(open.clone());
            }
            Some(names) => {
                for name in names.iter() {
                    let targets = open.targets(Some(name.clone())).collect::<Vec<_>>();
                    self.append(name, targets);
                }
            }
        }
        self.routes.prefixes.insert(Arc::from(id), open);
    }

    /// A configured model: it replaces whatever providers list under that name.
    pub fn model(&mut self, name: &str, targets: Vec<Target>) {
        self.routes.named.remove(name);
        self.routes.listed.retain(|(listed, _)| **listed != *name);
        self.append(&Arc::from(name), targets);
    }

    /// The finished routes.
    pub fn build(self) -> Routes {
        self.routes
    }

    fn append(&mut self, name: &Arc<str>, targets: Vec<Target>) {
        let Some(first) = targets.first().map(|target| target.provider) else { return };
        let route = self.routes.named.entry(name.clone()).or_default();
        if route.targets.is_empty() {
            self.routes.listed.push((name.clone(), first));
        }
        Arc::make_mut(route).targets.extend(targets);
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
    use super::{Routes, RoutesBuilder, Target};

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
