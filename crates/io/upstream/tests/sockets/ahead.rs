//! Connections that are opened before a request needs one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::join;
use tokio::net::TcpListener;
use tokio::time::advance;
use upstream::{Client, Line, LineOptions};

use crate::server::{LONG, Server, ask, check_counts, counts, let_it_be_noticed, options, whole};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A line to the server that is to have so many connections ahead.
fn warm_line(server: &Server, warm_connections: usize) -> Arc<Line> {
    Line::new(LineOptions { warm_connections, ..server.line.options().clone() }, 0).unwrap()
}

/// Opens what is lacking now; gives how many that were.
async fn warm(client: &Client, line: &Arc<Line>) -> usize {
    let lacking: Vec<_> = client.warm(line, 1.0).collect();
    let count = lacking.len();
    join_all(lacking).await;
    count
}

#[tokio::test]
async fn a_first_request_finds_a_connection_over_which_nothing_was_said() {
    let (server, client) = (Server::start().await, Client::default());
    let line = warm_line(&server, 2);
    assert_eq!(warm(&client, &line).await, 2);
    assert_eq!(warm(&client, &line).await, 0, "there are enough");
    assert_eq!(counts(&client).warmed, 2);
    let (mut first, mut second) = (server.accept().await, server.accept().await);
    let serve = async {
        tokio::select! {
            () = first.answer(OK) => {}
            () = second.answer(OK) => {}
        }
    };
    let (reply, ()) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    check_counts(&client, [0, 1, 0, 2]);
}

#[tokio::test]
async fn one_in_use_is_replaced_and_a_line_without_warmth_gets_none() {
    let (server, client) = (Server::start().await, Client::default());
    let line = warm_line(&server, 1);
    warm(&client, &line).await;
    let taken = client.take(&line).expect("it is there");
    assert_eq!(warm(&client, &line).await, 1);
    drop(taken);
    assert_eq!(warm(&Client::default(), &server.line).await, 0);
}

#[tokio::test(start_paused = true)]
async fn who_closes_early_is_left_alone_for_longer_and_longer() {
    let (server, client) = (Server::start().await, Client::default());
    let line = warm_line(&server, 1);
    let mut opened = 0;
    for _ in 0..600 {
        opened += warm(&client, &line).await;
        while let Ok(visit) = tokio::time::timeout(Duration::ZERO, server.accept()).await {
            drop(visit);
        }
        let_it_be_noticed().await;
        client.sweep(1.0);
        advance(Duration::from_secs(1)).await;
    }
    assert!((5..15).contains(&opened), "{opened} in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_reached_is_tried_seldom() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let line = Line::new(LineOptions { warm_connections: 1, ..options(port) }, 0).unwrap();
    let (client, mut tried) = (Client::default(), 0);
    for _ in 0..600 {
        tried += warm(&client, &line).await;
        advance(Duration::from_secs(1)).await;
    }
    assert!((5..15).contains(&tried), "{tried} in ten minutes");
    assert_eq!(counts(&client).warmed, 0);
}

#[tokio::test]
async fn a_connection_that_lost_is_kept_for_the_next_request() {
    let (server, client) = (Server::start().await, Client::default());
    let opened = client.connect(&server.line).await.unwrap();
    client.put_aside(opened);
    let mut visit = server.accept().await;
    let (reply, ()) = join!(ask(&client, &server.line), visit.answer(OK));
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    check_counts(&client, [1, 1, 0, 1]);
    assert!(server.line.late_after().is_some_and(|late| late < LONG), "and how long it took is known");
}
