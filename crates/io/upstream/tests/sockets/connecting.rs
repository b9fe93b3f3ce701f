//! Connections that do not come about.

use std::net::SocketAddr;
use std::time::Duration;

use domain::BaseUrl;
use socket2::{Domain, Socket, Type};
use tokio::join;
use tokio::net::TcpListener;
use upstream::{Client, Line, LineOptions, SendFailure};

use crate::server::{Server, ask, options, whole};

#[tokio::test]
async fn a_refused_connection_names_the_host() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let line = Line::new(options(port), 0).unwrap();
    let failure = ask(&Client::default(), &line).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Connect { .. }) && failure.is_unsent());
    assert!(failure.to_string().starts_with(&format!("cannot connect to 127.0.0.1:{port}: ")), "{failure}");
}

#[tokio::test]
async fn a_silent_host_costs_the_limit_and_no_more() {
    // A full queue of connections that nobody accepts: the kernel drops the next one's packets.
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let fill = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address);
        socket
    };
    let _queue = [fill(), fill(), fill()];
    let connect_limit = Duration::from_millis(300);
    let line =
        Line::new(LineOptions { connect_limit, ..options(address.as_socket().unwrap().port()) }, 0).unwrap();
    tokio::time::pause();
    let failure = ask(&Client::default(), &line).await.unwrap_err();
    assert!(matches!(failure, SendFailure::ConnectTimeout { limit_ms: 300, .. }), "{failure}");
}

#[tokio::test]
async fn a_name_is_looked_up_and_every_address_tried() {
    // `localhost` is often `::1` first, where nobody listens.
    let server = Server::start().await;
    let base = BaseUrl::parse(&format!("http://localhost:{}", server.line.base().port())).unwrap();
    let line = Line::new(LineOptions { base, ..server.line.options().clone() }, 0).unwrap();
    let client = Client::default();
    let serve = async {
        let mut visit = server.accept().await;
        let (head, _) = visit.hear().await;
        visit.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        head
    };
    let (reply, head) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    assert!(head.contains(&format!("\r\nhost: localhost:{}\r\n", line.base().port())), "{head}");
}

#[tokio::test]
async fn whoever_speaks_no_tls_is_told_apart() {
    let server = Server::start().await;
    let base = BaseUrl::parse(&format!("https://127.0.0.1:{}", server.line.base().port())).unwrap();
    let line = Line::new(LineOptions { base, ..server.line.options().clone() }, 0).unwrap();
    let client = Client::default();
    let serve = async { server.accept().await.say("HTTP/1.1 400 Bad Request\r\n\r\n").await };
    let (reply, ()) = join!(ask(&client, &line), serve);
    let failure = reply.unwrap_err();
    assert!(matches!(failure, SendFailure::Tls { .. }) && failure.is_unsent(), "{failure}");
}
