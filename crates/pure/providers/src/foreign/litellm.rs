//! LiteLLM's names of vendors: reads `catalog/foreign/litellm.toml`, which is part of the binary.

use std::sync::LazyLock;

use serde::Deserialize;

use super::vendor::{Entry, ForeignVendor};

const TABLE_TOML: &str = include_str!("../../catalog/foreign/litellm.toml");

#[derive(Deserialize)]
struct Table {
    vendor: Vec<Entry>,
}

struct Known {
    names: Vec<String>,
    bare: Vec<String>,
    vendor: ForeignVendor,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let table: Table = toml::from_str(TABLE_TOML).expect("the table is compiled in and a test reads it");
    let known = |entry: Entry| Known {
        names: entry.names.clone(),
        bare: entry.bare.clone(),
        vendor: entry.into_vendor(),
    };
    table.vendor.into_iter().map(known).collect()
});

/// The vendor that LiteLLM means by the word before a model's name.
pub fn litellm(word: &str) -> Option<&'static ForeignVendor> {
    KNOWN.iter().find(|known| known.names.iter().any(|name| name == word)).map(|known| &known.vendor)
}

/// The vendor that LiteLLM takes for a model without such a word, as far as the model's name tells.
pub fn litellm_bare(model: &str) -> Option<&'static ForeignVendor> {
    KNOWN
        .iter()
        .find(|known| known.bare.iter().any(|start| model.starts_with(start.as_str())))
        .map(|known| &known.vendor)
}

/// The vendor that LiteLLM takes for `*`: the first of the table.
pub fn litellm_default() -> Option<&'static ForeignVendor> {
    KNOWN.first().map(|known| &known.vendor)
}
