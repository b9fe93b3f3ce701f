//! What a sale costs by a book. It allocates nothing and rounds once, upwards, to a whole nano-unit.

use domain::{Currency, Money};

use super::book::{Book, Found};
use super::charges::{Charge, Charges};
use super::factor::{ExchangeRate, Factor};
use super::row::Row;
use super::sale::Sale;
use super::unknown::Unknown;

/// Pico-units in a nano-unit.
const PICO: u128 = 1000;

/// What a sale costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// By the price list.
    pub list: Money,
    /// For the buyer: the list price with his markup.
    pub price: Money,
    /// What both are in: the currency of the book.
    pub currency: Currency,
    /// The version of the book.
    pub version: u32,
    /// The tokens were counted here, not by the provider.
    pub is_estimated: bool,
    /// A price stood in for one that the book does not name, or a number was too large to be true.
    pub is_assumed: bool,
    /// Something that was used has no price, and was counted as nothing.
    pub is_unpriced: bool,
}

/// A cost, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rated {
    /// There is a price.
    Priced(Cost),
    /// No row has one.
    Unpriced(Unpriced),
}

/// A sale that no row has a price for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpriced {
    /// The currency of the book.
    pub currency: Currency,
    /// The version of the book.
    pub version: u32,
    /// Such a call was to be refused before anybody was asked.
    pub was_to_be_blocked: bool,
    /// The tokens were counted here, not by the provider.
    pub is_estimated: bool,
}

impl Rated {
    /// As a cost in any case: nothing, and told as unpriced, where there is no price.
    pub const fn cost(self) -> Cost {
        match self {
            Self::Priced(cost) => cost,
            Self::Unpriced(Unpriced { currency, version, is_estimated, .. }) => Cost {
                list: Money::ZERO,
                price: Money::ZERO,
                currency,
                version,
                is_estimated,
                is_assumed: false,
                is_unpriced: true,
            },
        }
    }
}

impl Book {
    /// What a sale costs.
    pub fn rate(&self, sale: &Sale<'_>) -> Rated {
        match (self.find(&sale.wanted()), &self.unknown) {
            (Some(found), unknown) => Rated::Priced(self.cost(sale, found, default_of(unknown))),
            (None, Unknown::Default(row)) => {
                Rated::Priced(self.cost(sale, Found { row, is_assumed: true }, None))
            }
            (None, unknown) => Rated::Unpriced(Unpriced {
                currency: self.currency,
                version: self.version,
                was_to_be_blocked: *unknown == Unknown::Block,
                is_estimated: sale.usage.is_estimated,
            }),
        }
    }

    fn cost(&self, sale: &Sale<'_>, found: Found<'_>, default: Option<&Row>) -> Cost {
        self.totals(sale, found, &self.charges(sale, found, default, |_| {}))
    }

    /// The default's prices fill gaps only where they are in the same currency: two are not added up.
    pub(super) fn charges(
        &self,
        sale: &Sale<'_>,
        found: Found<'_>,
        default: Option<&Row>,
        each: impl FnMut(&Charge),
    ) -> Charges {
        let same = default.filter(|default| default.currency == found.row.currency);
        Charges::of(sale, found.row, same, each)
    }

    pub(super) fn totals(&self, sale: &Sale<'_>, found: Found<'_>, charges: &Charges) -> Cost {
        let minimum = u128::from(found.row.minimum.nano().unsigned_abs()) * PICO;
        let pico = charges.pico.max(minimum);
        let rate = self.rate_of(found.row.currency);
        let (list, is_list_whole) = nano(pico, rate, Factor::ONE);
        let (price, is_price_whole) = nano(pico, rate, self.markups.of(&sale.buyer));
        Cost {
            list,
            price,
            currency: self.currency,
            version: self.version,
            is_estimated: sale.usage.is_estimated,
            is_assumed: found.is_assumed || charges.is_assumed || !is_list_whole || !is_price_whole,
            is_unpriced: charges.is_unpriced,
        }
    }
}

pub(super) fn default_of(unknown: &Unknown) -> Option<&Row> {
    match unknown {
        Unknown::Default(row) => Some(row),
        Unknown::Block | Unknown::Flag => None,
    }
}

/// Rounded up to whole nano-units of the book's currency; the most there is, and `false`, where that is not enough.
fn nano(pico: u128, rate: ExchangeRate, factor: Factor) -> (Money, bool) {
    const MOST: (Money, bool) = (Money::from_nano(i64::MAX), false);
    let divisor = u128::from(rate.denominator()) * PICO * Factor::SCALE;
    let product = pico
        .checked_mul(u128::from(rate.numerator()))
        .and_then(|product| product.checked_mul(u128::from(factor.millionths())));
    match product.map(|product| i64::try_from(product.div_ceil(divisor))) {
        Some(Ok(nano)) => (Money::from_nano(nano), true),
        _ => MOST,
    }
}
