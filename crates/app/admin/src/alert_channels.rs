//! The way to whoever tells alerts: questions go in one by one over a bounded queue, each with its way back. Where no server runs
//! nobody answers.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// Questions waiting at once. Each is asked by an administrator.
const ASKS_MAX: usize = 16;

/// The askers' end of the queue.
#[derive(Clone, Debug)]
pub struct AlertChannels(mpsc::Sender<AlertAsk>);

/// What can be asked of whoever tells alerts.
#[derive(Debug)]
pub enum AlertAsk {
    /// Where alerts are told, and what is left on accounts at providers.
    Show(oneshot::Sender<Value>),
    /// Send a test to one channel, or to all; `Err` says which there are.
    Test(Option<String>, oneshot::Sender<Result<Value, String>>),
}

impl AlertChannels {
    /// A queue: its two ends.
    pub fn queue() -> (Self, mpsc::Receiver<AlertAsk>) {
        let (sender, receiver) = mpsc::channel(ASKS_MAX);
        (Self(sender), receiver)
    }

    /// Asks and waits for the answer; `None` where nobody answers.
    pub(crate) async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> AlertAsk) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.0.send(make(reply)).await.ok()?;
        answer.await.ok()
    }
}
