//! `models.X.hedge`: whether a second target is asked beside one who is late. `true` says enough; a mapping says when.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use routing::{Hedge, HedgeRules};
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
