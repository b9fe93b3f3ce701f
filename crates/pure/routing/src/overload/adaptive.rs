//! How many requests a target takes at once, learnt from its refusals: halved when it says 429, five percent more when it
//! answers. The number of requests under way is what is steered: requests a second follow from it by the time an answer takes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::gate::UNLIMITED;
use crate::moment::Moment;

const CUT: f32 = 0.5;
const GROWTH: f32 = 1.05;
/// Up to this part of what was too many, each answer makes it grow …
const FAST_PART: f32 = 0.75;
/// … up to this one, each round of as many answers as the limit is; beyond it, one round in a while.
const NEAR_PART: f32 = 0.95;
/// What is so far beyond what was once too many shows that this is no longer true.
const PAST_PART: f32 = 1.2;
/// How long a while is at least. Finding out costs a refusal: no more than a tenth of the time is spent on its wait.
const WHILE_MIN: Duration = Duration::from_secs(3);
const WHILE_MAX: Duration = Duration::from_secs(300);
const WAIT_PARTS: u32 = 10;
/// A limit that nobody has come near for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// The limit is kept in parts of a request.
const PARTS: f32 = 1000.0;

/// When a limit is learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdaptiveMode {
    /// There is none.
    Never,
    /// There is none until he refuses; it ends when it has grown to the ceiling again.
    #[default]
    AfterRefusal,
    /// From the first request on.
    Always,
}

/// How a limit is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveRules {
    /// When there is one.
    pub mode: AdaptiveMode,
    /// What it is taken to be before anything is known.
    pub start: u32,
    /// The least.
    pub floor: u32,
    /// The most.
    pub ceiling: u32,
}

impl AdaptiveRules {
    /// Nothing is learnt.
    pub const NEVER: Self = Self { mode: AdaptiveMode::Never, start: 50, floor: 5, ceiling: 100 };
}

impl Default for AdaptiveRules {
    fn default() -> Self {
        Self { mode: AdaptiveMode::AfterRefusal, ..Self::NEVER }
    }
}

/// What one target's refusals have taught.
#[derive(Debug, Default)]
pub struct Adaptive {
    /// In parts of a request; 0 where there is none.
    limit: AtomicU32,
    past: Mutex<Past>,
}

/// What only refusals and answers at the limit look at.
#[derive(Debug, Default)]
struct Past {
    /// How many it was when he last refused; 0 where that is not known.
    too_many: f32,
    /// Where it ends.
    top: f32,
    /// Answers since it last grew.
    good: u32,
    grown: Moment,
    cut: Option<Moment>,
    /// When it last mattered.
    mattered: Moment,
    /// How long it rests near what was too many.
    pause: Duration,
}

/// A refusal.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// How many requests he had, the refused one included.
    pub active: u32,
    /// When the refused one began.
    pub began: Moment,
    /// How long he asked to be left alone.
    pub wait: Option<Duration>,
    /// The present.
    pub now: Moment,
}

impl Adaptive {
    /// How many he may have at once.
    pub fn max(&self, rules: AdaptiveRules) -> u32 {
        match (rules.mode, self.limit.load(Ordering::Relaxed)) {
            (AdaptiveMode::Never, _) | (AdaptiveMode::AfterRefusal, 0) => UNLIMITED,
            (AdaptiveMode::Always, 0) => rules.start,
            (_, parts) => parts / PARTS as u32,
        }
    }

    /// He has refused. Of requests that were under way together one refusal counts.
    pub fn refused(&self, rules: AdaptiveRules, refusal: Refusal) {
        if rules.mode == AdaptiveMode::Never {
            return;
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if past.cut.is_some_and(|cut| refusal.began <= cut) {
            return;
        }
        let (start, active) = (rules.start as f32, refusal.active.max(1) as f32);
        let before = match (rules.mode, self.limit.load(Ordering::Relaxed)) {
            (AdaptiveMode::Always, 0) => start,
            (_, 0) => {
                past.top = active.max(rules.ceiling as f32);
                start.max(active)
            }
            (_, parts) => parts as f32 / PARTS,
        };
        past.too_many = active.min(before);
        past.pause = (refusal.wait.unwrap_or_default() * WAIT_PARTS).clamp(WHILE_MIN, WHILE_MAX);
        (past.good, past.grown, past.mattered) = (0, refusal.now, refusal.now);
        past.cut = Some(refusal.now);
        self.set((before * CUT).max(rules.floor as f32));
    }

    /// He has answered, with so many requests under way.
    pub fn answered(&self, rules: AdaptiveRules, active: u32, now: Moment) {
        let before = self.max(rules);
        // Answers say nothing about a limit that nobody has come near.
        if before == UNLIMITED || active.saturating_mul(2) < before {
            return;
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = match self.limit.load(Ordering::Relaxed) {
            0 => rules.start as f32,
            parts => parts as f32 / PARTS,
        };
        past.mattered = now;
        past.good += 1;
        let is_round = past.good as f32 >= limit;
        let has_rested =
            past.too_many == 0.0 || limit < past.too_many * NEAR_PART || now.since(past.grown) >= past.pause;
        if limit >= past.too_many * FAST_PART && !(is_round && has_rested) {
            return;
        }
        (past.good, past.grown) = (0, now);
        let grown = limit * GROWTH;
        if grown > past.too_many * PAST_PART {
            past.too_many = 0.0;
        }
        match rules.mode {
            AdaptiveMode::AfterRefusal if grown >= past.top => self.limit.store(0, Ordering::Relaxed),
            AdaptiveMode::AfterRefusal => self.set(grown),
            _ => self.set(grown.min(rules.ceiling as f32)),
        }
    }

    /// Somebody has come to the limit: if it is an old one, it is forgotten.
    pub fn reached(&self, rules: AdaptiveRules, now: Moment) {
        if rules.mode != AdaptiveMode::AfterRefusal {
            return;
        }
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(past.mattered) > FORGOTTEN_AFTER {
            self.limit.store(0, Ordering::Relaxed);
        }
        past.mattered = now;
    }

    fn set(&self, limit: f32) {
        self.limit.store((limit * PARTS) as u32, Ordering::Relaxed);
    }
}
