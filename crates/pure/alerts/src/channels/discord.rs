//! Discord's webhooks: discord.com/developers/docs/resources/webhook#execute-webhook.

use serde_json::json;

use crate::channel::Address;
use crate::exchange::Ask;
use crate::notice::Notice;
use crate::words::text;

/// More is refused.
const CHARS_MAX: usize = 2_000;

pub(crate) fn ask(address: &Address, notice: &Notice) -> Ask {
    // Nobody is called by what stands in a name.
    let body = json!({ "content": text(notice, CHARS_MAX), "allowed_mentions": { "parse": [] } });
    Ask { base: address.base().clone(), rest: address.rest(""), headers: Vec::new(), body: body.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{notice, sent};
    use crate::notice::Event;

    #[test]
    fn a_message_calls_nobody() {
        let address = Address::parse("https://chat.example/api/webhooks/1/x?thread_id=7").unwrap();
        let (to, body) = sent(&ask(&address, &notice(Event::Raised)));
        assert_eq!(to, "https://chat.example/api/webhooks/1/x?thread_id=7");
        let content = crate::words::text(&notice(Event::Raised), 4000);
        assert_eq!(body, json!({ "content": content, "allowed_mentions": { "parse": [] } }));
    }
}
