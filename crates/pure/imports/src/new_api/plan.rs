//! The whole of it: rows in, draft, report, secrets and accounts out.

use ::providers::foreign::NewApiLayout;

use super::accounts::Accounts;
use super::tables::NewApiTables;
use super::{accounts, channel, options, others, providers, routes};
use crate::imported::Imported;

/// Columns that only new-api's channels have.
const NEW_API_COLUMNS: &[&str] =
    &["channel_info", "setting", "settings", "other_info", "tag", "param_override"];
/// A column that only one-api's channels have.
const ONE_API_COLUMN: &str = "config";

/// What an import from new-api comes to.
#[derive(Debug)]
pub struct NewApiImport {
    /// Configuration, report and the providers' keys.
    pub imported: Imported,
    /// Users, keys, balances and prices.
    pub accounts: Accounts,
}

/// Which of the two gateways the rows are of; `None` if they do not tell.
pub fn layout_of(tables: &NewApiTables) -> Option<NewApiLayout> {
    let has = |column: &str| tables.channels.iter().any(|row| row.contains_key(column));
    if NEW_API_COLUMNS.iter().any(|column| has(column)) {
        Some(NewApiLayout::NewApi)
    } else {
        has(ONE_API_COLUMN).then_some(NewApiLayout::OneApi)
    }
}

/// Makes everything of the rows. Numbers of types mean what they mean in `layout`.
pub fn plan(tables: &NewApiTables, layout: NewApiLayout) -> NewApiImport {
    let mut imported = Imported::default();
    let mut served = Vec::new();
    for row in &tables.channels {
        let channel = channel::read(row, layout, &mut imported.report);
        if let Some(provider) = providers::make(&channel, row, &mut imported) {
            served.push((channel, provider));
        }
    }
    routes::make(&served, &mut imported);
    let options = options::read(&tables.options, &mut imported.draft, &mut imported.report);
    let accounts = accounts::read(tables, options, layout, &mut imported.report);
    others::tell(&tables.others, &mut imported.report);
    NewApiImport { imported, accounts }
}
