//! Reading the head of an answer: status, headers, and how its body is framed.

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, StatusCode};

use super::body_framing::Framing;
use crate::rate_limits::tells_what_remains;

/// Longest head of an answer.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most headers of an answer.
const HEADERS_MAX: usize = 100;

/// The head of a final answer.
#[derive(Debug)]
pub struct ReplyHead {
    /// Its status, never an interim one.
    pub status: StatusCode,
    /// All its headers in their order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Where its body ends.
    pub framing: Framing,
    /// Whether another request may follow on the connection.
    pub keeps_alive: bool,
    /// Whether a header says that nothing is left of a rate limit.
    pub tells_limit_used_up: bool,
}

/// Takes a whole head off the front of `buffer`. Interim answers (1xx) are passed over. `None`: more bytes are needed.
pub fn take_head(buffer: &mut BytesMut) -> Result<Option<ReplyHead>, &'static str> {
    loop {
        let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut slots);
        let length = match parsed.parse(buffer) {
            Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
            Ok(httparse::Status::Partial) if buffer.len() < HEAD_BYTES_MAX => return Ok(None),
            Ok(_) => return Err("its head is too long"),
            Err(httparse::Error::TooManyHeaders) => return Err("it has too many headers"),
            Err(_) => return Err("its head cannot be parsed"),
        };
        let code = parsed.code.unwrap_or_default();
        if code == 101 {
            return Err("it switches protocols, which nobody asked for");
        }
        if (100..200).contains(&code) {
            let _ = buffer.split_to(length);
            continue;
        }
        let status = StatusCode::from_u16(code).map_err(|_| "its status is not a number from 200 to 999")?;
        let is_http_1_0 = parsed.version == Some(0);
        let places = header_places(buffer, parsed.headers);
        let head = buffer.split_to(length).freeze();
        return assemble(&head, status, is_http_1_0, &places).map(Some);
    }
}

/// Where a header's name and value stand in the buffer: `(name start, name end, value start, value end)`.
type Place = (usize, usize, usize, usize);

fn header_places(buffer: &[u8], headers: &[httparse::Header<'_>]) -> Vec<Place> {
    let base = buffer.as_ptr().addr();
    let place = |header: &httparse::Header<'_>| {
        let name = header.name.as_ptr().addr() - base;
        // An empty value may point anywhere.
        let value = if header.value.is_empty() { name } else { header.value.as_ptr().addr() - base };
        (name, name + header.name.len(), value, value + header.value.len())
    };
    headers.iter().map(place).collect()
}

fn assemble(
    head: &Bytes,
    status: StatusCode,
    is_http_1_0: bool,
    places: &[Place],
) -> Result<ReplyHead, &'static str> {
    let mut headers = Vec::with_capacity(places.len());
    let mut framing = FramingFacts::default();
    let mut persistence = Persistence::default();
    let mut tells_limit_used_up = false;
    for &(name_start, name_end, value_start, value_end) in places {
        let name =
            HeaderName::from_bytes(&head[name_start..name_end]).map_err(|_| "a header name is invalid")?;
        let value = HeaderValue::from_maybe_shared(head.slice(value_start..value_end))
            .map_err(|_| "a header value is invalid")?;
        match name {
            http::header::CONTENT_LENGTH => framing.length(value.as_bytes())?,
            http::header::TRANSFER_ENCODING => framing.transfer_encoding(value.as_bytes())?,
            http::header::CONNECTION => persistence.read(value.as_bytes()),
            // Hardly any other header is so short: that goes before a look at its name.
            ref name if value.as_bytes() == b"0" => tells_limit_used_up |= tells_what_remains(name.as_str()),
            _ => {}
        }
        headers.push((name, value));
    }
    let is_doubtful = framing.is_doubtful(status, is_http_1_0);
    let framing = framing.decide(status);
    let keeps_alive =
        persistence.lasts(is_http_1_0) && !is_doubtful && !matches!(framing, Framing::UntilClose);
    Ok(ReplyHead { status, headers, framing, keeps_alive, tells_limit_used_up })
}

#[derive(Default)]
struct FramingFacts {
    length: Option<u64>,
    is_chunked: bool,
}

impl FramingFacts {
    fn length(&mut self, value: &[u8]) -> Result<(), &'static str> {
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(value).ok().filter(|_| is_number);
        let length = text.and_then(|text| text.parse().ok()).ok_or("its content-length is no number")?;
        if self.length.is_some_and(|earlier| earlier != length) {
            return Err("it has two different content-lengths");
        }
        self.length = Some(length);
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), &'static str> {
        if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err("its transfer-encoding is not just chunked");
        }
        self.is_chunked = true;
        Ok(())
    }

    /// Whether another reader might see the end of the body elsewhere, so that the next answer on this connection
    /// could not be trusted. RFC 9112, sections 6.1 and 6.3.
    fn is_doubtful(&self, status: StatusCode, is_http_1_0: bool) -> bool {
        let has_both = self.is_chunked && self.length.is_some();
        let has_impossible_body = status == StatusCode::NO_CONTENT
            && (self.is_chunked || self.length.is_some_and(|length| length > 0));
        has_both || has_impossible_body || (self.is_chunked && is_http_1_0)
    }

    /// RFC 9112, section 6.3.
    fn decide(&self, status: StatusCode) -> Framing {
        if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
            return Framing::Length(0);
        }
        match self.length {
            _ if self.is_chunked => Framing::chunked(),
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
        }
    }
}

/// What the `Connection` headers say, be it one or several. RFC 9112, section 9.3.
#[derive(Default)]
struct Persistence {
    closes: bool,
    keeps: bool,
}

impl Persistence {
    fn read(&mut self, value: &[u8]) {
        for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.closes |= option.eq_ignore_ascii_case(b"close");
            self.keeps |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    const fn lasts(&self, is_http_1_0: bool) -> bool {
        !self.closes && (self.keeps || !is_http_1_0)
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::{HEAD_BYTES_MAX, take_head};

    fn check(head: &str, expected: Result<(u16, &str, bool), &str>) {
        let mut buffer = BytesMut::from(head);
        let found = take_head(&mut buffer).map(|head| {
            let head = head.expect("the head is whole");
            (head.status.as_u16(), format!("{:?}", head.framing), head.keeps_alive)
        });
        let found = found
            .as_ref()
            .map(|(status, framing, keeps)| (*status, framing.as_str(), *keeps))
            .map_err(|e| *e);
        match (found, expected) {
            (Ok((status, framing, keeps)), Ok((status_2, framing_2, keeps_2))) => {
                assert_eq!((status, keeps), (status_2, keeps_2), "{head}");
                assert!(framing.starts_with(framing_2), "{head}: {framing}");
            }
            (found, expected) => assert_eq!(found, expected, "{head}"),
        }
    }

    #[test]
    fn framing_is_read_by_the_book() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((200, "Length(5)", true)));
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", Ok((200, "Chunked", true)));
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            Ok((200, "Chunked", false)),
        );
        check("HTTP/1.1 200 OK\r\n\r\n", Ok((200, "UntilClose", false)));
        check("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Ok((200, "Length(5)", false)));
        check(
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
            Ok((200, "Length(5)", true)),
        );
        check("HTTP/1.1 204 No\r\n\r\n", Ok((204, "Length(0)", true)));
        check("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", Ok((304, "Length(0)", true)));
        check(
            "HTTP/1.1 500 x\r\nContent-Length: 5\r\nConnection: foo, close\r\n\r\n",
            Ok((500, "Length(5)", false)),
        );
        check(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n",
            Ok((201, "Length(0)", true)),
        );
    }

    #[test]
    fn a_limit_of_which_nothing_is_left_is_noticed() {
        let tells = |header: &str| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{header}\r\n\r\n");
            take_head(&mut BytesMut::from(head.as_str())).unwrap().unwrap().tells_limit_used_up
        };
        assert!(tells("X-RateLimit-Remaining-Requests: 0"));
        assert!(tells("anthropic-ratelimit-tokens-remaining:0 "));
        for other in [
            "x-ratelimit-remaining-requests: 10",
            "x-ratelimit-remaining: -1",
            "x-ratelimit-reset: 0",
            "age: 0",
        ] {
            assert!(!tells(other), "{other}");
        }
    }

    #[test]
    fn after_doubtful_framing_a_connection_is_not_kept() {
        check("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", Ok((204, "Length(0)", false)));
        check("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", Ok((204, "Length(0)", false)));
        check(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n",
            Ok((200, "Chunked", false)),
        );
        check(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
            Ok((200, "Length(0)", false)),
        );
    }

    #[test]
    fn doubtful_heads_are_refused() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            Err("it has two different content-lengths"),
        );
        check("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", Err("its content-length is no number"));
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            Err("its transfer-encoding is not just chunked"),
        );
        check("HTTP/1.1 101 Switching\r\n\r\n", Err("it switches protocols, which nobody asked for"));
        check("SMTP ready\r\n\r\n", Err("its head cannot be parsed"));
        check("HTTP/1.1 200 OK\r\nx: a\r\n folded\r\n\r\n", Err("its head cannot be parsed"));
        check("HTTP/1.1 200 OK\r\nx : a\r\n\r\n", Err("its head cannot be parsed"));
        check("HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n", Err("its head cannot be parsed"));
        check("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", Err("its head cannot be parsed"));
        check("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", Err("its content-length is no number"));
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
            Err("its content-length is no number"),
        );
    }

    #[test]
    fn a_partial_head_waits_and_an_endless_one_does_not() {
        assert!(take_head(&mut BytesMut::from("HTTP/1.1 200 OK\r\nContent-")).unwrap().is_none());
        let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(HEAD_BYTES_MAX));
        assert!(take_head(&mut BytesMut::from(endless.as_str())).is_err());
    }

    #[test]
    fn headers_keep_their_values_and_the_body_stays() {
        let mut buffer =
            BytesMut::from("HTTP/1.1 200 OK\r\nX-Empty:\r\nx-a:  b \r\ncontent-length: 3\r\n\r\nabc");
        let head = take_head(&mut buffer).unwrap().unwrap();
        let pairs: Vec<_> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(pairs, [("x-empty", ""), ("x-a", "b"), ("content-length", "3")]);
        assert_eq!(&buffer[..], b"abc");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_only_a_whole_head_is_taken(
            start in select(&["", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 404 \r\n", "HTTP/1.1 100 \r\n\r\n"][..]),
            lines in vec(select(&[
                "content-length: 5\r\n", "transfer-encoding: chunked\r\n", "connection: close\r\n", "x:\r\n", ": x\r\n", "\r\n",
            ][..]), 0..6),
            rest in vec(any::<u8>(), 0..40),
        ) {
            let wire = [start.as_bytes(), lines.concat().as_bytes(), &rest].concat();
            let mut buffer = BytesMut::from(&wire[..]);
            if let Ok(Some(_)) = take_head(&mut buffer) {
                prop_assert!(wire.ends_with(&buffer) && wire.len() > buffer.len());
            }
        }
    }
}
