//! One entry of the books: transfers that belong together, under a key that makes it happen once.
//!
//! A transfer takes from one account and gives to another of the same currency, so no entry can be out of balance.

use std::fmt;

use domain::{CallId, Currency, Money, Timestamp};

use super::account::{Account, Customer, GrantNumber, Place, Purse};
use super::amount::{AmountError, fit_amount};

/// Longest key.
pub const ENTRY_KEY_BYTES_MAX: usize = 128;
/// Longest note.
pub const NOTE_BYTES_MAX: usize = 400;
/// Most transfers in one entry.
pub const TRANSFERS_MAX: usize = 8;

/// What an entry happens once for: a call, an order, a payment of a processor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey(Box<str>);

/// Why an entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// What a call cost, within its hold.
    Settle,
    /// What a call cost beyond its hold.
    Overage,
    /// A gift to who signed up.
    SignUpCredit,
    /// A voucher that was redeemed.
    Voucher,
    /// An order that was paid by a transfer and confirmed by hand.
    Order,
    /// A payment by a processor.
    TopUp,
    /// Given by hand.
    Credit,
    /// Taken by hand.
    Debit,
    /// What a processor paid out to the bank.
    Payout,
    /// A refund that is on its way.
    RefundAsked,
    /// A refund that has arrived.
    RefundDone,
    /// A refund that came back.
    RefundFailed,
    /// A payment that was taken back against our will.
    Chargeback,
    /// What was left of a gift when its time was over.
    Expiry,
}

/// One amount from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Of both accounts.
    pub currency: Currency,
    /// Whose balance of debits grows.
    pub debit: Place,
    /// Whose balance of credits grows.
    pub credit: Place,
    /// How much.
    pub amount: Money,
}

/// What a gift is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    /// Its number.
    pub grant: GrantNumber,
    /// When what is left of it lapses.
    pub expires_at: Option<Timestamp>,
}

/// Transfers that happen together, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it happens once for.
    pub key: EntryKey,
    /// Why.
    pub kind: EntryKind,
    /// What moves.
    pub transfers: Vec<Transfer>,
    /// Whether it may leave a purse owing.
    pub may_overdraw: bool,
    /// The entry that it belongs to: a refund's payment, an overage's settlement.
    pub linked: Option<EntryKey>,
    /// The gift that begins with it.
    pub grant: Option<GrantTerms>,
    /// What a person said, or what a rate came from.
    pub note: String,
}

/// Why an entry cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Its key is none.
    #[error("{0:?} is no key of an entry; it has 1 to 128 visible ASCII characters")]
    Key(String),
    /// Its amount is none.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// It says too much.
    #[error("the note is {0} bytes long; at most 400 are kept")]
    Note(usize),
    /// It moves nothing, or too much at once.
    #[error("an entry has 1 to 8 transfers, not {0}")]
    Transfers(usize),
    /// It moves nothing.
    #[error("a transfer from {0} to itself moves nothing")]
    ToItself(Place),
}

impl EntryKey {
    /// Reads a key: 1 to 128 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, EntryError> {
        let is_fit = !text.is_empty()
            && text.len() <= ENTRY_KEY_BYTES_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_fit { Ok(Self(text.into())) } else { Err(EntryError::Key(text.chars().take(200).collect())) }
    }

    /// The key of what a call cost.
    pub fn settle(call: CallId) -> Self {
        Self(format!("{call}:s").into())
    }

    /// The key of what a call cost beyond its hold.
    pub fn overage(call: CallId) -> Self {
        Self(format!("{call}:o").into())
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl EntryKind {
    /// Every kind; the place of each is its number in the journal, so the list only grows.
    pub const ALL: &[(Self, &str)] = &[
        (Self::Settle, "settle"),
        (Self::Overage, "overage"),
        (Self::SignUpCredit, "sign_up_credit"),
        (Self::Voucher, "voucher"),
        (Self::Order, "order"),
        (Self::TopUp, "top_up"),
        (Self::Credit, "credit"),
        (Self::Debit, "debit"),
        (Self::Payout, "payout"),
        (Self::RefundAsked, "refund_asked"),
        (Self::RefundDone, "refund_done"),
        (Self::RefundFailed, "refund_failed"),
        (Self::Chargeback, "chargeback"),
        (Self::Expiry, "expiry"),
    ];

    /// Its number in the journal.
    pub fn number(self) -> u8 {
        let at = Self::ALL.iter().position(|(kind, _)| *kind == self).expect("every kind is in the list");
        u8::try_from(at).expect("there are few kinds")
    }

    /// As it is kept and shown.
    pub fn name(self) -> &'static str {
        Self::ALL[usize::from(self.number())].1
    }

    /// By its number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).map(|(kind, _)| *kind)
    }

    /// By its name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

impl Transfer {
    /// The account whose debits grow.
    pub const fn debited(&self) -> Account {
        Account { place: self.debit, currency: self.currency }
    }

    /// The account whose credits grow.
    pub const fn credited(&self) -> Account {
        Account { place: self.credit, currency: self.currency }
    }
}

impl Entry {
    /// An entry that moves money between two accounts, checked.
    pub fn new(key: EntryKey, kind: EntryKind, transfers: Vec<Transfer>) -> Result<Self, EntryError> {
        let entry = Self {
            key,
            kind,
            transfers,
            may_overdraw: false,
            linked: None,
            grant: None,
            note: String::new(),
        };
        entry.checked()
    }

    /// The same, if it may be: used where one is put together or read.
    pub fn checked(self) -> Result<Self, EntryError> {
        if self.note.len() > NOTE_BYTES_MAX {
            return Err(EntryError::Note(self.note.len()));
        }
        if self.transfers.is_empty() || self.transfers.len() > TRANSFERS_MAX {
            return Err(EntryError::Transfers(self.transfers.len()));
        }
        for transfer in &self.transfers {
            fit_amount(transfer.amount)?;
            if transfer.debit == transfer.credit {
                return Err(EntryError::ToItself(transfer.debit));
            }
        }
        Ok(self)
    }

    /// What it takes from each purse, less what it gives: negative where it gives.
    pub fn taken(&self) -> impl Iterator<Item = (Purse, i128)> + '_ {
        self.transfers.iter().flat_map(|transfer| {
            let amount = i128::from(transfer.amount.nano());
            let from = transfer.debited().purse().map(|purse| (purse, amount));
            let to = transfer.credited().purse().map(|purse| (purse, -amount));
            from.into_iter().chain(to)
        })
    }

    /// The first customer it is about.
    pub fn customer(&self) -> Option<Customer> {
        self.taken().next().map(|(purse, _)| purse.customer)
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryKey, EntryKind};

    #[test]
    fn kinds_read_back_by_number_and_name() {
        for (kind, name) in EntryKind::ALL {
            assert_eq!(EntryKind::of_number(kind.number()), Some(*kind));
            assert_eq!((kind.name(), EntryKind::of_name(name)), (*name, Some(*kind)));
        }
        assert_eq!(EntryKind::of_number(200), None);
    }

    #[test]
    fn keys_are_visible_and_short() {
        for text in ["", "a b", "ä", &"x".repeat(129), "a\n"] {
            assert!(EntryKey::parse(text).is_err(), "{text}");
        }
        assert!(EntryKey::parse(&"x".repeat(128)).is_ok());
    }
}
