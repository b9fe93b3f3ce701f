//! Turns an answer into what happens on the wire, step by step, and carries out misbehaviours in how it is sent.
//!
//! A script is a plain value: nothing here waits or writes. `player.rs` does both, and knows no misbehaviour.

use std::time::Duration;

use crate::gzip;
use crate::misbehaviour::{Break, Ending, Place, Wire};
use crate::reply::{Body, Event, Reply, reason};

/// A piece of a body that is not streamed, when it breaks off after so many "events".
const WHOLE_BODY_PIECE_BYTES: usize = 64;

/// A comment: by the server-sent events specification it says nothing but "still there".
const PING: &[u8] = b": ping\n\n";

/// Everything that happens after a request was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) ending: Ending,
    /// Whether the peer gets all that was meant for it, oddities included.
    pub(crate) is_whole: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Write(Vec<u8>),
    Pause(Duration),
    /// Until the peer goes.
    Repeat {
        bytes: Vec<u8>,
        every: Duration,
    },
}

impl Script {
    /// Whether anything is said at all.
    pub(crate) fn has_head(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Write(_)))
    }
}

/// What a mail server says to whoever connects (RFC 5321, 4.2).
const NOT_HTTP: &[u8] = b"220 mail.example ESMTP ready\r\n\r\n";

/// The times of an honest answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    pub(crate) latency: Duration,
    pub(crate) first_token: Duration,
    /// Between events; read as far as needed.
    pub(crate) gaps: Vec<Duration>,
}

/// What the request allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Whether the peer wants to keep the connection.
    pub(crate) keeps_alive: bool,
    /// Whether the peer knows chunks (HTTP/1.1).
    pub(crate) knows_chunks: bool,
}

/// How the end of a body is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    Chunked,
    UntilClose,
}

/// All that the misbehaviours ask for, gathered.
#[derive(Default)]
struct Oddities {
    unanswered: Option<Ending>,
    is_not_http: bool,
    head_cut: Option<usize>,
    head_delay: Duration,
    first_delay: Duration,
    broken: Option<(Place, Break)>,
    keeps_open: bool,
    until_close: bool,
    length_error: i64,
    is_gzip: bool,
    is_crlf: bool,
    pieces: Option<(usize, Duration)>,
}

impl Oddities {
    fn gather(faults: &[Wire]) -> Self {
        let mut odd = Self::default();
        for fault in faults {
            match *fault {
                Wire::Unanswered(ending) => odd.unanswered = Some(ending),
                Wire::NotHttp => odd.is_not_http = true,
                Wire::CutHead(bytes) => odd.head_cut = Some(bytes),
                Wire::SlowHead(delay) => odd.head_delay = delay,
                Wire::SlowFirst(delay) => odd.first_delay = delay,
                Wire::Break { place, then } => odd.broken = Some((place, then)),
                Wire::KeepsOpen => odd.keeps_open = true,
                Wire::UntilClose => odd.until_close = true,
                Wire::WrongLength(error) => odd.length_error = error,
                Wire::Gzip => odd.is_gzip = true,
                Wire::Crlf => odd.is_crlf = true,
                Wire::Pieces { bytes, pause } => odd.pieces = Some((bytes, pause)),
            }
        }
        odd
    }

    /// How the end of the body is told, in the face of all this.
    fn framing(&self, reply: &Reply, terms: Terms) -> Framing {
        let is_stream = matches!(reply.body, Body::Events(_));
        if self.length_error != 0 {
            Framing::Length
        } else if self.until_close {
            Framing::UntilClose
        } else if is_stream || self.keeps_open {
            if terms.knows_chunks { Framing::Chunked } else { Framing::UntilClose }
        } else {
            Framing::Length
        }
    }
}

/// Writes the script of an answer.
pub(crate) fn script(reply: &Reply, faults: &[Wire], pace: &Pace, terms: Terms) -> Script {
    let odd = Oddities::gather(faults);
    let mut steps = vec![Step::Pause(pace.latency + odd.head_delay)];
    if let Some(ending) = odd.unanswered {
        return Script { steps, ending, is_whole: false };
    }
    if odd.is_not_http {
        steps.push(Step::Write(NOT_HTTP.to_vec()));
        return Script { steps, ending: Ending::Close, is_whole: false };
    }

    let is_stream = matches!(reply.body, Body::Events(_));
    let mut pieces = payload(&reply.body, odd.is_crlf, odd.broken.is_some());
    if odd.is_gzip {
        pieces = gzip::wrap(&pieces);
    }
    let framing = odd.framing(reply, terms);
    let sent = match odd.broken {
        Some((place, _)) => shorten(&pieces, place),
        None => pieces.iter().map(Vec::as_slice).collect(),
    };
    let is_truncated = matches!(odd.broken, Some((_, Break::Truncate)));
    let told = if is_truncated { total(&sent) } else { pieces.iter().map(Vec::len).sum() };

    let ending = match odd.broken {
        Some((_, Break::Leave(ending))) => ending,
        Some((_, Break::Pings(_))) => Ending::Hang,
        _ if odd.keeps_open => Ending::Hang,
        _ if framing == Framing::UntilClose || odd.length_error != 0 || !terms.keeps_alive => Ending::Close,
        _ => Ending::KeepAlive,
    };
    let is_ended = !odd.keeps_open && matches!(odd.broken, None | Some((_, Break::Truncate)));

    let length = framing == Framing::Length;
    let length =
        length.then(|| i64::try_from(told).unwrap_or(i64::MAX).saturating_add(odd.length_error).max(0));
    let mut head = head(reply, framing, length, ending == Ending::Close && is_ended, odd.is_gzip);
    if let Some(bytes) = odd.head_cut {
        head.truncate(bytes);
        steps.push(Step::Write(head));
        return Script { steps, ending: Ending::Close, is_whole: false };
    }
    steps.push(Step::Write(head));
    let first_delay = odd.first_delay + if is_stream { pace.first_token } else { Duration::ZERO };
    for (index, piece) in sent.iter().enumerate() {
        let pause = match index.checked_sub(1) {
            None => first_delay,
            Some(before) if is_stream => pace.gaps.get(before).copied().unwrap_or_default(),
            Some(_) => Duration::ZERO,
        };
        steps.push(Step::Pause(pause));
        let told = if is_truncated { piece.len() } else { pieces[index].len() };
        steps.push(Step::Write(framed(piece, told, framing)));
    }
    if is_ended && framing == Framing::Chunked {
        steps.push(Step::Write(b"0\r\n\r\n".to_vec()));
    }

    if let Some((_, Break::Pings(every))) = odd.broken {
        steps.push(Step::Repeat { bytes: framed(PING, PING.len(), framing), every });
    }

    let steps = joined(steps, is_stream);
    let steps = match odd.pieces {
        Some((bytes, pause)) => split(&steps, bytes, pause),
        None => steps,
    };
    // Who has sent as much as he announced has said all, however he leaves the connection.
    let is_all_there = framing == Framing::Length && odd.length_error == 0 && total(&sent) == told;
    Script { steps, ending, is_whole: (is_ended || is_all_there) && !is_truncated }
}

/// The bytes of a body, in the pieces that "after so many events" counts.
fn payload(body: &Body, is_crlf: bool, breaks: bool) -> Vec<Vec<u8>> {
    let whole = |bytes: &[u8]| {
        let size = if breaks { WHOLE_BODY_PIECE_BYTES } else { bytes.len().max(1) };
        bytes.chunks(size).map(<[u8]>::to_vec).collect()
    };
    match body {
        Body::Json(value) => whole(value.to_string().as_bytes()),
        Body::Text(text) => whole(text.as_bytes()),
        Body::Bytes(bytes) => whole(bytes),
        Body::Events(events) => {
            let line_end = if is_crlf { "\r\n" } else { "\n" };
            events.iter().map(|event: &Event| event.bytes(line_end)).collect()
        }
    }
}

/// What is left before the place where an answer breaks off. The last piece may be a part.
fn shorten(pieces: &[Vec<u8>], place: Place) -> Vec<&[u8]> {
    match place {
        Place::Events(count) => pieces.iter().take(count).map(Vec::as_slice).collect(),
        Place::Bytes(mut left) => {
            let mut kept = Vec::new();
            for piece in pieces {
                if left == 0 {
                    break;
                }
                let part = &piece[..left.min(piece.len())];
                left -= part.len();
                kept.push(part);
            }
            kept
        }
    }
}

fn total(pieces: &[&[u8]]) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
}

fn head(reply: &Reply, framing: Framing, length: Option<i64>, closes: bool, is_gzip: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    let mut line = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    };
    line("content-type", &reply.content_type);
    for (name, value) in &reply.headers {
        line(name, value);
    }
    if is_gzip {
        line("content-encoding", "gzip");
    }
    if let Some(length) = length {
        line("content-length", &length.to_string());
    }
    if framing == Framing::Chunked {
        line("transfer-encoding", "chunked");
    }
    if closes {
        line("connection", "close");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A piece as sent. Where it is a part of what is told, the chunk stays open: that is a cut in mid-chunk.
fn framed(piece: &[u8], told: usize, framing: Framing) -> Vec<u8> {
    if framing != Framing::Chunked {
        return piece.to_vec();
    }
    let mut chunk = format!("{told:x}\r\n").into_bytes();
    chunk.extend_from_slice(piece);
    if piece.len() == told {
        chunk.extend_from_slice(b"\r\n");
    }
    chunk
}

/// Leaves out pauses of no length, and joins the writes of a body that is not streamed: servers send it in one go.
fn joined(steps: Vec<Step>, is_stream: bool) -> Vec<Step> {
    let mut joined: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match (joined.last_mut(), step) {
            (_, Step::Pause(Duration::ZERO)) => {}
            (Some(Step::Write(before)), Step::Write(mut bytes)) if !is_stream => before.append(&mut bytes),
            (_, step) => joined.push(step),
        }
    }
    joined
}

/// Cuts every write into small ones.
fn split(steps: &[Step], size: usize, pause: Duration) -> Vec<Step> {
    let mut small = Vec::new();
    for step in steps {
        match step {
            other @ (Step::Pause(_) | Step::Repeat { .. }) => small.push(other.clone()),
            Step::Write(bytes) => {
                for part in bytes.chunks(size) {
                    small.push(Step::Write(part.to_vec()));
                    if pause > Duration::ZERO {
                        small.push(Step::Pause(pause));
                    }
                }
            }
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{Pace, Script, Step, Terms, script};
    use crate::fault::Fault;
    use crate::misbehaviour::Ending;
    use crate::reply::Reply;

    const TERMS: Terms = Terms { keeps_alive: true, knows_chunks: true };

    fn written(script: &Script) -> String {
        let bytes: Vec<u8> = script
            .steps
            .iter()
            .flat_map(|step| match step {
                Step::Write(bytes) => bytes.clone(),
                Step::Pause(_) | Step::Repeat { .. } => Vec::new(),
            })
            .collect();
        String::from_utf8(bytes).unwrap()
    }

    fn body_of(reply: &Reply, fault: &str) -> (String, Ending, bool) {
        let faults = if fault.is_empty() { Vec::new() } else { fault.parse::<Fault>().unwrap().answer.wire };
        let script = script(reply, &faults, &Pace::default(), TERMS);
        let text = written(&script);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (body.to_owned(), script.ending, script.is_whole)
    }

    #[test]
    fn a_stream_breaks_where_it_is_told_to() {
        let reply = Reply::events(vec![json!(1), json!(22)]);
        let check = |fault, body: &str, ending, is_whole| {
            assert_eq!(body_of(&reply, fault), (body.to_owned(), ending, is_whole), "{fault}");
        };
        let one = "9\r\ndata: 1\n\n\r\n";
        let all = format!("{one}a\r\ndata: 22\n\n\r\ne\r\ndata: [DONE]\n\n\r\n");
        check("", &format!("{all}0\r\n\r\n"), Ending::KeepAlive, true);
        check("cut=1", one, Ending::Close, false);
        check("cut_bytes=0", "", Ending::Close, false);
        check("cut_bytes=12", &format!("{one}a\r\ndat"), Ending::Close, false);
        check("reset=1", one, Ending::Reset, false);
        check("stall=1", one, Ending::Hang, false);
        check("truncate=1", &format!("{one}0\r\n\r\n"), Ending::KeepAlive, false);
        check("truncate_bytes=12", &format!("{one}3\r\ndat\r\n0\r\n\r\n"), Ending::KeepAlive, false);
        check("keeps_open", &all, Ending::Hang, false);
        check("until_close", "data: 1\n\ndata: 22\n\ndata: [DONE]\n\n", Ending::Close, true);
        check("hang", "", Ending::Hang, false);
    }

    #[test]
    fn a_whole_body_breaks_in_pieces() {
        let reply = Reply::json(200, json!({ "text": "x".repeat(200) }));
        assert_eq!(body_of(&reply, "cut=2").0.len(), 128);
        assert_eq!(body_of(&reply, "cut_bytes=5").0, r#"{"tex"#);
        assert_eq!(body_of(&reply, "truncate_bytes=5").0, r#"{"tex"#);
        assert_eq!(body_of(&reply, "").0.len(), 211);
    }

    #[test]
    fn who_falls_silent_behind_the_length_that_he_told_has_said_all() {
        let reply = Reply::json(200, json!({ "text": "x".repeat(200) }));
        let told = |fault| {
            let (body, ending, is_whole) = body_of(&reply, fault);
            (body.len(), ending, is_whole)
        };
        assert_eq!(told("stall=4"), (211, Ending::Hang, true));
        assert_eq!(told("stall_bytes=210"), (210, Ending::Hang, false));
        assert_eq!(told("cut_bytes=300"), (211, Ending::Close, true));
        assert_eq!(told("wrong_length=1"), (211, Ending::Close, true), "a lie about the length is no break");
        assert!(!told("keeps_open").2, "chunks have an end of their own");
        assert_eq!(told("truncate_bytes=210"), (210, Ending::KeepAlive, false));
    }

    #[test]
    fn pauses_stand_where_the_pace_puts_them() {
        let reply = Reply::events(vec![json!(1), json!(2)]);
        let ms = Duration::from_millis;
        let pace = Pace { latency: ms(1), first_token: ms(2), gaps: vec![ms(3), ms(4)] };
        let script = script(&reply, &[], &pace, TERMS);
        let shape: Vec<u128> = script
            .steps
            .iter()
            .map(|step| match step {
                Step::Pause(time) => time.as_millis(),
                _ => 0,
            })
            .collect();
        assert_eq!(shape, [1, 0, 2, 0, 3, 0, 4, 0, 0]);
    }

    #[test]
    fn small_pieces_make_up_the_same_bytes() {
        let reply = Reply::events(vec![json!("日本語")]);
        let small = body_of(&reply, "split=1").0;
        assert_eq!(small, body_of(&reply, "").0);
    }
}
