//! An answer that somebody pays for: its end waits until the charge is as safe as is configured, and a stream ends where the
//! money does.

use std::task::{Context, Poll};

use bytes::Bytes;
use domain::{Failure, Kind, Usage};

use super::{BrokenOff, Relay, State, joined};
use crate::budget_words::used_up;
use crate::clock::wall_clock;
use crate::funds::{Charge, NoMore};
use crate::pipeline::admit::UNRECORDED;
use crate::pipeline::ending::Ending;
use crate::tokens::BYTES_PER_TOKEN;

impl Relay {
    /// The next piece for the caller. An error breaks the connection: nobody takes half an answer for a whole one.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.ending.is_some() {
            return self.poll_ending(cx);
        }
        if self.call.paying.is_none() {
            return self.poll_next(cx);
        }
        let was_between_events = self.watch.left_between_events();
        let polled = self.poll_next(cx);
        match polled {
            Poll::Ready(Some(Ok(piece))) if self.state == State::Flowing => {
                if self.watch.is_stream() && self.watch.is_over() && self.watch.is_whole() {
                    // The caller knows by this piece that it is all: what follows is only the end of the framing.
                    self.note_usage(true);
                    return self.end_paid(Some(piece), was_between_events, cx);
                }
                if let Some(why) = self.why_spent() {
                    return Poll::Ready(Some(Ok(self.end_unpaid(&piece, why))));
                }
                Poll::Ready(Some(Ok(piece)))
            }
            Poll::Ready(Some(Ok(last))) if self.state == State::Over => {
                self.end_paid(Some(last), was_between_events, cx)
            }
            Poll::Ready(None) if self.state == State::Over => self.end_paid(None, was_between_events, cx),
            other => other,
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.state == State::Over && self.ending.is_none() && self.call.paying.is_none()
    }

    fn end_paid(
        &mut self,
        last: Option<Bytes>,
        was_between_events: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let wanted = self.call.worker.gateway.serving.load().ledger_level;
        let charge = self.call.charge();
        if charge.is_missed(wanted) {
            return self.end_unrecorded(was_between_events, cx);
        }
        match charge {
            Charge::Recorded(charged) if !charged.is_safe(wanted) => {
                self.ending = Some(Ending::of(charged, wanted, last, self.call.worker.clone()));
                self.poll_ending(cx)
            }
            Charge::Nothing | Charge::Recorded(_) | Charge::Unrecorded { .. } => Poll::Ready(last.map(Ok)),
        }
    }

    /// Ends an answer of which the charge is not as safe as is configured, without its last piece: whoever is told of a good end
    /// has been charged. It is charged later, or by the next start.
    fn end_unrecorded(
        &mut self,
        was_between_events: bool,
        cx: &Context<'_>,
    ) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let failure = Failure::new(Kind::Overloaded, UNRECORDED);
        self.call.failed(&failure);
        if self.watch.is_stream() && was_between_events {
            let words = self.event_of(&failure);
            if !words.is_empty() {
                self.state = State::Breaking;
                self.call.bytes_out += words.len() as u64;
                return Poll::Ready(Some(Ok(Bytes::from(words))));
            }
        }
        self.call.connection.note_answer_cut();
        self.let_flush(cx)
    }

    fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let Some(ending) = &mut self.ending else { return Poll::Ready(None) };
        ending.poll_last(cx).map(|last| {
            self.ending = None;
            last.map(Ok)
        })
    }

    /// As much of what came as there is surely money for: nearly always all of it, else one event. The rest comes behind it.
    pub(super) fn as_far_as_paid(&mut self, mut piece: Bytes) -> Bytes {
        let Some(paying) = &mut self.call.paying else { return piece };
        if !self.watch.is_stream() || paying.is_enough_for(piece.len()) {
            return piece;
        }
        self.content.put_back(piece.split_off(end_of_event(&piece)));
        piece
    }

    /// Why a stream cannot go on, if it has come to as much as there is money for. Looked at now and then.
    fn why_spent(&mut self) -> Option<NoMore> {
        let pieces = self.watch.parts();
        let is_due = self.call.paying.as_ref().is_some_and(|paying| paying.is_due(pieces));
        if !is_due || !self.watch.is_stream() {
            return None;
        }
        let usage = self.usage_so_far(pieces)?;
        self.call.usage = Some(usage);
        self.call.usage_by_model = self.watch.usage_by_model();
        self.note_last_segment();
        let cost = self.call.cost(|_, _| {});
        let paying = self.call.paying.as_mut()?;
        let why = paying.meter(pieces, cost, &usage, wall_clock()).err();
        // Between two events only: an error in the midst of one is none.
        why.filter(|_| self.watch.left_between_events())
    }

    /// By the provider's word as far as he has given it, else by pieces, or by the size of what is said where that is more: words are
    /// counted at the end.
    fn usage_so_far(&self, pieces: u64) -> Option<Usage> {
        match self.watch.usage() {
            Some(told) => Some(self.as_meant(told).with_uncounted(self.watch.uncounted())),
            None => {
                let pieces =
                    self.watch.said().map_or(pieces, |said| pieces.max(said.len() as u64 / BYTES_PER_TOKEN));
                self.estimate.as_ref().map(|estimate| estimate.usage(None, pieces))
            }
        }
    }

    /// Ends a stream for which no more money can be put aside: with what came last, and an event that says why.
    fn end_unpaid(&mut self, last: &Bytes, why: NoMore) -> Bytes {
        let Some(paying) = &self.call.paying else { return last.clone() };
        let failure = match why {
            NoMore::Money(_) => Failure::new(Kind::OutOfCredit, used_up(paying, wall_clock())),
            NoMore::Unrecorded => Failure::new(Kind::Overloaded, UNRECORDED),
        };
        self.note_usage(false);
        self.call.failed(&failure);
        let words = self.event_of(&failure);
        self.state = State::Over;
        self.call.bytes_out += words.len() as u64;
        // However safe that is: the caller has been told of no success.
        let _ = self.call.charge();
        joined(last.clone(), Bytes::from(words))
    }
}

/// Where the first event ends in what came of a stream: behind a blank line, else at its end.
fn end_of_event(piece: &[u8]) -> usize {
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', piece) {
        // A blank line at the very beginning ends what came before.
        if piece[line..end].is_empty() || piece[line..end] == *b"\r" {
            return end + 1;
        }
        line = end + 1;
    }
    piece.len()
}

#[cfg(test)]
mod tests {
    use super::end_of_event;

    #[test]
    fn an_event_ends_behind_a_blank_line() {
        for (piece, first) in [
            ("data: 1\n\ndata: 2\n\n", "data: 1\n\n"),
            ("event: x\r\ndata: 1\r\n\r\ndata: 2", "event: x\r\ndata: 1\r\n\r\n"),
            ("\ndata: 2\n\n", "\n"),
            ("data: 1\n", "data: 1\n"),
            ("", ""),
        ] {
            assert_eq!(&piece[..end_of_event(piece.as_bytes())], first);
        }
    }
}
