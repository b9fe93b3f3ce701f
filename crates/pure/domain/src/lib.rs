//! The words all other crates share: ids, failures, secrets, addresses, usage.
//!
//! A type lives here only when two crates need it. Nothing here reads a clock, draws a random
//! number or touches the outside.

mod address;
mod base64;
mod call_id;
mod caller_key;
mod failure;
mod idempotency;
mod ids;
mod money;
mod network;
mod proxy_url;
mod secret;
mod service_tier;
mod time;
mod usage;

pub use address::{BaseUrl, BaseUrlError};
pub use base64::base64;
pub use call_id::{CALL_ID_LENGTH, CallId, CallIds};
pub use caller_key::{
    KEY_BYTES_MAX, KEY_BYTES_MIN, KEY_PREFIX_DEFAULT, KeyFlaw, checksum_holds, is_key_text, key_from_entropy,
    why_unknown,
};
pub use failure::{AttemptNote, Failure, Kind, Phase, Source, Told};
pub use idempotency::{IDEMPOTENCY_KEY_CHARS_MAX, IdempotencyKey, Repeat, RequestDigest, Standing, Step};
pub use ids::{KeyId, OrganisationId, ProjectId, UserId, UserTokenId};
pub use money::{Currency, MONEY_BYTES_MAX, Money, NANO};
pub use network::{Network, NetworkError, is_public};
pub use proxy_url::{ProxyLogin, ProxyProtocol, ProxyUrl, ProxyUrlError};
pub use secret::Secret;
pub use service_tier::ServiceTier;
pub use time::Timestamp;
pub use usage::{ModelUsage, Usage};
