//! Tunnels through HTTP proxies whose every byte a test decides.

use std::time::Duration;

use tokio::join;
use upstream::{Client, Line, LineOptions, ProxyProblem, SendFailure};

use crate::server::{Server, Visit, ask, check_counts, whole};

const OK: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const BASE: &str = "http://api.example.com:8000/v1";

/// Asks through a proxy that answers CONNECT with `said` and goes; what the caller gets.
async fn refusal(said: impl AsRef<[u8]>) -> SendFailure {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "http", "me:hunter2@");
    let client = Client::default();
    let serve = async {
        let mut visit = proxy.accept().await;
        visit.hear_head().await;
        visit.say(said).await;
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    let failure = reply.unwrap_err();
    assert!(failure.is_unsent(), "{failure}");
    assert!(failure.to_string().starts_with(&format!("the proxy {} ", proxy.place())), "{failure}");
    assert!(!format!("{failure} {failure:?} {line:?}").contains("hunter2"));
    failure
}

async fn check_refusal(said: &str, told: &str) {
    let failure = refusal(said).await;
    assert!(failure.to_string().ends_with(told), "{said:?}: {failure}");
}

#[tokio::test]
async fn the_host_is_named_to_the_proxy_and_all_else_goes_through_the_tunnel() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "http", "us%40er:p%3Ass@");
    let client = Client::default();
    let serve = async {
        let mut visit = proxy.accept().await;
        let head = visit.hear_head().await;
        visit.say(OK).await;
        let (request, _) = visit.hear().await;
        visit.say(ANSWER).await;
        (head, request, visit)
    };
    let (reply, (head, request, mut visit)) = join!(ask(&client, &line), serve);
    assert_eq!(
        head,
        "CONNECT api.example.com:8000 HTTP/1.1\r\nhost: api.example.com:8000\r\n\
         proxy-authorization: Basic dXNAZXI6cDpzcw==\r\n\r\n"
    );
    assert!(request.starts_with("POST /v1/chat HTTP/1.1\r\nhost: api.example.com:8000\r\n"), "{request}");
    assert!(!request.contains("proxy"), "{request}");
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    // The tunnel is kept: no second CONNECT.
    let (reply, ()) = join!(ask(&client, &line), visit.answer(ANSWER));
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    check_counts(&client, [1, 1, 0, 1]);
}

#[tokio::test]
async fn nothing_is_said_of_a_login_where_there_is_none() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line("https://[2001:db8::7]/v1", "http", "");
    let client = Client::default();
    let serve = async {
        let mut visit = proxy.accept().await;
        let head = visit.hear_head().await;
        visit.say(OK).await;
        // What comes through the tunnel is a TLS handshake.
        (head, visit.hear_bytes::<1>().await)
    };
    let (reply, (head, first)) = join!(ask(&client, &line), serve);
    assert_eq!(head, "CONNECT [2001:db8::7]:443 HTTP/1.1\r\nhost: [2001:db8::7]:443\r\n\r\n");
    assert_eq!(first, [22]);
    let failure = reply.unwrap_err();
    assert!(matches!(failure, SendFailure::Tls { .. }), "{failure}");
    assert!(failure.to_string().starts_with("TLS with [2001:db8::7]:443 failed"), "{failure}");
}

#[tokio::test]
async fn a_refusal_is_told_by_its_status_and_not_in_the_proxys_words() {
    check_refusal("HTTP/1.1 407 me:hunter2 is wrong\r\n\r\n", "refused: 407 Proxy Authentication Required")
        .await;
    check_refusal("HTTP/1.0 403 Filtered\r\ncontent-length: 3\r\n\r\nno!", "refused: 403 Forbidden").await;
    check_refusal("HTTP/1.1 502 Bad Gateway\r\n\r\n", "refused: 502 Bad Gateway").await;
    check_refusal("HTTP/1.1 302 Found\r\nlocation: http://x\r\n\r\n", "refused: 302 Found").await;
    check_refusal("HTTP/1.1 799\r\n\r\n", "refused: 799 <unknown status code>").await;
}

#[tokio::test]
async fn what_is_no_proxy_is_told_apart() {
    check_refusal("SSH-2.0-OpenSSH_9.2\r\n", "does not answer as a proxy: what it says is no HTTP answer")
        .await;
    check_refusal("\u{5}\u{0}", "does not answer as a proxy: what it says is no HTTP answer").await;
    check_refusal("", "broke off: unexpected end of file").await;
    check_refusal("HTTP/1.1 200 OK\r\nx: y\r\n", "broke off: unexpected end of file").await;
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(3000));
    let failure = refusal(&endless).await;
    let SendFailure::Proxy { problem: ProxyProblem::NotAProxy(_), .. } = failure else { panic!("{failure}") };
    let long = refusal(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(20_000))).await;
    assert!(long.to_string().ends_with("its head is too long"), "{long}");
}

/// Lets a proxy say `said` in answer to CONNECT, in pieces of `piece` bytes. If `is_early`, the answer of the host comes
/// in the same breath. The caller must get that answer.
async fn check_passes(said: &str, piece: usize, is_early: bool) {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "http", "");
    let client = Client::default();
    let say = async |visit: &mut Visit, text: &str| {
        for part in text.as_bytes().chunks(piece) {
            visit.say(part).await;
            tokio::task::yield_now().await;
        }
    };
    let serve = async {
        let mut visit = proxy.accept().await;
        visit.hear_head().await;
        if is_early {
            say(&mut visit, &format!("{said}{ANSWER}")).await;
            visit.hear().await;
        } else {
            say(&mut visit, said).await;
            visit.answer(ANSWER).await;
        }
        visit
    };
    let (reply, _visit) = join!(ask(&client, &line), serve);
    let mut reply = reply.unwrap_or_else(|failure| panic!("{said:?} by {piece}: {failure}"));
    assert_eq!(whole(&mut reply).await.unwrap(), "ok", "{said:?} by {piece}");
}

#[tokio::test]
async fn the_tunnel_begins_right_behind_the_head_however_it_arrives() {
    let heads = [
        OK.to_owned(),
        "HTTP/1.0 200 OK\nx: y\n\n".to_owned(),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nvia: somebody\r\n\r\n".to_owned(),
        // A length means nothing here (RFC 9110, section 9.3.6).
        "HTTP/1.1 200 OK\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(3000)),
    ];
    for head in &heads {
        for piece in [1, 2, 7, 10_000] {
            check_passes(head, piece, false).await;
            check_passes(head, piece, true).await;
        }
    }
}

#[tokio::test]
async fn a_silent_proxy_costs_the_limit_and_no_more() {
    let proxy = Server::start().await;
    let through = proxy.proxy_line(BASE, "http", "me:hunter2@");
    let connect_limit = Duration::from_millis(300);
    let line = Line::new(LineOptions { connect_limit, ..through.options().clone() }, 0).unwrap();
    let client = Client::default();
    let asking = ask(&client, &line);
    let serve = async {
        let mut visit = proxy.accept().await;
        visit.hear_head().await;
        visit.say("HTTP/1.1 200 OK\r\nx: ").await;
        tokio::time::pause();
        visit.sees_the_end().await;
    };
    let (reply, ()) = join!(asking, serve);
    let failure = reply.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("no connection to api.example.com:8000 through the proxy {} within 300 ms", proxy.place())
    );
    assert!(failure.is_unsent());
}

#[tokio::test]
async fn a_proxy_that_is_down_is_named() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "http", "me:hunter2@");
    let place = proxy.place();
    drop(proxy);
    let failure = ask(&Client::default(), &line).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Proxy { problem: ProxyProblem::Unreachable(_), .. }), "{failure}");
    assert!(failure.is_unsent());
    assert!(failure.to_string().starts_with(&format!("the proxy {place} cannot be reached: ")), "{failure}");
}
