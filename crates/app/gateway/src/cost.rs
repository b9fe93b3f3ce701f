//! What a call cost: each part of it by the price of who served it, with the markup of who asked. Worked out when all of its
//! usage is known: for the head of a whole answer, else when a call is settled. Where there is no price book nothing is told,
//! and nothing is worked out.

use domain::{Currency, MONEY_BYTES_MAX, ModelUsage, Money, Timestamp, Usage};
use http::HeaderValue;
use ledger::prices::{Book, Buyer, Cost, Rated, Sale};
use store::{KeyEntry, RowCost};

use crate::segments::Segments;
use crate::serving::ServedProvider;

/// What is known of the cost of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CallCost {
    /// Nothing can be said: there are no prices, or nobody knows what was used.
    #[default]
    Untold,
    /// Something that was used has no price.
    Unknown,
    /// All of it.
    Known(RowCost),
}

impl CallCost {
    /// As a row keeps it.
    pub(crate) const fn row(self) -> Option<RowCost> {
        match self {
            Self::Known(cost) => Some(cost),
            Self::Untold | Self::Unknown => None,
        }
    }

    /// What the caller is told in a head: the amount, and its currency if there is one.
    pub(crate) fn headers(self) -> Option<(HeaderValue, Option<HeaderValue>)> {
        match self {
            Self::Untold => None,
            Self::Unknown => Some((HeaderValue::from_static("unknown"), None)),
            Self::Known(cost) => Some((amount(cost.price), Some(code(cost.currency)))),
        }
    }

    /// What he is told in a body: JSON.
    pub(crate) fn json(self) -> Option<String> {
        match self {
            Self::Untold => None,
            Self::Unknown => Some("null".to_owned()),
            Self::Known(RowCost { price, currency, .. }) => {
                Some(format!(r#"{{"amount":"{price}","currency":"{currency}"}}"#))
            }
        }
    }
}

/// What was used of whom, and by whom.
pub(crate) struct Spent<'c> {
    pub(crate) key: Option<&'c KeyEntry>,
    pub(crate) at: Timestamp,
    /// Who answered, and the model by his name.
    pub(crate) provider: Option<&'c ServedProvider>,
    pub(crate) model: &'c str,
    pub(crate) usage: Option<&'c Usage>,
    pub(crate) usage_by_model: &'c [ModelUsage],
    /// Of an answer that several gave, in place of these.
    pub(crate) segments: Option<&'c Segments>,
}

impl Spent<'_> {
    /// What it cost; `each` hears of every part who served it.
    pub(crate) fn cost(&self, book: &Book, mut each: impl FnMut(u16, RowCost)) -> CallCost {
        if is_nothing(book) {
            return CallCost::Untold;
        }
        let mut sum = CallCost::Untold;
        let mut add = |provider: &ServedProvider, model: &str, asked: &str, usage: &Usage| {
            let part = price_of(book, (self.key, self.at), provider, (model, asked), usage);
            if let CallCost::Known(cost) = part {
                each(provider.slot, cost);
            }
            sum = plus(sum, part);
        };
        match (self.segments, self.provider, self.usage) {
            (Some(segments), ..) => {
                for part in segments.iter() {
                    add(&part.provider, &part.model, &part.model, &part.usage);
                }
            }
            (None, Some(provider), Some(usage)) if self.usage_by_model.is_empty() => {
                add(provider, self.model, self.model, usage);
            }
            (None, Some(provider), Some(_)) => {
                for part in self.usage_by_model {
                    add(provider, part.model.as_deref().unwrap_or(self.model), self.model, &part.usage);
                }
            }
            (None, ..) => {}
        }
        sum
    }
}

/// What a provider's answer costs the holder of a key.
pub(crate) fn price_of(
    book: &Book,
    (key, at): (Option<&KeyEntry>, Timestamp),
    provider: &ServedProvider,
    (model, asked_model): (&str, &str),
    usage: &Usage,
) -> CallCost {
    let buyer = Buyer {
        organisation: key.map(KeyEntry::organisation),
        project: key.map(KeyEntry::project),
        key: key.map(|key| &key.id),
    };
    let (provider, kind) = (provider.id(), provider.kind);
    match book.rate(&Sale { provider, kind, model, asked_model, at, usage, buyer }) {
        Rated::Priced(Cost { is_unpriced: false, list, price, currency, version, .. }) => {
            CallCost::Known(RowCost { list, price, currency, version })
        }
        Rated::Priced(_) | Rated::Unpriced(_) => CallCost::Unknown,
    }
}

/// Whether there is no price book at all.
pub(crate) fn is_nothing(book: &Book) -> bool {
    book.version() == 0 && book.rows().is_empty()
}

/// Both together. Of a sum of which one part is unknown nothing is known.
fn plus(left: CallCost, right: CallCost) -> CallCost {
    match (left, right) {
        (CallCost::Untold, other) | (other, CallCost::Untold) => other,
        (CallCost::Known(left), CallCost::Known(right)) => {
            match (left.list.checked_add(right.list), left.price.checked_add(right.price)) {
                (Some(list), Some(price)) => CallCost::Known(RowCost { list, price, ..left }),
                _ => CallCost::Unknown,
            }
        }
        _ => CallCost::Unknown,
    }
}

/// A plain decimal without needless zeros.
fn amount(money: Money) -> HeaderValue {
    HeaderValue::from_str(money.written(&mut [0; MONEY_BYTES_MAX])).expect("digits are visible ASCII")
}

fn code(currency: Currency) -> HeaderValue {
    match Currency::KNOWN.iter().find(|known| **known == currency) {
        Some(known) => HeaderValue::from_static(known.code()),
        None => HeaderValue::from_str(currency.code()).expect("codes are letters"),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Money};
    use store::RowCost;

    use super::{CallCost, plus};

    fn known(list: i64, price: i64) -> CallCost {
        let (list, price) = (Money::from_nano(list), Money::from_nano(price));
        CallCost::Known(RowCost { list, price, currency: Currency::USD, version: 3 })
    }

    #[test]
    fn of_a_sum_with_an_unknown_part_nothing_is_known() {
        assert_eq!(plus(known(1, 2), known(10, 20)), known(11, 22));
        assert_eq!(plus(CallCost::Untold, known(1, 2)), known(1, 2));
        assert_eq!(plus(known(1, 2), CallCost::Unknown), CallCost::Unknown);
        assert_eq!(plus(known(i64::MAX, 2), known(1, 2)), CallCost::Unknown);
    }

    #[test]
    fn callers_are_told_what_they_pay() {
        let (told, currency) = known(100, 123_456).headers().unwrap();
        assert_eq!((told.to_str().unwrap(), currency.unwrap().to_str().unwrap()), ("0.000123456", "USD"));
        assert_eq!(known(1, 5).json().unwrap(), r#"{"amount":"0.000000005","currency":"USD"}"#);
        assert_eq!(CallCost::Unknown.headers().unwrap().0, "unknown");
        assert_eq!(CallCost::Untold.headers(), None);
    }
}
