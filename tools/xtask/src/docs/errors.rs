//! The reference of error codes: the facts from the table of kinds, the advice from here.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use domain::Kind;

use super::markdown::{code, table};

const INTRODUCTION: &str = "\
# Errors

    curl -s http://127.0.0.1:4000/v1/models

Without a key this answers 401 and

    {\"error\":{\"code\":\"invalid_api_key\",\"message\":\"…\",\"param\":null,\"request_id\":\"…\",\"source\":\"client\",\"status\":401,\"type\":\"authentication_error\"}}

`source` says who is at fault: `client` (the request), `gateway` (this gateway or its operator), `upstream` (the
provider). `request_id` is also the header `x-request-id`. With `errors.code: numeric` in the configuration `code` is
the status as a number. Beside these there may be

- `retry_after`, in whole seconds; the headers `retry-after` and `retry-after-ms` say the same
- `timeout_ms` and `timeout_phase` (`connect` or `first_byte`) with a 504: the limit that fired
- `attempts`, when providers were asked in vain: `provider`, `model`, `kind` (one of these codes) and `ms` of each

The header `x-should-retry: false` keeps SDKs from trying again what cannot succeed. Where a provider blames the
request, its own `type`, `code`, `param` and 4xx status are passed on, and `source` is `upstream`. A request that is not
HTTP, or whose head is too large or too slow, is answered with a bare 4xx or a closed connection.

\"Elsewhere\" says whether the next target of the model is asked; \"retry\" whether the same request may succeed later.
This page is made from the code by `cargo xtask docs`.

";

/// For each code: what it means, and what to do.
const ADVICE: &[(&str, &str, &str)] = &[
    ("invalid_request", "the request cannot be understood", "read `message`; `param` names the field"),
    (
        "invalid_api_key",
        "no key, or none this gateway knows, or one that expired or was revoked",
        "send a key of this gateway, not the provider's; `bellwether keys create` makes one",
    ),
    ("permission_denied", "a known key that may not do this", "not answered by this version"),
    (
        "model_not_found",
        "no such model here, or the provider has none of this name",
        "`GET /v1/models` lists the names; `message` names similar ones",
    ),
    (
        "response_not_found",
        "no answer of this id is known here for this key: it is another key's, older than the gateway's last start, or one of too many",
        "send the whole conversation; `previous_response_id` and the paths of kept answers need the answer's own key",
    ),
    ("unknown_url", "no such path here", "the base URL of an SDK ends with `/v1`"),
    ("method_not_allowed", "the path takes another method", "use the method that `message` names"),
    (
        "request_too_large",
        "the body is over `limits.body_bytes_max`, or an upload over `limits.upload_bytes_max`",
        "send less, or raise the limit",
    ),
    (
        "request_timeout",
        "the body did not arrive in time (`timeouts.request_body_ms`)",
        "look at the caller's connection",
    ),
    ("insufficient_quota", "no balance or budget left", "not answered by this version"),
    ("rate_limit_exceeded", "a limit of the caller's key", "not answered by this version"),
    (
        "idempotency_key_reused",
        "the `Idempotency-Key` was used for another body, path or method in this project",
        "send a new key; a repeat must be the same to the byte",
    ),
    (
        "idempotency_key_in_use",
        "the first request with this `Idempotency-Key` still runs",
        "wait as `retry_after` says, and ask again",
    ),
    (
        "idempotency_answer_too_large",
        "the answer to this `Idempotency-Key` was told once, and is too large to keep",
        "to ask again, and be charged again, send a new key",
    ),
    (
        "idempotency_outcome_unknown",
        "a provider was asked under this `Idempotency-Key`, and its answer was cut off or lost; what it had generated may have been charged",
        "look for the first call in the log or the rows; to ask again, and be charged again, send a new key",
    ),
    (
        "not_cached",
        "the caller wants a kept answer or none (`x-bellwether-cache: only`, `cache-control: only-if-cached`), and there is none",
        "ask without that, or for a model whose answers are kept",
    ),
    (
        "context_length_exceeded",
        "the provider says that the prompt does not fit the model",
        "send less, or ask for a model with a longer context",
    ),
    ("content_filter", "the provider's policy refused the content", "change the content"),
    (
        "upstream_busy",
        "the provider answered 429, 503 or 529; a 503 or 529 is told as 503",
        "wait as `retry_after` says, or add a target",
    ),
    (
        "upstream_failed",
        "the provider could not be reached, failed, or sent no answer that can be read",
        "the log says which and why; add a target",
    ),
    ("timeout", "the provider said nothing in time", "see `timeout_phase`; raise the limit or add a target"),
    (
        "upstream_credential_rejected",
        "the provider refused this gateway's credential (401, 402 or 403)",
        "the operator renews the provider's key",
    ),
    (
        "stream_broken",
        "an answer broke off after its first byte",
        "a stream that broke between two events ends with this as `event: error`; else it stands in the log only. Either way the connection is broken off, so that half an answer is not taken for a whole one; ask again",
    ),
    ("no_target", "nobody can serve this now", "give the model targets"),
    (
        "overloaded",
        "memory for bodies is used up, there is no room on the disk for an upload or for what an idempotency key needs, or too many control calls wait",
        "wait as `retry_after` says; `limits.body_memory_bytes_max`, `limits.spool_bytes_max`, `spool_dir`",
    ),
    ("caller_gone", "the caller hung up", "only in the log: nobody is there to be told"),
    (
        "internal_error",
        "a bug of ours; it ended this one call",
        "report it with the log line of `request_id`",
    ),
];

pub(super) fn page(_: &Path) -> Result<String> {
    ensure!(ADVICE.len() == Kind::all().len(), "docs/errors.rs advises on a code that no kind has");
    let mut rows = Vec::new();
    for kind in Kind::all() {
        let (_, meaning, remedy) = ADVICE
            .iter()
            .find(|(code, ..)| *code == kind.code())
            .with_context(|| format!("docs/errors.rs has no advice for {}", kind.code()))?;
        let yes_or_no = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
        rows.push(vec![
            code(kind.code()),
            kind.status().to_string(),
            code(kind.class()),
            kind.source().name().to_owned(),
            yes_or_no(kind.goes_elsewhere()),
            yes_or_no(kind.is_retryable()),
            (*meaning).to_owned(),
            (*remedy).to_owned(),
        ]);
    }
    let headings = ["code", "status", "type", "source", "elsewhere", "retry", "meaning", "what to do"];
    Ok(format!("{INTRODUCTION}{}", table(&headings, rows)))
}
