//! The API on an address of its own (`admin.listen`): HTTP/1.1, a bounded number of connections, a graceful end.
//!
//! There is no TLS here: such an address is meant to be private, or behind something that speaks it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::Admin;

const CONNECTIONS_MAX: usize = 256;
const HEAD_WAIT_MAX: Duration = Duration::from_secs(10);
const HEADERS_MAX: usize = 100;
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// What accepting waits after the system refused it, out of descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Admin {
    /// Serves until `stop` is cancelled, then finishes what is being answered.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        while let Some((stream, place)) = next(&listener, &places, &stop).await {
            connections.spawn(converse(self.clone(), stream, place, stop.clone()));
        }
        connections.close();
        connections.wait().await;
    }
}

/// The next connection and a place for it; `None` when it is time to stop.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accept = async {
        let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    };
    stop.run_until_cancelled(accept).await
}

async fn converse(admin: Admin, stream: TcpStream, place: OwnedSemaphorePermit, stop: CancellationToken) {
    let service = service_fn(|request| {
        let admin = &admin;
        async move { Ok::<_, Infallible>(admin.answer(request).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WAIT_MAX)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service)
    );
    // An error is the other side's: it went away or sent no HTTP, and hyper has answered that.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    use crate::routes::tests::{ADMIN_KEY, Office};

    #[tokio::test]
    async fn it_serves_over_a_socket_until_stopped() {
        let office = Office::open().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let visit = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "GET /admin/v1/health HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_KEY}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"}") {
                assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "closed too early");
            }
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
            // The connection is still open and idle: stopping must not wait for it.
            stop.cancel();
            assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0, "closed by the stop");
        };
        tokio::join!(office.admin.serve(listener, stop.clone()), visit);
    }
}
