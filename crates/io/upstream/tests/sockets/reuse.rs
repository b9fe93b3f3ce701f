//! Which connections are used again, which are not, and when idle ones go.

use std::time::Duration;

use domain::BaseUrl;
use tokio::join;
use tokio::task::coop;
use upstream::{Client, Line, LineOptions, SendFailure};

use crate::server::{Server, Visit, ask, check_counts, let_it_be_noticed, options, piece, whole};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// One whole exchange over a new connection, which is idle afterwards.
async fn acquainted() -> (Server, Client, Visit) {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.answer(OK).await;
        visit
    };
    let (reply, visit) = join!(ask(&client, &server.line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    check_counts(&client, [1, 0, 0, 1]);
    (server, client, visit)
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let (server, client, mut visit) = acquainted().await;
    for _ in 0..3 {
        let (reply, ()) = join!(ask(&client, &server.line), visit.answer(OK));
        assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
        check_counts(&client, [0, 1, 0, 1]);
    }
}

#[tokio::test]
async fn a_connection_closed_under_our_hands_is_told_as_reused() {
    let (server, client, mut visit) = acquainted().await;
    let close = async {
        visit.hear().await;
        drop(visit);
    };
    let (reply, ()) = join!(ask(&client, &server.line), close);
    let failure = reply.unwrap_err();
    assert!(matches!(failure, SendFailure::Broken { was_reused: true, .. }), "{failure}");
    assert!(!failure.is_unsent());
    check_counts(&client, [0, 1, 1, 0]);
}

#[tokio::test]
async fn whoever_began_to_answer_is_not_asked_again() {
    let (server, client, mut visit) = acquainted().await;
    let half = async {
        visit.answer("HTTP/1.1 100 Continue\r\n\r\n").await;
        let_it_be_noticed().await;
        // Closed with a reset, as after a crash.
        socket2::SockRef::from(&visit.stream).set_linger(Some(Duration::ZERO)).unwrap();
        drop(visit);
    };
    let (reply, ()) = join!(ask(&client, &server.line), half);
    assert!(matches!(reply, Err(SendFailure::NotHttp("it ended within its head"))));
}

#[tokio::test]
async fn what_was_closed_or_spoke_while_idle_is_not_used() {
    for speaks in [false, true] {
        let (server, client, mut visit) = acquainted().await;
        if speaks {
            visit.say("HTTP/1.1 408 Too Late\r\nContent-Length: 0\r\n\r\n").await;
        } else {
            drop(visit);
        }
        let_it_be_noticed().await;
        // Also a task that has used up its turn must see it.
        while coop::has_budget_remaining() {
            std::future::poll_fn(|cx| coop::poll_proceed(cx).map(|progress| progress.made_progress())).await;
        }
        let serve = async {
            let mut visit = server.accept().await;
            visit.answer(OK).await;
            visit
        };
        let (reply, _visit) = join!(ask(&client, &server.line), serve);
        assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
        check_counts(&client, [1, 0, 1, 1]);
    }
}

#[tokio::test]
async fn dropping_an_answer_tells_the_provider() {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
        visit.sees_the_end().await;
    };
    let leave = async {
        let mut reply = ask(&client, &server.line).await.unwrap();
        assert_eq!(piece(&mut reply).await.unwrap().unwrap(), "half");
    };
    join!(serve, leave);
    check_counts(&client, [1, 0, 1, 0]);
}

#[tokio::test]
async fn dropping_a_request_tells_the_provider() {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.hear().await;
        visit
    };
    let mut visit = tokio::select! {
        _ = ask(&client, &server.line) => panic!("nobody answers"),
        visit = serve => visit,
    };
    visit.sees_the_end().await;
    check_counts(&client, [1, 0, 1, 0]);
}

#[tokio::test]
async fn only_so_many_idle_connections_are_kept() {
    let server = Server::start().await;
    let port = server.line.base().port();
    let line = Line::new(LineOptions { idle_connections_max: 2, ..options(port) }, 0).unwrap();
    let client = Client::default();
    let serve = async {
        let mut visits = [server.accept().await, server.accept().await, server.accept().await];
        for visit in &mut visits {
            visit.answer(OK).await;
        }
        visits
    };
    let read = async || whole(&mut ask(&client, &line).await.unwrap()).await.unwrap();
    let (.., visits) = join!(read(), read(), read(), serve);
    check_counts(&client, [3, 0, 1, 2]);
    drop(visits);
    let_it_be_noticed().await;
    client.sweep(0.5);
    check_counts(&client, [0, 0, 2, 0]);
}

#[tokio::test]
async fn idle_connections_go_when_their_time_has_come() {
    let (_server, client, _visit) = acquainted().await;
    tokio::time::pause();
    tokio::time::advance(crate::server::LONG - Duration::from_secs(1)).await;
    client.sweep(0.5);
    check_counts(&client, [0, 0, 0, 1]);
    tokio::time::advance(Duration::from_secs(1)).await;
    client.sweep(0.5);
    check_counts(&client, [0, 0, 1, 0]);
}

#[tokio::test]
async fn a_new_line_takes_nothing_over_from_the_old_one() {
    let (server, client, mut old) = acquainted().await;
    let base = BaseUrl::parse(&server.line.base().to_string()).unwrap();
    let line = Line::new(LineOptions { base, ..server.line.options().clone() }, 0).unwrap();
    let serve = async {
        let mut visit = server.accept().await;
        visit.answer(OK).await;
        visit
    };
    let (reply, _visit) = join!(ask(&client, &line), serve);
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    check_counts(&client, [1, 0, 1, 1]);
    old.sees_the_end().await;
}
