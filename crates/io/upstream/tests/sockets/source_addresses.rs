//! Connections that leave from an address of one's choice.

use std::net::IpAddr;
use std::rc::Rc;

use domain::BaseUrl;
use tokio::join;
use upstream::{Client, Line, LineOptions, SendFailure};

use crate::server::{Server, ask, whole};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn from(line: &Line, source: &str) -> std::sync::Arc<Line> {
    let source_address = Some(source.parse().unwrap());
    Line::new(LineOptions { source_address, ..line.options().clone() }, 0).unwrap()
}

/// The addresses of every name, as this client finds them.
fn finding(addresses: &[&str]) -> Client {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Client::with_resolver(Rc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    }))
}

#[tokio::test]
async fn the_other_side_sees_the_chosen_address() {
    let server = Server::start().await;
    let line = from(&server.line, "127.0.0.2");
    let client = Client::default();
    let serve = async {
        let mut visit = server.accept().await;
        visit.answer(ANSWER).await;
        visit.stream.peer_addr().unwrap().ip()
    };
    let (reply, peer) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    assert_eq!(peer, "127.0.0.2".parse::<IpAddr>().unwrap());
}

#[tokio::test]
async fn a_proxy_is_reached_from_it_too() {
    let proxy = Server::start().await;
    let line = from(&proxy.proxy_line("http://api.example.com/v1", "http", ""), "127.0.0.3");
    let client = Client::default();
    let serve = async {
        let mut visit = proxy.accept().await;
        visit.hear_head().await;
        visit.say("HTTP/1.1 200 OK\r\n\r\n").await;
        visit.answer(ANSWER).await;
        visit.stream.peer_addr().unwrap().ip()
    };
    let (reply, peer) = join!(ask(&client, &line), serve);
    assert!(reply.is_ok());
    assert_eq!(peer, "127.0.0.3".parse::<IpAddr>().unwrap());
}

#[tokio::test]
async fn only_addresses_of_its_family_are_tried() {
    let server = Server::start().await;
    let base = BaseUrl::parse(&format!("http://host.example:{}", server.line.base().port())).unwrap();
    let named = Line::new(LineOptions { base, ..server.line.options().clone() }, 0).unwrap();
    // The unspecified address chooses a family and leaves the rest to the system.
    for source in ["127.0.0.2", "0.0.0.0"] {
        let line = from(&named, source);
        let client = finding(&["::1", "127.0.0.1"]);
        let serve = async { server.accept().await.answer(ANSWER).await };
        let (reply, ()) = join!(ask(&client, &line), serve);
        assert!(reply.is_ok(), "{source}");
    }

    let failure = ask(&finding(&["::1"]), &from(&named, "127.0.0.2")).await.unwrap_err();
    assert!(failure.is_unsent());
    assert_eq!(failure.to_string(), "cannot leave from 127.0.0.2: the host has no IPv4 address");
}

#[tokio::test]
async fn an_address_of_another_machine_is_told() {
    let server = Server::start().await;
    let line = from(&server.line, "192.0.2.77");
    let failure = ask(&Client::default(), &line).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Source { .. }) && failure.is_unsent());
    assert!(failure.to_string().starts_with("cannot leave from 192.0.2.77: "), "{failure}");
}
