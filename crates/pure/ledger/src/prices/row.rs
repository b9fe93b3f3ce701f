//! One row of a book: what one model costs at one seller, from a day on.

use domain::{Currency, Money, ServiceTier, Timestamp};

use super::amount::Amount;
use super::component::Component;
use super::hours::Hours;
use super::sale::Wanted;

/// Whose prices a row has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seller {
    /// Those of whoever has no other.
    Any,
    /// Those of all providers of a kind.
    Kind(Box<str>),
    /// Those of one provider, by its configured id.
    Provider(Box<str>),
}

/// What one model costs at one seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place in the book, from 1: the name of the row in messages.
    pub number: usize,
    /// Whose prices they are.
    pub seller: Seller,
    /// The model, in the provider's words; `*` for every model of the seller.
    pub model: Box<str>,
    /// What else the provider calls it.
    pub aliases: Box<[Box<str>]>,
    /// Since when.
    pub from: Timestamp,
    /// Until when, if not until a later row takes over.
    pub until: Option<Timestamp>,
    /// The service tier.
    pub service: ServiceTier,
    /// For prompts of so many tokens and more, cached ones too. The whole call has the price then.
    pub from_tokens: u64,
    /// The hours of the week; `None` for all.
    pub hours: Option<Hours>,
    /// What its amounts are in.
    pub currency: Currency,
    /// The least that a call costs.
    pub minimum: Money,
    /// Costs nothing, whatever is used.
    pub is_free: bool,
    /// Where it was read.
    pub source: Option<Box<str>>,
    pub(super) amounts: [Option<Amount>; Component::COUNT],
}

impl Row {
    /// The price of a component, if the row names one.
    pub const fn amount(&self, component: Component) -> Option<Amount> {
        self.amounts[component.place()]
    }

    /// How closely it names a seller; `None` if it is another's.
    pub(super) fn rank_of(&self, provider: &str, kind: &str) -> Option<u8> {
        match &self.seller {
            Seller::Provider(id) if **id == *provider => Some(2),
            Seller::Kind(own) if **own == *kind => Some(1),
            Seller::Any => Some(0),
            Seller::Provider(_) | Seller::Kind(_) => None,
        }
    }

    /// Whether it is in force at some moment.
    pub(super) fn holds_at(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// How well the row suits what is wanted, `None` if not at all. The usual tier's price stands in for one that nobody priced.
    pub(super) fn suits(&self, wanted: &Wanted<'_>) -> Option<Suits> {
        let seller = self.rank_of(wanted.provider, wanted.kind)?;
        let is_exact = self.service == wanted.service;
        if !is_exact && !self.service.is_usual() {
            return None;
        }
        let is_meant = self.holds_at(wanted.at)
            && self.from_tokens <= wanted.prompt_tokens
            && self.hours.as_ref().is_none_or(|hours| hours.contain(wanted.at));
        is_meant.then(|| Suits {
            seller,
            is_exact,
            from: self.from,
            is_of_hours: self.hours.is_some(),
            from_tokens: self.from_tokens,
        })
    }
}

/// Which of several rows is meant: the greatest. Who sells is looked at first, then the service tier, then since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Suits {
    seller: u8,
    pub(super) is_exact: bool,
    from: Timestamp,
    is_of_hours: bool,
    from_tokens: u64,
}
