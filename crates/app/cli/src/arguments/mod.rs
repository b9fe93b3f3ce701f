//! The command line, topic by topic.

mod accounts;
mod alerts;
mod asked;
mod audit;
mod backup;
mod budgets;
mod cache;
mod catalog;
mod command;
mod config;
mod drill;
mod import;
mod keys;
mod ledger;
mod limits;
mod orders;
mod prices;
mod provider;
mod reports;
mod requests;
mod roi;
mod secrets;
mod serve;
mod simulate;
mod tenancy;
mod vouchers;
mod whatif;

pub(crate) use accounts::{AccountsCommand, Correction};
pub(crate) use alerts::{AlertsCommand, AlertsTest, AlertsVerb};
pub(crate) use asked::{ExplainOptions, HealthOptions, PreflightOptions, TopOptions};
pub(crate) use audit::{AuditCheck, AuditCommand, AuditListing};
pub(crate) use backup::{BackupOptions, RestoreOptions};
pub(crate) use budgets::BudgetsCommand;
pub(crate) use cache::CacheCommand;
pub(crate) use catalog::CatalogCommand;
pub(crate) use command::{Arguments, Command};
pub(crate) use config::{CheckOptions, ConfigCommand};
pub(crate) use drill::DrillOptions;
pub(crate) use import::{ImportCommand, ImportOptions, Layout};
pub(crate) use keys::{BalanceOptions, Days, KeysCommand, KeysFormat, Narrowed, Widened};
pub(crate) use ledger::{EntriesWish, LedgerCheck, LedgerCommand};
pub(crate) use limits::{Amounts, LimitsCommand};
pub(crate) use orders::OrdersCommand;
pub(crate) use prices::{PricesChange, PricesCommand, PricesRating};
pub(crate) use provider::{ProviderChange, ProviderCommand, ProviderListing};
pub(crate) use reports::ReportOptions;
pub(crate) use requests::{RequestsCommand, RequestsWish};
pub(crate) use roi::RoiOptions;
pub(crate) use secrets::{SecretsCommand, SecretsListing, SecretsWords};
pub(crate) use serve::{DataOptions, ServeOptions};
pub(crate) use simulate::SimulateOptions;
pub(crate) use tenancy::{
    MembersCommand, OrgsCommand, ProjectsCommand, RoleWord, TokensCommand, UsersCommand, Why,
};
pub(crate) use vouchers::VouchersCommand;
pub(crate) use whatif::WhatifOptions;
