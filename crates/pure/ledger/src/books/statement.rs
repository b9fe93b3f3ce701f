//! What a purse had at the beginning of a time, what came and went in it, and what it had at its end: exact, or an error.

use std::collections::BTreeMap;

use domain::{Currency, Timestamp};

use super::account::{Customer, Purse};
use super::entry::EntryKind;

/// What a purse has, paid and given apart, in nano-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What was paid and not used; negative where it is owed.
    pub paid: i128,
    /// What is left of gifts.
    pub gifts: i128,
}

/// A time: from its first moment on, up to and without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub to: Timestamp,
}

/// Where something lies that was summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before the time.
    Before,
    /// Within it.
    Within,
    /// Behind it.
    Behind,
}

/// All entries of one kind in one currency that lie alike, summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementPart {
    /// In what.
    pub currency: Currency,
    /// Why.
    pub kind: EntryKind,
    /// When.
    pub when: When,
    /// How many.
    pub count: u64,
    /// What they gave; negative where they took.
    pub sum: Standing,
}

/// All entries of one kind in the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Why.
    pub kind: EntryKind,
    /// How many.
    pub count: u64,
    /// What they gave; negative where they took.
    pub sum: Standing,
}

/// One currency of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurseStatement {
    /// Whose, in what.
    pub purse: Purse,
    /// What there was.
    pub opening: Standing,
    /// What came and went, by kind.
    pub lines: Vec<StatementLine>,
    /// What there is.
    pub closing: Standing,
}

/// Everything of a customer in a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Whose.
    pub customer: Customer,
    /// Of when.
    pub span: Span,
    /// By currency.
    pub purses: Vec<PurseStatement>,
}

/// The sums are not the balance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement of {purse} is out of balance: {opening:?} and what came and went are not {closing:?}")]
pub struct OutOfBalance {
    /// Whose.
    pub purse: Purse,
    /// What there was.
    pub opening: Standing,
    /// What there is, by its accounts.
    pub closing: Standing,
}

/// The calendar's month in UTC; none if there is no such month.
pub fn month(year: u16, month: u8) -> Option<Span> {
    let first = |year: u16, month: u8| Timestamp::parse(&format!("{year:04}-{month:02}-01"));
    let (next_year, next) =
        if month == 12 { (year.checked_add(1)?, 1) } else { (year, month.checked_add(1)?) };
    Some(Span { from: first(year, month)?, to: first(next_year, next)? })
}

impl Standing {
    fn plus(self, other: Self) -> Self {
        Self { paid: self.paid + other.paid, gifts: self.gifts + other.gifts }
    }

    fn less(self, other: Self) -> Self {
        Self { paid: self.paid - other.paid, gifts: self.gifts - other.gifts }
    }
}

impl Statement {
    /// Out of sums over everything that the customer ever had, and what he has now. What he had at the beginning comes from
    /// the sums alone, what he had at the end from what he has now: they meet, or something is wrong.
    pub fn of(
        customer: Customer,
        span: Span,
        parts: &[StatementPart],
        now: &BTreeMap<Currency, Standing>,
    ) -> Result<Self, OutOfBalance> {
        let mut currencies: Vec<Currency> =
            now.keys().copied().chain(parts.iter().map(|part| part.currency)).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let purse = |currency| {
            let own: Vec<&StatementPart> = parts.iter().filter(|part| part.currency == currency).collect();
            let sum = |when: When| {
                let parts = own.iter().filter(|part| part.when == when);
                parts.fold(Standing::default(), |sum, part| sum.plus(part.sum))
            };
            let within = own.iter().filter(|part| part.when == When::Within && part.count > 0);
            let mut lines: Vec<StatementLine> = within
                .map(|part| StatementLine { kind: part.kind, count: part.count, sum: part.sum })
                .collect();
            lines.sort_by_key(|line| line.kind);
            let (opening, purse) = (sum(When::Before), Purse { customer, currency });
            let closing = now.get(&currency).copied().unwrap_or_default().less(sum(When::Behind));
            if opening.plus(sum(When::Within)) != closing {
                return Err(OutOfBalance { purse, opening, closing });
            }
            Ok(PurseStatement { purse, opening, lines, closing })
        };
        let purses = currencies.into_iter().map(purse).collect::<Result<_, _>>()?;
        Ok(Self { customer, span, purses })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{Currency, Timestamp};

    use super::{Span, Standing, Statement, StatementPart, When, month};
    use crate::{Customer, EntryKind};

    fn part(kind: EntryKind, when: When, count: u64, paid: i128, gifts: i128) -> StatementPart {
        StatementPart { currency: Currency::USD, kind, when, count, sum: Standing { paid, gifts } }
    }

    #[test]
    fn opening_and_what_came_and_went_is_closing_or_an_error() {
        let parts = [
            part(EntryKind::TopUp, When::Before, 1, 100, 0),
            part(EntryKind::Voucher, When::Within, 1, 0, 30),
            part(EntryKind::Settle, When::Within, 7, -20, -30),
            part(EntryKind::Settle, When::Behind, 1, -5, 0),
        ];
        let span = month(2026, 11).unwrap();
        let now = |paid| BTreeMap::from([(Currency::USD, Standing { paid, gifts: 0 })]);
        let statement = Statement::of(Customer(1), span, &parts, &now(75)).unwrap();
        let [purse] = &statement.purses[..] else { panic!("{statement:?}") };
        assert_eq!(purse.opening, Standing { paid: 100, gifts: 0 });
        assert_eq!(purse.closing, Standing { paid: 80, gifts: 0 });
        let kinds: Vec<_> = purse.lines.iter().map(|line| (line.kind, line.count, line.sum.paid)).collect();
        assert_eq!(kinds, [(EntryKind::Settle, 7, -20), (EntryKind::Voucher, 1, 0)]);
        let refused = Statement::of(Customer(1), span, &parts, &now(76)).unwrap_err();
        assert!(refused.to_string().contains("out of balance"), "{refused}");
    }

    #[test]
    fn months_meet() {
        for (year, number) in [(2026, 1), (2026, 2), (2026, 11), (2026, 12)] {
            let next = if number == 12 { month(year + 1, 1) } else { month(year, number + 1) };
            assert_eq!(month(year, number).unwrap().to, next.unwrap().from);
        }
        let february = Span {
            from: Timestamp::parse("2028-02-01").unwrap(),
            to: Timestamp::parse("2028-03-01").unwrap(),
        };
        assert_eq!(month(2028, 2), Some(february));
        assert_eq!((month(2026, 0), month(2026, 13), month(2026, 255)), (None, None, None));
    }
}
