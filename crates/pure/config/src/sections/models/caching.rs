//! `models.X.cache`: whether answers are kept for whoever asks the same. `true` says enough; a mapping says how.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use routing::{CacheRule, Caching};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::sections::cache::ScopeName;

/// Whether, or how.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CacheSetting {
    Switch(bool),
    Parts(CacheParts),
}

/// How answers are kept; what is not said is as in `cache`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheParts {
    /// How long an answer is kept, in seconds.
    #[schemars(range(min = 1, max = 2_592_000))]
    ttl_seconds: Option<u32>,
    /// Who has kept answers in common.
    scope: Option<ScopeName>,
    /// What a kept answer costs its caller, in percent of what it would cost if it was asked for.
    #[schemars(range(max = 100))]
    hit_percent: Option<u8>,
    /// Whether answers in which a tool is called are kept, too.
    tool_calls: Option<bool>,
}

impl CacheSetting {
    /// What it says of calls for the name.
    pub(super) fn caching(self, usual: CacheRule) -> Caching {
        match self {
            Self::Switch(false) => Caching::Off,
            Self::Switch(true) => Caching::On(usual),
            Self::Parts(CacheParts { ttl_seconds, scope, hit_percent, tool_calls }) => {
                Caching::On(CacheRule {
                    ttl: ttl_seconds.map_or(usual.ttl, |seconds| Duration::from_secs(seconds.into())),
                    scope: scope.map_or(usual.scope, ScopeName::scope),
                    hit_percent: hit_percent.unwrap_or(usual.hit_percent),
                    keeps_tool_calls: tool_calls.unwrap_or(usual.keeps_tool_calls),
                })
            }
        }
    }
}

impl<'de> Deserialize<'de> for CacheSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CacheVisitor)
    }
}

struct CacheVisitor;

impl<'de> Visitor<'de> for CacheVisitor {
    type Value = CacheSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a mapping")
    }

    fn visit_bool<E>(self, is_on: bool) -> Result<CacheSetting, E> {
        Ok(CacheSetting::Switch(is_on))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<CacheSetting, A::Error> {
        CacheParts::deserialize(MapAccessDeserializer::new(access)).map(CacheSetting::Parts)
    }
}

impl JsonSchema for CacheSetting {
    fn schema_name() -> Cow<'static, str> {
        "ModelCache".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let parts = generator.subschema_for::<CacheParts>();
        let description = "Whether answers are kept for whoever asks the same; or, as a mapping, how.";
        json_schema!({ "description": description, "anyOf": [{ "type": "boolean" }, parts] })
    }
}
