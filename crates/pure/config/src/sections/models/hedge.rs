//! `models.X.hedge`: whether a second target is asked beside one who is late. `true` says enough; a mapping says when.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use routing::{Hedge, HedgeRules, Route, Target};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sections::timeouts::Timeouts;

/// Whether, or when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HedgeSetting {
    Switch(bool),
    Parts(HedgeParts),
}

/// When a second target is asked beside one who is late.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HedgeParts {
    /// After so long. Default: when the first is later than 95 of 100 of its answers were.
    #[schemars(range(min = 1, max = 600_000))]
    after_ms: Option<u32>,
}

impl HedgeSetting {
    /// What it says of calls for the name.
    pub(super) fn check(
        self,
        path: &KeyPath,
        (timeouts, rules): (&Timeouts, HedgeRules),
        report: &mut Report,
    ) -> Option<Hedge> {
        let after_ms = match self {
            Self::Switch(false) => return None,
            Self::Switch(true) => None,
            Self::Parts(parts) => parts.after_ms,
        };
        let after = after_ms.map(|ms| Duration::from_millis(ms.into()));
        if let Some(after) = after.filter(|after| *after < rules.after_min) {
            let least = rules.after_min.as_millis();
            let hint = format!("nobody is asked beside another before retries.hedge_ms_min ({least})");
            report.add(&path.key("after_ms"), after.as_millis().to_string(), "is too soon", hint);
        }
        let longest = timeouts.first_byte.max(timeouts.answer_xlarge);
        if let Some(after) = after.filter(|after| *after >= longest) {
            let hint = format!("no call waits longer than {} ms for an answer", longest.as_millis());
            report.add(&path.key("after_ms"), after.as_millis().to_string(), "is too late", hint);
        }
        Some(Hedge { after })
    }
}

/// Tells of a time that nobody with somebody behind him is ever waited for, with the whole chain of a name in view.
pub(super) fn refuse_late(route: &Route, timeouts: &Timeouts, path: &KeyPath, report: &mut Report) {
    let whole_call = timeouts.first_byte.max(timeouts.answer_xlarge);
    // Later than any call is told by itself.
    let Some(after) = route.manner.hedge.and_then(|hedge| hedge.after).filter(|after| *after < whole_call)
    else {
        return;
    };
    let last_step = route.tiers.last().map_or(0, |tier| tier.step);
    let last_places: usize =
        route.tiers.iter().filter(|tier| tier.step == last_step).map(|tier| tier.targets.len()).sum();
    let have_somebody_behind = match last_places {
        1 => route.targets.split_last().map_or(&[][..], |(_, others)| others),
        _ => &route.targets[..],
    };
    let waited_for = |target: &Target| {
        let limit = |is_streaming, call: Duration| {
            target.attempt_limit(is_streaming).map_or(call, |own| own.min(call))
        };
        limit(true, timeouts.first_byte).max(limit(false, timeouts.answer_xlarge))
    };
    let longest = have_somebody_behind.iter().map(waited_for).max();
    if let Some(longest) = longest.filter(|longest| after >= *longest) {
        let hint =
            format!("none of its targets but the last is waited for longer than {} ms", longest.as_millis());
        report.add(path, after.as_millis().to_string(), "is too late", hint);
    }
}

impl<'de> Deserialize<'de> for HedgeSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HedgeVisitor)
    }
}

struct HedgeVisitor;

impl<'de> Visitor<'de> for HedgeVisitor {
    type Value = HedgeSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a mapping")
    }

    fn visit_bool<E>(self, is_on: bool) -> Result<HedgeSetting, E> {
        Ok(HedgeSetting::Switch(is_on))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<HedgeSetting, A::Error> {
        HedgeParts::deserialize(MapAccessDeserializer::new(access)).map(HedgeSetting::Parts)
    }
}

impl JsonSchema for HedgeSetting {
    fn schema_name() -> Cow<'static, str> {
        "Hedge".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let parts = generator.subschema_for::<HedgeParts>();
        let description = "Whether a second target is asked beside one who is late; or, as a mapping, when.";
        json_schema!({ "description": description, "anyOf": [{ "type": "boolean" }, parts] })
    }
}
