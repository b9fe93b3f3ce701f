//! What was spent, written down now and then. After a crash a budget may have forgotten what came last; an account never does.

use super::desk::BudgetDesk;
use super::sql;
use crate::error::StoreError;

/// Windows in one transaction: others wait for the database meanwhile.
const WINDOWS_PER_WRITE_MAX: usize = 2_000;

impl BudgetDesk {
    /// Writes down what was spent since this was last done.
    pub async fn keep(&self) -> Result<(), StoreError> {
        // Not beside a change, which may remove one.
        let _alone = self.changing.lock().await;
        let table = self.table();
        let cells = table.iter().flat_map(|cell| cell.unkept().into_iter().map(move |unkept| (cell, unkept)));
        let unkept: Vec<_> = cells.collect();
        for part in unkept.chunks(WINDOWS_PER_WRITE_MAX) {
            let written = async {
                let mut transaction = self.database.begin().await?;
                for (cell, unkept) in part {
                    sql::keep(&mut transaction, cell.entry.rule.id, unkept).await?;
                }
                transaction.commit().await
            };
            written.await.map_err(StoreError::database("keep what budgets have spent"))?;
            part.iter().for_each(|(cell, unkept)| cell.keep(*unkept));
        }
        Ok(())
    }
}
