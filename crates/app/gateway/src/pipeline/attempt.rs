//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialects::canonical::Losses;
use domain::{AttemptNote, Failure, Kind, Phase, Secret};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use routing::{Plan, Target, Turns};
use tokio::time::timeout_at;
use upstream::{Request, SendFailure};

use crate::call::Call;
use crate::hygiene::passes_to_provider;
use crate::pipeline::admit::Admitted;
use crate::pipeline::beginning::{Begun, Head, begin};
use crate::pipeline::content::{Content, UnknownCoding};
use crate::pipeline::outgoing::{Outgoing, Wanted, outgoing};
use crate::pipeline::patience::patience;
use crate::pipeline::understand::Prompt;
use crate::pipeline::upstream_error::{asked_wait, from_answer, from_send};
use crate::pipeline::watch::Watch;
use crate::rest::pause_after;
use crate::serving::{ServedLine, ServedProvider, Serving};

/// Largest error answer that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// A stream may be so many times as large as an answer that is not streamed.
const STREAM_FACTOR: u64 = 16;

/// Set to `true` by a caller who wants nothing lost: what would be a warning is then a refusal. It only adds to his key:
/// no value of it loosens a strict one.
const STRICT: &str = "x-bellwether-strict";

/// A pooled connection that breaks this soon after a request was written to it was closed before.
const STALE_WITHIN: Duration = Duration::from_millis(300);

/// An answer that has begun, and what is known of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) begun: Begun,
    pub(crate) provider: Arc<ServedProvider>,
    pub(crate) region: HeaderValue,
    /// By which line and credential it comes.
    pub(crate) line: u64,
    pub(crate) credential: Option<Secret>,
    /// When patience with a whole answer ends; a stream is watched for silence instead.
    pub(crate) whole_until: Option<Instant>,
    pub(crate) idle_limit: Duration,
    pub(crate) bytes_max: u64,
}

fn asks_for_strictness(headers: &HeaderMap) -> bool {
    headers.get(STRICT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// Asks one target after the other.
pub(crate) async fn attempt(
    call: &mut Call,
    serving: &Serving,
    admitted: &Admitted,
    plan: Plan,
    prompt: &Prompt,
    headers: &HeaderMap,
) -> Result<Answer, Box<Failure>> {
    let limit = patience(serving, prompt, headers);
    let deadline = call.received + limit;
    let bytes_max = answer_bytes_max(serving, prompt);
    let is_strict = admitted.is_strict() || asks_for_strictness(headers);
    let mut failures = Failures::default();
    let mut turns = Turns::of(plan);
    let rests = |target: &Target| serving.provider_of(target).rests(target.line);
    while let Some(target) = turns.next(rests) {
        let began = Instant::now();
        let left = turns.left() as u32;
        let share = share_of(deadline.saturating_duration_since(began), left);
        let own = target.timeout.filter(|own| *own < share);
        let provider = serving.providers[usize::from(target.provider)].clone();
        call.attempts += 1;
        call.provider = Some(provider.clone());
        call.upstream_model.clone_from(&target.model);
        let line = &provider.lines[usize::from(target.line)];
        let until = Until {
            at: began + own.unwrap_or(share),
            limit: own.unwrap_or(if left == 0 { limit } else { share }),
        };
        let sent = outgoing(call, serving, prompt, &target, is_strict).await;
        let asked = match sent {
            Ok(sent) => {
                sent.losses.told().iter().for_each(|loss| {
                    call.worker.shard.lost(provider.slot, loss.feature.code());
                });
                call.warnings = told(&sent.losses);
                let asking = Asking { call, provider: &provider, line, bytes_max };
                let began = Instant::now();
                let asked = asking.ask(sent, headers, until).await;
                call.waited += began.elapsed();
                asked
            }
            Err(failure) => Err(failure),
        };
        let failure = match asked {
            Ok(begun) => {
                let region = line.region.clone();
                // Sound comes as fast as it is made: its silence is watched, like that of a stream.
                let is_whole = !prompt.deciding.is_streaming && !matches!(begun.watch, Watch::Anything);
                let whole_until = is_whole.then_some(deadline);
                let (line, credential) = (line.line.id(), line.line.options().credential.clone());
                let idle_limit = serving.timeouts.idle;
                return Ok(Answer {
                    begun,
                    provider,
                    region,
                    line,
                    credential,
                    whole_until,
                    idle_limit,
                    bytes_max,
                });
            }
            Err(failure) => failure,
        };
        if !failure.kind.goes_elsewhere() {
            return Err(failure);
        }
        if provider.rests(target.line) {
            turns.put_aside(&target, rests);
        }
        call.worker.shard.attempt_failed(provider.slot, failure.kind);
        let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
        failures.add(failure, &provider, model, began.elapsed());
    }
    Err(failures.into_failure())
}

/// The codes of what was lost, for the caller's eyes.
fn told(losses: &Losses) -> Option<HeaderValue> {
    let codes = losses.warnings();
    (!codes.is_empty()).then(|| HeaderValue::from_str(&codes.join(", ")).expect("codes are plain words"))
}

/// How large an answer may be. A stream says around every token what a whole answer says once.
fn answer_bytes_max(serving: &Serving, prompt: &Prompt) -> u64 {
    let whole = serving.limits.answer_bytes_max as u64;
    if prompt.deciding.is_streaming { whole.saturating_mul(STREAM_FACTOR) } else { whole }
}

/// What of the patience left one attempt may use: nearly all, for a slow answer is better than a second bill, but never
/// what those behind it need to be asked at all.
fn share_of(left: Duration, behind: u32) -> Duration {
    const RESERVE: Duration = Duration::from_secs(5);
    const RESERVE_PART: u32 = 4;
    left.saturating_sub((RESERVE * behind).min(left / RESERVE_PART * behind.min(2)))
}

/// When an attempt ends, and the limit that a caller is told.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) at: Instant,
    pub(super) limit: Duration,
}

/// What went wrong so far.
#[derive(Default)]
struct Failures {
    notes: Vec<AttemptNote>,
    last: Option<Box<Failure>>,
    retry_after: Option<Duration>,
}

impl Failures {
    fn add(&mut self, failure: Box<Failure>, provider: &ServedProvider, model: &str, took: Duration) {
        let ms = took.as_millis() as u64;
        let (provider, model) = (provider.id().to_owned(), model.to_owned());
        self.notes.push(AttemptNote { provider, model, kind: failure.kind, ms });
        // The first that will be free again is worth coming back for.
        self.retry_after = self.retry_after.into_iter().chain(failure.retry_after).min();
        self.last = Some(failure);
    }

    fn into_failure(self) -> Box<Failure> {
        let mut failure = self
            .last
            .unwrap_or_else(|| Failure::new(Kind::NoTarget, "no target is configured for this model"));
        failure.retry_after = failure.retry_after.and(self.retry_after);
        failure.attempts = self.notes;
        failure
    }
}

/// One attempt at one target.
pub(super) struct Asking<'a> {
    pub(super) call: &'a Call,
    pub(super) provider: &'a ServedProvider,
    pub(super) line: &'a ServedLine,
    pub(super) bytes_max: u64,
}

impl Asking<'_> {
    /// Asks, and waits for the first piece of the answer's body.
    pub(super) async fn ask(
        &self,
        sent: Outgoing<'_>,
        headers: &HeaderMap,
        until: Until,
    ) -> Result<Begun, Box<Failure>> {
        let request_id = HeaderName::from_static("x-request-id");
        let spoken = sent.wanted.dialect;
        let passing = headers.iter().filter(|(name, _)| passes_to_provider(name, spoken));
        let missing = spoken.usual_headers().iter().filter(|(name, _)| !headers.contains_key(*name));
        let missing: Vec<_> = missing
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let request = Request::new(
            &self.line.line,
            sent.method,
            &sent.path,
            passing
                .chain(missing.iter().map(|(name, value)| (name, value)))
                .chain([(&request_id, &self.call.request_id)]),
            sent.body.as_body(),
        );
        match timeout_at(until.at.into(), self.first_piece(&request, sent.wanted)).await {
            Ok(answered) => answered,
            Err(_) => {
                let message =
                    format!("{} did not answer within {} ms", self.provider.id(), until.limit.as_millis());
                Err(Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), message).with_limit(until.limit))
            }
        }
    }

    async fn first_piece(&self, request: &Request<'_>, wanted: Wanted) -> Result<Begun, Box<Failure>> {
        let (worker, provider) = (&self.call.worker, self.provider.id());
        let began = Instant::now();
        let sent = match worker.client.send(&self.line.line, request, true).await {
            // Most likely closed for age while it idled: then the break comes at once, and nobody has seen the request.
            Err(SendFailure::Broken { was_reused: true, .. }) if began.elapsed() < STALE_WITHIN => {
                worker.shard.attempt_failed(self.provider.slot, Kind::UpstreamFailed);
                worker.client.send(&self.line.line, request, false).await
            }
            sent => sent,
        };
        let reply = sent.map_err(|failure| {
            worker.note_send_failure(provider, &failure);
            from_send(provider, &failure)
        })?;
        let head = Head { status: reply.status, headers: reply.headers };
        let content = Content::of(reply.body, &head.headers);
        let credential = self.line.line.options().credential.as_ref();
        // A part of an answer was not asked for.
        if !head.status.is_success() || head.status == StatusCode::PARTIAL_CONTENT {
            let body = match content {
                Ok(mut content) => content.collect(ERROR_BYTES_MAX).await,
                Err(UnknownCoding) => None,
            };
            let failure = from_answer(provider, head.status, &head.headers, body.as_deref(), credential);
            self.put_key_aside(&head, &failure);
            return Err(if wanted.translator.is_some() { of_another_dialect(failure) } else { failure });
        }
        self.line.rest.end();
        let content = content.map_err(|UnknownCoding| {
            Failure::new(
                Kind::UpstreamFailed,
                format!("{provider} answered in a coding that nobody asked for"),
            )
        })?;
        begin(head, content, wanted, self.bytes_max, provider, credential).await
    }

    /// Leaves the key alone for a while if that is what the answer means.
    fn put_key_aside(&self, head: &Head, failure: &Failure) {
        let code = failure.told.as_ref().and_then(|told| told.code.as_deref());
        if let Some(pause) = pause_after(head.status, asked_wait(&head.headers), code) {
            self.line.rest.begin(pause);
        }
    }
}

/// The codes and fields that a provider names are those of its own dialect: a caller who speaks another gets its words alone.
fn of_another_dialect(mut failure: Box<Failure>) -> Box<Failure> {
    failure.told = None;
    failure
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::share_of;

    #[test]
    fn the_first_may_use_nearly_all_and_the_last_all_that_is_left() {
        let seconds = Duration::from_secs;
        assert_eq!(share_of(seconds(60), 0), seconds(60));
        assert_eq!(share_of(seconds(60), 1), seconds(55));
        assert_eq!(share_of(seconds(60), 2), seconds(50));
        assert_eq!(share_of(seconds(4), 1), seconds(3));
        assert_eq!(share_of(seconds(4), 2), seconds(2));
        assert_eq!(share_of(Duration::ZERO, 2), Duration::ZERO);
    }
}
