//! One name for callers to ask for, and all of them together.

use std::time::Duration;

use routing::{CacheRule, Caching, HedgeRules, Manner, ModelField, Policy, Resume, Route, Routes};
use schemars::JsonSchema;
use serde::Deserialize;

use super::caching::CacheSetting;
use super::chain::{self, Fallback, FallbackParts, Own};
use super::hedge::{self, HedgeSetting};
use super::resume;
use super::target::{self, ModelTarget, TargetParts};
use super::word_or::WordOr;
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::problem::Report;
use crate::sections::policy::PolicyName;
use crate::sections::providers::{Provider, model_flaw};
use crate::sections::timeouts::Timeouts;
use crate::shown;

/// A name for callers to ask for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelEntry {
    /// Who serves it: `provider/model`, or a mapping to say more. Without a `policy` they are tried in this order.
    /// Default: whoever lists a model of this name, or is known to serve it.
    #[schemars(length(min = 1, max = 100))]
    targets: Option<Vec<WordOr<TargetParts>>>,
    /// How one of the targets is chosen for a request; the others are tried when it fails. Default: their order, and of
    /// each the lines as its provider's `policy` says.
    policy: Option<PolicyName>,
    /// Who is asked when none of the targets answers: names of this section, of the catalogue, or `provider/model`. What
    /// follows a name of this section follows here, too.
    #[schemars(length(min = 1, max = 20))]
    fallbacks: Option<Vec<WordOr<FallbackParts>>>,
    /// What follows when a provider refuses on grounds of its policy. Default: `stop`.
    on_refusal: Option<OnRefusal>,
    /// What answers say in their field `model`. Default: `upstream`.
    model_field: Option<ModelFieldName>,
    /// What follows when a stream breaks after it has begun. Default: `off`.
    resume: Option<ResumeName>,
    /// How long the beginning of a stream is held back, so that a break within that time is seen by nobody, in
    /// milliseconds. Default: 0.
    #[schemars(range(max = 60_000))]
    resume_hold_ms: Option<u32>,
    /// When a target is later than usual with its first token, or with a whole answer, the next one is asked beside it: whoever
    /// begins to answer first is heard, the other is sent away. Costs a second bill for a few calls (`retries.hedge_percent`).
    /// Default: false.
    hedge: Option<HedgeSetting>,
    /// Whether answers are kept for whoever asks the same, to the byte; or, as a mapping, how. Default: where the caller's key is
    /// one of `cache.keys`.
    cache: Option<CacheSetting>,
}

/// What follows when a provider refuses on grounds of its policy.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OnRefusal {
    /// The caller is told.
    Stop,
    /// The next is asked, who may think otherwise.
    Next,
}

/// What answers say in their field `model`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ModelFieldName {
    /// What the provider says there.
    Upstream,
    /// The name that the provider was asked for.
    Served,
    /// The name that the caller asked for.
    Requested,
}

/// What follows when a stream breaks after it has begun.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ResumeName {
    /// The caller is told by an error within the stream.
    Off,
    /// As long as the caller has nothing of the answer yet, the next target answers instead. Else he is told.
    Hidden,
    /// The next target goes on where the first broke off, if it takes the beginning of an answer; else it answers anew, and
    /// what it says must begin with what the caller has.
    Continue,
    /// As `continue`, but a target that does not take the beginning of an answer is asked in words to go on.
    Ask,
    /// An event tells the caller that the answer begins anew, and then it does.
    Visible,
}

/// A name for callers to ask for, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The name.
    pub name: String,
    /// Who serves it; nobody in particular if empty.
    pub targets: Vec<ModelTarget>,
    /// How one of them is chosen; `None` for their order.
    pub policy: Option<Policy>,
    /// Who is asked after them.
    pub fallbacks: Vec<Fallback>,
    /// How calls for it are served beside that.
    pub manner: Manner,
}

/// The configured models in the order of the file, and the whole route of each. `others` is who serves names that nobody
/// has configured.
pub(crate) fn check(
    entries: Option<Named<ModelEntry>>,
    (providers, others): (&[Provider], &Routes),
    (timeouts, hedges, cache): (&Timeouts, HedgeRules, CacheRule),
    report: &mut Report,
) -> (Vec<Model>, Vec<(String, Route)>) {
    let path = KeyPath::default().key("models");
    let (mut models, mut all) = (Vec::new(), Vec::new());
    for (name, entry) in entries.map(|named| named.0).unwrap_or_default() {
        let path = path.key(&name);
        if let Some(flaw) = model_flaw(&name) {
            report.add(&path, shown::text(&name), flaw, None);
        }
        let policy = entry.policy.map(PolicyName::policy);
        let manner = Manner {
            goes_on_after_refusal: matches!(entry.on_refusal, Some(OnRefusal::Next)),
            model_field: entry.model_field.map_or(ModelField::Upstream, ModelFieldName::field),
            resume: entry.resume.map_or(Resume::Off, ResumeName::resume),
            resume_hold: Duration::from_millis(entry.resume_hold_ms.unwrap_or_default().into()),
            hedge: entry.hedge.and_then(|hedge| hedge.check(&path.key("hedge"), (timeouts, hedges), report)),
            caching: entry.cache.map_or(Caching::Unsaid, |setting| setting.caching(cache)),
        };
        let targets_path = path.key("targets");
        let (targets, route) = match entry.targets {
            Some(targets) => target::check(targets, policy, &targets_path, (providers, timeouts), report),
            None => (Vec::new(), unsaid(&name, &path, policy.is_some(), others, report)),
        };
        let fallbacks = chain::read(entry.fallbacks, &path.key("fallbacks"), timeouts, report);
        let named = fallbacks.iter().map(|(fallback, _)| fallback.clone()).collect();
        all.push(Own { name: name.clone(), route: route.in_manner(manner), fallbacks });
        models.push(Model { name, targets, policy, fallbacks: named, manner });
    }
    let routes = chain::routes(&all, others, report);
    for (own, route) in all.iter().zip(&routes) {
        resume::check(route, &path.key(&own.name), (providers, timeouts), report);
    }
    for (model, route) in models.iter().zip(&routes) {
        refuse_lonely_hedge(model, route, &path.key(&model.name), report);
        hedge::refuse_late(route, timeouts, &path.key(&model.name).key("hedge").key("after_ms"), report);
    }
    (models, all.into_iter().map(|own| own.name).zip(routes).collect())
}

/// Nobody is asked beside the only one there is.
fn refuse_lonely_hedge(model: &Model, route: &Route, path: &KeyPath, report: &mut Report) {
    if model.manner.hedge.is_some() && route.targets.len() == 1 {
        let hint = "name a second target, a fallback or a second line, or leave it out".to_owned();
        report.add(&path.key("hedge"), "one target", "there is nobody to ask beside it", hint);
    }
}

/// Who serves a name of which the file does not say it.
fn unsaid(name: &str, path: &KeyPath, has_policy: bool, others: &Routes, report: &mut Report) -> Route {
    if has_policy {
        let hint = "name the targets, or leave it out".to_owned();
        report.add(&path.key("policy"), "no targets", "there is nobody to choose from", hint);
    }
    let found = others.is_known(name).then(|| others.find(name)).flatten();
    if found.is_none() {
        let hint = format!("nobody is known to serve {} by this name: say who does", shown::key(name));
        report.add(&path.key("targets"), "nothing", "is required", hint);
    }
    found.map(|route| route.under(name)).unwrap_or_default()
}

impl ResumeName {
    const fn resume(self) -> Resume {
        match self {
            Self::Off => Resume::Off,
            Self::Hidden => Resume::Hidden,
            Self::Continue => Resume::Continue,
            Self::Ask => Resume::Ask,
            Self::Visible => Resume::Visible,
        }
    }
}

impl ModelFieldName {
    const fn field(self) -> ModelField {
        match self {
            Self::Upstream => ModelField::Upstream,
            Self::Served => ModelField::Served,
            Self::Requested => ModelField::Requested,
        }
    }
}
