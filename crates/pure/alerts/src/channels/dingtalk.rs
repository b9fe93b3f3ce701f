//! Custom robots of DingTalk: open.dingtalk.com/document/robots/custom-robot-access. A robot with a secret wants the HMAC of the time,
//! a line feed and the secret, under the secret, in the query.

use domain::{Secret, Timestamp, base64};
use serde_json::json;

use crate::channel::Address;
use crate::exchange::{Ask, Mac};
use crate::notice::Notice;
use crate::words::text;

/// A body may have 20,000 bytes.
const CHARS_MAX: usize = 4_000;
/// Codes of refusals that pass: system busy, too many messages.
pub(crate) const PASSING: &[i64] = &[-1, 130_101, 130_102, 410_100];

pub(crate) fn ask(
    address: &Address,
    notice: &Notice,
    secret: Option<&Secret>,
    now: Timestamp,
    mac: Mac,
) -> Ask {
    let body = json!({ "msgtype": "text", "text": { "content": text(notice, CHARS_MAX) } }).to_string();
    let signed = secret.map_or_else(String::new, |secret| {
        let (ms, secret) = (now.unix_ms(), secret.expose());
        let tag = base64(&mac(secret.as_bytes(), format!("{ms}\n{secret}").as_bytes()));
        // Of base64 only these would mean something else in a query.
        let tag = tag.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("timestamp={ms}&sign={tag}")
    });
    Ask { base: address.base().clone(), rest: address.rest(&signed), headers: Vec::new(), body }
}

#[cfg(test)]
mod tests {
    use domain::{Secret, base64};
    use serde_json::json;

    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{NOW, mac, notice, sent};
    use crate::notice::Event;

    #[test]
    fn a_robot_with_a_secret_has_its_signature_in_the_query() {
        let address = Address::parse("https://oapi.example/robot/send?access_token=x").unwrap();
        let told = crate::words::text(&notice(Event::Raised), 4000);
        let (to, body) = sent(&ask(&address, &notice(Event::Raised), None, NOW, mac));
        assert_eq!(to, "https://oapi.example/robot/send?access_token=x");
        assert_eq!(body, json!({ "msgtype": "text", "text": { "content": told } }));
        let secret = Secret::new("SEC1".to_owned());
        let (to, _) = sent(&ask(&address, &notice(Event::Raised), Some(&secret), NOW, mac));
        let tag = base64(&mac(b"SEC1", b"1700000000000\nSEC1"));
        let tag = tag.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        assert_eq!(
            to,
            format!("https://oapi.example/robot/send?access_token=x&timestamp=1700000000000&sign={tag}")
        );
    }
}
