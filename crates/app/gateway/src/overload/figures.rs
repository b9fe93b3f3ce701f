//! How full everything is, for the metrics.

use observe::Gauge;
use routing::health::Crowd;

use crate::gateway::Gateway;

/// Limits, those inside, and those who wait.
pub(crate) fn gauges(gateway: &Gateway) -> Vec<Gauge> {
    let serving = gateway.serving.load();
    let admission = &gateway.admission;
    let gauge = |name, help, value: u32| Gauge { name, help, labels: Vec::new(), value: f64::from(value) };
    let mut gauges = vec![
        gauge(
            "ai_gateway_calls",
            "Calls inside: from their key to their last byte.",
            admission.entrance.active(),
        ),
        gauge("ai_gateway_calls_peak", "The most calls there ever were inside.", admission.entrance.peak()),
        gauge("ai_gateway_calls_max", "How many calls may be inside.", admission.concurrent_max(&serving)),
        gauge("ai_gateway_queue_calls", "Calls that wait for room.", admission.room.waiting()),
        gauge("ai_gateway_queue_calls_peak", "The most calls that ever waited.", admission.room.peak()),
        gauge(
            "ai_gateway_limit_queue_calls",
            "Calls that wait their turn at limits of use.",
            u32::try_from(gateway.limits.waiting()).unwrap_or(u32::MAX),
        ),
    ];
    gauges.extend(targets(gateway));
    gauges
}

/// One target's figures.
struct Row {
    labels: Vec<(&'static str, String)>,
    crowd: Crowd,
}

fn targets(gateway: &Gateway) -> Vec<Gauge> {
    let serving = gateway.serving.load();
    let mut rows = Vec::new();
    for (provider, health) in serving.providers.iter().zip(&serving.health.providers) {
        let lines = provider.line_count();
        for (way, way_health) in health.ways.iter().enumerate() {
            for (place, _) in health.models.known() {
                let Some(target) = way_health.known_model(place) else { continue };
                let labels = vec![
                    ("provider", serving.label_of(provider.id()).to_owned()),
                    ("line", (way % lines).to_string()),
                    ("credential", (way / lines).to_string()),
                ];
                add(&mut rows, labels, target.crowd(health.adaptive));
            }
        }
    }
    families(&rows)
}

/// All models of a way are counted together, for callers name them as they like; so are providers of one name.
fn add(rows: &mut Vec<Row>, labels: Vec<(&'static str, String)>, crowd: Crowd) {
    let Some(Row { crowd: known, .. }) = rows.iter_mut().find(|row| row.labels == labels) else {
        rows.push(Row { labels, crowd });
        return;
    };
    *known = Crowd {
        active: known.active + crowd.active,
        peak: known.peak.max(crowd.peak),
        waiting: known.waiting + crowd.waiting,
        learnt: known.learnt.into_iter().chain(crowd.learnt).min(),
    };
}

fn families(rows: &[Row]) -> Vec<Gauge> {
    type Of = fn(&Crowd) -> Option<u32>;
    let families: [(&'static str, &'static str, Of); 4] = [
        ("ai_gateway_target_requests", "Requests under way by a line with a credential.", |crowd| {
            Some(crowd.active)
        }),
        ("ai_gateway_target_requests_peak", "The most there ever were of one model.", |crowd| {
            Some(crowd.peak)
        }),
        ("ai_gateway_target_queue_calls", "Calls that wait for its models.", |crowd| Some(crowd.waiting)),
        (
            "ai_gateway_target_requests_learnt_max",
            "How many requests it takes at once, as its refusals have taught, of the model with the lowest limit; none where there is no limit.",
            |crowd| crowd.learnt,
        ),
    ];
    let family = |(name, help, of): (&'static str, &'static str, Of)| {
        let of = move |row: &Row| {
            Some(Gauge { name, help, labels: row.labels.clone(), value: f64::from(of(&row.crowd)?) })
        };
        rows.iter().filter_map(of).collect::<Vec<_>>()
    };
    families.into_iter().flat_map(family).collect()
}
