//! How one model at one place has been answering. Shared by all workers: words, no lock where all is well.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::breaker::{Breaker, BreakerRules, Standing};
use super::fault::Fault;
use super::pace::Pace;
use super::role::{Change, Role};
use super::samples::{Sample, Samples};
use super::spread::{KNOWN_MIN, Spread};
use super::tally::Tally;
use crate::hedge::LATE_PART;
use crate::moment::Moment;
use crate::overload::{Adaptive, AdaptiveRules, Bounds, Gate, Refusal, UNLIMITED};

/// Whoever says that he does not know a model is asked for it only if nobody else is left, for so long: models that are being
/// brought up are soon there.
const UNKNOWN_MODEL_REST: Duration = Duration::from_secs(60);
/// What takes so many times as long as is usual is unusual.
const USUAL_FACTOR: u32 = 3;

/// The health of one target.
#[derive(Debug, Default)]
pub struct TargetHealth {
    pub(super) breaker: Breaker,
    /// Attempts and answers under way.
    gate: Arc<Gate>,
    adaptive: Adaptive,
    /// First token of streams; whole answers.
    paces: [Pace; 2],
    spreads: [Spread; 2],
    pub(super) samples: Samples,
    /// Calls that wait for the moment he named.
    waiting: AtomicU32,
    asked: AtomicU64,
    /// Calls that went on elsewhere.
    moved_on: AtomicU64,
    pub(super) faults: Tally,
    last_fault: Mutex<Option<(Fault, Moment)>>,
    /// Until when his word counts that he does not know the model, in microseconds.
    unknown_until: AtomicU64,
}

/// How many requests somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Attempts and answers under way.
    pub active: u32,
    /// The most there ever were.
    pub peak: u32,
    /// Those who wait.
    pub waiting: u32,
    /// How many he takes at once, as his refusals have taught.
    pub learnt: Option<u32>,
}

/// Why an attempt cannot begin now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// He is to be tried by one at a time, and somebody is at it.
    OnTrial,
    /// He has as many as he may have at once.
    Full,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer began. Also one that says the caller is at fault: who answers so is well.
    Answered,
    /// It failed.
    Fault(Fault),
}

impl TargetHealth {
    /// How he stands, as far as his answers tell.
    pub fn standing(&self, rules: &BreakerRules, now: Moment) -> Standing {
        self.breaker.standing(rules, now)
    }

    /// Attempts since the start.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// A call that he did not answer went on to somebody else.
    pub fn note_move(&self) {
        self.moved_on.fetch_add(1, Ordering::Relaxed);
    }

    /// Calls that went on to somebody else.
    pub(super) fn moved_on(&self) -> u64 {
        self.moved_on.load(Ordering::Relaxed)
    }

    /// What went wrong last, and when.
    pub(super) fn last_fault(&self) -> Option<(Fault, Moment)> {
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts and answers under way.
    pub fn in_flight(&self) -> u32 {
        self.gate.active()
    }

    /// How many he may have at once, of what he is asked for himself: as configured, and as his refusals teach.
    pub fn max(&self, bounds: &Bounds<'_>) -> u32 {
        bounds.max.min(self.adaptive.max(bounds.adaptive))
    }

    /// How many requests he has, and how many wait for him.
    pub fn crowd(&self, rules: AdaptiveRules) -> Crowd {
        Crowd {
            active: self.gate.active(),
            peak: self.gate.peak(),
            waiting: self.gate.waiting(),
            learnt: Some(self.adaptive.max(rules)).filter(|max| *max != UNLIMITED),
        }
    }

    /// Whether there is a limit of his own that his refusals have taught.
    pub(crate) fn has_learnt(&self, rules: AdaptiveRules) -> bool {
        self.adaptive.max(rules) != UNLIMITED
    }

    /// Whether one who comes anew would have to wait.
    pub(crate) fn is_full(&self, bounds: &Bounds<'_>) -> bool {
        self.gate.is_full(self.max(bounds))
            || bounds.shared().any(|limited| limited.gate.is_full(limited.max))
    }

    /// Whether he has refused just now while he serves others: as soon as he answers one, the next may be asked.
    pub(crate) fn refuses_more(&self, now: Moment) -> bool {
        self.breaker.is_full(now) && self.in_flight() > 0
    }

    /// Where one who comes anew would have to wait.
    pub(crate) fn full_gates<'a>(
        &'a self,
        bounds: &'a Bounds<'a>,
        now: Moment,
    ) -> impl Iterator<Item = &'a Arc<Gate>> {
        let own = Some(&self.gate).filter(|gate| gate.is_full(self.max(bounds)) || self.refuses_more(now));
        let shared = bounds.shared().filter(|limited| limited.gate.is_full(limited.max));
        own.into_iter().chain(shared.map(|limited| &limited.gate))
    }

    /// Microseconds until he answers, with those before us; what is unknown is taken to be fast, once.
    pub(crate) fn load(&self, is_streaming: bool, now: Moment) -> f32 {
        /// What an attempt under way may take where nothing is known.
        const UNKNOWN_MICROS: f32 = 1e6;
        let before = self.in_flight() as f32;
        match self.paces[usize::from(!is_streaming)].micros(now) {
            Some(micros) => micros * (before + 1.0),
            None => before * UNKNOWN_MICROS,
        }
    }

    /// Microseconds until he answers, by himself; `None` where that is unknown.
    pub fn pace_micros(&self, is_streaming: bool, now: Moment) -> Option<f32> {
        self.paces[usize::from(!is_streaming)].micros(now)
    }

    /// What is no longer usual for him, between `floor` and whatever patience there is; `None` while too little is known.
    pub fn unusual_after(&self, is_streaming: bool, floor: Duration) -> Option<Duration> {
        let usual = self.spreads[usize::from(!is_streaming)].usual()?;
        Some((usual * USUAL_FACTOR).max(floor))
    }

    /// The time that `part` of his answers did not exceed; `None` while too little is known.
    pub fn usual(&self, is_streaming: bool, part: f64) -> Option<Duration> {
        let spread = &self.spreads[usize::from(!is_streaming)];
        (spread.counted() >= KNOWN_MIN).then(|| spread.quantile(part)).flatten()
    }

    /// When he is later than he usually is: nearly all of his answers took no longer. `None` while too little is known.
    pub fn late_after(&self, is_streaming: bool) -> Option<Duration> {
        self.usual(is_streaming, LATE_PART)
    }

    /// Whether he has said of late that he does not know the model.
    pub(crate) fn is_unknown(&self, now: Moment) -> bool {
        self.unknown_until.load(Ordering::Relaxed) > now.micros()
    }

    /// For how much longer that counts.
    pub(crate) fn unknown_for(&self, now: Moment) -> Duration {
        Moment::from_micros(self.unknown_until.load(Ordering::Relaxed)).since(now)
    }

    /// Begins an attempt within its bounds; whoever has waited for it (`has_waited`) goes before those who come anew.
    pub fn begin(
        self: &Arc<Self>,
        rules: &Arc<BreakerRules>,
        bounds: &Bounds<'_>,
        has_waited: bool,
        now: Moment,
    ) -> Result<Trying, NotNow> {
        let standing = self.standing(rules, now);
        let max = self.max(bounds);
        if !self.gate.enter(max, has_waited) {
            self.adaptive.reached(bounds.adaptive, now);
            return Err(NotNow::Full);
        }
        // From here on dropping it leaves what was entered.
        let mut trying = Trying {
            health: self.clone(),
            rules: rules.clone(),
            adaptive: bounds.adaptive,
            max: bounds.max,
            shared: [None, None],
            role: Role::Usual,
            is_told: false,
            has_answered: false,
            sample: 0,
        };
        for (entered, limited) in trying.shared.iter_mut().zip(bounds.shared) {
            let Some(limited) = limited else { continue };
            if !limited.gate.enter(limited.max, has_waited) {
                return Err(NotNow::Full);
            }
            *entered = Some(limited.gate.clone());
        }
        trying.role = match standing {
            Standing::Closed { .. } | Standing::Troubled => Role::Usual,
            Standing::Trial if self.breaker.claim_trial(now) => Role::Trial,
            Standing::Trial => return Err(NotNow::OnTrial),
            Standing::Open { .. } | Standing::OnTrial { .. } => Role::LastResort,
        };
        self.asked.fetch_add(1, Ordering::Relaxed);
        if has_waited {
            self.gate.call_if_room(max);
            bounds.shared().for_each(|limited| limited.gate.call_if_room(limited.max));
        }
        Ok(trying)
    }

    /// Takes the one place there is for waiting until he may be asked again.
    pub(crate) fn wait(self: &Arc<Self>) -> Option<Waiting> {
        let taken = self.waiting.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
        taken.is_ok().then(|| Waiting(self.clone()))
    }

    /// Failures since the last answer.
    pub(crate) fn run(&self) -> u32 {
        self.breaker.run()
    }

    /// What a probe found that asked what callers ask. A good one ends the time that he is left alone for and is a trial; a bad
    /// one within that time says nothing new.
    pub fn probed(&self, rules: &BreakerRules, is_well: bool, now: Moment) {
        match self.standing(rules, now) {
            Standing::Open { is_busy: true, .. } => return,
            Standing::Open { .. } if !is_well => return,
            Standing::Open { .. } => self.breaker.end_wait(now),
            _ => {}
        }
        self.breaker.probed(rules, is_well, now);
    }

    /// Somebody is there, which is not to say that he answers calls.
    pub(crate) fn is_there_again(&self, now: Moment) {
        if matches!(self.last_fault(), Some((Fault::Unreachable | Fault::Unheard, _))) {
            self.breaker.end_wait(now);
        }
    }

    /// Answers and failures of the last ten seconds.
    pub(crate) fn recent(&self, now: Moment) -> (u64, u64) {
        self.breaker.recent(now)
    }

    /// Takes in how an attempt went; the number of its sample, if it has left one.
    fn note(&self, rules: &BreakerRules, role: Role, outcome: Outcome, how: How) -> Option<usize> {
        let How { took, is_streaming, now } = how;
        let Outcome::Fault(fault) = outcome else {
            let kind = usize::from(!is_streaming);
            self.paces[kind].note(took, now);
            self.spreads[kind].note(took);
            let sample = self.samples.note(Sample { took, is_good: true, at: now });
            let change = self.breaker.succeeded(rules, role, now);
            if self.unknown_until.load(Ordering::Relaxed) != 0 {
                self.unknown_until.store(0, Ordering::Relaxed);
            }
            if change == Change::Closed {
                // How slow he was while he was ill says nothing any more.
                self.paces[kind].restart(took, now);
            }
            return Some(sample);
        };
        self.faults.note(fault);
        match fault {
            // He is well: he could not do this one.
            Fault::TooLong | Fault::Declined => {
                self.breaker.succeeded(rules, role, now);
                return None;
            }
            // About the key, or about one model, not about him: that rests.
            Fault::Refused | Fault::UnknownModel => {
                if fault == Fault::UnknownModel {
                    self.unknown_until.store((now + UNKNOWN_MODEL_REST).micros(), Ordering::Relaxed);
                }
                if role == Role::Trial {
                    self.breaker.release_trial(now);
                }
                return None;
            }
            _ => {}
        }
        let sample = self.samples.note(Sample { took, is_good: false, at: now });
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some((fault, now));
        if fault == Fault::Silent {
            // So slow at least.
            self.paces[usize::from(!is_streaming)].note(took, now);
        }
        match fault {
            Fault::Busy { wait } => self.breaker.busy(rules, role, wait, now),
            _ => self.breaker.failed(rules, role, now),
        };
        Some(sample)
    }

    /// Takes in that he was not waited for any longer. What is usual for him would shrink with each such answer if those who take
    /// longer than usual did not count; whoever was sent away sooner says nothing.
    fn note_outrun(&self, how: How) {
        let How { took, is_streaming, now } = how;
        self.paces[usize::from(!is_streaming)].note_at_least(took, now);
        if self.late_after(is_streaming).is_some_and(|late_after| took >= late_after) {
            self.spreads[usize::from(!is_streaming)].note(took);
        }
    }

    fn note_break(&self, rules: &BreakerRules, sample: usize, now: Moment) {
        self.faults.note(Fault::BrokeOff);
        self.samples.spoil(sample);
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some((Fault::BrokeOff, now));
        self.breaker.broke_off(rules, now);
    }
}

impl TargetHealth {
    /// What an attempt says of how many he takes at once.
    fn learn(&self, rules: AdaptiveRules, max: u32, outcome: Outcome, how: How) {
        let (active, now) = (self.in_flight(), how.now);
        match outcome {
            Outcome::Answered => {
                self.adaptive.answered(rules, active, now);
                self.gate.call_if_room(max.min(self.adaptive.max(rules)));
            }
            Outcome::Fault(Fault::Busy { wait }) => {
                self.adaptive.refused(rules, Refusal { active, began: now.before(how.took), wait, now });
            }
            _ => {}
        }
    }
}

/// How long an attempt took, and when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// From its begin until the answer began or failed.
    pub took: Duration,
    /// Whether the answer is a stream.
    pub is_streaming: bool,
    /// The present.
    pub now: Moment,
}

/// An attempt and the answer it leads to. It counts as under way until it is dropped.
#[derive(Debug)]
pub struct Trying {
    health: Arc<TargetHealth>,
    rules: Arc<BreakerRules>,
    adaptive: AdaptiveRules,
    /// How many its target may have, as configured.
    max: u32,
    /// What it has entered beside its target's own gate.
    shared: [Option<Arc<Gate>>; 2],
    role: Role,
    is_told: bool,
    has_answered: bool,
    /// The number of the sample that its answer has left.
    sample: usize,
}

impl Trying {
    /// Says how it went, once.
    pub fn ended(&mut self, outcome: Outcome, how: How) {
        if !std::mem::replace(&mut self.is_told, true) {
            self.has_answered = outcome == Outcome::Answered;
            if let Some(sample) = self.health.note(&self.rules, self.role, outcome, how) {
                self.sample = sample;
            }
            self.health.learn(self.adaptive, self.max, outcome, how);
        }
    }

    /// Nothing was sent to him after all, and nothing wanted of him.
    pub fn was_not_asked(self) {
        self.health.asked.fetch_sub(1, Ordering::Relaxed);
    }

    /// Another, asked beside him, began to answer: he was sent away. No fault of his, but he takes so long at least.
    pub fn was_outrun(self, how: How) {
        self.health.note_outrun(how);
    }

    /// Somebody else was asked in his place.
    pub fn moved_on(&self) {
        self.health.note_move();
    }

    /// The answer that had begun broke off.
    pub fn broke_off(&mut self, now: Moment) {
        if std::mem::replace(&mut self.has_answered, false) {
            self.health.note_break(&self.rules, self.sample, now);
        }
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        if self.role == Role::Trial && !self.is_told {
            // Nobody waited for the answer: it says nothing. The moment does not matter: it is free again at once.
            self.health.breaker.release_trial(Moment::default());
        }
        if self.has_answered {
            self.health.breaker.held();
        }
        self.health.gate.leave();
        self.shared.iter().flatten().for_each(|gate| gate.leave());
    }
}

/// A place for waiting, kept until it is dropped.
#[derive(Debug)]
pub struct Waiting(Arc<TargetHealth>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.store(0, Ordering::Relaxed);
    }
}
