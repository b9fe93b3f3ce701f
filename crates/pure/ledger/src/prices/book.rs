//! One numbered version of the prices: found by one look in a table, and never changed.

use std::collections::HashMap;

use domain::Currency;

use super::factor::{ExchangeRate, Factor};
use super::markups::Markups;
use super::row::Row;
use super::sale::{Buyer, Wanted};
use super::unknown::Unknown;

/// The name of a row for every model of its seller.
pub const EVERY_MODEL: &str = "*";

/// One version of all prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    pub(super) version: u32,
    pub(super) currency: Currency,
    pub(super) rates: HashMap<Currency, ExchangeRate>,
    pub(super) unknown: Unknown,
    pub(super) markups: Markups,
    pub(super) rows: Box<[Row]>,
    /// The places of its rows by each name of a model.
    pub(super) places: HashMap<Box<str>, Box<[u32]>>,
}

/// The row that is meant.
#[derive(Clone, Copy, Debug)]
pub struct Found<'b> {
    /// The row.
    pub row: &'b Row,
    /// It is that of the model asked for, not of the one that served, or of another service tier.
    pub is_assumed: bool,
}

impl Book {
    /// A book without any price, in which every call is flagged.
    pub fn empty() -> Self {
        Self {
            version: 0,
            currency: Currency::USD,
            rates: HashMap::new(),
            unknown: Unknown::Flag,
            markups: Markups::default(),
            rows: Box::default(),
            places: HashMap::new(),
        }
    }

    /// The same under the number it was stored with.
    #[must_use]
    pub fn numbered(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Its number.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What costs are in.
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// What is done about a call without a price.
    pub const fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// All rows, in the order of the text.
    pub const fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What list prices are multiplied with for somebody.
    pub fn markup(&self, buyer: &Buyer<'_>) -> Factor {
        self.markups.of(buyer)
    }

    /// What one unit of a currency is in that of the book. Every currency of a row has one: a book without is refused.
    pub fn rate_of(&self, currency: Currency) -> ExchangeRate {
        if currency == self.currency {
            return ExchangeRate::ONE;
        }
        self.rates.get(&currency).copied().unwrap_or(ExchangeRate::ONE)
    }

    /// The row that a call would be priced by.
    pub fn find(&self, wanted: &Wanted<'_>) -> Option<Found<'_>> {
        let find = |model: &str, is_assumed: bool| {
            let places = self.places.get(model)?;
            let rows = places.iter().map(|place| &self.rows[*place as usize]);
            let suitable = rows.filter_map(|row| Some((row.suits(wanted)?, row)));
            let (suits, row) = suitable.max_by_key(|(suits, _)| *suits)?;
            Some(Found { row, is_assumed: is_assumed || !suits.is_exact })
        };
        find(wanted.model, false)
            .or_else(|| find(wanted.asked_model, wanted.asked_model != wanted.model))
            .or_else(|| find(EVERY_MODEL, false))
    }

    /// Whether a call is to be refused before anybody is asked, because it has no price then, however long its prompt is: how
    /// long, its provider will tell.
    pub fn forbids(&self, wanted: &Wanted<'_>) -> bool {
        let of_any_length = Wanted { prompt_tokens: u64::MAX, ..*wanted };
        self.unknown == Unknown::Block && self.find(&of_any_length).is_none()
    }
}

#[cfg(test)]
mod tests {
    use domain::{ServiceTier, Timestamp};

    use super::super::check::read;
    use super::super::sale::Wanted;

    #[test]
    fn who_has_a_price_for_long_prompts_only_is_not_refused_before_anybody_knows_how_long_one_is() {
        let mut book = read("unknown = \"block\"\n[[price]]\nmodel = \"m\"\ninput = \"1\"\n", &[]).unwrap();
        book.rows[0].from_tokens = 1000;
        let wanted = Wanted {
            provider: "north",
            kind: "north",
            model: "m",
            asked_model: "m",
            service: ServiceTier::USUAL,
            at: Timestamp(0),
            prompt_tokens: 0,
        };
        assert!(book.find(&wanted).is_none() && !book.forbids(&wanted));
        assert!(book.forbids(&Wanted { model: "other", asked_model: "other", ..wanted }));
        book.rows[0].until = Some(Timestamp(0));
        assert!(book.forbids(&wanted), "it holds no more");
    }
}
