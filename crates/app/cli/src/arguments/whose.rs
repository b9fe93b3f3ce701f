//! Whose calls a budget or limits are for.

use clap::Args;

/// One of these; the command says that it must be said.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Whose {
    /// Of a key, by its id, and of those that follow it.
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,
    /// Of a project, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Of an organisation, by its id or its name.
    #[arg(long = "org", value_name = "ORGANISATION")]
    pub(crate) organisation: Option<String>,
}
