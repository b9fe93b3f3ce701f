//! Why nothing was changed among organisations, projects and users.

use domain::Timestamp;

use super::role::Role;
use crate::error::StoreError;

/// Why a wish was not granted. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    /// No text, too long a one, or one that would garble a listing.
    #[error("{0} must be 1 to 100 characters without control characters, and not only spaces")]
    BadText(&'static str),
    /// Too long a reason, or one that would garble a listing.
    #[error("a reason must be at most 500 characters without control characters")]
    BadReason,
    /// What nobody writes to.
    #[error("{0:?} is no e-mail address")]
    BadEmail(String),
    /// Too many tags, or one that would garble a listing.
    #[error("tags must be at most {TAGS_MAX}, each with a name and a text of 1 to 100 characters")]
    BadTags,
    /// It would be refused from the start, or last longer than anybody remembers.
    #[error("a token must last 1 second to 3660 days")]
    BadExpiry,
    /// There are as many as there may be.
    #[error("there are {1} {0} already, and no more are taken")]
    TooMany(&'static str, u32),
    /// Something else has the name.
    #[error("the {what} {id} is named {name:?} already; choose another name")]
    NameTaken {
        /// A kind of thing.
        what: &'static str,
        /// Which of them has it.
        id: String,
        /// The name asked for.
        name: String,
    },
    /// Another user has the address.
    #[error("the user {id} has the e-mail address {email:?} already")]
    EmailTaken {
        /// Who has it.
        id: String,
        /// The address asked for.
        email: String,
    },
    /// There is none, or it is somebody else's, which is the same.
    #[error("there is no {what} {id:?}")]
    Unknown {
        /// A kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It is so already.
    #[error("the {what} {id} is {state} already")]
    Already {
        /// A kind of thing.
        what: &'static str,
        /// Which of them.
        id: String,
        /// What it is.
        state: &'static str,
    },
    /// He belongs to it already.
    #[error("{email} is {role} of {organisation} already; change his role, or choose somebody else")]
    MemberAlready {
        /// Who.
        email: String,
        /// What he is.
        role: Role,
        /// Where.
        organisation: String,
    },
    /// Somebody must answer for it.
    #[error("{0} needs an owner, and this is its last; make somebody else owner first")]
    LastOwner(String),
    /// He may not go that far.
    #[error("who is {mine} of an organisation may not make, change or remove who is {theirs} there")]
    BeyondRole {
        /// What whoever asks is.
        mine: Role,
        /// Whom he would touch.
        theirs: Role,
    },
    /// It is between him and who governs him.
    #[error(
        "the tokens of {0} are for himself, the operator, and owners and admins of his organisation that may change his role"
    )]
    NotYours(String),
    /// Its callers would be cut off unasked.
    #[error(
        "the project {id} has {keys} keys that are in use; revoke them first, or have archiving revoke them"
    )]
    HasKeys {
        /// Which.
        id: String,
        /// How many.
        keys: i64,
    },
    /// What names no project goes there.
    #[error("the project {0} is always there and cannot be archived; revoke its keys where they are to end")]
    AlwaysThere(String),
    /// Nothing more of it is changed.
    #[error("the project {0} is archived")]
    Archived(String),
    /// It rests.
    #[error("the organisation {0} is suspended; resume it first")]
    Suspended(String),
    /// It was taken back before.
    #[error("the token {id} was revoked at {} already", .at.rfc3339())]
    TokenRevoked {
        /// Which.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Most tags of an organisation.
pub const TENANCY_TAGS_MAX: usize = 32;
const TAGS_MAX: usize = TENANCY_TAGS_MAX;

impl From<sqlx::Error> for TenancyError {
    fn from(source: sqlx::Error) -> Self {
        Self::Store(StoreError::database("keep or read whose everything is")(source))
    }
}

impl TenancyError {
    pub(super) fn unknown(what: &'static str, id: impl Into<String>) -> Self {
        Self::Unknown { what, id: id.into() }
    }
}
