//! Cutting an answer at the caller's stop texts where the provider knows none. What may be the beginning of one is held back
//! until it is clear that it is not.

/// Watches one text as it comes.
#[derive(Clone, Debug, Default)]
pub(super) struct StopCut {
    held: String,
}

/// What a piece of text comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// This may leave.
    Leaves(String),
    /// This leaves last: a stop text came.
    Stopped {
        /// What stands before it.
        text: String,
        /// The stop text.
        at: String,
    },
}

impl StopCut {
    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &str, stop_texts: &[String]) -> Cut {
        self.held.push_str(piece);
        let found = stop_texts.iter().filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)));
        if let Some((at, stop)) = found.min_by_key(|(at, stop)| (*at, std::cmp::Reverse(stop.len()))) {
            self.held.truncate(at);
            return Cut::Stopped { text: std::mem::take(&mut self.held), at: stop.clone() };
        }
        let rest = self.held.split_off(self.held.len() - self.begun(stop_texts));
        Cut::Leaves(std::mem::replace(&mut self.held, rest))
    }

    /// Nothing more will come: what was held back was no stop text.
    pub(super) fn end(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// How many bytes at the end may be the beginning of a stop text.
    fn begun(&self, stop_texts: &[String]) -> usize {
        let begun = |stop: &String| {
            let most = stop.len().min(self.held.len());
            (1..=most).rev().find(|length| {
                stop.is_char_boundary(*length) && self.held.as_bytes().ends_with(&stop.as_bytes()[..*length])
            })
        };
        stop_texts.iter().filter_map(begun).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, StopCut};

    #[test]
    fn a_stop_text_cuts_wherever_the_text_is_cut() {
        let stop_texts = ["END".to_owned(), "\u{1f642}!".to_owned()];
        let check = |text: &str, expected: &str, stopped_at: Option<&str>| {
            for size in 1..=text.len() {
                let (mut cut, mut left, mut stopped) = (StopCut::default(), String::new(), None);
                let pieces: Vec<char> = text.chars().collect();
                for piece in pieces.chunks(size) {
                    match cut.push(&piece.iter().collect::<String>(), &stop_texts) {
                        Cut::Leaves(text) => left.push_str(&text),
                        Cut::Stopped { text, at } => {
                            left.push_str(&text);
                            stopped = Some(at);
                            break;
                        }
                    }
                }
                if stopped.is_none() {
                    left.push_str(&cut.end());
                }
                assert_eq!((left.as_str(), stopped.as_deref()), (expected, stopped_at), "{text} by {size}");
            }
        };
        check("one END two", "one ", Some("END"));
        check("one ENENDx", "one EN", Some("END"));
        check("one EN", "one EN", None);
        check("a \u{1f642}! END", "a ", Some("\u{1f642}!"));
        check("a \u{1f642}", "a \u{1f642}", None);
    }
}
