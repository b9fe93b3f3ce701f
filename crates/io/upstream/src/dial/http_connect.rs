//! A tunnel through an HTTP proxy (RFC 9110, section 9.3.6), for `http://` upstreams as well as for `https://`: a proxy
//! learns the host and nothing else from us.

use bytes::{Buf, BytesMut};
use domain::{ProxyLogin, base64};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::failure::ProxyProblem;

/// Longest answer of a proxy, interim ones included.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most headers of it.
const HEADERS_MAX: usize = 64;

/// Asks for a tunnel to `authority`, which is host and port. Not one byte of what comes through it is read.
pub(super) async fn open_tunnel(
    tcp: &mut TcpStream,
    authority: &str,
    login: Option<&ProxyLogin>,
) -> Result<(), ProxyProblem> {
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n");
    if let Some(ProxyLogin { user, password }) = login {
        let pair = format!("{}:{}", user.expose(), password.expose());
        request.push_str("proxy-authorization: Basic ");
        request.push_str(&base64(pair.as_bytes()));
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    tcp.write_all(request.as_bytes()).await.map_err(ProxyProblem::Broke)?;
    let status = read_answer(tcp).await?;
    if status.is_success() { Ok(()) } else { Err(ProxyProblem::Refused(status.to_string())) }
}

/// Reads the proxy's answer up to the end of its head and no further: what follows belongs to the tunnel.
async fn read_answer(tcp: &mut TcpStream) -> Result<StatusCode, ProxyProblem> {
    let mut head = BytesMut::new();
    let mut glimpse = [0; 1024];
    let mut taken = 0;
    loop {
        let seen = tcp.peek(&mut glimpse).await.map_err(ProxyProblem::Broke)?;
        if seen == 0 {
            return Err(ProxyProblem::Broke(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let part = &glimpse[..seen.min(HEAD_BYTES_MAX - taken)];
        let length = end_of_head(&head, part).unwrap_or(part.len());
        taken += tcp.read_exact(&mut glimpse[..length]).await.map_err(ProxyProblem::Broke)?;
        let is_first = head.is_empty();
        head.extend_from_slice(&glimpse[..length]);
        // A head that drips in is not read from its start for every drop.
        let may_be_whole = is_first || glimpse[..length].contains(&b'\n');
        if may_be_whole && let Some((length, status)) = parse(&head)? {
            if !status.is_informational() {
                return Ok(status);
            }
            head.advance(length);
        }
        if taken >= HEAD_BYTES_MAX {
            return Err(ProxyProblem::NotAProxy("its head is too long"));
        }
    }
}

/// Where the head ends within `part`, which follows on `before`: behind an empty line.
fn end_of_head(before: &[u8], part: &[u8]) -> Option<usize> {
    // Of what came before, an empty line that ends in this part can begin in the last three bytes only.
    let tail = &before[before.len().saturating_sub(3)..];
    let joined = [tail, part].concat();
    let ends = (0..joined.len()).map(|at| &joined[..=at]);
    let end = ends.filter(|text| text.ends_with(b"\n\r\n") || text.ends_with(b"\n\n")).map(<[u8]>::len);
    end.map(|end| end.saturating_sub(tail.len())).find(|end| *end > 0)
}

fn parse(head: &[u8]) -> Result<Option<(usize, StatusCode)>, ProxyProblem> {
    let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut slots);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(length)) => {
            let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
            let status = status.map_err(|_| ProxyProblem::NotAProxy("its status is out of range"))?;
            Ok(Some((length, status)))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(ProxyProblem::NotAProxy("what it says is no HTTP answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_head;

    #[test]
    fn the_end_of_a_head_is_found_however_it_is_cut() {
        for (whole, end) in [
            ("HTTP/1.1 200 OK\r\n\r\nrest\r\n\r\n", Some(19)),
            ("HTTP/1.1 200 OK\n\nrest", Some(17)),
            ("HTTP/1.1 200 OK\r\na: b\r\n\r\n", Some(25)),
            ("HTTP/1.1 200 OK\r\na: b\r\n", None),
            ("\n", None),
        ] {
            for cut in 0..end.unwrap_or(whole.len()) {
                let (before, part) = whole.as_bytes().split_at(cut);
                assert_eq!(end_of_head(before, part), end.map(|end| end - cut), "{whole:?} cut at {cut}");
            }
        }
    }
}
