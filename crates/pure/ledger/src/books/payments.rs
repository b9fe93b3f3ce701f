//! The entries of money that comes and goes otherwise than by calls. Each has the key that it happens once for.

use domain::{Money, Timestamp};

use super::account::{Channel, GrantNumber, Place, Purse};
use super::amount::{Exchange, fit_amount};
use super::entry::{Entry, EntryError, EntryKey, EntryKind, GrantTerms, Transfer};

/// A gift to who signed up.
pub fn sign_up_credit(
    user: &str,
    purse: Purse,
    grant: GrantNumber,
    amount: Money,
    expires_at: Option<Timestamp>,
) -> Result<Entry, EntryError> {
    gift("signup", user, EntryKind::SignUpCredit, purse, GrantTerms { grant, expires_at }, amount)
}

/// A voucher that is redeemed: a gift, so it is never paid out.
pub fn voucher(
    code: &str,
    purse: Purse,
    grant: GrantNumber,
    amount: Money,
    expires_at: Option<Timestamp>,
) -> Result<Entry, EntryError> {
    gift("voucher", code, EntryKind::Voucher, purse, GrantTerms { grant, expires_at }, amount)
}

/// An order by hand, confirmed: its transfer has arrived at the bank under this reference.
pub fn order(order: &str, reference: &str, purse: Purse, amount: Money) -> Result<Entry, EntryError> {
    let transfers = vec![into_paid(Place::Bank, purse, amount)];
    noted(key("order", order)?, EntryKind::Order, transfers, reference)
}

/// A payment by a processor, in the purse's currency.
pub fn top_up(channel: Channel, transaction: &str, purse: Purse, amount: Money) -> Result<Entry, EntryError> {
    let transfers = vec![into_paid(Place::Clearing(channel), purse, amount)];
    Entry::new(top_up_key(channel, transaction)?, EntryKind::TopUp, transfers)
}

/// A payment by a processor in another currency: two transfers through the exchange.
pub fn top_up_exchanged(
    channel: Channel,
    transaction: &str,
    purse: Purse,
    amount: Money,
    exchange: &Exchange,
    source: &str,
) -> Result<Entry, EntryError> {
    let from = Transfer {
        currency: exchange.from,
        debit: Place::Clearing(channel),
        credit: Place::Fx,
        amount: fit_amount(amount)?,
    };
    let to = into_paid(Place::Fx, Purse { currency: exchange.to, ..purse }, exchange.convert(amount)?);
    let rate = format!("{}/{} {source}", exchange.numerator, exchange.denominator);
    noted(top_up_key(channel, transaction)?, EntryKind::TopUp, vec![from, to], &rate)
}

/// Given by hand, for a reason; it counts as paid, but no payment of it can be refunded.
pub fn credit(id: &str, purse: Purse, amount: Money, reason: &str) -> Result<Entry, EntryError> {
    let transfers = vec![into_paid(Place::Corrections, purse, amount)];
    noted(key("credit", id)?, EntryKind::Credit, transfers, reason)
}

/// Taken by hand, for a reason; `may_overdraw` where it may leave the purse owing.
pub fn debit(
    id: &str,
    purse: Purse,
    amount: Money,
    reason: &str,
    may_overdraw: bool,
) -> Result<Entry, EntryError> {
    let transfers = vec![out_of_paid(Place::Corrections, purse, amount)];
    let entry = noted(key("debit", id)?, EntryKind::Debit, transfers, reason)?;
    Ok(Entry { may_overdraw, ..entry })
}

/// What a processor has paid out to the bank, and what it kept.
pub fn payout(
    channel: Channel,
    line: &str,
    currency: domain::Currency,
    arrived: Money,
    fees: Money,
) -> Result<Entry, EntryError> {
    let credit = Place::Clearing(channel);
    let mut transfers = vec![Transfer { currency, debit: Place::Bank, credit, amount: arrived }];
    if fees != Money::ZERO {
        transfers.push(Transfer { currency, debit: Place::Fees, credit, amount: fees });
    }
    Entry::new(key(&format!("payout:{}", channel.name()), line)?, EntryKind::Payout, transfers)
}

/// A refund of a payment is asked for: from now on it is no longer the customer's to spend.
pub fn refund_asked(
    refund: &str,
    payment: EntryKey,
    purse: Purse,
    amount: Money,
) -> Result<Entry, EntryError> {
    let transfers = vec![out_of_paid(Place::RefundsPayable, purse, amount)];
    let entry = Entry::new(key("refund", refund)?, EntryKind::RefundAsked, transfers)?;
    Ok(Entry { linked: Some(payment), ..entry })
}

/// A refund has left by the way that the payment came.
pub fn refund_done(
    refund: &str,
    payment: EntryKey,
    purse: Purse,
    amount: Money,
    by: Option<Channel>,
) -> Result<Entry, EntryError> {
    let credit = by.map_or(Place::Bank, Place::Clearing);
    let transfer = Transfer { currency: purse.currency, debit: Place::RefundsPayable, credit, amount };
    let entry = Entry::new(key("refund", &format!("{refund}:done"))?, EntryKind::RefundDone, vec![transfer])?;
    Ok(Entry { linked: Some(payment), ..entry })
}

/// A refund could not be paid out, and is the customer's again.
pub fn refund_failed(
    refund: &str,
    payment: EntryKey,
    purse: Purse,
    amount: Money,
) -> Result<Entry, EntryError> {
    let transfers = vec![into_paid(Place::RefundsPayable, purse, amount)];
    let entry = Entry::new(key("refund", &format!("{refund}:failed"))?, EntryKind::RefundFailed, transfers)?;
    Ok(Entry { linked: Some(payment), ..entry })
}

/// A payment was taken back against our will; it may leave the purse owing.
pub fn chargeback(
    dispute: &str,
    payment: EntryKey,
    channel: Channel,
    purse: Purse,
    amount: Money,
    fee: Money,
) -> Result<Entry, EntryError> {
    let mut transfers = vec![out_of_paid(Place::Clearing(channel), purse, amount)];
    if fee != Money::ZERO {
        let (debit, credit) = (Place::Chargebacks, Place::Clearing(channel));
        transfers.push(Transfer { currency: purse.currency, debit, credit, amount: fee });
    }
    let entry = Entry::new(key("dispute", dispute)?, EntryKind::Chargeback, transfers)?;
    Ok(Entry { linked: Some(payment), may_overdraw: true, ..entry })
}

/// The key of a gift's end; a gift that ends in parts has one for each.
pub fn expiry_key(grant: GrantNumber, part: u32) -> EntryKey {
    EntryKey::parse(&format!("grant:{}:x{part}", grant.0)).expect("digits are visible and few")
}

/// The most that may be refunded of a payment: what of it was not refunded, and what of the purse's paid money nobody
/// has used or put aside.
pub fn refund_limit(paid: i128, available: i128, captured: Money, refunded: Money) -> Money {
    let left = captured.checked_sub(refunded).unwrap_or(Money::ZERO);
    let unspent = paid.min(available).clamp(0, i128::from(i64::MAX)) as i64;
    left.max(Money::ZERO).min(Money::from_nano(unspent))
}

fn gift(
    what: &str,
    id: &str,
    kind: EntryKind,
    purse: Purse,
    terms: GrantTerms,
    amount: Money,
) -> Result<Entry, EntryError> {
    let credit = Place::Promo(purse.customer, terms.grant);
    let transfer = Transfer { currency: purse.currency, debit: Place::Gifts, credit, amount };
    let entry = Entry::new(key(what, id)?, kind, vec![transfer])?;
    Ok(Entry { grant: Some(terms), ..entry })
}

fn into_paid(debit: Place, purse: Purse, amount: Money) -> Transfer {
    Transfer { currency: purse.currency, debit, credit: Place::Paid(purse.customer), amount }
}

fn out_of_paid(credit: Place, purse: Purse, amount: Money) -> Transfer {
    Transfer { currency: purse.currency, debit: Place::Paid(purse.customer), credit, amount }
}

fn noted(key: EntryKey, kind: EntryKind, transfers: Vec<Transfer>, note: &str) -> Result<Entry, EntryError> {
    Entry { note: note.to_owned(), ..Entry::new(key, kind, transfers)? }.checked()
}

fn top_up_key(channel: Channel, transaction: &str) -> Result<EntryKey, EntryError> {
    key(&format!("pay:{}", channel.name()), transaction)
}

fn key(what: &str, id: &str) -> Result<EntryKey, EntryError> {
    if id.is_empty() {
        return Err(EntryError::Key(String::new()));
    }
    EntryKey::parse(&format!("{what}:{id}"))
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Money};

    use super::super::account::{Channel, Customer, GrantNumber, Purse};
    use super::super::amount::Exchange;
    use super::super::entry::EntryError;
    use super::{order, refund_limit, sign_up_credit, top_up_exchanged};

    const PURSE: Purse = Purse { customer: Customer(7), currency: Currency::USD };

    #[test]
    fn an_exchange_balances_in_both_currencies() {
        let exchange = Exchange { from: Currency::CNY, to: Currency::USD, numerator: 1, denominator: 7 };
        let channel = Channel::parse("one").unwrap();
        let amount = Money::parse("70").unwrap();
        let entry = top_up_exchanged(channel, "t1", PURSE, amount, &exchange, "desk").unwrap();
        assert_eq!(entry.key.as_str(), "pay:one:t1");
        assert_eq!(entry.transfers.iter().map(|it| it.amount.to_string()).collect::<Vec<_>>(), ["70", "10"]);
        assert_eq!(entry.taken().collect::<Vec<_>>(), [(PURSE, -10_000_000_000)]);
        assert_eq!(entry.note, "1/7 desk");
    }

    #[test]
    fn absurd_entries_are_refused() {
        let none = Money::ZERO;
        assert!(matches!(order("1", "ref", PURSE, none), Err(EntryError::Amount(_))));
        assert!(matches!(order("", "ref", PURSE, Money::from_nano(1)), Err(EntryError::Key(_))));
        let long = "x".repeat(401);
        assert!(matches!(order("1", &long, PURSE, Money::from_nano(1)), Err(EntryError::Note(401))));
        let grant = GrantNumber(1);
        assert!(sign_up_credit("user one", PURSE, grant, Money::from_nano(1), None).is_err());
    }

    #[test]
    fn a_refund_is_of_what_is_left_of_its_payment_and_of_the_purse() {
        let money = Money::from_nano;
        let check = |paid, available, captured, refunded, limit| {
            assert_eq!(refund_limit(paid, available, money(captured), money(refunded)), money(limit));
        };
        check(10, 10, 8, 0, 8);
        check(10, 10, 8, 5, 3);
        check(10, 2, 8, 0, 2);
        check(-4, -4, 8, 0, 0);
        check(10, 10, 8, 9, 0);
    }
}
