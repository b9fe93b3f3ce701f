//! How long one who serves a model may take, where that is less than the call may take.

use std::time::Duration;

use routing::TargetLimits;

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::sections::timeouts::Timeouts;

/// The limits of a target or of a step of a chain, in milliseconds, as the file says them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spoken {
    pub(super) timeout_ms: Option<u32>,
    pub(super) first_token_ms: Option<u32>,
    pub(super) idle_ms: Option<u32>,
    pub(super) total_ms: Option<u32>,
}

impl Spoken {
    /// The limits; what can never be kept is told. `is_streaming` is said of a target that is for streams, or for whole answers,
    /// only.
    pub(super) fn check(
        self,
        path: &KeyPath,
        (timeouts, is_streaming): (&Timeouts, Option<bool>),
        report: &mut Report,
    ) -> TargetLimits {
        let ms = |given: Option<u32>| given.map(|ms| Duration::from_millis(ms.into()));
        let limits = TargetLimits {
            attempt: ms(self.timeout_ms),
            first_token: ms(self.first_token_ms),
            idle: ms(self.idle_ms),
            total: ms(self.total_ms),
        };
        let (longest, by) = match is_streaming {
            Some(true) => (timeouts.first_byte, "timeouts.first_byte_ms"),
            Some(false) => (timeouts.answer_xlarge, "what any whole answer may take by timeouts"),
            None => (timeouts.first_byte.max(timeouts.answer_xlarge), "what any answer may take by timeouts"),
        };
        let bounds = [
            ("timeout_ms", limits.attempt, Some(longest), by),
            ("timeout_ms", limits.attempt, limits.total, "total_ms"),
            ("first_token_ms", limits.first_token, Some(timeouts.first_byte), "timeouts.first_byte_ms"),
            ("first_token_ms", limits.first_token, limits.total, "total_ms"),
            ("idle_ms", limits.idle, limits.total, "total_ms"),
        ];
        for (key, given, most, what) in bounds {
            let (Some(given), Some(most)) = (given, most) else { continue };
            if given > most {
                let message =
                    format!("must not be above {what} ({}): it would never end anything", most.as_millis());
                let hint = "shorten it, or leave it out".to_owned();
                report.add(&path.key(key), given.as_millis().to_string(), message, hint);
            }
        }
        let (usual, given) = (timeouts.answer, limits.attempt.unwrap_or_default());
        if is_streaming != Some(true) && given > usual && given <= longest {
            report.note(format!(
                "{}: {} ms are more than timeouts.answer_ms ({}): whole answers that are not large end before",
                path.key("timeout_ms").text(),
                given.as_millis(),
                usual.as_millis()
            ));
        }
        limits
    }
}
