//! What the admin API is made of: the few things it asks of the process it lives in. How they work is that process's
//! business.

use std::pin::Pin;
use std::sync::Arc;

use domain::{Secret, Timestamp};
use serde::Serialize;
use store::KeyDesk;

/// What the admin API needs of the process it lives in.
pub struct AdminParts {
    /// Makes, lists and revokes callers' keys.
    pub key_desk: Arc<KeyDesk>,
    /// The one key that opens everything here.
    pub admin_key: Secret,
    /// Reads the configuration again and swaps it in, or says every problem and changes nothing.
    pub reload: Reload,
    /// The gateway's own state, without secrets.
    pub health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// The wall clock.
    pub clock: fn() -> Timestamp,
}

/// Starts a reload; calls may overlap, so it puts them in a row itself.
pub type Reload =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<ReloadReport, Vec<String>>> + Send>> + Send + Sync>;

/// What a reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReloadReport {
    /// Sections that differ and are in force now.
    pub changed: Vec<String>,
    /// Sections that differ but count from the next start only.
    pub needs_restart: Vec<String>,
}
