//! Hosts with several addresses, of which some are silent.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use domain::BaseUrl;
use socket2::{Domain, Socket, Type};
use tokio::join;
use tokio::time::Instant;
use upstream::{Client, Line, LineOptions, Reply, SendFailure};

use crate::server::{Server, ask};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const GOOD: [u8; 4] = [127, 0, 0, 1];

/// An address whose queue of connections is full: the kernel drops what comes.
struct Silent(#[expect(dead_code, reason = "kept open")] [Socket; 4]);

impl Silent {
    fn at(address: [u8; 4], port: u16) -> Self {
        let address = SocketAddr::from((address, port)).into();
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&address).unwrap();
        listener.listen(0).unwrap();
        let fill = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address);
            socket
        };
        Self([fill(), fill(), fill(), listener])
    }
}

fn found(addresses: &[[u8; 4]]) -> Client {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| (*address).into()).collect();
    Client::with_resolver(Rc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    }))
}

fn named(server: &Server, connect_limit: Duration) -> Arc<Line> {
    let base = BaseUrl::parse(&format!("http://host.example:{}", server.line.base().port())).unwrap();
    Line::new(LineOptions { base, connect_limit, ..server.line.options().clone() }, 0).unwrap()
}

async fn answered(
    server: &Server,
    client: &Client,
    line: &Arc<Line>,
) -> (Result<Reply, SendFailure>, Duration) {
    let began = Instant::now();
    let serve = async { server.accept().await.answer(ANSWER).await };
    let (reply, ()) = join!(ask(client, line), serve);
    (reply, began.elapsed())
}

#[tokio::test]
async fn a_silent_address_costs_a_quarter_of_a_second_and_less_once_the_line_is_known() {
    let server = Server::start().await;
    let _silent = Silent::at([127, 0, 0, 2], server.line.base().port());
    let line = named(&server, Duration::from_secs(30));
    let (reply, took) = answered(&server, &found(&[[127, 0, 0, 2], GOOD]), &line).await;
    reply.unwrap();
    assert!((250..2000).contains(&took.as_millis()), "{took:?}");
    let (reply, took) = answered(&server, &found(&[[127, 0, 0, 2], GOOD]), &line).await;
    reply.unwrap();
    assert!((20..200).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn all_addresses_get_their_turn_within_the_limit() {
    let server = Server::start().await;
    let port = server.line.base().port();
    let silent = [[127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 0, 4], [127, 0, 0, 5], [127, 0, 0, 6]];
    let _silent = silent.map(|address| Silent::at(address, port));
    let line = named(&server, Duration::from_millis(600));
    let all = [&silent[..], &[GOOD]].concat();
    let (reply, took) = answered(&server, &found(&all), &line).await;
    reply.unwrap();
    assert!(took < Duration::from_millis(600), "{took:?}");
}
