//! Grafana's dashboards, made from short sources: `deploy/grafana/sources/NAME.toml` says what is asked and what it means,
//! and everything that Grafana wants beside that is said here once.

mod layout;
mod model;
mod source;

pub(crate) use model::{imported, plain};
