//! Another hand's HTTP/1.1 on the other side: whatever is sent arrives, in both directions, over one connection.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proptest::collection::vec;
use proptest::prelude::*;
use upstream::{Client, Line};

use crate::server::{check_counts, options, post};

#[derive(Clone, Debug)]
struct Exchange {
    request: Vec<Bytes>,
    answer: Vec<Bytes>,
    is_chunked: bool,
}

fn pieces() -> impl Strategy<Value = Vec<Bytes>> {
    let size = prop_oneof![8 => 0..40_usize, 1 => 0..100_000_usize];
    vec((size, any::<u8>()).prop_map(|(size, byte)| Bytes::from(vec![byte; size])), 0..6)
}

fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
    let exchange = (pieces(), pieces(), any::<bool>());
    vec(exchange.prop_map(|(request, answer, is_chunked)| Exchange { request, answer, is_chunked }), 1..12)
}

fn body(exchange: &Exchange) -> BoxBody<Bytes, Infallible> {
    if exchange.is_chunked {
        let frames = exchange.answer.clone().into_iter().map(|piece| Ok(Frame::data(piece)));
        BodyExt::boxed(StreamBody::new(stream::iter(frames)))
    } else {
        Full::new(Bytes::from(exchange.answer.concat())).boxed()
    }
}

async fn converse(exchanges: Vec<Exchange>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::new(options(listener.local_addr().unwrap().port()), 0).unwrap();
    let planned = RefCell::new(VecDeque::from(exchanges.clone()));
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(|request: hyper::Request<Incoming>| async {
            let got = request.into_body().collect().await.unwrap().to_bytes();
            let exchange = planned.borrow_mut().pop_front().unwrap();
            assert_eq!(got, exchange.request.concat());
            Ok::<_, Infallible>(hyper::Response::new(body(&exchange)))
        });
        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.unwrap();
    };
    let ask = async {
        let client = Client::default();
        for exchange in &exchanges {
            let mut reply = post(&client, &line, &exchange.request).await.unwrap();
            let got = reply.body.collect(usize::MAX).await.unwrap().unwrap();
            assert_eq!(got, exchange.answer.concat());
        }
        check_counts(&client, [1, exchanges.len() as u64 - 1, 0, 1]);
    };
    tokio::join!(serve, ask);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_is_sent_arrives(exchanges in exchanges()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(converse(exchanges));
    }
}
