//! What can be seen of the path to a host while its answer is waited for, and connections that are given up with their path.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::join;
use upstream::{Body, Client, Glimpse, Request, Sight};

use crate::server::{Server, Visit, ask, check_counts, let_it_be_noticed, whole};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn answer_one(server: &Server) -> Visit {
    let mut visit = server.accept().await;
    visit.answer(OK).await;
    visit
}

#[tokio::test]
async fn connections_of_a_dead_path_are_not_used_again() {
    let (server, client) = (Server::start().await, Client::default());
    let (mut visits, mut replies) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let (reply, visit) = join!(ask(&client, &server.line), answer_one(&server));
        replies.push(reply.unwrap());
        visits.push(visit);
    }
    assert_eq!(whole(&mut replies[0]).await.unwrap(), "ok");
    server.line.renew_connections();
    assert_eq!(whole(&mut replies[1]).await.unwrap(), "ok");
    check_counts(&client, [2, 0, 1, 1]);
    assert!(client.take(&server.line).is_none(), "one had idled, one was under way");
    check_counts(&client, [0, 0, 1, 0]);
    let (reply, _visit) = join!(ask(&client, &server.line), answer_one(&server));
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    assert!(client.take(&server.line).is_some(), "what is opened afterwards is kept");
}

#[tokio::test]
async fn what_waits_for_its_turn_is_closed_when_it_is_given_up() {
    let (server, client) = (Server::start().await, Client::default());
    let (opened, _visit) = join!(client.connect(&server.line), server.accept());
    client.put_aside(opened.unwrap());
    server.line.renew_connections();
    client.sweep(0.0);
    check_counts(&client, [1, 0, 1, 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_waits_sees_whether_his_request_has_arrived() {
    let (server, client, glimpse) = (Server::start().await, Client::default(), Glimpse::default());
    glimpse.want();
    assert_eq!(glimpse.take(), Sight::NothingSent);
    let body = [Bytes::from_static(b"hello")];
    let request = Request::new(&server.line, "POST", "/chat", std::iter::empty(), Body::Pieces(&body));
    let mut asking = pin!(client.send_watched(&server.line, &request, None, Some(&glimpse)));
    let serve = async {
        let mut visit = server.accept().await;
        visit.hear().await;
        visit
    };
    let mut serve = pin!(serve);
    let mut visit = poll_fn(|cx| {
        assert!(asking.as_mut().poll(cx).is_pending(), "nobody answers");
        serve.as_mut().poll(cx)
    })
    .await;
    let mut look = async || {
        glimpse.want();
        let answered = poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx))).await;
        assert!(answered.is_pending());
        glimpse.take()
    };
    // The other end has read it; that its host says so may take a moment.
    let seen = loop {
        match look().await {
            Sight::Path { seen, waited, is_all_outstanding } if seen.unacknowledged == 0 => {
                assert!(!is_all_outstanding);
                break (seen, waited);
            }
            Sight::Path { .. } => let_it_be_noticed().await,
            other => panic!("{other:?}"),
        }
    };
    assert!(seen.0.round_trip > Duration::ZERO && seen.1 < Duration::from_secs(10));
    assert_eq!(glimpse.take(), Sight::Nothing, "nobody looks unasked");
    visit.say(OK).await;
    assert!(asking.await.is_ok());
    glimpse.want();
    assert_eq!(glimpse.take(), Sight::Nothing, "an answer has come");
}
