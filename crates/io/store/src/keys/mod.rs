//! The keys callers use: kept by digest in a database, found by digest in memory.

mod contract;
mod desk;
mod digest;
mod directory;
mod entry;
mod models;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{
    Answer, CallerKey, Changing, Creation, KEY_NAME_CHARS_MAX, KEYS_PER_PAGE_MAX, KeyChange, KeyRecords,
    KeyState, Revocation,
};
pub use desk::{IssuedKey, KeyDesk, KeyError, NewKey};
pub use digest::{KeyDigest, KeyHasher};
pub use directory::KeyDirectory;
pub use entry::{KeyCounters, KeyEntry};
pub use models::{KEY_MODELS_MAX, KeyModels};
