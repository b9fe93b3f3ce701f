//! However many targets there are, the metrics stay readable, and nothing that is counted is lost.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use config::{Overrides, Sources};
use observe::Gauge;
use routing::Moment;
use routing::health::{How, Outcome};
use routing::overload::Bounds;

use super::{TARGETS_MAX, gauges};
use crate::serving::Serving;

const LINES: usize = 10;
const MODELS: usize = 40;

fn serving() -> Serving {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let lines: String = (0..LINES)
        .map(|line| {
            format!("      - {{ base_url: 'http://127.0.0.1:{}/v1', region: r{line} }}\n", 9000 + line)
        })
        .collect();
    let models: Vec<String> = (0..MODELS).map(|model| format!("m{model}")).collect();
    let text = format!(
        "providers:\n  many:\n    credentials: [a-made-up-key]\n    models: [{}]\n    lines:\n{lines}",
        models.join(", ")
    );
    let sources = Sources {
        text: Some(("test.yaml", &text)),
        catalog: None,
        env: &|_| None,
        env_names: Vec::new(),
        read_file: &|path: &Path| Err(format!("there is no {}", path.display())),
        stored: &|_| config::Stored::NotOpen,
        overrides: Overrides::default(),
    };
    Serving::new(&config::check(&sources).unwrap(), None).unwrap()
}

fn ask_everybody(serving: &Serving, now: Moment) {
    for way in &serving.health.providers[0].ways {
        for model in 0..MODELS {
            let place = serving.health.providers[0].models.of(&format!("m{model}"));
            let mut trying =
                way.model(place).begin(&serving.health.rules, &Bounds::NONE, false, now).unwrap();
            let how = How { took: Duration::from_millis(7), is_streaming: false, now };
            trying.ended(Outcome::Answered, how);
        }
    }
}

fn of<'g>(gauges: &'g [Gauge], name: &str) -> Vec<&'g Gauge> {
    gauges.iter().filter(|gauge| gauge.name == name).collect()
}

#[test]
fn so_many_targets_have_series_and_the_others_share_them() {
    let (serving, now) = (serving(), Moment::after_start(Duration::from_secs(5)));
    assert!(of(&gauges(&serving, now), "ai_gateway_target_attempts_total").is_empty(), "nobody was asked");
    ask_everybody(&serving, now);
    let gauges = gauges(&serving, now);
    let attempts = of(&gauges, "ai_gateway_target_attempts_total");
    assert!((TARGETS_MAX..=TARGETS_MAX + LINES).contains(&attempts.len()), "{}", attempts.len());
    let total: f64 = attempts.iter().map(|gauge| gauge.value).sum();
    assert_eq!(total as usize, LINES * MODELS);
    let by_line: f64 = of(&gauges, "ai_gateway_line_attempts_total").iter().map(|gauge| gauge.value).sum();
    assert_eq!(by_line as usize, LINES * MODELS);
    let median = of(&gauges, "ai_gateway_target_latency_seconds")[0];
    assert!((0.0069..0.0071).contains(&median.value), "{}", median.value);
}

#[test]
fn no_series_comes_twice_and_families_stay_together() {
    let (serving, now) = (serving(), Moment::after_start(Duration::from_secs(5)));
    ask_everybody(&serving, now);
    let gauges = gauges(&serving, now);
    let mut seen = HashSet::new();
    for gauge in &gauges {
        assert!(seen.insert((gauge.name, gauge.labels.clone())), "{gauge:?}");
    }
    let mut families: Vec<&str> = gauges.iter().map(|gauge| gauge.name).collect();
    families.dedup();
    assert_eq!(families.len(), families.iter().collect::<HashSet<_>>().len());
}
