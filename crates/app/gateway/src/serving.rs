//! The configuration as the data plane uses it: names turned into header values, lines ready to be dialled.

use std::sync::Arc;

use config::{Limits, MetricsAccess, Snapshot, Timeouts};
use dialects::openai_chat::ErrorCodes;
use domain::Secret;
use http::HeaderValue;
use routing::Routes;
use upstream::{Line, LineOptions};

/// Idle connections that each worker keeps for a line. Enough for bursts; what is not used again closes by age.
const IDLE_CONNECTIONS_MAX: usize = 256;
/// How long they are kept: less than the 60 s after which common servers close theirs.
const IDLE_LIMIT: std::time::Duration = std::time::Duration::from_secs(55);

/// One immutable generation of settings. A new one replaces it whole; running calls keep what they hold of the old.
#[derive(Debug)]
pub struct Serving {
    pub(crate) region: HeaderValue,
    pub(crate) providers: Vec<Arc<ServedProvider>>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) timeouts: Arc<Timeouts>,
    pub(crate) errors: ErrorCodes,
    pub(crate) key_prefix: String,
    /// Where a caller can look after his keys, if the gateway knows its own address.
    pub(crate) keys_url: Option<String>,
    pub(crate) metrics_key: Option<Secret>,
    pub(crate) are_metrics_open: bool,
}

/// A provider as calls see it.
#[derive(Debug)]
pub(crate) struct ServedProvider {
    /// Place in the configuration, and in the metrics.
    pub(crate) slot: u16,
    pub(crate) id: HeaderValue,
    pub(crate) lines: Vec<ServedLine>,
}

/// A line, and the region it leads to as a header value.
#[derive(Debug)]
pub(crate) struct ServedLine {
    pub(crate) line: Arc<Line>,
    pub(crate) region: Option<HeaderValue>,
}

impl ServedProvider {
    pub(crate) fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }
}

impl Serving {
    /// Prepares a checked configuration; `Err` names what cannot be used. Lines that are as before are kept, and so
    /// are their open connections.
    pub fn new(snapshot: &Snapshot, before: Option<&Self>) -> Result<Self, String> {
        let mut slot = 0;
        let mut providers = Vec::with_capacity(snapshot.providers.len());
        for (place, provider) in (0..).zip(snapshot.providers.iter()) {
            let mut lines = Vec::with_capacity(provider.lines.len());
            for line in &provider.lines {
                let options = LineOptions {
                    provider: place,
                    slot,
                    base: line.base_url.clone(),
                    region: line.region.clone(),
                    credential: provider.credentials.first().map(|credential| credential.secret.clone()),
                    connect_limit: snapshot.timeouts.connect,
                    idle_connections_max: IDLE_CONNECTIONS_MAX,
                    idle_limit: IDLE_LIMIT,
                };
                slot += 1;
                let region = line.region.as_deref().map(header_value).transpose()?;
                lines.push(ServedLine {
                    line: keep_or_make(options, before)
                        .map_err(|why| format!("providers.{}: {why}", provider.id))?,
                    region,
                });
            }
            providers.push(Arc::new(ServedProvider { slot: place, id: header_value(&provider.id)?, lines }));
        }
        Ok(Self {
            region: header_value(&snapshot.region)?,
            providers,
            routes: snapshot.routes.clone(),
            limits: snapshot.limits.clone(),
            timeouts: snapshot.timeouts.clone(),
            errors: match snapshot.errors.code {
                config::ErrorCode::Text => ErrorCodes::Text,
                config::ErrorCode::Numeric => ErrorCodes::Numeric,
            },
            key_prefix: snapshot.keys.prefix.clone(),
            keys_url: snapshot.public_url.as_ref().map(|url| format!("{url}/dashboard/api-keys")),
            metrics_key: snapshot.metrics.key.as_ref().map(|key| key.secret.clone()),
            are_metrics_open: matches!(snapshot.metrics.access, MetricsAccess::Open),
        })
    }
}

fn keep_or_make(options: LineOptions, before: Option<&Serving>) -> Result<Arc<Line>, String> {
    let lines_before =
        before.iter().flat_map(|serving| &serving.providers).flat_map(|provider| &provider.lines);
    match lines_before.map(|served| &served.line).find(|line| *line.options() == options) {
        Some(line) => Ok(line.clone()),
        None => Line::new(options),
    }
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| format!("'{text}' has a character that no header may carry"))
}
