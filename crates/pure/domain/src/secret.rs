//! A text nobody may print: provider credentials, keys, passwords. It is wiped when dropped.

use secrecy::{ExposeSecret, SecretString};

/// A secret text. `Debug` hides it; [`Secret::expose`] is the one way in, and easy to search for.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for the one place that must send or hash it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The last four characters behind an ellipsis, enough for an operator to tell two keys apart; hides all of a short one.
    pub fn masked(&self) -> String {
        let text = self.expose();
        let tail = text.len().checked_sub(4).filter(|at| *at >= 8 && text.is_char_boundary(*at));
        format!("…{}", tail.map_or("", |at| &text[at..]))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    /// For change detection in configuration, not for checking what a caller sent.
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn neither_debug_nor_mask_shows_a_secret() {
        let long = Secret::new("sk-abcdefghijklmnop-9876".to_owned());
        assert_eq!(format!("{long:?}"), "Secret(…)");
        assert_eq!(long.masked(), "…9876");
        assert_eq!(Secret::new("short-one".to_owned()).masked(), "…");
    }
}
