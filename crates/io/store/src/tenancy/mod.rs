//! Whose everything is: organisations, their projects, their users with roles, and what users prove themselves with.

mod deed;
mod desk;
mod directory;
mod error;
mod organisation;
mod project;
mod reach;
mod role;
mod sql;
mod user;
mod words;

pub use deed::Deed;
pub use desk::{
    IssuedToken, NewMember, NewOrganisation, NewToken, TENANCY_PER_PAGE_MAX, TenancyDesk, USER_TOKENS_MAX,
    USERS_MAX,
};
pub use directory::{Seat, SignedIn, TokenRefusal, USER_TOKEN_PREFIX, UserDirectory};
pub use error::{TENANCY_TAGS_MAX, TenancyError};
pub use organisation::{Organisation, OrganisationChange};
pub use project::Project;
pub use reach::Reach;
pub use role::Role;
pub use user::{Membership, TokenState, User, UserChange, UserToken};
pub use words::TENANCY_NAME_CHARS_MAX;
