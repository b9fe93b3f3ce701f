//! The keys callers use: kept by digest in a database, found by digest in memory.

mod contract;
mod desk;
mod digest;
mod directory;
mod entry;
mod last;
mod models;
mod names;
mod networks;
mod plan;
mod routes;
mod scopes;
mod sharing;
mod shown;
mod sql;
#[cfg(test)]
mod suite;
mod tags;

pub use contract::{
    Answer, Asker, CallerKey, Changing, Creation, ImportFlaw, Importing, KEY_NAME_CHARS_MAX,
    KEYS_PER_PAGE_MAX, KeyChange, KeyFilter, KeyImport, KeyRecords, KeyState, KeyToStore, LoadedKey,
    Revocation, Rotation, Successor, TakeKey,
};
pub use desk::{
    ForeignKey, ForeignSecret, IssuedKey, KEY_DAYS_DEFAULT, KEY_DAYS_MAX, KEY_OVERLAP_SECONDS_DEFAULT,
    KEY_OVERLAP_SECONDS_MAX, KeyDesk, KeyError, NewKey, RotatedKey, RowProblem,
};
pub use digest::{DigestOf, KeyDigest, KeyHasher};
pub use directory::KeyDirectory;
pub use entry::{KeyCounters, KeyEntry, KeyOwner};
pub use last::LastKey;
pub use models::{KEY_MODELS_MAX, KeyModels};
pub use names::{KEY_NAMES_MAX, KeyNames};
pub use networks::{KEY_NETWORKS_MAX, KeyNetworks};
pub use plan::{PLAN_DEFAULT, PLAN_NAME_CHARS_MAX, PLAN_NONE, PlanName};
pub use routes::{KeyRoute, KeyRoutes};
pub use scopes::KeyScopes;
pub use tags::{KEY_TAG_NAME_CHARS_MAX, KEY_TAG_VALUE_CHARS_MAX, KEY_TAGS_MAX, KeyTags};
