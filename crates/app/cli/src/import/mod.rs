//! `bellwether import`: what another gateway is configured to do, as a configuration of ours and a report. Writes nothing
//! unless told where.

mod command;
mod env_file;
mod litellm;
mod new_api;
mod outputs;
mod shown;

pub(crate) use command::run;
pub(crate) use new_api::{shown as source_shown, tables as new_api_tables};
