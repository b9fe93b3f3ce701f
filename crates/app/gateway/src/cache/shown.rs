//! The cache as operators see it.

use observe::Gauge;
use serde_json::{Map, Value, json};

use super::part::CacheState;
use super::room::AnswerCache;

impl AnswerCache {
    /// For the admin API. Amounts are texts: a float would not hold them.
    pub(crate) fn shown(&self, is_used: bool) -> Value {
        let (entries, bytes, bytes_max) = self.sizes();
        let tally = &self.tally;
        let saved: Map<String, Value> = tally
            .saved_money()
            .map(|(currency, amount)| (currency.code().to_owned(), amount.to_string().into()))
            .collect();
        json!({
            "is_on": is_used,
            "entries": entries,
            "bytes": bytes,
            "bytes_max": bytes_max,
            "hits": tally.of(CacheState::Hit),
            "hits_that_waited": tally.waited(),
            "misses": tally.of(CacheState::Miss),
            "refreshes": tally.of(CacheState::Refresh),
            "bypasses": tally.of(CacheState::Bypass),
            "stored": tally.stored(),
            "saved_ms": u64::try_from(tally.saved_time().as_millis()).unwrap_or(u64::MAX),
            "saved": saved,
        })
    }

    /// For the metrics.
    pub(crate) fn gauges(&self, is_used: bool) -> Vec<Gauge> {
        if !is_used {
            return Vec::new();
        }
        let gauge = |name, help, value: f64| Gauge { name, help, labels: Vec::new(), value };
        let (entries, bytes, _) = self.sizes();
        let tally = &self.tally;
        let states = CacheState::ALL.map(|state| Gauge {
            labels: vec![("state", state.name().to_owned())],
            ..gauge(
                "ai_gateway_cache_requests_total",
                "Requests whose answers may be kept for whoever asks the same, by what they got.",
                tally.of(state) as f64,
            )
        });
        let mut gauges = states.to_vec();
        gauges.extend([
            gauge(
                "ai_gateway_cache_entries",
                "Answers that are kept for whoever asks the same.",
                entries as f64,
            ),
            gauge("ai_gateway_cache_bytes", "Memory that these answers take.", bytes as f64),
            gauge(
                "ai_gateway_cache_waited_total",
                "Requests that waited for the answer to the same request of another.",
                tally.waited() as f64,
            ),
            gauge(
                "ai_gateway_cache_saved_seconds_total",
                "Time that kept answers had taken when they were asked for.",
                tally.saved_time().as_secs_f64(),
            ),
        ]);
        gauges.extend(tally.saved_money().map(|(currency, amount)| Gauge {
            labels: vec![("currency", currency.code().to_owned())],
            ..gauge(
                "ai_gateway_cache_saved_cost_total",
                "What providers would have been paid for kept answers.",
                amount.nano() as f64 / domain::NANO as f64,
            )
        }));
        gauges
    }
}
