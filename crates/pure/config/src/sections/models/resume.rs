//! Whether a broken stream can be gone on with in the way that is wished.

use dialects::Dialect;
use routing::{Resume, Route, Target};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sections::providers::Provider;
use crate::sections::timeouts::Timeouts;

/// Tells of what can never come about, with the whole chain of a name in view.
pub(super) fn check(
    route: &Route,
    path: &KeyPath,
    (providers, timeouts): (&[Provider], &Timeouts),
    report: &mut Report,
) {
    let (resume, hold) = (route.manner.resume, route.manner.resume_hold);
    let takes = |target: &Target| {
        let provider = providers.get(usize::from(target.provider));
        provider.is_none_or(|provider| provider.takes_beginnings(target.model.as_deref()))
    };
    if resume == Resume::Continue && !route.targets.is_empty() && !route.targets.iter().any(takes) {
        let message = "none of its targets is known to go on from the beginning of an answer";
        let hint = "write ask to have them asked in words, or tell how a provider does it: quirks.continues";
        report.add(&path.key("resume"), resume.name(), message, hint.to_owned());
    }
    if hold.is_zero() {
        return;
    }
    let idle = route.targets.iter().map(|target| target.idle_limit().unwrap_or(timeouts.idle)).min();
    let (key, found) = (path.key("resume_hold_ms"), hold.as_millis().to_string());
    if resume == Resume::Off {
        let hint = "say how a stream is gone on with: resume, or leave this out".to_owned();
        report.add(
            &key,
            found,
            "a broken stream is not gone on with: there is nothing to hold back for",
            hint,
        );
    } else if let Some(idle) = idle.filter(|idle| hold > *idle) {
        let message = format!("must not be above the limit of silence ({} ms)", idle.as_millis());
        let hint = "a few hundred milliseconds are enough".to_owned();
        report.add(&key, found, message, hint);
    }
}

impl Provider {
    /// Whether it is known to go on from the beginning of an answer of one of its models, in something that it speaks.
    pub fn takes_beginnings(&self, model: Option<&str>) -> bool {
        let row = model.and_then(|model| self.known.find(model));
        if row.is_some_and(|row| !row.facts.abilities().continues_answers) {
            return false;
        }
        let quirks = match row {
            Some(row) if !row.quirks.is_empty() => self.deviations.over(&row.quirks.over(&self.kind.quirks)),
            _ => self.quirks(),
        };
        self.dialects.iter().any(|dialect| match dialect {
            Dialect::AnthropicMessages => true,
            Dialect::OpenAiChat => quirks.continuing().is_some(),
            Dialect::OpenAiResponses => false,
        })
    }
}
