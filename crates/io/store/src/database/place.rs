//! Where a database is: a file, memory, or a server by its URL.

use std::path::PathBuf;

use domain::Secret;

/// Where a database is.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabasePlace {
    /// A SQLite file, made if missing.
    File(PathBuf),
    /// In memory: it lives and dies with its [`Database`], for tests and demonstrations.
    Memory,
    /// A PostgreSQL server, by its URL, which may hold a password.
    Server(Secret),
}

/// For people: without login and settings.
impl std::fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Memory => f.write_str("in memory"),
            Self::Server(url) => {
                let rest = url.expose().split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split_once('?').map_or(rest, |(place, _)| place);
                write!(f, "PostgreSQL at {}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
            }
        }
    }
}

/// Why a text does not say where a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be a URL that begins with postgres:// (such as postgres://user:password@host:5432/database)"
)]
pub struct PlaceError;

impl DatabasePlace {
    /// Where a server's URL leads.
    pub fn server(url: Secret) -> Result<Self, PlaceError> {
        let text = url.expose();
        let is_known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        if is_known { Ok(Self::Server(url)) } else { Err(PlaceError) }
    }

    /// The URL of a server.
    pub(super) const fn url(&self) -> Option<&Secret> {
        match self {
            Self::Server(url) => Some(url),
            Self::File(_) | Self::Memory => None,
        }
    }
}
