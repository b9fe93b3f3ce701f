//! One attempt at one target: the request goes out, and its answer begins, or it is clear why it does not.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use dialects::Dialect;
use domain::{Failure, Kind, Phase, Usage};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use routing::health::Fault;
use tokio::time::{Instant, timeout_at};
use upstream::{Connection, Glimpse, Request, SendFailure};

use crate::header_names;
use crate::hygiene::passes_to_provider;
use crate::key_pause::pause_after;
use crate::pipeline::beginning::{Beginning, Begun, Head};
use crate::pipeline::content::{Content, UnknownCoding};
use crate::pipeline::holding::{HoldLimits, hold};
use crate::pipeline::outgoing::{Outgoing, Wanted};
use crate::pipeline::path_watch::{Lateness, Path, Waited};
use crate::pipeline::upstream_error::{asked_wait, from_answer, from_send, says_unknown_model, used_up_wait};
use crate::serving::{ServedLine, ServedProvider};
use crate::worker::Worker;

/// Largest error answer that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// A pooled connection that breaks this soon after a request was written to it was closed before.
const STALE_WITHIN: Duration = Duration::from_millis(300);

/// When an attempt ends, and the limit that a caller is told.
#[derive(Clone, Copy)]
pub(super) struct Until {
    pub(super) at: Instant,
    pub(super) limit: Duration,
    /// Whether anybody else could answer.
    pub(super) has_others: bool,
}

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) failure: Box<Failure>,
    /// What it says of the one who was asked; nothing where it is not his fault.
    pub(super) fault: Option<Fault>,
    /// The provider does not take back a sealed thought of the conversation.
    pub(super) refuses_seals: bool,
    /// The provider was given the beginning of its answer, and refused the request.
    pub(super) refuses_beginning: bool,
}

/// Nobody was asked.
impl From<Box<Failure>> for Unanswered {
    fn from(failure: Box<Failure>) -> Self {
        Self { failure, fault: None, refuses_seals: false, refuses_beginning: false }
    }
}

impl Unanswered {
    fn by(failure: Box<Failure>, fault: Fault) -> Self {
        Self { failure, fault: Some(fault), refuses_seals: false, refuses_beginning: false }
    }

    /// He has not answered as he should.
    fn by_kind(failure: Box<Failure>) -> Self {
        let fault = match failure.kind {
            Kind::UpstreamBusy => Fault::Busy { wait: failure.retry_after },
            Kind::UpstreamFailed | Kind::UpstreamTimeout(_) => Fault::Failed,
            Kind::CredentialRejected => Fault::Refused,
            Kind::ContextTooLong => Fault::TooLong,
            _ => return failure.into(),
        };
        Self::by(failure, fault)
    }

    /// An error answer: who is merely overloaded and does not say for how long has failed.
    fn by_answer(failure: Box<Failure>, status: StatusCode, asked_wait: Option<Duration>) -> Self {
        let mut unanswered = Self::by_kind(failure);
        if let Some(Fault::Busy { wait }) = &mut unanswered.fault {
            *wait = asked_wait;
            if status != StatusCode::TOO_MANY_REQUESTS && asked_wait.is_none() {
                unanswered.fault = Some(Fault::Failed);
            }
        }
        unanswered
    }

    /// The network has not carried the request to him.
    pub(super) fn unheard(provider: &str, waited: Duration) -> Self {
        let message = format!("{provider}: the request had not arrived after {} ms", waited.as_millis());
        let failure = Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), message);
        Self::by(failure.with_limit(waited), Fault::Unheard)
    }

    pub(super) fn by_send(provider: &str, failure: &SendFailure) -> Self {
        let fault = if failure.is_unsent() { Fault::Unreachable } else { Fault::Broken };
        let told = from_send(provider, failure);
        if told.kind.goes_elsewhere() { Self::by(told, fault) } else { told.into() }
    }
}

/// One attempt at one target.
pub(super) struct Asking<'a> {
    pub(super) worker: &'a Worker,
    pub(super) request_id: &'a HeaderValue,
    /// What the provider calls the model.
    pub(super) model: &'a str,
    pub(super) provider: &'a ServedProvider,
    pub(super) line: &'a ServedLine,
    pub(super) bytes_max: u64,
    /// Of a call for targets: when the caller's patience with a whole answer ends.
    pub(super) whole: Option<Until>,
    /// What an answer of which nothing has left has come to.
    pub(super) heard: &'a Cell<Option<Usage>>,
    /// Another model is asked where this one's policy refuses.
    pub(super) goes_on_after_refusal: bool,
    /// Where it is looked whether the request arrives: who is told if it is late.
    pub(super) lateness: Option<&'a Lateness>,
}

impl Asking<'_> {
    /// Asks, and waits until an answer has begun, or, of an object, until all of it is there.
    pub(super) async fn ask(
        &self,
        sent: &mut Outgoing<'_>,
        headers: &HeaderMap,
        began: Instant,
        until: Until,
        ready: Option<Connection>,
    ) -> Result<Box<Begun>, Unanswered> {
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
                .chain([(&header_names::REQUEST_ID, self.request_id)]),
            sent.body.as_body(),
        );
        let wanted = &mut sent.wanted;
        let was_reused = ready.as_ref().is_some_and(Connection::was_reused);
        let waited = self.beginning(&request, wanted, began, (until, ready)).await;
        let answered = match waited {
            Waited::Answered(Ok(beginning)) => {
                self.go_on(beginning, wanted, began).await.map_err(Unanswered::by_kind)
            }
            Waited::Answered(Err(unanswered)) => Err(unanswered),
            Waited::Unheard(waited) => Err(Unanswered::unheard(self.provider.id(), waited)),
            Waited::TimeUp => {
                // Its host may have forgotten it, and others with it: no other call is to find that out.
                if was_reused {
                    self.worker.client.distrust_idle(&self.line.line, began);
                }
                Err(self.silent(until.limit))
            }
        };
        self.heard.set(None);
        answered
    }

    /// Waits until an answer has begun, or it is too late for that, or the request has not arrived.
    async fn beginning(
        &self,
        request: &Request<'_>,
        wanted: &mut Wanted,
        began: Instant,
        (until, ready): (Until, Option<Connection>),
    ) -> Waited<Result<Beginning<'_>, Unanswered>> {
        let glimpse = Glimpse::default();
        let looked_at = self.lateness.map(|_| &glimpse);
        let mut answering = pin!(self.first_piece(request, began, wanted, (ready, looked_at)));
        match self.lateness {
            Some(lateness) => {
                let path = Path { worker: self.worker, provider: self.provider, line: self.line };
                path.wait(&glimpse, until.at, (until.has_others, lateness), answering.as_mut()).await
            }
            None => match timeout_at(until.at, answering.as_mut()).await {
                Ok(answered) => Waited::Answered(answered),
                Err(_) => Waited::TimeUp,
            },
        }
    }

    async fn go_on(
        &self,
        mut beginning: Beginning<'_>,
        wanted: &mut Wanted,
        began: Instant,
    ) -> Result<Box<Begun>, Box<Failure>> {
        let (gateway, provider) = (&self.worker.gateway, self.provider.id());
        if let Some(whole) = self.whole
            && !wanted.is_stream
            && beginning.is_unfinished_object()
        {
            let own = wanted.total_limit.map(|limit| Until { at: began + limit, limit, has_others: false });
            let whole = own.filter(|own| own.at < whole.at).unwrap_or(whole);
            let idle = wanted.idle_limit.unwrap_or(gateway.serving.load().timeouts.idle);
            let limits = HoldLimits { idle, until: whole.at, whole: whole.limit };
            // Boxed: few answers are so large, and no call need carry the room for it.
            let memory = gateway.bodies.lease();
            Box::pin(hold(&mut beginning, wanted, provider, memory, limits)).await?;
        }
        beginning.judge(wanted, self.provider)
    }

    fn silent(&self, limit: Duration) -> Unanswered {
        let message = format!("{} did not answer within {} ms", self.provider.id(), limit.as_millis());
        let failure = Failure::new(Kind::UpstreamTimeout(Phase::FirstByte), message);
        Unanswered::by(failure.with_limit(limit), Fault::Silent)
    }

    async fn first_piece(
        &self,
        request: &Request<'_>,
        began: Instant,
        wanted: &mut Wanted,
        (ready, glimpse): (Option<Connection>, Option<&Glimpse>),
    ) -> Result<Beginning<'_>, Unanswered> {
        let (worker, provider) = (self.worker, self.provider.id());
        let sent = match worker.client.send_watched(&self.line.line, request, ready, glimpse).await {
            // Most likely closed for age while it idled: then the break comes at once, and nobody has seen the request.
            Err(SendFailure::Broken { was_reused: true, .. }) if began.elapsed() < STALE_WITHIN => {
                worker.shard.attempt_failed(self.provider.slot, Kind::UpstreamFailed);
                worker.client.send_watched(&self.line.line, request, None, glimpse).await
            }
            sent => sent,
        };
        let reply = sent.map_err(|failure| {
            worker.note_send_failure(provider, &failure);
            Unanswered::by_send(provider, &failure)
        })?;
        if self.line.health.path.is_doubted() {
            self.line.health.path.carried();
        }
        let head = Head { status: reply.status, headers: reply.headers };
        if reply.tells_limit_used_up {
            self.note_limit_used_up(&head);
        }
        let content = Content::of(reply.body, &head.headers);
        // A part of an answer was not asked for.
        if !head.status.is_success() || head.status == StatusCode::PARTIAL_CONTENT {
            let body = match content {
                Ok(mut content) => content.collect(ERROR_BYTES_MAX).await,
                Err(UnknownCoding) => None,
            };
            let secrets = self.provider.secrets();
            let failure = from_answer(provider, head.status, &head.headers, body.as_deref(), &secrets);
            self.put_key_aside(&head, &failure);
            let refuses_seals = refuses_seals(wanted.dialect, &failure);
            // Who says what he minds does not mind the rest.
            let refuses_beginning =
                !refuses_seals && failure.kind == Kind::BadRequest && wanted.gives_beginning();
            let is_model_unknown = says_unknown_model(provider, &failure);
            let failure = if wanted.translator.is_some() { of_another_dialect(failure) } else { failure };
            let unanswered = Unanswered::by_answer(failure, head.status, asked_wait(&head.headers));
            let fault = if is_model_unknown { Some(Fault::UnknownModel) } else { unanswered.fault };
            return Err(Unanswered { refuses_seals, refuses_beginning, fault, ..unanswered });
        }
        self.line.health.key.end();
        let content = content.map_err(|UnknownCoding| {
            let message = format!("{provider} answered in a coding that nobody asked for");
            Unanswered::by_kind(Failure::new(Kind::UpstreamFailed, message))
        })?;
        let mut beginning = Beginning::of(head, content, self.bytes_max, self.heard);
        if self.goes_on_after_refusal && wanted.is_conversation && wanted.choices.is_none() {
            beginning.look_for_refusal(wanted.dialect);
        }
        beginning.read(wanted, provider).await.map_err(Unanswered::by_kind)?;
        Ok(beginning)
    }

    /// Better ask another until the limit is filled again than be refused. What a refusal says is understood elsewhere.
    #[cold]
    fn note_limit_used_up(&self, head: &Head) {
        if head.status == StatusCode::TOO_MANY_REQUESTS {
            return;
        }
        let Some(wait) = used_up_wait(&head.headers) else { return };
        let gateway = &self.worker.gateway;
        let serving = gateway.serving();
        let is_it = |provider: &Arc<ServedProvider>| provider.slot == self.provider.slot;
        if let Some(provider) = serving.providers.iter().position(is_it) {
            let model = serving.health.providers[provider].models.of(self.model);
            let wait = wait.min(serving.health.rules.wait_max);
            self.line.health.key.used_up(model, wait, gateway.moment());
        }
    }

    /// Leaves the key alone for a while if that is what the answer means.
    fn put_key_aside(&self, head: &Head, failure: &Failure) {
        let code = failure.told.as_ref().and_then(|told| told.code.as_deref());
        if let Some(pause) = pause_after(head.status, asked_wait(&head.headers), code) {
            self.line.health.key.begin(pause, self.worker.gateway.moment());
        }
    }
}

fn refuses_seals(spoken: Dialect, failure: &Failure) -> bool {
    let code = failure.told.as_ref().and_then(|told| told.code.as_deref());
    failure.kind == Kind::BadRequest && spoken.translator().refuses_seal(code, &failure.message)
}

/// The codes and fields that a provider names are those of its own dialect: a caller who speaks another gets its words alone.
fn of_another_dialect(mut failure: Box<Failure>) -> Box<Failure> {
    failure.told = None;
    failure
}
