//! The admin API for commands about money: the running server's, or, where none runs, the same routes on the data directory,
//! without a port. So both answer alike, and nothing is done in two ways.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use admin::{
    Admin, AdminParts, AlertChannels, CacheDesk, CacheFlushed, ConfigDesk, LimitView, ProviderDesk,
    ReportRules, StateDesk, SwitchRefusal,
};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use config::Snapshot;
use domain::{KEY_PREFIX_DEFAULT, Secret};
use gateway::wall_clock;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use store::{
    AccountDesk, AlertDesk, Applier, BudgetDesk, DataDir, KeyDesk, Ledger, LedgerVerifier, LimitDesk,
    OrderDesk, PriceDesk, REQUESTS_FILE, ReportDesk, RequestStore, Says, SecretDesk, SignUpDesk, TenancyDesk,
    VoucherDesk,
};

use crate::admin_client::{AdminClient, understood};
use crate::arguments::{DataOptions, ServeOptions};
use crate::environment;
use crate::local_store::{ACTOR, LocalStore, database_place};
use crate::prices;
use crate::serve::{ledger_options, sign_up_terms};
use crate::settings::{Settings, or_refused};

/// Between a command and its own process: no port leads here, so it opens nothing.
const KEY: &str = "bwadm_between-a-command-and-itself";

/// Where it is asked.
pub(crate) enum NearAdmin {
    Server(AdminClient),
    Directory(Box<LocalAdmin>),
}

/// The routes on an opened, locked data directory.
pub(crate) struct LocalAdmin {
    local: LocalStore,
    admin: Admin,
    opened: Opened,
}

/// The ledger, once it is open, and what brings the database up to it.
type Opened = Arc<Mutex<Option<(Arc<Ledger>, Applier)>>>;

impl NearAdmin {
    /// A data directory that is not there is named, not made: a mistyped one must not look like an empty one.
    pub(crate) fn find(data: &DataOptions, config: Option<PathBuf>) -> Result<Self> {
        let path = environment::data_dir(data)?;
        match AdminClient::find_in(path.clone())? {
            Some(server) => Ok(Self::Server(server)),
            None if !path.exists() => {
                bail!("there is no data directory {}; say --data-dir DIR", path.display())
            }
            None => Ok(Self::Directory(Box::new(LocalAdmin::open(data, &path, config)?))),
        }
    }

    /// The answer to a question; a refusal becomes an error in the words of the API.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        match self {
            Self::Server(server) => server.ask(method, path, body),
            Self::Directory(local) => local.ask(method, path, body),
        }
    }
}

impl LocalAdmin {
    fn open(data: &DataOptions, path: &Path, config: Option<PathBuf>) -> Result<Self> {
        let options = ServeOptions { listen: None, config, region: None, service: None };
        // It says where the journal and the table of running calls are: another place would lose money.
        let snapshot =
            or_refused(Settings::new(data, options).read().checked).context("no server runs here")?;
        let local = LocalStore::open(&DataDir::create(path)?)?;
        let rules = ReportRules {
            keep_hours_days: snapshot.reports.keep_hours_days,
            market_rates: snapshot.reports.market_rates.clone(),
            kinds: kinds(&snapshot),
        };
        let opened: Opened = Arc::default();
        let given = Arc::clone(&opened);
        let parts = async {
            let (store, hasher) = (local.store.clone(), local.master.key_hasher());
            let keys = KeyDesk::open(Box::new(store.clone()), hasher.clone(), KEY_PREFIX_DEFAULT).await?;
            let tenancy = TenancyDesk::open(store.clone(), hasher, keys.directory()).await?;
            let stand_in = || prices::stand_in(&snapshot);
            let prices = PriceDesk::open(Box::new(store.clone()), prices::kinds(), stand_in).await?;
            let secrets = SecretDesk::open(Box::new(store.clone()), store.seal(&local.master)).await?;
            let requests = RequestStore::open(&store, &path.join(REQUESTS_FILE)).await?;
            let starter = move |ledger, applier, _| {
                *given.lock().unwrap_or_else(PoisonError::into_inner) = Some((ledger, applier));
            };
            let ledger = ledger_options(&snapshot.ledger, path);
            let journal = (ledger.folder.clone(), ledger.node);
            let accounts = Arc::new(AccountDesk::open(store.clone(), ledger, wall_clock(), starter).await?);
            let vouchers = VoucherDesk::new(store.clone(), local.master.key_hasher(), accounts.clone());
            let orders = OrderDesk::new(store.clone(), accounts.clone());
            let terms = sign_up_terms(&snapshot.accounts);
            let sign_ups = SignUpDesk::open(store.clone(), accounts.clone(), terms).await?;
            let beside = (database_place(path)?, path.join(REQUESTS_FILE));
            let verifier = LedgerVerifier::new(store.clone(), beside, journal, accounts.clone(), wall_clock);
            let budgets = BudgetDesk::open(store.clone(), wall_clock()).await?;
            let limits = LimitDesk::open(store.clone()).await?;
            let limit_view = LimitView::without_rooms(plans(&snapshot));
            let alerts = AlertDesk::open(store.clone(), wall_clock()).await?;
            anyhow::Ok(AdminParts {
                key_desk: Arc::new(keys),
                admin_key: Secret::new(KEY.to_owned()),
                operator: ACTOR,
                tenancy: Arc::new(tenancy),
                config: ConfigDesk::queue().0,
                providers: no_providers(),
                cache: no_cache(),
                prices: Arc::new(prices),
                secrets: Arc::new(secrets),
                audit: Arc::new(store.clone()),
                accounts,
                verifier,
                vouchers: Arc::new(vouchers),
                orders: Arc::new(orders),
                sign_ups: Arc::new(sign_ups),
                budgets: Arc::new(budgets),
                reports: Arc::new(ReportDesk::new(&requests, store.clone())),
                report_rules: Box::new(move || rules.clone()),
                limits: Arc::new(limits),
                limit_view,
                alerts: Arc::new(alerts),
                alert_channels: AlertChannels::queue().0,
                requests: Arc::new(requests),
                state: StateDesk { health: Box::new(|_| Ok(Value::Null)), stats: Box::new(|| Value::Null) },
                explain: Box::new(Ok),
                clock: wall_clock,
            })
        };
        let parts = local.runtime.block_on(parts)?;
        Ok(Self { admin: Admin::new(parts), local, opened })
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = Bytes::from(body.map(Value::to_string).unwrap_or_default());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {KEY}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        self.local.runtime.block_on(async {
            let (head, body) = self.admin.answer(request).await.into_parts();
            let body = body.collect().await?.to_bytes();
            self.catch_up().await?;
            understood("the data directory", head.status, &body)
        })
    }

    /// Brings the database up to the journal. What it is not brought up to, the next start takes in.
    async fn catch_up(&self) -> Result<()> {
        let taken = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((ledger, mut applier)) = taken else { return Ok(()) };
        while applier.applied() < ledger.journal().durable() {
            let applied = applier.step(ledger.journal().durable()).await?;
            ledger.applied(&applied);
        }
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some((ledger, applier));
        Ok(())
    }
}

/// The plans of a configuration, and what each says.
fn plans(snapshot: &Snapshot) -> Vec<(String, Value)> {
    let plans = snapshot.limits.rates.plans.iter();
    plans.map(|plan| (plan.name.clone(), Says::Limits(plan.terms.clone()).json())).collect()
}

/// Of which kind each configured provider is.
fn kinds(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let kind = |provider: &config::Provider| (provider.id.clone(), provider.kind.name.to_owned());
    snapshot.providers.iter().map(kind).collect()
}

/// Where no server runs there is none to be switched.
fn no_providers() -> ProviderDesk {
    let absent = || SwitchRefusal::Unknown("provider", "no server runs here".to_owned());
    ProviderDesk {
        list: Box::new(|| Value::Null),
        switch: Box::new(move |_| Box::pin(async move { Err(absent()) })),
        check: Box::new(|| Box::pin(async { Value::Null })),
    }
}

/// And no answers are kept.
fn no_cache() -> CacheDesk {
    CacheDesk { show: Box::new(|| Value::Null), flush: Box::new(|_| CacheFlushed { entries: 0, bytes: 0 }) }
}
