//! A server that says what it is told, and the few words the tests share.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{BaseUrl, ProxyUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use upstream::{Body, BodyFailure, Client, Line, LineOptions, PoolCounts, Reply, Request, SendFailure};

/// Longer than any test takes, so that only tests about limits meet one.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A listening socket and the line that leads to it.
pub(crate) struct Server {
    listener: TcpListener,
    pub(crate) line: Arc<Line>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line::new(options(listener.local_addr().unwrap().port()), 0).unwrap();
        Self { listener, line }
    }

    /// A line to `base` with this server as the proxy of `scheme`; `login` is empty or ends with `@`.
    pub(crate) fn proxy_line(&self, base: &str, scheme: &str, login: &str) -> Arc<Line> {
        let proxy = format!("{scheme}://{login}{}", self.place());
        let (base, proxy) = (BaseUrl::parse(base).unwrap(), ProxyUrl::parse(&proxy).unwrap());
        let usual = self.line.options().clone();
        Line::new(LineOptions { base, proxy: Some(proxy), ..usual }, 0).unwrap()
    }

    /// Host and port.
    pub(crate) fn place(&self) -> String {
        format!("127.0.0.1:{}", self.line.base().port())
    }

    pub(crate) async fn accept(&self) -> Visit {
        Visit { stream: self.listener.accept().await.unwrap().0, ahead: Vec::new() }
    }
}

/// One connection, seen from the server.
pub(crate) struct Visit {
    pub(crate) stream: TcpStream,
    ahead: Vec<u8>,
}

impl Visit {
    /// Reads one request with its body.
    pub(crate) async fn hear(&mut self) -> (String, Vec<u8>) {
        let head = self.hear_head().await;
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let body = self.hear_body(length.parse().unwrap()).await;
        (head, body)
    }

    /// Reads what follows a head.
    pub(crate) async fn hear_body(&mut self, length: usize) -> Vec<u8> {
        while self.ahead.len() < length {
            assert_ne!(self.stream.read_buf(&mut self.ahead).await.unwrap(), 0, "the request is cut off");
        }
        self.ahead.drain(..length).collect()
    }

    /// Reads exactly so many bytes.
    pub(crate) async fn hear_bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        self.hear_body(LENGTH).await.try_into().unwrap()
    }

    /// Reads a few bytes at a time until this much is there, and keeps them for `hear_body`.
    pub(crate) async fn sip(&mut self, length: usize) {
        while self.ahead.len() < length {
            let mut some = [0; 777];
            let read = self.stream.read(&mut some).await.unwrap();
            self.ahead.extend_from_slice(&some[..read]);
            tokio::task::yield_now().await;
        }
    }

    /// Reads up to the end of a head.
    pub(crate) async fn hear_head(&mut self) -> String {
        loop {
            if let Some(end) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                return String::from_utf8(self.ahead.drain(..end + 4).collect()).unwrap();
            }
            assert_ne!(self.stream.read_buf(&mut self.ahead).await.unwrap(), 0, "the head is cut off");
        }
    }

    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn answer(&mut self, answer: &str) {
        self.hear().await;
        self.say(answer).await;
    }

    /// Waits for the other side to close.
    pub(crate) async fn sees_the_end(&mut self) {
        while self.stream.read_buf(&mut self.ahead).await.is_ok_and(|length| length > 0) {}
    }
}

pub(crate) fn options(port: u16) -> LineOptions {
    LineOptions {
        provider: 7,
        base: BaseUrl::parse(&format!("http://127.0.0.1:{port}/v1")).unwrap(),
        region: None,
        credential: None,
        auth: providers::Auth::Bearer,
        usual_headers: &[],
        proxy: None,
        source_address: None,
        connect_limit: LONG,
        dns_fresh: LONG,
        dns_stale: LONG,
        idle_connections_max: 8,
        warm_connections: 0,
        idle_limit: LONG,
    }
}

pub(crate) async fn ask(client: &Client, line: &Arc<Line>) -> Result<Reply, SendFailure> {
    post(client, line, &[Bytes::from_static(b"{}")]).await
}

pub(crate) async fn post(client: &Client, line: &Arc<Line>, body: &[Bytes]) -> Result<Reply, SendFailure> {
    post_body(client, line, Body::Pieces(body)).await
}

pub(crate) async fn post_body(
    client: &Client,
    line: &Arc<Line>,
    body: Body<'_>,
) -> Result<Reply, SendFailure> {
    client.send(line, &Request::new(line, "POST", "/chat", std::iter::empty(), body), client.take(line)).await
}

/// The next piece of the body as text.
pub(crate) async fn piece(reply: &mut Reply) -> Option<Result<String, BodyFailure>> {
    let piece = poll_fn(|cx| reply.body.poll_piece(cx)).await?;
    Some(piece.map(|piece| String::from_utf8(piece.to_vec()).unwrap()))
}

pub(crate) async fn whole(reply: &mut Reply) -> Result<String, BodyFailure> {
    let body = reply.body.collect(usize::MAX).await?.unwrap();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

/// What happened since the last call.
pub(crate) fn counts(client: &Client) -> PoolCounts {
    let mut found = PoolCounts::default();
    client.take_counts(|provider, counts| {
        assert_eq!(provider, 7);
        found = counts;
    });
    found
}

/// Opened, reused, closed, idle.
pub(crate) fn check_counts(client: &Client, expected: [u64; 4]) {
    let PoolCounts { opened, reused, closed, idle, .. } = counts(client);
    assert_eq!([opened, reused, closed, idle], expected, "opened, reused, closed, idle");
}

/// Lets the driver see what the kernel already knows.
pub(crate) async fn let_it_be_noticed() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}
