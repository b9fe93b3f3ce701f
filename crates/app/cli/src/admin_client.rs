//! A small client of the admin API, for commands that talk to a running server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use domain::{BaseUrl, Secret};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use store::{ADMIN_KEY_FILE, DataDir, RunningServer};
use upstream::{Body, Client, Line, LineOptions, Request};

use crate::environment;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 << 20;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long somebody is waited for who holds the data directory and takes no commands yet, or none any more.
const HELD_LIMIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A running server that can be asked.
pub(crate) struct AdminClient {
    base: BaseUrl,
    /// None for questions that everybody may ask.
    key: Option<Secret>,
}

impl AdminClient {
    /// The same for a directory that may not be there, and is not made.
    pub(crate) fn find_in(path: PathBuf) -> Result<Option<Self>> {
        if !path.exists() && environment::variable("BELLWETHER_URL").is_none() {
            return Ok(None);
        }
        Self::find(&DataDir::create(path)?)
    }

    /// The server of `BELLWETHER_URL`, else the one that runs on this data directory, else none. One that is just starting is
    /// waited for, and so is one that stops.
    pub(crate) fn find(dir: &DataDir) -> Result<Option<Self>> {
        let url = match environment::variable("BELLWETHER_URL") {
            Some(url) => url,
            None => match running_on(dir)? {
                Some(server) => server.admin_url,
                None => return Ok(None),
            },
        };
        let base = BaseUrl::parse(&url).map_err(|error| anyhow!("BELLWETHER_URL {url} {error}"))?;
        Ok(Some(Self { base, key: Some(admin_key(dir)?) }))
    }

    /// A server to be asked what needs no key.
    pub(crate) const fn without_key(base: BaseUrl) -> Self {
        Self { base, key: None }
    }

    /// A server to be asked as a caller with this key asks.
    pub(crate) const fn with_key(base: BaseUrl, key: Secret) -> Self {
        Self { base, key: Some(key) }
    }

    /// The answer to a `GET`, whatever its status, if it comes within `limit`.
    pub(crate) fn get(&self, path: &str, limit: Duration) -> Result<(StatusCode, Bytes)> {
        let told = self.send("GET", path, None, limit)?;
        Ok((told.status, told.body))
    }

    /// The answer, whatever its status, if it comes within `limit`.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<Told> {
        within(limit, &self.base, self.exchange(method, path, body))
    }

    /// Asks and waits for the JSON of the answer; a refusal becomes an error in the server's words.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        self.ask_within(ANSWER_LIMIT, method, path, body)
    }

    /// The same of what may take longer.
    pub(crate) fn ask_within(
        &self,
        limit: Duration,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let Told { status, body: answer, .. } = self.send(method, path, body, limit)?;
        understood(&self.base.to_string(), status, &answer)
    }

    async fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Told> {
        // The admin key goes to the server itself, whatever the environment says of proxies.
        let options = LineOptions {
            credential: self.key.clone(),
            ..LineOptions::for_one_exchange(self.base.clone(), CONNECT_LIMIT)
        };
        let line = Line::new(options, 0).map_err(anyhow::Error::msg)?;
        let body: Vec<Bytes> = body.map(|body| Bytes::from(body.to_string())).into_iter().collect();
        let content_type =
            (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
        let headers = [(&content_type.0, &content_type.1)].into_iter();
        let request = Request::new(&line, method, path, headers, Body::Pieces(&body));
        let mut reply = Client::default().send(&line, &request, None).await?;
        let answer = reply.body.collect(ANSWER_BYTES_MAX).await?.context("the answer is too large")?;
        Ok(Told { status: reply.status, headers: reply.headers, body: answer })
    }
}

/// The JSON of an answer; a refusal becomes an error in its words.
pub(crate) fn understood(of: &str, status: StatusCode, answer: &[u8]) -> Result<Value> {
    let answer: Value = serde_json::from_slice(answer)
        .with_context(|| format!("{of} answered {status} without JSON: is it a Bellwether?"))?;
    if status.is_success() {
        return Ok(answer);
    }
    let error = &answer["error"];
    let code = error["code"].as_str().unwrap_or_default().to_owned();
    let message = error["message"].as_str().unwrap_or("the server refused without a reason").to_owned();
    let problems: Vec<&str> =
        error["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match problems.as_slice() {
        // One problem is part of the message.
        [] | [_] => bail!(Refused { code, message }),
        several => bail!(Refused { code, message: format!("{message}:\n{}", several.join("\n")) }),
    }
}

/// A refusal in the words of the API, and its code.
#[derive(Debug)]
struct Refused {
    code: String,
    message: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// Whether the API refused with this code.
pub(crate) fn refused_as(error: &anyhow::Error, code: &str) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.code == code)
}

/// An answer.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Told {
    /// A header's value as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.to_str().ok())
    }
}

/// What is seen of a data directory.
enum Seen {
    Server(RunningServer),
    /// Somebody holds it who takes no commands: a server that is not ready yet or stops, or another command.
    Held,
    Free,
}

impl Seen {
    fn of(dir: &DataDir) -> Self {
        match (RunningServer::find(dir), dir.holder()) {
            (Some(server), _) => Self::Server(server),
            (None, Some(_)) => Self::Held,
            (None, None) => Self::Free,
        }
    }
}

/// The server that runs on a data directory.
fn running_on(dir: &DataDir) -> Result<Option<RunningServer>> {
    match Seen::of(dir) {
        Seen::Server(server) => Ok(Some(server)),
        Seen::Free => Ok(None),
        Seen::Held => Ok(runtime()?.block_on(once_settled(|| Seen::of(dir)))),
    }
}

/// Looks until there is a server or nobody, for a while.
async fn once_settled(look: impl Fn() -> Seen) -> Option<RunningServer> {
    let settling = async {
        loop {
            match look() {
                Seen::Server(server) => return Some(server),
                Seen::Free => return None,
                Seen::Held => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    // Who holds it still is told when the directory cannot be taken.
    tokio::time::timeout(HELD_LIMIT, settling).await.unwrap_or_default()
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")
}

/// Runs one exchange to its end, or to the limit.
fn within<T>(limit: Duration, base: &BaseUrl, exchange: impl Future<Output = Result<T>>) -> Result<T> {
    runtime()?.block_on(async {
        tokio::time::timeout(limit, exchange)
            .await
            .map_err(|_| anyhow!("{base} did not answer within {limit:?}"))?
    })
}

/// The key that opens the admin API.
fn admin_key(dir: &DataDir) -> Result<Secret> {
    if let Some(key) = environment::secret("BELLWETHER_ADMIN_KEY")? {
        return Ok(key);
    }
    let file = dir.join(ADMIN_KEY_FILE);
    let text = environment::read_file(&file)
        .map_err(anyhow::Error::msg)
        .context("set BELLWETHER_ADMIN_KEY, or run this where the server's data directory is")?;
    Ok(Secret::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use store::RunningServer;

    use super::{Seen, once_settled};

    fn server() -> RunningServer {
        let url = "http://127.0.0.1:4000".to_owned();
        RunningServer { pid: 1, urls: vec![url.clone()], admin_url: url, started_at: String::new() }
    }

    /// What is found where it is held for so many looks.
    async fn found(held: u32, then: impl Fn() -> Seen) -> (Option<RunningServer>, u32) {
        let looks = Cell::new(0);
        let look = || {
            looks.set(looks.get() + 1);
            if looks.get() <= held { Seen::Held } else { then() }
        };
        (once_settled(look).await, looks.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_starts_is_waited_for_and_so_is_one_that_stops() {
        assert_eq!(found(7, || Seen::Server(server())).await, (Some(server()), 8));
        assert_eq!(found(7, || Seen::Free).await, (None, 8));
        let (none, looks) = found(u32::MAX, || Seen::Free).await;
        assert!(none.is_none() && looks > 100, "{looks} looks: not for ever");
    }
}
