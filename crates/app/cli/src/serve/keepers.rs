//! The tasks that keep what calls leave behind: rows, money, budgets. They run from before the first call to behind the last.

use std::sync::Arc;

use gateway::{Gateway, RowOutlet};
use observe::Log;

use super::budget_keeper::BudgetKeeper;
use super::money::{Failures, MoneyKeeper, MoneyOutlet};
use super::row_writer::RowWriter;
use super::stored::Stored;

/// The running tasks.
pub(super) struct Keepers {
    rows: RowWriter,
    money: MoneyKeeper,
    budgets: BudgetKeeper,
}

impl Keepers {
    pub(super) fn start(
        gateway: &Arc<Gateway>,
        stored: &Stored,
        (rows, money): (RowOutlet, MoneyOutlet),
        log: &Log,
    ) -> (Self, Failures) {
        let rows = RowWriter::start(gateway, stored.requests.clone(), rows);
        let (money, failures) = MoneyKeeper::start(gateway, stored.database.clone(), money, log);
        let budgets = BudgetKeeper::start(&stored.budgets, log);
        (Self { rows, money, budgets }, failures)
    }

    /// Everything is kept when this returns, or has been given up. To be called when the workers have ended.
    pub(super) async fn stop(self) {
        tokio::join!(self.rows.stop(), self.money.stop(), self.budgets.stop());
    }
}
