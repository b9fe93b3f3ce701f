//! The `bellwether` command: reads its arguments and does what they say. The only place that ends the process.

mod accounts;
mod admin_client;
mod alerts;
mod arguments;
mod audit;
mod backup;
mod budgets;
mod cache;
mod catalog;
mod cells;
mod check;
mod configuration;
mod drill;
mod environment;
mod explain;
mod health;
mod import;
mod keys;
mod ledger;
mod limits;
mod local_store;
mod near_admin;
mod orders;
mod pages;
mod preflight;
mod prices;
mod provider;
mod query;
mod replace_file;
mod report;
mod requests;
mod roi;
mod say;
mod secrets;
mod seen;
mod serve;
mod settings;
mod simulate;
mod switching;
mod table;
mod tenancy;
mod top;
mod verified;
mod vouchers;
mod whatif;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{AlertsVerb, Arguments, AuditCommand, Command, LedgerCommand};
use crate::verified::Verified;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => serve::serve(&arguments.data, arguments.serve),
        Some(Command::Serve(options)) => serve::serve(&arguments.data, options.or(arguments.serve)),
        Some(Command::Check(mut options)) => {
            options.serve.config = options.serve.config.or(arguments.serve.config);
            check::run(&arguments.data, options)
        }
        Some(Command::Drill(mut options)) => {
            options.serve.config = options.serve.config.or(arguments.serve.config);
            return drilled(drill::run(&arguments.data, options));
        }
        Some(Command::Config(config)) => configuration::run(&arguments.data, config.command),
        Some(Command::Catalog(catalog)) => catalog::run(&arguments.data, catalog.command),
        Some(Command::Keys(keys)) => keys::run(&arguments.data, arguments.serve.config, keys.command),
        Some(Command::Accounts(accounts)) => {
            accounts::run(&arguments.data, arguments.serve.config, accounts.command)
        }
        Some(Command::Vouchers(vouchers)) => {
            vouchers::run(&arguments.data, arguments.serve.config, vouchers.command)
        }
        Some(Command::Orders(orders)) => orders::run(&arguments.data, arguments.serve.config, orders.command),
        Some(Command::Prices(prices)) => prices::run(&arguments.data, prices.command),
        Some(Command::Roi(options)) => roi::run(&arguments.data, *options),
        Some(Command::Budgets(asked)) => budgets::run(&arguments.data, arguments.serve.config, asked.command),
        Some(Command::Limits(asked)) => limits::run(&arguments.data, arguments.serve.config, asked.command),
        Some(Command::Cache(cache)) => cache::run(&arguments.data, cache.command),
        Some(Command::Alerts(asked)) => match asked.command {
            AlertsVerb::Test(test) => {
                return verified(alerts::test(&arguments.data, arguments.serve.config, &test));
            }
            AlertsVerb::Asked(command) => alerts::run(&arguments.data, arguments.serve.config, command),
        },
        Some(Command::Provider(provider)) => {
            provider::run(&arguments.data, arguments.serve.config, provider.command)
        }
        Some(Command::Requests(requests)) => requests::run(&arguments.data, requests.command),
        Some(Command::Report(options)) => report::run(&arguments.data, arguments.serve.config, &options),
        Some(Command::Whatif(options)) => whatif::run(&arguments.data, arguments.serve.config, &options),
        Some(Command::Orgs(orgs)) => tenancy::run_orgs(&arguments.data, orgs.command),
        Some(Command::Projects(projects)) => tenancy::run_projects(&arguments.data, projects.command),
        Some(Command::Users(users)) => tenancy::run_users(&arguments.data, users.command),
        Some(Command::Secrets(secrets)) => secrets::run(&arguments.data, secrets.command),
        Some(Command::Backup(options)) => backup::make(&arguments.data, &options),
        Some(Command::Restore(options)) => backup::take(&arguments.data, &options),
        Some(Command::Audit(asked)) => match asked.command {
            AuditCommand::List(listing) => audit::list(&arguments.data, &listing),
            AuditCommand::Verify(check) => return verified(audit::verify(&arguments.data, &check)),
        },
        Some(Command::Ledger(asked)) => match asked.command {
            LedgerCommand::Verify(check) => return verified(ledger::verify(&arguments.data, &check)),
            LedgerCommand::BeginAnew { reason, by } => {
                ledger::begin_anew(&arguments.data, arguments.serve.config, reason, by)
            }
            LedgerCommand::Entries(wish) => ledger::entries(&arguments.data, arguments.serve.config, &wish),
            LedgerCommand::Statement { account, month, json } => {
                let wish = (account.as_deref(), month.as_deref());
                ledger::statement(&arguments.data, arguments.serve.config, wish, json)
            }
        },
        Some(Command::Import(import)) => import::run(&arguments.data, import.command),
        Some(Command::Preflight(options)) => preflight::run(&arguments.data, options),
        Some(Command::Explain(options)) => explain::run(&arguments.data, &options),
        Some(Command::Top(options)) => top::run(&arguments.data, &options),
        Some(Command::Health(options)) => health::run(&arguments.data, options),
        Some(Command::Simulate(options)) => simulate::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// A drill tells what it found from that it could not be held.
fn drilled(done: anyhow::Result<drill::Outcome>) -> ExitCode {
    match done {
        Ok(drill::Outcome::NothingOfWeight) => ExitCode::SUCCESS,
        Ok(drill::Outcome::Findings) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// A check tells what it found from that it could not look.
fn verified(done: anyhow::Result<Verified>) -> ExitCode {
    match done {
        Ok(Verified::Intact) => ExitCode::SUCCESS,
        Ok(Verified::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Says what went wrong, with what it came from where that says more.
#[expect(clippy::print_stderr, reason = "the last words of a command go to its terminal")]
fn complain(error: &anyhow::Error) {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !words.contains(&cause) {
            words.push_str(if words.is_empty() { "" } else { ": " });
            words.push_str(&cause);
        }
    }
    eprintln!("bellwether: {words}");
}
