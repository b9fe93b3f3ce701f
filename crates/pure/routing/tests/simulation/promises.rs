//! What must hold at every moment, whoever fails. It keeps its own books and trusts none of the core's.

use std::time::Duration;

use routing::health::{Fault, Standing};
use routing::{Moment, ORDER_MAX};

use crate::caller::{Caller, End};

/// What all second attempts together may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) percent: u32,
    pub(crate) per_second: u32,
}

/// The floor's credit that is there from the start, in seconds of it.
const FLOOR_SECONDS: f64 = 10.0;
/// A provider is believed up to this.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The books, and the first promise that was broken.
#[derive(Debug)]
pub(crate) struct Promises {
    pub(crate) attempts_max: usize,
    pub(crate) replacements_max: u32,
    pub(crate) allowance: Allowance,
    /// No more nodes than this are ever in trouble: then everybody is answered.
    pub(crate) are_few_hit: bool,
    busy_until: Vec<Moment>,
    is_on_trial: Vec<bool>,
    pub(crate) calls: u64,
    pub(crate) answered: u64,
    pub(crate) attempts: u64,
    paid: u64,
    pub(crate) hedges: u64,
    /// So many of a hundred calls may have one, beside one in ten seconds.
    pub(crate) hedge_percent: u32,
    pub(crate) broken: Option<String>,
}

/// One who is about to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    pub(crate) place: usize,
    /// As he stood before.
    pub(crate) standing: Standing,
    /// Somebody else of the order is well and was not asked.
    pub(crate) is_other_well: bool,
    pub(crate) now: Moment,
}

impl Promises {
    pub(crate) fn new(
        nodes: usize,
        attempts_max: usize,
        replacements_max: u32,
        allowance: Allowance,
    ) -> Self {
        Self {
            attempts_max,
            replacements_max,
            allowance,
            are_few_hit: false,
            busy_until: vec![Moment::default(); nodes],
            is_on_trial: vec![false; nodes],
            calls: 0,
            answered: 0,
            attempts: 0,
            paid: 0,
            hedges: 0,
            hedge_percent: 0,
            broken: None,
        }
    }

    pub(crate) fn must(&mut self, holds: bool, now: Moment, what: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(format!("at {:.4} s: {}", now.passed().as_secs_f64(), what()));
        }
    }

    /// A plan was made: who does not ask for patience stands in it, if there is room, also if he looks dead.
    pub(crate) fn planned(&mut self, length: usize, standings: &[Standing], now: Moment) {
        let is_busy = |standing: &&Standing| {
            matches!(standing, Standing::Open { is_busy: true, .. } | Standing::OnTrial { is_busy: true })
        };
        let least = (standings.len() - standings.iter().filter(is_busy).count()).min(ORDER_MAX);
        self.must(length >= least, now, || format!("{length} in an order, of {standings:?}"));
    }

    /// Gives whether it is a trial.
    pub(crate) fn begins(&mut self, caller: &Caller, begin: Begin) -> bool {
        let Begin { place, standing, is_other_well, now } = begin;
        self.attempts += 1;
        let busy_until = self.busy_until[place];
        self.must(now >= busy_until, now, || {
            format!("node {place} was asked before its time, {busy_until:?}")
        });
        let is_ejected = matches!(standing, Standing::Open { .. } | Standing::OnTrial { .. });
        self.must(!is_ejected || !is_other_well, now, || {
            format!("node {place} is left alone and was asked though another is well")
        });
        if matches!(standing, Standing::Closed { .. } | Standing::Troubled) {
            // Others were answered while it was tried: nobody needs to find out any more.
            self.is_on_trial[place] = false;
        }
        let is_trial = standing == Standing::Trial;
        if is_trial {
            let is_free = !std::mem::replace(&mut self.is_on_trial[place], true);
            self.must(is_free, now, || format!("node {place} was tried by two at once"));
        }
        let (asked, most) = (caller.counted + usize::from(caller.attempt.is_some()), self.attempts_max);
        self.must(asked < most, now, || format!("{} attempts before this one", caller.asked.len()));
        self.must(now <= caller.deadline, now, || "an attempt after the deadline".to_owned());
        is_trial
    }

    /// Somebody is asked beside one who is late.
    pub(crate) fn hedges(&mut self, caller: &Caller, begin: Begin) {
        let Begin { place, standing, now, .. } = begin;
        self.hedges += 1;
        let floor = if self.hedge_percent > 0 { 1.0 + now.passed().as_secs_f64() / 10.0 } else { 0.0 };
        let most = self.calls as f64 * f64::from(self.hedge_percent) / 100.0 + floor;
        let (hedges, calls) = (self.hedges, self.calls);
        self.must(hedges as f64 <= most + 1e-3, now, || format!("{hedges} hedges for {calls} calls"));
        let first = caller.attempt.as_ref().map(|attempt| attempt.place);
        self.must(first.is_some_and(|first| first != place), now, || {
            format!("node {place} was asked beside {first:?}")
        });
        self.must(matches!(standing, Standing::Closed { .. }), now, || {
            format!("node {place} was asked beside another, and stands as {standing:?}")
        });
        self.must(!caller.has_hedged, now, || "a second hedge for one call".to_owned());
        self.begins(caller, begin);
    }

    pub(crate) fn trial_ends(&mut self, place: usize) {
        self.is_on_trial[place] = false;
    }

    /// What one who was asked said. `is_tried` means that somebody else finds out about him right now.
    pub(crate) fn told(&mut self, place: usize, fault: Option<Fault>, is_tried: bool, now: Moment) {
        // Who does not say for how long is asked again as soon as he answers somebody else.
        if let Some(Fault::Busy { wait: Some(wait) }) = fault
            && !is_tried
        {
            let until = now + wait.min(WAIT_MAX);
            self.busy_until[place] = self.busy_until[place].max(until);
        }
    }

    /// A second attempt that is no replacement.
    pub(crate) fn pays(&mut self, now: Moment) {
        self.paid += 1;
        let Allowance { percent, per_second } = self.allowance;
        let floor = f64::from(per_second) * (now.passed().as_secs_f64() + FLOOR_SECONDS);
        let most = self.calls as f64 * f64::from(percent) / 100.0 + floor;
        let (paid, calls) = (self.paid, self.calls);
        self.must(paid as f64 <= most + 1e-3, now, || format!("{paid} second attempts for {calls} calls"));
    }

    pub(crate) fn ends(&mut self, caller: &Caller, end: End, now: Moment) {
        self.must(now <= caller.deadline, now, || format!("{end:?} after the deadline"));
        self.answered += u64::from(end == End::Answered);
        let is_error = matches!(end, End::Refused | End::Failed | End::Shed);
        self.must(!(is_error && self.are_few_hit), now, || {
            format!("{end:?} though somebody was well all the time; asked {:?}", caller.asked)
        });
    }
}
