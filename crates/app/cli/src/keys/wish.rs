//! What was said on the command line, as the admin API takes it.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::arguments::{Days, Limited, Narrowed, Widened};

/// A wish in the making. What was not said is not in it: a server of an earlier version does not know all of it.
#[derive(Default)]
pub(super) struct Wish(Map<String, Value>);

impl Wish {
    pub(super) fn set(mut self, field: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value.into());
        }
        self
    }

    pub(super) fn expires(self, days: Option<Days>) -> Self {
        self.set("expires_in_seconds", days.map(|days| json!(days.seconds())))
    }

    pub(super) fn limited(self, limited: &Limited) -> Self {
        self.set("requests_per_minute", limited.rpm)
            .set("tokens_per_minute", limited.tpm)
            .set("concurrent_requests", limited.concurrency)
    }

    pub(super) fn narrowed(self, narrowed: Narrowed) -> Self {
        let Narrowed { models, providers, regions, routes, networks } = narrowed;
        let lists = [
            ("models", models),
            ("providers", providers),
            ("regions", regions),
            ("routes", routes),
            ("networks", networks),
        ];
        lists
            .into_iter()
            .fold(self, |wish, (field, list)| wish.set(field, (!list.is_empty()).then_some(list)))
    }

    pub(super) fn widened(self, widened: &Widened) -> Self {
        let flags = [
            ("models", widened.all_models),
            ("providers", widened.all_providers),
            ("regions", widened.all_regions),
            ("routes", widened.all_routes),
            ("networks", widened.all_networks),
        ];
        flags.into_iter().fold(self, |wish, (field, is_all)| wish.set(field, is_all.then_some(Value::Null)))
    }

    /// All tags that there are to be; none if there are to be none.
    pub(super) fn tags(self, tags: &[String], none: bool) -> Result<Self> {
        let mut all = Map::new();
        for tag in tags {
            let Some((name, value)) = tag.split_once('=') else {
                bail!("'{tag}' is no tag; write NAME=VALUE")
            };
            all.insert(name.to_owned(), value.into());
        }
        Ok(self.set("tags", (none || !tags.is_empty()).then_some(all)))
    }

    pub(super) fn value(self) -> Value {
        Value::Object(self.0)
    }
}
