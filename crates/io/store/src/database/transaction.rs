//! A transaction that may write: the connection to write on, and what the audit needs to go on from its last row.

use std::ops::{Deref, DerefMut};

use super::answered::AnyConnection;
use super::pool::Leased;
use crate::audit::chain::ChainKey;

/// Used as a connection; dropped without a commit, it has done nothing.
pub(crate) struct Transaction {
    inner: Leased,
    chain: ChainKey,
}

impl Transaction {
    pub(super) const fn new(inner: Leased, chain: ChainKey) -> Self {
        Self { inner, chain }
    }

    /// What marks the rows of the audit.
    pub(crate) const fn chain(&self) -> &ChainKey {
        &self.chain
    }

    /// Makes everything last.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}
