//! `limits`: how much of everything. A limit that is not here is a constant beside the code that keeps it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::providers::Provider;
use super::rates::{self, BundleSection, Rates};
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::problem::Report;

/// Largest request body unless configured.
pub const BODY_BYTES_MAX: u64 = 32 << 20;
/// Largest upload unless configured: as much as the largest that providers take, and room for it to grow.
pub const UPLOAD_BYTES_MAX: u64 = 100 << 20;
/// Disk for all uploads together unless configured.
pub const SPOOL_BYTES_MAX: u64 = 4 << 30;
/// Largest head of a request unless configured.
pub const HEAD_BYTES_MAX: u32 = 64 << 10;
/// Most headers of a request unless configured.
pub const HEADERS_MAX: u16 = 100;
/// Largest list of headers of an HTTP/2 request unless configured.
pub const HTTP2_HEADER_BYTES_MAX: u32 = 16 << 10;
/// Most requests at once on one HTTP/2 connection unless configured.
pub const HTTP2_STREAMS_MAX: u32 = 128;
/// Most connections of callers unless configured.
pub const CONNECTIONS_MAX: u32 = 16_384;
/// Largest answer that is not streamed unless configured.
pub const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// The cap on output where a caller sets none and the provider wants one, unless configured.
pub const OUTPUT_TOKENS_DEFAULT: u32 = 8192;
/// Most targets asked for one request unless configured.
pub const ATTEMPTS_MAX: u8 = 3;

/// Most callers that wait for room unless configured.
pub const QUEUE_MAX: u32 = 1024;
/// How long each of them waits unless configured.
pub const QUEUE_WAIT_MS: u32 = 2000;
/// Most calls that wait at limits of use unless configured.
const WAITING_MAX: u32 = 10_000;
/// Most of these of one organisation unless configured.
const WAITING_PER_ORGANISATION_MAX: u32 = 1000;

/// How much of everything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    /// Largest request body, in bytes; a larger one is answered 413.
    #[schemars(range(min = 1024, max = 1_073_741_824_u64))]
    body_bytes_max: u64,
    /// Memory for all request bodies together, in bytes; when it is full, requests wait a little and are then
    /// answered 503. Default: 128 MiB, or a quarter of the memory limit if that is less.
    #[schemars(range(min = 65_536))]
    body_memory_bytes_max: Option<u64>,
    /// Largest upload (a form with recordings or pictures), in bytes; a larger one is answered 413. What does not fit into
    /// the memory for bodies, or is larger than `body_bytes_max`, lies in a file without a name until the call ends.
    #[schemars(range(min = 1024, max = 4_294_967_296_u64))]
    upload_bytes_max: u64,
    /// Disk for all uploads together, in bytes; when it is full, uploads are answered 503.
    #[schemars(range(min = 65_536))]
    spool_bytes_max: u64,
    /// Largest request line with all headers, in bytes (HTTP/1.1).
    #[schemars(range(min = 8192, max = 1_048_576))]
    head_bytes_max: u32,
    /// Most headers of one request (HTTP/1.1).
    #[schemars(range(min = 16, max = 1000))]
    headers_max: u16,
    /// Largest list of headers of one request, in bytes (HTTP/2).
    #[schemars(range(min = 4096, max = 1_048_576))]
    http2_header_bytes_max: u32,
    /// Most requests at once on one connection (HTTP/2).
    #[schemars(range(min = 1, max = 250))]
    http2_streams_max: u32,
    /// Most connections of callers at once; further ones are closed at once.
    #[schemars(range(min = 1, max = 1_000_000))]
    connections_max: u32,
    /// Largest answer that is not streamed, in bytes.
    #[schemars(range(min = 65_536, max = 1_073_741_824_u64))]
    answer_bytes_max: u64,
    /// The cap on generated tokens for callers who set none, sent to providers that want one.
    #[schemars(range(min = 1, max = 1_000_000))]
    output_tokens_default: u32,
    /// Most targets asked for one request, the first included; another line or credential of a provider is another
    /// target.
    #[schemars(range(min = 1, max = 10))]
    attempts_max: u8,
    /// Most calls at once, from the key to the last byte of the answer; further ones wait. Default: what open descriptors
    /// and memory allow.
    #[schemars(range(min = 1, max = 1_000_000))]
    concurrent_max: Option<u32>,
    /// Most callers that wait for room, here or at targets that have all they may have; further ones are answered 503.
    #[schemars(range(max = 1_000_000))]
    queue_max: u32,
    /// How long each of them waits, in milliseconds. Who would wait longer is answered 503 at once.
    #[schemars(range(max = 600_000))]
    queue_wait_ms: u32,
    /// Most calls that wait their turn at limits of use (`on_limit: queue`), at all of them together; further ones are answered
    /// 429 at once. 0: nobody waits.
    #[schemars(range(max = 1_000_000))]
    waiting_max: u32,
    /// Most of these of one organisation.
    #[schemars(range(max = 1_000_000))]
    waiting_per_organisation_max: u32,
    /// Named bundles of limits, for those who are on them: keys, projects, organisations. `default` is that of new keys; it is
    /// always there.
    plans: Option<Named<BundleSection>>,
    /// Limits of all calls for a model together, by the name that callers ask for.
    models: Option<Named<BundleSection>>,
    /// Limits of what each provider is asked with each of its credentials, by the provider's id. Where they are reached,
    /// somebody else is asked.
    providers: Option<Named<BundleSection>>,
    /// Limits of each end user of a project, by the names that callers give them (`x-bellwether-user`, and in the body
    /// `safety_identifier`, `user` or Anthropic's `metadata.user_id`).
    end_users: Option<BundleSection>,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            body_bytes_max: BODY_BYTES_MAX,
            body_memory_bytes_max: None,
            upload_bytes_max: UPLOAD_BYTES_MAX,
            spool_bytes_max: SPOOL_BYTES_MAX,
            head_bytes_max: HEAD_BYTES_MAX,
            headers_max: HEADERS_MAX,
            http2_header_bytes_max: HTTP2_HEADER_BYTES_MAX,
            http2_streams_max: HTTP2_STREAMS_MAX,
            connections_max: CONNECTIONS_MAX,
            answer_bytes_max: ANSWER_BYTES_MAX,
            output_tokens_default: OUTPUT_TOKENS_DEFAULT,
            attempts_max: ATTEMPTS_MAX,
            concurrent_max: None,
            queue_max: QUEUE_MAX,
            queue_wait_ms: QUEUE_WAIT_MS,
            waiting_max: WAITING_MAX,
            waiting_per_organisation_max: WAITING_PER_ORGANISATION_MAX,
            plans: None,
            models: None,
            providers: None,
            end_users: None,
        }
    }
}

/// How much of everything. Sizes in memory are `usize`: they bound buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Memory for all request bodies together; `None` is derived from the memory limit at start.
    pub body_memory_bytes_max: Option<usize>,
    /// Largest upload.
    pub upload_bytes_max: usize,
    /// Disk for all uploads together.
    pub spool_bytes_max: usize,
    /// Largest request line with all headers (HTTP/1.1).
    pub head_bytes_max: usize,
    /// Most headers of one request (HTTP/1.1).
    pub headers_max: usize,
    /// Largest list of headers of one request (HTTP/2).
    pub http2_header_bytes_max: u32,
    /// Most requests at once on one connection (HTTP/2).
    pub http2_streams_max: u32,
    /// Most connections of callers at once.
    pub connections_max: usize,
    /// Largest answer that is not streamed.
    pub answer_bytes_max: usize,
    /// The cap on output for callers who set none, where the provider wants one.
    pub output_tokens_default: u32,
    /// Most targets asked for one request, the first included.
    pub attempts_max: usize,
    /// Most calls at once; `None` is derived from descriptors and memory at start.
    pub concurrent_max: Option<u32>,
    /// Most callers that wait for room.
    pub queue_max: u32,
    /// How long each of them waits.
    pub queue_wait: Duration,
    /// Most calls that wait at limits of use, at all of them together.
    pub waiting_max: u32,
    /// Most of these of one organisation.
    pub waiting_per_organisation_max: u32,
    /// How fast and how much at once, by plans, models, credentials and end users.
    pub rates: Rates,
}

pub(crate) fn check(section: Option<LimitsSection>, providers: &[Provider], report: &mut Report) -> Limits {
    let section = section.unwrap_or_default();
    if let Some(memory) = section.body_memory_bytes_max
        && memory < section.body_bytes_max
    {
        let path = KeyPath::default().key("limits").key("body_memory_bytes_max");
        let message = format!("must hold at least one body of body_bytes_max ({})", section.body_bytes_max);
        report.add(&path, memory.to_string(), message, None);
    }
    if section.spool_bytes_max < section.upload_bytes_max {
        let path = KeyPath::default().key("limits").key("spool_bytes_max");
        let message =
            format!("must hold at least one upload of upload_bytes_max ({})", section.upload_bytes_max);
        report.add(&path, section.spool_bytes_max.to_string(), message, None);
    }
    let wishes = (section.plans, section.models, section.providers, section.end_users);
    let rates = rates::check(wishes, providers, report);
    Limits {
        body_bytes_max: bytes(section.body_bytes_max),
        body_memory_bytes_max: section.body_memory_bytes_max.map(bytes),
        upload_bytes_max: bytes(section.upload_bytes_max),
        spool_bytes_max: bytes(section.spool_bytes_max),
        head_bytes_max: bytes(section.head_bytes_max.into()),
        headers_max: section.headers_max.into(),
        http2_header_bytes_max: section.http2_header_bytes_max,
        http2_streams_max: section.http2_streams_max,
        connections_max: bytes(section.connections_max.into()),
        answer_bytes_max: bytes(section.answer_bytes_max),
        output_tokens_default: section.output_tokens_default,
        attempts_max: section.attempts_max.into(),
        concurrent_max: section.concurrent_max,
        queue_max: section.queue_max,
        queue_wait: Duration::from_millis(section.queue_wait_ms.into()),
        waiting_max: section.waiting_max,
        waiting_per_organisation_max: section.waiting_per_organisation_max,
        rates,
    }
}

/// More than the machine can address is as much as it can address.
fn bytes(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
