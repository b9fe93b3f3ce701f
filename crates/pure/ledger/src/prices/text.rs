//! A book as it is written: TOML, with amounts as text, so that no float ever holds one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::component::Component;

/// A whole book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BookText {
    /// What costs are in; USD where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is done about a call without a price: `block`, `default` or `flag`, which it is where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// What one unit of a currency is in that of the book: a decimal or a fraction.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, String>,
    /// What list prices are multiplied with.
    #[serde(default, skip_serializing_if = "MarkupsText::is_empty")]
    pub markup: MarkupsText,
    /// What a call without a price costs, where `unknown` is `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<RowText>,
    /// The rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price: Vec<RowText>,
}

/// What list prices are multiplied with, for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MarkupsText {
    /// For whoever has no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub everybody: Option<String>,
    /// By the id of an organisation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub organisations: BTreeMap<String, String>,
    /// By the id of a project.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub projects: BTreeMap<String, String>,
    /// By the id of a key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RowText {
    /// The configured id of the one provider whose price it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The kind of providers whose price it is. Without both it is that of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The model, in the provider's words, or `*` for all of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// What else the provider calls it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Since when: a day, or a day and a time in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The moment at which it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The service tier, such as `batch`, `flex` or `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// For prompts of so many tokens and more, cached ones too; the whole call has this price then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_tokens: Option<u64>,
    /// The hours of the week in which it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<HoursText>,
    /// What its amounts are in; the currency of the book where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// It costs nothing, whatever is used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub free: bool,
    /// The least that a call costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    /// A million prompt tokens that are in none of the other parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// A million prompt tokens from the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<String>,
    /// A million prompt tokens put into the cache for its usual, short time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<String>,
    /// A million prompt tokens put into the cache for an hour or longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<String>,
    /// A million prompt tokens of recordings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<String>,
    /// A million prompt tokens of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<String>,
    /// A million visible answer tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// A million hidden reasoning tokens; as output where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// A million answer tokens of speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<String>,
    /// A million answer tokens of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<String>,
    /// One picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_image: Option<String>,
    /// One second of sound or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<String>,
    /// One search or other tool that the provider runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_search: Option<String>,
    /// The call itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_request: Option<String>,
}

/// A part of the day on some days of the week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HoursText {
    /// The first minute, such as `16:30`.
    pub from: String,
    /// The minute with which it ends; on the next day if it is not later.
    pub until: String,
    /// The days on which it begins, `mon` to `sun`; all where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    /// Whose time it is, as the distance from UTC such as `+08:00`; that of UTC where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl BookText {
    /// As TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("texts, lists and tables are all that is in it")
    }
}

impl MarkupsText {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl RowText {
    /// The text of a component.
    pub const fn amount(&self, component: Component) -> Option<&String> {
        match component {
            Component::Input => self.input.as_ref(),
            Component::CacheRead => self.cache_read.as_ref(),
            Component::CacheWrite => self.cache_write.as_ref(),
            Component::CacheWriteLong => self.cache_write_1h.as_ref(),
            Component::AudioInput => self.audio_input.as_ref(),
            Component::ImageInput => self.image_input.as_ref(),
            Component::Output => self.output.as_ref(),
            Component::Reasoning => self.reasoning.as_ref(),
            Component::AudioOutput => self.audio_output.as_ref(),
            Component::ImageOutput => self.image_output.as_ref(),
            Component::Image => self.per_image.as_ref(),
            Component::Second => self.per_second.as_ref(),
            Component::Search => self.per_search.as_ref(),
            Component::Request => self.per_request.as_ref(),
        }
    }

    /// The place of a component's text.
    pub const fn amount_mut(&mut self, component: Component) -> &mut Option<String> {
        match component {
            Component::Input => &mut self.input,
            Component::CacheRead => &mut self.cache_read,
            Component::CacheWrite => &mut self.cache_write,
            Component::CacheWriteLong => &mut self.cache_write_1h,
            Component::AudioInput => &mut self.audio_input,
            Component::ImageInput => &mut self.image_input,
            Component::Output => &mut self.output,
            Component::Reasoning => &mut self.reasoning,
            Component::AudioOutput => &mut self.audio_output,
            Component::ImageOutput => &mut self.image_output,
            Component::Image => &mut self.per_image,
            Component::Second => &mut self.per_second,
            Component::Search => &mut self.per_search,
            Component::Request => &mut self.per_request,
        }
    }
}
