//! Whoever has proved who he is. What he may do is not decided here.

use domain::UserId;
use store::SignedIn;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Whoever has the admin key: he may do everything.
    Operator,
    /// A user, by one of his tokens.
    User(Box<SignedIn>),
}

impl Actor {
    /// The user, if it is one.
    pub(crate) fn user(&self) -> Option<&UserId> {
        match self {
            Self::Operator => None,
            Self::User(user) => Some(&user.user.id),
        }
    }
}
