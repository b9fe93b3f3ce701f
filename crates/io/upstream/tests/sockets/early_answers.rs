//! Answers that come before the request is out: a provider that refuses a large body reads no further.

use std::io::{Read, Write};
use std::net::TcpListener;

use bytes::Bytes;
use tokio::join;
use upstream::{Client, Line};

use crate::server::{Server, check_counts, options, post, whole};

const REFUSAL: &str = "HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\n\r\ntoo big";

/// More than the kernel's buffers take.
fn large() -> Vec<Bytes> {
    vec![Bytes::from(vec![b'x'; 1 << 20]); 16]
}

#[tokio::test]
async fn an_early_answer_is_delivered_and_its_connection_ends() {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.hear_head().await;
        visit.say(REFUSAL).await;
        visit
    };
    let body = large();
    let (reply, mut visit) = join!(post(&client, &server.line, &body), serve);
    let mut reply = reply.unwrap();
    assert_eq!((reply.status.as_u16(), whole(&mut reply).await.unwrap().as_str()), (413, "too big"));
    check_counts(&client, [1, 0, 1, 0]);
    visit.sees_the_end().await;
}

/// Here the server is a thread of its own, which closes with a reset while we are busy writing.
#[tokio::test]
async fn a_refusal_survives_the_reset_that_follows_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let line = Line::new(options(listener.local_addr().unwrap().port()), 0).unwrap();
    const ROUNDS: usize = 100;
    let server = std::thread::spawn(move || {
        for _ in 0..ROUNDS {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 1]).unwrap();
            stream.write_all(REFUSAL.as_bytes()).unwrap();
        }
    });
    let body = large();
    for round in 0..ROUNDS {
        let reply = post(&Client::default(), &line, &body).await;
        let reply = reply.unwrap_or_else(|failure| panic!("round {round}: {failure}"));
        assert_eq!(reply.status.as_u16(), 413);
    }
    server.join().unwrap();
}
