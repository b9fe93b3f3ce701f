//! Something an operator should read: a start, a reload, a provider that fails. Rare, so it may allocate.

use std::fmt::Display;

use domain::Timestamp;

use super::text::bounded;

/// Longest message and longest field value.
const EVENT_TEXT_BYTES_MAX: usize = 2048;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Somebody should look, some day.
    Warn,
    /// Somebody should look now.
    Error,
}

impl Level {
    /// As written in lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// An event about to be written.
pub(crate) struct Event<'a> {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    pub(crate) message: &'a str,
    pub(crate) fields: &'a [(&'a str, &'a dyn Display)],
}

impl Event<'_> {
    pub(crate) fn message(&self) -> &str {
        bounded(self.message, EVENT_TEXT_BYTES_MAX)
    }

    pub(crate) fn fields_shown(&self) -> impl Iterator<Item = (&str, String)> {
        self.fields.iter().map(|(name, value)| {
            let mut text = value.to_string();
            text.truncate(bounded(&text, EVENT_TEXT_BYTES_MAX).len());
            (*name, text)
        })
    }
}
