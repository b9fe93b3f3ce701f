//! Messages to an address of the operator's own, signed, each tried a few times. What is not taken is told in the log and lost:
//! a message says that somebody should look, and is no record.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_lc_rs::hmac;
use bytes::Bytes;
use config::LowBalance;
use domain::Timestamp;
use gateway::wall_clock;
use http::{HeaderName, HeaderValue};
use observe::{Level, Log};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use upstream::{Body, Client, Line, LineOptions, Request};

/// How long is waited before each try.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For one try, from the connection to the answer.
const TRY_LIMIT: Duration = Duration::from_secs(10);
/// An answer is read so far, to let it end.
const ANSWER_BYTES_MAX: usize = 64 << 10;
const SIGNATURE: &str = "x-bellwether-signature";

/// Where messages go, and what signs them.
pub(super) struct Webhook {
    to: LowBalance,
    key: hmac::Key,
}

impl Webhook {
    pub(super) fn new(to: LowBalance) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, to.secret.secret.expose().as_bytes());
        Self { to, key }
    }

    /// Sends what comes, one after the other.
    pub(super) async fn send_all(&self, mut messages: mpsc::Receiver<Value>, log: &Log) {
        while let Some(message) = messages.recv().await {
            if let Err(error) = self.send(&message).await {
                let (id, why) = (message["id"].as_str().unwrap_or_default().to_owned(), format!("{error:#}"));
                log.event(
                    Level::Warn,
                    "a webhook did not take a message",
                    &[("message", &id), ("reason", &why)],
                );
            }
        }
    }

    async fn send(&self, message: &Value) -> Result<()> {
        let body = Bytes::from(message.to_string());
        let mut last = None;
        for wait in WAITS {
            sleep(wait).await;
            let tried = timeout(TRY_LIMIT, self.try_once(body.clone())).await;
            match tried.context("no answer in time").and_then(|done| done) {
                Ok(()) => return Ok(()),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("it was never tried")))
    }

    async fn try_once(&self, body: Bytes) -> Result<()> {
        let options = LineOptions::for_one_exchange(self.to.url.clone(), CONNECT_LIMIT);
        let line = Line::new(options, 0).map_err(anyhow::Error::msg)?;
        let signature = (
            HeaderName::from_static(SIGNATURE),
            HeaderValue::try_from(signature(&self.key, wall_clock(), &body))?,
        );
        let content_type =
            (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
        let headers = [(&content_type.0, &content_type.1), (&signature.0, &signature.1)].into_iter();
        let pieces = [body];
        let path = if self.to.url.path().is_empty() { "/" } else { "" };
        let request = Request::new(&line, "POST", path, headers, Body::Pieces(&pieces));
        let mut reply = Client::default().send(&line, &request, None).await?;
        let status = reply.status;
        let _ = reply.body.collect(ANSWER_BYTES_MAX).await;
        if status.is_success() { Ok(()) } else { bail!("it answered {status}") }
    }
}

/// `t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>" in hexadecimal>`: whoever takes it can tell that it is ours and not an
/// old one.
fn signature(key: &hmac::Key, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.unix_seconds();
    let signed = [format!("{seconds}.").as_bytes(), body].concat();
    let tag = hmac::sign(key, &signed);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={digits}")
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use domain::Timestamp;

    use super::signature;

    /// Reckoned by another's HMAC: `printf '1700000000.{}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn a_message_is_signed_with_its_time() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let expected = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
        assert_eq!(
            signature(&key, Timestamp(1_700_000_000_123), b"{}"),
            format!("t=1700000000,v1={expected}")
        );
    }
}
