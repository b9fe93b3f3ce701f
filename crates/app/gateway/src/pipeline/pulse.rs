//! When a caller who hears nothing is to be given a sign of life: of a stream that is translated, a model may think for
//! minutes without a word that the caller would see. A stream that passes as it is has no pulse but the provider's own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The time since the caller has heard something. The alarm is moved only when it rings, not for every piece.
#[derive(Debug)]
pub(super) struct Pulse {
    silence_max: Duration,
    told: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Pulse {
    pub(super) fn new(silence_max: Duration) -> Self {
        Self { silence_max, told: Instant::now(), alarm: None }
    }

    /// Something has left for the caller.
    pub(super) fn tell(&mut self) {
        self.told = Instant::now();
    }

    /// Ready when a sign of life is due; the time then begins anew.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let due = self.told + self.silence_max;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                self.tell();
                return Poll::Ready(());
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::Pulse;

    const SILENCE_MAX: Duration = Duration::from_secs(15);

    async fn is_due(pulse: &mut Pulse) -> bool {
        poll_fn(|cx| Poll::Ready(pulse.poll_due(cx).is_ready())).await
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_again_and_again() {
        let (began, mut pulse) = (Instant::now(), Pulse::new(SILENCE_MAX));
        for times in 1..=3 {
            poll_fn(|cx| pulse.poll_due(cx)).await;
            let heard = began.elapsed();
            assert!(heard >= SILENCE_MAX * times && heard < SILENCE_MAX * times + Duration::from_millis(10));
            assert!(!is_due(&mut pulse).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_hears_something_needs_no_sign() {
        let mut pulse = Pulse::new(SILENCE_MAX);
        for _ in 0..10 {
            assert!(!is_due(&mut pulse).await);
            advance(SILENCE_MAX - Duration::from_secs(1)).await;
            pulse.tell();
        }
        advance(SILENCE_MAX).await;
        assert!(is_due(&mut pulse).await);
    }
}
