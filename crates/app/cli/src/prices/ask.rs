//! What can be asked of prices, and how it is said to a server.

use anyhow::Result;
use serde_json::{Value, json};
use store::PricedAs;

use crate::arguments::PricesChange;

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

impl Ask {
    /// The same as a request: method, path below `/admin/v1/prices`, and body.
    pub(super) fn spoken(self) -> Result<(&'static str, String, Option<Value>)> {
        let at = |path: &str| path.to_owned();
        Ok(match self {
            Self::Standing => ("GET", at(""), None),
            Self::Text(version) => ("GET", format!("/{version}"), None),
            Self::Versions => ("GET", at("/versions?limit=1000"), None),
            Self::Check(text) => ("POST", at("/check"), Some(json!({ "text": text }))),
            Self::Set(text, change) => {
                let mut wish = changed(&change);
                wish["text"] = text.into();
                ("PUT", at(""), Some(wish))
            }
            Self::Difference(from, to) => {
                let sides = [("from", from), ("to", to)];
                let said = sides.iter().filter_map(|(name, side)| Some(format!("{name}={}", (*side)?)));
                ("GET", format!("/difference?{}", said.collect::<Vec<_>>().join("&")), None)
            }
            Self::Draft => ("GET", at("/draft"), None),
            Self::KeepDraft(text, source) => {
                ("POST", at("/draft"), Some(json!({ "text": text, "source": source })))
            }
            Self::DropDraft => ("DELETE", at("/draft"), None),
            Self::Approve(draft, change) => {
                let mut wish = changed(&change);
                wish["draft"] = draft.into();
                ("POST", at("/draft/approve"), Some(wish))
            }
            Self::Rate(sale) => ("POST", at("/rate"), Some(serde_json::to_value(sale)?)),
        })
    }
}

fn changed(change: &PricesChange) -> Value {
    json!({ "reason": change.reason, "after": change.after, "by": change.by })
}
