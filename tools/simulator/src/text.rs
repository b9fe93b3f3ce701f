//! What is said: answer texts that a test can foretell, and token counts by the rule "four bytes a token".

/// Bytes of text that count as one token.
pub const BYTES_PER_TOKEN: usize = 4;

/// How much of the caller's message is repeated in an answer.
pub const EXCERPT_CHARACTERS_MAX: usize = 40;

/// In whose voice a node speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// A countable text for tests.
    #[default]
    Counting,
    /// The friendly text of the built-in demo provider.
    Demo,
}

impl Voice {
    /// The whole answer to a message, before any limit of the caller.
    pub(crate) fn text(self, message: &str, answer_tokens: usize) -> String {
        match self {
            Self::Counting => expected_text(message, answer_tokens),
            Self::Demo => demo_text(message),
        }
    }
}

/// The text a node answers to a last message, when `max_tokens` does not ask for less: exactly `tokens` tokens long.
///
/// It repeats the start of the message and then counts `001 002 003 …`, each number being one token, so that a lost or
/// doubled piece is seen at a glance. The quotation marks are not ASCII: splitting bytes anywhere splits them too.
pub fn expected_text(message: &str, tokens: usize) -> String {
    let length = tokens.saturating_mul(BYTES_PER_TOKEN);
    let mut text = String::with_capacity(length + 4 * EXCERPT_CHARACTERS_MAX);
    text.push_str("Answer to “");
    text.push_str(&excerpt(message));
    text.push_str("”:");
    while !text.len().is_multiple_of(BYTES_PER_TOKEN) {
        text.push('.');
    }
    let mut number = 1;
    while text.len() < length {
        text.push_str(&format!(" {number:03}"));
        number = if number == 999 { 0 } else { number + 1 };
    }
    cut_to_tokens(&mut text, tokens);
    text
}

/// How many tokens a text has.
pub const fn tokens_in(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// Shortens a text to so many tokens; whether anything was lost.
pub(crate) fn cut_to_tokens(text: &mut String, tokens: usize) -> bool {
    let end = text.floor_char_boundary(tokens.saturating_mul(BYTES_PER_TOKEN));
    let is_cut = end < text.len();
    text.truncate(end);
    is_cut
}

/// Cuts a text into the pieces a stream delivers, `tokens` each, never inside a character.
pub(crate) fn pieces(text: &str, tokens: usize) -> Vec<&str> {
    let size = tokens.saturating_mul(BYTES_PER_TOKEN).max(BYTES_PER_TOKEN);
    let mut rest = text;
    let mut pieces = Vec::with_capacity(text.len() / size + 1);
    while !rest.is_empty() {
        // A character has at most four bytes, so a piece is never empty.
        let (piece, after) = rest.split_at(rest.floor_char_boundary(size));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

pub(crate) fn excerpt(message: &str) -> String {
    let mut characters = message.chars();
    let mut text: String = characters.by_ref().take(EXCERPT_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

fn demo_text(message: &str) -> String {
    let quoted = match excerpt(message.trim()) {
        empty if empty.is_empty() => String::new(),
        words => format!(" Your last message was: “{words}”."),
    };
    format!(
        "Hello! This is Bellwether's built-in demo provider: no AI was asked.{quoted} Your request came through \
         the whole gateway, so everything on your side works. For real answers, set OPENAI_API_KEY (or another \
         provider's *_API_KEY) in the environment and restart bellwether."
    )
}

#[cfg(test)]
mod tests {
    use super::{Voice, cut_to_tokens, expected_text, pieces, tokens_in};

    #[test]
    fn an_answer_has_the_asked_length() {
        let text = expected_text("ping", 10);
        assert_eq!(text, "Answer to “ping”:... 001 002 003 004");
        assert_eq!(tokens_in(&text), 10);
        assert_eq!(tokens_in(&expected_text("ping", 5_000)), 5_000);
    }

    #[test]
    fn a_cut_keeps_characters_whole() {
        let mut text = "Answer to “ping”".to_owned();
        assert!(cut_to_tokens(&mut text, 3));
        assert_eq!(text, "Answer to ");
        assert!(!cut_to_tokens(&mut text, 3));
    }

    #[test]
    fn pieces_make_up_the_text() {
        let text = expected_text("日本語🙂🙂🙂", 40);
        for tokens in 1..9 {
            let pieces = pieces(&text, tokens);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= 4 * tokens));
        }
    }

    #[test]
    fn the_demo_says_what_it_is() {
        let text = Voice::Demo.text("Hello there", 1);
        assert!(text.contains("demo provider: no AI was asked"));
        assert!(text.contains("“Hello there”") && text.contains("OPENAI_API_KEY"));
    }
}
