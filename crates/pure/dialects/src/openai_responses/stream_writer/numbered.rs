//! Events with their numbers: every one has the next.

use crate::json::writer::{ObjectWriter, object};

/// Counts events.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    next: u64,
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'i> {
    pub(super) item_id: &'i str,
    pub(super) output_index: u64,
}

impl Numbered {
    /// Writes an event.
    pub(super) fn write(&mut self, out: &mut String, kind: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        let data = object(|o| {
            o.text("type", kind);
            o.whole("sequence_number", self.next);
            fill(o);
        });
        self.next += 1;
        out.extend(["event: ", kind, "\ndata: ", &data, "\n\n"]);
    }

    /// Writes an event about an item.
    pub(super) fn write_at(
        &mut self,
        out: &mut String,
        kind: &str,
        place: Place<'_>,
        fill: impl FnOnce(&mut ObjectWriter<'_>),
    ) {
        self.write(out, kind, |o| {
            o.text("item_id", place.item_id);
            o.whole("output_index", place.output_index);
            fill(o);
        });
    }
}
