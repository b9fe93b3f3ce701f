//! The catalogue of providers as a table.

use std::path::Path;

use anyhow::Result;

use super::markdown::{code, table};

const INTRODUCTION: &str = "\
# Providers

    OPENAI_API_KEY=your-key bellwether

A key variable that is set makes its provider, in the order of this table. One that needs no key is made by its base URL
variable alone; any other base URL variable moves the provider elsewhere, such as to a proxy. In the configuration file
the name is the `kind`, and a provider called by that name needs no `kind`.

Two variables that belong together make a provider that is not listed: `ACME_API_KEY` and `ACME_BASE_URL` make `acme`.
How to add one to the table: [an OpenAI-compatible provider](../how-to/add-a-compatible-provider.md).

Each is spoken to in the dialects of the table, at the address below: `chat` is OpenAI's Chat Completions, `responses` its
Responses, `messages` Anthropic's Messages. `dialects` in the configuration says otherwise for a provider of your own. What
a provider serves beside conversations stands under `also`; where that is `?`, nobody knows, and it is asked. `surfaces` in the
configuration says otherwise. How its chat requests differ from OpenAI's is written in `catalog/compatible.toml` of
`crates/pure/providers`, and `quirks` in the configuration changes it. This page is made from that catalogue by
`cargo xtask docs`.

";

pub(super) fn page(_: &Path) -> Result<String> {
    let all = |names: &[&str]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(" ");
    let rows = providers::all().iter().map(|provider| {
        vec![
            code(provider.name),
            provider.base_url.map_or_else(|| "your own".to_owned(), code),
            provider.dialects.iter().map(|dialect| dialect.name()).collect::<Vec<_>>().join(" "),
            surfaces(provider.surfaces),
            if provider.needs_key { "yes" } else { "no" }.to_owned(),
            all(provider.key_variables),
            all(provider.base_url_variables),
        ]
    });
    let head = ["name", "address", "dialects", "also", "needs a key", "key variables", "base URL variables"];
    let table = table(&head, rows);
    Ok(format!("{INTRODUCTION}{table}"))
}

fn surfaces(known: Option<&[providers::Operation]>) -> String {
    let Some(known) = known else { return "?".to_owned() };
    known.iter().map(|surface| surface.name()).collect::<Vec<_>>().join(" ")
}
