//! Where the text of the next source is joined to the text that was told: how much of its beginning the caller has already.
//! It decides on text alone and as early as it can: what it has not decided on is held, and nobody waits for text that could
//! only have been decided otherwise.
//!
//! A repetition is told from a text that merely sounds alike by what can be known of it:
//! - Text that is said again *from the start* is one that begins like all that was told. No answer that goes on does, unless
//!   that is little or a row of the same, like "1" or "---": what is right then nobody can know, and it does not fit.
//! - Text that says *the end* again is harder to know: answers do say "ha ha", rulers and rows of a table. So only an
//!   overlap counts that is long enough, begins with a word, is no repetition in itself ("never never"), and was said only
//!   once: what a text has said twice, it may say three times. A source that was given the text as its own
//!   beginning repeats nothing unless it is broken, and one that was asked in words repeats words and lines: so the first
//!   must repeat much to be taken for it, and the second a line, or some words.
//! - Where most of the text is said again from the start and then something else, neither can be right: it does not fit.

use memchr::memmem;

use super::rescue::Repeats;

/// An overlap at the end is looked for in so much of what was told.
const OVERLAP_BYTES_MAX: usize = 8 << 10;
/// Shortest overlap that counts from a source that should repeat nothing, or all; and of words said from the start, the least
/// that cannot be chance.
const SURE_BYTES: usize = 32;
/// The same from a source of which nothing is known and that begins with a word, and for one that begins where a line began.
const WORDS_BYTES: usize = 12;
const LINE_BYTES: usize = 6;
/// A row of the same mostly repeats itself after so few bytes.
const SHORT_PERIOD_BYTES: usize = 32;

/// What has come of a text, until it is decided.
#[derive(Debug)]
pub(super) struct Seam {
    repeats: Repeats,
    /// White space before anything else: who repeats often leaves it out, or adds some.
    lead: String,
    held: String,
    /// Whether a text that begins like all that was told must be it again; not known before it is asked.
    must_be_anew: Option<bool>,
    /// So many bytes of it are as those told from the start.
    same: usize,
    /// Where in what was told an overlap may begin, and how many bytes have been compared there; none have been looked for at
    /// first.
    places: Option<Vec<usize>>,
    compared: usize,
}

/// How a text is joined.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// It depends on what follows.
    Open,
    /// So many bytes are said again, and the rest is new.
    Again(usize),
    /// It does not go with what was told.
    Misfit,
}

impl Seam {
    pub(super) fn new(repeats: Repeats) -> Self {
        let (lead, held) = (String::new(), String::new());
        Self { repeats, lead, held, must_be_anew: None, same: 0, places: None, compared: 0 }
    }

    /// Bytes that it holds.
    pub(super) fn held_bytes(&self) -> usize {
        self.lead.len() + self.held.len()
    }

    /// Adds what has come.
    pub(super) fn push(&mut self, text: &str, told: &str) -> Joint {
        let is_lead = self.held.is_empty() && matches!(self.repeats, Repeats::All | Repeats::Unknown);
        let words = if is_lead { text.trim_start() } else { text };
        self.lead.push_str(&text[..text.len() - words.len()]);
        self.held.push_str(words);
        self.decide(told, false)
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self, told: &str) -> Joint {
        self.decide(told, true)
    }

    /// What the caller does not have of it, and how many characters of it he has.
    pub(super) fn rest(self, again: usize) -> (String, usize) {
        if again == 0 {
            return (self.lead + &self.held, 0);
        }
        let chars = self.lead.chars().count() + self.held[..again].chars().count();
        (self.held[again..].to_owned(), chars)
    }

    /// Whether it is the message of one who was asked in words to go on, and does, with no white space before it.
    pub(super) fn is_a_message_of_its_own(&self, again: usize) -> bool {
        self.repeats == Repeats::Unknown && again == 0 && self.lead.is_empty() && !self.held.is_empty()
    }

    fn decide(&mut self, told: &str, is_last: bool) -> Joint {
        let text = if self.repeats == Repeats::Anew { told } else { told.trim_start() };
        self.compare_from_start(text);
        if self.same == text.len() {
            // Who should go on, and begins as all that was told does, answers from the start: some hosts ignore what they are given.
            let is_sure = self.repeats != Repeats::Nothing
                || *self.must_be_anew.get_or_insert_with(|| can_only_be_anew(told));
            return if is_sure { Joint::Again(text.len()) } else { Joint::Misfit };
        }
        if self.same == self.held.len() && !is_last {
            return Joint::Open;
        }
        if self.repeats == Repeats::Anew {
            return Joint::Misfit;
        }
        if self.held.is_empty() {
            return if is_last { Joint::Again(0) } else { Joint::Open };
        }
        self.compare_ends(told);
        for place in self.places.iter().flatten() {
            let overlap = &told[*place..];
            if overlap.len() > self.held.len() {
                if !is_last {
                    return Joint::Open;
                }
            } else if is_said_again(told, *place) {
                return Joint::Again(overlap.len());
            }
        }
        let is_most =
            self.repeats != Repeats::Nothing && self.same >= SURE_BYTES && self.same * 2 >= told.len();
        if is_most { Joint::Misfit } else { Joint::Again(0) }
    }

    fn compare_from_start(&mut self, told: &str) {
        let more = self.held.as_bytes()[self.same..].iter().zip(&told.as_bytes()[self.same..]);
        self.same += more.take_while(|(held, told)| held == told).count();
    }

    fn compare_ends(&mut self, told: &str) {
        // White space first is how a text goes on: who says something again mostly begins with a word of it.
        let is_unsure = self.repeats == Repeats::Unknown && self.lead.is_empty();
        let places = self.places.get_or_insert_with(|| {
            let from = told.len().saturating_sub(OVERLAP_BYTES_MAX);
            (from..told.len()).filter(|place| can_begin(told, *place, is_unsure)).collect()
        });
        let (held, compared) = (self.held.as_bytes(), self.compared);
        places.retain(|place| {
            let told = &told.as_bytes()[*place..];
            let upto = told.len().min(held.len());
            compared >= upto || told[compared..upto] == held[compared..upto]
        });
        self.compared = held.len();
    }
}

/// Whether an overlap from this place on would be long enough, and begins as one does.
fn can_begin(told: &str, place: usize, is_unsure: bool) -> bool {
    if !told.is_char_boundary(place) {
        return false;
    }
    let (before, overlap) = told.split_at(place);
    let is_line = before.is_empty() || before.ends_with('\n');
    let least = match (is_unsure, is_line) {
        (true, true) => LINE_BYTES,
        (true, false) => WORDS_BYTES,
        (false, _) => SURE_BYTES,
    };
    let (last, first) = (before.chars().next_back(), overlap.chars().next());
    // Scripts without spaces may begin a word anywhere.
    let is_within_word = last.is_some_and(|last| last.is_ascii_alphanumeric())
        && first.is_some_and(|first| first.is_ascii_alphanumeric());
    overlap.len() >= least && !is_within_word && !first.is_some_and(char::is_whitespace)
}

/// Whether a text is as long as what counts where a line began, and no row of the same, so that one that begins like it is it again.
fn can_only_be_anew(told: &str) -> bool {
    told.len() >= LINE_BYTES && !is_row(told.as_bytes())
}

/// Whether a text is the same again and again: its shortest period goes into it twice. Short ones are looked for first, as rows
/// mostly have one; then all of them at once, by the borders of each of its beginnings (Knuth, Morris and Pratt 1977), as there may be
/// as many that are nearly one as the text is long.
fn is_row(text: &[u8]) -> bool {
    let repeats_after = |period: usize| text[period..] == text[..text.len() - period];
    let is_short = (1..=(text.len() / 2).min(SHORT_PERIOD_BYTES)).any(repeats_after);
    is_short || (text.len() > 1 && shortest_period(text) <= text.len() / 2)
}

fn shortest_period(text: &[u8]) -> usize {
    let mut borders: Vec<usize> = Vec::with_capacity(text.len());
    for (place, byte) in text.iter().enumerate() {
        let mut border = borders.last().copied().unwrap_or(0);
        while border > 0 && text[border] != *byte {
            border = borders[border - 1];
        }
        borders.push(border + usize::from(place > 0 && text[border] == *byte));
    }
    text.len() - borders.last().copied().unwrap_or(0)
}

/// Whether a text that comes as the overlap from this place on was told once, and is no row of the same.
fn is_said_again(told: &str, place: usize) -> bool {
    let overlap = &told.as_bytes()[place..];
    !is_row(overlap) && memmem::find(told.as_bytes(), overlap) == Some(place)
}

#[cfg(test)]
mod tests {
    use super::{Joint, OVERLAP_BYTES_MAX, Seam, is_row};
    use crate::translation::rescue::Repeats::{self, All, Anew, Nothing, Unknown};

    /// What the caller has in the end, whatever the pieces in which the text comes; `None` if it does not fit.
    fn joined(told: &str, repeats: Repeats, comes: &str) -> Option<String> {
        let by = |size: usize| {
            let (mut seam, mut joint) = (Seam::new(repeats), Joint::Open);
            let chars: Vec<char> = comes.chars().collect();
            let mut pieces = chars.chunks(size).map(|piece| piece.iter().collect::<String>());
            for piece in pieces.by_ref() {
                joint = seam.push(&piece, told);
                if joint != Joint::Open {
                    break;
                }
            }
            if joint == Joint::Open {
                joint = seam.end(told);
            }
            match joint {
                Joint::Open => panic!("undecided at the end"),
                Joint::Misfit => None,
                Joint::Again(again) => {
                    Some(told.to_owned() + &seam.rest(again).0 + &pieces.collect::<String>())
                }
            }
        };
        let whole = by(usize::MAX);
        for size in [1, 2, 3, 7] {
            assert_eq!(by(size), whole, "{told:?} {repeats:?} {comes:?} by {size}");
        }
        whole
    }

    fn check(told: &str, repeats: Repeats, comes: &str, expected: &str) {
        let found = joined(told, repeats, comes);
        assert_eq!(found.as_deref(), Some(expected), "{told:?} {repeats:?} {comes:?}");
    }

    #[test]
    fn who_goes_on_is_believed_that_he_does() {
        check("ha ha", Nothing, " ha ha.", "ha ha ha ha.");
        check(
            "All night they sang",
            Nothing,
            "they sang once more",
            "All night they sangthey sang once more",
        );
        check("x", Nothing, "", "x");
        // All of it from the start: it was not given to him, or he did not look.
        check("Answer to them", Nothing, "Answer to them all", "Answer to them all");
        check("Answer t", Nothing, "Answer to them all", "Answer to them all");
        check("no, no, no,", Nothing, " no, no, no, no", "no, no, no, no, no, no, no");
        // Much of it, once: nobody goes on like that.
        let end = "and the whales answered from below the ice";
        check(
            &format!("He sang {end}"),
            Nothing,
            &format!("{end}, he said"),
            &format!("He sang {end}, he said"),
        );
        // Twice is a row, and may be one more.
        let rows = format!("{end}\n{end}");
        check(&rows, Nothing, &format!("{end}\nEnd"), &format!("{rows}{end}\nEnd"));
        // White space first is how the next row begins.
        check(&format!("x\n{end}"), Nothing, &format!("\n{end}\nEnd"), &format!("x\n{rows}\nEnd"));
        let row = "never-".repeat(9);
        check(&format!("I {row}"), Nothing, &row, &format!("I {row}{row}"));
    }

    #[test]
    fn what_may_be_either_is_never_told_twice() {
        // "Sea" goes on with "Sea" or begins with it anew, "1" may become "11" or be said again, and a row be as long or longer.
        for (told, comes) in
            [("Sea", "Sea ice"), ("1", "10"), ("ha", "ha"), ("-----", "-----\n"), ("no, no, ", "no, no, no")]
        {
            assert_eq!(joined(told, Nothing, comes), None, "{told:?} {comes:?}");
        }
        check("Sea", Nothing, " ice", "Sea ice");
        check("Sea", Nothing, "Se", "SeaSe");
        check("1", Nothing, "0", "10");
        check("-----", Nothing, "--\n", "-------\n");
    }

    #[test]
    fn what_is_given_and_said_again_is_said_once() {
        check("One two", All, "One two three", "One two three");
        check("\n\nOne two", All, "One two three", "\n\nOne two three");
        check("One two", All, "\nOne two three", "One two three");
        check("One two", All, "One two", "One two");
        // Who does not do it after all goes on.
        check("One two", All, " three", "One two three");
        check("One two", All, "One more", "One twoOne more");
        check("One two", All, "", "One two");
        let long = "The whales sang all night long, and ";
        assert_eq!(joined(&format!("{long}slept"), All, &format!("{long}woke")), None);
        assert_eq!(joined(&format!("{long}slept"), All, long), None);
    }

    #[test]
    fn an_answer_from_the_start_says_the_same_or_does_not_fit() {
        check("One two", Anew, "One two three", "One two three");
        check("\u{fc}b", Anew, "\u{fc}ber", "\u{fc}ber");
        for other in ["One too", "One tw", "", " One two", "Two"] {
            assert_eq!(joined("One two", Anew, other), None, "{other}");
        }
    }

    #[test]
    fn who_was_asked_in_words_may_do_anything() {
        let told = "Whales sing.\n1. At night\n2. Under the ice";
        let expected = "Whales sing.\n1. At night\n2. Under the ice sea";
        for comes in
            [" sea", "Under the ice sea", "2. Under the ice sea", "1. At night\n2. Under the ice sea"]
        {
            check(told, Unknown, comes, expected);
        }
        check(told, Unknown, expected, expected);
        check(told, Unknown, &format!("\n{expected}"), expected);
        // Chance is no repetition: one word, white space first, half a word, a row.
        check("All he said was no", Unknown, "no, never", "All he said was nono, never");
        check("x\n| a | b | c |", Unknown, "\n| a | b | c |\nEnd", "x\n| a | b | c |\n| a | b | c |\nEnd");
        check(
            "x denationalisations",
            Unknown,
            "nationalisations of it",
            "x denationalisationsnationalisations of it",
        );
        check("x\nha", Unknown, "ha!", "x\nhaha!");
        check("x la-la-la-la-la-", Unknown, "la-la-la-la-la!", "x la-la-la-la-la-la-la-la-la-la!");
        check(
            "A b c d e f g. A b c d e f g",
            Unknown,
            "A b c d e f g h",
            "A b c d e f g. A b c d e f gA b c d e f g h",
        );
        // Much of it is one, white space or not.
        let much = "and the whales answered from below the ice";
        check(
            &format!("He sang {much}"),
            Unknown,
            &format!(" {much}, he said"),
            &format!("He sang {much}, he said"),
        );
        // Most of it in other words is neither.
        assert_eq!(
            joined(
                "Whales sing in the cold sea, and sleep.",
                Unknown,
                "Whales sing in the cold sea, and dream."
            ),
            None
        );
        check(
            "Whales sing in the sea, and sleep.",
            Unknown,
            "Whales dream",
            "Whales sing in the sea, and sleep.Whales dream",
        );
    }

    #[test]
    fn the_longest_overlap_counts_and_nothing_that_is_older() {
        check("x one two three four", Unknown, "one two three four five", "x one two three four five");
        let (old, new) = ("a very old beginning. ", "word ".repeat(OVERLAP_BYTES_MAX / 5) + "end");
        let told = format!("x {old}{new}");
        check(&told, Unknown, &format!("{old}{new}, more"), &format!("{told}{old}{new}, more"));
    }

    #[test]
    fn a_text_of_one_letter_takes_no_time_to_speak_of() {
        let told = "a".repeat(64 << 10);
        for repeats in [Nothing, All, Unknown, Anew] {
            let mut seam = Seam::new(repeats);
            let decided = (0..told.len() + 1).find(|_| seam.push("a", &told) != Joint::Open);
            assert!(decided.is_some());
        }
    }

    #[test]
    fn nor_does_one_that_is_nearly_a_row() {
        let told = "ab".repeat(128 << 10) + "c";
        for repeats in [Nothing, All, Unknown] {
            let mut seam = Seam::new(repeats);
            for piece in told.as_bytes().chunks(64) {
                seam.push(std::str::from_utf8(piece).unwrap(), &told);
            }
            assert_eq!(seam.push("d", &told), Joint::Again(told.len()), "{repeats:?}");
        }
    }

    #[test]
    fn a_row_is_known_whatever_its_period_is() {
        let check = |text: &str, expected: bool| {
            assert_eq!(is_row(text.as_bytes()), expected, "{text}");
        };
        let long: String = ('a'..='z').chain('A'..='Z').collect();
        check("", false);
        check("a", false);
        check("aa", true);
        check("aba", false);
        check("abab", true);
        check("ababa", true);
        check("aab", false);
        check(&long, false);
        check(&long.repeat(2), true);
        check(&(long.repeat(2) + "a"), true);
        check(&(long.repeat(2) + "b"), false);
        check(&long.repeat(2)[1..], false);
        check(&("a".repeat(100) + "b"), false);
    }

    #[test]
    fn nobody_waits_for_text_that_decides_nothing() {
        let decided_at_once = |repeats: Repeats, comes: &str| {
            Seam::new(repeats).push(comes, "The whales sing, all of them together") != Joint::Open
        };
        assert!(decided_at_once(Nothing, " and"));
        assert!(decided_at_once(Nothing, "Then"));
        assert!(!decided_at_once(Nothing, "The whales"));
        assert!(decided_at_once(All, "Whales"));
        assert!(decided_at_once(Anew, "Whales"));
        assert!(decided_at_once(Unknown, " and"));
        assert!(!decided_at_once(Unknown, "The whales"));
        assert!(!decided_at_once(Unknown, "all of"));
    }
}
