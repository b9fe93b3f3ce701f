//! A stream that changes its source on the way: leaving the one that broke, taking the next, or giving up.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use dialects::retouch::Retouch;
use dialects::translation::Standing;
use domain::Usage;
use observe::Rescued;
use routing::Resume;
use routing::health::Fault;
use tokio::time::Instant;

use super::{Relay, State, joined, pulse_of};

use crate::call::Call;
use crate::pipeline::attempt::Answer;
use crate::pipeline::beginning::Begun;
use crate::pipeline::going_on::GoingOn;
use crate::pipeline::pulse::Pulse;
use crate::pipeline::rescuer::{Left, Rescuer};
use crate::pipeline::silence::Patience;
use crate::pipeline::watch::Watch;
use crate::segments::Segment;
use crate::serving::ServedProvider;

/// Whose answer a stream is.
pub(in crate::pipeline) struct Whose {
    pub(in crate::pipeline) provider: Arc<ServedProvider>,
    /// What the provider calls the model.
    model: Option<Arc<str>>,
}

impl Relay {
    /// Whether another may go on with the stream, should it break.
    pub(crate) fn is_rescuable(&self) -> bool {
        self.rescuer.is_some()
    }

    /// Whether it broke, and waits for another to go on with it.
    pub(in crate::pipeline) fn is_stranded(&self) -> bool {
        self.state == State::Stranded
    }

    pub(super) fn may_be_rescued(&self) -> bool {
        let (Some(rescuer), Watch::TranslatedStream(stream)) = (&self.rescuer, &self.watch) else {
            return false;
        };
        let is_too_large = self.call.bytes_out > self.bytes_max;
        !is_too_large
            && match stream.translation.standing() {
                Standing::Untold => true,
                Standing::Told => rescuer.resume != Resume::Hidden,
                Standing::Finished | Standing::Lost => false,
            }
    }

    /// Whether it can be ended where it broke: all of it has been said, and only its end mark is missing, or its usage.
    pub(super) fn may_end_without_mark(&self) -> bool {
        self.is_rescuable() && self.watch.has_said_all()
    }

    /// Whose answer it is now.
    pub(in crate::pipeline) fn whose(&self) -> Option<Whose> {
        Some(Whose { provider: self.call.provider.clone()?, model: self.call.upstream_model.clone() })
    }

    /// Counts what came of a break.
    pub(in crate::pipeline) fn note_break(&self, provider: u16, outcome: Rescued) {
        self.call.worker.shard.stream_broke(provider, outcome);
    }

    /// The call, and who may go on with its answer.
    pub(in crate::pipeline) fn parts_for_rescue(&mut self) -> Option<(&mut Call, &mut Rescuer)> {
        Some((&mut self.call, self.rescuer.as_mut()?))
    }

    /// Leaves the source: its connection is closed, what it used is noted, and its health is told.
    pub(in crate::pipeline) fn leave_source(&mut self) -> Option<Left> {
        let failure = self.why_broken();
        let is_silent = !self.content.is_end() && self.patience.has_run_out();
        self.content.abandon();
        let Watch::TranslatedStream(stream) = &mut self.watch else { return None };
        let told = stream.translation.told().to_owned();
        let is_misfit = stream.has_misfit();
        let usage = stream.break_off().usage;
        let segment = self.segment(self.as_meant(usage))?;
        self.call.segments.get_or_insert_default().broke(segment);
        let resume = self.rescuer.as_ref()?.resume;
        let fault = match (is_misfit, is_silent) {
            // He answered what he was asked, and would hardly find the same words if he was asked again.
            (true, _) => Fault::Declined,
            (false, true) => Fault::Silent,
            (false, false) => Fault::Broken,
        };
        if !is_misfit {
            self.call.source_broke();
        }
        Some(Left { failure, fault, going_on: GoingOn { told, resume } })
    }

    /// Goes on with the answer of another.
    pub(in crate::pipeline) fn take_over(&mut self, answer: Answer, going_on: &GoingOn) -> Rescued {
        let Answer { begun, provider, whole_until, idle_limit, .. } = answer;
        let Begun { content, kept, watch, source, .. } = *begun;
        let (Watch::TranslatedStream(stream), Watch::Stream(events), Some(source)) =
            (&mut self.watch, watch, source)
        else {
            return Rescued::Lost;
        };
        let is_shown = going_on.resume == Resume::Visible && !going_on.told.is_empty();
        let first = stream.go_on(*source, *events, &kept.whole(), is_shown);
        let first = self.count_kept(first);
        self.kept.replace(first);
        self.content = content;
        let is_length_known = self.content.known_length().is_some();
        let limits = (idle_limit, whole_until);
        self.patience = Patience::new(limits, Instant::now(), is_length_known, &self.watch);
        self.retouch = self.retouch_now(&provider);
        self.state = State::Flowing;
        match (going_on.told.is_empty(), is_shown) {
            (true, _) => Rescued::Hidden,
            (false, true) => Rescued::Restarted,
            (false, false) => Rescued::Continued,
        }
    }

    /// What is changed on the way, by what is known now.
    fn retouch_now(&self, provider: &ServedProvider) -> Option<Box<Retouch>> {
        self.wish?.retouch(&self.call, provider, &self.watch)
    }

    /// Once all is said, the caller can be told who gave which part.
    pub(super) fn tell_segments(&mut self) {
        if !self.watch.has_said_all() {
            return;
        }
        self.note_last_segment();
        if let Some(provider) = self.call.provider.clone() {
            self.retouch = self.retouch_now(&provider);
        }
    }

    /// Nobody goes on: the caller is told of the break, which is that of the one who broke, whoever was asked since.
    pub(in crate::pipeline) fn give_up(&mut self, broken: Option<Whose>) {
        if let Some(Whose { provider, model }) = broken {
            (self.call.provider, self.call.upstream_model) = (Some(provider), model);
        }
        self.rescuer = None;
        self.state = State::Lost;
    }

    /// For the time without a source.
    pub(in crate::pipeline) fn new_pulse(&self) -> Pulse {
        pulse_of(&self.call)
    }

    /// So much was told meanwhile.
    pub(in crate::pipeline) fn note_told(&mut self, bytes: u64) {
        self.call.bytes_out += bytes;
    }

    /// A sign of life for a caller who waits for another source.
    pub(in crate::pipeline) fn ping_text(&mut self) -> Bytes {
        match &mut self.watch {
            Watch::TranslatedStream(stream) => Bytes::from(stream.translation.ping()),
            _ => Bytes::new(),
        }
    }

    /// Counts what is kept of the stream as a body is. Where there is no room for it, nobody can go on with it: what is held back for
    /// the sake of that leaves, behind what leaves anyway.
    pub(super) fn count_kept(&mut self, leaves: Bytes) -> Bytes {
        let (Some(rescuer), Watch::TranslatedStream(stream)) = (&mut self.rescuer, &mut self.watch) else {
            return leaves;
        };
        if rescuer.kept.grow_to(stream.translation.kept_bytes()) {
            return leaves;
        }
        self.rescuer = None;
        joined(leaves, Bytes::from(stream.translation.let_go()))
    }

    /// The beginning that was held back, once it has been long enough.
    pub(super) fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let (Some(rescuer), Watch::TranslatedStream(stream)) = (&mut self.rescuer, &mut self.watch) else {
            return Poll::Pending;
        };
        let Some(hold) = &mut rescuer.hold else { return Poll::Pending };
        if hold.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        rescuer.hold = None;
        let held = Bytes::from(stream.translation.let_go());
        if held.is_empty() {
            return Poll::Pending;
        }
        let held = self.retouched(held);
        self.call.bytes_out += held.len() as u64;
        Poll::Ready(held)
    }

    /// Notes the part of the one who gives the rest, where others gave parts before.
    pub(super) fn note_last_segment(&mut self) {
        let Watch::TranslatedStream(stream) = &self.watch else { return };
        // A source that was left is noted already, and whoever was asked since has given nothing.
        let Some(usage) = stream.usage_of_source() else { return };
        let segment = self.segment(self.as_meant(usage));
        if let (Some(segments), Some(segment)) = (&mut self.call.segments, segment) {
            segments.note_last(segment);
        }
    }

    fn segment(&self, usage: Usage) -> Option<Segment> {
        let provider = self.call.provider.clone()?;
        let model = self.call.upstream_model.as_deref().unwrap_or(&self.call.model).to_owned();
        Some(Segment { provider, model, usage })
    }
}
