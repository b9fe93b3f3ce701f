//! Events that are no conversation: sound, text or pictures in pieces. Whether they are sound, whether the last has come, and
//! the usage, wherever one is told.

use domain::Usage;

use super::facts::{Facts, StreamFault};
use super::numbers::parse_loose_usage;
use super::reply::is_no_error;
use crate::framing::sse::Event;
use crate::json::{Item, ObjectScan};

/// Longest event that is read: a picture is one.
pub const LOOSE_EVENT_BYTES_MAX: usize = 8 << 20;

/// The reading of such events.
#[derive(Debug)]
pub(super) struct LooseReading {
    scan: ObjectScan,
}

impl Default for LooseReading {
    fn default() -> Self {
        Self { scan: ObjectScan::new(&[]) }
    }
}

/// What an event says of itself.
#[derive(Default)]
struct Told {
    kind: String,
    usage: Option<Usage>,
    is_error: bool,
}

impl LooseReading {
    pub(super) fn read(&mut self, facts: &mut Facts, event: Event<'_>) {
        let text = event.data.trim_ascii();
        if event.name == b"error" {
            return facts.tell_error(event);
        }
        if text.is_empty() {
            return;
        }
        if text == b"[DONE]" {
            facts.end(event);
        } else if !self.scan.has_outline(text) {
            return facts.fail(StreamFault::Malformed, event.start);
        }
        let told = told(text);
        if told.is_error {
            return facts.tell_error(event);
        }
        facts.chunks += 1;
        facts.usage = told.usage.or(facts.usage);
        let is_of_pictures = told.kind.starts_with("image_");
        if is_of_pictures && told.kind.ends_with(".completed") {
            facts.images = facts.images.saturating_add(1);
            facts.usage.get_or_insert_default();
        }
        if let Some(usage) = &mut facts.usage {
            usage.images = facts.images;
        }
        let ends = |endings: &[&str]| endings.iter().any(|ending| told.kind.ends_with(ending));
        if ends(&[".done", ".completed", ".failed", ".incomplete"]) {
            facts.is_finished = true;
        } else if ends(&[".delta", ".partial_image"]) {
            // Of several pictures another one has begun.
            facts.is_finished = false;
        }
    }
}

fn told(text: &[u8]) -> Told {
    let Ok(mut fields) = Item::of_body(text).and_then(|item| item.fields()) else { return Told::default() };
    let kind = fields.string("type").ok().flatten().unwrap_or_default().into_owned();
    let error = fields.take("error");
    Told {
        is_error: kind == "error" || error.is_some_and(|error| !is_no_error(Some(error.text().as_bytes()))),
        usage: fields
            .take("usage")
            .and_then(|usage| parse_loose_usage(usage.text().as_bytes(), kind.starts_with("image_"))),
        kind,
    }
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::LOOSE_EVENT_BYTES_MAX;
    use crate::watch::{StreamFault, StreamWatch};

    fn watch(stream: &str) -> StreamWatch {
        let mut watch = StreamWatch::of_anything();
        stream.as_bytes().chunks(4093).for_each(|piece| watch.feed(piece));
        watch
    }

    fn event(kind: &str, rest: &str) -> String {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n")
    }

    #[test]
    fn each_surface_says_in_its_way_that_it_is_finished() {
        for (part, last) in [
            ("speech.audio.delta", "speech.audio.done"),
            ("transcript.text.delta", "transcript.text.done"),
            ("image_generation.partial_image", "image_generation.completed"),
            ("image_edit.partial_image", "image_edit.completed"),
        ] {
            assert!(watch(&event(part, "")).has_begun() && !watch(&event(part, "")).is_finished(), "{part}");
            assert!(watch(&[event(part, ""), event(last, "")].concat()).is_finished(), "{last}");
            let begun_anew = [event(last, ""), event(part, "")].concat();
            assert!(!watch(&begun_anew).is_finished(), "{part} behind {last}");
        }
        assert!(watch("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n").is_done());
    }

    #[test]
    fn a_picture_is_read_however_large_it_is() {
        let picture = |length: usize| {
            let usage = "\"usage\":{\"total_tokens\":10,\"input_tokens\":3,\"output_tokens\":7}";
            event("image_generation.completed", &format!(",\"b64_json\":\"{}\",{usage}", "A".repeat(length)))
        };
        let seen = watch(&picture(LOOSE_EVENT_BYTES_MAX / 2));
        assert_eq!(seen.usage(), Some(Usage { input: 3, image_output: 7, images: 1, ..Usage::default() }));
        assert!(seen.is_finished());
        // What nobody has read may have been the last one: the framing decides.
        assert!(watch(&picture(LOOSE_EVENT_BYTES_MAX)).is_finished());
    }

    #[test]
    fn errors_and_broken_events_stay_back() {
        for error in ["event: error\ndata: {}\n\n", "data: {\"error\":{\"message\":\"no\"}}\n\n"] {
            assert!(watch(error).is_error(), "{error}");
        }
        assert!(!watch("data: {\"error\":null}\n\n").is_error());
        assert_eq!(watch("data: {\"a\":\n\n").fault(), Some(&StreamFault::Malformed));
    }
}
