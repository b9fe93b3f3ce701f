//! The channel types of new-api and one-api: reads `catalog/foreign/new-api.toml`, which is part of the binary.

use std::sync::LazyLock;

use serde::Deserialize;

use super::vendor::{Entry, ForeignVendor};

const TABLE_TOML: &str = include_str!("../../catalog/foreign/new-api.toml");

/// Which of the two gateways numbered the types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewApiLayout {
    /// new-api, and what is derived from it.
    NewApi,
    /// one-api, from which new-api is derived.
    OneApi,
}

#[derive(Deserialize)]
struct Table {
    both: Vec<Entry>,
    new_api: Vec<Entry>,
    one_api: Vec<Entry>,
    plan: Vec<Plan>,
}

#[derive(Deserialize)]
struct Plan {
    word: String,
    base_url: String,
}

struct Known {
    both: Vec<(i64, ForeignVendor)>,
    new_api: Vec<(i64, ForeignVendor)>,
    one_api: Vec<(i64, ForeignVendor)>,
    plans: Vec<Plan>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let table: Table = toml::from_str(TABLE_TOML).expect("the table is compiled in and a test reads it");
    let known = |entries: Vec<Entry>| {
        entries.into_iter().map(|entry| (entry.number, entry.into_vendor())).collect::<Vec<_>>()
    };
    Known {
        both: known(table.both),
        new_api: known(table.new_api),
        one_api: known(table.one_api),
        plans: table.plan,
    }
});

/// What a channel of this type leads to.
pub fn channel_type(layout: NewApiLayout, number: i64) -> Option<&'static ForeignVendor> {
    let own = match layout {
        NewApiLayout::NewApi => &KNOWN.new_api,
        NewApiLayout::OneApi => &KNOWN.one_api,
    };
    let mut rows = own.iter().chain(&KNOWN.both);
    rows.find(|(known, _)| *known == number).map(|(_, vendor)| vendor)
}

/// The address that new-api means by a word in the place of one.
pub fn plan(word: &str) -> Option<&'static str> {
    KNOWN.plans.iter().find(|plan| plan.word == word).map(|plan| plan.base_url.as_str())
}
