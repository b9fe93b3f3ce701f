//! Lines for people at a terminal. Not meant to be parsed: JSON is.

use super::event::{Event, Level};
use super::line::{METHOD_BYTES_MAX, MODEL_BYTES_MAX, PROVIDER_BYTES_MAX, RequestLine};
use super::stamp::Stamp;
use super::text::{bounded, push_ms_short, push_number, push_plain};

const GREEN: &[u8] = b"\x1b[32m";
const YELLOW: &[u8] = b"\x1b[33m";
const RED: &[u8] = b"\x1b[31m";
const PLAIN: &[u8] = b"\x1b[0m";

/// Appends one request.
pub(crate) fn push_request(out: &mut Vec<u8>, stamp: &mut Stamp, line: &RequestLine<'_>, has_colour: bool) {
    out.extend_from_slice(stamp.time_of_day(line.at));
    out.push(b' ');
    coloured(out, line.level(), has_colour, |out| push_number(out, u64::from(line.status)));
    out.push(b' ');
    push_plain(out, bounded(line.method, METHOD_BYTES_MAX));
    out.push(b' ');
    push_plain(out, line.path_shown());
    if !line.model.is_empty() {
        out.push(b' ');
        push_plain(out, bounded(line.model, MODEL_BYTES_MAX));
    }
    if !line.provider.is_empty() {
        out.extend_from_slice(b" -> ");
        push_plain(out, bounded(line.provider, PROVIDER_BYTES_MAX));
        if !line.upstream_model.is_empty() && line.upstream_model != line.model {
            out.push(b'/');
            push_plain(out, bounded(line.upstream_model, MODEL_BYTES_MAX));
        }
    }
    out.push(b' ');
    push_ms_short(out, line.took);
    out.extend_from_slice(b" (+");
    push_ms_short(out, line.added);
    out.push(b')');
    if let Some(usage) = line.usage {
        out.push(b' ');
        push_number(out, usage.input_total());
        out.push(b'+');
        push_number(out, usage.output_total());
        out.extend_from_slice(b" tokens");
    }
    if line.attempts > 1 {
        out.push(b' ');
        push_number(out, u64::from(line.attempts));
        out.extend_from_slice(b" attempts");
    }
    if line.is_replay {
        out.extend_from_slice(b" replayed");
    }
    if !line.cache.is_empty() {
        out.extend_from_slice(b" cache ");
        out.extend_from_slice(line.cache.as_bytes());
    }
    if !line.hedged.is_empty() {
        out.extend_from_slice(b" hedge ");
        out.extend_from_slice(line.hedged.as_bytes());
    }
    if let Some(kind) = line.kind {
        out.push(b' ');
        out.extend_from_slice(kind.code().as_bytes());
    }
    if line.is_failure() {
        // Who looks into a failure needs the id; who watches successes does not.
        out.extend_from_slice(b" call ");
        out.extend_from_slice(&line.call_id.text());
    }
    out.push(b'\n');
}

/// Appends one event.
pub(crate) fn push_event(out: &mut Vec<u8>, stamp: &mut Stamp, event: &Event<'_>, has_colour: bool) {
    out.extend_from_slice(stamp.time_of_day(event.at));
    out.push(b' ');
    coloured(out, event.level, has_colour, |out| out.extend_from_slice(event.level.name().as_bytes()));
    out.push(b' ');
    push_plain(out, event.message());
    for (name, value) in event.fields_shown() {
        out.push(b' ');
        push_plain(out, name);
        out.push(b'=');
        let is_one_word = !value.is_empty() && !value.contains([' ', '"']);
        push_plain(out, &if is_one_word { value } else { format!("{value:?}") });
    }
    out.push(b'\n');
}

fn coloured(out: &mut Vec<u8>, level: Level, has_colour: bool, write: impl FnOnce(&mut Vec<u8>)) {
    if !has_colour {
        return write(out);
    }
    out.extend_from_slice(match level {
        Level::Info => GREEN,
        Level::Warn => YELLOW,
        Level::Error => RED,
    });
    write(out);
    out.extend_from_slice(PLAIN);
}
