//! The statements of this area, the same for both databases. Each works on a connection; what is one change is decided by
//! the desk, which begins and ends transactions.

pub(super) mod members;
pub(super) mod organisations;
pub(super) mod projects;
pub(super) mod tokens;
pub(super) mod users;
