//! Trying every key of every provider once, at no cost, so that a bad one is found by its operator and not by a caller.
//! What follows from it is shown, never acted on: a key that is refused here is used all the same.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::HeaderValue;
use http::header::ACCEPT;
use providers::{KeyCheck, KeyVerdict, key_verdict};
use routing::health::Switch;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};
use upstream::{Body, Client, Line, Reply, Request, SendFailure};

use crate::clock::wall_clock;
use crate::pipeline::own_words;
use crate::serving::{ServedLine, ServedProvider, Serving};

/// How long one line may take to answer the question.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How much of an answer is read; lists of models may be longer, and their rest is of no interest.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long all keys of one provider may take together.
const PROVIDER_LIMIT: Duration = Duration::from_secs(30);
/// The status whose words are read most closely.
const FORBIDDEN: u16 = 403;
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

/// Tries every key of `serving`, several providers at once. `tell` gets the keys of a provider as soon as all of them were
/// tried; what is returned is in the order of the configuration.
pub async fn check_keys(serving: &Serving, mut tell: impl FnMut(&[CheckedKey])) -> Vec<CheckedKey> {
    let client = Client::default();
    let mut waiting = serving.providers.iter().enumerate();
    let ask = |(place, provider): (usize, &Arc<ServedProvider>)| {
        let (client, provider) = (client.clone(), provider.clone());
        async move { (place, check_provider(&client, &provider).await) }
    };
    let mut asking: FuturesUnordered<_> = waiting.by_ref().take(PROVIDERS_AT_ONCE_MAX).map(ask).collect();
    let mut checked = Vec::new();
    while let Some(outcome) = asking.next().await {
        tell(&outcome.1);
        checked.push(outcome);
        asking.extend(waiting.next().map(ask));
    }
    checked.sort_by_key(|(place, _)| *place);
    checked.into_iter().flat_map(|(_, keys)| keys).collect()
}

/// One key after the other: a vendor that is asked with many keys at once may take us for a guesser.
async fn check_provider(client: &Client, provider: &ServedProvider) -> Vec<CheckedKey> {
    let mut keys = Vec::new();
    let until = Instant::now() + PROVIDER_LIMIT;
    let secrets = provider.secrets();
    for (source, lines) in provider.by_credential() {
        let is_off = lines.iter().all(|served| served.health.switch_of_all() == Switch::Off);
        let outcome = match provider.key_check {
            _ if is_off => Outcome::new(KeyState::Unchecked, "it is switched off by the operator"),
            None => Outcome::new(KeyState::Unchecked, "it has no free way to try a key"),
            Some(check) => {
                let asked = check_key(client, check, asked_lines(lines), &secrets);
                timeout_at(until, asked)
                    .await
                    .unwrap_or_else(|_| Outcome::new(KeyState::Unreachable, "its other keys took too long"))
            }
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

/// Nothing is sent to what is switched off.
fn asked_lines(lines: &[ServedLine]) -> impl Iterator<Item = &Arc<Line>> {
    let on = lines.iter().filter(|served| served.health.switch_of_all() != Switch::Off);
    on.map(|served| &served.line)
}

/// Asks over each line until one leads to an answer.
async fn check_key(
    client: &Client,
    check: KeyCheck,
    lines: impl Iterator<Item = &Arc<Line>>,
    secrets: &[&str],
) -> Outcome {
    let mut last = Outcome::new(KeyState::Unreachable, "it has no line");
    for line in lines {
        last = match timeout(ANSWER_LIMIT, ask(client, check, line)).await {
            Ok(Ok((reply, body))) => return understood(&reply, &body, secrets),
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

async fn ask(client: &Client, check: KeyCheck, line: &Arc<Line>) -> Result<(Reply, Vec<u8>), SendFailure> {
    let accept = (ACCEPT, HeaderValue::from_static("application/json"));
    let headers = [(&accept.0, &accept.1)].into_iter();
    let request = Request::new(line, "GET", check.path, headers, Body::Pieces(&[]));
    let mut reply = client.send(line, &request, None).await?;
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX
        && let Some(Ok(piece)) = poll_fn(|cx| reply.body.poll_piece(cx)).await
    {
        body.extend_from_slice(&piece);
    }
    // What is left of a long answer is not read: dropping it closes the connection.
    Ok((reply, body))
}

/// What stands in an answer that calls itself a success.
enum Success {
    Answer,
    Error,
    Page,
}

fn success(body: &[u8]) -> Success {
    match serde_json::from_slice::<Value>(body) {
        Ok(told) if told.get("error").is_some_and(|error| !error.is_null()) => Success::Error,
        Ok(_) => Success::Answer,
        // A list that is longer than what was read.
        Err(_) if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) => Success::Answer,
        Err(_) => Success::Page,
    }
}

fn understood(reply: &Reply, body: &[u8], secrets: &[&str]) -> Outcome {
    let status = reply.status.as_u16();
    let own = own_words(body, secrets).unwrap_or_default();
    let told = if reply.status.is_success() { success(body) } else { Success::Error };
    let verdict = match told {
        Success::Answer => key_verdict(status, ""),
        // An error under a status that says success: its words decide.
        Success::Error if reply.status.is_success() => key_verdict(FORBIDDEN, &own),
        Success::Error => key_verdict(status, &own),
        Success::Page => {
            let why = format!("it answered {status} with no JSON: is the address right?");
            return Outcome { status: Some(status), ..Outcome::new(KeyState::Unchecked, why) };
        }
    };
    let state = match verdict {
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
