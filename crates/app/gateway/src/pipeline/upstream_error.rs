//! What a provider's refusal means: whose fault it is, and whether somebody else may do better. Its words are kept.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dialects::rate_limits::exhausted_wait;
use dialects::retry_after::retry_after;
use domain::{Failure, Kind, Phase, Told};
use http::{HeaderName, HeaderValue, StatusCode};
use providers::KEY_LOOKALIKES;
use serde_json::Value;
use upstream::SendFailure;

use crate::clock::wall_clock;

/// Longest part of a provider's message that is passed on.
const MESSAGE_CHARS_MAX: usize = 1000;
/// Longest code, class or field name of an error.
const WORD_BYTES_MAX: usize = 64;
/// How providers without a code for it say that a prompt does not fit: agents shorten their history when they hear it.
const TOO_LONG_WORDS: &[&str] = &[
    "prompt is too long",
    "input is too long",
    "context length",
    "context window",
    "context_length",
    "exceeds the maximum number of tokens",
    "maximum prompt length",
];
/// How providers say that they do not know a model, beside codes that name it.
const UNKNOWN_MODEL_WORDS: &[&str] = &["model", "deployment"];
/// A mix of letters and digits this long is taken for a credential.
const SECRET_BYTES_MIN: usize = 24;

/// An answer with an error status.
pub(super) fn from_answer(
    provider: &str,
    status: StatusCode,
    headers: &[(HeaderName, HeaderValue)],
    body: Option<&[u8]>,
    secrets: &[&str],
) -> Box<Failure> {
    let told = body
        .and_then(|body| serde_json::from_slice::<Value>(body).ok())
        .map(|body| words(&body, secrets))
        .unwrap_or_default();
    let kind = kind_of(status, &told.0, told.1.as_deref());
    let message = match &told.1 {
        // Its words may quote our key.
        _ if kind == Kind::CredentialRejected => format!("{provider} refuses this gateway's credential"),
        Some(message) => format!("{provider}: {message}"),
        None if status.is_redirection() => {
            format!("{provider} answered {} with a redirect, which is not followed", status.as_u16())
        }
        None => format!("{provider} answered {}", status.as_u16()),
    };
    let mut failure = Failure::new(kind, message);
    failure.upstream_status = Some(status.as_u16());
    failure.retry_after =
        asked_wait(headers).or_else(|| (kind == Kind::UpstreamBusy).then_some(Duration::from_secs(1)));
    failure.told = Some(told.0).filter(|_| kind != Kind::CredentialRejected);
    failure
}

/// An error told where an answer should be, under a status that says success: its words alone tell what it is about.
pub(super) fn from_words(provider: &str, told: &[u8], secrets: &[&str]) -> Box<Failure> {
    let mut failure = told_in_answer(Kind::UpstreamFailed, provider, told, secrets);
    // The message begins with the provider's name, which may be anything.
    let said = failure.message.strip_prefix(provider);
    let told = failure.told.as_ref();
    if told.is_some_and(|told| is_too_long(told, said)) {
        failure.kind = Kind::ContextTooLong;
    } else if told.is_some_and(is_refused) {
        failure.kind = Kind::ContentRefused;
    }
    failure
}

/// What a provider says of an error within its answer.
pub(super) fn told_in_answer(kind: Kind, provider: &str, told: &[u8], secrets: &[&str]) -> Box<Failure> {
    let body = serde_json::from_slice::<Value>(told).ok();
    let (told, message) = body.map(|body| words(&body, secrets)).unwrap_or_default();
    let message = match message {
        Some(message) => format!("{provider}: {message}"),
        None => format!("{provider} told of an error in its answer"),
    };
    let mut failure = Failure::new(kind, message);
    failure.told = Some(told);
    failure
}

/// No answer at all.
pub(super) fn from_send(provider: &str, failure: &SendFailure) -> Box<Failure> {
    match failure {
        SendFailure::ConnectTimeout { limit_ms, .. } => {
            let limit = Duration::from_millis(*limit_ms);
            Failure::new(
                Kind::UpstreamTimeout(Phase::Connect),
                format!("{provider}: no connection within {limit_ms} ms"),
            )
            .with_limit(limit)
        }
        // The words of the system name hosts and addresses: they are for the operator's log, not for callers.
        SendFailure::Resolve { .. } => {
            Failure::new(Kind::UpstreamFailed, format!("{provider}: its host name cannot be resolved"))
        }
        SendFailure::Connect { .. } | SendFailure::Proxy { .. } | SendFailure::Source { .. } => {
            Failure::new(Kind::UpstreamFailed, format!("{provider}: cannot connect"))
        }
        SendFailure::Tls { .. } => {
            Failure::new(Kind::UpstreamFailed, format!("{provider}: the TLS handshake failed"))
        }
        SendFailure::Broken { .. } => {
            Failure::new(Kind::UpstreamFailed, format!("{provider}: the connection broke before an answer"))
        }
        SendFailure::NotHttp(why) => {
            Failure::new(Kind::UpstreamFailed, format!("{provider} sent no HTTP answer: {why}"))
        }
        SendFailure::Body(_) => {
            Failure::new(Kind::Overloaded, "this gateway cannot read the upload back from its disk")
        }
    }
}

fn kind_of(status: StatusCode, told: &Told, message: Option<&str>) -> Kind {
    match status.as_u16() {
        400 | 413 | 422 if is_too_long(told, message) => Kind::ContextTooLong,
        400 if is_refused(told) => Kind::ContentRefused,
        401..=403 => Kind::CredentialRejected,
        404 => Kind::UnknownModel,
        408 | 504 => Kind::UpstreamTimeout(Phase::FirstByte),
        429 | 503 | 529 => Kind::UpstreamBusy,
        400..=499 => Kind::BadRequest,
        _ => Kind::UpstreamFailed,
    }
}

/// Whether a code or a class of errors names this.
fn says(told: &Told, word: &str) -> bool {
    [&told.code, &told.class].into_iter().flatten().any(|said| said.contains(word))
}

fn is_too_long(told: &Told, message: Option<&str>) -> bool {
    let message = message.map(str::to_ascii_lowercase).unwrap_or_default();
    says(told, "context_length") || TOO_LONG_WORDS.iter().any(|words| message.contains(words))
}

/// On grounds of the provider's policy.
fn is_refused(told: &Told) -> bool {
    says(told, "content_filter") || says(told, "content_policy")
}

/// Whether a 404 is about the model, rather than about a path that leads nowhere: another may know it.
pub(super) fn says_unknown_model(provider: &str, failure: &Failure) -> bool {
    let code = failure.told.as_ref().and_then(|told| told.code.as_deref()).unwrap_or_default();
    // The message begins with the provider's name, which may be anything.
    let said = failure.message.strip_prefix(provider).unwrap_or(&failure.message);
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        UNKNOWN_MODEL_WORDS.iter().any(|word| text.contains(word))
    };
    failure.kind == Kind::UnknownModel && (says(code) || says(said))
}

/// The message of an error answer, for the operator: what may be secret in it is left out, nothing else.
pub(crate) fn own_words(body: &[u8], secrets: &[&str]) -> Option<String> {
    let told = match serde_json::from_slice::<Value>(body) {
        Ok(told) => told,
        // Plain text is taken by its first line, a page is not.
        Err(_) => std::str::from_utf8(body).ok()?.lines().next().filter(|line| !line.contains('<'))?.into(),
    };
    words(&told, secrets).1
}

/// The error object as OpenAI and most others shape it, and its message.
fn words(body: &Value, secrets: &[&str]) -> (Told, Option<String>) {
    // Some put the object into a list of one.
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    let error = body.get("error").unwrap_or(body);
    let quotes = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.replace(steers_a_terminal, " ")),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let field = |name: &str| error.get(name).and_then(text);
    let of_status = || body.pointer("/base_resp/status_msg").and_then(text);
    let message = field("message").or_else(|| text(error)).or_else(|| field("detail")).or_else(of_status);
    let word = |name: &str| field(name).filter(|text| is_word(text) && !quotes(text) && !looks_secret(text));
    let told = Told { class: word("type"), code: word("code"), param: word("param") };
    let message = message.map(|message| {
        let kept = secrets.iter().fold(message, |message, secret| message.replace(secret, "…"));
        without_secrets(&kept)
    });
    // Cut last: half a credential would not be known for one.
    (told, message.map(|message| message.chars().take(MESSAGE_CHARS_MAX).collect()))
}

/// Line breaks, escapes, and marks that turn the direction of writing: whoever reads the words reads them as one line.
fn steers_a_terminal(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A class, code or path of a field, and nothing that could carry more.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    text.len() <= WORD_BYTES_MAX && text.bytes().all(is_plain)
}

/// A provider may quote what we sent it: words that look like a credential or an address are left out.
fn without_secrets(message: &str) -> String {
    let mut is_after_bearer = false;
    let kept = message.split_inclusive(char::is_whitespace).map(|part| {
        let word = part.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_bearer = word.eq_ignore_ascii_case("bearer");
        let is_secret = std::mem::replace(&mut is_after_bearer, is_bearer)
            || looks_secret(word)
            || is_address(part.trim_matches(|c: char| c.is_whitespace() || ",;()'\"".contains(c)));
        if is_secret { part.replace(word, "…") } else { part.to_owned() }
    });
    kept.collect()
}

/// `10.0.0.7`, `[fd00::7]:80`, `inner.example:8080`.
fn is_address(word: &str) -> bool {
    let host_and_port = word.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    word.parse::<IpAddr>().is_ok()
        || word.parse::<SocketAddr>().is_ok()
        || host_and_port.is_some_and(|(host, _)| {
            host.parse::<IpAddr>().is_ok() || (host.contains('.') && !host.contains(['/', ',']))
        })
}

fn looks_secret(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-*".contains(&byte);
    let is_mixed = |part: &str| {
        part.bytes().any(|byte| byte.is_ascii_digit()) && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let names_a_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["pw", "password", "passwd", "token", "secret", "key"].iter().any(|ending| name.ends_with(ending))
    };
    word.contains("://")
        || word.split_once('=').is_some_and(|(name, value)| !value.is_empty() && names_a_secret(name))
        || word.split(|c: char| !c.is_ascii() || !is_plain(c as u8)).any(|part| {
            let is_key_like = part.len() >= SECRET_BYTES_MIN && is_mixed(part);
            is_key_like || KEY_LOOKALIKES.iter().any(|(prefix, _)| part.starts_with(prefix))
        })
}

/// The wait that the headers ask for.
pub(super) fn asked_wait(headers: &[(HeaderName, HeaderValue)]) -> Option<Duration> {
    let text = |wanted: &str| {
        let (_, value) = headers.iter().find(|(name, _)| name == wanted)?;
        value.to_str().ok()
    };
    let now = wall_clock().unix_seconds();
    retry_after(text("retry-after-ms"), text("retry-after"), now).or_else(|| used_up_wait(headers))
}

/// How long until a rate limit is filled again of which nothing is left.
pub(super) fn used_up_wait(headers: &[(HeaderName, HeaderValue)]) -> Option<Duration> {
    let all = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    exhausted_wait(&all, wall_clock().unix_seconds())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::Kind;
    use http::{HeaderName, HeaderValue, StatusCode};

    use super::from_answer;

    fn failure(status: u16, body: &str) -> Box<domain::Failure> {
        from_answer("acme", StatusCode::from_u16(status).unwrap(), &[], Some(body.as_bytes()), &[])
    }

    #[test]
    fn the_providers_words_are_kept() {
        let failure = failure(
            400,
            r#"{"error":{"message":"max_tokens is too large","type":"invalid_request_error","param":"max_tokens","code":"bad_value"}}"#,
        );
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (Kind::BadRequest, "acme: max_tokens is too large")
        );
        let told = failure.told.unwrap();
        assert_eq!((told.code.as_deref(), told.param.as_deref()), (Some("bad_value"), Some("max_tokens")));
    }

    #[test]
    fn an_error_within_an_answer_keeps_its_words_and_code() {
        let told = br#"{"error":{"code":"rate_limit_exceeded","message":"slow down, sk-hush"}}"#;
        let failure = super::told_in_answer(Kind::StreamBroken, "acme", told, &[]);
        assert_eq!((failure.kind, failure.message.as_str()), (Kind::StreamBroken, "acme: slow down, …"));
        assert_eq!(failure.told.unwrap().code.as_deref(), Some("rate_limit_exceeded"));
        let failure = super::told_in_answer(Kind::StreamBroken, "acme", b"", &[]);
        assert_eq!(failure.message, "acme told of an error in its answer");
    }

    #[test]
    fn under_200_words_decide_what_an_error_is_about() {
        let check = |told: &str, kind| {
            let failure = super::from_words("a content_filter acme", told.as_bytes(), &[]);
            assert_eq!(failure.kind, kind, "{told}");
        };
        check(r#"{"error":{"message":"no","code":"content_filter"}}"#, Kind::ContentRefused);
        check(r#"{"error":{"message":"no","code":"context_length_exceeded"}}"#, Kind::ContextTooLong);
        check(r#"{"error":{"message":"prompt is too long: 9 > 8"}}"#, Kind::ContextTooLong);
        check(r#"{"error":{"message":"no","type":"overloaded_error"}}"#, Kind::UpstreamFailed);
        check("", Kind::UpstreamFailed);
    }

    #[test]
    fn statuses_and_codes_decide_the_kind() {
        let check = |status, body, kind| assert_eq!(failure(status, body).kind, kind, "{status} {body}");
        check(400, r#"{"error":{"code":"context_length_exceeded"}}"#, Kind::ContextTooLong);
        let said = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#;
        check(400, said, Kind::ContextTooLong);
        check(
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#,
            Kind::ContextTooLong,
        );
        check(400, r#"{"error":{"message":"max_tokens is too large"}}"#, Kind::BadRequest);
        check(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Kind::UpstreamBusy,
        );
        check(401, "", Kind::CredentialRejected);
        check(404, r#"{"error":"no such model"}"#, Kind::UnknownModel);
        check(429, "<html>", Kind::UpstreamBusy);
        check(503, "{}", Kind::UpstreamBusy);
        check(500, "{}", Kind::UpstreamFailed);
        check(302, "", Kind::UpstreamFailed);
        check(422, r#"{"detail":"field required"}"#, Kind::BadRequest);
    }

    #[test]
    fn a_refused_credential_is_never_quoted() {
        let failure = failure(401, r#"{"error":{"message":"Incorrect API key provided: sk-our-own-key"}}"#);
        assert_eq!(failure.message, "acme refuses this gateway's credential");
        assert_eq!(failure.told, None);
    }

    #[test]
    fn what_looks_like_a_secret_is_left_out() {
        let check = |said: &str, told: &str| assert_eq!(super::without_secrets(said), told);
        check("bad key sk-upstreamsecret123.", "bad key ….");
        check("got 'Bearer abc' from (http://10.0.0.1:99)", "got 'Bearer …' from (…)");
        check("key AIzaSyA1234567890 and token0123456789abcdefghijkl99", "key … and …");
        check(
            "max_tokens is too large: 99999, use at most 4096",
            "max_tokens is too large: 99999, use at most 4096",
        );
        check(
            "This model's maximum context length is 8192 tokens.",
            "This model's maximum context length is 8192 tokens.",
        );
        let failure = failure(
            400,
            r#"{"error":{"message":"x","code":"['Bearer sk-a']","param":"a\nb","type":"ok_type"}}"#,
        );
        let told = failure.told.unwrap();
        assert_eq!((told.code, told.param, told.class.as_deref()), (None, None, Some("ok_type")));
    }

    #[test]
    fn a_credential_at_the_end_of_what_is_kept_is_not_cut_in_two() {
        let said = format!("{}hush-hush", "x ".repeat(497));
        let body = format!(r#"{{"error":{{"message":"{said}"}}}}"#);
        let failure =
            from_answer("acme", StatusCode::BAD_REQUEST, &[], Some(body.as_bytes()), &["hush-hush"]);
        assert!(!failure.message.contains("hush"), "{}", failure.message);
    }

    #[test]
    fn of_several_credentials_none_is_told_nor_what_one_has_beyond_another() {
        let secrets = ["hush-hush-more", "hush-hush", "second"];
        let body = br#"{"error":{"message":"not hush-hush-more, hush-hush nor second","code":"second","param":"x"}}"#;
        let failure = from_answer("acme", StatusCode::BAD_REQUEST, &[], Some(body), &secrets);
        assert_eq!(failure.message, "acme: not …, … nor …");
        let told = failure.told.unwrap();
        assert_eq!((told.code, told.param.as_deref()), (None, Some("x")));
    }

    #[test]
    fn waits_are_read_and_bounded() {
        let wait = |name: &'static str, value: &'static str| {
            let headers = [(HeaderName::from_static(name), HeaderValue::from_static(value))];
            from_answer("acme", StatusCode::TOO_MANY_REQUESTS, &headers, None, &[]).retry_after.unwrap()
        };
        assert_eq!(wait("retry-after", "2"), Duration::from_secs(2));
        assert_eq!(wait("retry-after-ms", "1500"), Duration::from_millis(1500));
        assert_eq!(wait("retry-after", "1e300"), Duration::from_secs(600));
        assert_eq!(wait("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"), Duration::from_secs(600));
        assert_eq!(wait("retry-after", "-1"), Duration::from_secs(1));
        assert_eq!(wait("retry-after", "NaN"), Duration::from_secs(1));
    }
}
