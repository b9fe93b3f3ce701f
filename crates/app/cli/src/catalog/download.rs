//! Gets a catalogue from an address. Only what is there itself: redirects are not followed, proxies not used.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use domain::BaseUrl;
use upstream::{Client, Line, LineOptions, Request};

/// Longest catalogue.
const BYTES_MAX: usize = 1 << 20;
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(60);

/// The text at an address.
pub(super) fn download(url: &str) -> Result<String> {
    // It is there already where a test has run before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(async {
        tokio::time::timeout(LIMIT, get(url))
            .await
            .map_err(|_| anyhow!("{url} took longer than {LIMIT:?}"))?
    })
}

async fn get(url: &str) -> Result<String> {
    let (base, path) = split(url)?;
    let options = LineOptions::for_one_exchange(base, CONNECT_LIMIT);
    let line = Line::new(options, 0).map_err(anyhow::Error::msg)?;
    let body: [Bytes; 0] = [];
    let request = Request::new(&line, "GET", &path, std::iter::empty(), upstream::Body::Pieces(&body));
    let mut reply = Client::default().send(&line, &request, None).await.with_context(|| url.to_owned())?;
    if !reply.status.is_success() {
        bail!("{url} answered {}", reply.status);
    }
    let answer = reply.body.collect(BYTES_MAX).await?;
    let answer = answer.with_context(|| format!("{url} is longer than {BYTES_MAX} bytes"))?;
    String::from_utf8(answer.to_vec()).with_context(|| format!("{url} holds no text"))
}

/// The address of the host, and the path behind it.
fn split(url: &str) -> Result<(BaseUrl, String)> {
    let host = url.find("://").map_or(0, |place| place + 3);
    let path = url[host..].find('/').map_or(url.len(), |place| host + place);
    let base = BaseUrl::parse(&url[..path]).map_err(|error| anyhow!("{url} {error}"))?;
    Ok((base, url[path..].to_owned()))
}
