//! What somebody wants of a key, as this API takes it in JSON; commands without a server take the same. Whether it can be is
//! the store's to say.

use std::collections::BTreeMap;

use domain::{ProjectId, Secret, Timestamp};
use limits::rate::{Measure, Terms, TermsError, WhenReached};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::{
    Asker, BudgetDesk, ForeignKey, ForeignSecret, KEY_DAYS_MAX, KeyChange, KeyDesk, KeyError, KeyModels,
    KeyNames, KeyNetworks, KeyRoutes, KeyScopes, KeyTags, NewKey, PlanName, RowProblem,
};

use crate::amount_wish::amounts;
use crate::budget_wish::BudgetWish;

/// So many of the keys are shown of an import.
const KEYS_SHOWN_MAX: usize = 100;
const SECONDS_PER_DAY: u64 = 86_400;
const MS_PER_SECOND: i64 = 1000;

/// A wish that says nothing that can be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadWish {
    /// Which part of it is wrong.
    pub param: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl From<TermsError> for BadWish {
    fn from(error: TermsError) -> Self {
        Self { param: error.field, message: error.message }
    }
}

/// What a key is to be: all of it may be left out, and null is said where it means something.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyWish {
    name: Option<String>,
    project: Option<String>,
    #[serde(default, deserialize_with = "said")]
    expires_in_seconds: Said<u64>,
    #[serde(default, deserialize_with = "said")]
    expires_at: Said<String>,
    is_strict: Option<bool>,
    plan: Option<String>,
    /// Limits of a new key, beside its plan.
    requests_per_minute: Option<Value>,
    tokens_per_minute: Option<Value>,
    concurrent_requests: Option<Value>,
    #[serde(default, deserialize_with = "said")]
    models: Said<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    providers: Said<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    regions: Said<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    routes: Said<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    networks: Said<Vec<String>>,
    tags: Option<BTreeMap<String, String>>,
}

/// Unsaid, null, or something.
type Said<T> = Option<Option<T>>;

/// For a field that may be missing: what is there was said, even if it is `null`.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Said<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One key of many that come from elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignWish {
    /// Where it stands there.
    pub row: usize,
    key: Option<String>,
    sha256: Option<String>,
    #[serde(default)]
    settings: KeyWish,
    /// What it may spend: set before it is open.
    budget: Option<BudgetWish>,
}

/// Keys from elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportWish {
    /// Where they come from, for the audit.
    #[serde(default)]
    source: String,
    #[serde(default)]
    dry_run: bool,
    /// Whether keys that are here already are left as they are and told; else they are problems.
    #[serde(default)]
    skip_known: bool,
    keys: Vec<ForeignWish>,
}

impl KeyWish {
    /// A new key; one of which nothing is said ends at `usual_end`.
    pub fn new_key(self, usual_end: Option<Timestamp>, now: Timestamp) -> Result<NewKey, BadWish> {
        let Some(name) = self.name.clone() else { return Err(bad("name", "missing field `name`")) };
        let expires_at = self.expiry(now)?.unwrap_or(usual_end);
        let project = self.project.as_deref().map_or_else(|| Ok(ProjectId::implicit()), project)?;
        let (is_strict, tags) = (self.is_strict.unwrap_or_default(), self.tags()?.unwrap_or_default());
        let plan = self.plan_said()?.unwrap_or_default();
        let change = self.change_of_scopes()?;
        let scopes = KeyScopes {
            models: change.models.unwrap_or_default(),
            providers: change.providers.unwrap_or_default(),
            regions: change.regions.unwrap_or_default(),
            routes: change.routes.unwrap_or_default(),
            networks: change.networks.unwrap_or_default(),
        };
        Ok(NewKey { project, expires_at, is_strict, plan, scopes, tags, ..NewKey::named(&name) })
    }

    /// The limits that a new key is to have, if any.
    pub fn limits(&self) -> Result<Option<Terms>, BadWish> {
        let amounts = amounts(self.said_limits())?;
        if amounts.is_empty() {
            return Ok(None);
        }
        Ok(Some(Terms::of(amounts, None, (WhenReached::Refuse, None))?))
    }

    const fn said_limits(&self) -> [(Measure, &Option<Value>); 3] {
        [
            (Measure::RequestsPerMinute, &self.requests_per_minute),
            (Measure::TokensPerMinute, &self.tokens_per_minute),
            (Measure::ConcurrentRequests, &self.concurrent_requests),
        ]
    }

    /// Those of a key that is there are set where all limits are.
    fn without_limits(&self) -> Result<(), BadWish> {
        match self.said_limits().iter().find(|(_, said)| said.is_some()) {
            None => Ok(()),
            Some((measure, _)) => {
                let message = "limits are given here to keys that are made here; those of a key that is there are set by \
                               POST /admin/v1/limits, or bellwether limits set --key ID";
                Err(bad(measure.name(), message))
            }
        }
    }

    /// A change of a key.
    pub fn change(self, now: Timestamp) -> Result<KeyChange, BadWish> {
        self.without_limits()?;
        if self.project.is_some() {
            return Err(bad("project", "a key stays in its project; make another in that one"));
        }
        let (name, is_strict, tags) = (self.name.clone(), self.is_strict, self.tags()?);
        let plan = self.plan_said()?;
        let expires_at = self.expiry(now)?;
        let change = KeyChange { name, is_strict, plan, tags, expires_at, ..self.change_of_scopes()? };
        if change == KeyChange::default() {
            let message = "nothing is to be changed; give is_strict, plan, name, models, providers, regions, routes, \
                           networks, tags, expires_in_seconds or expires_at";
            return Err(bad("", message));
        }
        Ok(change)
    }

    /// When it is to end, if that is said.
    fn expiry(&self, now: Timestamp) -> Result<Said<Timestamp>, BadWish> {
        match (&self.expires_in_seconds, &self.expires_at) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(bad("expires_at", "give expires_in_seconds or expires_at, not both")),
            (Some(seconds), None) => expiry_in(*seconds, now).map(Some),
            (None, Some(None)) => Ok(Some(None)),
            (None, Some(Some(text))) => {
                let moment = Timestamp::parse(text).ok_or_else(|| {
                    let message = format!("{text:?} is no moment; write 2027-01-31 or 2027-01-31T12:00:00Z");
                    bad("expires_at", message)
                })?;
                Ok(Some(Some(moment)))
            }
        }
    }

    /// The plan that is said, if one is.
    pub(crate) fn plan(&self) -> Option<&str> {
        self.plan.as_deref()
    }

    fn plan_said(&self) -> Result<Option<PlanName>, BadWish> {
        let Some(plan) = self.plan() else { return Ok(None) };
        let wrong = || {
            let message =
                format!("{plan:?} is no plan's name: small letters, digits, dots, dashes and underscores");
            bad("plan", message)
        };
        PlanName::parse(plan).map(Some).ok_or_else(wrong)
    }

    fn tags(&self) -> Result<Option<KeyTags>, BadWish> {
        let tags = self.tags.clone().map(KeyTags::of).transpose();
        tags.map_err(|why| bad("tags", why))
    }

    fn change_of_scopes(self) -> Result<KeyChange, BadWish> {
        Ok(KeyChange {
            models: read("models", self.models, KeyModels::ANY, KeyModels::only)?,
            providers: read("providers", self.providers, KeyNames::ANY, |names| {
                KeyNames::only(names, "provider")
            })?,
            regions: read("regions", self.regions, KeyNames::ANY, |names| KeyNames::only(names, "region"))?,
            routes: read("routes", self.routes, KeyRoutes::ANY, |names| {
                KeyRoutes::only(names.iter().map(String::as_str))
            })?,
            networks: read("networks", self.networks, KeyNetworks::ANY, |names| {
                KeyNetworks::only(names.iter().map(String::as_str))
            })?,
            ..KeyChange::default()
        })
    }
}

impl ForeignWish {
    /// The key as the store takes it over. Of which no end is said has none: it is taken as it was.
    pub fn foreign_key(self, now: Timestamp) -> Result<ForeignKey, BadWish> {
        self.settings.without_limits()?;
        let known = match (self.key, self.sha256) {
            (Some(key), None) => ForeignSecret::Key(Secret::new(key)),
            (None, Some(text)) => {
                let hash = sha256(&text);
                ForeignSecret::Sha256(
                    hash.ok_or_else(|| bad("sha256", "sha256 must be 64 hexadecimal digits"))?,
                )
            }
            _ => return Err(bad("key", "give the key or its sha256, one of both")),
        };
        let budget = self.budget.as_ref().map(BudgetWish::budget).transpose();
        let budget = budget.map_err(|why| bad("budget", why))?;
        Ok(ForeignKey { row: self.row, known, wish: self.settings.new_key(None, now)?, budget })
    }
}

impl ImportWish {
    /// The plans that are said of any of them.
    pub(crate) fn plans(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(|key| key.settings.plan())
    }

    /// Whether it is only tried.
    pub(crate) const fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Whether any of them comes with a budget.
    pub(crate) fn has_budgets(&self) -> bool {
        self.keys.iter().any(|key| key.budget.is_some())
    }

    /// Takes all of them over, or none and says what is wrong with each; the answer is what this API tells of it.
    pub async fn take_over(
        self,
        (desk, budgets): (&KeyDesk, &BudgetDesk),
        by: &Asker,
        now: Timestamp,
    ) -> Result<Value, KeyError> {
        let (mut keys, mut problems) = (Vec::with_capacity(self.keys.len()), Vec::new());
        let mut known = Vec::new();
        for key in self.keys {
            let row = key.row;
            match key.foreign_key(now) {
                Ok(key) => match desk.known(&key.known, &by.reach).filter(|_| self.skip_known) {
                    Some(entry) => known.push(json!({
                        "row": row,
                        "id": entry.id.as_str(),
                        "project": entry.project().as_str(),
                        "state": entry.state(now).name(),
                    })),
                    None => keys.push(key),
                },
                Err(bad) => problems.push(RowProblem { row, message: bad.message }),
            }
        }
        // Tried also where some are wrong already: whoever mends his file wants to know all of it.
        let is_dry = self.dry_run || !problems.is_empty();
        match desk.import_with_budgets(keys, (&self.source, is_dry), by, (now, budgets)).await {
            Ok(taken) if problems.is_empty() => {
                let shown: Vec<Value> = taken.iter().take(KEYS_SHOWN_MAX).map(|key| key.json(now)).collect();
                let mut told = json!({ "imported": taken.len(), "dry_run": is_dry, "keys": shown });
                if self.skip_known {
                    told["known"] = known.into();
                }
                return Ok(told);
            }
            Ok(_) => {}
            Err(KeyError::Rows(more)) => problems.extend(more),
            Err(error) => return Err(error),
        }
        problems.sort_by_key(|problem| problem.row);
        Err(KeyError::Rows(problems))
    }
}

/// So many seconds from now; never if that is `None`.
pub(crate) fn expiry_in(seconds: Option<u64>, now: Timestamp) -> Result<Option<Timestamp>, BadWish> {
    let seconds_max = u64::from(KEY_DAYS_MAX) * SECONDS_PER_DAY;
    match seconds {
        Some(seconds) if !(1..=seconds_max).contains(&seconds) => {
            let message = format!(
                "expires_in_seconds must be 1 to {seconds_max}, not {seconds}; give null for a key that lasts"
            );
            Err(bad("expires_in_seconds", message))
        }
        seconds => Ok(seconds.map(|seconds| Timestamp(now.unix_ms() + seconds as i64 * MS_PER_SECOND))),
    }
}

fn read<T>(
    param: &'static str,
    said: Said<Vec<String>>,
    any: T,
    only: impl FnOnce(Vec<String>) -> Result<T, String>,
) -> Result<Option<T>, BadWish> {
    match said {
        None => Ok(None),
        Some(None) => Ok(Some(any)),
        Some(Some(names)) => {
            only(names).map(Some).map_err(|why| bad(param, format!("{why}; give {param}, or null for all")))
        }
    }
}

/// A project's id as it was typed.
pub(crate) fn project(text: &str) -> Result<ProjectId, BadWish> {
    ProjectId::parse(text).ok_or_else(|| bad("project", format!("{text:?} is no id of a project")))
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(bytes)
}

fn bad(param: &'static str, message: impl Into<String>) -> BadWish {
    BadWish { param, message: message.into() }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use serde_json::json;

    use super::{ForeignWish, KeyWish};

    const NOW: Timestamp = Timestamp(1_795_219_200_000);

    fn wish(value: serde_json::Value) -> KeyWish {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_end_that_is_not_said_is_the_usual_one() {
        let usual = Some(Timestamp(NOW.0 + 5));
        let end = |value| wish(value).new_key(usual, NOW).unwrap().expires_at;
        assert_eq!(end(json!({"name": "a"})), usual);
        assert_eq!(end(json!({"name": "a", "expires_in_seconds": null})), None);
        assert_eq!(end(json!({"name": "a", "expires_at": null})), None);
        assert_eq!(end(json!({"name": "a", "expires_in_seconds": 1})), Some(Timestamp(NOW.0 + 1000)));
        assert_eq!(
            end(json!({"name": "a", "expires_at": "2026-11-22"})),
            Some(Timestamp(NOW.0 + 86_400_000))
        );
    }

    #[test]
    fn a_bad_wish_names_its_part() {
        for (value, param, message) in [
            (json!({}), "name", "missing field"),
            (json!({"name": "a", "project": "p"}), "project", "no id of a project"),
            (json!({"name": "a", "expires_at": "soon"}), "expires_at", "2027-01-31"),
            (json!({"name": "a", "expires_at": null, "expires_in_seconds": 1}), "expires_at", "not both"),
            (json!({"name": "a", "expires_in_seconds": 0}), "expires_in_seconds", "1 to"),
            (json!({"name": "a", "models": []}), "models", "at least one"),
            (json!({"name": "a", "routes": ["x"]}), "routes", "is no route"),
            (json!({"name": "a", "networks": ["x"]}), "networks", "an address"),
            (json!({"name": "a", "tags": {"a b": "c"}}), "tags", "no name of a tag"),
        ] {
            let bad = wish(value).new_key(None, NOW).unwrap_err();
            assert_eq!(bad.param, param);
            assert!(bad.message.contains(message), "{bad}");
        }
        assert!(wish(json!({"project": "proj_a"})).change(NOW).unwrap_err().message.contains("stays"));
        assert!(wish(json!({})).change(NOW).unwrap_err().message.contains("nothing is to be changed"));
    }

    #[test]
    fn limits_are_read_for_a_new_key_and_for_no_other() {
        let limits = |value| wish(value).limits();
        assert_eq!(limits(json!({"name": "a", "requests_per_minute": null})), Ok(None));
        let told =
            limits(json!({"requests_per_minute": 60, "tokens_per_minute": 9, "concurrent_requests": 2}));
        let told: Vec<(&str, u64)> =
            told.unwrap().unwrap().iter().map(|(measure, amount)| (measure.name(), amount)).collect();
        let expected = [("requests_per_minute", 60), ("tokens_per_minute", 9), ("concurrent_requests", 2)];
        assert_eq!(told, expected);
        for (value, param, message) in [
            (json!({"requests_per_minute": 0}), "requests_per_minute", "is 0; it must be from 1 to 60000000"),
            (
                json!({"tokens_per_minute": -1}),
                "tokens_per_minute",
                "is -1; it must be a whole number from 1",
            ),
            (json!({"tokens_per_minute": "9"}), "tokens_per_minute", "whole number"),
            (json!({"concurrent_requests": 1.5}), "concurrent_requests", "whole number"),
            (json!({"concurrent_requests": 1_000_001}), "concurrent_requests", "from 1 to 1000000"),
            (json!({"requests_per_minute": 1e30}), "requests_per_minute", "whole number"),
        ] {
            let bad = limits(value).unwrap_err();
            assert_eq!(bad.param, param);
            assert!(bad.message.contains(message), "{bad}");
        }
        let bad = wish(json!({"tokens_per_minute": 5})).change(NOW).unwrap_err();
        assert_eq!(bad.param, "tokens_per_minute");
        let foreign = json!({"row": 1, "key": "sk-x", "settings": {"name": "a", "requests_per_minute": 5}});
        let foreign: ForeignWish = serde_json::from_value(foreign).unwrap();
        assert_eq!(foreign.foreign_key(NOW).unwrap_err().param, "requests_per_minute");
    }

    #[test]
    fn a_foreign_key_is_known_by_one_thing() {
        let foreign = |value| {
            serde_json::from_value::<ForeignWish>(value).unwrap().foreign_key(NOW).map_err(|bad| bad.param)
        };
        let settings = json!({"name": "a"});
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(foreign(json!({"row": 1, "key": "sk-x", "settings": settings})).is_ok());
        assert!(foreign(json!({"row": 1, "sha256": hash, "settings": settings})).is_ok());
        assert_eq!(foreign(json!({"row": 1, "sha256": "abc", "settings": settings})).unwrap_err(), "sha256");
        assert_eq!(foreign(json!({"row": 1, "settings": settings})).unwrap_err(), "key");
        assert_eq!(
            foreign(json!({"row": 1, "key": "a", "sha256": hash, "settings": settings})).unwrap_err(),
            "key"
        );
    }
}
