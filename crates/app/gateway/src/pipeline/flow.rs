//! An answer of a provider on its way: with one source, or with another behind it.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::cache::Spend;
use crate::pipeline::relay::{BrokenOff, Relay};
use crate::pipeline::resumable::Resumable;

/// An answer on its way.
#[derive(Debug)]
pub(crate) enum Flow {
    /// As the provider sends it.
    Relayed(Box<Relay>),
    /// As one provider sends it, and another should that one break off.
    Resumable(Box<Resumable>),
}

impl Flow {
    pub(super) fn of(relay: Box<Relay>) -> Self {
        if relay.is_rescuable() { Self::Resumable(Resumable::of(relay)) } else { Self::Relayed(relay) }
    }

    /// The next piece for the caller.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        match self {
            Self::Relayed(relay) => relay.poll_piece(cx),
            Self::Resumable(stream) => stream.poll_piece(cx),
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        match self {
            Self::Relayed(relay) => relay.is_end(),
            Self::Resumable(stream) => stream.is_end(),
        }
    }

    /// Whether the caller has all of the answer, though its framing may still be open.
    pub(super) fn is_told(&self) -> bool {
        match self {
            Self::Relayed(relay) => relay.is_told(),
            Self::Resumable(stream) => stream.is_told(),
        }
    }

    /// What it took of whom; nothing of an answer that several gave.
    pub(super) fn spend(&self) -> Option<Spend> {
        match self {
            Self::Relayed(relay) => relay.spend(),
            Self::Resumable(stream) => stream.spend(),
        }
    }

    /// How much is to come, where that can be known.
    pub(crate) fn known_length(&self) -> Option<u64> {
        match self {
            Self::Relayed(relay) => relay.known_length(),
            Self::Resumable(_) => None,
        }
    }
}
