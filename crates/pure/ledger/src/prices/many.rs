//! What many calls that are alike come to by a book, out of the sum of what they used: for reports and for what might be. It
//! rounds once for all of them where `rate` rounds once for each, so it is at most a nano-unit a call below that.

use domain::{Currency, Usage};

use super::book::{Book, Found};
use super::component::Component;
use super::factor::ExchangeRate;
use super::rate::default_of;
use super::row::Row;
use super::sale::{Sale, Wanted};
use super::unknown::Unknown;

/// Pico-units in a nano-unit.
const PICO: u128 = 1000;

/// What many calls come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManyCost<'b> {
    /// The row that they are priced by.
    pub row: &'b Row,
    /// By the price list, in nano-units of the book's currency.
    pub list: u128,
    /// A price stood in for one that the book does not name, or a number was too large.
    pub is_assumed: bool,
    /// Something that was used has no price, and was counted as nothing.
    pub is_unpriced: bool,
}

impl Book {
    /// What so many calls cost by the price list that have used all of `sale` together, each with a prompt of at least
    /// `prompt_tokens`; `None` where there is no price.
    pub fn rate_many(&self, sale: &Sale<'_>, calls: u64, prompt_tokens: u64) -> Option<ManyCost<'_>> {
        let wanted = Wanted { prompt_tokens, ..sale.wanted() };
        let (found, default) = match (self.find(&wanted), self.unknown()) {
            (Some(found), unknown) => (found, default_of(unknown)),
            (None, Unknown::Default(row)) => (Found { row, is_assumed: true }, None),
            (None, _) => return None,
        };
        // What each call costs beside what it used is in the charges of one.
        let mut each = 0;
        let charges = self.charges(sale, found, default, |part| {
            if part.component == Component::Request {
                each = part.pico;
            }
        });
        let calls = u128::from(calls);
        let minimum = u128::from(found.row.minimum.nano().unsigned_abs()) * PICO * calls;
        let pico = (charges.pico - each + each * calls).max(minimum);
        let rate = self.rate_of(found.row.currency);
        let list = scaled(pico, rate.numerator(), u128::from(rate.denominator()) * PICO);
        Some(ManyCost {
            row: found.row,
            list: list.unwrap_or(u128::MAX),
            is_assumed: found.is_assumed || charges.is_assumed || list.is_none(),
            is_unpriced: charges.is_unpriced,
        })
    }

    /// Every name by which some seller has a row, each once, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.places.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }

    /// What an amount in the book's currency is at other rates than those of the book, for what is bought in `currency`: back by
    /// the book's own rate, then by the other; rounded up. `None` beyond all numbers.
    pub fn at_market(&self, nano: u128, currency: Currency, market: ExchangeRate) -> Option<u128> {
        let own = self.rate_of(currency);
        let upper = u128::from(own.denominator()).checked_mul(u128::from(market.numerator()))?;
        let lower = u128::from(own.numerator()).checked_mul(u128::from(market.denominator()))?;
        let both = common(upper, lower);
        Some(nano.checked_mul(upper / both)?.div_ceil(lower / both))
    }
}

/// So much of a usage: rounded to the nearest, each part by itself.
#[must_use]
pub fn share_of(usage: &Usage, millionths: u32) -> Usage {
    const WHOLE: u128 = 1_000_000;
    let of = |count: u64| ((u128::from(count) * u128::from(millionths) + WHOLE / 2) / WHOLE) as u64;
    let small = |count: u32| of(count.into()) as u32;
    Usage {
        input: of(usage.input),
        cached_input: of(usage.cached_input),
        cache_write: of(usage.cache_write),
        cache_write_long: of(usage.cache_write_long),
        audio_input: of(usage.audio_input),
        image_input: of(usage.image_input),
        output: of(usage.output),
        reasoning: of(usage.reasoning),
        audio_output: of(usage.audio_output),
        image_output: of(usage.image_output),
        unexplained: of(usage.unexplained),
        images: small(usage.images),
        searches: small(usage.searches),
        audio_ms: small(usage.audio_ms),
        ..*usage
    }
}

fn scaled(pico: u128, numerator: u64, divisor: u128) -> Option<u128> {
    Some(pico.checked_mul(numerator.into())?.div_ceil(divisor))
}

fn common(mut larger: u128, mut smaller: u128) -> u128 {
    while smaller != 0 {
        (larger, smaller) = (smaller, larger % smaller);
    }
    larger.max(1)
}

#[cfg(test)]
mod tests {
    use domain::{Currency, ServiceTier, Timestamp, Usage};

    use super::share_of;
    use crate::prices::{Book, Buyer, ExchangeRate, Rated, Sale, read};

    const BOOK: &str = r#"
currency = "CNY"
[rates]
USD = "1"
[[price]]
kind = "north"
model = "m"
currency = "USD"
input = "2.345679"
output = "15"
per_request = "0.001"
[[price]]
kind = "north"
model = "m"
currency = "USD"
from_tokens = 200001
input = "5"
output = "30"
[[price]]
kind = "north"
model = "cheap"
input = "0.1"
minimum = "0.01"
"#;

    fn sale<'s>(model: &'s str, usage: &'s Usage) -> Sale<'s> {
        let buyer = Buyer::default();
        Sale { provider: "n", kind: "north", model, asked_model: model, at: Timestamp(0), usage, buyer }
    }

    fn book() -> Book {
        read(BOOK, &[]).unwrap()
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input, output, service_tier: ServiceTier::USUAL, ..Usage::default() }
    }

    #[test]
    fn many_calls_cost_what_each_of_them_costs_but_for_rounding() {
        let book = book();
        for (one, calls) in [(usage(7, 3), 1000_u64), (usage(300_000, 11), 3), (usage(200_000, 1), 40)] {
            let Rated::Priced(each) = book.rate(&sale("m", &one)) else { panic!("it has a price") };
            let all = usage(one.input * calls, one.output * calls);
            let many = book.rate_many(&sale("m", &all), calls, one.input).unwrap();
            let expected = each.list.nano() as u128 * u128::from(calls);
            assert!(many.list <= expected && expected - many.list < u128::from(calls), "{many:?}");
        }
        let least = book.rate_many(&sale("cheap", &usage(10, 0)), 3, 0).unwrap();
        assert_eq!(least.list, 30_000_000, "the minimum, three times");
        assert_eq!(book.rate_many(&sale("none", &usage(1, 1)), 1, 0), None);
        assert_eq!(book.names(), ["cheap", "m"]);
    }

    #[test]
    fn a_market_rate_takes_the_place_of_the_books_own() {
        let (book, usd) = (book(), Currency::USD);
        let rate = ExchangeRate::parse("7.1").unwrap();
        assert_eq!(book.at_market(1_000_000_003, usd, rate), Some(7_100_000_022));
        assert_eq!(book.at_market(5, usd, ExchangeRate::ONE), Some(5));
        assert_eq!(book.at_market(u128::MAX, usd, rate), None);
    }

    #[test]
    fn a_share_is_of_every_part() {
        let part = share_of(&usage(10, 5), 400_000);
        assert_eq!((part.input, part.output), (4, 2));
        assert_eq!(share_of(&usage(u64::MAX, 0), 1_000_000).input, u64::MAX);
    }
}
