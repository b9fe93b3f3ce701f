//! `accounts.low_balance_webhook`: one message for each account that has become low, in the words it had before there were other
//! channels.

use domain::{Secret, Timestamp};
use serde_json::json;

use super::signature::{HEADER, signature};
use crate::channel::Address;
use crate::exchange::{Ask, Mac};
use crate::notice::{Event, Notice};

pub(crate) fn ask(
    address: &Address,
    secret: &Secret,
    (notice, number): (&Notice, i64),
    now: Timestamp,
    mac: Mac,
) -> Ask {
    let account = notice.items.first().map(|item| &item.details);
    let is_test = notice.items.iter().any(|item| item.event == Event::Test);
    let body = json!({
        "id": super::webhook::id("low", notice, number, now),
        "event": if is_test { "test" } else { "account.low_balance" },
        "at": now.rfc3339(),
        "account": account,
    })
    .to_string();
    let headers = vec![(HEADER, signature(secret, now, &body, mac))];
    Ask { base: address.base().clone(), rest: address.rest(""), headers, body }
}

#[cfg(test)]
mod tests {
    use domain::Secret;
    use serde_json::json;

    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{NOW, mac, notice, sent};
    use crate::notice::Event;

    #[test]
    fn the_account_is_told_as_it_is_shown() {
        let mut low = notice(Event::Raised);
        low.items[0].details = json!({ "number": 1, "balance": "9.5" });
        let (address, secret) =
            (Address::parse("http://hooks.example/low").unwrap(), Secret::new("shh".to_owned()));
        let asked = ask(&address, &secret, (&low, 7), NOW, mac);
        let (to, body) = sent(&asked);
        assert_eq!(to, "http://hooks.example/low");
        assert_eq!(
            body,
            json!({
                "id": "low:7",
                "event": "account.low_balance",
                "at": "2023-11-14T22:13:20.000Z",
                "account": { "number": 1, "balance": "9.5" },
            })
        );
        assert!(asked.headers[0].1.starts_with("t=1700000000,v1="));
    }
}
