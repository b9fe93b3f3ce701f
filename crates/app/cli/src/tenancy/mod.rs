//! `bellwether orgs`, `projects` and `users`: whose everything is, on the running server through its admin API, or in the data
//! directory when none runs.

mod local;
mod orgs;
mod place;
mod projects;
mod shown;
mod users;

pub(crate) use orgs::run as run_orgs;
pub(crate) use projects::run as run_projects;
pub(crate) use users::run as run_users;
