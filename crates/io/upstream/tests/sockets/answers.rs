//! How answers are framed, and what is said of those that are not.

use tokio::join;
use upstream::{BodyFailure, Client, SendFailure};

use crate::server::{Server, ask, check_counts, piece, whole};

/// One exchange; afterwards the server has closed the connection.
async fn exchange(answer: &str) -> (Client, Result<upstream::Reply, SendFailure>) {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async { server.accept().await.answer(answer).await };
    let (reply, ()) = join!(ask(&client, &server.line), serve);
    (client, reply)
}

async fn check_body(answer: &str, expected: &str, is_kept: bool) {
    let (client, reply) = exchange(answer).await;
    let mut reply = reply.unwrap();
    assert_eq!(whole(&mut reply).await.unwrap(), expected, "{answer:?}");
    assert!(reply.body.is_end() && reply.body.known_length() == Some(0));
    assert!(piece(&mut reply).await.is_none(), "nothing comes after the end");
    check_counts(&client, [1, 0, u64::from(!is_kept), u64::from(is_kept)]);
}

#[tokio::test]
async fn every_framing_is_read_to_its_end() {
    check_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true).await;
    check_body("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true).await;
    check_body("HTTP/1.1 204 No\r\n\r\n", "", true).await;
    let chunks = "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check_body(&format!("{head}{chunks}"), "hello", true).await;
    check_body(&format!("{head}0\r\n\r\n"), "", true).await;
    check_body("HTTP/1.1 200 OK\r\n\r\nhello", "hello", false).await;
    check_body("HTTP/1.1 200 OK\r\n\r\n", "", false).await;
    check_body("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", false).await;
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    check_body(&format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "hello", true).await;
}

#[tokio::test]
async fn bytes_beyond_the_end_cost_the_connection() {
    check_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", "hello", false).await;
    check_body("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "", false).await;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    check_body(&format!("{chunked}HTTP/1.1 200 OK\r\n"), "hello", false).await;
}

#[tokio::test]
async fn a_cut_or_broken_body_is_told_after_what_came() {
    let check = async |answer: &str, came: Option<&str>, is_cut: bool| {
        let (client, reply) = exchange(answer).await;
        let mut reply = reply.unwrap();
        if let Some(came) = came {
            assert_eq!(piece(&mut reply).await.unwrap().unwrap(), came);
        }
        let failure = piece(&mut reply).await.unwrap().unwrap_err();
        assert_eq!(matches!(failure, BodyFailure::Cut(_)), is_cut, "{answer:?}: {failure}");
        assert!(piece(&mut reply).await.is_none(), "a failure is told once");
        check_counts(&client, [1, 0, 1, 0]);
    };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", Some("hello"), true).await;
    check("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", None, true).await;
    check(&format!("{chunked}5\r\nhello\r\n0\r\n"), Some("hello"), true).await;
    check(&format!("{chunked}7\r\nhello"), Some("hello"), true).await;
    check(chunked, None, true).await;
    check(&format!("{chunked}5\r\nhello!\r\n"), None, false).await;
}

#[tokio::test]
async fn what_is_no_answer_is_refused() {
    let check = async |answer: &str, why: &str| {
        let (client, reply) = exchange(answer).await;
        match reply.unwrap_err() {
            SendFailure::NotHttp(found) => assert_eq!(found, why, "{answer:.40}"),
            other => panic!("{answer:.40}: {other}"),
        }
        check_counts(&client, [1, 0, 1, 0]);
    };
    check("220 mail.example.com ESMTP\r\n", "its head cannot be parsed").await;
    check("HTTP/1.1 200 OK\r\nContent-Le", "it ended within its head").await;
    check("HTTP/1.1 100 Continue\r\n\r\n", "it ended within its head").await;
    check(&format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70_000)), "its head is too long").await;
    check(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(101)), "it has too many headers").await;
    check(&"HTTP/1.1 100 Continue\r\n\r\n".repeat(4000), "its head is too long").await;
}

#[tokio::test]
async fn a_head_may_drip_in_byte_by_byte() {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.stream.set_nodelay(true).unwrap();
        visit.hear().await;
        for byte in b"HTTP/1.1 200 OK\r\nx-a: b\r\nContent-Length: 2\r\n\r\nok" {
            visit.say([*byte]).await;
            tokio::task::yield_now().await;
        }
        visit
    };
    let read = async {
        let mut reply = ask(&client, &server.line).await.unwrap();
        assert_eq!(reply.headers[0].1, "b");
        whole(&mut reply).await.unwrap()
    };
    assert_eq!(join!(read, serve).0, "ok");
    check_counts(&client, [1, 0, 0, 1]);
}

#[tokio::test]
async fn what_arrives_together_leaves_together() {
    let (server, client) = (Server::start().await, Client::default());
    let serve = async {
        let mut visit = server.accept().await;
        visit.hear().await;
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        visit.say(format!("{head}4\r\none \r\n4\r\ntwo \r\n")).await;
        visit
    };
    let (reply, mut visit) = join!(ask(&client, &server.line), serve);
    let mut reply = reply.unwrap();
    assert_eq!(piece(&mut reply).await.unwrap().unwrap(), "one two ");
    visit.say("5\r\nthree\r\n1\r\n \r\n4\r\nfour\r\n0\r\n\r\n").await;
    assert_eq!(piece(&mut reply).await.unwrap().unwrap(), "three four");
    assert!(reply.body.is_end(), "the end came with the last piece");
    check_counts(&client, [1, 0, 0, 1]);
}

#[tokio::test]
async fn a_body_is_collected_up_to_a_limit_only() {
    for (bytes_max, expected) in [(5, Some(&b"hello"[..])), (4, None)] {
        let (client, reply) = exchange("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhello").await;
        assert_eq!(reply.unwrap().body.collect(bytes_max).await.unwrap().as_deref(), expected);
        assert_eq!(client_is_clean(&client), 1, "kept or closed, but not lost");
    }
}

fn client_is_clean(client: &Client) -> u64 {
    let counts = crate::server::counts(client);
    counts.closed + counts.idle
}
