//! One model of one vendor.

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::date::Date;
use super::facts::Facts;
use crate::quirk::Deviations;

/// One model of one vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The vendor's own name for it.
    pub name: String,
    /// Whose it is, by the names of `kind`; those of the file where it says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// What else callers call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What it is for, if that is not a conversation: `embeddings` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// Since when it is no longer served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<Date>,
    /// When it will no longer be served, if the vendor has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retires: Option<Date>,
    /// What its vendor offers in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// Where all this was read.
    #[serde(default)]
    pub source: String,
    /// What it can do.
    #[serde(default)]
    pub facts: Facts,
    /// How its requests differ from those of the vendor's other models.
    #[serde(default, skip_serializing_if = "Deviations::is_empty")]
    pub quirks: Deviations,
    /// What it costs: a draft, for no bill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<Price>,
}

/// A row, and the line on which it begins.
pub(super) struct Placed {
    pub(super) line: usize,
    pub(super) row: Row,
}

/// What a million tokens cost for some time. Parts that have no price of their own cost what the whole costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The first day.
    pub from: Date,
    /// The first day on which it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Three letters, such as USD.
    pub currency: String,
    /// Where it was read, if not where the rest was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// From so many tokens of prompt on; a price without it is for shorter ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_tokens: Option<u64>,
    /// Tokens of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Amount>,
    /// Those of them that were cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Amount>,
    /// Those that are put into the cache for minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Amount>,
    /// Those that are put into the cache for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Amount>,
    /// Tokens of recordings in the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<Amount>,
    /// Tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Amount>,
    /// Those of them that were thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Amount>,
    /// Tokens of spoken answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<Amount>,
}

impl Row {
    /// Whether it is still served, as far as anybody knows.
    pub const fn is_served(&self) -> bool {
        self.retired.is_none()
    }
}
