//! The names of our own headers, each made once: making one on a call reads and hashes all its letters.

use http::HeaderName;

pub(crate) static ATTEMPTS: HeaderName = HeaderName::from_static("x-bellwether-attempts");
pub(crate) static BUDGET_WARNING: HeaderName = HeaderName::from_static("x-bellwether-budget-warning");
pub(crate) static CACHE: HeaderName = HeaderName::from_static("x-bellwether-cache");
pub(crate) static CALL_ID: HeaderName = HeaderName::from_static("x-bellwether-call-id");
pub(crate) static COST: HeaderName = HeaderName::from_static("x-bellwether-cost");
pub(crate) static COST_CURRENCY: HeaderName = HeaderName::from_static("x-bellwether-cost-currency");
pub(crate) static LOWERED_CAP: HeaderName = HeaderName::from_static("x-bellwether-lowered-cap");
pub(crate) static MODEL: HeaderName = HeaderName::from_static("x-bellwether-model");
pub(crate) static NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
pub(crate) static OVERHEAD: HeaderName = HeaderName::from_static("x-bellwether-overhead-ms");
pub(crate) static PROVIDER: HeaderName = HeaderName::from_static("x-bellwether-provider");
pub(crate) static REGION: HeaderName = HeaderName::from_static("x-bellwether-region");
pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) static WARNINGS: HeaderName = HeaderName::from_static("x-bellwether-warnings");
