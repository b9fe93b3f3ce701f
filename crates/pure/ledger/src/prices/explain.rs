//! A cost, part by part, for people. It reckons with the same charges as `rate`, so the two cannot differ.

use domain::Currency;

use super::book::{Book, Found};
use super::charges::Charge;
use super::component::Component;
use super::factor::{ExchangeRate, Factor};
use super::rate::{Cost, default_of};
use super::row::Row;
use super::sale::Sale;
use super::unknown::Unknown;

/// Where a cost comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained<'b> {
    /// The row; one without a number is the default.
    pub row: &'b Row,
    /// The parts that something was counted of. Those without a price are charged nothing.
    pub parts: Vec<Charge>,
    /// Their sum in pico-units of the row's currency, before the row's minimum and before any rounding.
    pub pico: u128,
    /// The row's minimum is more than the sum.
    pub is_minimum: bool,
    /// What the parts are in.
    pub currency: Currency,
    /// What one unit of that is in the currency of the book.
    pub rate: ExchangeRate,
    /// What the list price was multiplied with.
    pub markup: Factor,
    /// The whole.
    pub cost: Cost,
}

impl Book {
    /// Where the cost of a sale comes from; `None` where it has no price.
    pub fn explain(&self, sale: &Sale<'_>) -> Option<Explained<'_>> {
        let (found, default) = match (self.find(&sale.wanted()), &self.unknown) {
            (Some(found), unknown) => (found, default_of(unknown)),
            (None, Unknown::Default(row)) => (Found { row, is_assumed: true }, None),
            (None, _) => return None,
        };
        let mut parts = Vec::new();
        let charges = self.charges(sale, found, default, |part| {
            // The call itself only where it has a price.
            if part.component != Component::Request || part.price.is_some() {
                parts.push(*part);
            }
        });
        let row = found.row;
        Some(Explained {
            row,
            parts,
            pico: charges.pico,
            is_minimum: u128::from(row.minimum.nano().unsigned_abs()) * 1000 > charges.pico,
            currency: row.currency,
            rate: self.rate_of(row.currency),
            markup: self.markup(&sale.buyer),
            cost: self.totals(sale, found, &charges),
        })
    }
}
