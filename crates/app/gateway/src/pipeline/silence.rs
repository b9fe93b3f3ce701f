//! How long a provider may be silent within an answer that has begun. What a caller hears meanwhile is decided elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::pipeline::beginning::END_LAG_MAX;
use crate::pipeline::watch::Watch;

/// How long the end mark of a stream may lag behind the finish of its answer; then it ends as if the provider had closed it.
const DONE_LAG_MAX: Duration = Duration::from_secs(5);

/// Patience with a silent provider. The alarm is set once and moved only when it rings, not for every piece.
#[derive(Debug)]
pub(super) struct Patience {
    idle_limit: Duration,
    whole_until: Option<Instant>,
    heard: Instant,
    /// Of a stream: how much of its answer had come when it was heard last.
    signs_of_life: Option<u64>,
    /// Comments came since then, or pings.
    is_only_noise: bool,
    /// What was promised to the caller is waited for, however little is missing. Of a stream nobody promises a length.
    is_length_known: bool,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub(super) fn new(
        (idle_limit, whole_until): (Duration, Option<Instant>),
        heard: Instant,
        is_length_known: bool,
        watch: &Watch,
    ) -> Self {
        let mut patience = Self {
            idle_limit,
            whole_until,
            heard,
            signs_of_life: watch.signs_of_life(),
            is_only_noise: false,
            is_length_known: is_length_known && !watch.is_stream(),
            alarm: None,
        };
        patience.shorten_if_over(watch);
        patience
    }

    /// A piece has come. A stream is heard only if it says something: comments and pings hide that nobody answers.
    pub(super) fn hear(&mut self, watch: &Watch) {
        let signs = watch.signs_of_life();
        self.is_only_noise = signs.is_some() && signs == self.signs_of_life;
        if !self.is_only_noise {
            self.signs_of_life = signs;
            self.heard = Instant::now();
            self.shorten_if_over(watch);
        }
    }

    fn shorten_if_over(&mut self, watch: &Watch) {
        let lag = match (watch.is_over(), watch.has_said_all()) {
            (true, _) => END_LAG_MAX,
            (false, true) => DONE_LAG_MAX,
            (false, false) => return,
        };
        if !self.is_length_known {
            self.idle_limit = self.idle_limit.min(lag);
            let ends = self.ends();
            if let Some(alarm) = &mut self.alarm {
                alarm.as_mut().reset(ends);
            }
        }
    }

    fn ends(&self) -> Instant {
        let idle = self.heard + self.idle_limit;
        self.whole_until.map_or(idle, |whole| whole.min(idle))
    }

    /// Whether a stream that never stops making noise has said nothing for too long.
    pub(super) fn is_exhausted(&self) -> bool {
        self.is_only_noise && Instant::now() >= self.ends()
    }

    /// Whether there was silence for as long as may be.
    pub(super) fn has_run_out(&self) -> bool {
        Instant::now() >= self.ends()
    }

    pub(super) fn poll_exhausted(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ends = self.ends();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(ends)));
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= ends {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(ends);
        }
        Poll::Pending
    }
}
