//! Reads `catalog/compatible.toml`, which is part of the binary. A mistake in it is found by the tests, not by users.

use std::collections::BTreeMap;

use dialects::Dialect;
use dialects::surface::Operation;
use serde::Deserialize;

use crate::auth::Auth;
use crate::balance::BalanceAsk;
use crate::key_check::{KeyCheck, MODELS};
use crate::provider::Provider;
use crate::quirk::{Deviations, Quirks};

const COMPATIBLE_TOML: &str = include_str!("../catalog/compatible.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    vendor: Vec<Vendor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vendor {
    name: String,
    base_url: Option<String>,
    keys: Vec<String>,
    base_urls: Vec<String>,
    #[serde(default)]
    suffix: String,
    #[serde(default = "yes")]
    needs_key: bool,
    #[serde(default = "models")]
    key_check: String,
    #[serde(default = "chat")]
    dialects: Vec<String>,
    #[serde(default)]
    auth: AuthName,
    surfaces: Option<Vec<String>>,
    #[serde(default)]
    balance: Vec<Balance>,
    #[serde(default)]
    quirks: Deviations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Balance {
    path: String,
    #[serde(default)]
    above: String,
    #[serde(default)]
    each: String,
    amount: String,
    #[serde(default)]
    minus: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    currencies: BTreeMap<String, String>,
}

impl Balance {
    fn ask(self) -> BalanceAsk {
        let currencies = self.currencies.into_iter().map(|(end, code)| (&*end.leak(), &*code.leak()));
        BalanceAsk {
            path: self.path.leak(),
            above: self.above.leak(),
            each: self.each.leak(),
            amount: self.amount.leak(),
            minus: self.minus.leak(),
            currency: self.currency.leak(),
            currencies: currencies.collect::<Vec<(&str, &str)>>().leak(),
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AuthName {
    #[default]
    Bearer,
    XApiKey,
    ApiKey,
}

impl AuthName {
    const fn auth(self) -> Auth {
        match self {
            Self::Bearer => Auth::Bearer,
            Self::XApiKey => Auth::XApiKey,
            Self::ApiKey => Auth::ApiKeyHeader,
        }
    }
}

fn chat() -> Vec<String> {
    vec![Dialect::OpenAiChat.name().to_owned()]
}

const fn yes() -> bool {
    true
}

fn models() -> String {
    MODELS.path.to_owned()
}

/// The entries in the order of the file. To be called once: what it returns lives as long as the process.
pub(crate) fn compatible() -> Vec<&'static Provider> {
    let catalog: Catalog =
        toml::from_str(COMPATIBLE_TOML).expect("the catalogue is compiled in and a test reads it");
    catalog.vendor.into_iter().map(|vendor| &*Box::leak(Box::new(vendor.into_provider()))).collect()
}

impl Vendor {
    fn into_provider(self) -> Provider {
        Provider {
            name: self.name.leak(),
            dialects: leak_dialects(&self.dialects),
            base_url: self.base_url.map(|url| &*url.leak()),
            auth: self.auth.auth(),
            fixed_headers: &[],
            needs_key: self.needs_key,
            key_variables: leak_all(self.keys),
            base_url_variables: leak_all(self.base_urls),
            key_check: (!self.key_check.is_empty()).then(|| KeyCheck { path: self.key_check.leak() }),
            balance: self.balance.into_iter().map(Balance::ask).collect::<Vec<_>>().leak(),
            base_url_suffix: self.suffix.leak(),
            surfaces: self.surfaces.map(|names| leak_surfaces(&names)),
            quirks: self.quirks.over(&Quirks::NONE),
        }
    }
}

fn leak_dialects(names: &[String]) -> &'static [Dialect] {
    let named = |name: &String| Dialect::named(name).unwrap_or_else(|| panic!("{name} is no dialect"));
    names.iter().map(named).collect::<Vec<_>>().leak()
}

fn leak_surfaces(names: &[String]) -> &'static [Operation] {
    let named = |name: &String| Operation::named(name).unwrap_or_else(|| panic!("{name} is no surface"));
    names.iter().map(named).collect::<Vec<_>>().leak()
}

fn leak_all(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(|text| &*text.leak()).collect::<Vec<_>>().leak()
}
