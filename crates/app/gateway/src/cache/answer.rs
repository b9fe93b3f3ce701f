//! An answer that is kept for whoever asks the same, and what it took when it was asked for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{ModelUsage, Money, Timestamp, Usage};
use http::{HeaderName, HeaderValue};
use ledger::prices::Book;
use store::KeyEntry;

use crate::cost::{CallCost, Spent};
use crate::serving::ServedProvider;

/// What each takes besides its body and its headers, roughly.
const OVERHEAD_BYTES: usize = 512;

/// An answer as it was told.
#[derive(Debug)]
pub(crate) struct CachedAnswer {
    /// What is told again of its head.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body; of a stream all events in their framing.
    pub(crate) body: Bytes,
    pub(crate) is_stream: bool,
    /// When all of it was there.
    pub(crate) made_at: Timestamp,
    /// How long it is kept.
    pub(crate) ttl: Duration,
    /// How long it took to get.
    pub(crate) took: Duration,
    pub(crate) spend: Spend,
    /// The name that was asked for.
    pub(crate) model: Box<str>,
    /// For whom it was made.
    pub(crate) project: Box<str>,
}

/// What was used of whom.
#[derive(Clone, Debug)]
pub(crate) struct Spend {
    pub(crate) provider: Arc<ServedProvider>,
    /// What the provider calls the model.
    pub(crate) model: Option<Arc<str>>,
    pub(crate) usage: Option<Usage>,
    pub(crate) usage_by_model: Vec<ModelUsage>,
}

impl CachedAnswer {
    /// How old it is.
    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        Duration::from_millis((now.unix_ms() - self.made_at.unix_ms()).max(0).unsigned_abs())
    }

    /// The memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        OVERHEAD_BYTES + self.body.len() + headers.sum::<usize>()
    }

    /// What it would cost somebody if it was asked for now.
    pub(crate) fn cost(&self, book: &Book, key: Option<&KeyEntry>, at: Timestamp) -> CallCost {
        let Spend { provider, model, usage, usage_by_model } = &self.spend;
        let spent = Spent {
            key,
            at,
            provider: Some(provider),
            model: model.as_deref().unwrap_or(&self.model),
            usage: usage.as_ref(),
            usage_by_model,
            segments: None,
        };
        spent.cost(book, |_, _| {})
    }
}

/// A share of an amount, to the nearest billionth.
pub(crate) fn percent_of(amount: Money, percent: u8) -> Money {
    let share = (i128::from(amount.nano()) * i128::from(percent) + 50) / 100;
    Money::from_nano(i64::try_from(share).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::percent_of;

    #[test]
    fn a_share_is_exact_and_rounded_once() {
        let check = |nano, percent, share| {
            assert_eq!(percent_of(Money::from_nano(nano), percent), Money::from_nano(share));
        };
        check(1_000, 0, 0);
        check(1_000, 10, 100);
        check(1_004, 10, 100);
        check(1_005, 10, 101);
        check(7, 100, 7);
        check(i64::MAX, 100, i64::MAX);
    }
}
