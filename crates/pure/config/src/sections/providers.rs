//! `providers`: those who answer, each by its lines and credentials. Asking them is done elsewhere.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use dialects::Dialect;
use dialects::surface::Operation;
use domain::{BaseUrl, ProxyUrl};
use providers::models::{Facts, Known};
use providers::{Deviations, Provider as Kind, Quirks};
use routing::overload::AdaptiveRules;
use routing::{Policy, WEIGHT_DEFAULT, Ways};
use schemars::JsonSchema;
use serde::Deserialize;

use super::adaptive::{self, AdaptiveEntry};
use super::catalog::Lookup;
use super::label::{label, label_flaw};
use super::policy::{PolicyName, WEIGHT_HINT};
use super::spoken::{self, DialectName, SurfaceName};
use super::way_out::WayOut;
use super::{base_url, credentials};
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::near::nearest;
use crate::problem::Report;
use crate::secret_source::{Credential, variable_named};
use crate::shown;
use crate::sources::Sources;

/// Longest name of a model.
const MODEL_BYTES_MAX: usize = 256;

/// One of those who answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderEntry {
    /// Name in the catalogue. Default: the provider's own name if the catalogue has it, else `compatible`, which
    /// speaks OpenAI's dialect at `base_url`.
    kind: Option<String>,
    /// Where it is, up to where `/chat/completions` begins. Default: the catalogue's. Either this or `lines`.
    base_url: Option<String>,
    /// Its keys: `env:NAME`, `file:/path`, `secret:NAME` of the store, or the text itself. When one is refused or busy on every line, the next is
    /// used. An empty list sends none. Default: the usual variable of its kind if neither `base_url` nor `lines` is
    /// given, else none.
    #[schemars(length(max = 1000), extend("writeOnly" = true))]
    credentials: Option<Vec<String>>,
    /// The region where its `base_url` is, or that of the lines that do not say.
    region: Option<String>,
    /// The proxy on the way to it: `http://user:password@host:3128` (CONNECT), `socks5://host:1080`, `socks5h://…`
    /// (the proxy looks names up), `env:NAME`, `file:/path`, `secret:NAME`, or `none`. Default: that of the environment
    /// (HTTPS_PROXY and the like). Lines may differ.
    #[schemars(extend("writeOnly" = true))]
    proxy: Option<String>,
    /// Address of this machine that requests leave from, such as 192.0.2.7. Default: the system's choice. Lines may
    /// differ.
    source_address: Option<String>,
    /// Several ways to the same provider.
    #[schemars(length(min = 1, max = 1000))]
    lines: Option<Vec<LineEntry>>,
    /// How a line is chosen for a request; the others are tried when it fails. Default: `balanced`.
    policy: Option<PolicyName>,
    /// Connections that each worker keeps open on each line ahead of requests, for as long as the provider, or a model that it
    /// stands in for, is in use; 0 for none. Default: 1 where the line speaks TLS, else 0.
    #[schemars(range(max = 16))]
    warm_connections: Option<u8>,
    /// The models it serves. Default: any.
    #[schemars(length(min = 1, max = 10_000))]
    models: Option<Vec<String>>,
    /// What it speaks, the one that others are translated into first. Default: as the catalogue says of its kind.
    #[schemars(length(min = 1, max = 3))]
    dialects: Option<Vec<DialectName>>,
    /// What it serves beside conversations. Default: as the catalogue says of its kind at its own address; where that says nothing, or at another address, whatever
    /// is asked for is passed on.
    #[schemars(length(max = 7))]
    surfaces: Option<Vec<SurfaceName>>,
    /// How many requests it may have at once, over all lines, keys and models. One that finds it full goes to another
    /// target, or waits. Default: as many as come.
    #[schemars(range(min = 1, max = 1_000_000))]
    concurrent_max: Option<u32>,
    /// How many requests each of its targets may have at once, learnt from its refusals.
    adaptive: Option<AdaptiveEntry>,
    /// How its chat requests differ. Changes what the catalogue says of its kind.
    quirks: Option<Deviations>,
    /// What its models can do, by its own names for them. Changes what the catalogue says of them; of a model that nobody
    /// knows everything is taken to be possible.
    catalog: Option<Named<Facts>>,
}

/// One way to a provider.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineEntry {
    /// Where it is, up to where `/chat/completions` begins.
    base_url: String,
    /// The region where it is. Default: the provider's.
    region: Option<String>,
    /// The proxy on this way, written as the provider's. Default: the provider's.
    #[schemars(extend("writeOnly" = true))]
    proxy: Option<String>,
    /// Address of this machine that requests leave from. Default: the provider's.
    source_address: Option<String>,
    /// Its part beside the other lines. Default: 1.
    #[schemars(range(min = 1, max = 1000), extend("$comment" = WEIGHT_HINT))]
    weight: Option<u32>,
    /// How many requests may be under way by it, over all keys and models. Default: as many as come.
    #[schemars(range(min = 1, max = 1_000_000))]
    concurrent_max: Option<u32>,
}

/// One of those who answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// The name it has here, in metrics, and in `id/model`.
    pub id: String,
    /// What the catalogue knows about it.
    pub kind: &'static Kind,
    /// The ways to it; at least one.
    pub lines: Vec<Line>,
    /// How a line is chosen for a request.
    pub policy: Policy,
    /// How many requests it may have at once; `None` for as many as come.
    pub concurrent_max: Option<u32>,
    /// How many each of its targets may have is learnt like this.
    pub adaptive: AdaptiveRules,
    /// Connections kept open on each line ahead of requests; `None` for one where it speaks TLS.
    pub warm_connections: Option<u8>,
    /// What it may be paid with; none for servers that ask for none.
    pub credentials: Vec<Credential>,
    /// The models it serves; `None` for any.
    pub models: Option<Vec<String>>,
    /// What it speaks, the one that others are translated into first; at least one.
    pub dialects: Vec<Dialect>,
    /// What it serves beside conversations; `None` where nobody knows, and it is asked.
    pub surfaces: Option<Vec<Operation>>,
    /// What the operator says of how its chat requests differ.
    pub deviations: Deviations,
    /// What the operator says of its models.
    pub facts: Vec<(String, Facts)>,
    /// What is known of its models: the catalogue's rows of its kind, and the operator's facts over them.
    pub known: Arc<Known>,
    /// Who named it.
    pub origin: Origin,
}

impl Provider {
    /// Of a kind, as its catalogue has it.
    pub(crate) fn of_kind(id: String, kind: &'static Kind, lines: Vec<Line>, origin: Origin) -> Self {
        // Who answers at another address than the vendor's own is not the vendor: what he serves, he knows.
        let home = kind.base_url.and_then(|url| BaseUrl::parse(url).ok());
        let is_elsewhere = |home: BaseUrl| lines.iter().any(|line| line.base_url.host() != home.host());
        let is_the_vendor = !home.is_some_and(is_elsewhere);
        Self {
            id,
            kind,
            lines,
            policy: Policy::default(),
            concurrent_max: None,
            adaptive: AdaptiveRules::default(),
            warm_connections: None,
            credentials: Vec::new(),
            models: None,
            dialects: kind.dialects.to_vec(),
            surfaces: kind.surfaces.filter(|_| is_the_vendor).map(<[Operation]>::to_vec),
            deviations: Deviations::default(),
            facts: Vec::new(),
            known: Arc::default(),
            origin,
        }
    }

    /// Looks its models up.
    pub(crate) fn learn(&mut self, catalogue: &mut Lookup) {
        self.known = catalogue.of_kind(self.kind.name);
        if !self.facts.is_empty() {
            let facts = self.facts.iter().map(|(name, facts)| (name.as_str(), facts));
            self.known = Arc::new(self.known.with_facts(facts));
        }
    }

    /// Its own name for a model that is asked of it by an alias. What it lists is its own already.
    pub(crate) fn called<'n>(&'n self, asked: &'n str) -> &'n str {
        let lists =
            |name: &str| self.models.as_ref().is_some_and(|models| models.iter().any(|own| own == name));
        let row = self.known.find(asked).filter(|_| !lists(asked));
        row.filter(|row| self.models.is_none() || lists(&row.name)).map_or(asked, |row| &row.name)
    }

    /// How its chat requests differ.
    pub fn quirks(&self) -> Quirks {
        self.deviations.over(&self.kind.quirks)
    }

    /// Its ways as routing sees them.
    pub(crate) fn routing_ways(&self) -> Ways {
        // The schema bounds both far below this.
        let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let (lines, keys) = (count(self.lines.len()), count(self.credentials.len().max(1)));
        Ways {
            lines,
            keys,
            policy: self.policy,
            weights: self.lines.iter().map(|line| line.weight).collect(),
        }
    }

    /// Every line with every credential, the first credential over all lines first: when a line is down the next line
    /// is asked, and when a credential is refused everywhere the next credential. A target names a place in here.
    pub fn ways(&self) -> impl Iterator<Item = (&Line, Option<&Credential>)> {
        let credentials = (0..self.credentials.len().max(1)).map(|place| self.credentials.get(place));
        credentials.flat_map(|credential| self.lines.iter().map(move |line| (line, credential)))
    }
}

/// One way to a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it is.
    pub base_url: BaseUrl,
    /// The region where it is, if known.
    pub region: Option<String>,
    /// The proxy on the way, whoever named it.
    pub proxy: Option<ProxyUrl>,
    /// Where requests leave from; `None` for the system's choice.
    pub source_address: Option<IpAddr>,
    /// Its part beside the other lines.
    pub weight: u32,
    /// How many requests may be under way by it; `None` for as many as come.
    pub concurrent_max: Option<u32>,
}

impl Line {
    /// Straight to an address, with nothing special about it.
    pub(crate) const fn at(base_url: BaseUrl, region: Option<String>) -> Self {
        Self {
            base_url,
            region,
            proxy: None,
            source_address: None,
            weight: WEIGHT_DEFAULT,
            concurrent_max: None,
        }
    }

    pub(super) fn new(
        base_url: BaseUrl,
        region: Option<String>,
        way_out: WayOut,
        sources: &Sources<'_>,
        report: &mut Report,
    ) -> Self {
        let (proxy, source_address) = way_out.towards(&base_url, sources, report);
        Self { proxy, source_address, ..Self::at(base_url, region) }
    }
}

/// Who named a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file.
    File,
    /// Variables such as `…_API_KEY`.
    Environment,
    /// Nobody: the built-in demo.
    Demo,
}

/// The providers of the file, in its order. Even one with a problem is among them, so that places stay true.
pub(crate) fn check(
    entries: Option<Named<ProviderEntry>>,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Provider> {
    let path = KeyPath::default().key("providers");
    let entries = entries.map(|named| named.0).unwrap_or_default();
    entries.into_iter().map(|(id, entry)| provider(id, entry, &path, sources, report)).collect()
}

/// The variables that the file's credentials name: nobody else may take them.
pub(crate) fn variables_named(entries: &Named<ProviderEntry>) -> HashSet<String> {
    let texts = entries.0.iter().filter_map(|(_, entry)| entry.credentials.as_ref()).flatten();
    texts.filter_map(|text| variable_named(text)).map(str::to_owned).collect()
}

fn provider(
    id: String,
    entry: ProviderEntry,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Provider {
    let path = path.key(&id);
    if let Some(flaw) = label_flaw(&id) {
        report.add(&path, shown::key(&id), format!("a provider's name {flaw}"), None);
    }
    let kind = kind(&id, entry.kind.as_deref(), &path, report);
    let has_own_address = entry.base_url.is_some() || entry.lines.is_some();
    let region = entry.region.map(|text| label(text, &path.key("region"), report));
    let (proxy, source_address) = (entry.proxy.as_deref(), entry.source_address.as_deref());
    let way_out = WayOut::check(proxy, source_address, &path, sources, report);
    let lines = match entry.lines {
        Some(entries) => {
            if entry.base_url.is_some() {
                let hint = "move it into lines".to_owned();
                let message = "takes either base_url or lines";
                report.add(&path.key("base_url"), "base_url and lines", message, hint);
            }
            listed_lines(entries, region.as_deref(), &way_out, &path, sources, report)
        }
        None => {
            let base_url = match entry.base_url {
                Some(text) => base_url::parse(&text, &path.key("base_url"), report),
                None => base_url::usual(kind, &path, sources, report),
            };
            vec![Line::new(base_url, region, way_out, sources, report)]
        }
    };
    let credentials = match entry.credentials {
        Some(texts) => credentials::given(&texts, &path.key("credentials"), sources, report),
        None => credentials::usual(kind, has_own_address, &path, sources, report),
    };
    let models = entry.models.inspect(|names| check_models(names, &path.key("models"), report));
    let dialects = spoken::dialects(entry.dialects, kind, &path.key("dialects"), report);
    let deviations = entry.quirks.unwrap_or_default();
    for (key, found, flaw) in deviations.flaws() {
        report.add(&path.key("quirks").key(key), shown::text(found), flaw, None);
    }
    let policy = entry.policy.map(PolicyName::policy).unwrap_or_default();
    let adaptive = adaptive::check(entry.adaptive, &path.key("adaptive"), report);
    let (concurrent_max, warm_connections) = (entry.concurrent_max, entry.warm_connections);
    let usual = Provider::of_kind(id, kind, lines, Origin::File);
    let usual = Provider { policy, adaptive, concurrent_max, warm_connections, ..usual };
    let surfaces = entry.surfaces.map(spoken::operations).or(usual.surfaces);
    let facts = entry.catalog.map(|named| named.0).unwrap_or_default();
    for (name, _) in &facts {
        if let Some(flaw) = model_flaw(name) {
            report.add(&path.key("catalog").key(name), shown::text(name), flaw, None);
        }
    }
    Provider { credentials, models, dialects, surfaces, deviations, facts, ..usual }
}

fn kind(id: &str, given: Option<&str>, path: &KeyPath, report: &mut Report) -> &'static Kind {
    let Some(name) = given else { return providers::find(id).unwrap_or(&providers::COMPATIBLE) };
    providers::find(name).unwrap_or_else(|| {
        let names = providers::all().iter().map(|kind| kind.name).chain([providers::COMPATIBLE.name]);
        let hint = nearest(name, names).map_or_else(
            || "leave it out for a server that answers /chat/completions, and give its base_url".to_owned(),
            |name| format!("did you mean {name}?"),
        );
        let path = path.key("kind");
        report.add(&path, shown::text(name), "is not in the catalogue", hint);
        // What follows from an unknown kind must not be told too.
        report.mark_broken(&path);
        &providers::COMPATIBLE
    })
}

fn listed_lines(
    entries: Vec<LineEntry>,
    region: Option<&str>,
    way_out: &WayOut,
    path: &KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Vec<Line> {
    let line = |(place, entry): (usize, LineEntry)| {
        let path = path.key("lines").index(place);
        let own = entry.region.map(|text| label(text, &path.key("region"), report));
        let base_url = base_url::parse(&entry.base_url, &path.key("base_url"), report);
        let (proxy, source_address) = (entry.proxy.as_deref(), entry.source_address.as_deref());
        let way_out = WayOut::check(proxy, source_address, &path, sources, report).or(way_out);
        let line = Line::new(base_url, own.or_else(|| region.map(str::to_owned)), way_out, sources, report);
        Line { weight: entry.weight.unwrap_or(WEIGHT_DEFAULT), concurrent_max: entry.concurrent_max, ..line }
    };
    entries.into_iter().enumerate().map(line).collect()
}

fn check_models(names: &[String], path: &KeyPath, report: &mut Report) {
    for (place, name) in names.iter().enumerate() {
        let path = path.index(place);
        if let Some(flaw) = model_flaw(name) {
            report.add(&path, shown::text(name), flaw, None);
        } else if names[..place].contains(name) {
            report.add(&path, shown::text(name), "is listed twice", None);
        }
    }
}

/// What keeps a text from being the name of a model.
pub(crate) fn model_flaw(name: &str) -> Option<&'static str> {
    let is_clean = !name.contains(|c: char| c.is_control() || c.is_whitespace());
    (!is_clean || name.is_empty() || name.len() > MODEL_BYTES_MAX)
        .then_some("a model's name must be 1 to 256 bytes without spaces")
}
