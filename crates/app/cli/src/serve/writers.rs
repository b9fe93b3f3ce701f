//! Whatever writes down behind the calls what they did, from before the first call to behind the last: rows, money, budgets.

use std::sync::Arc;

use gateway::{Gateway, RowOutlet};
use observe::Log;

use super::budget_keeper::BudgetKeeper;
use super::money::{Failures, MoneyKeeper, MoneyOutlet};
use super::row_writer::RowWriter;
use super::stored::Stored;

/// The running tasks.
pub(super) struct Writers {
    rows: RowWriter,
    money: MoneyKeeper,
    budgets: BudgetKeeper,
}

impl Writers {
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

    /// Everything is written down when this returns, or has been given up. To be called when the workers have ended.
    pub(super) async fn stop(self) {
        self.rows.stop().await;
        tokio::join!(self.money.stop(), self.budgets.stop());
    }
}
