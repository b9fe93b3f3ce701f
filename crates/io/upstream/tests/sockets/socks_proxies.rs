//! Tunnels through SOCKS5 proxies whose every byte a test decides.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;

use tokio::join;
use upstream::{Client, SendFailure};

use crate::server::{Server, Visit, ask, whole};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const GRANTED: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const BASE: &str = "http://api.example.com:8000/v1";

/// A client that finds these addresses for every name, and the names it was asked for.
fn client(addresses: &[&str]) -> (Client, Rc<RefCell<Vec<String>>>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let kept = asked.clone();
    let client = Client::with_resolver(Rc::new(move |host| {
        kept.borrow_mut().push(host.to_owned());
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    }));
    (client, asked)
}

/// Greets a caller without a login.
async fn greet(visit: &mut Visit) {
    assert_eq!(visit.hear_bytes().await, [5, 1, 0]);
    visit.say([5, 0]).await;
}

/// Asks through a proxy that answers the greeting with `greeting` and the rest with `said`, and goes.
async fn check_refusal(login: &str, greeting: &[u8], said: &[u8], told: &str) {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "socks5h", login);
    let (client, _) = client(&[]);
    let serve = async {
        let mut visit = proxy.accept().await;
        let [_, count] = visit.hear_bytes().await;
        visit.hear_body(count.into()).await;
        visit.say(greeting).await;
        if greeting == [5, 2] && !login.is_empty() {
            visit.hear_bytes::<12>().await;
            visit.say(said).await;
        } else if greeting == [5, 0] {
            visit.hear_bytes::<22>().await;
            visit.say(said).await;
        }
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    let failure = reply.unwrap_err();
    assert!(failure.is_unsent(), "{failure}");
    assert_eq!(failure.to_string(), format!("the proxy {} {told}", proxy.place()));
    assert!(!format!("{failure:?} {line:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_name_is_for_the_proxy_to_look_up() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "socks5h", "me:hunter2@");
    let (client, asked) = client(&[]);
    let serve = async {
        let mut visit = proxy.accept().await;
        assert_eq!(visit.hear_bytes().await, [5, 2, 0, 2]);
        visit.say([5, 2]).await;
        assert_eq!(&visit.hear_bytes::<12>().await, b"\x01\x02me\x07hunter2");
        visit.say([1, 0]).await;
        assert_eq!(&visit.hear_bytes::<22>().await, b"\x05\x01\x00\x03\x0fapi.example.com\x1f\x40");
        // The bound address as a name, and the host's answer in the same breath.
        visit.say([b"\x05\x00\x00\x03\x04host\x00\x50", ANSWER.as_bytes()].concat()).await;
        visit.hear().await;
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    assert!(asked.borrow().is_empty());
}

#[tokio::test]
async fn addresses_are_handed_over_as_they_are() {
    for (base, request) in [
        ("http://192.0.2.7:80/v1", &b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50"[..]),
        ("http://[::7]:80/v1", b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07\x00\x50"),
    ] {
        let proxy = Server::start().await;
        let line = proxy.proxy_line(base, "socks5h", "");
        let (client, asked) = client(&[]);
        let serve = async {
            let mut visit = proxy.accept().await;
            greet(&mut visit).await;
            assert_eq!(visit.hear_body(request.len()).await, request);
            visit.say([5, 0, 0, 4]).await;
            visit.say([0; 18]).await;
            visit.answer(ANSWER).await;
        };
        let (reply, ()) = join!(ask(&client, &line), serve);
        assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
        assert!(asked.borrow().is_empty());
    }
}

#[tokio::test]
async fn with_plain_socks5_we_look_up_and_every_address_is_tried() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "socks5", "");
    let (client, asked) = client(&["192.0.2.1", "192.0.2.2"]);
    let serve = async {
        for (last, reply) in [(1, &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0][..]), (2, GRANTED)] {
            let mut visit = proxy.accept().await;
            greet(&mut visit).await;
            assert_eq!(visit.hear_bytes().await, [5, 1, 0, 1, 192, 0, 2, last, 0x1f, 0x40]);
            visit.say(reply).await;
            if last == 2 {
                visit.answer(ANSWER).await;
            }
        }
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    assert_eq!(*asked.borrow(), ["api.example.com"]);
}

#[tokio::test]
async fn a_login_that_is_refused_is_not_tried_for_every_address() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "socks5", "me:hunter2@");
    let (client, _) = client(&["192.0.2.1", "192.0.2.2"]);
    let serve = async {
        let mut visit = proxy.accept().await;
        visit.hear_bytes::<4>().await;
        visit.say([5, 2]).await;
        visit.hear_bytes::<12>().await;
        visit.say([1, 1]).await;
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    let failure = reply.unwrap_err();
    assert!(failure.to_string().ends_with("refused: user name or password"), "{failure}");
}

#[tokio::test]
async fn refusals_are_told_by_their_meaning() {
    let login = "me:hunter2@";
    let reply = |code: u8| [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    check_refusal(login, &[5, 2], &[1, 5], "refused: user name or password").await;
    check_refusal(login, &[5, 255], &[], "refused: it takes neither a user name with password nor none")
        .await;
    check_refusal("", &[5, 255], &[], "refused: it asks for a login, and none is configured").await;
    for (code, told) in [
        (1, "found no way to the host: SOCKS reply 1, general failure"),
        (2, "refused: SOCKS reply 2, not allowed by its rules"),
        (3, "found no way to the host: SOCKS reply 3, network unreachable"),
        (5, "found no way to the host: SOCKS reply 5, connection refused by the host"),
        (7, "refused: SOCKS reply 7, command not supported"),
        (99, "refused: SOCKS reply 99, unknown reason"),
    ] {
        check_refusal(login, &[5, 0], &reply(code), told).await;
    }
}

#[tokio::test]
async fn what_is_no_socks_proxy_is_told_apart() {
    let no_socks = "does not answer as a proxy: what it says is no SOCKS5";
    check_refusal("", b"HT", &[], no_socks).await;
    check_refusal("", &[4, 90], &[], no_socks).await;
    check_refusal("", &[5, 0], &[4, 0, 0, 1], no_socks).await;
    check_refusal("", &[5, 2], &[], "does not answer as a proxy: it chose a login that was not offered")
        .await;
    check_refusal("me:hunter2@", &[5, 2], &[7, 0], no_socks).await;
    check_refusal(
        "",
        &[5, 0],
        &[5, 0, 0, 9],
        "does not answer as a proxy: its address is of an unknown kind",
    )
    .await;
    check_refusal("", &[5, 0], &[5, 0, 0, 1, 9], "broke off: early eof").await;
    check_refusal("", &[], &[], "broke off: early eof").await;
}

#[tokio::test]
async fn a_name_without_addresses_never_gets_to_the_proxy() {
    let proxy = Server::start().await;
    let line = proxy.proxy_line(BASE, "socks5", "");
    let (client, _) = client(&[]);
    let failure = ask(&client, &line).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Resolve { host, .. } if host == "api.example.com"), "{failure}");
}
