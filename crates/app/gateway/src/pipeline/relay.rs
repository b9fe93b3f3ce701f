//! Passing an answer on: the bytes as they come, watched but never changed. The end of the answer, or of the caller,
//! is the end of the call; both settle it once, by dropping it.

mod charging;
mod rescued;

use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use dialects::Dialect;
use dialects::retouch::Retouch;
use dialects::surface::{Operation, surface_at};
use dialects::watch::StreamFault;
use domain::{Failure, Kind, Usage};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response};
use observe::Rescued;

use crate::budget_words::warning;
use crate::cache::Spend;
use crate::call::Call;
use crate::cost::CallCost;
use crate::header_names;
use crate::hygiene::copy_to_caller;
use crate::pipeline::asked::Asked;
use crate::pipeline::attempt::Answer;
use crate::pipeline::beginning::Begun;
use crate::pipeline::content::Content;
use crate::pipeline::ending::Ending;
use crate::pipeline::estimate::Estimate;
use crate::pipeline::kept::Kept;
use crate::pipeline::pulse::Pulse;
use crate::pipeline::rescuer::Rescuer;
use crate::pipeline::retouched::Wish;
use crate::pipeline::silence::Patience;
use crate::pipeline::upstream_error::told_in_answer;
use crate::pipeline::watch::Watch;
use crate::stored_responses::Whereabouts;
use crate::tokens::BYTES_PER_TOKEN;

/// Room for the headers of an answer, ours included.
const HEADERS_EXPECTED: usize = 16;

/// The body broke off; the connection must, too.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer broke off")
    }
}

impl std::error::Error for BrokenOff {}

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Relay {
    call: Box<Call>,
    content: Content,
    /// Read during the attempt, not yet passed on.
    kept: Kept,
    watch: Watch,
    estimate: Option<Estimate>,
    patience: Patience,
    /// Of a stream that is translated.
    pulse: Option<Pulse>,
    /// Of a stream that is changed on its way.
    retouch: Option<Box<Retouch>>,
    /// What is to be changed of it, whoever goes on.
    wish: Option<Wish>,
    bytes_max: u64,
    /// Of a stream that another may go on with.
    rescuer: Option<Box<Rescuer>>,
    /// The last piece, while its charge is not safe.
    ending: Option<Ending>,
    state: State,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Flowing,
    /// It broke, and another may go on with it.
    Stranded,
    /// It broke, and nobody goes on with it.
    Lost,
    /// It broke, and what there is to say has been said: hyper is left a moment to send it.
    Breaking,
    /// The break itself is told at the next poll.
    Broken,
    Over,
}

/// The head of the answer, with the rest to follow.
pub(crate) fn relay(mut call: Box<Call>, asked: Asked) -> Response<Box<Relay>> {
    let Asked { answer, wish, rescuer } = asked;
    remember(&call, &answer);
    let Answer { begun, provider, region, line: _, whole_until, idle_limit, bytes_max } = answer;
    let Begun { head, content, mut kept, watch, estimate, source: _ } = *begun;
    let mut headers = HeaderMap::with_capacity(HEADERS_EXPECTED);
    copy_to_caller(head.headers, &mut headers);
    if let Some(right) = watch.content_type(headers.get(CONTENT_TYPE)) {
        headers.insert(CONTENT_TYPE, right);
    }
    if watch.is_stream() {
        headers.insert(header_names::NO_BUFFERING.clone(), HeaderValue::from_static("no"));
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }
    let began = call.answer_begins(head.status.as_u16());
    if call.is_streaming
        && let Some(waited) = call.first_byte
    {
        call.worker.shard.first_token(provider.slot, waited);
    }
    if let Ok(model) = HeaderValue::from_str(call.upstream_model.as_deref().unwrap_or(&call.model)) {
        headers.insert(header_names::MODEL.clone(), model);
    }
    headers.insert(header_names::PROVIDER.clone(), provider.id.clone());
    call.region = Some(region.clone());
    headers.insert(header_names::REGION.clone(), region);
    headers.insert(header_names::ATTEMPTS.clone(), counted(call.attempts));
    if !watch.is_stream() {
        call.lose(&watch.losses());
    }
    call.tell_limits(&mut headers);
    if let Some(warnings) = call.warnings_told() {
        headers.insert(header_names::WARNINGS.clone(), warnings);
    }
    if let Some(cap) = call.lowered_cap {
        headers.insert(header_names::LOWERED_CAP.clone(), HeaderValue::from(cap));
    }
    if let Some(told) = call.paying.as_ref().and_then(|paying| warning(paying, call.received_at)) {
        headers.insert(header_names::BUDGET_WARNING.clone(), told);
    }
    headers.insert(header_names::OVERHEAD.clone(), milliseconds(call.added));
    let cost = cost_at_head(&mut call, &watch, estimate.as_ref());
    if let Some((amount, currency)) = cost.headers() {
        headers.insert(header_names::COST.clone(), amount);
        if let Some(currency) = currency {
            headers.insert(header_names::COST_CURRENCY.clone(), currency);
        }
    }
    let patience = Patience::new((idle_limit, whole_until), began, content.known_length().is_some(), &watch);
    let is_translated_stream = matches!(watch, Watch::TranslatedStream(_));
    let pulse = is_translated_stream.then(|| pulse_of(&call));
    let retouch = wish.and_then(|wish| wish.retouch(&call, &provider, &watch));
    let retouch = match retouch {
        Some(mut retouch) if !watch.is_stream() => {
            retouch.tell_cost(cost.json());
            kept.change_beginning(|beginning| retouch.whole(beginning));
            None
        }
        retouch => retouch,
    };
    let state = State::Flowing;
    let mut relay = Relay {
        call,
        content,
        kept,
        watch,
        estimate,
        patience,
        pulse,
        retouch,
        wish,
        bytes_max,
        rescuer: rescuer.filter(|_| is_translated_stream),
        ending: None,
        state,
    };
    if relay.rescuer.is_some() {
        let first = Bytes::from(relay.kept.whole().into_owned());
        let first = relay.count_kept(first);
        relay.kept.replace(first);
    }
    let mut response = Response::new(Box::new(relay));
    *response.status_mut() = head.status;
    *response.headers_mut() = headers;
    response
}

/// Notes which provider keeps this answer, if it is of a dialect whose answers are kept.
fn remember(call: &Call, answer: &Answer) {
    if call.dialect != Dialect::OpenAiResponses || call.method != Method::POST {
        return;
    }
    let (Some(owner), Some(id)) = (&call.key, answer.begun.watch.answer_id()) else { return };
    let whereabouts = Whereabouts {
        owner: owner.clone(),
        provider: answer.provider.slot,
        line: answer.line,
        model: call.model.as_str().into(),
    };
    call.worker.gateway.stored_responses.note(&id, whereabouts);
}

impl Relay {
    /// The next piece, before anybody has looked at what it costs.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        match self.state {
            State::Flowing => {}
            State::Stranded => return Poll::Pending,
            State::Lost => return self.tell_break(b"", cx),
            State::Breaking => return self.let_flush(cx),
            State::Broken => {
                self.state = State::Over;
                return Poll::Ready(Some(Err(BrokenOff)));
            }
            State::Over => return Poll::Ready(None),
        }
        loop {
            let mut piece = match self.kept.next() {
                // Watched when it was read.
                Some(piece) => piece,
                None => match self.content.poll_piece(cx) {
                    Poll::Ready(Some(Ok(piece))) => {
                        let piece = self.as_far_as_paid(piece);
                        let leaves = self.watch.pass(piece);
                        self.patience.hear(&self.watch);
                        let leaves = self.count_kept(leaves);
                        if self.watch.is_cut() && self.finish() {
                            // The provider would go on: what it says now is paid for and not wanted.
                            let leaves = self.retouched(leaves);
                            self.call.bytes_out += leaves.len() as u64;
                            return Poll::Ready(Some(Ok(leaves)));
                        }
                        leaves
                    }
                    Poll::Ready(None) => Bytes::new(),
                    Poll::Ready(Some(Err(_))) if self.watch.is_whole_without_its_mark() => {
                        return self.end_in_silence(Bytes::new(), cx);
                    }
                    Poll::Ready(Some(Err(_))) if self.may_end_without_mark() => {
                        return self.end_in_silence(Bytes::new(), cx);
                    }
                    Poll::Ready(Some(Err(_))) => return self.break_off(b"", cx),
                    Poll::Pending => return self.poll_silence(cx),
                },
            };
            let is_end = self.content.is_end() && self.kept.is_empty();
            if is_end {
                piece = joined(piece, self.watch.end());
            }
            let piece = self.retouched(piece);
            self.call.bytes_out += piece.len() as u64;
            let is_unfit = self.call.bytes_out > self.bytes_max || self.watch.fault().is_some();
            if is_unfit || (is_end && !self.finish()) {
                return self.break_off(&piece, cx);
            }
            if self.state == State::Flowing && self.kept.is_empty() && self.patience.is_exhausted() {
                return self.end_in_silence(piece, cx);
            }
            if !piece.is_empty() {
                if let Some(pulse) = &mut self.pulse {
                    pulse.tell();
                }
                return Poll::Ready(Some(Ok(piece)));
            }
            if self.state == State::Over {
                return Poll::Ready(None);
            }
        }
    }

    /// Whether all of a good answer has left, though its framing may still be open: of sound and text only the framing tells.
    pub(super) fn is_told(&self) -> bool {
        match self.state {
            State::Over => self.call.kind.is_none(),
            State::Flowing => self.watch.is_over() && self.watch.is_whole() && self.kept.is_empty(),
            _ => false,
        }
    }

    /// What a whole answer took of whom; nothing where several gave it.
    pub(super) fn spend(&self) -> Option<Spend> {
        let call = &self.call;
        let provider = call.provider.clone().filter(|_| call.segments.is_none())?;
        // What it was charged by, where it was: by then nobody is left who pays, and what was guessed for him is not guessed again.
        let usage = call.usage.or_else(|| self.usage(true));
        Some(Spend {
            provider,
            model: call.upstream_model.clone(),
            usage,
            usage_by_model: self.watch.usage_by_model(),
        })
    }

    /// How long the answer will be. Of a stream nobody can promise it: an error event may come behind.
    pub(crate) fn known_length(&self) -> Option<u64> {
        if self.watch.is_stream() {
            return None;
        }
        let rest = self.content.known_length()?;
        Some(rest + self.kept.length())
    }

    /// As it leaves: changed, if that was wished.
    fn retouched(&mut self, piece: Bytes) -> Bytes {
        if self.retouch.is_some() && self.call.segments.is_some() {
            self.tell_segments();
        }
        self.tell_cost();
        match &mut self.retouch {
            None => piece,
            Some(retouch) => retouch.events(&piece).map_or(piece, Bytes::from),
        }
    }

    /// Once all is said, the caller can be told what it cost.
    fn tell_cost(&mut self) {
        if !self.wish.is_some_and(Wish::wants_cost) || !(self.watch.is_over() || self.watch.has_said_all()) {
            return;
        }
        self.note_usage(true);
        let cost = self.call.cost(|_, _| {});
        if let Some(retouch) = &mut self.retouch {
            retouch.tell_cost(cost.json());
        }
    }

    /// The provider's answer has ended by its framing: true if it is whole by its content, too. If it is not, nothing is settled:
    /// another may go on with it.
    fn finish(&mut self) -> bool {
        if !self.watch.is_whole() {
            return false;
        }
        self.note_usage(true);
        self.state = State::Over;
        if self.watch.is_stream() {
            // Too late for the caller, and in time for log and metrics.
            self.call.lose(&self.watch.losses());
        }
        let status = self.call.status;
        self.call.answered(status, None);
        true
    }

    fn note_usage(&mut self, is_whole: bool) {
        self.call.usage = self.usage(is_whole);
        self.call.usage_by_model = self.watch.usage_by_model();
        self.note_last_segment();
    }

    /// As the provider tells, or by our own count. Who told none with a whole answer will not tell with the next.
    fn usage(&self, is_whole: bool) -> Option<Usage> {
        if let Some(told) = self.watch.usage() {
            let uncounted = if is_whole { 0 } else { self.watch.uncounted() };
            return Some(self.as_meant(told).with_uncounted(uncounted));
        }
        let Some(estimate) = &self.estimate else { return self.usage_by_size() };
        if is_whole && let Some(provider) = &self.call.provider {
            provider.tells_no_usage.store(true, Ordering::Relaxed);
        }
        let by_size = || self.call.bytes_out / BYTES_PER_TOKEN;
        let pieces = if self.watch.is_stream() { self.watch.parts() } else { by_size() };
        Some(estimate.usage(self.watch.said(), pieces))
    }

    /// Of what is no conversation, where somebody pays for it: by nothing but the size of the request.
    fn usage_by_size(&self) -> Option<Usage> {
        self.call.paying.as_ref()?;
        let operation = surface_at(&self.call.path)?.operation;
        let input =
            if operation == Operation::Transcription { 0 } else { self.call.bytes_in / BYTES_PER_TOKEN };
        Some(Usage { input, is_estimated: true, ..Usage::default() })
    }

    /// What a provider tells as it means it.
    fn as_meant(&self, told: Usage) -> Usage {
        as_meant(&self.call, told)
    }

    /// Ends a broken answer. A stream gets what came last and an error event, if the break is between two events; of
    /// any other answer the rest is kept back, so that by its length, too, it is not whole.
    fn break_off(&mut self, last: &[u8], cx: &Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.may_be_rescued() {
            self.state = State::Stranded;
            let last = Bytes::copy_from_slice(last);
            return if last.is_empty() { Poll::Pending } else { Poll::Ready(Some(Ok(last))) };
        }
        if let (true, Some(provider)) = (self.is_rescuable(), &self.call.provider) {
            self.note_break(provider.slot, Rescued::Lost);
        }
        self.tell_break(last, cx)
    }

    fn tell_break(&mut self, last: &[u8], cx: &Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        self.note_usage(false);
        self.call.broke_off();
        if !self.watch.is_stream() {
            self.call.connection.note_answer_cut();
            return self.let_flush(cx);
        }
        let mut words = last.to_vec();
        if self.watch.left_between_events() {
            let failure = self.why_broken();
            words.extend(self.event_of(&failure));
        } else {
            self.call.connection.note_answer_cut();
        }
        if words.is_empty() {
            return self.let_flush(cx);
        }
        self.state = State::Breaking;
        Poll::Ready(Some(Ok(Bytes::from(words))))
    }

    /// A failure as the last event of the stream.
    fn event_of(&mut self, failure: &Failure) -> Vec<u8> {
        let codes = self.call.worker.gateway.serving.load().errors;
        let request_id = self.call.request_id.to_str().unwrap_or_default();
        match &mut self.watch {
            Watch::TranslatedStream(stream) => {
                stream.translation.fail(failure, request_id, codes).into_bytes()
            }
            _ => self.call.dialect.translator().write_stream_failure(failure, request_id, codes),
        }
    }

    fn why_broken(&self) -> Box<Failure> {
        let served = self.call.provider.as_ref();
        let provider = served.map_or("", |provider| provider.id());
        match self.watch.fault() {
            Some(StreamFault::Told(words)) => {
                let words = words.as_deref().unwrap_or_default();
                let secrets = served.map(|provider| provider.secrets()).unwrap_or_default();
                let mut failure = told_in_answer(Kind::StreamBroken, provider, words, &secrets);
                // Codes are those of the provider's dialect.
                failure.told = failure.told.filter(|_| !self.watch.is_translated());
                failure
            }
            Some(StreamFault::Unfit(why)) => Failure::new(Kind::StreamBroken, format!("{provider} {why}")),
            Some(StreamFault::Malformed) => {
                Failure::new(Kind::StreamBroken, format!("{provider} sent an event that is not JSON"))
            }
            None => Failure::new(
                Kind::StreamBroken,
                "the provider's answer broke off; what came before is not whole",
            ),
        }
    }

    /// hyper drops what it has not sent when a body fails, and sends only when a body has nothing to give.
    fn let_flush(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        self.state = State::Broken;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        match self.patience.poll_exhausted(cx) {
            Poll::Pending => match self.poll_held(cx) {
                Poll::Ready(held) => Poll::Ready(Some(Ok(held))),
                Poll::Pending => self.poll_pulse(cx).map(|ping| Some(Ok(ping))),
            },
            Poll::Ready(()) => self.end_in_silence(Bytes::new(), cx),
        }
    }

    /// Nothing more is waited for: an answer of which only the end is missing gets it, any other is broken off.
    fn end_in_silence(
        &mut self,
        last: Bytes,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let has_all = self.watch.is_over() || self.watch.has_said_all();
        // A length that was promised must come.
        if !has_all || self.known_length().is_some() {
            return self.break_off(&last, cx);
        }
        let ending = match &mut self.watch {
            Watch::TranslatedStream(stream) => stream.end(),
            Watch::Stream(events) if !events.watch.is_done() => {
                Bytes::from(self.call.dialect.translator().last_event())
            }
            _ => Bytes::new(),
        };
        let ending = self.retouched(ending);
        self.call.bytes_out += ending.len() as u64;
        let last = joined(last, ending);
        if !self.finish() {
            return self.break_off(&last, cx);
        }
        Poll::Ready((!last.is_empty()).then_some(Ok(last)))
    }

    /// A sign of life, when one is due. It is none of the provider: his patience does not begin anew.
    fn poll_pulse(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let (Some(pulse), Watch::TranslatedStream(stream)) = (&mut self.pulse, &mut self.watch) else {
            return Poll::Pending;
        };
        // Behind the last word nothing may follow.
        if stream.translation.is_done() {
            return Poll::Pending;
        }
        ready!(pulse.poll_due(cx));
        let ping = Bytes::from(stream.translation.ping());
        self.call.bytes_out += ping.len() as u64;
        Poll::Ready(ping)
    }
}

/// What a provider tells as it means it.
fn as_meant(call: &Call, told: Usage) -> Usage {
    let model = call.upstream_model.as_deref().unwrap_or_default();
    let hides_thoughts =
        || call.provider.as_ref().is_some_and(|provider| provider.quirks(model).hide_thoughts());
    if told.unexplained > 0 && hides_thoughts() { told.with_hidden_thoughts() } else { told }
}

/// What a whole answer cost, if all of it is there. Of one that passes as it comes nobody knows it yet.
fn cost_at_head(call: &mut Call, watch: &Watch, estimate: Option<&Estimate>) -> CallCost {
    if watch.is_stream() || !watch.is_whole() {
        return CallCost::Untold;
    }
    let told = watch.usage().map(|told| as_meant(call, told));
    let Some(usage) = told.or(estimate.and_then(|estimate| estimate.whole)) else { return CallCost::Untold };
    call.usage = Some(usage);
    call.usage_by_model = watch.usage_by_model();
    let cost = call.cost(|_, _| {});
    call.cost_at_head = Some(cost);
    cost
}

/// When a caller who hears nothing is to be given a sign of life.
fn pulse_of(call: &Call) -> Pulse {
    Pulse::new(call.worker.gateway.serving.load().timeouts.ping)
}

fn joined(left: Bytes, right: Bytes) -> Bytes {
    match (left.is_empty(), right.is_empty()) {
        (_, true) => left,
        (true, _) => right,
        _ => Bytes::from([left, right].concat()),
    }
}

/// A caller may leave as soon as he has read the end mark, before the provider has closed the framing: that is no hang-up.
/// Whoever leaves, also while somebody is looked for to go on, what the answer has told of its usage is kept.
impl Drop for Relay {
    fn drop(&mut self) {
        if matches!(self.state, State::Flowing | State::Stranded | State::Lost) {
            let is_whole = self.watch.is_whole();
            self.note_usage(is_whole);
            // Of sound and text only the framing tells that it is all, and it has not.
            let is_all = is_whole && self.kept.is_empty() && !matches!(self.watch, Watch::Anything);
            if is_all {
                let status = self.call.status;
                self.call.answered(status, None);
            }
        }
    }
}

/// A number, of which the usual ones need no memory.
fn counted(number: u8) -> HeaderValue {
    const USUAL: [&str; 4] = ["0", "1", "2", "3"];
    USUAL
        .get(usize::from(number))
        .map_or_else(|| u16::from(number).into(), |text| HeaderValue::from_static(text))
}

/// A duration in milliseconds with three places.
pub(super) fn milliseconds(duration: Duration) -> HeaderValue {
    const ROOM: usize = 24;
    let mut rest = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    let (mut text, mut at) = ([b'.'; ROOM], ROOM);
    // By hand: formatting costs several times as much. Four digits at least: one before the point.
    for digit in 0.. {
        at -= if digit == 3 { 2 } else { 1 };
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 && digit >= 3 {
            break;
        }
    }
    HeaderValue::from_bytes(&text[at..]).expect("digits and a point are visible ASCII")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::milliseconds;

    #[test]
    fn durations_have_three_places() {
        assert_eq!(milliseconds(Duration::from_micros(1_045)), "1.045");
        assert_eq!(milliseconds(Duration::from_micros(7)), "0.007");
        assert_eq!(milliseconds(Duration::from_micros(61_000_999)), "61000.999");
        assert_eq!(milliseconds(Duration::MAX), "18446744073709551.615");
    }
}
