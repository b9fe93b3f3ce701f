//! Telegram's bots: core.telegram.org/bots/api#sendmessage.

use domain::{BaseUrl, Secret};
use serde_json::json;

use crate::exchange::Ask;
use crate::notice::Notice;
use crate::words::text_within;

/// More units of UTF-16 are refused.
const UNITS_MAX: usize = 4_096;

pub(crate) fn ask(base: &BaseUrl, (token, chat): (&Secret, &str), notice: &Notice) -> Ask {
    let body = json!({
        "chat_id": chat,
        "text": text_within(notice, UNITS_MAX, |text| text.encode_utf16().count()),
        "link_preview_options": { "is_disabled": true },
    });
    let rest = format!("/bot{}/sendMessage", token.expose());
    Ask { base: base.clone(), rest, headers: Vec::new(), body: body.to_string() }
}

#[cfg(test)]
mod tests {
    use domain::{BaseUrl, Secret};

    use super::ask;
    use crate::channels::samples::{notice, sent};
    use crate::notice::Event;

    #[test]
    fn the_bots_token_stands_in_the_path() {
        let base = BaseUrl::parse("https://api.example").unwrap();
        let token = Secret::new("123:abc".to_owned());
        let (to, body) = sent(&ask(&base, (&token, "-100"), &notice(Event::Resolved)));
        assert_eq!(to, "https://api.example/bot123:abc/sendMessage");
        assert_eq!(body["chat_id"], "-100");
        assert!(body["text"].as_str().unwrap().starts_with("[resolved] provider down: north"));
        let mut long = notice(Event::Raised);
        long.items[0].summary = "🔥".repeat(4_000);
        let (_, body) = sent(&ask(&base, (&token, "-100"), &long));
        let units = body["text"].as_str().unwrap().encode_utf16().count();
        assert!((2_000..=4_096).contains(&units), "{units}");
    }
}
