//! `bellwether health`: whether the running server takes calls, told by the exit code, for places without a shell or
//! curl. It asks `/health/ready` and decides nothing itself.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use domain::BaseUrl;
use store::{DataDir, RunningServer};

use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, HealthOptions};
use crate::environment;

const PATH: &str = "/health/ready";
/// A server that takes longer for this is not well.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Asks once and prints the answer.
pub(crate) fn run(data: &DataOptions, options: HealthOptions) -> Result<()> {
    // A variable that is set to nothing is as good as none.
    let url = match options.url.filter(|url| !url.is_empty()) {
        Some(url) => url,
        None => url_of_running(data)?,
    };
    let base = BaseUrl::parse(&url).map_err(|error| anyhow!("{url} {error}"))?;
    let (status, answer) = AdminClient::without_key(base)
        .get(PATH, ANSWER_LIMIT)
        .with_context(|| format!("{url} does not answer"))?;
    let answer = String::from_utf8_lossy(&answer);
    if !status.is_success() {
        bail!("{url}{PATH} answered {}: {answer}", status.as_u16());
    }
    let _ = writeln!(std::io::stdout(), "{answer}");
    Ok(())
}

/// Where the server on the data directory answers callers.
fn url_of_running(data: &DataOptions) -> Result<String> {
    let path = environment::data_dir(data)?;
    let none = || format!("no server runs on {}; say --url URL", path.display());
    // Asking must leave no trace: a directory that is not there is not made.
    if !path.exists() {
        bail!(none());
    }
    let server = RunningServer::find(&DataDir::create(&path)?).with_context(none)?;
    server.urls.into_iter().next().with_context(none)
}
