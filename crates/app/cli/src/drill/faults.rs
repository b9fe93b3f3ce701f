//! What is played: every fault, as the simulator is told of it, and what a caller may expect of it.

use super::pace::Pace;

/// What has to come of a fault where somebody stands elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// A whole answer, from whoever stands elsewhere.
    Elsewhere,
    /// A whole answer, from whomever.
    Answered,
    /// The caller is told, or somebody who can do better answers whole: the request may be at fault.
    Told,
    /// What had begun may end, and then the caller is told so; or it is made whole.
    BrokenOff,
}

/// Something that goes wrong at a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    /// What the provider does.
    pub(super) says: &'static str,
    /// As the simulator reads it; `LATE` is later than any caller waits.
    script: &'static str,
    /// How often it happens; every time if `None`.
    pub(super) times: Option<u32>,
    whole: Then,
    streamed: Then,
}

const LATE: &str = "LATE";

impl Fault {
    const fn new(name: &'static str, script: &'static str, then: Then, says: &'static str) -> Self {
        Self { name, says, script, times: None, whole: then, streamed: then }
    }

    /// One that comes when a stream has begun, and spoils an answer that is not streamed before it is seen.
    const fn midway(name: &'static str, script: &'static str, says: &'static str) -> Self {
        let then = Self::new(name, script, Then::Elsewhere, says);
        Self { streamed: Then::BrokenOff, ..then }
    }

    const fn once(self) -> Self {
        Self { times: Some(1), ..self }
    }

    /// Whether those who come can be counted: a door that is shut sees nobody.
    pub(super) fn sees_callers(&self) -> bool {
        self.script != "refuse"
    }

    /// As the simulator reads it.
    pub(super) fn script(&self, pace: &Pace) -> String {
        self.script.replace(LATE, &pace.late().as_millis().to_string())
    }

    pub(super) const fn then(&self, is_streaming: bool) -> Then {
        if is_streaming { self.streamed } else { self.whole }
    }
}

/// All of them, from the connection to the end of an answer.
pub(super) static FAULTS: &[Fault] = &[
    Fault::new("refused", "refuse", Then::Elsewhere, "refuses connections"),
    Fault::new("reset_on_accept", "reset_on_accept", Then::Elsewhere, "resets each connection"),
    Fault::new(
        "reset_before_head",
        "reset_after_request",
        Then::Elsewhere,
        "resets when it has read the request",
    ),
    Fault::new(
        "closed_before_head",
        "close_after_request",
        Then::Elsewhere,
        "closes when it has read the request",
    ),
    Fault::new("other_protocol", "not_http", Then::Elsewhere, "answers in another protocol"),
    Fault::new("hanging", "hang", Then::Elsewhere, "never answers"),
    Fault::new("slow_head", "slow_head=LATE", Then::Elsewhere, "answers later than anybody waits"),
    Fault::new(
        "slow_first_token",
        "slow_first=LATE",
        Then::Elsewhere,
        "sends its head, and the first token too late",
    ),
    Fault::new("busy", "status=429", Then::Elsewhere, "is busy (429)"),
    Fault::new(
        "busy_for_seconds",
        "status=429;retry_after=2",
        Then::Elsewhere,
        "is busy for two seconds (429, Retry-After)",
    ),
    Fault::new(
        "busy_for_long",
        "status=429;retry_after=600",
        Then::Elsewhere,
        "is busy for ten minutes (429, Retry-After)",
    ),
    Fault::new("failed_once", "status=500", Then::Elsewhere, "fails once (500)").once(),
    Fault::new("failed", "status=500", Then::Elsewhere, "fails (500)"),
    Fault::new("bad_gateway", "status=502;html", Then::Elsewhere, "fails, says a proxy in HTML (502)"),
    Fault::new("unavailable", "status=503", Then::Elsewhere, "is down (503)"),
    Fault::new("gave_up", "status=504", Then::Elsewhere, "waited in vain for another (504)"),
    Fault::new("key_refused", "status=401", Then::Elsewhere, "refuses the key (401)"),
    Fault::new("unpaid", "status=402", Then::Elsewhere, "wants to be paid (402)"),
    Fault::new("forbidden", "status=403", Then::Elsewhere, "forbids it (403)"),
    Fault::new("unknown_model", "status=404", Then::Told, "does not know the model (404)"),
    Fault::new(
        "context_too_long",
        "status=400;code=context_length_exceeded",
        Then::Told,
        "says the prompt is too long (400)",
    ),
    Fault::new("content_refused", "status=400;code=content_filter", Then::Told, "refuses the content (400)"),
    Fault::new("html_page", "html", Then::Elsewhere, "answers with a page of HTML"),
    Fault::new("empty", "empty", Then::Elsewhere, "answers with nothing"),
    Fault::new("malformed", "malformed=0", Then::Elsewhere, "begins with what is not JSON"),
    Fault::new("error_under_200", "error_event=0", Then::Elsewhere, "begins with an error, under 200"),
    Fault::midway("cut_short", "truncate=3", "ends in good order, too early"),
    Fault::midway("stream_cut", "cut=3", "closes within the answer"),
    Fault::midway("stream_reset", "reset=3", "resets within the answer"),
    Fault::midway("stream_stalled", "stall=3", "falls silent within the answer"),
    Fault::midway("stream_pings", "pings=3:20", "goes on with nothing but comments"),
    Fault::midway("stream_error", "error_event=2", "tells of an error within the answer"),
    Fault::midway("stream_garbled", "malformed=2", "says something between that is not JSON"),
    Fault {
        whole: Then::Answered,
        ..Fault::midway("no_end_mark", "no_done", "sends all but the mark of its end")
    },
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FAULTS, LATE};
    use crate::drill::pace::Pace;

    #[test]
    fn the_simulator_knows_every_fault() {
        let pace = Pace::of(Duration::from_secs(60), Duration::from_secs(30));
        for fault in FAULTS {
            let script = fault.script(&pace);
            assert!(!script.contains(LATE), "{script}");
            script.parse::<simulator::Fault>().unwrap_or_else(|error| panic!("{}: {error}", fault.name));
        }
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let mut names: Vec<&str> = FAULTS.iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FAULTS.len());
    }
}
