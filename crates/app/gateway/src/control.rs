//! One port, two planes: control paths that arrive on the data port are handed to the control runtime over a
//! bounded queue, and their answers come back piece by piece. A full queue is refused at once.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use tokio::sync::{mpsc, oneshot};

/// Control calls waiting at once.
pub(crate) const CONTROL_CALLS_MAX: usize = 64;
/// Pieces of one answer on their way to the worker.
const CONTROL_PIECES_MAX: usize = 4;

/// The workers' end of the queue.
#[derive(Clone, Debug)]
pub struct ControlSender(mpsc::Sender<ControlCall>);

/// The control plane's end of the queue.
#[derive(Debug)]
pub struct ControlCalls(mpsc::Receiver<ControlCall>);

/// One control call: what is asked, and where the answer goes.
#[derive(Debug)]
pub struct ControlCall {
    /// The request; its body is read from the caller only as it is asked for.
    pub request: Request<ControlBody>,
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

    /// Puts a call into the queue; a full queue gives it back as an error at once.
    pub(crate) fn send(&self, request: Request<ControlBody>) -> Result<Answered, Full> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(ControlCall { request, answer: ControlAnswer(answer) }).map_err(|_| Full)?;
        Ok(answered)
    }
}

/// The head of the answer, once there is one, and its body.
pub(crate) type Answered = oneshot::Receiver<Response<mpsc::Receiver<Bytes>>>;

/// The queue takes no more.
#[derive(Debug)]
pub(crate) struct Full;

/// The body of a control call.
#[derive(Debug)]
pub struct ControlBody(mpsc::Receiver<Bytes>);

impl ControlBody {
    /// A body, and where its pieces go in.
    pub(crate) fn channel() -> (mpsc::Sender<Bytes>, Self) {
        let (sender, receiver) = mpsc::channel(CONTROL_PIECES_MAX);
        (sender, Self(receiver))
    }
}

impl Body for ControlBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        self.get_mut().0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
