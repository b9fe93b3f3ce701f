//! Secrets that the configuration names, such as providers' keys: kept sealed, never given out but to the gateway itself.

mod contract;
mod desk;
mod sealed_places;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{Resealed, SealedSecret, SecretRecords};
pub use desk::{
    HeldSecret, SECRET_BYTES_MAX, SECRET_NAME_CHARS_MAX, SECRETS_MAX, SecretChange, SecretDesk, SecretError,
    SecretView,
};
