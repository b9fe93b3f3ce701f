//! One request and the head of its answer on one connection.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;

use bytes::BytesMut;
use dialects::framing::http1::{HEAD_BYTES_MAX, take_head};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::failure::SendFailure;
use crate::glimpse::Glimpse;
use crate::pool::{Connection, Pool};
use crate::reply_body::ReplyBody;
use crate::request::Request;
use crate::writer::{WriteFailure, Writer};

/// The head of an answer, and its body to be read.
#[derive(Debug)]
pub struct Reply {
    /// The provider's status.
    pub status: StatusCode,
    /// Whether a header says that nothing is left of a rate limit.
    pub tells_limit_used_up: bool,
    /// All its headers, hop-by-hop ones included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What follows.
    pub body: ReplyBody,
}

/// Writes the request and reads the head of the answer. A provider may answer before it has read all: its answer
/// counts, and the rest of the request is not sent.
pub(crate) async fn exchange(
    pool: &Rc<Pool>,
    mut connection: Connection,
    request: &Request<'_>,
    glimpse: Option<&Glimpse>,
) -> Result<Reply, SendFailure> {
    let was_reused = connection.was_reused;
    let mut writer = Writer::new(request);
    let mut received = BytesMut::new();
    // Interim answers included: however many there are, they do not last for ever.
    let mut head_bytes = 0;
    loop {
        let read = next_read(&mut connection, &mut writer, glimpse).await;
        let read = match read.map_err(SendFailure::Body)? {
            Ok(read) if !read.is_empty() => read,
            // Whoever has begun to answer has seen the request: asking again might buy the same answer twice.
            _ if head_bytes > 0 => return Err(SendFailure::NotHttp("it ended within its head")),
            Ok(_) => {
                let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                return Err(SendFailure::Broken { error, was_reused });
            }
            Err(error) => return Err(SendFailure::Broken { error, was_reused }),
        };
        // A head that drips in is not read from its start for every drop.
        let may_be_whole = head_bytes == 0 || read.contains(&b'\n');
        head_bytes += read.len();
        if received.is_empty() {
            received = read;
        } else {
            received.extend_from_slice(&read);
        }
        let head = if may_be_whole { take_head(&mut received).map_err(SendFailure::NotHttp)? } else { None };
        if let Some(head) = head {
            // What was not written can no longer be: such a connection ends with this answer.
            let is_reusable = head.keeps_alive && writer.is_flushed();
            let body = ReplyBody::new(pool.clone(), connection, head.framing, received, is_reusable);
            let tells_limit_used_up = head.tells_limit_used_up;
            return Ok(Reply { status: head.status, tells_limit_used_up, headers: head.headers, body });
        }
        if head_bytes >= HEAD_BYTES_MAX {
            return Err(SendFailure::NotHttp("its head is too long"));
        }
    }
}

/// Writes on until something has been read, or the socket has failed. The error is of the request's own body.
async fn next_read(
    connection: &mut Connection,
    writer: &mut Writer<'_>,
    glimpse: Option<&Glimpse>,
) -> Result<io::Result<BytesMut>, io::Error> {
    let mut write_failure = None;
    poll_fn(|cx| {
        if write_failure.is_none()
            && let Poll::Ready(Err(failure)) = writer.poll(&mut connection.socket, cx)
        {
            match failure {
                WriteFailure::Socket(error) => write_failure = Some(error),
                WriteFailure::Body(error) => return Poll::Ready(Err(error)),
            }
        }
        if let Some(glimpse) = glimpse
            && let moved @ 1.. = writer.take_moved()
        {
            glimpse.sends(moved);
        }
        // A provider that refuses early closes its side: its answer counts, not our failed write. The answer may be
        // in the socket without the driver knowing yet, and a connection that cannot be written to soon ends for
        // reading too: so one waits for either.
        match connection.poll_read(cx) {
            Poll::Ready(Ok(read)) if !read.is_empty() => Poll::Ready(Ok(Ok(read))),
            Poll::Ready(ended) => Poll::Ready(Ok(write_failure.take().map_or(ended, Err))),
            Poll::Pending => {
                if let Some(glimpse) = glimpse {
                    connection.socket.tcp().into_iter().for_each(|tcp| glimpse.look(tcp));
                }
                Poll::Pending
            }
        }
    })
    .await
}
