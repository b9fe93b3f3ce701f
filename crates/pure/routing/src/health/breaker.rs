//! Whether somebody is asked at all. A run of failures, or too many of them in ten seconds, opens the breaker for a while;
//! then one trial at a time is let through, and enough good ones close it. A provider that says when to come back is believed.
//!
//! What planning needs is one word, read without a lock. The lock is taken on failures and on trials only.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::role::{Cause, Change, Role};
use super::window::Window;
use crate::moment::Moment;

/// Most failures that a run can be made of.
pub const RUN_MAX: usize = 20;
/// A trial that nobody ends is given up after so long.
const TRIAL_MAX: Duration = Duration::from_secs(300);
/// Fewer answers in ten seconds say nothing about a rate.
const RATE_ANSWERS_MIN: u64 = 20;
/// From this part of failures on it is in trouble: asked less, not yet left alone.
const TROUBLE_PART: f64 = 0.1;
/// So long after its last failure it is still in trouble.
const TROUBLE: Duration = Duration::from_secs(10);
/// He refuses but does not say for how long: this at first, twice as long each further time …
const WAIT_UNTOLD: Duration = Duration::from_millis(400);
/// … up to this.
const WAIT_UNTOLD_MAX: Duration = Duration::from_secs(1);
/// How long nothing must happen until earlier openings are forgotten.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

/// When a breaker opens and closes.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerRules {
    /// So many failures in a row open it …
    pub failures: usize,
    /// … if they lie within this time.
    pub within: Duration,
    /// So large a part of failures in ten seconds opens it, too.
    pub rate: f64,
    /// How long it stays open the first time; each further time twice as long.
    pub open: Duration,
    /// The longest it stays open.
    pub open_max: Duration,
    /// So many good trials close it.
    pub successes: u32,
    /// After that, its part grows from a tenth to all of it over this time.
    pub slow_start: Duration,
    /// A provider's own word on when to come back is believed up to here.
    pub wait_max: Duration,
}

impl Default for BreakerRules {
    fn default() -> Self {
        Self {
            failures: 5,
            within: Duration::from_secs(60),
            rate: 0.5,
            open: Duration::from_secs(1),
            open_max: Duration::from_secs(30),
            successes: 3,
            slow_start: Duration::from_secs(10),
            wait_max: Duration::from_secs(60),
        }
    }
}

/// How somebody stands right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// Asked as often as his weight says; less where `share`, from a tenth to 1, is not 1: he is coming back.
    Closed {
        /// What part of his weight he gets.
        share: f32,
    },
    /// He fails now and then: asked less.
    Troubled,
    /// Left alone until then.
    Open {
        /// The end of it.
        until: Moment,
        /// He said so himself.
        is_busy: bool,
    },
    /// The next to claim it may try.
    Trial,
    /// Somebody is trying it.
    OnTrial {
        /// He had asked for patience, and was not ill.
        is_busy: bool,
    },
}

const PHASE_BITS: u32 = 3;
const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const BUSY: u64 = 2;
const TRYING: u64 = 3;
const TRYING_BUSY: u64 = 4;
/// Busy, but nobody has said for how long.
const FULL: u64 = 5;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// The phase below; above it a moment: since when it is closed, until when it is open or tried.
    word: AtomicU64,
    trouble_until: AtomicU64,
    /// Failures since the last success.
    run: AtomicU32,
    /// Answers that broke off since the last one that did not.
    breaks: AtomicU32,
    window: Window,
    past: Mutex<Past>,
}

/// What only failures and trials look at.
#[derive(Debug, Default)]
struct Past {
    /// When the last failures were, as a ring.
    failures: [Moment; RUN_MAX],
    failed: usize,
    /// Openings that are not forgiven yet.
    openings: u32,
    good_trials: u32,
    /// Refusals without a word since the last answer to a trial or to one who was asked before them.
    refusals: u32,
    cause: Cause,
}

impl Past {
    /// How long one is left alone who does not say so himself.
    fn untold(&self) -> Duration {
        WAIT_UNTOLD.saturating_mul(1 << self.refusals.min(10)).min(WAIT_UNTOLD_MAX)
    }
}

impl Breaker {
    pub(crate) fn standing(&self, rules: &BreakerRules, now: Moment) -> Standing {
        let (phase, moment) = unpack(self.word.load(Ordering::Relaxed));
        match phase {
            CLOSED if now.micros() < self.trouble_until.load(Ordering::Relaxed) => Standing::Troubled,
            CLOSED if moment == Moment::default() => Standing::Closed { share: 1.0 },
            CLOSED => Standing::Closed { share: share_after(now.since(moment), rules.slow_start) },
            _ if now >= moment => Standing::Trial,
            TRYING | TRYING_BUSY => Standing::OnTrial { is_busy: phase == TRYING_BUSY },
            _ => Standing::Open { until: moment, is_busy: matches!(phase, BUSY | FULL) },
        }
    }

    /// Takes the one trial there is at a time; false if somebody else has it.
    pub(crate) fn claim_trial(&self, now: Moment) -> bool {
        let claim = |word: u64| {
            let (phase, moment) = unpack(word);
            let trying = if matches!(phase, BUSY | FULL | TRYING_BUSY) { TRYING_BUSY } else { TRYING };
            (phase != CLOSED && now >= moment).then(|| pack(trying, now + TRIAL_MAX))
        };
        self.word.try_update(Ordering::Relaxed, Ordering::Relaxed, claim).is_ok()
    }

    /// A trial ended without a word on how it went: the next one may have it.
    pub(crate) fn release_trial(&self, now: Moment) {
        let _past = self.past();
        match self.phase() {
            TRYING => self.word.store(pack(OPEN, now), Ordering::Relaxed),
            TRYING_BUSY => self.word.store(pack(BUSY, now), Ordering::Relaxed),
            _ => {}
        }
    }

    pub(crate) fn succeeded(&self, rules: &BreakerRules, role: Role, now: Moment) -> Change {
        self.window.succeeded(now);
        if self.run.load(Ordering::Relaxed) != 0 {
            self.run.store(0, Ordering::Relaxed);
        }
        if role == Role::Usual && self.phase() != FULL {
            return Change::None;
        }
        let mut past = self.past();
        match self.phase() {
            // Whoever answers others while he refuses some has as many as he takes, and goes on.
            FULL => {
                past.refusals = 0;
                self.word.store(pack(CLOSED, Moment::default()), Ordering::Relaxed);
                return Change::Closed;
            }
            // Who only asked for patience was never ill.
            TRYING_BUSY => self.close(&mut past, Moment::default()),
            phase @ (TRYING | OPEN) => {
                past.good_trials += 1;
                if past.good_trials >= rules.successes {
                    self.close(&mut past, now);
                    return Change::Closed;
                }
                // While somebody tries, his trial is the only one, whoever else was answered.
                if phase == OPEN || role == Role::Trial {
                    self.word.store(pack(OPEN, now), Ordering::Relaxed);
                }
                return Change::None;
            }
            _ => return Change::None,
        }
        Change::Closed
    }

    pub(crate) fn failed(&self, rules: &BreakerRules, role: Role, now: Moment) -> Change {
        let run = self.run.fetch_add(1, Ordering::Relaxed) + 1;
        self.note_failure(rules, role, run, now)
    }

    /// An answer that had begun well broke off. Such ones make a run of their own: each began with a success.
    pub(crate) fn broke_off(&self, rules: &BreakerRules, now: Moment) -> Change {
        let run = self.breaks.fetch_add(1, Ordering::Relaxed) + 1;
        let change = self.note_failure(rules, Role::Usual, run, now);
        if change == Change::Opened {
            self.past().cause = Cause::Breaks;
        }
        change
    }

    /// An answer has ended, and did not break off.
    pub(crate) fn held(&self) {
        if self.breaks.load(Ordering::Relaxed) != 0 {
            self.breaks.store(0, Ordering::Relaxed);
        }
    }

    fn note_failure(&self, rules: &BreakerRules, role: Role, run: u32, now: Moment) -> Change {
        self.window.failed(now);
        let mut past = self.past();
        let place = past.failed % RUN_MAX;
        past.failures[place] = now;
        past.failed = past.failed.wrapping_add(1);
        let phase = self.phase();
        if matches!(phase, TRYING | TRYING_BUSY) && role == Role::Trial {
            self.open(&mut past, rules, Cause::Trial, now);
            return Change::Opened;
        }
        if phase != CLOSED {
            // It was asked before the breaker opened: that is known already.
            return Change::None;
        }
        let counts = self.window.counts(now);
        let answers = counts.failed + counts.succeeded;
        let part = counts.failed as f64 / answers.max(1) as f64;
        if part >= TROUBLE_PART {
            self.trouble_until.store((now + TROUBLE).micros(), Ordering::Relaxed);
        }
        let is_run = run as usize >= rules.failures
            && now.since(past.failures[(past.failed - rules.failures) % RUN_MAX]) <= rules.within;
        let is_rate = answers >= RATE_ANSWERS_MIN && part >= rules.rate;
        if !is_run && !is_rate {
            return Change::None;
        }
        let (_, closed_since) = unpack(self.word.load(Ordering::Relaxed));
        if now.since(closed_since) > FORGIVEN_AFTER {
            past.openings = 0;
        }
        self.open(&mut past, rules, if is_run { Cause::Run } else { Cause::Rate }, now);
        Change::Opened
    }

    /// He asks to be left alone; for a while, where he does not say for how long.
    pub(crate) fn busy(
        &self,
        rules: &BreakerRules,
        role: Role,
        wait: Option<Duration>,
        now: Moment,
    ) -> Change {
        let mut past = self.past();
        let until = now + wait.unwrap_or_else(|| past.untold()).min(rules.wait_max);
        let (phase, before) = unpack(self.word.load(Ordering::Relaxed));
        match phase {
            CLOSED => {}
            // Also who was ill is believed: he can say so much.
            OPEN if wait.is_some() => {}
            TRYING | TRYING_BUSY if role == Role::Trial => {}
            BUSY | FULL if before < until && wait.is_some() => {}
            // No sooner than was said, or the one who tries has it in hand.
            _ => return Change::None,
        }
        past.refusals += u32::from(wait.is_none());
        self.word.store(pack(if wait.is_some() { BUSY } else { FULL }, until), Ordering::Relaxed);
        if matches!(phase, BUSY | FULL) { Change::None } else { Change::Opened }
    }

    /// What an active probe found; it is a trial of its own.
    pub(crate) fn probed(&self, rules: &BreakerRules, is_well: bool, now: Moment) -> Change {
        let role = if self.claim_trial(now) { Role::Trial } else { Role::Usual };
        match (is_well, role) {
            (false, _) => self.failed(rules, role, now),
            (true, Role::Trial) => self.succeeded(rules, role, now),
            (true, _) => Change::None,
        }
    }

    /// Ends the time that it is left alone for: the next to claim it may try.
    pub(crate) fn end_wait(&self, now: Moment) {
        let end = |word: u64| {
            let (phase, until) = unpack(word);
            (phase == OPEN && until > now).then(|| pack(OPEN, now))
        };
        let _ = self.word.try_update(Ordering::Relaxed, Ordering::Relaxed, end);
    }

    /// Successes and failures of the last ten seconds.
    pub(crate) fn recent(&self, now: Moment) -> (u64, u64) {
        let counts = self.window.counts(now);
        (counts.succeeded, counts.failed)
    }

    /// Whether he refused without saying for how long, and has not answered since.
    pub(crate) fn is_full(&self, now: Moment) -> bool {
        let (phase, until) = unpack(self.word.load(Ordering::Relaxed));
        phase == FULL && now < until
    }

    /// What has opened it last.
    pub(crate) fn cause(&self) -> Cause {
        self.past().cause
    }

    /// How long until he is asked as usual, or may be tried; `None` while somebody tries him.
    pub(crate) fn recovers_in(&self, rules: &BreakerRules, now: Moment) -> Option<Duration> {
        let (_, since) = unpack(self.word.load(Ordering::Relaxed));
        match self.standing(rules, now) {
            Standing::Closed { .. } if since == Moment::default() => Some(Duration::ZERO),
            Standing::Closed { .. } => Some((since + rules.slow_start).since(now)),
            Standing::Troubled => {
                Some(Moment::from_micros(self.trouble_until.load(Ordering::Relaxed)).since(now))
            }
            Standing::Open { until, .. } => Some(until.since(now)),
            Standing::Trial => Some(Duration::ZERO),
            Standing::OnTrial { .. } => None,
        }
    }

    /// Failures since the last success.
    pub(crate) fn run(&self) -> u32 {
        self.run.load(Ordering::Relaxed)
    }

    fn close(&self, past: &mut Past, since: Moment) {
        (past.good_trials, past.refusals) = (0, 0);
        self.run.store(0, Ordering::Relaxed);
        self.breaks.store(0, Ordering::Relaxed);
        self.window.clear();
        self.trouble_until.store(0, Ordering::Relaxed);
        self.word.store(pack(CLOSED, since), Ordering::Relaxed);
    }

    fn open(&self, past: &mut Past, rules: &BreakerRules, cause: Cause, now: Moment) {
        let span = rules.open.saturating_mul(1 << past.openings.min(20)).min(rules.open_max);
        past.openings = past.openings.saturating_add(1);
        (past.good_trials, past.cause) = (0, cause);
        self.word.store(pack(OPEN, now + span), Ordering::Relaxed);
    }

    fn phase(&self) -> u64 {
        unpack(self.word.load(Ordering::Relaxed)).0
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From a tenth to all of it.
fn share_after(passed: Duration, slow_start: Duration) -> f32 {
    if passed >= slow_start {
        return 1.0;
    }
    (passed.as_secs_f32() / slow_start.as_secs_f32()).max(0.1)
}

fn pack(phase: u64, moment: Moment) -> u64 {
    moment.micros() << PHASE_BITS | phase
}

fn unpack(word: u64) -> (u64, Moment) {
    (word & ((1 << PHASE_BITS) - 1), Moment::from_micros(word >> PHASE_BITS))
}
