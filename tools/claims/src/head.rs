//! HTTP/1.1: heads and bodies are read alike however they are cut; a chunked request is seen clean just when the parser
//! behind us finds no length in it; chunks are decoded as by a decoder without states.

use bytes::{Bytes, BytesMut};
use dialects::framing::http1::{ChunkedDecoder, Framing, ReplyHead, RequestHeadWatch, take_head};

use crate::cuttings::cuttings;

/// As many headers as the gateway takes.
const HEADERS_MAX: usize = 100;

/// Claims what the head of this file says about one stretch of bytes, be it a request, an answer or a body.
pub fn head(wire: &[u8]) {
    request(wire);
    answer(wire);
    chunks(wire);
}

fn request(wire: &[u8]) {
    let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut slots);
    let Ok(httparse::Status::Complete(length)) = parsed.parse(wire) else { return };
    let has = |name: &str| parsed.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    let is_clean = has("transfer-encoding") && !has("content-length");
    let method = parsed.method.unwrap_or_default();
    for pieces in cuttings(wire) {
        let mut watch = RequestHeadWatch::default();
        let mut fed = 0;
        // Once the head is whole a request is being served, and what comes then is not looked at.
        for piece in pieces {
            if fed < length {
                watch.feed(piece);
            }
            fed += piece.len();
        }
        assert_eq!(watch.take_clean_chunked_head(method, parsed.headers.len()), is_clean);
        assert!(!watch.take_clean_chunked_head(method, parsed.headers.len()), "asking uses the answer up");
    }
}

/// What is told about an answer: its head, its body, whether that is whole, and what is left over.
type Told = Result<Option<(String, Vec<u8>, bool, Vec<u8>)>, ()>;

fn answer(wire: &[u8]) {
    let told = read_answer(&[wire]);
    for pieces in cuttings(wire) {
        assert_eq!(read_answer(&pieces), told);
    }
    if let Ok(Some(head)) = take_head(&mut BytesMut::from(wire)) {
        assert_framing(&head);
    }
}

fn read_answer(pieces: &[&[u8]]) -> Told {
    let mut received = BytesMut::new();
    let mut pieces = pieces.iter();
    let mut head = loop {
        let Some(piece) = pieces.next() else { return Ok(None) };
        received.extend_from_slice(piece);
        if let Some(head) = take_head(&mut received).map_err(drop)? {
            break head;
        }
    };
    let about = format!("{} {:?} {} {:?}", head.status, head.headers, head.keeps_alive, head.framing);
    let mut body = Vec::new();
    let mut left = Vec::new();
    for read in [received].into_iter().chain(pieces.map(|piece| BytesMut::from(*piece))) {
        let (payload, rest) = take(read, |buffer| head.framing.take_payload(buffer))?;
        body.extend_from_slice(&payload);
        left.extend_from_slice(&rest);
    }
    Ok(Some((about, body, head.framing.is_done(), left)))
}

/// RFC 9112, section 6.3, of headers that were let through.
fn assert_framing(head: &ReplyHead) {
    let all = |name: &'static str| head.headers.iter().filter(move |(header, _)| header == name);
    let length = all("content-length").next().and_then(|(_, value)| value.to_str().ok()?.parse::<u64>().ok());
    let is_chunked = all("transfer-encoding").next().is_some();
    assert!(head.status.as_u16() >= 200);
    assert!(all("content-length").count() == 0 || length.is_some());
    match (&head.framing, head.status.as_u16()) {
        (framing, 204 | 304) => assert!(framing.is_done()),
        (Framing::Chunked(_), _) => assert!(is_chunked),
        (Framing::Length(left), _) => assert!(!is_chunked && length == Some(*left)),
        (Framing::UntilClose, _) => assert!(!is_chunked && length.is_none() && !head.keeps_alive),
    }
    assert!(!(head.keeps_alive && is_chunked && length.is_some()), "two framings and yet kept alive");
}

fn chunks(wire: &[u8]) {
    let told = decode(&[wire]);
    for pieces in cuttings(wire) {
        assert_eq!(decode(&pieces), told);
    }
    match (told, decode_plainly(wire)) {
        (Ok((payload, true, left)), plain) => assert_eq!(plain, Some((payload, left.as_slice()))),
        (_, plain) => assert_eq!(plain, None),
    }
}

fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>), ()> {
    let mut decoder = ChunkedDecoder::default();
    let (mut payload, mut left) = (Vec::new(), Vec::new());
    for piece in pieces {
        let (more, rest) = take(BytesMut::from(*piece), |buffer| decoder.take_payload(buffer))?;
        payload.extend_from_slice(&more);
        left.extend_from_slice(&rest);
    }
    Ok((payload, decoder.is_done(), left))
}

/// Where a body is wrong is told with the piece that shows it, so only that it is wrong can be compared.
fn take(
    mut buffer: BytesMut,
    payload: impl FnOnce(&mut BytesMut) -> Result<Bytes, &'static str>,
) -> Result<(Bytes, BytesMut), ()> {
    let payload = payload(&mut buffer).map_err(drop)?;
    Ok((payload, buffer))
}

/// The payload of a whole chunked body and what follows it. RFC 9112, section 7.1, with white space behind a size.
fn decode_plainly(wire: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = wire;
    let mut payload = Vec::new();
    loop {
        let line = line(&mut rest)?;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let size = u64::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()?;
        let is_fine = digits <= 15 && matches!(line.get(digits), None | Some(b';' | b' ' | b'\t'));
        if !is_fine {
            return None;
        }
        if size == 0 {
            break;
        }
        let (chunk, behind) = rest.split_at_checked(usize::try_from(size).ok()?)?;
        payload.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n")?;
    }
    while !line(&mut rest)?.is_empty() {}
    Some((payload, rest))
}

/// Cuts a line off, without its end; nothing else in it may look like an end.
fn line<'w>(rest: &mut &'w [u8]) -> Option<&'w [u8]> {
    let length = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let line = &rest[..length];
    *rest = &rest[length + 2..];
    line.iter().all(|byte| !matches!(byte, b'\r' | b'\n')).then_some(line)
}
