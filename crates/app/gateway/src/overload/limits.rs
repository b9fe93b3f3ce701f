//! What bounds the requests of one provider, made of its configuration. Who is inside is kept over reloads.

use std::sync::Arc;

use config::Provider;
use routing::health::ProviderHealth;
use routing::overload::{Gate, Limited};

/// What bounds a provider, and what each of its ways.
pub(crate) struct LimitsOf {
    pub(crate) provider: Option<Limited>,
    pub(crate) ways: Vec<Option<Limited>>,
}

/// A provider in the generation before, and the ids of its ways.
pub(crate) struct Before<'a> {
    pub(crate) health: &'a ProviderHealth,
    pub(crate) ways: Vec<u64>,
}

/// The limits of a provider with ways of these ids.
pub(crate) fn limits_of(provider: &Provider, ways: &[u64], before: Option<&Before<'_>>) -> LimitsOf {
    let kept = before.and_then(|before| before.health.limit.as_ref());
    let limit = provider.concurrent_max.map(|max| Limited { gate: gate(kept), max });
    if provider.lines.iter().all(|line| line.concurrent_max.is_none()) {
        return LimitsOf { provider: limit, ways: Vec::new() };
    }
    let lines = provider.lines.iter().zip(ways).map(|(line, way)| {
        let kept = before.and_then(|before| before.limit_of(*way));
        line.concurrent_max.map(|max| Limited { gate: gate(kept), max })
    });
    let lines: Vec<Option<Limited>> = lines.collect();
    // The same lines with each key.
    LimitsOf { provider: limit, ways: lines.iter().cycle().take(ways.len()).cloned().collect() }
}

impl Before<'_> {
    fn limit_of(&self, way: u64) -> Option<&Limited> {
        let place = self.ways.iter().position(|known| *known == way)?;
        self.health.line_limits.get(place)?.as_ref()
    }
}

fn gate(kept: Option<&Limited>) -> Arc<Gate> {
    kept.map(|kept| kept.gate.clone()).unwrap_or_default()
}
