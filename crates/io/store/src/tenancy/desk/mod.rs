//! Where organisations, projects, users, their roles and tokens are changed, one file for each.

mod members;
mod organisations;
mod projects;
#[cfg(test)]
mod suite;
mod tenancy_desk;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

pub use members::NewMember;
pub use organisations::NewOrganisation;
pub use tenancy_desk::{TENANCY_PER_PAGE_MAX, TenancyDesk};
pub use tokens::{IssuedToken, NewToken, USER_TOKENS_MAX};
pub use users::USERS_MAX;
