//! From a request's head to whoever answers it. The routed path decides, never a header.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use dialects::stored::stored_response_at;
use dialects::surface::surface_at;
use domain::{Failure, Kind};
use futures_util::FutureExt;
use http::uri::Scheme;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;

use crate::answer::{self, AnswerBody};
use crate::call::Call;
use crate::caller_desk;
use crate::drain::DrainStage;
use crate::endpoints;
use crate::hand_over::hand_over;
use crate::header_names;
use crate::inbound::ConnectionFacts;
use crate::linger::LINGER_BYTES_MAX;
use crate::pipeline;
use crate::worker::Worker;

/// Paths the control plane answers.
const CONTROL_PREFIX: &str = "/admin";

/// Answers one request. A panic is this request's own end, nobody else's.
pub(crate) async fn answer(
    worker: Rc<Worker>,
    connection: Rc<ConnectionFacts>,
    caller: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let (head, body) = request.into_parts();
    let version = head.version;
    connection.note_version(version);
    connection.note_body_coming(!body.is_end_stream());
    let body_length = body.size_hint().exact();
    let call = Call::begin(&worker, &connection, caller, &head);
    let (request_id, call_id, dialect) = (call.request_id.clone(), call.id_told(), call.dialect);
    let mut response = match AssertUnwindSafe(route(call, &head, body)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            worker.shard.panicked();
            let failure =
                Failure::new(Kind::Internal, "an internal error ended this call; nothing else is affected");
            answer::failed(&failure, dialect, &request_id, worker.gateway.serving.load().errors)
        }
    };
    let headers = response.headers_mut();
    headers.insert(header_names::REQUEST_ID.clone(), request_id);
    headers.insert(header_names::CALL_ID.clone(), call_id);
    // A body that nobody has read to its end ends the connection, for the server behind us waits for no more of it than has come. A
    // caller who keeps connections must know.
    if worker.drain.stage() != DrainStage::Open || (version < Version::HTTP_2 && connection.is_body_coming())
    {
        headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    }
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE
        && body_length.is_some_and(|length| length > LINGER_BYTES_MAX)
    {
        // Nobody waits for that much, not even to drop it.
        connection.note_body_coming(false);
    }
    Ok(response)
}

/// What few calls need is boxed, and the head stays where it is: a future is moved each time it becomes part of another.
async fn route(mut call: Box<Call>, head: &http::request::Parts, body: Incoming) -> Response<AnswerBody> {
    #[cfg(test)]
    tests::panic_if_asked(head);
    let path = head.uri.path();
    if let Err(failure) = refuse_doubtful(&call, head) {
        let mut response = answer::refuse(call, &failure);
        response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    if let Some(surface) = surface_at(path) {
        return match method_is(&head.method, &Method::POST, path) {
            Ok(()) => match pipeline::serve(call, surface, head, body).await {
                Ok(response) => response,
                Err((call, failure)) => Box::pin(refuse(call, head, failure)).await,
            },
            Err(failure) => answer::refuse(call, &failure),
        };
    }
    if pipeline::is_explain(path) {
        return match method_is(&head.method, &Method::POST, path) {
            Ok(()) => match Box::pin(pipeline::explain(call, head, body)).await {
                Ok(response) => response,
                Err((call, failure)) => answer::refuse(call, &failure),
            },
            Err(failure) => answer::refuse(call, &failure),
        };
    }
    if let Some(stored) = stored_response_at(path) {
        let Some(method) = stored.method(head.method.as_str()) else {
            return answer::refuse(call, &wrong_method(&head.method, stored.allowed, stored.allowed, path));
        };
        return match Box::pin(pipeline::serve_stored(call, stored, method, head)).await {
            Ok(response) => response,
            Err((call, failure)) => Box::pin(refuse(call, head, failure)).await,
        };
    }
    if let Some(method) = caller_desk::method_at(path) {
        let answered = match method_is(&head.method, method, path) {
            Ok(()) => Box::pin(caller_desk::ask(&mut call, head, body)).await,
            Err(failure) => Err(failure),
        };
        return told(call, answered);
    }
    let answered = match endpoints::endpoint_at(&head.method, path) {
        Some(endpoint) => match method_is(&head.method, &Method::GET, path) {
            Ok(()) => endpoints::answer(&mut call, endpoint, head),
            Err(failure) => Err(failure),
        },
        None => match &call.worker.gateway.control {
            Some(control) if is_control_path(path) => {
                let control = control.clone();
                let answer = Box::pin(hand_over(&control, &mut call, head.clone(), body)).await;
                answer.map(|answer| answer.map(AnswerBody::Channel))
            }
            _ => Err(unknown_path(&head.method, path)),
        },
    };
    told(call, answered)
}

/// Refuses a call, which counts for its limits like any other.
async fn refuse(
    mut call: Box<Call>,
    head: &http::request::Parts,
    failure: Box<Failure>,
) -> Response<AnswerBody> {
    let failure = pipeline::count_refusal(&mut call, &head.headers, failure).await;
    answer::refuse(call, &failure)
}

/// Notes how a call that asked no provider ended.
fn told(mut call: Box<Call>, answered: Result<Response<AnswerBody>, Box<Failure>>) -> Response<AnswerBody> {
    match answered {
        Ok(response) => {
            call.answered(response.status().as_u16(), None);
            call.bytes_out = response.body().size_hint().exact().unwrap_or_default();
            response
        }
        Err(failure) => answer::refuse(call, &failure),
    }
}

/// Heads that two servers could read in two ways (RFC 9112, sections 3.2 and 6.1). Serving them helps nobody but those
/// who count on the difference, so their connection ends, too.
fn refuse_doubtful(call: &Call, head: &http::request::Parts) -> Result<(), Box<Failure>> {
    if head.version >= Version::HTTP_2 {
        return Ok(());
    }
    let doubtful = |why| Err(Failure::new(Kind::BadRequest, why));
    if head.uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
        return doubtful("the request target is of another scheme than http");
    }
    let mut hosts = head.headers.get_all(http::header::HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    if second.is_some() || (first.is_none() && head.version == Version::HTTP_11) {
        return doubtful("the head must name exactly one host");
    }
    let mut codings = head.headers.get_all(http::header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(()) };
    if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return doubtful("the only transfer-encoding that is taken is chunked, once");
    }
    if !call.connection.take_clean_chunked_head(&head.method, head.headers.len()) {
        return doubtful(
            "the head has both content-length and transfer-encoding, or a chunked request was sent before the last answer",
        );
    }
    Ok(())
}

fn is_control_path(path: &str) -> bool {
    path.strip_prefix(CONTROL_PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn method_is(found: &Method, wanted: &Method, path: &str) -> Result<(), Box<Failure>> {
    if found == wanted || (*wanted == Method::GET && *found == Method::HEAD) {
        return Ok(());
    }
    let allowed = if *wanted == Method::GET { "GET, HEAD" } else { "POST" };
    Err(wrong_method(found, wanted.as_str(), allowed, path))
}

fn wrong_method(found: &Method, wanted: &str, allowed: &'static str, path: &str) -> Box<Failure> {
    let mut failure = Failure::new(Kind::WrongMethod, format!("{path} takes {wanted}, not {found}"));
    failure.allowed = Some(allowed);
    failure
}

fn unknown_path(method: &Method, path: &str) -> Box<Failure> {
    const PATH_CHARS_SHOWN: usize = 200;
    let shown: String = path.chars().take(PATH_CHARS_SHOWN).collect();
    let hint = if path.starts_with("/v1/v1/") {
        "this SDK adds /v1 itself: give it the base URL without"
    } else if path.len() > 1 && path.ends_with('/') {
        "no path here ends with a slash"
    } else if path.starts_with("/v1/") {
        "this path is not served here"
    } else {
        "the base URL of an SDK ends with /v1"
    };
    Failure::new(Kind::UnknownPath, format!("unknown request URL: {method} {shown}; {hint}"))
}

#[cfg(test)]
mod path_tests {
    use http::Method;

    use super::unknown_path;

    #[test]
    fn what_is_said_of_an_unknown_path_fits_it() {
        let check = |path: &str, hint: &str| {
            let said = unknown_path(&Method::POST, path).message;
            assert!(said.ends_with(&format!("{path}; {hint}")), "{said}");
        };
        check("/v1/v1/messages", "this SDK adds /v1 itself: give it the base URL without");
        check("/v1/files", "this path is not served here");
        check("/v1/chat/completions/", "no path here ends with a slash");
        check("/api/chat/completions", "the base URL of an SDK ends with /v1");
        check("/", "the base URL of an SDK ends with /v1");
    }
}

#[cfg(test)]
mod costs;
#[cfg(test)]
mod tests;
