//! An incremental decoder of HTTP chunked framing: feed it any split of the bytes.
//!
//! It trusts its input: sizes are not bounded and extensions and trailers are skipped unread.

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    SizeLine,
    Content,
    AfterContent,
    Trailers,
    Done,
}

#[derive(Clone, Default)]
pub(crate) struct Chunked {
    state: State,
    left: usize,
    size: usize,
    in_extension: bool,
    trailer_line_bytes: usize,
}

impl Chunked {
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes bytes off the wire and hands the content among them to `on_content`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut on_content: impl FnMut(&[u8])) {
        while let (Some(&byte), false) = (bytes.first(), self.is_done()) {
            let taken = match self.state {
                State::Content => {
                    let content = &bytes[..self.left.min(bytes.len())];
                    on_content(content);
                    self.left -= content.len();
                    if self.left == 0 {
                        self.state = State::AfterContent;
                    }
                    content.len()
                }
                State::SizeLine => {
                    self.size_byte(byte);
                    1
                }
                State::AfterContent => {
                    if byte == b'\n' {
                        self.state = State::SizeLine;
                    }
                    1
                }
                State::Trailers => {
                    self.trailer_byte(byte);
                    1
                }
                State::Done => 0,
            };
            bytes = &bytes[taken..];
        }
    }

    fn size_byte(&mut self, byte: u8) {
        match byte {
            b'\n' if self.size == 0 => {
                self.in_extension = false;
                self.trailer_line_bytes = 0;
                self.state = State::Trailers;
            }
            b'\n' => {
                self.in_extension = false;
                self.left = std::mem::take(&mut self.size);
                self.state = State::Content;
            }
            b';' => self.in_extension = true,
            _ if self.in_extension => {}
            _ => {
                if let Some(digit) = char::from(byte).to_digit(16) {
                    self.size = self.size * 16 + digit as usize;
                }
            }
        }
    }

    fn trailer_byte(&mut self, byte: u8) {
        match byte {
            b'\n' if self.trailer_line_bytes == 0 => self.state = State::Done,
            b'\n' => self.trailer_line_bytes = 0,
            b'\r' => {}
            _ => self.trailer_line_bytes += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_the_same_content() {
        let wire = b"5\r\nhello\r\n6;note=1\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n";
        for cut in 0..wire.len() {
            let (mut chunked, mut content) = (Chunked::default(), Vec::new());
            for part in [&wire[..cut], &wire[cut..]] {
                assert!(!chunked.is_done(), "done early at cut {cut}");
                chunked.feed(part, |bytes| content.extend_from_slice(bytes));
            }
            assert!(chunked.is_done(), "not done at cut {cut}");
            assert_eq!(content, b"hello world", "cut {cut}");
        }
    }
}
