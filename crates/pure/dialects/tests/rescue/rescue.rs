//! One answer of several sources, told to one caller.

use std::borrow::Cow;

use dialects::translation::{BackMap, Repeats, Rescue, Standing, StreamTranslation};
use dialects::{Dialect, Voice, Written};
use domain::Usage;

use crate::made::{Made, pieces};
use crate::reader::{Seen, read};

/// What the next source does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Goes on right behind the text it was given.
    Prefill,
    /// Says that text again, then goes on.
    Echo,
    /// Answers from the start, the same.
    Anew,
    /// Was asked in words, and answers from the start.
    WordsWhole,
    /// Was asked in words, and goes on.
    WordsRest,
    /// Was asked in words, and says the end again before it goes on.
    WordsOverlap,
    /// Answers from the start, before the caller's eyes.
    Visibly,
}

pub(crate) const WAYS: [Way; 7] =
    [Way::Prefill, Way::Echo, Way::Anew, Way::WordsWhole, Way::WordsRest, Way::WordsOverlap, Way::Visibly];

pub(crate) fn back_map() -> BackMap {
    BackMap::new(&Written::default(), None)
}

pub(crate) fn translation(from: Dialect, to: Dialect, rescue: Rescue) -> StreamTranslation {
    let voice = Voice { id: "v".to_owned(), model: "m".to_owned(), wants_usage: true, ..Voice::default() };
    StreamTranslation::new(from, to, back_map(), voice).with_rescue(rescue)
}

/// An estimate that is known when it is met.
pub(crate) fn estimate(said: &str) -> Usage {
    Usage { input: 1000, output: said.len() as u64, is_estimated: true, ..Usage::default() }
}

/// Where a stream is cut, and what follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) at: usize,
    /// It ends as if that were all; else the connection breaks.
    pub(crate) ends: bool,
    pub(crate) way: Way,
    pub(crate) from: Dialect,
    /// Bytes of each piece in which the stream up to here comes.
    pub(crate) bytes: usize,
    /// Characters of each piece of the next source's text.
    pub(crate) chars: usize,
}

/// An answer, and what happens to it.
#[derive(Debug)]
pub(crate) struct Case<'c> {
    pub(crate) made: &'c Made,
    /// The answer as its first source streams it.
    pub(crate) stream: &'c str,
    pub(crate) from: Dialect,
    pub(crate) to: Dialect,
    pub(crate) rescue: Rescue,
    pub(crate) cuts: &'c [Cut],
}

impl Case<'_> {
    /// Streams the answer, breaks it at each cut and goes on; the caller must have exactly it in the end.
    pub(crate) fn check(&self) {
        let Self { made, stream, from, to, rescue, cuts } = *self;
        let mut translation = translation(from, to, rescue);
        let mut out = String::new();
        let mut source = Cow::Borrowed(stream);
        let (mut thought, mut restarts) = (made.thought.concat(), 0);
        for cut in cuts {
            let at = cut.at.min(source.len());
            for piece in source.as_bytes()[..at].chunks(cut.bytes) {
                out += &translation.feed(piece);
            }
            if cut.ends || translation.standing() == Standing::Finished {
                out += &translation.end(estimate);
            }
            if translation.is_whole() {
                break;
            }
            // What is void once the answer begins anew is void already for whoever is to begin it.
            let had = Some(read(&out, to)).filter(|had| had.restarts == restarts).unwrap_or_default();
            self.check_broken(&translation, &had, &out);
            translation.break_off(estimate);
            let told = translation.told();
            let (repeats, text, is_visible) = second(&made.text(), told, cut.way);
            let second = Made {
                thought: vec!["Other ".to_owned(), "thoughts.".to_owned()],
                text: pieces(&text, cut.chars),
                ..made.clone()
            };
            let has_thoughts_left_out = !told.is_empty() || !had.thought.is_empty();
            thought =
                if is_visible || !has_thoughts_left_out { second.thought.concat() } else { had.thought };
            if is_visible {
                restarts = read(&out, to).restarts + 1;
                translation.restart_visibly(cut.from, back_map());
            } else {
                translation.go_on(cut.from, back_map(), repeats);
            }
            source = Cow::Owned(second.stream(cut.from));
        }
        if !translation.is_whole() {
            out += &translation.feed(source.as_bytes());
            assert!(!translation.has_misfit(), "{self:?}\n{out}");
            out += &translation.end(estimate);
        }
        assert!(translation.is_whole(), "{:?} {self:?}\n{out}", translation.fault());
        let seen = read(&out, to);
        assert!(seen.is_ended, "{self:?}\n{out}");
        assert_eq!(seen.text, made.text(), "{self:?}\n{out}");
        assert_eq!(seen.calls, made.whole_calls(), "{self:?}\n{out}");
        assert_eq!(seen.thought, thought, "{self:?}\n{out}");
        assert_eq!(seen.finish.as_deref(), Some(made.finish(to)), "{self:?}\n{out}");
        let usage = translation.usage().unwrap();
        assert_eq!(seen.tokens, Some((usage.input_total(), usage.output_total())), "{self:?}\n{out}");
    }

    /// What a caller must not have of an answer that broke, and what is known of what he has.
    fn check_broken(&self, translation: &StreamTranslation, had: &Seen, out: &str) {
        assert!(!had.is_ended && had.finish.is_none(), "a truncated answer ends: {self:?}\n{out}");
        assert!(had.calls.is_empty(), "a call before the finish: {self:?}\n{out}");
        assert_eq!(had.text, translation.told(), "{self:?}\n{out}");
        assert_eq!(had.text.trim_end(), had.text, "{self:?}\n{out}");
        assert!(!self.rescue.holds_text || had.text.is_empty(), "{self:?}\n{out}");
        let standing = if had.text.is_empty() { Standing::Untold } else { Standing::Told };
        assert_eq!(translation.standing(), standing, "{self:?}\n{out}");
    }
}

/// What the next source says, and what is known of it beforehand.
fn second(whole: &str, told: &str, way: Way) -> (Repeats, String, bool) {
    let rest = || whole.strip_prefix(told).expect("told is how it begins").to_owned();
    match way {
        Way::Prefill => (Repeats::Nothing, rest(), false),
        Way::Echo => (Repeats::All, whole.to_owned(), false),
        Way::Anew => (Repeats::Anew, whole.to_owned(), false),
        Way::WordsWhole => (Repeats::Unknown, whole.to_owned(), false),
        Way::WordsRest => (Repeats::Unknown, rest(), false),
        Way::WordsOverlap => (Repeats::Unknown, overlap(told) + &rest(), false),
        Way::Visibly => (Repeats::Anew, whole.to_owned(), true),
    }
}

/// The last words of a text, as many as nobody could take for anything but a repetition.
fn overlap(told: &str) -> String {
    let places = told.char_indices().skip(1).filter(|(place, _)| told[..*place].ends_with(' '));
    let ends = places.map(|(place, _)| &told[place..]).filter(|end| end.len() >= 24);
    let is_row = |end: &str| {
        let first: String = end.chars().take(6).collect();
        end.matches(&first).count() > 1
    };
    let once = ends.filter(|end| !end.starts_with([' ', '\n', '\t']) && told.matches(*end).count() == 1);
    once.filter(|end| !is_row(end)).last().unwrap_or_default().to_owned()
}
