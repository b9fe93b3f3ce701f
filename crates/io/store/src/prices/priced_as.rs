//! A sale that somebody describes, and what it costs by a book: the reckoning of `rate`, told part by part.

use std::collections::BTreeMap;

use domain::{KeyId, OrganisationId, ProjectId, ServiceTier, Timestamp, Usage};
use ledger::prices::{Book, Buyer, Charge, Component, Cost, Explained, Sale};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::shown::row_json;

/// A sale that somebody wants to have priced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PricedAs {
    /// The configured id of the provider.
    pub provider: String,
    /// Its kind.
    pub kind: String,
    /// The model, in the provider's words.
    pub model: String,
    /// The service tier; the usual one where it says nothing.
    pub service: String,
    /// When, in milliseconds since 1970; now where it says nothing.
    pub at_ms: Option<i64>,
    /// Counts by the names of components: tokens, pictures, searches, and thousandths of a second for `per_second`.
    pub usage: BTreeMap<String, u64>,
    /// Whose markup.
    pub organisation: Option<String>,
    /// Whose markup.
    pub project: Option<String>,
    /// Whose markup.
    pub key: Option<String>,
    /// The version; the one in force where it says nothing.
    pub version: Option<u32>,
}

impl PricedAs {
    /// What it costs by a book, or the field that is wrong and why.
    pub fn explained(&self, book: &Book, now: Timestamp) -> Result<Value, (&'static str, String)> {
        let usage = self.usage()?;
        let organisation = id(self.organisation.as_deref(), "organisation", OrganisationId::parse)?;
        let project = id(self.project.as_deref(), "project", ProjectId::parse)?;
        let key = id(self.key.as_deref(), "key", KeyId::parse)?;
        if self.model.is_empty() {
            return Err(("model", "a model is needed, in the provider's words".to_owned()));
        }
        let sale = Sale {
            provider: &self.provider,
            kind: &self.kind,
            model: &self.model,
            asked_model: &self.model,
            at: self.at_ms.map_or(now, Timestamp),
            usage: &usage,
            buyer: Buyer {
                organisation: organisation.as_ref(),
                project: project.as_ref(),
                key: key.as_ref(),
            },
        };
        let mut shown = cost_json(&book.rate(&sale).cost());
        let explained = book.explain(&sale);
        shown["is_priced"] = explained.is_some().into();
        shown["unknown"] = book.unknown().name().into();
        if let Some(explained) = explained {
            add_reasons(&mut shown, &explained);
        }
        Ok(shown)
    }

    fn usage(&self) -> Result<Usage, (&'static str, String)> {
        let names = || Component::ALL.map(Component::name).join(", ");
        if let Some(name) = self.usage.keys().find(|name| Component::named(name).is_none()) {
            return Err(("usage", format!("there is no component '{name}'; there are {}", names())));
        }
        let count = |component: Component| self.usage.get(component.name()).copied().unwrap_or(0);
        let small = |component: Component| {
            u32::try_from(count(component))
                .map_err(|_| ("usage", format!("{} is more than {}", component.name(), u32::MAX)))
        };
        let service_tier = ServiceTier::named(&self.service)
            .ok_or_else(|| ("service", format!("'{}' is no service tier", self.service.escape_debug())))?;
        Ok(Usage {
            input: count(Component::Input),
            cached_input: count(Component::CacheRead),
            cache_write: count(Component::CacheWrite),
            cache_write_long: count(Component::CacheWriteLong),
            audio_input: count(Component::AudioInput),
            image_input: count(Component::ImageInput),
            output: count(Component::Output),
            reasoning: count(Component::Reasoning),
            audio_output: count(Component::AudioOutput),
            image_output: count(Component::ImageOutput),
            images: small(Component::Image)?,
            searches: small(Component::Search)?,
            audio_ms: small(Component::Second)?,
            service_tier,
            ..Usage::default()
        })
    }
}

fn id<T>(
    text: Option<&str>,
    field: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, (&'static str, String)> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || (field, format!("'{}' is no id of that", text.escape_debug()));
    parse(text).map(Some).ok_or_else(wrong)
}

fn cost_json(cost: &Cost) -> Value {
    json!({
        "list": cost.list.to_string(),
        "price": cost.price.to_string(),
        "currency": cost.currency.code(),
        "version": cost.version,
        "is_estimated": cost.is_estimated,
        "is_assumed": cost.is_assumed,
        "is_unpriced": cost.is_unpriced,
    })
}

fn add_reasons(shown: &mut Value, explained: &Explained<'_>) {
    shown["row"] = row_json(explained.row);
    shown["rate"] = explained.rate.to_string().into();
    shown["markup"] = explained.markup.to_string().into();
    shown["is_minimum"] = explained.is_minimum.into();
    shown["sum"] = pico_text(explained.pico).into();
    shown["sum_currency"] = explained.currency.code().into();
    shown["parts"] = explained.parts.iter().map(part_json).collect();
}

fn part_json(part: &Charge) -> Value {
    let unit = part.component.unit();
    json!({
        "component": part.component.name(),
        "count": part.count,
        "price": part.price.map(|(amount, _)| amount.text(unit)),
        "priced_as": part.price.map(|(_, component)| component.name()),
        "amount": pico_text(part.pico),
        "is_assumed": part.is_assumed,
    })
}

/// A plain decimal with up to twelve places: nothing is rounded here.
fn pico_text(pico: u128) -> String {
    const ONE: u128 = 1_000_000_000_000;
    let part = format!("{:012}", pico % ONE);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part}", pico / ONE)
}
