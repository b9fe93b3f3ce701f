//! The command line itself: what can be said, and the help that teaches it.

use clap::{Parser, Subcommand};

use super::accounts::AccountsArguments;
use super::alerts::AlertsArguments;
use super::asked::{ExplainOptions, HealthOptions, PreflightOptions, TopOptions};
use super::audit::AuditArguments;
use super::backup::{BackupOptions, RestoreOptions};
use super::budgets::BudgetsArguments;
use super::cache::CacheArguments;
use super::catalog::CatalogArguments;
use super::config::{CheckOptions, ConfigArguments};
use super::drill::DrillOptions;
use super::import::ImportArguments;
use super::keys::KeysArguments;
use super::ledger::LedgerArguments;
use super::limits::LimitsArguments;
use super::orders::OrdersArguments;
use super::prices::PricesArguments;
use super::provider::ProviderArguments;
use super::reports::ReportOptions;
use super::requests::RequestsArguments;
use super::roi::RoiOptions;
use super::secrets::SecretsArguments;
use super::serve::{DataOptions, ServeOptions};
use super::simulate::SimulateOptions;
use super::tenancy::{OrgsArguments, ProjectsArguments, UsersArguments};
use super::vouchers::VouchersArguments;
use super::whatif::WhatifOptions;

const EXAMPLES: &str = include_str!("../help.txt");

/// An AI API gateway: one OpenAI-compatible endpoint in front of all your providers.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, about, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) data: DataOptions,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer callers (the same as no command at all).
    Serve(ServeOptions),
    /// Say whether a start would succeed: every problem of the configuration at once. Starts nothing.
    Check(CheckOptions),
    /// Rehearse outages on a configuration: every fault against every model, with a simulator in the place of the providers; and the
    /// mistakes that keep failover from working. Asks no provider and needs no key. Exit code 1 if something of weight is found.
    Drill(DrillOptions),
    /// Show the configuration in force, compare it, put a former one back.
    Config(ConfigArguments),
    /// What is known of models: sizes, abilities, draft prices, other names. Your own file goes over what is shipped.
    Catalog(CatalogArguments),
    /// Make, list, change and revoke callers' keys, on the running server or, without one, in the data directory.
    Keys(KeysArguments),
    /// Organisations: who pays, and who belongs to them as what. Make, change, suspend.
    Orgs(OrgsArguments),
    /// Projects: what keys are for. Make, rename, archive.
    Projects(ProjectsArguments),
    /// Users of the admin API, and the tokens that they prove themselves with.
    Users(UsersArguments),
    /// Who pays: accounts of organisations and projects. Make, fill, change. Who has none is not billed.
    Accounts(AccountsArguments),
    /// Codes that are worth money once: make, list, take back, redeem.
    Vouchers(VouchersArguments),
    /// Money that comes by a transfer: note it, confirm it by hand, cancel it.
    Orders(OrdersArguments),
    /// What calls cost: set, compare, check and import prices, on the running server or, without one, in the data directory.
    Prices(PricesArguments),
    /// What a change of models is worth: the same tokens at two prices, what the move takes, and when it is paid back.
    Roi(Box<RoiOptions>),
    /// What may be spent in each day or month, by a key, a project or an organisation: list, set, change and remove budgets.
    Budgets(BudgetsArguments),
    /// How fast and how much at once, by a key, a project or an organisation; and who is on which plan: list, set and unset limits.
    Limits(LimitsArguments),
    /// What is bad: list alerts, silence them, see what was told to whom, and try the channels.
    Alerts(AlertsArguments),
    /// The books of money: prove that they hold.
    Ledger(LedgerArguments),
    /// Take a provider, a region of it or a model out of service at once, and put it back. No restart, no new configuration.
    Provider(ProviderArguments),
    /// Answers that are kept for whoever asks the same: show what they save, drop them.
    Cache(CacheArguments),
    /// Find calls: who asked whom, how it went, what it took and cost. Never what was said.
    Requests(RequestsArguments),
    /// What calls came to: a day, or any time by model, provider, project, key, tag and more; as a table, JSON or CSV.
    Report(Box<ReportOptions>),
    /// What calls that were made would have cost with other models, for all of them or a share: model by model, with what is saved.
    Whatif(WhatifOptions),
    /// Keep providers' keys in the store, sealed: set, list, remove, and seal everything anew.
    Secrets(SecretsArguments),
    /// Who changed what, when and why; and whether that is as it was written.
    Audit(AuditArguments),
    /// Back the database up into one file, also while a server runs on it. The master key is not in it: keep that apart.
    Backup(BackupOptions),
    /// Fill an empty database from a backup, SQLite or PostgreSQL, whichever it came from. All of it or nothing.
    Restore(RestoreOptions),
    /// Move in: make a configuration from another gateway's, and say what could not be carried.
    Import(ImportArguments),
    /// Say whether the running server is fit for callers: keys, lines, models, monitoring, and a real answer of each model.
    Preflight(PreflightOptions),
    /// Say what would become of a request: who would be asked, in what order and for how long, who not, and why. Asks nobody.
    Explain(ExplainOptions),
    /// Watch how everybody is doing: regions and targets with state, rate, success, latencies, room and failovers.
    Top(TopOptions),
    /// Ask the running server whether it takes calls: exit code 0 if it does. For container and service health checks.
    Health(HealthOptions),
    /// Pretend to be AI providers, with every misbehaviour you want: for trying things out and for tests.
    Simulate(SimulateOptions),
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Arguments, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_word_and_takes_options_either_way() {
        let plain = Arguments::parse_from(["bellwether", "--listen", "127.0.0.1:0", "--data-dir", "/tmp/x"]);
        assert!(plain.command.is_none() && plain.serve.listen.as_deref() == Some("127.0.0.1:0"));
        let word =
            Arguments::parse_from(["bellwether", "serve", "--listen", "127.0.0.1:0", "--data-dir", "/tmp/x"]);
        assert!(
            matches!(word.command, Some(Command::Serve(options)) if options.listen.as_deref() == Some("127.0.0.1:0"))
        );
        assert!(word.data.data_dir.is_some());
    }
}
