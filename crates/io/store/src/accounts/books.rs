//! What the books say of an account: its entries, its open holds and its statements, out of the database.

use ledger::{Customer, OpenHold, Purse, Span, Statement};

use super::desk::AccountDesk;
use crate::error::StoreError;
use crate::ledger::{EntryPage, EntryQuery, StatementError, find_entries, open_holds, statement};

impl AccountDesk {
    /// A page of entries, the newest first.
    pub async fn entries(&self, query: &EntryQuery) -> Result<EntryPage, StoreError> {
        find_entries(&self.database, query).await
    }

    /// The holds that are open, the oldest first.
    pub async fn holds(&self, purse: Purse) -> Result<Vec<OpenHold>, StoreError> {
        open_holds(&self.database, purse).await
    }

    /// What there was, what came and went, and what there is.
    pub async fn statement(&self, customer: Customer, span: Span) -> Result<Statement, StatementError> {
        statement(&self.database, customer, span).await
    }
}
