//! What the admin API is made of: the few things it asks of the process it lives in. How they work is that process's
//! business.

use std::sync::Arc;

use domain::{Failure, Secret, Timestamp};
use store::{
    AccountDesk, AlertDesk, AuditRecords, BudgetDesk, KeyDesk, LedgerVerifier, LimitDesk, OrderDesk,
    PriceDesk, ReportDesk, RequestRecords, SecretDesk, SignUpDesk, TenancyDesk, VoucherDesk,
};

use crate::alert_channels::AlertChannels;
use crate::cache_desk::CacheDesk;
use crate::config_desk::ConfigDesk;
use crate::limit_desk::LimitView;
use crate::provider_desk::ProviderDesk;
use crate::reporting::ReportRules;
use crate::state_desk::StateDesk;

/// What the admin API needs of the process it lives in.
pub struct AdminParts {
    /// Makes, lists, changes and revokes callers' keys.
    pub key_desk: Arc<KeyDesk>,
    /// The one key that opens everything here.
    pub admin_key: Secret,
    /// What the audit says of whoever has it.
    pub operator: &'static str,
    /// Changes whose everything is; and knows who else may come in.
    pub tenancy: Arc<TenancyDesk>,
    /// The way to whoever keeps the configuration.
    pub config: ConfigDesk,
    /// The way to the providers.
    pub providers: ProviderDesk,
    /// The way to kept answers.
    pub cache: CacheDesk,
    /// Checks, keeps and compares prices.
    pub prices: Arc<PriceDesk>,
    /// Secrets that the configuration names.
    pub secrets: Arc<SecretDesk>,
    /// Who changed what.
    pub audit: Arc<dyn AuditRecords>,
    /// Who pays for whose calls.
    pub accounts: Arc<AccountDesk>,
    /// Codes that are worth money once.
    pub vouchers: Arc<VoucherDesk>,
    /// Transfers that are waited for.
    pub orders: Arc<OrderDesk>,
    /// What new organisations get.
    pub sign_ups: Arc<SignUpDesk>,
    /// Proves the ledger.
    pub verifier: LedgerVerifier,
    /// What may be spent by whom.
    pub budgets: Arc<BudgetDesk>,
    /// How fast and how much at once, by whom.
    pub limits: Arc<LimitDesk>,
    /// What is left of that.
    pub limit_view: LimitView,
    /// What is bad, and what was told of it.
    pub alerts: Arc<AlertDesk>,
    /// The way to whoever tells it.
    pub alert_channels: AlertChannels,
    /// Rows of calls.
    pub requests: Arc<dyn RequestRecords>,
    /// What they come to.
    pub reports: Arc<ReportDesk>,
    /// What the configuration says of that.
    pub report_rules: Box<dyn Fn() -> ReportRules + Send + Sync>,
    /// The way to the state of everything, without secrets.
    pub state: StateDesk,
    /// What would become of a request that is described.
    pub explain: Box<dyn Fn(serde_json::Value) -> Result<serde_json::Value, Box<Failure>> + Send + Sync>,
    /// The wall clock.
    pub clock: fn() -> Timestamp,
}
