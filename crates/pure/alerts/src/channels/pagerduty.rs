//! PagerDuty's Events API, version 2: developer.pagerduty.com/docs/events-api-v2-overview. Each alert is an event of its own, known
//! by its key, so that what is over resolves what began.

use domain::{BaseUrl, Secret, Timestamp};
use serde_json::json;

use crate::exchange::Ask;
use crate::notice::{Event, Notice};
use crate::rule::Severity;
use crate::words::shortened;

/// Longest summary and longest key that are taken.
const SUMMARY_CHARS_MAX: usize = 1_024;
const KEY_CHARS_MAX: usize = 255;

pub(crate) fn ask(base: &BaseUrl, routing_key: &Secret, notice: &Notice) -> Ask {
    // Notices are taken apart before: there is one.
    let body = notice.items.first().map_or_else(String::new, |item| {
        let key = shortened(&format!("{}/{}", notice.service, item.key()), KEY_CHARS_MAX);
        if item.event == Event::Resolved {
            return json!({ "routing_key": routing_key.expose(), "event_action": "resolve", "dedup_key": key })
                .to_string();
        }
        let severity = match item.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        };
        let summary = match item.event {
            Event::Test => item.summary.clone(),
            _ => format!("{}: {}", item.rule.title(), item.summary),
        };
        json!({
            "routing_key": routing_key.expose(),
            "event_action": "trigger",
            "dedup_key": key,
            "payload": {
                "summary": shortened(&summary, SUMMARY_CHARS_MAX),
                "source": notice.service,
                "severity": severity,
                "timestamp": Timestamp(item.raised_at_ms).rfc3339(),
                "component": item.subject,
                "class": item.rule.name(),
                "custom_details": { "advice": item.advice(), "details": item.details },
            },
        })
        .to_string()
    });
    Ask { base: base.clone(), rest: "/v2/enqueue".to_owned(), headers: Vec::new(), body }
}

#[cfg(test)]
mod tests {
    use domain::{BaseUrl, Secret};
    use serde_json::json;

    use super::ask;
    use crate::channels::samples::{notice, sent};
    use crate::notice::Event;
    use crate::rule::Rule;

    #[test]
    fn what_is_over_resolves_what_began() {
        let base = BaseUrl::parse("https://events.example").unwrap();
        let key = Secret::new("R0UTE".to_owned());
        let (to, began) = sent(&ask(&base, &key, &notice(Event::Raised)));
        assert_eq!(to, "https://events.example/v2/enqueue");
        assert_eq!(
            began,
            json!({
                "routing_key": "R0UTE",
                "event_action": "trigger",
                "dedup_key": "bellwether/provider_down:north",
                "payload": {
                    "summary": "provider down: every line of the provider north is left alone",
                    "source": "bellwether",
                    "severity": "critical",
                    "timestamp": "2023-11-14T22:10:20.000Z",
                    "component": "north",
                    "class": "provider_down",
                    "custom_details": {
                        "advice": Rule::ProviderDown.advice("north"),
                        "details": null,
                    },
                },
            })
        );
        let (_, over) = sent(&ask(&base, &key, &notice(Event::Resolved)));
        assert_eq!(
            over,
            json!({
                "routing_key": "R0UTE",
                "event_action": "resolve",
                "dedup_key": "bellwether/provider_down:north",
            })
        );
    }
}
