//! Asking providers in the plan's order until one begins to answer. After the first byte of an answer there is no
//! other attempt: what follows is relayed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialects::canonical::Losses;
use domain::{AttemptNote, Failure, Kind, Secret};
use http::{HeaderMap, HeaderValue};
use routing::{Plan, Target, Turns};

use crate::call::Call;
use crate::pipeline::admit::Admitted;
use crate::pipeline::asking::{Asking, Unanswered, Until};
use crate::pipeline::beginning::Begun;
use crate::pipeline::outgoing::{Outgoing, outgoing};
use crate::pipeline::patience::patience;
use crate::pipeline::understand::Prompt;
use crate::pipeline::unsealed::unsealed;
use crate::pipeline::watch::Watch;
use crate::serving::{ServedLine, ServedProvider, Serving};

/// A stream may be so many times as large as an answer that is not streamed.
const STREAM_FACTOR: u64 = 16;

/// Set to `true` by a caller who wants nothing lost: what would be a warning is then a refusal. It only adds to his key:
/// no value of it loosens a strict one.
const STRICT: &str = "x-bellwether-strict";

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
    let mut has_left_out_seals = false;
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
        let way = Way { provider: &provider, line, bytes_max, until };
        let mut asked = match sent {
            Ok(sent) => way.ask(call, sent, headers).await,
            Err(failure) => Err(failure.into()),
        };
        let model = target.model.as_deref().unwrap_or(&prompt.deciding.model);
        if let Err(refused) = &mut asked
            && refused.refuses_seals
            && !has_left_out_seals
            // Boxed: it is rare, and its room is not carried along by every call.
            && let Some(sent) = Box::pin(unsealed(call, serving, prompt, &target, is_strict)).await
        {
            has_left_out_seals = true;
            call.attempts += 1;
            call.worker.shard.attempt_failed(provider.slot, refused.failure.kind);
            failures.add(refused.failure.clone(), &provider, model, began.elapsed());
            asked = Box::pin(way.ask(call, sent, headers)).await;
        }
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
            Err(unanswered) => unanswered.failure,
        };
        if !failure.kind.goes_elsewhere() {
            return Err(failure);
        }
        if provider.rests(target.line) {
            turns.put_aside(&target, rests);
        }
        call.worker.shard.attempt_failed(provider.slot, failure.kind);
        failures.add(failure, &provider, model, began.elapsed());
    }
    Err(failures.into_failure())
}

/// By which way a target is asked, and for how long.
struct Way<'a> {
    provider: &'a ServedProvider,
    line: &'a ServedLine,
    bytes_max: u64,
    until: Until,
}

impl Way<'_> {
    async fn ask(
        &self,
        call: &mut Call,
        sent: Outgoing<'_>,
        headers: &HeaderMap,
    ) -> Result<Begun, Unanswered> {
        sent.losses.told().iter().for_each(|loss| {
            call.worker.shard.lost(self.provider.slot, loss.feature.code());
        });
        call.warnings = told(&sent.losses);
        let asking = Asking { call, provider: self.provider, line: self.line, bytes_max: self.bytes_max };
        let began = Instant::now();
        let asked = asking.ask(sent, headers, self.until).await;
        call.waited += began.elapsed();
        asked
    }
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
