//! A message as a channel takes it, and what its answer means. Some answer 200 to what they refuse: the body decides.

use domain::{BaseUrl, Timestamp};
use serde_json::Value;

use crate::channel::Way;
use crate::channels;
use crate::notice::Notice;
use crate::words::shortened;

/// HMAC-SHA-256 of a message under a key.
pub type Mac = fn(&[u8], &[u8]) -> [u8; 32];

/// Longest words of a channel that are kept.
const WORDS_CHARS_MAX: usize = 300;

/// What is sent: a `POST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Where.
    pub base: BaseUrl,
    /// What follows the path of that.
    pub rest: String,
    /// Beside `content-type: application/json`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It was refused, and would be again: why, in the words of whoever did.
    Refused(String),
    /// It was not taken this time.
    Failed(String),
}

/// The message with this number for one channel; `None` where it is no exchange over HTTP.
pub fn ask(way: &Way, notice: &Notice, number: i64, now: Timestamp, mac: Mac) -> Option<Ask> {
    Some(match way {
        Way::Slack(address) => channels::slack::ask(address, notice),
        Way::Discord(address) => channels::discord::ask(address, notice),
        Way::Telegram { base, token, chat } => channels::telegram::ask(base, (token, chat), notice),
        Way::PagerDuty { base, routing_key } => channels::pagerduty::ask(base, routing_key, notice),
        Way::Feishu { address, secret } => channels::feishu::ask(address, notice, secret.as_ref(), now, mac),
        Way::DingTalk { address, secret } => {
            channels::dingtalk::ask(address, notice, secret.as_ref(), now, mac)
        }
        Way::WeCom(address) => channels::wecom::ask(address, notice),
        Way::Webhook { address, secret } => {
            channels::webhook::ask(address, secret, (notice, number), now, mac)
        }
        Way::LowBalance { address, secret } => {
            channels::low_balance::ask(address, secret, (notice, number), now, mac)
        }
        Way::Mail(_) => return None,
    })
}

/// What a channel's answer means.
pub fn outcome(way: &Way, status: u16, body: &[u8]) -> Outcome {
    let told: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let said = match own_words(&told, body) {
        words if words.is_empty() => String::new(),
        words => format!(": {}", without_secrets(&words, way)),
    };
    match status {
        200..=299 => match in_body(way, &told) {
            None | Some((0, _)) => Outcome::Taken,
            Some((code, true)) => Outcome::Failed(format!("it answered {status} with the code {code}{said}")),
            Some((code, false)) => {
                Outcome::Refused(format!("it answered {status} with the code {code}{said}"))
            }
        },
        300..=399 => Outcome::Refused(format!("it answered {status}: redirects are not followed")),
        408 | 425 | 429 | 500.. => Outcome::Failed(format!("it answered {status}{said}")),
        _ => Outcome::Refused(format!("it answered {status}{said}")),
    }
}

/// The code of an answer that calls itself a success, where there is one, and whether to try again.
fn in_body(way: &Way, told: &Value) -> Option<(i64, bool)> {
    let (code, passing): (i64, &[i64]) = match way {
        Way::Feishu { .. } => {
            (told["code"].as_i64().or(told["StatusCode"].as_i64())?, channels::feishu::PASSING)
        }
        Way::DingTalk { .. } => (told["errcode"].as_i64()?, channels::dingtalk::PASSING),
        Way::WeCom(_) => (told["errcode"].as_i64()?, channels::wecom::PASSING),
        Way::Telegram { .. } if told["ok"] == false => (told["error_code"].as_i64().unwrap_or(-1), &[]),
        _ => return None,
    };
    Some((code, passing.contains(&code)))
}

/// What an answer says in words: a field that is known to hold them, else a text that is no page.
fn own_words(told: &Value, body: &[u8]) -> String {
    const FIELDS: [&str; 6] = ["description", "errmsg", "msg", "message", "error", "StatusMessage"];
    let field = FIELDS.iter().find_map(|name| told[*name].as_str()).unwrap_or_default();
    let list = told["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let parts: Vec<&str> = std::iter::once(field).chain(list).filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() {
        return parts.join("; ");
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if told.is_null() && !text.starts_with('<') { text.to_owned() } else { String::new() }
}

/// Whoever is told a secret may tell it back.
fn without_secrets(words: &str, way: &Way) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = way.secrets().into_iter().fold(line, |line, secret| line.replace(secret, "…"));
    shortened(&clean, WORDS_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::{Outcome, Way, outcome};
    use crate::channel::Address;

    fn address() -> Address {
        Address::parse("https://chat.example/hook?key=a-secret-key").unwrap()
    }

    #[track_caller]
    fn check(way: &Way, status: u16, body: &str, expected: &Outcome) {
        assert_eq!(&outcome(way, status, body.as_bytes()), expected, "{status} {body}");
    }

    fn refused(words: &str) -> Outcome {
        Outcome::Refused(words.to_owned())
    }

    fn failed(words: &str) -> Outcome {
        Outcome::Failed(words.to_owned())
    }

    #[test]
    fn statuses_decide_and_the_words_are_the_channels() {
        let slack = Way::Slack(address());
        check(&slack, 200, "ok", &Outcome::Taken);
        check(&slack, 204, "", &Outcome::Taken);
        check(&slack, 404, "no_service", &refused("it answered 404: no_service"));
        check(&slack, 302, "<html>", &refused("it answered 302: redirects are not followed"));
        check(&slack, 429, "", &failed("it answered 429"));
        check(&slack, 503, "<html>down</html>", &failed("it answered 503"));
        let discord = Way::Discord(address());
        check(
            &discord,
            401,
            r#"{"message": "Invalid Webhook Token", "code": 50027}"#,
            &refused("it answered 401: Invalid Webhook Token"),
        );
        let base = domain::BaseUrl::parse("https://events.example").unwrap();
        let duty = Way::PagerDuty { base, routing_key: Secret::new("a-routing-key".to_owned()) };
        check(
            &duty,
            400,
            r#"{"status":"invalid event","message":"Event object is invalid","errors":["'routing_key' is invalid: a-routing-key"]}"#,
            &refused("it answered 400: Event object is invalid; 'routing_key' is invalid: …"),
        );
    }

    #[test]
    fn a_refusal_under_200_is_one() {
        let wecom = Way::WeCom(address());
        check(&wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#, &Outcome::Taken);
        check(
            &wecom,
            200,
            r#"{"errcode":93000,"errmsg":"invalid webhook url, key a-secret-key"}"#,
            &refused("it answered 200 with the code 93000: invalid webhook url, key …"),
        );
        check(
            &wecom,
            200,
            r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#,
            &failed("it answered 200 with the code 45009: api freq out of limit"),
        );
        let ding = Way::DingTalk { address: address(), secret: None };
        check(
            &ding,
            200,
            r#"{"errcode":310000,"errmsg":"sign not match"}"#,
            &refused("it answered 200 with the code 310000: sign not match"),
        );
        let feishu = Way::Feishu { address: address(), secret: None };
        check(&feishu, 200, r#"{"StatusCode":0,"StatusMessage":"success"}"#, &Outcome::Taken);
        check(
            &feishu,
            200,
            r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}"#,
            &refused(
                "it answered 200 with the code 19021: sign match fail or timestamp is not within one hour from current time",
            ),
        );
    }
}
