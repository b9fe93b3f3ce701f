//! An event of a stream, as it goes over the wire.

use crate::json::writer::{ObjectWriter, write_object};

/// Appends an event.
pub(super) fn write_event(out: &mut String, name: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.extend(["event: ", name, "\ndata: "]);
    write_object(out, |o| {
        o.text("type", name);
        fill(o);
    });
    out.push_str("\n\n");
}

/// Writes the event that ends a stream.
pub(super) fn write_last_event(out: &mut String) {
    write_event(out, "message_stop", |_| {});
}
