//! A LiteLLM proxy's configuration as a draft of ours.
//!
//! `sources` reads the file and those it includes, `deployment` one entry of its `model_list`, `providers` gathers
//! deployments by where they lead, `routes` makes chains of groups and their fallbacks, `settings` tells what becomes
//! of the rest. The names of vendors are in `providers::foreign`.

mod cursor;
mod deployment;
mod keys;
mod limits;
mod plan;
mod providers;
mod routes;
mod settings;
mod sources;

pub use plan::plan;
pub use sources::Outside;
