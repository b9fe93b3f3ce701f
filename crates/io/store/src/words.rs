//! Words that people type: whatever would garble a listing or a log is refused.

/// Whether they are one line of at most so many characters. Nothing is one, too.
pub(crate) fn is_line(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max && !text.chars().any(char::is_control)
}

/// Them without the blanks around, if something is left that is such a line.
pub(crate) fn line(text: &str, chars_max: usize) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && is_line(text, chars_max)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{is_line, line};

    #[test]
    fn one_line_of_something_is_taken_without_the_blanks_around() {
        assert_eq!(line("  shop ü ", 6).as_deref(), Some("shop ü"));
        for text in ["", "  ", "a\nb", "a\u{7}", "seven s"] {
            assert_eq!(line(text, 6), None, "{text:?}");
        }
        assert!(is_line("", 6) && !is_line("a\tb", 6));
    }
}
