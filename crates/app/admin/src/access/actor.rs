//! Whoever has proved who he is. What he may do is not decided here.

use domain::UserId;
use store::SignedIn;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Whoever has the admin key, or the data directory: he may do everything. The audit says what proved it.
    Operator(&'static str),
    /// A user, by one of his tokens.
    User(Box<SignedIn>),
}

impl Actor {
    /// The user, if it is one.
    pub(crate) fn user(&self) -> Option<&UserId> {
        match self {
            Self::Operator(_) => None,
            Self::User(user) => Some(&user.user.id),
        }
    }
}
