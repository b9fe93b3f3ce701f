//! Requests that do not fit into one write.

use std::io::Write;

use bytes::Bytes;
use socket2::SockRef;
use tokio::join;
use upstream::{Body, Client, FileBody, SendFailure};

use crate::server::{Server, post, post_body, whole};

#[tokio::test]
async fn a_large_request_arrives_whole_and_in_order() {
    let (server, client) = (Server::start().await, Client::default());
    // Pieces of all sizes, empty ones too: 2.1 MB in 2048.
    let bytes: Vec<u8> =
        (0..2_100_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut rest = Bytes::from(bytes.clone());
    let mut body: Vec<Bytes> = (0..2047).map(|size| rest.split_to(size)).collect();
    body.push(rest);
    let serve = async {
        let mut visit = server.accept().await;
        SockRef::from(&visit.stream).set_recv_buffer_size(256 * 1024).unwrap();
        visit.hear_head().await;
        visit.sip(300_000).await;
        let heard = visit.hear_body(bytes.len()).await;
        visit.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        heard
    };
    let (reply, heard) = join!(post(&client, &server.line, &body), serve);
    assert!(heard == bytes, "the bytes differ");
    assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
}

fn file_of(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[tokio::test]
async fn a_body_in_a_file_arrives_whole_and_can_be_sent_again() {
    let (server, client) = (Server::start().await, Client::default());
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|place| (place % 251) as u8).collect();
    let body = FileBody::new(file_of(&bytes), bytes.len() as u64)
        .replaced(500_000..500_003, Bytes::from_static(b"in between"));
    let expected = [&bytes[..500_000], b"in between", &bytes[500_003..]].concat();
    for _ in 0..2 {
        let serve = async {
            let mut visit = server.accept().await;
            SockRef::from(&visit.stream).set_recv_buffer_size(64 * 1024).unwrap();
            let (_, heard) = visit.hear().await;
            visit.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await;
            heard
        };
        let (reply, heard) = join!(post_body(&client, &server.line, Body::File(&body)), serve);
        assert!(heard == expected, "the bytes differ");
        assert_eq!(whole(&mut reply.unwrap()).await.unwrap(), "ok");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_apart_from_a_broken_connection() {
    let (server, client) = (Server::start().await, Client::default());
    let body = FileBody::new(file_of(b"short"), 1_000_000);
    let serve = async { server.accept().await.sees_the_end().await };
    let (reply, ()) = join!(post_body(&client, &server.line, Body::File(&body)), serve);
    assert!(matches!(reply.unwrap_err(), SendFailure::Body(_)));
}
