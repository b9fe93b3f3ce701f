//! What can be said of the audit, and the help that teaches it.

use clap::{Args, Subcommand};

/// What to do with the audit.
#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// Verbs for the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List who changed what, when and why, the newest first.
    List(AuditListing),
    /// Check that the audit is as the gateway wrote it, from the first row to the last. Exit code 1 and the first bad row if it is
    /// not; 2 if it cannot be checked.
    Verify(AuditCheck),
}

/// What to list, and how.
#[derive(Args, Debug)]
pub(crate) struct AuditListing {
    /// So many entries at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Only entries before the one of this number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<i64>,
    /// Only what was done so, such as key.create; with a * at the end, everything that begins so.
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Only what was done to this.
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Option<String>,
    /// Only what was done by this one: a name, or what proved who it was, such as "admin key".
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Only what concerns the organisation of this id.
    #[arg(long, value_name = "ID")]
    pub(crate) organisation: Option<String>,
    /// Only what was done at this time or later: 2026-11-27 or 2026-11-27T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only what was done before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to check.
#[derive(Args, Debug)]
pub(crate) struct AuditCheck {
    /// The newest row as an earlier check told it, kept where who can write to the database cannot: NUMBER:HASH.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) known: Option<String>,
    /// Print JSON instead of a sentence.
    #[arg(long)]
    pub(crate) json: bool,
}
