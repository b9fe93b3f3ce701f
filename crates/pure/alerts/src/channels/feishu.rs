//! Custom bots of Feishu and of Lark: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot. A bot with a secret wants the HMAC of
//! nothing under the time, a line feed and the secret.

use domain::{Secret, Timestamp, base64};
use serde_json::json;

use crate::channel::Address;
use crate::exchange::{Ask, Mac};
use crate::notice::Notice;
use crate::words::text;

/// A body may have 20 KB.
const CHARS_MAX: usize = 4_000;
/// Codes of refusals that pass: too many messages, system busy.
pub(crate) const PASSING: &[i64] = &[9499, 11_232, 11_233];

pub(crate) fn ask(
    address: &Address,
    notice: &Notice,
    secret: Option<&Secret>,
    now: Timestamp,
    mac: Mac,
) -> Ask {
    let mut body = json!({ "msg_type": "text", "content": { "text": text(notice, CHARS_MAX) } });
    if let Some(secret) = secret {
        let seconds = now.unix_seconds();
        let key = format!("{seconds}\n{}", secret.expose());
        body["timestamp"] = seconds.to_string().into();
        body["sign"] = base64(&mac(key.as_bytes(), b"")).into();
    }
    Ask { base: address.base().clone(), rest: address.rest(""), headers: Vec::new(), body: body.to_string() }
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
    fn a_bot_with_a_secret_is_sent_its_signature() {
        let address = Address::parse("https://open.example/open-apis/bot/v2/hook/x").unwrap();
        let told = crate::words::text(&notice(Event::Raised), 4000);
        let (_, plain) = sent(&ask(&address, &notice(Event::Raised), None, NOW, mac));
        assert_eq!(plain, json!({ "msg_type": "text", "content": { "text": told } }));
        let secret = Secret::new("shh".to_owned());
        let (to, signed) = sent(&ask(&address, &notice(Event::Raised), Some(&secret), NOW, mac));
        assert_eq!(to, "https://open.example/open-apis/bot/v2/hook/x");
        assert_eq!(signed["timestamp"], "1700000000");
        assert_eq!(signed["sign"], base64(&mac(b"1700000000\nshh", b"")));
    }
}
