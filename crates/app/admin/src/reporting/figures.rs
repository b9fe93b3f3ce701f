//! Figures as people read them. Shares and latencies are no money: they may be floats.

use store::{Count, Figures};

/// How long calls took on average, in milliseconds with two places.
pub(crate) fn average_ms(figures: &Figures) -> Option<f64> {
    let calls = figures.count(Count::Calls);
    (calls > 0).then(|| rounded_ms(figures.count(Count::TookUs) as f64 / calls as f64))
}

/// Until the first byte, on average.
pub(crate) fn average_first_byte_ms(figures: &Figures) -> Option<f64> {
    let begun = figures.count(Count::Begun);
    (begun > 0).then(|| rounded_ms(figures.count(Count::FirstByteUs) as f64 / begun as f64))
}

/// Below what 95 of 100 calls took, to within a thirty-second.
pub(crate) fn percentile_ms(figures: &Figures) -> Option<f64> {
    figures.latencies.percentile_us(95).map(|us| rounded_ms(us as f64))
}

/// From 0 to 1, with six places.
pub(crate) fn share(some: u64, all: u64) -> Option<f64> {
    const PLACES: f64 = 1e6;
    (all > 0).then(|| (some as f64 / all as f64 * PLACES).round() / PLACES)
}

/// `12.5 %`.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

fn rounded_ms(us: f64) -> f64 {
    (us / 10.0).round() / 100.0
}
