//! Configuration: text in; one checked [`Snapshot`], or every [`Problem`] at once, out.
//!
//! The way of a file: `tree` reads the text, `walk` holds it against the `schema` made from the raw structs in
//! `sections`, each section checks what a schema cannot say, and `check` puts the parts together. Files and variables
//! are read through the ports of [`Sources`] only. `effective` goes the other way, for people to read.

mod check;
mod difference;
mod effective;
mod key_path;
mod named;
mod near;
mod problem;
mod schema;
mod secret_source;
mod secret_use;
mod sections;
mod shown;
mod snapshot;
mod sources;
mod tree;
mod walk;

pub use check::{check, defaults};
pub use difference::{Change, difference};
pub use effective::{configured, effective};
pub use near::nearest;
pub use problem::{Place, Problem};
pub use schema::schema_text;
pub use secret_source::{Credential, FILE_ENDING, is_stored_name};
pub use secret_use::SecretUse;
pub use sections::accounts::{AccountSettings, LowBalance, NewOrganisations};
pub use sections::alerts::{AlertSettings, ChannelSettings, ShownField};
pub use sections::cache::CacheSettings;
pub use sections::errors::{ErrorCode, Errors};
pub use sections::health::Health;
pub use sections::idempotency::Idempotency;
pub use sections::keys::Keys;
pub use sections::ledger::{LedgerLevel, LedgerSettings};
pub use sections::limits::{
    ANSWER_BYTES_MAX, ATTEMPTS_MAX, BODY_BYTES_MAX, CONNECTIONS_MAX, HEAD_BYTES_MAX, HEADERS_MAX,
    HTTP2_HEADER_BYTES_MAX, HTTP2_STREAMS_MAX, Limits, OUTPUT_TOKENS_DEFAULT, QUEUE_MAX, QUEUE_WAIT_MS,
    SPOOL_BYTES_MAX, UPLOAD_BYTES_MAX,
};
pub use sections::listeners::{LISTEN_DEFAULT, Listener, Tls};
pub use sections::log::{Log, LogFormat};
pub use sections::metrics::{Metrics, MetricsAccess};
pub use sections::models::{Fallback, Model, ModelTarget};
pub use sections::providers::{Line, Origin, Provider};
pub use sections::rates::{PLAN_DEFAULT, Plan, Rates};
pub use sections::reports::Reports;
pub use sections::requests::Requests;
pub use sections::retries::{BUDGET_PER_SECOND, BUDGET_PERCENT, HEDGE_PERCENT, Retries};
pub use sections::timeouts::{ANSWER_TOKENS_LARGE, ANSWER_TOKENS_XLARGE, Timeouts};
pub use snapshot::{DEMO_ID, Snapshot};
pub use sources::{Overrides, Sources, Stored};
pub use tree::is_blank;

/// YAML of any shape, with places: for those who read or write what is no configuration of ours.
pub mod yaml {
    pub use crate::tree::{Key, Node, Value, parse, write};
}
