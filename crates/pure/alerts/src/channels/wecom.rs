//! Group robots of WeCom: developer.work.weixin.qq.com/document/path/91770.

use serde_json::json;

use crate::channel::Address;
use crate::exchange::Ask;
use crate::notice::Notice;
use crate::words::text_within;

/// More bytes are refused.
const BYTES_MAX: usize = 2_048;
/// Codes of refusals that pass: system busy, too many messages.
pub(crate) const PASSING: &[i64] = &[-1, 45_009];

pub(crate) fn ask(address: &Address, notice: &Notice) -> Ask {
    let content = text_within(notice, BYTES_MAX, str::len);
    let body = json!({ "msgtype": "text", "text": { "content": content } }).to_string();
    Ask { base: address.base().clone(), rest: address.rest(""), headers: Vec::new(), body }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ask;
    use crate::channel::Address;
    use crate::channels::samples::{notice, sent};
    use crate::notice::Event;

    #[test]
    fn a_text_fits_by_its_bytes() {
        let address = Address::parse("https://qy.example/cgi-bin/webhook/send?key=x").unwrap();
        let (to, body) = sent(&ask(&address, &notice(Event::Raised)));
        assert_eq!(to, "https://qy.example/cgi-bin/webhook/send?key=x");
        let told = crate::words::text(&notice(Event::Raised), 4000);
        assert_eq!(body, json!({ "msgtype": "text", "text": { "content": told } }));
        let mut long = notice(Event::Raised);
        long.items[0].summary = "余额".repeat(1000);
        let (_, body) = sent(&ask(&address, &long));
        let content = body["text"]["content"].as_str().unwrap();
        assert!((1000..=2048).contains(&content.len()), "{}", content.len());
    }
}
