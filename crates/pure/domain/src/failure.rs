//! Why a call failed. Everything about a kind of failure stands in one table, [`Kind::traits`].

use std::borrow::Cow;
use std::time::Duration;

/// Who is at fault, told to the caller as `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The request itself.
    Client,
    /// Us, or our operator.
    Gateway,
    /// The provider.
    Upstream,
}

impl Source {
    /// As written in the error body.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Upstream => "upstream",
        }
    }
}

/// Which limit of patience ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Opening the connection.
    Connect,
    /// The first byte of the answer, or the whole of an answer that is not streamed.
    FirstByte,
    /// The next chunk of an answer that had begun.
    Idle,
    /// The deadline of the whole call.
    Total,
    /// The caller's own request body.
    RequestBody,
}

impl Phase {
    /// As written in logs and error bodies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::FirstByte => "first_byte",
            Self::Idle => "idle",
            Self::Total => "total",
            Self::RequestBody => "request_body",
        }
    }
}

/// What went wrong. A closed set: stages return it, each dialect renders it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be understood.
    BadRequest,
    /// No key, or none we know.
    Unauthenticated,
    /// A known key that may not do this.
    Forbidden,
    /// No such model here.
    UnknownModel,
    /// No answer of this id is kept for the caller.
    UnknownResponse,
    /// No such path here.
    UnknownPath,
    /// The path exists, the method does not.
    WrongMethod,
    /// A body or head over its limit.
    TooLarge,
    /// The caller took too long to send the body.
    SlowCaller,
    /// No balance or budget left.
    OutOfCredit,
    /// A limit of the caller's key, project or plan.
    LimitReached,
    /// An idempotency key that was used for another request.
    IdempotencyKeyReused,
    /// An idempotency key whose call still runs.
    IdempotencyKeyInUse,
    /// The answer to an idempotency key was too large to keep.
    IdempotencyAnswerTooLarge,
    /// What became of the call of an idempotency key is not known.
    IdempotencyOutcomeUnknown,
    /// No answer is kept for who wants nothing else.
    NotCached,
    /// The prompt does not fit the model.
    ContextTooLong,
    /// The provider's policy refused the content.
    ContentRefused,
    /// The provider says 429 or 503.
    UpstreamBusy,
    /// The provider failed, or answered something that is no answer.
    UpstreamFailed,
    /// The provider said nothing in time.
    UpstreamTimeout(Phase),
    /// The provider refuses our credential.
    CredentialRejected,
    /// An answer broke off after its first byte.
    StreamBroken,
    /// Nothing can serve this now.
    NoTarget,
    /// We are out of memory, disk, queue places or time to drain.
    Overloaded,
    /// The caller hung up.
    CallerGone,
    /// A bug of ours.
    Internal,
}

/// One row of the table.
struct Traits {
    source: Source,
    status: u16,
    /// The error class that OpenAI's SDKs know.
    class: &'static str,
    code: &'static str,
    /// Whether another target may do better.
    elsewhere: bool,
    /// Whether the same request can succeed later.
    retryable: bool,
}

impl Kind {
    /// Every kind, in the order of the table; a timeout stands for all its phases.
    pub const fn all() -> &'static [Self] {
        &[
            Self::BadRequest,
            Self::Unauthenticated,
            Self::Forbidden,
            Self::UnknownModel,
            Self::UnknownResponse,
            Self::UnknownPath,
            Self::WrongMethod,
            Self::TooLarge,
            Self::SlowCaller,
            Self::OutOfCredit,
            Self::LimitReached,
            Self::IdempotencyKeyReused,
            Self::IdempotencyKeyInUse,
            Self::IdempotencyAnswerTooLarge,
            Self::IdempotencyOutcomeUnknown,
            Self::NotCached,
            Self::ContextTooLong,
            Self::ContentRefused,
            Self::UpstreamBusy,
            Self::UpstreamFailed,
            Self::UpstreamTimeout(Phase::FirstByte),
            Self::CredentialRejected,
            Self::StreamBroken,
            Self::NoTarget,
            Self::Overloaded,
            Self::CallerGone,
            Self::Internal,
        ]
    }

    const fn traits(self) -> Traits {
        const fn row(
            source: Source,
            status: u16,
            class: &'static str,
            code: &'static str,
            elsewhere: bool,
            retryable: bool,
        ) -> Traits {
            Traits { source, status, class, code, elsewhere, retryable }
        }
        use Source::{Client, Gateway, Upstream};
        match self {
            Self::BadRequest => row(Client, 400, "invalid_request_error", "invalid_request", false, false),
            Self::Unauthenticated => {
                row(Client, 401, "authentication_error", "invalid_api_key", false, false)
            }
            Self::Forbidden => row(Client, 403, "permission_error", "permission_denied", false, false),
            Self::UnknownModel => row(Client, 404, "not_found_error", "model_not_found", false, false),
            Self::UnknownResponse => row(Client, 404, "not_found_error", "response_not_found", false, false),
            Self::UnknownPath => row(Client, 404, "not_found_error", "unknown_url", false, false),
            Self::WrongMethod => {
                row(Client, 405, "invalid_request_error", "method_not_allowed", false, false)
            }
            Self::TooLarge => row(Client, 413, "invalid_request_error", "request_too_large", false, false),
            Self::SlowCaller => row(Client, 408, "timeout_error", "request_timeout", false, true),
            Self::OutOfCredit => row(Client, 402, "insufficient_quota", "insufficient_quota", false, false),
            Self::LimitReached => row(Client, 429, "rate_limit_error", "rate_limit_exceeded", false, true),
            Self::IdempotencyKeyReused => {
                row(Client, 409, "invalid_request_error", "idempotency_key_reused", false, false)
            }
            Self::IdempotencyKeyInUse => {
                row(Client, 409, "invalid_request_error", "idempotency_key_in_use", false, true)
            }
            Self::IdempotencyAnswerTooLarge => {
                row(Client, 409, "invalid_request_error", "idempotency_answer_too_large", false, false)
            }
            Self::IdempotencyOutcomeUnknown => {
                row(Gateway, 409, "api_error", "idempotency_outcome_unknown", false, false)
            }
            Self::NotCached => row(Client, 504, "not_found_error", "not_cached", false, false),
            Self::ContextTooLong => {
                row(Client, 400, "invalid_request_error", "context_length_exceeded", true, false)
            }
            Self::ContentRefused => {
                row(Upstream, 400, "invalid_request_error", "content_filter", false, false)
            }
            Self::UpstreamBusy => row(Upstream, 429, "rate_limit_error", "upstream_busy", true, true),
            Self::UpstreamFailed => row(Upstream, 502, "api_error", "upstream_failed", true, true),
            Self::UpstreamTimeout(_) => row(Upstream, 504, "timeout_error", "timeout", true, true),
            Self::CredentialRejected => {
                row(Gateway, 502, "api_error", "upstream_credential_rejected", true, false)
            }
            Self::StreamBroken => row(Upstream, 502, "api_error", "stream_broken", false, true),
            Self::NoTarget => row(Gateway, 503, "api_error", "no_target", false, true),
            Self::Overloaded => row(Gateway, 503, "api_error", "overloaded", false, true),
            Self::CallerGone => row(Client, 499, "api_error", "caller_gone", false, false),
            Self::Internal => row(Gateway, 500, "api_error", "internal_error", false, true),
        }
    }

    /// Who is at fault.
    pub const fn source(self) -> Source {
        self.traits().source
    }

    /// The status a caller sees (499 is only logged: nobody is there to see it).
    pub const fn status(self) -> u16 {
        self.traits().status
    }

    /// `type` of the error body.
    pub const fn class(self) -> &'static str {
        self.traits().class
    }

    /// `code` of the error body.
    pub const fn code(self) -> &'static str {
        self.traits().code
    }

    /// Whether the next target of the plan is worth a try.
    pub const fn goes_elsewhere(self) -> bool {
        self.traits().elsewhere
    }

    /// Whether an SDK should try the same request again by itself.
    pub const fn is_retryable(self) -> bool {
        self.traits().retryable
    }
}

/// One failed attempt, as told to the caller when all have failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptNote {
    /// Configured id of the provider.
    pub provider: String,
    /// Model name sent to it.
    pub model: String,
    /// What went wrong.
    pub kind: Kind,
    /// How long it took.
    pub ms: u64,
}

/// A provider's own classification of its error, passed on where the caller is at fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its `type`.
    pub class: Option<String>,
    /// Its `code`.
    pub code: Option<String>,
    /// The request field it blames.
    pub param: Option<String>,
}

/// A failed call. `message` is shown to the caller and names values; it never holds a prompt or a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: Kind,
    /// A sentence fragment for the caller: lower case, no full stop, names the value.
    pub message: String,
    /// The request field at fault.
    pub param: Option<Cow<'static, str>>,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// The limit of patience that fired.
    pub limit: Option<Duration>,
    /// The provider's own status, where it answered; passed on when it is a client or busy status.
    pub upstream_status: Option<u16>,
    /// The methods a path takes, where another was used.
    pub allowed: Option<&'static str>,
    /// The provider's own words beside the message.
    pub told: Option<Told>,
    /// What was tried.
    pub attempts: Vec<AttemptNote>,
}

impl Failure {
    /// A failure with a message and nothing else.
    pub fn new(kind: Kind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            message: message.into(),
            param: None,
            retry_after: None,
            limit: None,
            upstream_status: None,
            allowed: None,
            told: None,
            attempts: Vec::new(),
        })
    }

    /// Names the request field at fault.
    #[must_use]
    pub fn with_param(mut self: Box<Self>, param: impl Into<Cow<'static, str>>) -> Box<Self> {
        self.param = Some(param.into());
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn with_retry_after(mut self: Box<Self>, wait: Duration) -> Box<Self> {
        self.retry_after = Some(wait);
        self
    }

    /// Names the limit of patience that fired.
    #[must_use]
    pub fn with_limit(mut self: Box<Self>, limit: Duration) -> Box<Self> {
        self.limit = Some(limit);
        self
    }

    /// Who is at fault; what a provider said of the request is told as the provider's.
    pub const fn source(&self) -> Source {
        if self.upstream_status.is_some() && matches!(self.kind.source(), Source::Client) {
            Source::Upstream
        } else {
            self.kind.source()
        }
    }

    /// The status a caller sees: a provider's refusal of the request and its 503 stay what they are, all else is by kind.
    pub const fn status(&self) -> u16 {
        match (self.kind, self.upstream_status) {
            (Kind::UpstreamBusy, Some(503 | 529)) => 503,
            (Kind::BadRequest, Some(status)) => status,
            _ => self.kind.status(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::{Failure, Kind, Phase};

    #[test]
    fn an_upstream_503_stays_a_503() {
        let mut failure = Failure::new(Kind::UpstreamBusy, "busy");
        assert_eq!(failure.status(), 429);
        failure.upstream_status = Some(503);
        assert_eq!(failure.status(), 503);
    }

    /// Rust cannot list the variants of an enum, but every one of them has a row.
    #[test]
    fn the_list_of_kinds_is_complete() {
        let code = include_str!("failure.rs").split("#[cfg(test)]").next().unwrap();
        let rows = ["row(Client", "row(Gateway", "row(Upstream"].map(|row| code.matches(row).count());
        assert_eq!(Kind::all().len(), rows.iter().sum::<usize>());
        let codes: std::collections::HashSet<_> = Kind::all().iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::all().len(), "no two kinds share a code");
    }

    #[test]
    fn what_the_caller_did_wrong_is_never_tried_elsewhere() {
        for kind in
            [Kind::BadRequest, Kind::Unauthenticated, Kind::Forbidden, Kind::TooLarge, Kind::OutOfCredit]
        {
            assert!(!kind.goes_elsewhere() && !kind.is_retryable(), "{kind:?}");
        }
        assert!(Kind::UpstreamTimeout(Phase::Connect).goes_elsewhere());
    }
}
