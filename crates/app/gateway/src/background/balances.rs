//! Asking providers what is left on our accounts there, at no cost, with the keys that are configured. It is shown and told, never
//! acted on.

use std::time::Duration;

use domain::{Currency, Money};
use http::HeaderValue;
use http::header::ACCEPT;
use providers::{BalanceAsk, Left};
use routing::health::Switch;
use serde_json::{Value, json};
use tokio::time::timeout;
use upstream::{Body, Client, Line, LineOptions, Request};

use crate::serving::{ServedProvider, Serving};

/// How long one question may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What is left on an account at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamBalance {
    /// The provider's id.
    pub provider: String,
    /// Its label in the metrics.
    pub label: String,
    /// Which of its credentials, counted from 0.
    pub credential: usize,
    /// What the account is called: the provider, and with several keys where its key is from.
    pub name: String,
    /// So much; `None` if it could not be learnt.
    pub left: Option<Money>,
    /// Of this, if that is known.
    pub currency: Option<Currency>,
    /// Why it could not be learnt.
    pub words: Option<String>,
}

impl UpstreamBalance {
    /// As the admin API shows it.
    pub fn json(&self) -> Value {
        json!({
            "provider": self.provider,
            "account": self.name,
            "left": self.left.map(|left| left.to_string()),
            "currency": self.currency.map(|currency| currency.code().to_owned()),
            "message": self.words,
        })
    }
}

/// Asks for each key of each provider that tells. One after the other: nobody waits for it.
pub async fn ask_balances(serving: &Serving) -> Vec<UpstreamBalance> {
    let client = Client::default();
    let mut balances = Vec::new();
    for provider in serving.providers.iter().filter(|provider| !provider.balance.is_empty()) {
        let label = serving.label_of(provider.id());
        for (credential, (source, lines)) in provider.by_credential().enumerate() {
            let on = lines.iter().find(|served| served.health.switch_of_all() != Switch::Off);
            let Some(served) = on.filter(|served| served.line.options().credential.is_some()) else {
                continue;
            };
            let found = ask(&client, provider.balance, &served.line).await;
            let name = account(provider, source);
            let row = |left: Option<Left>, words: Option<String>| UpstreamBalance {
                provider: provider.id().to_owned(),
                label: label.to_owned(),
                credential,
                name: left.and_then(|left| left.currency).map_or_else(
                    || name.clone(),
                    |currency| {
                        if has_several(&found) { format!("{name} in {currency}") } else { name.clone() }
                    },
                ),
                left: left.map(|left| left.amount),
                currency: left.and_then(|left| left.currency),
                words,
            };
            match &found {
                Ok(found) => balances.extend(found.iter().map(|left| row(Some(*left), None))),
                Err(why) => balances.push(row(None, Some(why.clone()))),
            }
        }
    }
    balances
}

fn has_several(found: &Result<Vec<Left>, String>) -> bool {
    found.as_ref().is_ok_and(|found| found.len() > 1)
}

fn account(provider: &ServedProvider, source: Option<&str>) -> String {
    let has_one = provider.by_credential().count() == 1;
    match source.filter(|_| !has_one) {
        Some(source) => format!("{} ({source})", provider.id()),
        None => provider.id().to_owned(),
    }
}

/// The first question that is answered by a balance.
async fn ask(client: &Client, asks: &[BalanceAsk], line: &Line) -> Result<Vec<Left>, String> {
    let mut last = String::new();
    for question in asks {
        match timeout(ANSWER_LIMIT, ask_once(client, question, line)).await {
            Ok(Ok(left)) => return Ok(left),
            Ok(Err(why)) => last = why,
            Err(_) => last = format!("it did not answer within {} s", ANSWER_LIMIT.as_secs()),
        }
    }
    Err(last)
}

async fn ask_once(client: &Client, question: &BalanceAsk, line: &Line) -> Result<Vec<Left>, String> {
    let options = line.options();
    // The same way with the same key, and nothing before the path: some tell it above their base.
    let base = options.base.without_path();
    let whole = Line::new(
        LineOptions {
            base,
            idle_connections_max: 0,
            warm_connections: 0,
            dns_fresh: Duration::ZERO,
            dns_stale: Duration::ZERO,
            ..options.clone()
        },
        0,
    )?;
    let accept = (ACCEPT, HeaderValue::from_static("application/json"));
    let headers = [(&accept.0, &accept.1)].into_iter();
    let path = question.path_at(options.base.path());
    let request = Request::new(&whole, "GET", &path, headers, Body::Pieces(&[]));
    let mut reply = client.send(&whole, &request, None).await.map_err(|failure| failure.to_string())?;
    let body = reply.body.collect(ANSWER_BYTES_MAX).await.map_err(|failure| failure.to_string())?;
    if !reply.status.is_success() {
        return Err(format!("{path} answered {}", reply.status.as_u16()));
    }
    let body = body.unwrap_or_default();
    let left = question.read(&String::from_utf8_lossy(&body), options.base.host());
    if left.is_empty() { Err(format!("{path} tells of no balance")) } else { Ok(left) }
}
