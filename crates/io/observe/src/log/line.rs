//! What is told about one request: sizes, times, names and ids. There is no place here for a prompt or a secret.

use std::net::IpAddr;
use std::time::Duration;

use domain::{CallId, Currency, Kind, ModelUsage, Money, Timestamp, Usage};

use super::event::Level;
use super::text::bounded;

/// Callers may send longer ones to us, but a log line does not grow with them.
pub(crate) const REQUEST_ID_BYTES_MAX: usize = 128;
pub(crate) const KEY_BYTES_MAX: usize = 64;
pub(crate) const LIMIT_BYTES_MAX: usize = 256;
pub(crate) const METHOD_BYTES_MAX: usize = 16;
pub(crate) const PATH_BYTES_MAX: usize = 256;
pub(crate) const MODEL_BYTES_MAX: usize = 128;
pub(crate) const PROVIDER_BYTES_MAX: usize = 128;

/// One request, ended. Texts may come straight from the caller: they are cut and escaped when written.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// When it ended.
    pub at: Timestamp,
    /// Our own id.
    pub call_id: CallId,
    /// The caller's `X-Request-ID`, or ours in its place.
    pub request_id: &'a str,
    /// Id of the caller's key; never the key itself.
    pub key: Option<&'a str>,
    /// Where the caller connects from.
    pub caller: Option<IpAddr>,
    /// HTTP method.
    pub method: &'a str,
    /// Path as sent; a query is cut off, for it may hold a key.
    pub path: &'a str,
    /// Model as asked for; may be empty.
    pub model: &'a str,
    /// Configured id of the provider that answered; empty if none did.
    pub provider: &'a str,
    /// Model name sent to it; may be empty.
    pub upstream_model: &'a str,
    /// Status the caller saw.
    pub status: u16,
    /// Why it failed.
    pub kind: Option<Kind>,
    /// From the request's first byte to the answer's last.
    pub took: Duration,
    /// Our own share of the time until the answer began.
    pub added: Duration,
    /// Until the answer's first byte.
    pub first_byte: Option<Duration>,
    /// Targets that were asked.
    pub attempts: u8,
    /// What came of asking a second target beside the first; empty if none was.
    pub hedged: &'a str,
    /// Configured id of the provider that was late.
    pub late_provider: &'a str,
    /// Configured id of the provider that was asked second.
    pub hedge_provider: &'a str,
    /// Whether the answer was a stream.
    pub is_streaming: bool,
    /// It was answered with what was kept of an earlier one.
    pub is_replay: bool,
    /// What it made of kept answers, in one word; empty where none are kept.
    pub cache: &'a str,
    /// Size of the request body.
    pub bytes_in: u64,
    /// Size of the answer body.
    pub bytes_out: u64,
    /// Tokens, where the provider told, or as they were counted here.
    pub usage: Option<Usage>,
    /// What it cost, where that is known.
    pub cost: Option<CostLine>,
    /// Something that was used has no price.
    pub is_unpriced: bool,
    /// The same by the models that used them, where there were several.
    pub usage_by_model: &'a [ModelUsage],
    /// Who gave which part of an answer that broke off and was gone on with; empty for all others.
    pub segments: &'a [SegmentLine<'a>],
    /// Which limit refused the call; empty if none did.
    pub limit: &'a str,
    /// What of the request could not be carried to the provider, as short codes.
    pub warnings: &'a str,
}

/// What a call cost.
#[derive(Clone, Copy, Debug)]
pub struct CostLine {
    /// What its caller pays.
    pub price: Money,
    /// By the price of who served it.
    pub list: Money,
    /// In which currency.
    pub currency: Currency,
    /// By which version of the prices.
    pub version: u32,
}

/// A part of an answer that several targets gave.
#[derive(Clone, Copy, Debug)]
pub struct SegmentLine<'a> {
    /// Configured id of the provider that gave it.
    pub provider: &'a str,
    /// Model name sent to it.
    pub model: &'a str,
    /// Its tokens, as the provider told, or as they were counted here.
    pub usage: Usage,
}

impl RequestLine<'_> {
    /// Failures outlive successes when the log cannot keep up.
    pub(crate) const fn is_failure(&self) -> bool {
        self.kind.is_some() || self.status >= 400
    }

    pub(crate) const fn level(&self) -> Level {
        match self.status {
            500.. => Level::Error,
            _ if self.is_failure() => Level::Warn,
            _ => Level::Info,
        }
    }

    pub(crate) fn path_shown(&self) -> &str {
        let end = self.path.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(self.path.len());
        bounded(&self.path[..end], PATH_BYTES_MAX)
    }
}
