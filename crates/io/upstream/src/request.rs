//! A request as it goes out. Which headers a provider may see was decided before; here they are only written down.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};

use crate::file_body::FileBody;
use crate::line::{Line, may_carry_credential};

/// A request up to this size is put together in one piece: copying a little is cheaper than having the system gather it.
const GATHERED_BYTES_MAX: usize = 4 * 1024;

/// Where a body lies.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// In memory, in pieces.
    Pieces(&'a [Bytes]),
    /// In a file.
    File(&'a FileBody),
}

impl Body<'_> {
    fn length(&self) -> u64 {
        match self {
            Self::Pieces(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::File(body) => body.length(),
        }
    }
}

/// A request, ready to be written: its head in one piece, its body in as many as it came, or all of it in one if it is small.
pub struct Request<'a> {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Body<'a>,
}

impl<'a> Request<'a> {
    /// A request for `path` below the line's base. Of `headers` the caller of this function answers for every one;
    /// host, credential and length are added here, and the line's usual headers where `headers` has none of the name.
    /// Answers to HEAD and CONNECT are framed in their own ways, which nothing here knows.
    pub fn new<'h>(
        line: &Line,
        method: &str,
        path: &str,
        headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>,
        body: Body<'a>,
    ) -> Self {
        debug_assert!(!matches!(method, "HEAD" | "CONNECT"), "their answers are framed in their own ways");
        let mut head = Vec::with_capacity(2 * 1024);
        for part in [method, " ", line.base().path(), path, " HTTP/1.1\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        head.extend_from_slice(line.fixed_headers());
        let usual = line.usual_headers();
        let mut are_given = 0_u32;
        for (name, value) in headers {
            debug_assert!(!is_ours(name), "{name} is written here and nowhere else");
            push_header(&mut head, name.as_str(), value.as_bytes());
            let given = usual.iter().position(|(usual, _)| name == *usual);
            are_given |= given.map_or(0, |place| 1 << place);
        }
        for (_, (name, value)) in usual.iter().enumerate().filter(|(place, _)| are_given >> place & 1 == 0) {
            push_header(&mut head, name, value.as_bytes());
        }
        let length = body.length();
        head.extend_from_slice(b"content-length: ");
        push_decimal(&mut head, length);
        head.extend_from_slice(b"\r\n\r\n");
        match body {
            Body::Pieces(pieces) if head.len() as u64 + length <= GATHERED_BYTES_MAX as u64 => {
                pieces.iter().for_each(|piece| head.extend_from_slice(piece));
                Self { head, body: Body::Pieces(&[]) }
            }
            body => Self { head, body },
        }
    }
}

/// The head holds a credential and the body a prompt: neither may be printed.
impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("head_bytes", &self.head.len())
            .field("body_bytes", &self.body.length())
            .finish()
    }
}

/// A second one of these would let two readers see two different requests.
fn is_ours(name: &HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING].contains(name) || may_carry_credential(name)
}

fn push_header(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

fn push_decimal(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use domain::{BaseUrl, Secret};
    use http::{HeaderName, HeaderValue};
    use providers::Auth;

    use super::{Body, GATHERED_BYTES_MAX, Request, push_decimal};
    use crate::line::{Line, LineOptions};

    fn line(credential: &str) -> Result<Arc<Line>, String> {
        Line::new(options(credential), 0)
    }

    fn options(credential: &str) -> LineOptions {
        let base = BaseUrl::parse("http://[::1]:8080/v1/").unwrap();
        LineOptions {
            credential: Some(Secret::new(credential.to_owned())),
            ..LineOptions::for_one_exchange(base, Duration::from_secs(1))
        }
    }

    #[test]
    fn a_head_is_written_to_the_letter() {
        let (name, value) = (HeaderName::from_static("x-a"), HeaderValue::from_static("b"));
        let body = [Bytes::from_static(b"{\"a\""), Bytes::from_static(b":1}")];
        let line = line("secret-1").unwrap();
        let request =
            Request::new(&line, "POST", "/chat", [(&name, &value)].into_iter(), Body::Pieces(&body));
        assert_eq!(
            String::from_utf8(request.head).unwrap(),
            "POST /v1/chat HTTP/1.1\r\nhost: [::1]:8080\r\nauthorization: Bearer secret-1\r\n\
             x-a: b\r\ncontent-length: 7\r\n\r\n{\"a\":1}"
        );
        assert_eq!(request.body.length(), 0, "a small body travels with its head");
    }

    #[test]
    fn a_key_stands_where_its_provider_looks_and_a_callers_own_header_goes_before_the_usual_one() {
        let options = LineOptions {
            auth: Auth::XApiKey,
            usual_headers: &[("a-version", "2023-06-01"), ("b-mode", "plain")],
            ..options("secret-1")
        };
        let line = Line::new(options, 0).unwrap();
        let (name, value) = (HeaderName::from_static("a-version"), HeaderValue::from_static("2024-01-01"));
        let request =
            Request::new(&line, "POST", "/messages", [(&name, &value)].into_iter(), Body::Pieces(&[]));
        assert_eq!(
            String::from_utf8(request.head).unwrap(),
            "POST /v1/messages HTTP/1.1\r\nhost: [::1]:8080\r\nx-api-key: secret-1\r\n\
             a-version: 2024-01-01\r\nb-mode: plain\r\ncontent-length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_large_body_is_not_copied() {
        let body = [Bytes::from(vec![b'x'; GATHERED_BYTES_MAX])];
        let request = Request::new(
            &line("secret-1").unwrap(),
            "POST",
            "/chat",
            std::iter::empty(),
            Body::Pieces(&body),
        );
        assert!(request.head.ends_with(b"content-length: 4096\r\n\r\n"));
        assert!(matches!(request.body, Body::Pieces(pieces) if pieces.as_ptr() == body.as_ptr()));
    }

    #[test]
    fn a_credential_cannot_bring_headers_along() {
        for credential in ["a\r\nx-evil: 1", "a b", "a\n", "a\0", "ä"] {
            assert!(line(credential).is_err(), "{credential:?}");
        }
    }

    #[test]
    fn nothing_printed_holds_the_credential() {
        let line = line("secret-1").unwrap();
        let request = Request::new(&line, "POST", "/chat", std::iter::empty(), Body::Pieces(&[]));
        let printed = format!("{line:?} {request:?}");
        let as_bytes = format!("{:?}", b"secret-1").replace(['[', ']'], "");
        assert!(!printed.contains("secret-1") && !printed.contains(&as_bytes), "{printed}");
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 9, 10, 1_048_576, u64::MAX] {
            let mut text = Vec::new();
            push_decimal(&mut text, number);
            assert_eq!(text, number.to_string().into_bytes());
        }
    }
}
