//! Where money stands: accounts of one currency each, and the purse that a customer pays out of.

use std::fmt;

use domain::Currency;

const CHANNEL_BYTES_MAX: usize = 12;

/// Who pays, by a number that is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Customer(pub u64);

/// One gift of money to a customer, by a number that is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantNumber(pub u64);

/// By which way money comes in: the short name of a payment processor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel([u8; CHANNEL_BYTES_MAX]);

/// What one customer has in one currency, paid and given together: holds are taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purse {
    /// Whose it is.
    pub customer: Customer,
    /// In what.
    pub currency: Currency,
}

/// What an account is for. The balance of assets and expenses is a debit, of the others a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Asset: what a payment processor has of ours.
    Clearing(Channel),
    /// Asset: what the bank has of ours.
    Bank,
    /// Liability: what a customer has paid and not used.
    Paid(Customer),
    /// Liability: what is left of a gift; it is used before what was paid, and never paid out.
    Promo(Customer, GrantNumber),
    /// Liability: refunds that are on their way.
    RefundsPayable,
    /// Liability: tax that was collected.
    TaxPayable,
    /// Income: what calls cost their callers.
    Usage,
    /// Expense: gifts, used or not; what is not used comes back.
    Gifts,
    /// Expense: what processors and banks keep.
    Fees,
    /// Expense: what providers cost.
    Upstream,
    /// Expense: what was delivered and could not be charged.
    Leakage,
    /// Expense: payments that were taken back.
    Chargebacks,
    /// Expense: what was put right by hand.
    Corrections,
    /// Expense or income: what exchange rates did.
    FxResult,
    /// Control: the position of an exchange; it balances over two currencies, not within one.
    Fx,
}

/// One account: a place and its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// What it is for.
    pub place: Place,
    /// In what.
    pub currency: Currency,
}

/// Places without a number, by their written form.
const NAMED: &[(Place, &str)] = &[
    (Place::Bank, "bank"),
    (Place::RefundsPayable, "refunds_payable"),
    (Place::TaxPayable, "tax_payable"),
    (Place::Usage, "revenue:usage"),
    (Place::Gifts, "expense:promo"),
    (Place::Fees, "expense:fees"),
    (Place::Upstream, "expense:upstream"),
    (Place::Leakage, "expense:leakage"),
    (Place::Chargebacks, "expense:chargeback"),
    (Place::Corrections, "expense:corrections"),
    (Place::FxResult, "expense:fx_gain_loss"),
    (Place::Fx, "fx"),
];

impl Channel {
    /// Reads a name: at most twelve characters of `a-z`, `0-9` and `_`.
    pub fn parse(name: &str) -> Option<Self> {
        let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > CHANNEL_BYTES_MAX || !name.bytes().all(is_fit) {
            return None;
        }
        let mut bytes = [0; CHANNEL_BYTES_MAX];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Some(Self(bytes))
    }

    /// The name.
    pub fn name(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(CHANNEL_BYTES_MAX);
        std::str::from_utf8(&self.0[..length]).expect("a channel's name is ASCII")
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Purse {
    /// The account of what was paid.
    pub const fn paid(self) -> Account {
        Account { place: Place::Paid(self.customer), currency: self.currency }
    }

    /// The account of one gift.
    pub const fn promo(self, grant: GrantNumber) -> Account {
        Account { place: Place::Promo(self.customer, grant), currency: self.currency }
    }
}

impl fmt::Display for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "customer {} in {}", self.customer.0, self.currency)
    }
}

impl Place {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((place, _)) = NAMED.iter().find(|(_, name)| *name == text) {
            return Some(*place);
        }
        let mut parts = text.split(':');
        let place = match (parts.next()?, parts.next()?, parts.next(), parts.next()) {
            ("clearing", channel, None, None) => Self::Clearing(Channel::parse(channel)?),
            ("customer", number, Some("paid"), None) => Self::Paid(Customer(plain(number)?)),
            ("customer", number, Some("promo"), Some(grant)) => {
                Self::Promo(Customer(plain(number)?), GrantNumber(plain(grant)?))
            }
            _ => return None,
        };
        parts.next().is_none().then_some(place)
    }
}

/// As it is kept and shown: `customer:17:paid`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clearing(channel) => write!(f, "clearing:{}", channel.name()),
            Self::Paid(customer) => write!(f, "customer:{}:paid", customer.0),
            Self::Promo(customer, grant) => write!(f, "customer:{}:promo:{}", customer.0, grant.0),
            named => f.write_str(
                NAMED.iter().find(|(place, _)| place == named).expect("every other place is in the list").1,
            ),
        }
    }
}

impl Account {
    /// The purse that it is part of.
    pub const fn purse(self) -> Option<Purse> {
        match self.place {
            Place::Paid(customer) | Place::Promo(customer, _) => {
                Some(Purse { customer, currency: self.currency })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.place, self.currency)
    }
}

/// A number as it is written by us: no sign, no leading zero.
fn plain(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{Channel, Customer, GrantNumber, NAMED, Place};

    #[test]
    fn places_read_back() {
        let channel = Channel::parse("stripe").unwrap();
        let numbered = [
            Place::Clearing(channel),
            Place::Paid(Customer(u64::MAX)),
            Place::Promo(Customer(17), GrantNumber(3)),
        ];
        for place in numbered.into_iter().chain(NAMED.iter().map(|(place, _)| *place)) {
            assert_eq!(Place::parse(&place.to_string()), Some(place), "{place}");
        }
        assert_eq!(Place::Promo(Customer(17), GrantNumber(3)).to_string(), "customer:17:promo:3");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let bad = ["", "customer:17", "customer:+1:paid", "customer:01:paid", "customer:1:promo", "fx:USD"];
        for text in bad.into_iter().chain([
            "customer:1:promo:2:3",
            "clearing:",
            "clearing:A",
            "clearing:longer_than_it",
        ]) {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
