//! Handing a control call from the worker that received it to the control plane, and its body piece by piece.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::Bytes;
use domain::{Failure, Kind};
use http::request::Parts;
use http::{HeaderName, Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::call::Call;
use crate::control::{CONTROL_CALLS_MAX, ControlBody, ControlSender};

/// Largest body of a control call.
const CONTROL_BODY_BYTES_MAX: u64 = 1 << 20;

/// With a request that is handed over: who asks, as far as trusted proxies tell.
#[derive(Clone, Copy, Debug)]
pub struct FromAddress(pub IpAddr);

/// Hands a call over and waits for the head of its answer. The body follows only as it is asked for, so that a call can
/// be refused before anything of it is read.
pub(crate) async fn hand_over(
    control: &ControlSender,
    call: &mut Call,
    mut head: Parts,
    body: Incoming,
) -> Result<Response<mpsc::Receiver<Bytes>>, Box<Failure>> {
    head.extensions.insert(FromAddress(call.caller));
    head.headers.insert(HeaderName::from_static("x-request-id"), call.request_id.clone());
    let limit = call.worker.gateway.serving.load().timeouts.request_body;
    let (pieces, control_body) = ControlBody::channel();
    let full =
        |_| Failure::new(Kind::Overloaded, format!("{CONTROL_CALLS_MAX} control calls are waiting already"));
    let mut answered = control.send(Request::from_parts(head, control_body)).map_err(full)?;
    let answer = tokio::select! {
        biased;
        answer = &mut answered => answer,
        sent = timeout(limit, send_body(body, pieces)) => {
            let late = |_| Failure::new(Kind::SlowCaller, format!("the body did not arrive within {} ms", limit.as_millis()));
            let (bytes, is_all) = sent.map_err(late)??;
            call.bytes_in = bytes;
            // Where nobody wanted more of it, it still comes.
            call.connection.note_body_coming(!is_all);
            answered.await
        }
    };
    answer.map_err(|_| Failure::new(Kind::Internal, "the control plane gave no answer"))
}

/// Passes a body on until it ends or nobody wants more of it; returns how much there was, and whether that is all.
async fn send_body(mut body: Incoming, pieces: mpsc::Sender<Bytes>) -> Result<(u64, bool), Box<Failure>> {
    let mut bytes = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Failure::new(Kind::CallerGone, "the request body broke off"))?;
        let Ok(piece) = frame.into_data() else { continue };
        bytes += piece.len() as u64;
        if bytes > CONTROL_BODY_BYTES_MAX {
            let message = format!("the body is larger than {CONTROL_BODY_BYTES_MAX} bytes");
            return Err(Failure::new(Kind::TooLarge, message));
        }
        if pieces.send(piece).await.is_err() {
            return Ok((bytes, false));
        }
    }
    Ok((bytes, true))
}
