//! The way to whoever knows the providers: showing them, and switching them off and on. How that is done is decided there.

use std::pin::Pin;

use serde_json::Value;
use store::{SwitchError, SwitchPosition, Switched};

/// The providers of the process this API lives in.
pub struct ProviderDesk {
    /// All of them, with what is switched off.
    pub list: Box<dyn Fn() -> Value + Send + Sync>,
    /// Switches one, or a part of it.
    pub switch: Box<dyn Fn(ProviderWish) -> SwitchAnswer + Send + Sync>,
    /// Tries the keys of all of them again, at no cost.
    pub check: Box<dyn Fn() -> CheckAnswer + Send + Sync>,
}

/// What comes of trying keys, later.
pub type CheckAnswer = Pin<Box<dyn Future<Output = Value> + Send>>;

/// What comes of switching, later.
pub type SwitchAnswer = Pin<Box<dyn Future<Output = Result<SwitchReport, SwitchRefusal>> + Send>>;

/// What an operator wants switched; nothing of it has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderWish {
    /// How far to take it out; `None` puts it back.
    pub position: Option<SwitchPosition>,
    /// The provider's id.
    pub provider: String,
    /// One region of it; all if `None`.
    pub region: Option<String>,
    /// One model of it; all if `None`.
    pub model: Option<String>,
    /// Why.
    pub reason: String,
    /// Who he says he is.
    pub by: Option<String>,
    /// The request he asked with.
    pub request_id: Option<String>,
}

/// What was switched.
#[derive(Debug)]
pub struct SwitchReport {
    /// The change.
    pub switched: Switched,
    /// Attempts and answers that still run within its scope.
    pub running: u32,
}

/// Why nothing was switched, or not for good.
#[derive(Debug)]
pub enum SwitchRefusal {
    /// There is no such provider, region or model: which of them, and a hint.
    Unknown(&'static str, String),
    /// It cannot be done, or could not be kept.
    Failed(SwitchError),
}
