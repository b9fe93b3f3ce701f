//! The body of a stream that another target may go on with: it flows, or waits for its next source.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::cache::Spend;
use crate::pipeline::pulse::Pulse;
use crate::pipeline::relay::{BrokenOff, Relay};
use crate::pipeline::rescue::{Rescue, rescue};

/// A stream that outlives its source.
pub(crate) struct Resumable {
    stage: Stage,
}

enum Stage {
    Flowing(Box<Relay>),
    Rescuing(Waiting),
    /// Between the two, while it is moved.
    Moving,
}

/// A stream without a source.
struct Waiting {
    rescue: Rescue,
    /// The caller is given signs of life meanwhile.
    pulse: Pulse,
    ping: Bytes,
    told: u64,
}

impl std::fmt::Debug for Resumable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resumable").finish_non_exhaustive()
    }
}

impl Resumable {
    pub(crate) fn of(relay: Box<Relay>) -> Box<Self> {
        Box::new(Self { stage: Stage::Flowing(relay) })
    }

    /// The next piece for the caller.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        loop {
            match &mut self.stage {
                Stage::Flowing(relay) => {
                    let piece = relay.poll_piece(cx);
                    if piece.is_ready() || !relay.is_stranded() {
                        return piece;
                    }
                    self.stage = match std::mem::replace(&mut self.stage, Stage::Moving) {
                        Stage::Flowing(relay) => Stage::Rescuing(Waiting::of(relay)),
                        other => other,
                    };
                }
                Stage::Rescuing(waiting) => match waiting.rescue.as_mut().poll(cx) {
                    Poll::Ready(mut relay) => {
                        relay.note_told(waiting.told);
                        self.stage = Stage::Flowing(relay);
                    }
                    Poll::Pending => return waiting.poll_ping(cx).map(|ping| Some(Ok(ping))),
                },
                Stage::Moving => return Poll::Ready(None),
            }
        }
    }

    /// Whether all of the answer has left.
    pub(crate) fn is_told(&self) -> bool {
        matches!(&self.stage, Stage::Flowing(relay) if relay.is_told())
    }

    /// What it took of whom.
    pub(crate) fn spend(&self) -> Option<Spend> {
        match &self.stage {
            Stage::Flowing(relay) => relay.spend(),
            Stage::Rescuing(_) | Stage::Moving => None,
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        matches!(&self.stage, Stage::Flowing(relay) if relay.is_end())
    }
}

impl Waiting {
    fn of(mut relay: Box<Relay>) -> Self {
        let (pulse, ping) = (relay.new_pulse(), relay.ping_text());
        Self { rescue: Box::pin(rescue(relay)), pulse, ping, told: 0 }
    }

    fn poll_ping(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        self.pulse.poll_due(cx).map(|()| {
            self.told += self.ping.len() as u64;
            self.ping.clone()
        })
    }
}
