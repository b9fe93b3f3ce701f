//! One port, two planes: control paths that arrive on the data port are handed to the control runtime over a
//! bounded queue, and their answers come back piece by piece. A full queue is refused at once.

use bytes::{Bytes, BytesMut};
use domain::{Failure, Kind};
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::sync::{mpsc, oneshot};

use crate::answer::AnswerBody;
use crate::call::Call;

/// Control calls waiting at once.
const CONTROL_CALLS_MAX: usize = 64;
/// Pieces of one answer on their way to the worker.
const CONTROL_PIECES_MAX: usize = 4;
/// Largest body of a control call.
const CONTROL_BODY_BYTES_MAX: usize = 1 << 20;

/// The workers' end of the queue.
#[derive(Clone, Debug)]
pub struct ControlSender(mpsc::Sender<ControlCall>);

/// The control plane's end of the queue.
#[derive(Debug)]
pub struct ControlCalls(mpsc::Receiver<ControlCall>);

/// One control call: what is asked, and where the answer goes.
#[derive(Debug)]
pub struct ControlCall {
    /// The request, body and all.
    pub request: Request<Bytes>,
    /// Where the answer goes.
    pub answer: ControlAnswer,
}

/// The way back to the worker.
#[derive(Debug)]
pub struct ControlAnswer(oneshot::Sender<Response<mpsc::Receiver<Bytes>>>);

impl ControlCalls {
    /// A queue: its two ends.
    pub fn queue() -> (ControlSender, Self) {
        let (sender, receiver) = mpsc::channel(CONTROL_CALLS_MAX);
        (ControlSender(sender), Self(receiver))
    }

    /// The next call; `None` once all workers are gone.
    pub async fn next(&mut self) -> Option<ControlCall> {
        self.0.recv().await
    }
}

impl ControlAnswer {
    /// Sends the head; pieces of the body go into the returned sender until it is dropped. `None`: the caller is gone.
    pub fn begin(self, head: http::response::Parts) -> Option<mpsc::Sender<Bytes>> {
        let (sender, receiver) = mpsc::channel(CONTROL_PIECES_MAX);
        self.0.send(Response::from_parts(head, receiver)).ok()?;
        Some(sender)
    }
}

impl ControlSender {
    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }

    /// Hands a call over and waits for the head of its answer.
    pub(crate) async fn hand_over(
        &self,
        call: &mut Call,
        head: http::request::Parts,
        body: Incoming,
    ) -> Result<Response<AnswerBody>, Box<Failure>> {
        let body = collect(body).await?;
        call.bytes_in = body.len() as u64;
        let (answer, answered) = oneshot::channel();
        let request = Request::from_parts(head, body);
        self.0.try_send(ControlCall { request, answer: ControlAnswer(answer) }).map_err(|_| {
            Failure::new(Kind::Overloaded, format!("{CONTROL_CALLS_MAX} control calls are waiting already"))
        })?;
        let answered =
            answered.await.map_err(|_| Failure::new(Kind::Internal, "the control plane gave no answer"))?;
        Ok(answered.map(AnswerBody::Channel))
    }
}

async fn collect(mut body: Incoming) -> Result<Bytes, Box<Failure>> {
    let mut whole = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Failure::new(Kind::CallerGone, "the request body broke off"))?;
        let Ok(piece) = frame.into_data() else { continue };
        if whole.len() + piece.len() > CONTROL_BODY_BYTES_MAX {
            return Err(Failure::new(
                Kind::TooLarge,
                format!("the body is larger than {CONTROL_BODY_BYTES_MAX} bytes"),
            ));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}
