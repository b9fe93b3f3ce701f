//! Whoever has proved who he is. What he may do is not decided here.

use store::SignedIn;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Whoever has the admin key: he may do everything.
    Operator,
    /// A user, by one of his tokens.
    User(Box<SignedIn>),
}
