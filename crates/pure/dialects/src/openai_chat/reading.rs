//! One event of a chat stream as it passes: what it tells of usage, finish, error and end.

use std::sync::LazyLock;

use domain::{ServiceTier, Usage};
use memchr::memmem::Finder;

use super::choices::ChoiceCount;
use super::ending::Ending;
use crate::framing::sse::Event;
use crate::json::{ObjectScan, value_behind};
use crate::watch::{ERROR, Facts, KIND, StreamFault, USAGE, WANTED, is_no_error, parse_usage};

static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static USAGE_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));
/// A name, and in some dialects the kind of an object that is nothing but an error.
static ERROR_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
/// How some tell of errors, under 200: in a status of their own, with a number that is not 0.
static OWN_STATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"base_resp\""));
static STATUS_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"status_code\""));
static CHOICES_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"choices\""));
/// What of a chunk is read: behind what is read of all of them, the tier that served it.
const WANTED_OF_CHUNK: &[&str] = &[WANTED[0], WANTED[1], WANTED[2], WANTED[3], "service_tier"];
const TIER: usize = WANTED.len();
const END_MARK: &[u8] = b"[DONE]";

/// How a chat stream is read while it passes.
#[derive(Debug)]
pub(crate) struct ChatReading {
    scan: ObjectScan,
    /// Where more than one choice is to come, which of them have finished.
    several: Option<Box<ChoiceCount>>,
    ending: Ending,
    /// The caller did not ask for usage: the event that is nothing but that is kept back.
    pub(crate) hides_usage: bool,
}

impl Default for ChatReading {
    fn default() -> Self {
        Self {
            scan: ObjectScan::new(WANTED_OF_CHUNK),
            several: None,
            ending: Ending::default(),
            hides_usage: false,
        }
    }
}

impl ChatReading {
    pub(crate) fn of_choices(asked: u64) -> Self {
        Self { several: Some(Box::new(ChoiceCount::new(asked))), ..Self::default() }
    }

    pub(crate) fn read(&mut self, facts: &mut Facts, event: Event<'_>) {
        let data = event.data;
        let text = data.trim_ascii();
        match event.name {
            b"" | b"message" => {}
            b"error" => return facts.tell_error(event),
            // A ping, or something newer than we are: no part of an answer, unless it holds one, or an error.
            _ if CHOICES_NAME.find(text).is_none() && ERROR_NAME.find(text).is_none() => return,
            _ => {}
        }
        if text == END_MARK {
            facts.chunks += 1;
            return facts.end_conversation(event, self.has_ended());
        }
        if text.is_empty() {
            return;
        }
        // An answer that has begun ends with such a number, too.
        if facts.chunks == 0 && tells_bad_status(text) {
            return facts.tell_error(event);
        }
        let is_sound = self.scan.has_outline(text);
        // Inside a JSON string these quotes would be escaped, so a hit is a real key or, harmlessly, a whole string value.
        let mut finishes = FINISH.find_iter(text).map(|at| behind(&text[at..], &FINISH));
        let mut has_choice = false;
        let names_a_reason = finishes.any(|value| {
            has_choice = true;
            // Some say `""` until there is a reason.
            value.starts_with(b"\"") && !value.starts_with(b"\"\"")
        });
        if has_choice && !names_a_reason && !facts.is_finished {
            self.ending.keep(text);
        }
        // At the top in most; some hosts tell it in the choice, or in a member of their own.
        let mut usages = USAGE_NAME.find_iter(text).map(|at| behind(&text[at..], &USAGE_NAME));
        let usage = usages.find(|value| value.starts_with(b"{"));
        let tells_usage = usage.is_some();
        if tells_usage || ERROR_NAME.find(text).is_some() {
            self.scan.reset();
            let is_read = self.scan.feed(text).is_ok();
            let field = |place| self.scan.field(place).map(|field| field.text.as_deref());
            let tells_error = field(ERROR).is_some_and(|error| !is_no_error(error));
            if tells_error || field(KIND) == Some(Some(b"\"error\"")) {
                return facts.tell_error(event);
            }
            let at_the_top = field(USAGE).flatten().filter(|text| *text != b"null");
            if let Some(usage) = at_the_top.or(usage).filter(|_| is_read) {
                let tier = field(TIER).flatten().map(ServiceTier::of_json).unwrap_or_default();
                let told = parse_usage(usage).map(|told| Usage { service_tier: tier, ..told });
                facts.usage = told.or(facts.usage);
            }
            if self.hides_usage && tells_usage && is_read && self.has_no_choice(text) {
                facts.hidden.push(event.start..event.end);
            }
        }
        if !is_sound && !facts.is_done {
            return facts.fail(StreamFault::Malformed, event.start);
        }
        facts.chunks += 1;
        facts.is_finished |= names_a_reason && self.several.is_none();
        if let Some(choices) = &mut self.several {
            choices.read(data);
            facts.is_finished = choices.have_all_finished();
        }
    }

    /// Whether the end mark is the end, though not all that was to come has named its reason.
    fn has_ended(&self) -> bool {
        let has_any_finished = self.several.as_ref().is_some_and(|choices| choices.has_any_finished());
        has_any_finished || self.ending.is_one()
    }

    /// Whether the chunk names its choices and there are none.
    fn has_no_choice(&self, text: &[u8]) -> bool {
        let choices = CHOICES_NAME.find(text).map(|at| behind(&text[at..], &CHOICES_NAME));
        let inside = choices.and_then(|choices| choices.strip_prefix(b"["));
        inside.is_some_and(|inside| inside.trim_ascii_start().starts_with(b"]"))
    }
}

/// Whether an event without a choice has a status of its own that is none of success.
fn tells_bad_status(text: &[u8]) -> bool {
    let choices = CHOICES_NAME.find(text).map(|at| behind(&text[at..], &CHOICES_NAME));
    let status = || {
        let own = &text[OWN_STATUS.find(text)?..];
        Some(behind(&own[STATUS_NAME.find(own)?..], &STATUS_NAME))
    };
    choices.is_none_or(|choices| choices.starts_with(b"null"))
        && status()
            .is_some_and(|status| status.starts_with(b"-") || matches!(status.first(), Some(b'1'..=b'9')))
}

/// What follows a name at the start of `text`; nothing where it is no key.
fn behind<'t>(text: &'t [u8], name: &Finder<'_>) -> &'t [u8] {
    value_behind(text, name.needle()).unwrap_or_default()
}
