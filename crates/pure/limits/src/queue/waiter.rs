//! One who waits at a limit. Dropping it gives its place up, and the turn to the next.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::bell::Bell;
use super::entry::Entry;
use super::line::Line;
use crate::tick::Tick;

/// A place in a line.
#[derive(Debug)]
pub struct Waiter {
    line: Arc<Line>,
    bell: Arc<Bell>,
    ticket: u64,
    entry: Entry,
    /// When it last looked; it leaves then.
    seen: Tick,
    had_turn: bool,
}

impl Waiter {
    /// One more who waits; nothing where too many do.
    pub fn enter(line: &Arc<Line>, entry: Entry, max: usize, now: Tick) -> Option<Self> {
        let bell = Arc::default();
        let ticket = line.enter(entry, &bell, max, now)?;
        Some(Self { line: Arc::clone(line), bell, ticket, entry, seen: now, had_turn: false })
    }

    /// Whether it waits there.
    pub fn is_at(&self, line: &Arc<Line>) -> bool {
        Arc::ptr_eq(&self.line, line)
    }

    /// Whether it is its turn; nothing if it was sent away, for others have waited for less.
    pub fn is_first(&mut self, now: Tick) -> Option<bool> {
        self.seen = now;
        self.line.is_first(self.ticket, now)
    }

    /// Whether it is to leave something over for others.
    pub fn spares(&self) -> bool {
        self.line.spares(&self.entry)
    }

    /// Ready once it is worth another look.
    pub fn poll_called(&self, cx: &Context<'_>) -> Poll<()> {
        self.bell.wakes(cx.waker());
        if self.bell.take_call() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// It has gone, and used its turn.
    pub fn go(mut self, now: Tick) {
        (self.seen, self.had_turn) = (now, true);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.line.leave(self.ticket, self.entry, self.had_turn, self.seen);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use super::Waiter;
    use crate::queue::{Entry, Line};
    use crate::tick::Tick;

    const NOW: Tick = Tick(1);

    fn waiter(line: &Arc<Line>, key: u64, max: usize) -> Option<Waiter> {
        Waiter::enter(line, Entry { key, tokens: 10, cost: 1, is_batch: false }, max, NOW)
    }

    fn is_called(waiter: &Waiter) -> bool {
        waiter.poll_called(&Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn whoever_goes_or_gives_up_calls_the_next() {
        let line = Arc::default();
        let (mut first, mut second, mut third) =
            (waiter(&line, 1, 9).unwrap(), waiter(&line, 2, 9).unwrap(), waiter(&line, 3, 9).unwrap());
        assert_eq!(
            [&mut first, &mut second, &mut third].map(|it| it.is_first(NOW)),
            [Some(true), Some(false), Some(false)]
        );
        assert!(!is_called(&second));
        first.go(NOW);
        assert!(is_called(&second) && !is_called(&third));
        assert_eq!(second.is_first(NOW), Some(true));
        drop(second);
        assert!(is_called(&third));
        assert_eq!((third.is_first(NOW), line.waiting()), (Some(true), 1));
        line.call_first(NOW);
        assert!(is_called(&third));
        drop(third);
        assert_eq!(line.waiting(), 0);
    }

    #[test]
    fn whoever_is_sent_away_hears_of_it() {
        let line = Arc::default();
        let (mut kept, mut sent) = (waiter(&line, 1, 2).unwrap(), waiter(&line, 1, 2).unwrap());
        assert!(waiter(&line, 1, 2).is_none());
        let other = waiter(&line, 2, 2).unwrap();
        assert!(is_called(&sent));
        assert_eq!((sent.is_first(NOW), kept.is_first(NOW), line.waiting()), (None, Some(true), 2));
        drop(sent);
        assert_eq!(line.waiting(), 2);
        drop((kept, other));
        assert_eq!(line.waiting(), 0);
    }
}
