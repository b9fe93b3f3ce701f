//! Whether the network still carries what is sent over a line. A model may think for half a minute, so silence says nothing;
//! but its host acknowledges our bytes within milliseconds, whatever the model does. How long that usually takes is learnt, and
//! what is not acknowledged for longer is late. Who looks at connections is not known here.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::spread::Spread;
use crate::moment::Moment;

/// The limit while too little is known: receivers may put an acknowledgement off for 200 ms.
const LIMIT_UNKNOWN: Duration = Duration::from_millis(300);
/// A Linux host that has always acknowledged at once may put it off for 40 ms as soon as its server is busy.
const PUT_OFF: Duration = Duration::from_millis(40);
/// What is granted beyond what is usual: so much, or two round trips.
const MARGIN_MIN: Duration = Duration::from_millis(20);
/// Before so many acknowledgements are known, the longest of them is all that tells of the rare ones: it counts twice.
const WELL_KNOWN_MIN: u32 = 1000;
/// Until then it is looked so soon, to learn.
const LEARN_AFTER: Duration = Duration::from_millis(50);
/// After the limit the network has so much time for sending again what was lost; then one connection proves enough.
const LOST_MAX: Duration = Duration::from_secs(1);
/// So many connections that are late one after the other, nothing having been heard meanwhile, prove that the path is dead:
/// one may have lost a packet.
const LATE_MAX: u32 = 2;
/// Without a word from probes or answers, a dead path is tried again after so long.
const DEAD_FOR: Duration = Duration::from_secs(30);
/// A kernel tells its times in steps of up to ten milliseconds.
const CLOCK_STEP: Duration = Duration::from_millis(10);

/// What is known of the path of one line.
#[derive(Debug, Default)]
pub struct PathHealth {
    /// How long acknowledgements took.
    spread: Spread,
    /// Microseconds, smoothed; 0 before the first.
    round_trip: AtomicU32,
    /// Connections that were late since something was heard.
    late: AtomicU32,
    /// How long they had waited, in microseconds: it counts only if the path turns out to be well.
    late_waited: AtomicU64,
    /// Until when nobody is asked by it who need not be; the start for a path that is well.
    dead_until: AtomicU64,
}

/// What one look at a connection tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathLook {
    /// Since the last byte was handed to the kernel.
    pub waited: Duration,
    /// Whether anything that was sent is not acknowledged yet.
    pub is_unacknowledged: bool,
    /// Since anything was acknowledged.
    pub unheard: Duration,
    /// From us to the host and back.
    pub round_trip: Duration,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFinding {
    /// All that was sent has arrived: from now on silence is the provider's.
    Arrived,
    /// Nothing yet: it is looked again after this.
    Wait(Duration),
    /// It is late: whoever else may answer is to be asked now. It is looked again after this.
    Late(Duration),
    /// The same, and with it the path has proved to be dead.
    Dead(Duration),
}

impl PathHealth {
    /// How soon after sending a connection is looked at for the first time. Who answers sooner pays nothing.
    pub fn first_look(&self) -> Duration {
        if self.spread.counted() < WELL_KNOWN_MIN { LEARN_AFTER } else { self.limit() }
    }

    /// How long an acknowledgement may take.
    pub fn limit(&self) -> Duration {
        let round_trip = Duration::from_micros(self.round_trip.load(Ordering::Relaxed).into());
        let margin = MARGIN_MIN.max(2 * round_trip);
        let of_usual = |usual: Duration| usual.max(PUT_OFF) + margin;
        match self.spread.usual() {
            None => LIMIT_UNKNOWN.max(2 * margin),
            Some(longest) if self.spread.counted() < WELL_KNOWN_MIN => of_usual(2 * longest),
            Some(usual) => of_usual(usual),
        }
    }

    /// Whether nobody is to be asked by it who need not be.
    pub fn is_dead(&self, now: Moment) -> bool {
        now.micros() < self.dead_until.load(Ordering::Relaxed)
    }

    /// Whether something is to be said of an answer: one that comes over a path that seemed late proves that it is not.
    pub fn is_doubted(&self) -> bool {
        self.late.load(Ordering::Relaxed) > 0 || self.dead_until.load(Ordering::Relaxed) > 0
    }

    /// Something has come over it.
    pub fn carried(&self) {
        self.late.store(0, Ordering::Relaxed);
        self.dead_until.store(0, Ordering::Relaxed);
        let waited = self.late_waited.swap(0, Ordering::Relaxed);
        if waited > 0 {
            // An acknowledgement that nobody waited for any longer: it took so long at least.
            self.spread.note(Duration::from_micros(waited));
        }
    }

    fn acknowledged(&self, was_late: bool, took: Option<Duration>, round_trip: Duration) {
        if was_late {
            // How long it took is known now.
            self.late_waited.store(0, Ordering::Relaxed);
        }
        if self.is_doubted() {
            self.carried();
        }
        took.iter().for_each(|took| self.spread.note(*took));
        let taken = u32::try_from(round_trip.as_micros()).unwrap_or(u32::MAX).max(1);
        let smoothed = |before: u32| Some(if before == 0 { taken } else { before - before / 8 + taken / 8 });
        let _ = self.round_trip.try_update(Ordering::Relaxed, Ordering::Relaxed, smoothed);
    }

    /// A connection is late; says whether the path is dead with it.
    fn late(&self, waited: Duration) -> bool {
        self.late_waited.fetch_max(waited.as_micros() as u64, Ordering::Relaxed);
        self.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE_MAX
    }

    /// It has proved to be dead; so it is for whoever is asked by it with another key.
    pub fn died(&self, now: Moment) {
        self.late_waited.store(0, Ordering::Relaxed);
        self.dead_until.store((now + DEAD_FOR).micros(), Ordering::Relaxed);
    }
}

/// One request, from its last byte until it has arrived.
#[derive(Debug, Default)]
pub struct PathWatch {
    is_late: bool,
    /// It is long, and arrives bit by bit: how long that takes says nothing of an acknowledgement.
    is_arriving: bool,
}

impl PathWatch {
    /// Says what a look at its connection means.
    pub fn look(&mut self, path: &PathHealth, look: PathLook, now: Moment) -> PathFinding {
        let PathLook { waited, unheard, .. } = look;
        if !look.is_unacknowledged {
            let took = (!self.is_arriving).then(|| waited.saturating_sub(unheard));
            path.acknowledged(self.is_late, took, look.round_trip);
            return PathFinding::Arrived;
        }
        self.is_arriving |= unheard + CLOCK_STEP < waited;
        let (limit, unheard) = (path.limit(), unheard.min(waited));
        if unheard < limit {
            return PathFinding::Wait(limit - unheard);
        }
        let lost_after = limit + LOST_MAX;
        let was_late = std::mem::replace(&mut self.is_late, true);
        let is_proof = unheard >= lost_after || !was_late && path.late(waited);
        let again = if unheard < lost_after { limit.min(lost_after - unheard) } else { LOST_MAX };
        // That it is dead is found out once.
        if !is_proof || path.is_dead(now) {
            return PathFinding::Late(again);
        }
        path.died(now);
        PathFinding::Dead(again)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{PathFinding, PathHealth, PathLook, PathWatch};
    use crate::moment::Moment;

    const NOW: Moment = Moment::after_start(Duration::from_secs(100));

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn waiting(waited: u64, unheard: u64) -> PathLook {
        PathLook {
            waited: ms(waited),
            is_unacknowledged: true,
            unheard: ms(unheard),
            round_trip: Duration::from_micros(300),
        }
    }

    fn arrived(waited: u64, unheard: u64) -> PathLook {
        PathLook { is_unacknowledged: false, ..waiting(waited, unheard) }
    }

    /// A path by which so many acknowledgements took so long.
    fn known(count: usize, took: u64) -> PathHealth {
        let path = PathHealth::default();
        for _ in 0..count {
            PathWatch::default().look(&path, arrived(took + 50, 50), NOW);
        }
        path
    }

    #[test]
    fn the_limit_is_what_is_usual_and_a_margin() {
        assert_eq!(PathHealth::default().limit(), ms(300), "nobody knows");
        assert_eq!(known(99, 1).limit(), ms(300), "too little is known");
        assert_eq!(known(1024, 1).limit(), ms(60), "a Linux host may put it off at any time");
        let put_off = known(1024, 44).limit();
        assert!((ms(64)..ms(75)).contains(&put_off), "{put_off:?}");
        let little = known(128, 44).limit();
        assert!((ms(108)..ms(120)).contains(&little), "the longest of a hundred counts twice: {little:?}");
        let far = PathHealth::default();
        for _ in 0..1024 {
            let look = PathLook { round_trip: ms(150), ..arrived(400, 240) };
            PathWatch::default().look(&far, look, NOW);
        }
        assert!((ms(450)..ms(500)).contains(&far.limit()), "two round trips: {:?}", far.limit());
    }

    #[test]
    fn one_that_is_late_may_have_lost_a_packet_and_two_prove_a_path_dead() {
        let path = known(1024, 1);
        assert_eq!(PathWatch::default().look(&path, waiting(50, 9000), NOW), PathFinding::Wait(ms(10)));
        let mut first = PathWatch::default();
        assert!(matches!(first.look(&path, waiting(60, 9000), NOW), PathFinding::Late(_)));
        assert!(
            matches!(first.look(&path, waiting(120, 9000), NOW), PathFinding::Late(_)),
            "it is one still"
        );
        assert!(!path.is_dead(NOW));
        assert_eq!(PathWatch::default().look(&path, waiting(61, 9000), NOW), PathFinding::Dead(ms(60)));
        assert!(matches!(PathWatch::default().look(&path, waiting(61, 9000), NOW), PathFinding::Late(_)));
        assert!(path.is_dead(NOW) && !path.is_dead(NOW + ms(30_000)), "it is tried again some day");
    }

    #[test]
    fn what_is_heard_in_between_proves_it_alive() {
        let path = known(1024, 1);
        PathWatch::default().look(&path, waiting(60, 9000), NOW);
        path.carried();
        assert!(!path.is_doubted());
        let mut second = PathWatch::default();
        assert!(matches!(second.look(&path, waiting(90, 9000), NOW), PathFinding::Late(_)));
        assert_eq!(second.look(&path, arrived(300, 10), NOW), PathFinding::Arrived);
        let mut third = PathWatch::default();
        assert!(matches!(third.look(&path, waiting(900, 9000), NOW), PathFinding::Late(_)));
    }

    #[test]
    fn one_alone_proves_it_when_sending_again_was_of_no_use() {
        let (path, mut only) = (known(1024, 1), PathWatch::default());
        assert_eq!(only.look(&path, waiting(60, 9000), NOW), PathFinding::Late(ms(60)));
        assert_eq!(only.look(&path, waiting(1050, 9000), NOW), PathFinding::Late(ms(10)));
        assert_eq!(only.look(&path, waiting(1060, 9000), NOW), PathFinding::Dead(ms(1000)));
        assert_eq!(only.look(&path, waiting(2060, 9000), NOW), PathFinding::Late(ms(1000)));
        assert_eq!(only.look(&path, arrived(9000, 9), NOW), PathFinding::Arrived);
        assert!(!path.is_dead(NOW), "it carries again");
    }

    #[test]
    fn a_long_request_that_arrives_bit_by_bit_is_not_late_and_teaches_nothing() {
        let (path, mut long) = (known(1024, 1), PathWatch::default());
        for waited in (60..5000).step_by(50) {
            assert!(matches!(long.look(&path, waiting(waited, 20), NOW), PathFinding::Wait(_)));
        }
        assert_eq!(long.look(&path, arrived(5000, 30), NOW), PathFinding::Arrived);
        assert_eq!(path.limit(), ms(60));
        let mut stuck = PathWatch::default();
        stuck.look(&path, waiting(60, 20), NOW);
        assert!(
            matches!(stuck.look(&path, waiting(200, 60), NOW), PathFinding::Late(_)),
            "it arrives no more"
        );
    }

    #[test]
    fn an_alarm_for_nothing_makes_the_limit_longer_and_one_of_a_dead_path_does_not() {
        let path = known(128, 20);
        let before = path.limit();
        for _ in 0..32 {
            PathWatch::default().look(&path, waiting(110, 9000), NOW);
            PathWatch::default().look(&path, arrived(60, 50), NOW);
        }
        assert!(path.limit() > before + ms(50), "{before:?} and then {:?}", path.limit());
        let dead = known(128, 20);
        for _ in 0..32 {
            PathWatch::default().look(&dead, waiting(110, 9000), NOW);
            PathWatch::default().look(&dead, waiting(110, 9000), NOW);
            dead.carried();
        }
        assert_eq!(dead.limit(), before);
    }
}
