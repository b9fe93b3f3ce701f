//! Slack's incoming webhooks: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.

use serde_json::json;

use crate::channel::Address;
use crate::exchange::Ask;
use crate::notice::Notice;
use crate::words::text;

/// Longer texts are cut off there.
const CHARS_MAX: usize = 4_000;

pub(crate) fn ask(address: &Address, notice: &Notice) -> Ask {
    // What stands between these would be a command of its markup.
    let text = text(notice, CHARS_MAX).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = json!({ "text": text }).to_string();
    Ask { base: address.base().clone(), rest: address.rest(""), headers: Vec::new(), body }
}

#[cfg(test)]
mod tests {
    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{notice, sent};
    use crate::notice::Event;

    #[test]
    fn nothing_in_a_name_is_a_command() {
        let mut notice = notice(Event::Raised);
        notice.items[0].summary = "<!channel> & co".to_owned();
        let (to, body) =
            sent(&ask(&Address::parse("https://hooks.example/services/T/B/x").unwrap(), &notice));
        assert_eq!(to, "https://hooks.example/services/T/B/x");
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("\n&lt;!channel&gt; &amp; co; since ") && !text.contains('<'), "{text}");
    }
}
