//! What was spent and is put aside in one window.

use domain::Money;

use super::hold::{Hold, Refused};
use super::period::Window;
use super::rule::Terms;

#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) window: Window,
    pub(super) used: i128,
    pub(super) held: i128,
    /// What of the spent is known to be kept.
    pub(super) kept: i128,
    /// Calls that have something put aside, be it nothing.
    running: u64,
    /// The warning was given.
    is_warned: bool,
}

impl Tally {
    pub(super) const fn new(window: Window) -> Self {
        Self { window, used: 0, held: 0, kept: 0, running: 0, is_warned: false }
    }

    /// What is known from before is kept, and was warned of.
    pub(super) fn restore(&mut self, used: i128, terms: Terms) {
        self.used += used;
        self.kept += used;
        self.weigh(terms);
    }

    /// By other terms the warning may be due again; what they make due at once is no news to whoever set them.
    pub(super) fn weigh(&mut self, terms: Terms) {
        self.is_warned = terms.warns_at(self.used);
    }

    pub(super) fn take(&mut self, amount: Money, terms: Terms) -> Result<Hold, Refused> {
        self.fit(amount, terms)?;
        self.held += i128::from(amount.nano());
        self.running += 1;
        Ok(Hold { window: self.window.start, amount })
    }

    pub(super) fn extend(&mut self, hold: &mut Hold, amount: Money, terms: Terms) -> Result<(), Refused> {
        self.fit(amount, terms)?;
        let Some(sum) = hold.amount.checked_add(amount) else { return Err(self.refused(amount, terms)) };
        hold.amount = sum;
        self.held += i128::from(amount.nano());
        Ok(())
    }

    pub(super) fn shrink(&mut self, hold: &mut Hold, amount: Money) {
        let amount = amount.nano().clamp(0, hold.amount.nano());
        hold.amount = Money::from_nano(hold.amount.nano() - amount);
        self.held -= i128::from(amount);
    }

    /// Counts all of what it cost; whether the warning is due by that.
    pub(super) fn end(&mut self, held: Money, actual: Money, terms: Terms) -> bool {
        self.held -= i128::from(held.nano());
        self.running = self.running.saturating_sub(1);
        self.used += i128::from(actual.nano().max(0));
        let is_news = !self.is_warned && terms.warns_at(self.used);
        self.is_warned |= is_news;
        is_news
    }

    /// Whether anything of it is still to come or to be kept.
    pub(super) const fn is_open(&self) -> bool {
        self.running > 0 || self.used != self.kept
    }

    fn fit(&self, amount: Money, terms: Terms) -> Result<(), Refused> {
        let sum = self.used + self.held + i128::from(amount.nano());
        let is_fit = amount >= Money::ZERO && (!terms.is_hard || sum <= i128::from(terms.limit.nano()));
        if is_fit { Ok(()) } else { Err(self.refused(amount, terms)) }
    }

    const fn refused(&self, needed: Money, terms: Terms) -> Refused {
        Refused { terms, window: self.window, used: self.used, held: self.held, needed }
    }
}
