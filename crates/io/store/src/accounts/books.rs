//! What the books say of an account: its entries, its open holds and its statements, out of the database. Whoever asks sees
//! what happened before he asked, as long as the database follows.

use std::time::Duration;

use ledger::{Customer, OpenHold, Purse, Span, Statement};

use super::desk::AccountDesk;
use crate::error::StoreError;
use crate::ledger::{EntryPage, EntryQuery, StatementError, find_entries, open_holds, statement};

/// How long a question waits for the database to have what the journal had when it was asked. Then what is there is told.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(1);

impl AccountDesk {
    /// A page of entries, the newest first.
    pub async fn entries(&self, query: &EntryQuery) -> Result<EntryPage, StoreError> {
        self.followed().await;
        find_entries(&self.database, query).await
    }

    /// The holds that are open, the oldest first.
    pub async fn holds(&self, purse: Purse) -> Result<Vec<OpenHold>, StoreError> {
        self.followed().await;
        open_holds(&self.database, purse).await
    }

    /// What there was, what came and went, and what there is.
    pub async fn statement(&self, customer: Customer, span: Span) -> Result<Statement, StatementError> {
        self.followed().await;
        statement(&self.database, customer, span).await
    }

    async fn followed(&self) {
        if let Some(ledger) = self.ledger() {
            ledger.followed(FOLLOWED_WITHIN).await;
        }
    }
}
