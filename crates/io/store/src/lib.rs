//! What survives a restart: the data directory, its secrets, the keys callers use, the configurations that were in
//! force, what operators switched off, and who changed what.
//!
//! Nothing here is read on the request path but [`KeyDirectory`], which is memory only. An area's `contract.rs`
//! says in domain words what a database must do; `suite.rs` holds every database to it.

mod accounts;
mod admin_key;
mod alerts;
mod audit;
mod backup;
mod budgets;
mod columns;
mod configs;
mod data_dir;
mod database;
mod error;
mod foreign;
mod heard;
mod hex;
mod idempotency;
mod keys;
mod ledger;
mod master_key;
mod orders;
mod prices;
mod random;
mod rates;
mod reports;
mod requests;
mod run_file;
mod seal;
mod secret_file;
mod secrets;
mod sign_ups;
mod switches;
mod tenancy;
mod vouchers;
mod who;
mod whose;
mod words;

pub use self::alerts::{
    AlertDesk, AlertError, Attempted, DELIVERIES_KEPT, DELIVERIES_PER_PAGE_MAX, Delivery, DeliveryState,
    KeyTimes, KeysEnding, NewSilence, SILENCES_MAX, WAITING_MAX,
};
pub use self::ledger::{
    AppendError, Applied, Applier, ApplyError, Cell, Cells, ENTRIES_PER_PAGE_MAX, EntryCursor, EntryPage,
    EntryQuery, FoundEntry, HOLD_AGE_MAX_MS, HOLDS_TOLD_MAX, Held, HoldError, Journal, JournalError,
    JournalFailure, JournalSizes, LAPSED_AT_ONCE_MAX, LEDGER_FOLDER, Ledger, LedgerError, LedgerOptions,
    LedgerVerifier, Level, POSTED_MAX, PostError, REFUND_WAIT, Reached, Recovered, SLOTS_DEFAULT,
    SPARE_SEGMENTS_MIN, Slot, SlotError, Slots, StatementError, Told, Unsettled, VIOLATIONS_TOLD_MAX,
    VerifyError, VerifyReport, VerifyRuns, VerifyState, WaitError, find_entries, open_holds, statement,
    verify as verify_ledger,
};
pub use accounts::{
    Account, AccountChange, AccountDesk, AccountError, Correction, NewAccount, Payer, Payers,
    WARN_BELOW_DEFAULT, begin_journal_anew,
};
pub use admin_key::{ADMIN_KEY_FILE, ADMIN_KEY_PREFIX, AdminKey, AdminKeyError};
pub use audit::{
    AUDIT_PER_PAGE_MAX, AuditEntry, AuditFault, AuditFilter, AuditRecords, AuditVerdict, KnownRow,
    NewAuditEntry,
};
pub use backup::{
    BACKUP_LINE_BYTES_MAX, BackupError, BackupReport, Progress, Restored, Source, back_up, restore,
};
pub use budgets::{
    BUDGETS_MAX, BUDGETS_PER_PAGE_MAX, BudgetCell, BudgetChange, BudgetDesk, BudgetEntry, BudgetError,
    BudgetHolds, BudgetRefusal, Budgets, KeyBudget, NewBudget,
};
pub use configs::{
    CONFIG_VERSIONS_MAX, ConfigRecords, ConfigShelf, ConfigShelfError, ConfigVersion, NewConfigVersion,
};
pub use data_dir::{DataDir, DataDirError, Holder, LockedDataDir};
pub use database::{DATABASE_FILE, Database, DatabasePlace, PlaceError};
pub use error::StoreError;
pub use foreign::{ForeignDatabase, ForeignError, ForeignTables, read_new_api};
pub use idempotency::{
    ANSWER_BYTES_MAX, AnswerPlace, AnswerShelf, BodyDigest, Claim, Claimed, IDEMPOTENCY_FOLDER, KeptAnswer,
    KeyName, ReadError, Refused, Reopened, ShelfSizes, Written, request_digest,
};
pub use keys::{
    Answer, Asker, CallerKey, Changing, Creation, DigestOf, ForeignKey, ForeignSecret, ImportFlaw, Importing,
    IssuedKey, KEY_DAYS_DEFAULT, KEY_DAYS_MAX, KEY_MODELS_MAX, KEY_NAME_CHARS_MAX, KEY_NAMES_MAX,
    KEY_NETWORKS_MAX, KEY_OVERLAP_SECONDS_DEFAULT, KEY_OVERLAP_SECONDS_MAX, KEY_TAG_NAME_CHARS_MAX,
    KEY_TAG_VALUE_CHARS_MAX, KEY_TAGS_MAX, KEYS_PER_PAGE_MAX, KeyChange, KeyCounters, KeyDesk, KeyDigest,
    KeyDirectory, KeyEntry, KeyError, KeyFilter, KeyHasher, KeyImport, KeyModels, KeyNames, KeyNetworks,
    KeyOwner, KeyRecords, KeyRoute, KeyRoutes, KeyScopes, KeyState, KeyTags, KeyToStore, LastKey, LoadedKey,
    NewKey, PLAN_DEFAULT, PLAN_NAME_CHARS_MAX, PLAN_NONE, PlanName, Revocation, RotatedKey, Rotation,
    RowProblem, Successor, TakeKey,
};
pub use master_key::{MASTER_KEY_BYTES_MIN, MASTER_KEY_FILE, MasterKey, MasterKeyError};
pub use orders::{
    NewOrder, ORDER_REFERENCE_CHARS_MAX, ORDERS_PER_PAGE_MAX, Order, OrderDesk, OrderError, OrderState,
};
pub use prices::{
    ComparedPrices, NewPrices, PRICE_REASON_CHARS_MAX, PRICE_VERSIONS_PER_PAGE_MAX, PriceDesk, PriceDraft,
    PriceError, PriceRecords, PriceVersion, PriceWish, PricedAs, SetPrices, StandingPrices,
};
pub use rates::{
    LIMITS_MAX, LIMITS_PER_PAGE_MAX, LimitDesk, LimitEntry, LimitError, LimitRows, NewLimit, Says,
};
pub use reports::{
    Count, Dimension, Figures, Latencies, Minutes, PROMPT_SIZES, REPORT_BYTES_MAX, REPORT_DIMENSIONS_MAX,
    REPORT_MINUTES_KEPT_HOURS, REPORT_ROWS_MAX, REPORTS_AT_ONCE, Report, ReportDesk, ReportError,
    ReportQuery, ReportRow, Unrecorded,
};
pub use requests::{
    FLAG_CACHED, REQUESTS_FILE, REQUESTS_PER_PAGE_MAX, RequestPage, RequestQuery, RequestRecords, RequestRow,
    RequestState, RequestStore, RowBatch, RowCost, RowsKept, StatusWish,
};
pub use run_file::{RunFile, RunningServer};
pub use seal::{Seal, SealError};
pub use secret_file::SecretFileError;
pub use secrets::{
    HeldSecret, Resealed, SECRET_BYTES_MAX, SECRET_NAME_CHARS_MAX, SECRETS_MAX, SealedSecret, SecretChange,
    SecretDesk, SecretError, SecretRecords, SecretView,
};
pub use sign_ups::{SIGN_UP_WINDOW_DAYS, SignUpDesk, SignUpOutcome, SignUpTerms};
pub use switches::{
    ProviderSwitch, SWITCH_NAME_CHARS_MAX, SWITCH_REASON_CHARS_MAX, SWITCHES_MAX, SwitchDesk, SwitchError,
    SwitchPosition, SwitchRecords, SwitchScope, SwitchWish, Switched,
};
pub use tenancy::{
    Deed, IssuedToken, Membership, NewMember, NewOrganisation, NewToken, Organisation, OrganisationChange,
    Project, Reach, Role, Seat, SignedIn, TENANCY_NAME_CHARS_MAX, TENANCY_PER_PAGE_MAX, TENANCY_TAGS_MAX,
    TenancyDesk, TenancyError, TokenRefusal, TokenState, USER_TOKEN_PREFIX, USER_TOKENS_MAX, USERS_MAX, User,
    UserChange, UserDirectory, UserToken,
};
pub use vouchers::{
    IssuedVoucher, NewVouchers, VOUCHER_CREDIT_DAYS_MAX, VOUCHERS_AT_ONCE_MAX, VOUCHERS_PER_PAGE_MAX,
    Voucher, VoucherDesk, VoucherError, VoucherState,
};
pub use who::Who;
