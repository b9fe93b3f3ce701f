//! Trying every key of every provider once, at no cost, so that a bad one is found by its operator and not by a caller.
//! What follows from it is shown, never acted on: a key that is refused here is used all the same.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Secret, Timestamp};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::{HeaderName, HeaderValue};
use providers::{KeyCheck, KeyVerdict, key_verdict};
use serde_json::{Value, json};
use tokio::time::timeout;
use upstream::{Client, Line, Reply, Request, SendFailure};

use crate::clock::wall_clock;
use crate::pipeline::own_words;
use crate::serving::{ServedProvider, Serving};

/// How long one line may take to answer the question.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Largest answer that is read for a provider's words; lists of models are long and of no interest.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Providers that are asked at the same time.
const PROVIDERS_AT_ONCE_MAX: usize = 8;

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// The provider takes it.
    Working,
    /// The provider does not take it, or there is no credit behind it.
    Refused,
    /// No line leads to an answer.
    Unreachable,
    /// The provider has no free way to ask, or its answer is about something else.
    Unchecked,
}

impl KeyState {
    /// All of them, in the order of a reader's interest.
    pub const ALL: [Self; 4] = [Self::Working, Self::Refused, Self::Unreachable, Self::Unchecked];

    /// As written in health, metrics and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Unchecked => "unchecked",
        }
    }
}

/// What came of trying one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedKey {
    /// Whose key it is.
    pub provider: String,
    /// The variable, file or place in the configuration it came from; `None` for a provider that is asked without one.
    pub source: Option<String>,
    /// What is known of it now.
    pub state: KeyState,
    /// The status of the provider's answer, if it gave one.
    pub status: Option<u16>,
    /// Why it is not working, in the provider's own words where it has some; nothing in them is secret.
    pub words: String,
    /// When it was tried.
    pub checked_at: Timestamp,
}

impl CheckedKey {
    /// As health shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "source": self.source,
            "state": self.state.name(),
            "status": self.status,
            "message": if self.words.is_empty() { None } else { Some(&self.words) },
            "checked_at": self.checked_at.rfc3339(),
        })
    }
}

/// Tries every key of `serving`, several providers at once. Outcomes come in the order of the configuration.
pub async fn check_keys(serving: &Serving) -> Vec<CheckedKey> {
    let client = Client::default();
    let mut waiting = serving.providers.iter().enumerate();
    let ask = |(place, provider): (usize, &Arc<ServedProvider>)| {
        let (client, provider) = (client.clone(), provider.clone());
        async move { (place, check_provider(&client, &provider).await) }
    };
    let mut asking: FuturesUnordered<_> = waiting.by_ref().take(PROVIDERS_AT_ONCE_MAX).map(ask).collect();
    let mut checked = Vec::new();
    while let Some(outcome) = asking.next().await {
        checked.push(outcome);
        asking.extend(waiting.next().map(ask));
    }
    checked.sort_by_key(|(place, _)| *place);
    checked.into_iter().flat_map(|(_, keys)| keys).collect()
}

/// One key after the other: a vendor that is asked with many keys at once may take us for a guesser.
async fn check_provider(client: &Client, provider: &ServedProvider) -> Vec<CheckedKey> {
    let mut keys = Vec::new();
    for (source, lines) in provider.by_credential() {
        let outcome = match provider.key_check {
            None => Outcome::new(KeyState::Unchecked, "it has no free way to try a key"),
            Some(check) => check_key(client, check, lines.iter().map(|served| &served.line)).await,
        };
        keys.push(CheckedKey {
            provider: provider.id().to_owned(),
            source: source.map(str::to_owned),
            state: outcome.state,
            status: outcome.status,
            words: outcome.words,
            checked_at: wall_clock(),
        });
    }
    keys
}

struct Outcome {
    state: KeyState,
    status: Option<u16>,
    words: String,
}

impl Outcome {
    fn new(state: KeyState, words: impl Into<String>) -> Self {
        Self { state, status: None, words: words.into() }
    }
}

/// Asks over each line until one leads to an answer.
async fn check_key(client: &Client, check: KeyCheck, lines: impl Iterator<Item = &Arc<Line>>) -> Outcome {
    let mut last = Outcome::new(KeyState::Unreachable, "it has no line");
    for line in lines {
        last = match timeout(ANSWER_LIMIT, ask(client, check, line)).await {
            Ok(Ok((reply, body))) => return understood(&reply, &body, line.options().credential.as_ref()),
            // Hosts and addresses stand in the configuration: whoever reads this may know them.
            Ok(Err(failure)) => Outcome::new(KeyState::Unreachable, failure.to_string()),
            Err(_) => Outcome::new(
                KeyState::Unreachable,
                format!("it did not answer within {} s", ANSWER_LIMIT.as_secs()),
            ),
        };
    }
    last
}

async fn ask(client: &Client, check: KeyCheck, line: &Arc<Line>) -> Result<(Reply, Bytes), SendFailure> {
    let named = |(name, value): (&'static str, &str)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
    };
    let key = line.options().credential.as_ref().map(Secret::expose);
    let key_header = check.key_header.zip(key);
    let headers: Vec<_> = check
        .headers
        .iter()
        .copied()
        .chain(key_header)
        .chain([("accept", "application/json")])
        .filter_map(named)
        .collect();
    let headers = headers.iter().map(|(name, value)| (name, value));
    let request = Request::new(line, "GET", check.path, headers, &[]);
    let mut reply = client.send(line, &request, false).await?;
    // A good answer is not read: dropping it closes the connection.
    let body = if reply.status.is_success() {
        Bytes::new()
    } else {
        reply.body.collect(ANSWER_BYTES_MAX).await.ok().flatten().unwrap_or_default()
    };
    Ok((reply, body))
}

fn understood(reply: &Reply, body: &[u8], credential: Option<&Secret>) -> Outcome {
    let status = reply.status.as_u16();
    let own = own_words(body, credential).unwrap_or_default();
    let state = match key_verdict(status, &own) {
        KeyVerdict::Working => {
            return Outcome { status: Some(status), ..Outcome::new(KeyState::Working, "") };
        }
        KeyVerdict::Refused => KeyState::Refused,
        KeyVerdict::Unclear => KeyState::Unchecked,
    };
    let mut words = format!("it answered {status}");
    if !own.is_empty() {
        let _ = write!(words, ": {own}");
    }
    Outcome { state, status: Some(status), words }
}
