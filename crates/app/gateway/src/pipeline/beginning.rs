//! The beginning of an answer, held back until it is clear that it is one: while nothing has left, another target may
//! answer instead.

use std::future::poll_fn;
use std::time::Duration;

use bytes::Bytes;
use dialects::canonical::Reply;
use dialects::surface::AnswerForm;
use dialects::watch::{ReplyWatch, StreamFault};
use domain::{Failure, Kind, Usage};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::time::timeout;

use crate::pipeline::content::Content;
use crate::pipeline::estimate::{Estimate, estimate_said};
use crate::pipeline::events::HELD_BYTES_MAX;
use crate::pipeline::next_source::NextSource;
use crate::pipeline::outgoing::Wanted;
use crate::pipeline::upstream_error::from_words;
use crate::pipeline::watch::Watch;

/// How long the end of the framing may lag behind the end of the content.
pub(super) const END_LAG_MAX: Duration = Duration::from_millis(250);

/// The beginning of an answer.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) head: Head,
    pub(crate) content: Content,
    /// What of it may leave so far.
    pub(crate) first: Option<Bytes>,
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

/// Reads until it is clear what this success is: one chunk of a stream, or the whole of an answer that is not large.
pub(super) async fn begin(
    head: Head,
    mut content: Content,
    wanted: &mut Wanted,
    bytes_max: u64,
    provider: &str,
    credential: Option<&domain::Secret>,
) -> Result<Begun, Box<Failure>> {
    let failed = |why: &str| Failure::new(Kind::UpstreamFailed, format!("{provider} {why}"));
    if content.known_length().is_some_and(|length| length > bytes_max) {
        return Err(failed(&format!("answers with more than {bytes_max} bytes (limits.answer_bytes_max)")));
    }
    let mut held = Held::default();
    while !held.is_enough() && !content.is_end() {
        let next = poll_fn(|cx| content.poll_piece(cx));
        let piece = if held.is_over() {
            // Only the end of the framing is missing, and some never send it.
            let Ok(piece) = timeout(END_LAG_MAX, next).await else { break };
            piece
        } else {
            next.await
        };
        let piece = piece.transpose();
        let piece = piece.map_err(|_| {
            Failure::new(Kind::UpstreamFailed, format!("{provider}: the connection broke before an answer"))
        })?;
        if let Some(piece) = piece {
            held.add(piece, |first| Watch::for_answer(&head.headers, first, wanted));
            if matches!(held.watch, Some(Watch::TranslatedWhole(_))) && held.bytes as u64 > bytes_max {
                return Err(failed(&format!(
                    "answers with more than {bytes_max} bytes (limits.answer_bytes_max)"
                )));
            }
        }
    }
    if held.watch.is_none() && wanted.form == AnswerForm::Anything && !held.white.is_empty() {
        // The text of a silent recording.
        (held.watch, held.ready) =
            (Some(Watch::Anything), Some(Bytes::from(std::mem::take(&mut held.white))));
    }
    let Some(mut watch) = held.watch else { return Err(failed("answered with nothing")) };
    if matches!(watch, Watch::Anything) && head.is_page() {
        return Err(failed("answered with a page of HTML"));
    }
    if let Some(told) = told_error(&watch, held.ready.as_deref(), content.is_end()) {
        return Err(from_words(provider, told, credential));
    }
    if let Some(StreamFault::Unfit(why)) = watch.fault().filter(|_| watch.parts() == 0) {
        return Err(failed(why));
    }
    // Some models of recordings stream nothing and say so nowhere but in their documents: their whole text is an answer.
    let needs_stream = wanted.is_stream && wanted.form != AnswerForm::Anything;
    if let Some(why) = no_answer(&watch, wanted.is_stream, needs_stream, content.is_end()) {
        return Err(failed(why));
    }
    let mut ready = held.ready.filter(|ready| !ready.is_empty());
    if let Watch::TranslatedWhole(whole) = &mut watch {
        ready = Some(whole.translate().map_err(|why| failed(&why))?);
    }
    let estimate = (wanted.is_a_turn && !watch.is_translated()).then(|| Estimate {
        input_tokens: wanted.input_tokens,
        whole: ready.as_deref().and_then(|ready| estimate_whole(&watch, wanted, ready)),
    });
    Ok(Begun { head, content, first: ready, watch, estimate, source: wanted.source.take() })
}

/// Of an answer that is all there and tells no usage.
fn estimate_whole(watch: &Watch, wanted: &Wanted, body: &[u8]) -> Option<Usage> {
    let Watch::Json(reply) = watch else { return None };
    if !reply.is_whole() || reply.usage().is_some() {
        return None;
    }
    let events = wanted.dialect.translator().read_reply(body).ok()?;
    Some(estimate_said(wanted.input_tokens, &Reply::of(events).said()))
}

/// What has come of an answer, and not yet left.
#[derive(Default)]
struct Held {
    /// White, before anything tells what it is.
    white: Vec<u8>,
    ready: Option<Bytes>,
    bytes: usize,
    watch: Option<Watch>,
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
        let ready = self.watch.as_mut().map_or_else(Bytes::new, |watch| watch.pass(piece));
        self.ready = Some(match self.ready.take() {
            Some(earlier) if !earlier.is_empty() => Bytes::from([earlier, ready].concat()),
            _ => ready,
        });
    }

    fn is_enough(&self) -> bool {
        match &self.watch {
            None => self.bytes > HELD_BYTES_MAX,
            // As much again for what stands before a first event so long that it leaves in parts.
            Some(watch @ (Watch::Stream(_) | Watch::TranslatedStream(_))) => {
                watch.has_begun() || !watch.left_between_events() || self.bytes > 2 * HELD_BYTES_MAX
            }
            Some(Watch::Json(watch)) => watch.is_broken() || self.bytes > HELD_BYTES_MAX,
            Some(Watch::Anything) => true,
            Some(Watch::TranslatedWhole(whole)) => whole.watch.is_broken(),
        }
    }

    fn is_over(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::is_over)
    }
}

/// The error that stands where an answer should, in the provider's words.
fn told_error<'a>(watch: &'a Watch, whole: Option<&'a [u8]>, is_end: bool) -> Option<&'a [u8]> {
    let told = |reply: &ReplyWatch| reply.is_error() || (is_end && reply.is_whole() && !reply.has_answer());
    match watch {
        Watch::Stream(_) | Watch::TranslatedStream(_) if watch.parts() == 0 => match watch.fault() {
            Some(StreamFault::Told(words)) => Some(words.as_deref().unwrap_or_default()),
            _ => None,
        },
        // Whatever it tells, it is not what was asked for.
        Watch::Json(reply) if told(reply) => whole,
        Watch::TranslatedWhole(whole) if told(&whole.watch) => Some(whole.raw()),
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
