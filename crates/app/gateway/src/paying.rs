//! Money of one call: put aside before anybody is asked, metered while its answer flows, charged once, however it ends.

use std::sync::Arc;
use std::time::Duration;

use domain::{CallId, Money, NANO, Timestamp, Usage};
use ledger::prices::Book;
use tokio::time::Instant;

use crate::cost::CallCost;
use crate::funds::{Funds, FundsEnded, NoMore, Sources, Unfunded};

/// How often a stream is metered at least, where pieces come.
const METER_INTERVAL: Duration = Duration::from_millis(100);
/// After how many pieces it is metered, however fast they come.
const METER_PIECES: u64 = 16;
/// Answer tokens that are put aside for at a time while a stream goes on.
pub(crate) const SLICE_TOKENS: u64 = 1_024;
/// An event of a stream is longer than that for each token that it brings.
const BYTES_PER_TOKEN_MIN: i128 = 16;
/// How much more a stream comes to before the journal is told.
const PROGRESS_COST_MIN: Money = Money::from_nano(NANO / 100);
/// After how long the journal is told in any case.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);

/// What is put aside for a call.
#[derive(Debug)]
pub(crate) struct Paying {
    /// The prices that the call is charged by, from its beginning to its end.
    pub(crate) book: Arc<Book>,
    funds: Funds,
    /// How much more is put aside at a time.
    slice: Money,
    meter: Meter,
}

/// What is to be put aside for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reserve {
    /// At first.
    pub(crate) amount: Money,
    /// At a time, while it goes on.
    pub(crate) slice: Money,
}

/// How far a stream has come.
#[derive(Debug)]
struct Meter {
    /// What it has come to; nothing before it is metered.
    cost: Option<Money>,
    at: Instant,
    pieces: u64,
    /// How much of the answer has come since.
    bytes: usize,
    /// What comes may be more than there is money for: it is looked at event by event.
    is_short: bool,
    told: Money,
    told_at: Instant,
}

impl Paying {
    /// Puts money aside.
    pub(crate) fn begin(
        sources: Sources<'_>,
        book: Arc<Book>,
        call: CallId,
        reserve: Reserve,
        (now, at): (Instant, Timestamp),
    ) -> Result<Box<Self>, Unfunded> {
        let funds = Funds::take(sources, (call, book.version()), reserve.amount, at)?;
        Ok(Box::new(Self {
            book,
            funds,
            slice: reserve.slice,
            meter: Meter {
                cost: None,
                at: now,
                pieces: 0,
                bytes: 0,
                is_short: false,
                told: Money::ZERO,
                told_at: now,
            },
        }))
    }

    /// Where it comes from.
    pub(crate) const fn funds(&self) -> &Funds {
        &self.funds
    }

    /// Whether what is put aside is surely enough for so much more of a stream. Where it is not, each event is metered.
    pub(crate) fn is_enough_for(&mut self, bytes: usize) -> bool {
        self.meter.bytes += bytes;
        let tokens = self.meter.bytes as i128 / BYTES_PER_TOKEN_MIN;
        let needed = tokens * i128::from(self.slice.nano()) / i128::from(SLICE_TOKENS);
        // Before it is metered first, all but a slice may be the prompt's.
        let left = match self.meter.cost {
            Some(cost) => i128::from(self.funds.amount().nano()) - i128::from(cost.nano()),
            None => self.funds.amount().min(self.slice).nano().into(),
        };
        self.meter.is_short = left < needed;
        !self.meter.is_short
    }

    /// Whether it is time to look what a stream has come to.
    pub(crate) fn is_due(&self, pieces: u64) -> bool {
        self.meter.is_short
            || pieces >= self.meter.pieces + METER_PIECES
            || self.meter.at.elapsed() >= METER_INTERVAL
    }

    /// Notes what a stream has come to, and puts more aside where that will soon be more than there is; where that cannot be done,
    /// what would follow cannot be paid for.
    pub(crate) fn meter(
        &mut self,
        pieces: u64,
        cost: CallCost,
        usage: &Usage,
        at: Timestamp,
    ) -> Result<(), NoMore> {
        let now = Instant::now();
        (self.meter.at, self.meter.pieces, self.meter.bytes) = (now, pieces, 0);
        let Some(cost) = cost.row().map(|cost| cost.price) else { return Ok(()) };
        // As much again may come before it is looked at next.
        let step = self.meter.cost.map_or(0, |before| cost.nano() - before.nano()).max(0);
        self.meter.cost = Some(cost);
        let tokens = (usage.input_total(), usage.output_total());
        let is_progress = cost.nano() - self.meter.told.nano() >= PROGRESS_COST_MIN.nano()
            || now - self.meter.told_at >= PROGRESS_INTERVAL;
        if let Some(purse) = self.funds.purse_mut() {
            // A journal that takes nothing more is told where calls begin; without its slot the end waits for the journal.
            if is_progress {
                let _ = purse.ledger.progress(&mut purse.held, tokens, cost, at);
            } else {
                let _ = purse.ledger.record(&mut purse.held, tokens, cost);
            }
        }
        if is_progress {
            (self.meter.told, self.meter.told_at) = (cost, now);
        }
        let left = |funds: &Funds| funds.amount().nano() - cost.nano();
        if left(&self.funds) >= step.max(self.slice.nano() / 4) {
            return Ok(());
        }
        let extended = self.funds.extend(self.slice, at);
        // What was put aside may be less than was wanted.
        if left(&self.funds) < step.max(1) { extended.and(Err(NoMore::Money(Money::ZERO))) } else { Ok(()) }
    }

    /// Charges what it has come to: nothing where nothing can be said.
    pub(crate) fn end(self, cost: CallCost, usage: Option<&Usage>, at: Timestamp) -> FundsEnded {
        let cost = cost.row().map_or(Money::ZERO, |cost| cost.price);
        let tokens = usage.map_or((0, 0), |usage| (usage.input_total(), usage.output_total()));
        self.funds.end(tokens, cost, at)
    }
}
