//! The beginning of an answer, held back until it is clear that it is one: while nothing has left, another target may
//! answer instead. How long a large one is held is decided elsewhere.

use std::borrow::Cow;
use std::cell::Cell;
use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use dialects::Dialect;
use dialects::canonical::Reply;
use dialects::surface::{AnswerForm, Operation};
use dialects::watch::{ReplyWatch, StreamFault, flaw_of_end};
use domain::{Failure, Kind, Usage};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::time::timeout;

use crate::body_budget::BodyLease;
use crate::pipeline::content::Content;
use crate::pipeline::estimate::{Estimate, estimate_said};
use crate::pipeline::events::HELD_BYTES_MAX;
use crate::pipeline::kept::Kept;
use crate::pipeline::next_source::NextSource;
use crate::pipeline::outgoing::Wanted;
use crate::pipeline::refusal::RefusalLook;
use crate::pipeline::upstream_error::from_words;
use crate::pipeline::watch::Watch;
use crate::serving::ServedProvider;
use crate::tokens::BYTES_PER_TOKEN;

/// How long the end of the framing may lag behind the end of the content.
pub(super) const END_LAG_MAX: Duration = Duration::from_millis(250);

/// The beginning of an answer.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) head: Head,
    pub(crate) content: Content,
    /// What of it may leave so far.
    pub(crate) kept: Kept,
    /// It has seen all that came.
    pub(crate) watch: Watch,
    /// Of a conversation that passes as it is.
    pub(crate) estimate: Option<Estimate>,
    /// How it goes on with another, if it is to.
    pub(crate) source: Option<Box<NextSource>>,
}

/// What a provider says of its answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Head {
    /// Whether it is for people to look at: nobody was asked for that.
    fn is_page(&self) -> bool {
        let html = b"text/html";
        let called = self.headers.iter().find(|(name, _)| *name == CONTENT_TYPE).map(|(_, it)| it.as_bytes());
        called.and_then(|called| called.get(..html.len())).is_some_and(|it| it.eq_ignore_ascii_case(html))
    }
}

/// A success of which nothing has left, as far as it has come.
#[derive(Debug)]
pub(super) struct Beginning<'a> {
    head: Head,
    content: Content,
    held: Held,
    bytes_max: u64,
    /// What it has come to so far, for whoever counts if nothing follows.
    heard: &'a Cell<Option<Usage>>,
}

impl<'a> Beginning<'a> {
    pub(super) fn of(head: Head, content: Content, bytes_max: u64, heard: &'a Cell<Option<Usage>>) -> Self {
        Self { head, content, held: Held::default(), bytes_max, heard }
    }

    /// What is nothing but a refusal is none: another model may be asked instead.
    pub(super) fn look_for_refusal(&mut self, dialect: Dialect) {
        self.held.look = Some(Box::new(RefusalLook::at(dialect)));
    }

    /// Reads until it is clear what it is: one chunk of a stream, or the whole of an answer that is not large.
    pub(super) async fn read(&mut self, wanted: &mut Wanted, provider: &str) -> Result<(), Box<Failure>> {
        if self.content.known_length().is_some_and(|length| length > self.bytes_max) {
            return Err(too_large(provider, self.bytes_max));
        }
        while !self.held.is_enough() && self.read_on(wanted, provider).await? {}
        Ok(())
    }

    /// Reads the next piece; false if there is none.
    pub(super) async fn read_on(
        &mut self,
        wanted: &mut Wanted,
        provider: &str,
    ) -> Result<bool, Box<Failure>> {
        if self.content.is_end() {
            return Ok(false);
        }
        let next = poll_fn(|cx| self.content.poll_piece(cx));
        let piece = if self.held.is_over() {
            // Only the end of the framing is missing, and some never send it.
            let Ok(piece) = timeout(END_LAG_MAX, next).await else { return Ok(false) };
            piece
        } else {
            next.await
        };
        let piece = piece.transpose();
        let piece = piece.map_err(|_| {
            let message = format!("{provider}: the connection broke before an answer was whole");
            Failure::new(Kind::UpstreamFailed, message)
        })?;
        if let Some(piece) = piece {
            self.held.add(piece, |first| Watch::for_answer(&self.head.headers, first, wanted));
            self.heard.set(self.held.usage(wanted));
            if self.is_object() && self.held.bytes as u64 > self.bytes_max {
                return Err(too_large(provider, self.bytes_max));
            }
        }
        Ok(true)
    }

    /// Whether it is a JSON object, so far.
    fn is_object(&self) -> bool {
        match &self.held.watch {
            Some(Watch::Json(watch)) => !watch.is_broken(),
            Some(Watch::TranslatedWhole(whole)) => !whole.watch.is_broken(),
            _ => false,
        }
    }

    /// Whether more of it would have to come before anybody can say that it is whole: an object, as long as nothing is wrong
    /// with it.
    pub(super) fn is_unfinished_object(&self) -> bool {
        self.is_object() && !self.content.is_end()
    }

    /// Whether it may leave before it is whole.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.held.watch, Some(Watch::Json(_)))
    }

    /// How much has come.
    pub(super) fn bytes(&self) -> usize {
        self.held.bytes
    }

    /// Its memory is counted from here on.
    pub(super) fn count(&mut self, memory: BodyLease) {
        self.held.kept.count(memory);
    }

    /// What may be made of what has come.
    pub(super) fn judge(
        self,
        wanted: &mut Wanted,
        provider: &ServedProvider,
    ) -> Result<Box<Begun>, Box<Failure>> {
        let Self { head, content, held, .. } = self;
        judge(head, content, held, wanted, provider)
    }
}

fn too_large(provider: &str, bytes_max: u64) -> Box<Failure> {
    let message = format!("{provider} answers with more than {bytes_max} bytes (limits.answer_bytes_max)");
    Failure::new(Kind::UpstreamFailed, message)
}

fn judge(
    head: Head,
    content: Content,
    mut held: Held,
    wanted: &mut Wanted,
    provider: &ServedProvider,
) -> Result<Box<Begun>, Box<Failure>> {
    let failed = |why: &str| Failure::new(Kind::UpstreamFailed, format!("{} {why}", provider.id()));
    if held.watch.is_none() && wanted.form == AnswerForm::Anything && !held.white.is_empty() {
        // The text of a silent recording.
        held.watch = Some(Watch::Anything);
        held.kept.add(Bytes::from(std::mem::take(&mut held.white)));
    }
    let Held { mut kept, watch, look, .. } = held;
    let Some(mut watch) = watch else { return Err(failed("answered with nothing")) };
    if matches!(watch, Watch::Anything) && head.is_page() {
        return Err(failed("answered with a page of HTML"));
    }
    if let Some(told) = told_error(&watch, &kept, content.is_end()) {
        let mut failure = from_words(provider.id(), &told, &provider.secrets());
        // Codes are those of the provider's dialect.
        failure.told = failure.told.filter(|_| !watch.is_translated());
        return Err(failure);
    }
    // However much of it has come: nothing of it has left.
    if let Some(StreamFault::Unfit(why)) = watch.fault() {
        return Err(failed(why));
    }
    // Some models of recordings stream nothing and say so nowhere but in their documents: their whole text is an answer.
    let needs_stream = wanted.is_stream && wanted.form != AnswerForm::Anything;
    if let Some(why) = no_answer(&watch, wanted.is_stream, needs_stream, content.is_end()) {
        return Err(failed(why));
    }
    if let Some(why) = no_end(&watch, wanted, &kept) {
        return Err(failed(&why));
    }
    if look.is_some_and(|look| is_refusal(*look, &watch, &kept)) {
        return Err(Failure::new(Kind::ContentRefused, format!("{} refuses the content", provider.id())));
    }
    if let Watch::TranslatedWhole(whole) = &mut watch {
        kept.replace(whole.translate().map_err(|why| failed(&why))?);
    }
    let estimate = (wanted.is_conversation && !watch.is_translated()).then(|| Estimate {
        input_tokens: wanted.input_tokens,
        whole: estimate_whole(&watch, wanted, &kept),
    });
    // Boxed: it changes hands a dozen times before it is told.
    Ok(Box::new(Begun { head, content, kept, watch, estimate, source: wanted.source.take() }))
}

/// Why an object that is all there has not come to its end by what it says. A large one has said something.
fn no_end(watch: &Watch, wanted: &Wanted, kept: &Kept) -> Option<String> {
    let Watch::Json(reply) = watch else { return None };
    if !wanted.is_conversation || !reply.is_whole() || kept.length() > HELD_BYTES_MAX as u64 {
        return None;
    }
    let is_text_enough = wanted.operation == Operation::Completions;
    flaw_of_end(wanted.dialect, &kept.whole(), is_text_enough).map(|flaw| flaw.message)
}

/// Whether it says nothing but that the provider's policy refuses it. A large one says more.
fn is_refusal(mut look: RefusalLook, watch: &Watch, kept: &Kept) -> bool {
    match watch {
        Watch::Json(reply) if reply.is_whole() && kept.length() <= HELD_BYTES_MAX as u64 => {
            look.read_whole(&kept.whole());
        }
        Watch::TranslatedWhole(whole) => look.read_whole(whole.raw()),
        _ => {}
    }
    look.is_refusal()
}

/// Of an answer that is all there and tells no usage. A large one is counted by its size: reading it would keep the worker.
fn estimate_whole(watch: &Watch, wanted: &Wanted, kept: &Kept) -> Option<Usage> {
    let Watch::Json(reply) = watch else { return None };
    if !reply.is_whole() || reply.usage().is_some() || kept.length() > HELD_BYTES_MAX as u64 {
        return None;
    }
    let events = wanted.dialect.translator().read_reply(&kept.whole()).ok()?;
    Some(estimate_said(wanted.input_tokens, &Reply::of(events).said()))
}

/// What has come of an answer, and not yet left.
#[derive(Debug, Default)]
struct Held {
    /// White, before anything tells what it is.
    white: Vec<u8>,
    kept: Kept,
    bytes: usize,
    watch: Option<Watch>,
    /// Where a refusal is no answer.
    look: Option<Box<RefusalLook>>,
}

impl Held {
    fn add(&mut self, mut piece: Bytes, watch_for: impl FnOnce(u8) -> Watch) {
        self.bytes += piece.len();
        if self.watch.is_none() {
            let Some(first) = piece.iter().find(|byte| !byte.is_ascii_whitespace()) else {
                self.white.extend_from_slice(&piece);
                return;
            };
            self.watch = Some(watch_for(*first));
            if !self.white.is_empty() {
                piece = Bytes::from([self.white.as_slice(), &piece].concat());
            }
        }
        if let Some(watch) = &mut self.watch {
            if let Some(look) = self.look.as_mut().filter(|_| watch.is_stream()) {
                look.read(&piece);
            }
            self.kept.add(watch.pass(piece));
        }
    }

    /// What an object has told, or by its size so far.
    fn usage(&self, wanted: &Wanted) -> Option<Usage> {
        let reply = match &self.watch {
            Some(Watch::Json(reply)) => reply,
            Some(Watch::TranslatedWhole(whole)) => &whole.watch,
            _ => return None,
        };
        let output = self.bytes as u64 / BYTES_PER_TOKEN;
        let by_size = Usage { input: wanted.input_tokens, output, is_estimated: true, ..Usage::default() };
        reply.usage().or_else(|| wanted.is_conversation.then_some(by_size))
    }

    fn is_enough(&self) -> bool {
        match &self.watch {
            None => self.bytes > HELD_BYTES_MAX,
            // As much again for what stands before a first event so long that it leaves in parts.
            Some(watch @ (Watch::Stream(_) | Watch::TranslatedStream(_))) => {
                let is_clear = self.look.as_ref().is_none_or(|look| look.is_decided());
                (watch.has_begun() && (is_clear || watch.fault().is_some()))
                    || !watch.left_between_events()
                    || self.bytes > 2 * HELD_BYTES_MAX
            }
            Some(Watch::Json(watch)) => watch.is_broken() || self.bytes > HELD_BYTES_MAX,
            Some(Watch::Anything) => true,
            Some(Watch::TranslatedWhole(whole)) => whole.watch.is_broken() || self.bytes > HELD_BYTES_MAX,
        }
    }

    fn is_over(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::is_over)
    }
}

/// The error that stands where an answer should, in the provider's words.
fn told_error<'a>(watch: &'a Watch, kept: &'a Kept, is_end: bool) -> Option<Cow<'a, [u8]>> {
    let told = |reply: &ReplyWatch| reply.is_error() || (is_end && reply.is_whole() && !reply.has_answer());
    match watch {
        Watch::Stream(_) | Watch::TranslatedStream(_) if watch.parts() == 0 => match watch.fault() {
            Some(StreamFault::Told(words)) => Some(Cow::Borrowed(words.as_deref().unwrap_or_default())),
            _ => None,
        },
        // Whatever it tells, it is not what was asked for.
        Watch::Json(reply) if told(reply) => Some(kept.whole()),
        Watch::TranslatedWhole(whole) if told(&whole.watch) => Some(Cow::Borrowed(whole.raw())),
        _ => None,
    }
}

/// Why a success that began like this is no answer at all.
fn no_answer(watch: &Watch, wants_stream: bool, needs_stream: bool, is_end: bool) -> Option<&'static str> {
    let (is_json_broken, is_json_whole) = match watch {
        Watch::Json(reply) => (reply.is_broken(), reply.is_whole()),
        Watch::TranslatedWhole(whole) => (whole.watch.is_broken(), whole.watch.is_whole()),
        Watch::Stream(_) | Watch::TranslatedStream(_) | Watch::Anything => (false, true),
    };
    match watch {
        _ if is_json_broken => Some("answered with something that is neither JSON nor events"),
        _ if is_end && !is_json_whole => Some("answered with broken JSON"),
        Watch::Json(_) | Watch::TranslatedWhole(_) if needs_stream => {
            Some("answered with one JSON object, though a stream was asked for")
        }
        _ if !watch.is_stream() => None,
        _ if !watch.has_begun() && (is_end || watch.left_between_events()) => {
            Some("answered without an event")
        }
        _ if !wants_stream => Some("answered with a stream, though none was asked for"),
        _ if watch.parts() == 0 && watch.fault().is_some() => Some("sent an event that is not JSON"),
        _ => None,
    }
}
