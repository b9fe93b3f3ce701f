//! An answer of which several targets gave a part: who gave what.

use std::sync::Arc;

use domain::Usage;
use observe::SegmentLine;
use serde_json::{Value, json};

use crate::serving::ServedProvider;

/// The part of one target.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) provider: Arc<ServedProvider>,
    /// The name that it was asked for.
    pub(crate) model: String,
    /// What it used, by its word or by our count.
    pub(crate) usage: Usage,
}

impl Segment {
    /// The place of the provider in the metrics, and what it used.
    pub(crate) fn spent(&self) -> (u16, Usage) {
        (self.provider.slot, self.usage)
    }

    /// As the log tells it.
    pub(crate) fn line(&self) -> SegmentLine<'_> {
        SegmentLine { provider: self.provider.id(), model: &self.model, usage: self.usage }
    }
}

/// The parts of an answer that broke off at least once.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    broken: Vec<Segment>,
    last: Option<Segment>,
}

impl Segments {
    /// A target's answer broke off.
    pub(crate) fn broke(&mut self, segment: Segment) {
        self.broken.push(segment);
    }

    /// The one that gives the rest, as far as it has come.
    pub(crate) fn note_last(&mut self, segment: Segment) {
        self.last = Some(segment);
    }

    /// What the one used whose answer broke off last.
    pub(crate) fn used_by_broken(&self) -> Option<&Usage> {
        self.broken.last().map(|segment| &segment.usage)
    }

    /// What the one has used who gives the rest, as far as that is known.
    pub(crate) fn used_by_last(&self) -> Option<&Usage> {
        self.last.as_ref().map(|segment| &segment.usage)
    }

    /// As a caller is told who asks for it: JSON.
    pub(crate) fn told(&self) -> String {
        let parts = self.iter().map(|segment| {
            let tokens =
                json!({ "input": segment.usage.input_total(), "output": segment.usage.output_total() });
            json!({ "provider": segment.provider.id(), "model": segment.model, "tokens": tokens })
        });
        Value::from_iter(parts).to_string()
    }

    /// All of them, the first first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.broken.iter().chain(&self.last)
    }
}
