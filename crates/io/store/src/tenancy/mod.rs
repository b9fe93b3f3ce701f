//! Whose everything is: organisations, their projects, their users with roles, and what users prove themselves with.

mod contract;
mod directory;
mod reach;
mod role;

pub use contract::{Membership, TokenState, User, UserToken};
pub use directory::{Seat, SignedIn, TokenRefusal, USER_TOKEN_PREFIX, UserDirectory};
pub use reach::Reach;
pub use role::Role;
