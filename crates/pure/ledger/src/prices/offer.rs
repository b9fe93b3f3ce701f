//! What is on offer: the rows that hold now for a model at a seller, with the list price and a buyer's own.

use domain::Timestamp;

use super::amount::Amount;
use super::book::Book;
use super::component::Component;
use super::factor::Factor;
use super::row::Row;

/// One price of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What is priced.
    pub component: Component,
    /// The list price in the book's currency.
    pub list: Amount,
    /// The buyer's price in it.
    pub price: Amount,
}

impl Book {
    /// The rows by which a model is priced at a seller now, in the order of the book: one for each service tier, length of
    /// prompt and part of the week. None where it has no price.
    pub fn on_offer(&self, provider: &str, kind: &str, model: &str, now: Timestamp) -> Vec<&Row> {
        let holding = |name: &str| -> Vec<&Row> {
            let places = self.places.get(name).into_iter().flat_map(|places| places.iter());
            let rows = places.map(|place| &self.rows[*place as usize]).filter(|row| row.holds_at(now));
            let rows: Vec<&Row> = rows.filter(|row| row.rank_of(provider, kind).is_some()).collect();
            // Whoever is named most closely has the say, as when a call is priced.
            let closest = rows.iter().filter_map(|row| row.rank_of(provider, kind)).max();
            rows.into_iter().filter(|row| row.rank_of(provider, kind) == closest).collect()
        };
        let mut rows = holding(model);
        if rows.is_empty() {
            rows = holding(super::book::EVERY_MODEL);
        }
        let is_passed = |row: &&Row| {
            let later = |other: &&&Row| {
                let is_base = other.from_tokens == 0 && other.hours.is_none();
                let is_same = other.from_tokens == row.from_tokens && other.hours == row.hours;
                other.service == row.service && other.from > row.from && (is_base || is_same)
            };
            rows.iter().any(|other| later(&other))
        };
        let kept: Vec<&Row> = rows.iter().copied().filter(|row| !is_passed(row)).collect();
        kept
    }

    /// The rows by which a model is priced now by anybody, for the usual service, prompts of any length and all hours: of each
    /// seller the one that took over last.
    pub fn rows_of(&self, model: &str, now: Timestamp) -> Vec<&Row> {
        let places = self.places.get(model).into_iter().flat_map(|places| places.iter());
        let is_usual = |row: &&Row| {
            row.service.is_usual() && row.from_tokens == 0 && row.hours.is_none() && row.holds_at(now)
        };
        let rows: Vec<&Row> = places.map(|place| &self.rows[*place as usize]).filter(is_usual).collect();
        let is_passed =
            |row: &&Row| rows.iter().any(|other| other.seller == row.seller && other.from > row.from);
        rows.iter().copied().filter(|row| !is_passed(row)).collect()
    }

    /// The amounts of a row in the book's currency, and what a buyer with this markup pays. Each is rounded up to the last place
    /// that a price has: a call is priced from the exact numbers, never from these.
    pub fn offers(&self, row: &Row, markup: Factor) -> Vec<Offer> {
        let rate = self.rate_of(row.currency);
        let converted = |amount: Amount, factor: Factor| {
            let product = u128::from(amount.parts()) * u128::from(rate.numerator());
            let product = product.checked_mul(u128::from(factor.millionths()))?;
            let parts = product.div_ceil(u128::from(rate.denominator()) * Factor::SCALE);
            u64::try_from(parts).ok().map(Amount::of_parts)
        };
        let offer = |component: Component| {
            let amount = row.amount(component)?;
            Some(Offer {
                component,
                list: converted(amount, Factor::ONE)?,
                price: converted(amount, markup)?,
            })
        };
        Component::ALL.into_iter().filter_map(offer).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use crate::prices::{Component, Factor, Row, Unit, read};

    const NOW: Timestamp = Timestamp(1_795_219_200_000); // 2026-11-21

    const BOOK: &str = r#"
[rates]
CNY = "1/7"
[[price]]
kind = "north"
model = "a"
input = "1"
[[price]]
kind = "north"
model = "a"
from_tokens = 1000
input = "2"
[[price]]
kind = "north"
model = "a"
from = "2026-06-01"
input = "3"
[[price]]
kind = "north"
model = "a"
from = "2027-01-01"
input = "4"
[[price]]
kind = "north"
model = "a"
service = "batch"
input = "0.5"
[[price]]
provider = "mine"
model = "a"
input = "9"
[[price]]
kind = "east"
model = "b"
currency = "CNY"
input = "1"
per_image = "7"
"#;

    fn inputs(provider: &str, kind: &str, model: &str) -> Vec<String> {
        let book = read(BOOK, &[]).unwrap();
        let input = |row: &Row| row.amount(Component::Input).unwrap().text(Unit::MillionTokens);
        book.on_offer(provider, kind, model, NOW).into_iter().map(input).collect()
    }

    #[test]
    fn what_holds_now_is_on_offer_and_nothing_that_has_passed() {
        assert_eq!(inputs("north-1", "north", "a"), ["3", "0.5"]);
        assert_eq!(inputs("mine", "north", "a"), ["9"]);
        assert_eq!(inputs("east-1", "east", "a"), [""; 0]);
    }

    #[test]
    fn amounts_are_in_the_currency_of_the_book_and_rounded_up() {
        let book = read(BOOK, &[]).unwrap();
        let rows = book.on_offer("east-1", "east", "b", NOW);
        let offers = book.offers(rows[0], Factor::parse("0.5").unwrap());
        let told: Vec<(String, String)> = offers
            .iter()
            .map(|offer| {
                let unit = offer.component.unit();
                (offer.list.text(unit), offer.price.text(unit))
            })
            .collect();
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(told, [pair("0.142858", "0.071429"), pair("1", "0.5")]);
    }
}
