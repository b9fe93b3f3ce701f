//! The keys callers use: kept by digest in a database, found by digest in memory.

mod contract;
mod desk;
mod digest;
mod directory;
mod entry;
mod models;
mod names;
mod networks;
mod routes;
mod scopes;
mod sharing;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{
    Answer, CallerKey, Changing, Creation, KEY_NAME_CHARS_MAX, KEYS_PER_PAGE_MAX, KeyChange, KeyRecords,
    KeyState, LoadedKey, Revocation, TakeKey,
};
pub use desk::{IssuedKey, KeyDesk, KeyError, NewKey};
pub use digest::{DigestOf, KeyDigest, KeyHasher};
pub use directory::KeyDirectory;
pub use entry::{KeyCounters, KeyEntry, KeyOwner};
pub use models::{KEY_MODELS_MAX, KeyModels};
pub use names::{KEY_NAMES_MAX, KeyNames};
pub use networks::{KEY_NETWORKS_MAX, KeyNetworks};
pub use routes::{KeyRoute, KeyRoutes};
pub use scopes::KeyScopes;
