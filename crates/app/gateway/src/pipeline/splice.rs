//! Changing a name in a body without touching the rest: the pieces before and behind stay the buffers they were.

use std::ops::Range;

use bytes::Bytes;

/// `pieces` with the bytes of `span` replaced. Nothing but `replacement` is new.
pub(super) fn splice(pieces: &[Bytes], span: Range<usize>, replacement: Bytes) -> Vec<Bytes> {
    let mut spliced = Vec::with_capacity(pieces.len() + 2);
    let mut replacement = Some(replacement);
    let mut start = 0;
    for piece in pieces {
        let end = start + piece.len();
        if start < span.start {
            spliced.push(piece.slice(..span.start.min(end) - start));
        }
        if end > span.start
            && let Some(replacement) = replacement.take()
        {
            spliced.push(replacement);
        }
        if end > span.end {
            spliced.push(piece.slice(span.end.max(start) - start..));
        }
        start = end;
    }
    spliced
}

/// A name as a JSON string.
pub(super) fn json_string(name: &str) -> Bytes {
    Bytes::from(serde_json::to_vec(name).expect("a string serialises"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{json_string, splice};

    #[test]
    fn only_the_span_changes_wherever_the_body_is_cut() {
        let body = r#"{"a":1,"model":"fast","b":2}"#;
        let start = body.find("\"fast\"").unwrap();
        for first in 0..=body.len() {
            for second in first..=body.len() {
                let pieces: Vec<Bytes> = [&body[..first], &body[first..second], &body[second..]]
                    .into_iter()
                    .filter(|piece| !piece.is_empty())
                    .map(|piece| Bytes::copy_from_slice(piece.as_bytes()))
                    .collect();
                let spliced = splice(&pieces, start..start + 6, json_string("gpt-\"4\"")).concat();
                assert_eq!(spliced, br#"{"a":1,"model":"gpt-\"4\"","b":2}"#, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn untouched_bytes_are_not_copied() {
        let piece = Bytes::from_static(b"0123456789");
        let spliced = splice(std::slice::from_ref(&piece), 3..5, Bytes::from_static(b"x"));
        assert_eq!(spliced[0].as_ptr(), piece.as_ptr());
        assert_eq!(spliced[2].as_ptr(), piece[5..].as_ptr());
    }
}
