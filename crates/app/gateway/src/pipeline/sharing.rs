//! An answer that is kept, while it passes, for whoever asks the same. It is never held up for that. What does not come to its
//! end, or may not be told again, is not kept.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use dialects::Dialect;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::cache::{CachedAnswer, Fill};
use crate::clock::wall_clock;
use crate::gateway::Gateway;
use crate::limiting::LIMIT_WARNING;
use crate::pipeline::flow::Flow;
use crate::pipeline::gathered::Gathered;
use crate::pipeline::relay::BrokenOff;
use crate::pipeline::tellable::is_tellable;

const WARNINGS: &str = "x-bellwether-warnings";
/// What is told again of a head, besides what has the type of the body. All else is of the call that asked.
const HEADERS_TOLD: [&str; 5] =
    ["x-accel-buffering", "x-bellwether-model", "x-bellwether-provider", "x-bellwether-region", WARNINGS];

/// An answer on its way, and what has passed of it.
#[derive(Debug)]
pub(crate) struct Sharing {
    flow: Flow,
    /// Nothing once it is settled that the answer is not kept.
    fill: Option<Fill>,
    gathered: Gathered,
    /// So much of it is kept.
    kept_bytes: Option<usize>,
    asked: AnswerFacts,
    /// What is told again of its head.
    headers: Vec<(HeaderName, HeaderValue)>,
    is_stream: bool,
    gateway: Arc<Gateway>,
}

/// What was asked, by whom and when.
#[derive(Debug)]
pub(super) struct AnswerFacts {
    pub(super) dialect: Dialect,
    /// The name that was asked for.
    pub(super) model: Box<str>,
    pub(super) project: Box<str>,
    pub(super) at: Instant,
}

impl Sharing {
    pub(super) fn new(
        flow: Flow,
        fill: Fill,
        asked: AnswerFacts,
        headers: &HeaderMap,
        gateway: Arc<Gateway>,
    ) -> Box<Self> {
        let bytes_max = gateway.serving.load().cache.settings.entry_bytes_max as usize;
        let gathered = Gathered::new(gateway.bodies.lease(), bytes_max);
        let (headers, is_stream) = (told_again(headers), flow.known_length().is_none());
        Box::new(Self {
            flow,
            fill: Some(fill),
            gathered,
            kept_bytes: None,
            asked,
            headers,
            is_stream,
            gateway,
        })
    }

    /// The next piece for the caller.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let piece = ready!(self.flow.poll_piece(cx));
        match &piece {
            Some(Ok(piece)) => self.gathered.add(piece),
            // Whoever waits asks by himself, one at a time.
            Some(Err(_)) => self.fill = None,
            None => {}
        }
        if self.fill.is_some() {
            if self.gathered.body().is_none() {
                self.give_up();
            } else if self.flow.is_told() {
                self.keep();
            }
        }
        Poll::Ready(piece)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.flow.is_end()
    }

    /// How much is to come, where that can be known.
    pub(crate) fn known_length(&self) -> Option<u64> {
        self.flow.known_length()
    }

    /// Keeps what has passed, which is all of an answer, though some white space may follow.
    fn keep(&mut self) {
        let Some(body) = self.gathered.body() else { return };
        if self.kept_bytes == Some(body.len()) {
            return;
        }
        let Some(fill) = &mut self.fill else { return };
        let spend = self.flow.spend();
        let is_tellable = is_tellable(self.asked.dialect, body, fill.tells_end, fill.rule.keeps_tool_calls);
        let (true, Some(spend)) = (is_tellable, spend) else {
            self.give_up();
            return;
        };
        let AnswerFacts { model, project, at, .. } = &self.asked;
        let answer = CachedAnswer {
            headers: self.headers.clone(),
            body: Bytes::copy_from_slice(body),
            is_stream: self.is_stream,
            made_at: wall_clock(),
            ttl: fill.rule.ttl,
            took: at.elapsed(),
            spend,
            model: model.clone(),
            project: project.clone(),
        };
        self.kept_bytes = Some(body.len());
        self.gateway.cache.keep(fill.name, answer);
        if let Some(seat) = fill.seat.take() {
            seat.end();
        }
    }

    /// It will not be kept: whoever waits for it asks by himself.
    fn give_up(&mut self) {
        if let Some(seat) = self.fill.take().and_then(|fill| fill.seat) {
            seat.end();
        }
    }
}

/// What of a head is told again.
fn told_again(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let is_told = |name: &HeaderName| {
        [CONTENT_TYPE, CACHE_CONTROL, CONTENT_LANGUAGE].contains(name)
            || HEADERS_TOLD.contains(&name.as_str())
    };
    headers
        .iter()
        .filter(|(name, _)| is_told(name))
        .filter_map(|(name, value)| {
            let is_warning = name.as_str() == WARNINGS;
            let value = if is_warning { of_the_answer(value)? } else { value.clone() };
            Some((name.clone(), value))
        })
        .collect()
}

/// What an answer is warned of; that its first caller was near a limit is nobody else's.
fn of_the_answer(warnings: &HeaderValue) -> Option<HeaderValue> {
    let codes = warnings.to_str().ok()?.split(", ").filter(|code| !code.starts_with(LIMIT_WARNING));
    let codes = codes.collect::<Vec<_>>().join(", ");
    if codes.is_empty() { None } else { HeaderValue::from_str(&codes).ok() }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{WARNINGS, told_again};

    #[test]
    fn a_caller_hears_no_warning_about_the_limits_of_another() {
        for (told, kept) in [
            ("limit_key_requests_per_minute", None),
            ("top_k, limit_key_tokens_per_minute, seed", Some("top_k, seed")),
            ("top_k", Some("top_k")),
        ] {
            let headers = HeaderMap::from_iter([(WARNINGS.parse().unwrap(), HeaderValue::from_static(told))]);
            let again = told_again(&headers);
            assert_eq!(again.first().map(|(_, value)| value.to_str().unwrap()), kept);
        }
    }
}
