//! The built-in demo: without any provider it answers, so that the first call works.

use anyhow::{Context, Result, anyhow};
use config::Snapshot;
use domain::BaseUrl;
use simulator::{DEMO_MODELS, Simulator};

/// Starts the demo where nobody else answers.
pub(super) async fn with_demo_if_empty(snapshot: Snapshot) -> Result<(Snapshot, Option<Simulator>)> {
    if !snapshot.providers.is_empty() {
        return Ok((snapshot, None));
    }
    let demo = simulator::demo().await.context("cannot start the built-in demo provider")?;
    let url = demo_url(&demo);
    Ok((with_demo(snapshot, &url)?, Some(demo)))
}

/// Where the demo provider is.
pub(super) fn demo_url(demo: &Simulator) -> String {
    demo.nodes().first().map(|node| node.base_url()).unwrap_or_default()
}

/// A snapshot with the demo at `url` as its one provider.
pub(super) fn with_demo(snapshot: Snapshot, url: &str) -> Result<Snapshot> {
    let base = BaseUrl::parse(url).map_err(|error| anyhow!("the demo provider's address {url} {error}"))?;
    Ok(snapshot.with_demo(base, DEMO_MODELS.iter().map(|name| (*name).to_owned()).collect()))
}
