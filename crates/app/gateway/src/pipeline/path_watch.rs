//! Whether a request arrives, watched while its answer is waited for. How long it may take and what follows is `routing`'s to
//! decide; here connections are looked at, and what was found is put in force. Who answers soon is never looked at.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use observe::Level;
use routing::health::{PathFinding, PathLook, PathWatch};
use tokio::time::{Instant, timeout_at};
use upstream::{Glimpse, PathSeen, Sight};

use crate::serving::{ServedLine, ServedProvider};
use crate::worker::Worker;

/// By which path somebody is asked.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    pub(super) worker: &'a Worker,
    pub(super) provider: &'a ServedProvider,
    pub(super) line: &'a ServedLine,
}

/// What passes between who waits for an answer and who may ask another beside.
#[derive(Debug, Default)]
pub(super) struct Lateness(Cell<Late>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Late {
    /// Nobody would ask another.
    #[default]
    Unlistened,
    /// Somebody would.
    Listened,
    /// The request is late, and who waits has said so.
    Told,
    /// Another is asked beside, perhaps for another reason; and whether the request is late.
    Accompanied(bool),
}

impl Lateness {
    /// Rings when the request is late. It is polled by the same task, after the one who waits, and so needs no waker.
    pub(super) fn rings(&self) -> impl Future<Output = ()> {
        poll_fn(|_| match self.0.get() {
            Late::Told => Poll::Ready(()),
            Late::Unlistened => {
                self.0.set(Late::Listened);
                Poll::Pending
            }
            _ => Poll::Pending,
        })
    }

    /// Another is asked beside.
    pub(super) fn is_accompanied(&self) {
        self.0.set(Late::Accompanied(self.0.get() == Late::Told));
    }

    /// The other has failed.
    pub(super) fn is_alone(&self) {
        self.0.set(Late::Unlistened);
    }

    /// Whether the request should have arrived, and has not.
    pub(super) fn is_late(&self) -> bool {
        matches!(self.0.get(), Late::Told | Late::Accompanied(true))
    }

    /// It is late. Whether that is enough: somebody else is asked now, or was.
    fn tell(&self) -> bool {
        let (next, is_enough) = match self.0.get() {
            Late::Unlistened | Late::Told => (Late::Told, false),
            Late::Listened => (Late::Told, true),
            Late::Accompanied(_) => (Late::Accompanied(true), true),
        };
        self.0.set(next);
        is_enough
    }

    /// It has arrived after all.
    fn arrived(&self) {
        match self.0.get() {
            Late::Told => self.0.set(Late::Unlistened),
            Late::Accompanied(_) => self.0.set(Late::Accompanied(false)),
            Late::Unlistened | Late::Listened => {}
        }
    }
}

/// What waiting has come to.
pub(super) enum Waited<T> {
    /// An answer, or why there is none.
    Answered(T),
    /// The request has not arrived, and should have.
    Unheard(Duration),
    /// Time is up.
    TimeUp,
}

impl Path<'_> {
    /// Waits for an answer up to `until`. Where the request is late, that is told; where nobody else is asked then, though he
    /// could be, it ends as soon as the path is dead.
    pub(super) async fn wait<T>(
        self,
        glimpse: &Glimpse,
        until: Instant,
        (has_others, lateness): (bool, &Lateness),
        mut answering: Pin<&mut impl Future<Output = T>>,
    ) -> Waited<T> {
        let (mut watch, mut was_late) = (PathWatch::default(), false);
        let path = &self.line.health.path;
        let mut look_at = Instant::now() + path.first_look();
        // The alarm for the end of all patience is set once there is nothing more to look for.
        while look_at < until {
            if let Ok(answered) = timeout_at(look_at, answering.as_mut()).await {
                return Waited::Answered(answered);
            }
            glimpse.want();
            if let Poll::Ready(answered) = poll_fn(|cx| Poll::Ready(answering.as_mut().poll(cx))).await {
                return Waited::Answered(answered);
            }
            let (seen, look) = match glimpse.take() {
                Sight::Path { seen, waited, is_all_outstanding } => {
                    (seen, look(seen, waited, is_all_outstanding))
                }
                Sight::NothingSent => {
                    look_at = Instant::now() + path.first_look();
                    continue;
                }
                Sight::Nothing => break,
            };
            let look_again = match watch.look(path, look, self.now()) {
                PathFinding::Arrived => {
                    lateness.arrived();
                    break;
                }
                PathFinding::Wait(again) => again,
                PathFinding::Late(again) => {
                    self.late(&mut was_late);
                    again
                }
                PathFinding::Dead(again) => {
                    self.late(&mut was_late);
                    self.dead(seen, look.waited);
                    again
                }
            };
            if was_late && !lateness.tell() && has_others && path.is_dead(self.now()) {
                return Waited::Unheard(look.waited);
            }
            look_at = Instant::now() + look_again;
        }
        match timeout_at(until, answering).await {
            Ok(answered) => Waited::Answered(answered),
            Err(_) => Waited::TimeUp,
        }
    }

    fn late(self, was_late: &mut bool) {
        if !std::mem::replace(was_late, true) {
            self.worker.shard.request_unheard(self.provider.slot);
        }
    }

    /// Nobody is asked by it who need not be, with whatever key, and what is connected is given up.
    #[cold]
    fn dead(self, seen: PathSeen, waited: Duration) {
        let now = self.now();
        self.provider.same_line(self.line).for_each(|served| {
            served.health.path.died(now);
            served.line.renew_connections();
        });
        self.worker.shard.path_died(self.provider.slot);
        let (provider, region) = (self.provider.id(), self.line.region.to_str().unwrap_or_default());
        let options = self.line.line.options();
        // The proxy acknowledges what is sent through it.
        let host = options
            .proxy
            .as_ref()
            .map_or_else(|| options.base.host_header().to_owned(), |proxy| proxy.place());
        let (waited_ms, limit_ms) = (waited.as_millis(), self.line.health.path.limit().as_millis());
        self.worker.gateway.log.event(
            Level::Warn,
            "the network carries nothing over a line: it is asked only if nobody else is left",
            &[
                ("provider", &provider),
                ("region", &region),
                ("host", &host),
                ("waited_ms", &waited_ms),
                ("limit_ms", &limit_ms),
                ("segments", &seen.unacknowledged),
                ("sent_again", &seen.sent_again),
            ],
        );
    }

    fn now(self) -> routing::Moment {
        self.worker.gateway.moment()
    }
}

const fn look(seen: PathSeen, waited: Duration, is_all_outstanding: bool) -> PathLook {
    PathLook {
        waited,
        is_unacknowledged: seen.unacknowledged > 0,
        // Whatever has come since, it says nothing of this request.
        unheard: if is_all_outstanding { waited } else { seen.unheard },
        round_trip: seen.round_trip,
    }
}
