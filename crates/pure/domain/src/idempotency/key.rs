//! The text that a caller gives a request. Whose key it is, it does not know.

/// Longest key.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;

/// A key of 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// Takes a key as it was sent; `None` if it is none.
    pub fn parse(sent: &[u8]) -> Option<Self> {
        let is_key =
            (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&sent.len()) && sent.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(sent).ok().filter(|_| is_key)?;
        Some(Self(text.into()))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;

    #[test]
    fn a_key_is_short_and_visible() {
        for good in ["a", "order-42/try:1", "~", &"x".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a\t", "ä", "\u{7f}", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(IdempotencyKey::parse(&[0xff]), None);
    }
}
