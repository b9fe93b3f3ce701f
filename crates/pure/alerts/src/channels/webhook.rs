//! An address of the operator's own: everything as JSON, signed.

use domain::{Secret, Timestamp};
use serde_json::{Value, json};

use super::signature::{HEADER, signature};
use crate::channel::Address;
use crate::exchange::{Ask, Mac};
use crate::notice::{Event, Item, Notice};
use crate::words::subject;

pub(crate) fn ask(
    address: &Address,
    secret: &Secret,
    (notice, number): (&Notice, i64),
    now: Timestamp,
    mac: Mac,
) -> Ask {
    let body = json!({
        "id": id("delivery", notice, number, now),
        "event": "alerts",
        "at": now.rfc3339(),
        "service": notice.service,
        "title": subject(notice),
        "alerts": notice.items.iter().map(alert).collect::<Vec<_>>(),
    })
    .to_string();
    let headers = vec![(HEADER, signature(secret, now, &body, mac))];
    Ask { base: address.base().clone(), rest: address.rest(""), headers, body }
}

/// What a receiver takes once. A test has no number: each is another.
pub(super) fn id(kind: &str, notice: &Notice, number: i64, now: Timestamp) -> String {
    let is_test = notice.items.iter().any(|item| item.event == Event::Test);
    if is_test { format!("test:{}", now.unix_ms()) } else { format!("{kind}:{number}") }
}

fn alert(item: &Item) -> Value {
    json!({
        "key": item.key(),
        "event": item.event.name(),
        "rule": item.rule.name(),
        "subject": item.subject,
        "severity": item.severity.name(),
        "summary": item.summary,
        "details": item.details,
        "advice": item.advice(),
        "raised_at": Timestamp(item.raised_at_ms).rfc3339(),
        "resolved_at": item.resolved_at_ms.map(|at| Timestamp(at).rfc3339()),
    })
}

#[cfg(test)]
mod tests {
    use domain::Secret;
    use serde_json::json;

    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{NOW, mac, notice, sent};
    use crate::notice::{Event, Item, Notice};

    #[test]
    fn everything_is_told_and_signed() {
        let (address, secret) =
            (Address::parse("http://hooks.example").unwrap(), Secret::new("shh".to_owned()));
        let asked = ask(&address, &secret, (&notice(Event::Resolved), 7), NOW, mac);
        let (to, body) = sent(&asked);
        assert_eq!(to, "http://hooks.example/");
        assert_eq!(
            body,
            json!({
                "id": "delivery:7",
                "event": "alerts",
                "at": "2023-11-14T22:13:20.000Z",
                "service": "bellwether",
                "title": "[resolved] provider down: north",
                "alerts": [{
                    "key": "provider_down:north",
                    "event": "resolved",
                    "rule": "provider_down",
                    "subject": "north",
                    "severity": "critical",
                    "summary": "every line of the provider north is left alone",
                    "details": null,
                    "advice": null,
                    "raised_at": "2023-11-14T22:10:20.000Z",
                    "resolved_at": "2023-11-14T22:13:20.000Z",
                }],
            })
        );
        let tag: String = mac(b"shh", format!("1700000000.{}", asked.body).as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(asked.headers, [("x-bellwether-signature", format!("t=1700000000,v1={tag}"))]);
    }

    #[test]
    fn each_test_is_another_message() {
        let (address, secret) =
            (Address::parse("http://hooks.example").unwrap(), Secret::new("shh".to_owned()));
        let test = Notice { items: vec![Item::test(NOW)], ..notice(Event::Raised) };
        let (_, body) = sent(&ask(&address, &secret, (&test, 0), NOW, mac));
        assert_eq!(body["id"], "test:1700000000000");
    }
}
