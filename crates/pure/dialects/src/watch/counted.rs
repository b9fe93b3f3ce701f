//! What is paid for by the piece and told by no number: pictures, and searches that a provider did. Their names are counted in
//! the bytes as they pass, whole with their quotes: within a text the quotes would be escaped.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// What is counted in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Pictures, each with its bytes or its address.
    Images,
    /// Calls of a tool that searches.
    Searches,
}

/// Longest name, quotes and all.
const NAME_BYTES_MAX: usize = 19;

type Names = [Finder<'static>; 3];

/// Calls, and those of them that only read a page.
static SEARCHES: LazyLock<Names> =
    LazyLock::new(|| ["\"web_search_call\"", "\"open_page\"", "\"find_in_page\""].map(Finder::new));
/// One of the two may be there and null; the third never is.
static IMAGES: LazyLock<Names> =
    LazyLock::new(|| ["\"b64_json\"", "\"url\"", "\"b64_json\"\"url\""].map(Finder::new));

/// The count in pieces that are cut anywhere.
#[derive(Debug)]
pub(super) struct PieceCount {
    what: Counted,
    found: [u32; 3],
    /// The end of what has passed, in which a name may have begun.
    tail: Vec<u8>,
}

impl PieceCount {
    pub(super) fn of(what: Counted) -> Self {
        Self { what, found: [0; 3], tail: Vec::new() }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let names: &Names = match self.what {
            Counted::Images => &IMAGES,
            Counted::Searches => &SEARCHES,
        };
        // Where two pieces meet: as much as holds a name that lies in both, and none that lies in one.
        let begin = &piece[..piece.len().min(NAME_BYTES_MAX - 1)];
        let seam = [self.tail.as_slice(), begin].concat();
        for (found, name) in self.found.iter_mut().zip(names) {
            let length = name.needle().len();
            let is_across = |at: &usize| *at < self.tail.len() && at + length > self.tail.len();
            let across = name.find_iter(&seam).filter(is_across).count();
            *found = found.saturating_add((name.find_iter(piece).count() + across) as u32);
        }
        self.tail = seam_tail(&self.tail, piece);
    }

    pub(super) fn count(&self) -> u32 {
        let [first, second, third] = self.found;
        match self.what {
            Counted::Images => first.max(second),
            Counted::Searches => first.saturating_sub(second).saturating_sub(third),
        }
    }
}

/// The last bytes of both together.
fn seam_tail(before: &[u8], piece: &[u8]) -> Vec<u8> {
    let room = NAME_BYTES_MAX - 1;
    let of_piece = &piece[piece.len().saturating_sub(room)..];
    let of_before = &before[before.len().saturating_sub(room - of_piece.len())..];
    [of_before, of_piece].concat()
}

#[cfg(test)]
mod tests {
    use super::{Counted, PieceCount};

    #[track_caller]
    fn check(what: Counted, text: &str, expected: u32) {
        for size in 1..=text.len() {
            let mut count = PieceCount::of(what);
            text.as_bytes().chunks(size).for_each(|piece| count.feed(piece));
            assert_eq!(count.count(), expected, "{text} in pieces of {size}");
        }
    }

    #[test]
    fn pictures_are_counted_however_they_come() {
        check(Counted::Images, r#"{"data":[{"b64_json":"QUJD"},{"b64_json":"QUJD"}]}"#, 2);
        check(Counted::Images, r#"{"data":[{"url":"https://a","b64_json":null}]}"#, 1);
        check(Counted::Images, r#"{"data":[{"revised_prompt":"a \"url\": x","url":"https://a"}]}"#, 1);
        check(Counted::Images, r#"{"data":[]}"#, 0);
    }

    #[test]
    fn searches_are_counted_and_pages_that_were_read_are_not() {
        let search =
            r#"{"type":"web_search_call","action":{"type":"search","query":"a \"web_search_call\""}}"#;
        let read = r#"{"type":"web_search_call","action":{"type":"open_page","url":"https://a"}}"#;
        check(Counted::Searches, &format!("{search},{read},{search}"), 2);
        check(
            Counted::Searches,
            r#"{"tools":[{"type":"web_search"}],"include":["web_search_call.action"]}"#,
            0,
        );
    }
}
