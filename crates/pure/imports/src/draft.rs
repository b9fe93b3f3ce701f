//! A configuration in the making, and how it is written: the way a person would, with what is usual left out.

use config::yaml::{Key, Node, Value, write};
use providers::Provider as Kind;

/// Most attempts that a configuration may ask for.
pub(crate) const ATTEMPTS_MAX: usize = 10;
/// What `limits.attempts_max` is unless configured.
const ATTEMPTS_DEFAULT: usize = config::ATTEMPTS_MAX as usize;
/// Most targets of one model.
pub(crate) const TARGETS_MAX: usize = 100;
/// Longest time limit, in milliseconds.
pub(crate) const TIMEOUT_MS_MAX: u64 = 3_600_000;

/// A configuration in the making.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(crate) providers: Vec<DraftProvider>,
    pub(crate) models: Vec<DraftModel>,
    pub(crate) answer_ms: Option<u64>,
    pub(crate) first_byte_ms: Option<u64>,
    pub(crate) attempts: usize,
    pub(crate) body_bytes_max: Option<u64>,
    pub(crate) answer_bytes_max: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct DraftProvider {
    pub(crate) id: String,
    pub(crate) kind: &'static Kind,
    /// `None` for the catalogue's.
    pub(crate) base_url: Option<String>,
    /// References; `None` for the usual variable of its kind.
    pub(crate) credentials: Option<Vec<String>>,
    /// A reference, or an address without a login.
    pub(crate) proxy: Option<String>,
    /// `None` for any.
    pub(crate) models: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct DraftModel {
    pub(crate) name: String,
    pub(crate) targets: Vec<DraftTarget>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DraftTarget {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) timeout_ms: Option<u64>,
}

impl Draft {
    /// Whether there is anybody to answer.
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }

    /// The file, below `origin`, which is a line about where it comes from.
    pub fn yaml(&self, origin: &str) -> String {
        format!("# {}\n\n{}", origin.replace(['\n', '\r'], " "), write(&self.tree()))
    }

    /// The variables that it takes secrets from, each once.
    pub fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for provider in &self.providers {
            let usual = provider.credentials.is_none().then(|| provider.kind.key_variables.first().copied());
            let given = provider.credentials.iter().flatten().map(String::as_str);
            let references =
                given.chain(provider.proxy.as_deref()).filter_map(|text| text.strip_prefix("env:"));
            for name in references.chain(usual.flatten()) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    fn tree(&self) -> Node {
        let providers = self.providers.iter().map(|provider| (provider.id.as_str(), provider.tree()));
        let models = self.models.iter().map(|model| (model.name.as_str(), model.tree()));
        map([
            ("providers", some_map(providers.map(|(id, node)| (id, Some(node))))),
            ("models", some_map(models.map(|(name, node)| (name, Some(node))))),
            ("limits", some_map(self.limits())),
            (
                "timeouts",
                some_map([
                    ("first_byte_ms", self.first_byte_ms.map(number)),
                    ("answer_ms", self.answer_ms.map(number)),
                ]),
            ),
        ])
    }

    /// A target is asked with each credential of its provider.
    fn ways(&self, model: &DraftModel) -> usize {
        let of = |target: &DraftTarget| {
            let provider = self.providers.iter().find(|provider| provider.id == target.provider);
            provider.and_then(|provider| provider.credentials.as_ref()).map_or(1, |list| list.len().max(1))
        };
        model.targets.iter().map(of).sum()
    }

    fn limits(&self) -> [(&'static str, Option<Node>); 3] {
        // Every target of the longest chain should have its turn.
        let longest = self.models.iter().map(|model| self.ways(model)).max().unwrap_or_default();
        let attempts = self.attempts.max(longest).min(ATTEMPTS_MAX);
        [
            ("attempts_max", (attempts > ATTEMPTS_DEFAULT).then(|| number(attempts as u64))),
            ("body_bytes_max", self.body_bytes_max.map(number)),
            ("answer_bytes_max", self.answer_bytes_max.map(number)),
        ]
    }
}

impl DraftProvider {
    fn tree(&self) -> Node {
        let kind = (self.kind.name != self.id).then(|| text(self.kind.name));
        map([
            ("kind", kind),
            ("base_url", self.base_url.as_deref().map(text)),
            ("credentials", self.credentials.as_deref().map(texts)),
            ("proxy", self.proxy.as_deref().map(text)),
            ("models", self.models.as_deref().map(texts)),
        ])
    }
}

impl DraftModel {
    fn tree(&self) -> Node {
        let targets = self.targets.iter().map(DraftTarget::tree).collect();
        map([("targets", Some(Value::List(targets).into()))])
    }
}

impl DraftTarget {
    fn tree(&self) -> Node {
        match self.timeout_ms {
            None => text(&format!("{}/{}", self.provider, self.model)),
            Some(ms) => map([
                ("provider", Some(text(&self.provider))),
                ("model", Some(text(&self.model))),
                ("timeout_ms", Some(number(ms))),
            ]),
        }
    }
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Option<Node>)>) -> Node {
    let present = entries.into_iter().filter_map(|(key, node)| Some((Key::new(key), node?)));
    Value::Map(present.collect()).into()
}

fn some_map<'k>(entries: impl IntoIterator<Item = (&'k str, Option<Node>)>) -> Option<Node> {
    let node = map(entries);
    (node.value != Value::Map(Vec::new())).then_some(node)
}

fn text(text: &str) -> Node {
    Value::Text(text.to_owned()).into()
}

fn texts(list: &[String]) -> Node {
    Value::List(list.iter().map(|item| text(item)).collect()).into()
}

fn number(number: u64) -> Node {
    Value::Integer(number.into()).into()
}
