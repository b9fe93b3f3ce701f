//! Finds the end of a JSON value that comes in pieces, without keeping it.

/// How far a value has come. Only brackets and strings are looked at: whether it is sound is not its business.
#[derive(Debug, Default)]
pub(crate) struct ValueEnd {
    /// Its first byte that is not white.
    first: Option<u8>,
    depth: u32,
    has_brackets: bool,
    is_in_text: bool,
    is_escaped: bool,
    is_overrun: bool,
}

impl ValueEnd {
    pub(crate) fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.is_in_text {
                self.is_in_text = self.is_escaped || byte != b'"';
                self.is_escaped = !self.is_escaped && byte == b'\\';
                continue;
            }
            if byte.is_ascii_whitespace() {
                continue;
            }
            self.first.get_or_insert(byte);
            self.is_overrun |= self.is_complete();
            match byte {
                b'"' => self.is_in_text = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.has_brackets = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Whether an object or an array has begun and ended.
    pub(crate) const fn is_complete(&self) -> bool {
        self.has_brackets && self.depth == 0
    }

    /// Whether anything but white has come.
    pub(crate) const fn has_begun(&self) -> bool {
        self.first.is_some()
    }

    /// Whether it begins like an object.
    pub(crate) fn is_object(&self) -> bool {
        self.first == Some(b'{')
    }

    /// Whether it begins like an object and has not come to its end.
    pub(crate) fn is_half_object(&self) -> bool {
        self.is_object() && !self.is_complete()
    }

    /// Whether it ended, and nothing but white followed.
    pub(crate) const fn is_exact(&self) -> bool {
        self.is_complete() && !self.is_overrun
    }
}

#[cfg(test)]
mod tests {
    use super::ValueEnd;

    #[test]
    fn ends_are_found_wherever_the_pieces_are_cut() {
        let check = |text: &str, is_object: bool, is_complete: bool, is_exact: bool| {
            for cut in 0..=text.len() {
                let mut end = ValueEnd::default();
                end.push(&text[..cut]);
                end.push(&text[cut..]);
                let found = (end.is_object(), end.is_complete(), end.is_exact());
                assert_eq!(found, (is_object, is_complete, is_exact), "{text} cut at {cut}");
            }
        };
        check(r#" {"a":"}\"{"} "#, true, true, true);
        check(r#"{"a":{"b":[1]}"#, true, false, false);
        check(r#"{"a":"\\"}"#, true, true, true);
        check("{}{}", true, true, false);
        check("{} x", true, true, false);
        check("[1]", false, true, true);
        check("text", false, false, false);
        check("  ", false, false, false);
    }
}
