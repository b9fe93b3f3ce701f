//! Which entries are wanted, and where a page ended.

use domain::{CallId, Currency, Timestamp};
use ledger::{Customer, Lsn, Place};

/// Which entries are wanted; of several wishes all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryQuery {
    /// Those of one call.
    pub call_id: Option<CallId>,
    /// Those whose key begins so.
    pub key_prefix: Option<String>,
    /// Those that move something at this place.
    pub place: Option<Place>,
    /// Those of one customer …
    pub customer: Option<Customer>,
    /// … or in one currency; both together are a purse.
    pub currency: Option<Currency>,
    /// Recorded from then on …
    pub from: Option<Timestamp>,
    /// … and before then.
    pub to: Option<Timestamp>,
    /// Those before this one, where the page before ended.
    pub after: Option<EntryCursor>,
    /// So many records at most; one of a call may have two entries.
    pub limit: u32,
}

/// The place of a record in the order in which entries are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryCursor {
    /// When.
    pub at: Timestamp,
    /// Whose journal.
    pub node: u32,
    /// Which record of it.
    pub lsn: Lsn,
}

impl EntryCursor {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let at = Timestamp(parts.next()?.parse().ok()?);
        let (node, lsn) = (parts.next()?.parse().ok()?, Lsn(parts.next()?.parse().ok()?));
        parts.next().is_none().then_some(Self { at, node, lsn })
    }
}

/// As it goes into an address: `1795219200000.0.17`.
impl std::fmt::Display for EntryCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.at.unix_ms(), self.node, self.lsn.0)
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use ledger::Lsn;

    use super::EntryCursor;

    #[test]
    fn cursors_read_back() {
        let cursor = EntryCursor { at: Timestamp(-5), node: 2, lsn: Lsn(u64::MAX) };
        assert_eq!(EntryCursor::parse(&cursor.to_string()), Some(cursor));
        for text in ["", "1.2", "1.2.3.4", "a.2.3", "1.-2.3"] {
            assert_eq!(EntryCursor::parse(text), None, "{text}");
        }
    }
}
