//! What of a stream may leave: whole events, and none that is no sound part of an answer, nor anything behind its last word. A
//! caller who is told of a break can then be told between two events, where he understands it.

use bytes::Bytes;
use dialects::watch::StreamWatch;

/// An event longer than this leaves before it is whole.
pub(super) const HELD_BYTES_MAX: usize = 64 * 1024;

/// A stream on its way through.
#[derive(Debug)]
pub(crate) struct Events {
    pub(super) watch: StreamWatch,
    /// The beginning of an event whose end has not come yet.
    tail: Vec<u8>,
    /// A part of a long event has left already.
    is_inside: bool,
    /// It ended with the beginning of something.
    is_cut: bool,
}

impl Events {
    pub(super) fn new(watch: StreamWatch) -> Self {
        Self { watch, tail: Vec::new(), is_inside: false, is_cut: false }
    }

    /// Reads the next piece and returns what may leave; the rest comes later, if ever.
    pub(super) fn pass(&mut self, mut piece: Bytes) -> Bytes {
        self.watch.feed(&piece);
        let whole = self.watch.whole_bytes();
        let is_last = self.watch.is_closed();
        let was_inside = self.is_inside;
        if whole > 0 {
            self.is_inside = false;
        }
        if !self.watch.hidden().is_empty() && !was_inside {
            return self.pass_all_but_hidden(&piece, whole, is_last);
        }
        if self.tail.is_empty() {
            // Nearly every piece ends with an event: it leaves as it came.
            if whole == piece.len() {
                return piece;
            }
            let leaves = piece.split_to(whole);
            if !is_last {
                self.tail.extend_from_slice(&piece);
            }
            return self.let_go_if_long(leaves);
        }
        if whole == 0 && is_last {
            // The event at fault began in the tail.
            self.tail = Vec::new();
            return Bytes::new();
        }
        let rest = piece.split_off(whole);
        self.tail.extend_from_slice(&piece);
        if whole == 0 {
            self.tail.extend_from_slice(&rest);
            return self.let_go_if_long(Bytes::new());
        }
        let leaves = Bytes::from(std::mem::take(&mut self.tail));
        if !is_last {
            self.tail.extend_from_slice(&rest);
        }
        self.let_go_if_long(leaves)
    }

    /// As [`Self::pass`], for the rare piece of which something is to be kept back.
    fn pass_all_but_hidden(&mut self, piece: &Bytes, whole: usize, is_last: bool) -> Bytes {
        let mut leaves = std::mem::take(&mut self.tail);
        let mut from = 0;
        for hidden in self.watch.hidden() {
            if hidden.start == 0 {
                // It began in the tail, if there was one.
                leaves.clear();
            } else {
                leaves.extend_from_slice(&piece[from..hidden.start]);
            }
            from = hidden.end;
        }
        leaves.extend_from_slice(&piece[from.min(whole)..whole]);
        if !is_last {
            self.tail.extend_from_slice(&piece[whole..]);
        }
        self.let_go_if_long(Bytes::from(leaves))
    }

    /// The stream has ended. A last event may lack the blank line behind it; if it is sound, it leaves like any other.
    pub(super) fn end(&mut self) -> Bytes {
        let before = self.watch.chunks();
        if self.tail.is_empty() {
            return Bytes::new();
        }
        self.watch.feed(b"\n\n");
        let tail = std::mem::take(&mut self.tail);
        self.is_cut = self.watch.fault().is_some() || self.watch.chunks() == before;
        if self.is_cut { Bytes::new() } else { Bytes::from(tail) }
    }

    /// Whether this may be the end of it.
    pub(super) fn is_whole(&self) -> bool {
        let watch = &self.watch;
        watch.fault().is_none()
            && (watch.is_done() || (watch.is_finished() && !self.is_cut && !self.is_inside))
    }

    /// Whether what has left ends between two events.
    pub(super) fn left_between_events(&self) -> bool {
        !self.is_inside
    }

    fn let_go_if_long(&mut self, leaves: Bytes) -> Bytes {
        if self.tail.len() <= HELD_BYTES_MAX {
            return leaves;
        }
        self.is_inside = true;
        let tail = std::mem::take(&mut self.tail);
        if leaves.is_empty() { Bytes::from(tail) } else { Bytes::from([leaves.as_ref(), &tail].concat()) }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use dialects::Dialect;
    use dialects::watch::StreamWatch;

    use super::{Events, HELD_BYTES_MAX};

    const STREAM: &str = ": hi\n\ndata: {\"a\":1,\"finish_reason\":\"stop\"}\n\ndata: {\"b\":\"\u{1f642}\"}\r\n\r\ndata: [DONE]\n\n";

    fn passed(pieces: &[&[u8]]) -> (Vec<u8>, Events) {
        let mut events = Events::new(StreamWatch::default());
        let left = pieces.iter().map(|piece| events.pass(Bytes::copy_from_slice(piece)));
        let left = left.collect::<Vec<_>>().concat();
        (left, events)
    }

    #[test]
    fn all_of_a_sound_stream_leaves_wherever_it_is_cut() {
        for cut in 0..=STREAM.len() {
            let (left, right) = STREAM.as_bytes().split_at(cut);
            assert_eq!(passed(&[left, right]).0, STREAM.as_bytes(), "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = STREAM.as_bytes().chunks(1).collect();
        assert_eq!(passed(&bytes).0, STREAM.as_bytes());
    }

    #[test]
    fn what_leaves_ends_with_an_event_and_nothing_bad_is_in_it() {
        let sound = "data: {\"a\":1}\n\n";
        for bad in [
            "data: {\"b\":[\n\n",
            "data: {\"error\":{\"message\":\"x\"}}\n\n",
            "data: {\"b\"",
            "event: error\n",
        ] {
            let stream = [sound, bad].concat();
            for cut in 0..=stream.len() {
                let (left, right) = stream.as_bytes().split_at(cut);
                let (left, events) = passed(&[left, right]);
                assert_eq!(left, sound.as_bytes(), "{bad} cut at {cut}");
                assert!(events.left_between_events());
            }
        }
    }

    #[test]
    fn nothing_behind_the_last_word_leaves_wherever_the_stream_is_cut() {
        let finish = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
        let chat = (finish, "data: [DONE]\n\n", Dialect::OpenAiChat);
        let stop = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n";
        let message = "event: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n";
        let response = "data: {\"type\":\"response.completed\",\"sequence_number\":7,\"response\":{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"m\",\"output\":[]}}\n\n";
        let lasts =
            [chat, (stop, message, Dialect::AnthropicMessages), ("", response, Dialect::OpenAiResponses)];
        for (before, last, dialect) in lasts {
            let said = [before, last].concat();
            for behind in
                [": x\n\n", "\n", "data: {\"error\":{\"message\":\"x\"}}\n\n", "data: bye", before, last]
            {
                let stream = [&said, behind, "data: {\"a\":1}\n\n"].concat();
                for cut in 0..=stream.len() {
                    let (left, right) = stream.as_bytes().split_at(cut);
                    let mut events = Events::new(StreamWatch::of_dialect(dialect));
                    let [left, right] = [left, right].map(|it| events.pass(Bytes::copy_from_slice(it)));
                    let told = [left, right, events.end()].concat();
                    assert_eq!(String::from_utf8(told).unwrap(), said, "{behind:?} cut at {cut}");
                    assert!(events.is_whole() && events.left_between_events());
                }
                let mut events = Events::new(StreamWatch::of_dialect(dialect));
                let bytes = stream.as_bytes().chunks(1).map(|byte| events.pass(Bytes::copy_from_slice(byte)));
                assert_eq!(bytes.collect::<Vec<_>>().concat(), said.as_bytes(), "{behind:?} byte by byte");
            }
        }
    }

    #[test]
    fn a_last_event_needs_no_blank_line_but_a_rest_of_one_is_no_event() {
        let check = |rest: &str, leaves: &str, is_cut: bool| {
            let (_, mut events) = passed(&[b"data: {\"finish_reason\":\"stop\"}\n\n", rest.as_bytes()]);
            assert_eq!(events.end(), leaves, "{rest}");
            assert_eq!(events.is_cut, is_cut, "{rest}");
        };
        check("data: [DONE]\n", "data: [DONE]\n", false);
        check("data: [DONE]", "data: [DONE]", false);
        check("data: {\"a\":1}", "data: {\"a\":1}", false);
        check("data: [DO", "", true);
        check("data", "", true);
        check("", "", false);
    }

    #[test]
    fn usage_that_nobody_asked_for_stays_back_wherever_the_stream_is_cut() {
        let before = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
        let after = ": x\n\ndata: [DONE]\n\n";
        let stream = [before, usage, after].concat();
        for first in 0..=stream.len() {
            for second in [first, first + 1, first + 40, stream.len()] {
                let second = second.clamp(first, stream.len());
                let mut watch = StreamWatch::default();
                watch.hide_usage();
                let mut events = Events::new(watch);
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                let left: Vec<Bytes> = pieces
                    .iter()
                    .map(|piece| events.pass(Bytes::copy_from_slice(piece.as_bytes())))
                    .collect();
                assert_eq!(left.concat(), [before, after].concat().as_bytes(), "{first} {second}");
                assert_eq!(events.watch.usage().unwrap().output, 2);
            }
        }
    }

    #[test]
    fn a_long_event_leaves_in_parts() {
        let long = format!("data: {{\"a\":\"{}\"}}\n\n", "x".repeat(3 * HELD_BYTES_MAX));
        let (half, rest) = long.as_bytes().split_at(2 * HELD_BYTES_MAX);
        let (left, mut events) = passed(&[half]);
        assert_eq!(left, half);
        assert!(!events.left_between_events());
        assert_eq!(events.pass(Bytes::copy_from_slice(rest)), rest);
        assert!(events.left_between_events());
    }
}
