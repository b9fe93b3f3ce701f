//! What a call cost, as its caller is told: on a real worker over real sockets. What is expected is reckoned here, from the
//! usage that the answer itself tells.

use std::io::Read;
use std::sync::Arc;

use ledger::prices::{Book, read};
use serde_json::Value;

use super::tests::{Fixture, ask};

/// Nano-dollars a token.
const INPUT: u64 = 2_500;
const OUTPUT: u64 = 15_000;
const BOOK: &str = r#"
currency = "USD"
unknown = "flag"
[markup]
everybody = "2"
[[price]]
model = "gpt-test"
input = "2.5"
output = "15"
"#;
const PLAIN: &str = r#"{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}"#;
const WISH: &str = "x-bellwether-include: cost\r\n";

fn book(text: &str) -> Arc<Book> {
    Arc::new(read(text, &[]).unwrap_or_else(|problems| panic!("{problems:?}")).numbered(3))
}

/// Twice what the usage comes to, as a plain decimal.
fn reckoned(usage: &Value) -> String {
    let tokens = |name: &str| usage[name].as_u64().unwrap();
    let nano = 2 * (tokens("prompt_tokens") * INPUT + tokens("completion_tokens") * OUTPUT);
    format!("0.{nano:09}").trim_end_matches('0').to_owned()
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn answer(fixture: &Fixture, extra: &str, body: &str) -> String {
    let mut connection = fixture.connect();
    ask(&mut connection, &format!("{extra}Connection: close\r\n"), body);
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_whole_answer_says_in_its_head_what_it_cost() {
    let fixture = Fixture::start();
    let unpriced = answer(&fixture, WISH, PLAIN);
    assert_eq!(header(&unpriced, "x-bellwether-cost"), None, "{unpriced}");
    assert!(body(&unpriced).get("cost").is_none());

    fixture.gateway.set_prices(book(BOOK));
    let plain = answer(&fixture, "", PLAIN);
    let expected = reckoned(&body(&plain)["usage"]);
    assert_eq!(header(&plain, "x-bellwether-cost"), Some(expected.as_str()), "{plain}");
    assert_eq!(header(&plain, "x-bellwether-cost-currency"), Some("USD"));
    assert!(body(&plain).get("cost").is_none());
    let wished = body(&answer(&fixture, WISH, PLAIN));
    assert_eq!(wished["cost"]["amount"], reckoned(&wished["usage"]));

    fixture.gateway.set_prices(book(&BOOK.replace("gpt-test", "another")));
    let unknown = answer(&fixture, WISH, PLAIN);
    assert_eq!(header(&unknown, "x-bellwether-cost"), Some("unknown"), "{unknown}");
    assert_eq!(body(&unknown)["cost"], Value::Null);
}

#[test]
fn a_stream_says_what_it_cost_before_its_mark_to_who_asks_for_it() {
    let fixture = Fixture::start();
    fixture.gateway.set_prices(book(BOOK));
    let streamed =
        PLAIN.replace("\"messages\"", r#""stream":true,"stream_options":{"include_usage":true},"messages""#);
    let told = answer(&fixture, WISH, &streamed);
    let events: Vec<Value> =
        told.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    let usage = events.iter().find(|event| event["usage"].is_object()).unwrap();
    let last = events.last().unwrap();
    assert_eq!(last["cost"]["amount"], reckoned(&usage["usage"]), "{told}");
    assert_eq!((&last["cost"]["currency"], &last["choices"]), (&"USD".into(), &Value::Array(Vec::new())));
    assert_eq!(header(&told, "x-bellwether-cost"), None);
    let silent = answer(&fixture, "", &streamed);
    assert!(!silent.contains("\"cost\""), "{silent}");
}

#[test]
fn where_the_book_says_so_a_call_without_a_price_is_refused_unasked() {
    let fixture = Fixture::start();
    fixture.gateway.set_prices(book(&BOOK.replace("flag", "block").replace("gpt-test", "another")));
    let refused = answer(&fixture, "", PLAIN);
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    assert!(refused.contains("has no price here") && refused.contains("permission_denied"), "{refused}");
    assert!(fixture.metric("ai_gateway_upstream_connections_opened_total").ends_with(" 0"));
    let explained = || fixture.gateway.explain(serde_json::json!({"model": "gpt-test"})).unwrap().to_string();
    assert!(explained().contains("no_price"), "{}", explained());
    fixture.gateway.set_prices(book(&BOOK.replace("flag", "block")));
    assert!(answer(&fixture, "", PLAIN).starts_with("HTTP/1.1 200"));
    assert!(!explained().contains("no_price"), "{}", explained());
}

#[test]
fn costs_are_counted() {
    let fixture = Fixture::start();
    fixture.gateway.set_prices(book(BOOK));
    let usage = body(&answer(&fixture, "", PLAIN))["usage"].clone();
    let nano: u64 = reckoned(&usage)[2..].parse::<u64>().unwrap();
    let places = reckoned(&usage).len() as u32 - 2;
    let expected = format!(" {}", nano * 10_u64.pow(9 - places));
    for _ in 0..1000 {
        if fixture.metric("ai_gateway_cost_nano_total").ends_with(&expected) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("{:?} does not end with {expected:?}", fixture.metric("ai_gateway_cost_nano_total"));
}
