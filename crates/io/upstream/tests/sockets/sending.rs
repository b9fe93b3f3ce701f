//! Requests that do not fit into one write.

use bytes::Bytes;
use socket2::SockRef;
use tokio::join;
use upstream::Client;

use crate::server::{Server, post, whole};

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
