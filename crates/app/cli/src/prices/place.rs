//! Where prices are asked for and changed: a running server, or the data directory. Both answer in the admin API's JSON.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use store::{DataDir, PricedAs};

use super::local::LocalPrices;
use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, PricesChange};
use crate::environment;

/// Something that is asked.
pub(super) enum Ask {
    Standing,
    Text(u32),
    Versions,
    Check(String),
    Set(String, PricesChange),
    Difference(Option<u32>, Option<u32>),
    Draft,
    KeepDraft(String, String),
    DropDraft,
    Approve(Option<i64>, PricesChange),
    Rate(PricedAs),
}

/// Where it is asked.
pub(super) enum Place {
    Server(AdminClient),
    Directory(Box<LocalPrices>),
}

impl Place {
    pub(super) fn find(data: &DataOptions) -> Result<Self> {
        let path = environment::data_dir(data)?;
        if !path.exists() && environment::variable("BELLWETHER_URL").is_none() {
            bail!("there is no data directory {}; say --data-dir DIR", path.display());
        }
        let dir = DataDir::create(path)?;
        Ok(match AdminClient::find(&dir)? {
            Some(server) => Self::Server(server),
            None => Self::Directory(Box::new(LocalPrices::open(&dir, data)?)),
        })
    }

    pub(super) fn ask(&self, ask: Ask) -> Result<Value> {
        match self {
            Self::Server(server) => {
                let (method, path, body) = spoken(ask)?;
                server.ask(method, &format!("/admin/v1/prices{path}"), body.as_ref())
            }
            Self::Directory(local) => local.ask(ask),
        }
    }
}

/// The same as a request: method, path and body.
fn spoken(ask: Ask) -> Result<(&'static str, String, Option<Value>)> {
    let at = |path: &str| path.to_owned();
    Ok(match ask {
        Ask::Standing => ("GET", at(""), None),
        Ask::Text(version) => ("GET", format!("/{version}"), None),
        Ask::Versions => ("GET", at("/versions?limit=1000"), None),
        Ask::Check(text) => ("POST", at("/check"), Some(json!({ "text": text }))),
        Ask::Set(text, change) => {
            let mut wish = changed(change);
            wish["text"] = text.into();
            ("PUT", at(""), Some(wish))
        }
        Ask::Difference(from, to) => {
            let sides = [("from", from), ("to", to)];
            let said = sides.iter().filter_map(|(name, side)| Some(format!("{name}={}", (*side)?)));
            ("GET", format!("/difference?{}", said.collect::<Vec<_>>().join("&")), None)
        }
        Ask::Draft => ("GET", at("/draft"), None),
        Ask::KeepDraft(text, source) => {
            ("POST", at("/draft"), Some(json!({ "text": text, "source": source })))
        }
        Ask::DropDraft => ("DELETE", at("/draft"), None),
        Ask::Approve(draft, change) => {
            let mut wish = changed(change);
            wish["draft"] = draft.into();
            ("POST", at("/draft/approve"), Some(wish))
        }
        Ask::Rate(sale) => ("POST", at("/rate"), Some(serde_json::to_value(sale)?)),
    })
}

fn changed(change: PricesChange) -> Value {
    json!({ "reason": change.reason, "after": change.after, "by": change.by })
}
