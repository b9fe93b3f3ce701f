//! What a server keeps in its database, opened in order: its secrets, which the configuration names, and then each desk with what
//! it has in memory.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use config::Snapshot;
use gateway::wall_clock;
use store::{
    AccountDesk, AnswerShelf, AuditRecords, BudgetDesk, ConfigShelf, Database, DatabasePlace,
    IDEMPOTENCY_FOLDER, KeyDesk, LedgerVerifier, LimitDesk, LockedDataDir, MasterKey, OrderDesk, PriceDesk,
    REQUESTS_FILE, ReportDesk, RequestRecords, RequestStore, Seal, SecretDesk, SignUpDesk, SwitchDesk,
    TenancyDesk, VoucherDesk,
};

use super::alerting::Alerting;
use super::first_key::{self, FirstKey};
use super::money::{self, MoneyInlet};
use crate::local_store::database_place;
use crate::prices;

/// The opened database, and who changes what in it.
pub(super) struct Stored {
    pub(super) database: Database,
    /// Rows of calls.
    pub(super) requests: RequestStore,
    /// Answers kept for repeats.
    pub(super) answers: AnswerShelf,
    pub(super) place: DatabasePlace,
    /// The number of this start.
    pub(super) epoch: u16,
    pub(super) keys: Arc<KeyDesk>,
    pub(super) switches: Arc<SwitchDesk>,
    pub(super) prices: Arc<PriceDesk>,
    pub(super) tenancy: Arc<TenancyDesk>,
    pub(super) secrets: Arc<SecretDesk>,
    pub(super) accounts: Arc<AccountDesk>,
    pub(super) money_in: MoneyIn,
    pub(super) verifier: LedgerVerifier,
    pub(super) budgets: Arc<BudgetDesk>,
    pub(super) limits: Arc<LimitDesk>,
    pub(super) alerts: Alerting,
    /// Made or given by this start, if it was the first.
    pub(super) first_key: Option<FirstKey>,
    /// What an operator should know, one sentence each.
    pub(super) notes: Vec<String>,
}

/// Rows first: they may lie in the database.
pub(super) async fn close(requests: &RequestStore, database: &Database) {
    requests.close().await;
    database.close().await;
}

/// What was done and what calls came to, for who looks at it.
pub(super) struct Records {
    pub(super) audit: Arc<dyn AuditRecords>,
    pub(super) requests: Arc<dyn RequestRecords>,
    pub(super) reports: Arc<ReportDesk>,
}

/// Who brings money into accounts.
pub(super) struct MoneyIn {
    pub(super) vouchers: Arc<VoucherDesk>,
    pub(super) orders: Arc<OrderDesk>,
    pub(super) sign_ups: Arc<SignUpDesk>,
}

/// The opened database before the configuration is known.
pub(super) struct Vault {
    database: Database,
    requests: RequestStore,
    place: DatabasePlace,
    pub(super) secrets: Arc<SecretDesk>,
}

impl Vault {
    pub(super) async fn open(dir: &LockedDataDir, master: &MasterKey) -> Result<Self> {
        let place = database_place(dir.path())?;
        let database = Database::open(&place, &master.key_hasher()).await?;
        let requests = RequestStore::open(&database, &dir.join(REQUESTS_FILE)).await?;
        let secrets = SecretDesk::open(Box::new(database.clone()), database.seal(master)).await?;
        Ok(Self { database, requests, place, secrets: Arc::new(secrets) })
    }
}

impl Stored {
    pub(super) fn records(&self) -> Records {
        Records {
            audit: Arc::new(self.database.clone()),
            requests: Arc::new(self.requests.clone()),
            reports: Arc::new(ReportDesk::new(&self.requests, self.database.clone())),
        }
    }

    pub(super) async fn open(
        vault: Vault,
        (master, data_dir): (&MasterKey, &Path),
        snapshot: &Snapshot,
        money: MoneyInlet,
    ) -> Result<Self> {
        let Vault { database, requests, place, secrets } = vault;
        let (answers, notes) =
            open_answers(&data_dir.join(IDEMPOTENCY_FOLDER), database.seal(master), snapshot)?;
        let epoch = database.begin_epoch().await?;
        let keys =
            KeyDesk::open(Box::new(database.clone()), master.key_hasher(), &snapshot.keys.prefix).await?;
        let keys = keys.with_days_default(snapshot.keys.expires_days_default);
        let tenancy = TenancyDesk::open(database.clone(), master.key_hasher(), keys.directory()).await?;
        let switches = SwitchDesk::open(Box::new(database.clone())).await?;
        let stand_in = || prices::stand_in(snapshot);
        let prices = PriceDesk::open(Box::new(database.clone()), prices::kinds(), stand_in).await?;
        let ledger = money::options(&snapshot.ledger, data_dir);
        let journal = (ledger.folder.clone(), ledger.node);
        let starter = move |ledger, applier, recovered| money.give(ledger, applier, recovered);
        let accounts = Arc::new(AccountDesk::open(database.clone(), ledger, wall_clock(), starter).await?);
        let vouchers = VoucherDesk::new(database.clone(), master.key_hasher(), accounts.clone());
        let orders = OrderDesk::new(database.clone(), accounts.clone());
        let terms = money::sign_up_terms(&snapshot.accounts);
        let sign_ups = SignUpDesk::open(database.clone(), accounts.clone(), terms).await?;
        let beside = (place.clone(), data_dir.join(REQUESTS_FILE));
        let verifier = LedgerVerifier::new(database.clone(), beside, journal, accounts.clone(), wall_clock);
        let budgets = BudgetDesk::open(database.clone(), wall_clock()).await?;
        let limits = LimitDesk::open(database.clone()).await?;
        let alerts = Alerting::open(&database, snapshot).await?;
        let first_key = first_key::ensure(&keys, wall_clock()).await?;
        Ok(Self {
            database,
            requests,
            answers,
            place,
            epoch,
            keys: Arc::new(keys),
            switches: Arc::new(switches),
            prices: Arc::new(prices),
            tenancy: Arc::new(tenancy),
            secrets,
            accounts,
            money_in: MoneyIn {
                vouchers: Arc::new(vouchers),
                orders: Arc::new(orders),
                sign_ups: Arc::new(sign_ups),
            },
            verifier,
            budgets: Arc::new(budgets),
            limits: Arc::new(limits),
            alerts,
            first_key,
            notes,
        })
    }

    /// Where configurations that were in force are kept.
    pub(super) fn shelf(&self, master: &MasterKey) -> ConfigShelf {
        ConfigShelf::new(Box::new(self.database.clone()), master.key_hasher(), self.database.seal(master))
    }
}

/// Opens the answers that are kept for repeats, and says if some of them do not open.
fn open_answers(folder: &Path, seal: Seal, snapshot: &Snapshot) -> Result<(AnswerShelf, Vec<String>)> {
    let sizes = gateway::shelf_sizes(&snapshot.idempotency);
    let (answers, found) = AnswerShelf::open(folder, seal, sizes, wall_clock)
        .with_context(|| format!("cannot keep answers for repeats in {}", folder.display()))?;
    let note = format!(
        "{} files of answers kept for repeats cannot be read: they are damaged, or sealed under another master key",
        found.unreadable
    );
    Ok((answers, if found.unreadable > 0 { vec![note] } else { Vec::new() }))
}
