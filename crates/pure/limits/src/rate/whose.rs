//! Whose use a limit is for.

use std::fmt;

use domain::{KeyId, OrganisationId, ProjectId};

/// Whose use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Calls with a key.
    Key(KeyId),
    /// Those of a project, with whatever key.
    Project(ProjectId),
    /// Those of an organisation, for whatever project.
    Organisation(OrganisationId),
    /// Those for a model, of everybody.
    Model(Box<str>),
    /// Those of one end user of a project, by the caller's name for him.
    EndUser(Box<str>),
    /// What a provider is asked with one of its credentials, counted from 1.
    Credential {
        /// Its configured id.
        provider: Box<str>,
        /// Which.
        number: usize,
    },
}

impl Whose {
    /// What sort of thing it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Project(_) => "project",
            Self::Organisation(_) => "organisation",
            Self::Model(_) => "model",
            Self::EndUser(_) => "end_user",
            Self::Credential { .. } => "credential",
        }
    }
}

/// As in "for key key_x".
impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key {id}"),
            Self::Project(id) => write!(f, "project {id}"),
            Self::Organisation(id) => write!(f, "organisation {id}"),
            Self::Model(name) => write!(f, "model '{name}'"),
            Self::EndUser(name) => write!(f, "end user '{name}'"),
            Self::Credential { provider, number } => write!(f, "credential {number} of {provider}"),
        }
    }
}
