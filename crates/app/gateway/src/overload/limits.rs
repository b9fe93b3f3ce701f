//! What bounds the requests of one provider, made of its configuration. Who is inside is kept over reloads.

use std::sync::Arc;

use config::Provider;
use routing::health::ProviderHealth;
use routing::overload::{Gate, Limited};

use crate::serving::{ServedLine, ServedProvider};

/// What bounds a provider, and what each of its ways.
pub(crate) struct LimitsOf {
    pub(crate) provider: Option<Limited>,
    pub(crate) ways: Vec<Option<Limited>>,
}

/// The limits of a provider; `before` is the same provider in the generation before.
pub(crate) fn limits_of(
    provider: &Provider,
    ways: &[ServedLine],
    before: Option<(&ServedProvider, &ProviderHealth)>,
) -> LimitsOf {
    let kept = before.and_then(|(_, health)| health.limit.as_ref());
    let limit = provider.concurrent_max.map(|max| Limited { gate: gate(kept), max });
    if provider.lines.iter().all(|line| line.concurrent_max.is_none()) {
        return LimitsOf { provider: limit, ways: Vec::new() };
    }
    let lines = provider.lines.len();
    let mut limits: Vec<Option<Limited>> = Vec::with_capacity(ways.len());
    for (place, way) in ways.iter().enumerate() {
        let limit = match place.checked_sub(lines) {
            // The same line with another key.
            Some(first) => limits[first].clone(),
            None => provider.lines[place]
                .concurrent_max
                .map(|max| Limited { gate: gate(kept_of_line(way, before)), max }),
        };
        limits.push(limit);
    }
    LimitsOf { provider: limit, ways: limits }
}

fn kept_of_line<'a>(
    way: &ServedLine,
    before: Option<(&ServedProvider, &'a ProviderHealth)>,
) -> Option<&'a Limited> {
    let (provider, health) = before?;
    let place = provider.lines.iter().position(|known| known.line.id() == way.line.id())?;
    health.line_limits.get(place)?.as_ref()
}

fn gate(kept: Option<&Limited>) -> Arc<Gate> {
    kept.map(|kept| kept.gate.clone()).unwrap_or_default()
}
