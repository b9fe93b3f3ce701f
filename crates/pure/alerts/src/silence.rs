//! What an operator does not want to be told for a while. That something is over is told all the same to who knows that it began.

use domain::Timestamp;

use crate::alert::Alert;
use crate::rule::Rule;

/// For at most so long: what is silent for ever is switched off in the configuration.
pub const SILENCE_SECONDS_MAX: u64 = 90 * 86_400;

/// What is not told, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Its number; never given twice.
    pub number: i64,
    /// Alerts of this rule; all if `None`.
    pub rule: Option<Rule>,
    /// About this subject; all if `None`.
    pub subject: Option<String>,
    /// Until then.
    pub until: Timestamp,
    /// Since then.
    pub made_at: Timestamp,
    /// Who said he did it.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

impl Silence {
    /// Whether it keeps an alert quiet now.
    pub fn covers(&self, alert: &Alert, now: Timestamp) -> bool {
        now < self.until
            && self.rule.is_none_or(|rule| rule == alert.rule)
            && self.subject.as_deref().is_none_or(|subject| subject == alert.subject)
    }
}
