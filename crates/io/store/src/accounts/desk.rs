//! Where accounts are made and changed. The ledger is opened with the first account: a gateway that bills nobody keeps none.

use std::sync::{Arc, Mutex as SyncMutex, OnceLock, PoisonError};

use domain::{Money, OrganisationId, ProjectId, Timestamp};
use ledger::AMOUNT_NANO_MAX;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::account::{Account, NewAccount};
use super::error::AccountError;
use super::payers::{Payer, Payers};
use super::sql;
use crate::audit;
use crate::database::Database;
use crate::heard::Heard;
use crate::ledger::{Applier, Ledger, LedgerOptions, Recovered};
use crate::tenancy::{Deed, Reach};

/// Given what keeps the database in step, once the ledger is open.
type Starter = Box<dyn FnOnce(Arc<Ledger>, Applier, Recovered) + Send>;

/// Makes and changes accounts.
pub struct AccountDesk {
    pub(super) database: Database,
    options: LedgerOptions,
    ledger: OnceLock<Arc<Ledger>>,
    starter: SyncMutex<Option<Starter>>,
    pub(super) payers: Heard<Payers>,
    /// Held from a change in the database to the same in memory.
    pub(super) changing: Mutex<()>,
}

impl AccountDesk {
    /// Reads all accounts; opens the ledger if there is one, and gives `starter` what is to run beside it.
    pub async fn open(
        database: Database,
        options: LedgerOptions,
        now: Timestamp,
        starter: impl FnOnce(Arc<Ledger>, Applier, Recovered) + Send + 'static,
    ) -> Result<Self, AccountError> {
        let desk = Self {
            database,
            options,
            ledger: OnceLock::new(),
            starter: SyncMutex::new(Some(Box::new(starter))),
            payers: Heard::new(Payers::default()),
            changing: Mutex::new(()),
        };
        let accounts = sql::all(&mut *desk.database.pool.acquire().await?).await?;
        if !accounts.is_empty() {
            let ledger = desk.opened(now).await?;
            desk.payers.set(Payers::of(&ledger, accounts));
        }
        Ok(desk)
    }

    /// The ledger, if there is an account.
    pub fn ledger(&self) -> Option<&Arc<Ledger>> {
        self.ledger.get()
    }

    /// Who pays for whom at present.
    pub fn payers(&self) -> Arc<Payers> {
        self.payers.get()
    }

    /// Gives `hearer` the payers as they are, and each table that takes their place.
    pub fn hear(&self, hearer: impl Fn(Arc<Payers>) + Send + Sync + 'static) {
        self.payers.hear(hearer);
    }

    /// Every account within reach, in the order of their numbers.
    pub fn accounts(&self, reach: &Reach) -> Vec<Arc<Payer>> {
        let payers = self.payers.get();
        let mut found: Vec<_> =
            payers.iter().filter(|it| reach.holds(&it.account.organisation)).cloned().collect();
        found.sort_by_key(|payer| payer.account.number);
        found
    }

    /// Makes one.
    pub async fn create(&self, wish: NewAccount, deed: &Deed) -> Result<Arc<Payer>, AccountError> {
        fit(wish.credit).map_err(AccountError::BadCredit)?;
        fit(wish.warn_below).map_err(AccountError::BadWarning)?;
        let _alone = self.changing.lock().await;
        let ledger = self.opened(deed.at).await?;
        let mut transaction = self.database.begin().await?;
        let found = sql::number_of(&mut transaction, &wish.organisation, wish.project.as_ref()).await?;
        if let Some(number) = found {
            let of = wish.project.as_ref().map_or(wish.organisation.as_str(), |project| project.as_str());
            return Err(AccountError::Taken { of: of.to_owned(), number });
        }
        let NewAccount { organisation, project, currency, credit, warn_below } = wish;
        let number = sql::next_number(&mut transaction).await?;
        let made = Account { number, organisation, project, currency, warn_below, created_at: deed.at };
        sql::insert(&mut transaction, &made).await?;
        let after = account_json(&made, credit);
        let entry = deed.entry(
            "account.create",
            &made.number.0.to_string(),
            Some(&made.organisation),
            &Value::Null,
            &after,
        );
        audit::write(&mut transaction, &entry).await?;
        transaction.commit().await?;
        // An account without its terms may owe nothing: what a crash leaves here is on the safe side.
        if credit != Money::ZERO {
            ledger.set_credit(made.purse(), credit, deed.at).await?;
        }
        Ok(self.in_force(&ledger, made))
    }

    /// One, by its number.
    pub fn payer(&self, number: u64) -> Option<Arc<Payer>> {
        self.payers.get().find(number).cloned()
    }

    /// One, by whose it is: the organisation's own, or a project's.
    pub fn payer_of(&self, organisation: &OrganisationId, project: Option<&ProjectId>) -> Option<Arc<Payer>> {
        self.payers.get().payer_of(organisation, project).cloned()
    }

    /// From now on an account is as it stands here. The others are not looked at: there may be very many.
    pub(super) fn in_force(&self, ledger: &Arc<Ledger>, account: Account) -> Arc<Payer> {
        let (payers, payer) = self.payers.get().with(ledger, account);
        self.payers.set(payers);
        payer
    }

    /// The ledger, opened now if it is not.
    pub(crate) async fn opened(&self, now: Timestamp) -> Result<Arc<Ledger>, AccountError> {
        if let Some(ledger) = self.ledger.get() {
            return Ok(Arc::clone(ledger));
        }
        let (ledger, applier, recovered) = Ledger::open(&self.options, &self.database, now).await?;
        let ledger = Arc::clone(self.ledger.get_or_init(|| Arc::new(ledger)));
        let starter = self.starter.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(starter) = starter {
            starter(Arc::clone(&ledger), applier, recovered);
        }
        Ok(ledger)
    }
}

impl std::fmt::Debug for AccountDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountDesk").finish_non_exhaustive()
    }
}

pub(super) fn fit(amount: Money) -> Result<(), Money> {
    if (0..=AMOUNT_NANO_MAX).contains(&amount.nano()) { Ok(()) } else { Err(amount) }
}

fn account_json(account: &Account, credit: Money) -> Value {
    json!({
        "number": account.number.0,
        "organisation": account.organisation.as_str(),
        "project": account.project.as_ref().map(|project| project.as_str()),
        "currency": account.currency.code(),
        "credit": credit.to_string(),
        "warn_below": account.warn_below.to_string(),
    })
}
