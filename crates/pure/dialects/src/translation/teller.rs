//! What the caller is told of an answer that may be gone on with, so that a second source can: a text stays open until
//! something else is told, and white space at its end waits for what follows it. So the text that was told never ends in
//! white space, which some providers refuse at the end of a beginning that they are given, and others drop. Only where a
//! model says nothing else for long is it told as it comes.

use std::collections::HashMap;

use super::rescue::TOLD_BYTES_MAX;
use crate::canonical::{Event, Opening};

/// White space that waits: more of it is told.
const WHITE_BYTES_MAX: usize = 4 << 10;

/// Tells events in its own numbers, and knows what was told.
#[derive(Debug, Default)]
pub(super) struct Teller {
    told: String,
    /// Texts that are not closed, in the order of their beginnings.
    texts: Vec<Words>,
    /// All other parts that are open.
    others: HashMap<u32, Kind>,
    /// Thoughts that a source left open when it broke, to be closed before anything else is told.
    left: Vec<u32>,
    has_told_thought: bool,
    is_lost: bool,
}

/// A text.
#[derive(Debug)]
struct Words {
    part: u32,
    /// The caller has its beginning.
    is_open: bool,
    /// Its source has closed it.
    is_closing: bool,
    /// White space that waits.
    white: String,
    /// The same where its source broke before anything followed.
    dropped: String,
    /// Characters that were told of it.
    chars: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Thought,
    Other,
}

/// The text that the next source may go on with.
#[derive(Debug)]
pub(super) struct OpenText {
    pub(super) part: u32,
    /// Characters that were told of it.
    pub(super) chars: usize,
    /// White space that followed it, and was not told.
    pub(super) white: String,
}

impl Teller {
    /// The text that the caller has.
    pub(super) fn told(&self) -> &str {
        &self.told
    }

    pub(super) fn has_told_thought(&self) -> bool {
        self.has_told_thought
    }

    /// Whether something was told that no other source can go on with.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Tells one event.
    pub(super) fn tell(&mut self, event: Event, out: &mut Vec<Event>) {
        match event {
            Event::Open { part, opening: Opening::Text } => self.texts.push(Words {
                part,
                is_open: false,
                is_closing: false,
                white: String::new(),
                dropped: String::new(),
                chars: 0,
            }),
            Event::Open { part, opening } => {
                self.settle(None, out);
                let is_thought = matches!(opening, Opening::Thought { .. });
                // Half an answer cannot be followed by a refusal of another, nor a call be made by two.
                self.is_lost |= !is_thought;
                self.others.insert(part, if is_thought { Kind::Thought } else { Kind::Other });
                out.push(Event::Open { part, opening });
            }
            Event::Delta { part, text } if self.words(part).is_some() => self.say(part, &text, out),
            Event::Close { part } if self.words(part).is_some() => {
                self.words(part).into_iter().for_each(|words| words.is_closing = true);
            }
            Event::Cited { part, .. } => {
                self.begin(part, out);
                out.push(event);
            }
            Event::Delta { part, .. } | Event::Sealed { part, .. } => {
                self.has_told_thought |= self.others.get(&part) == Some(&Kind::Thought);
                out.push(event);
            }
            Event::Close { part } => {
                self.others.remove(&part);
                out.push(event);
            }
            Event::Finish(_) => {
                self.texts.iter_mut().for_each(|words| words.is_closing = true);
                self.settle(None, out);
                out.push(event);
            }
            other => out.push(other),
        }
    }

    /// The source broke: what waited was not told. Returns the text that the next one may go on with.
    pub(super) fn break_off(&mut self) -> Option<OpenText> {
        self.texts.retain(|words| words.is_open);
        let thoughts = self.others.extract_if(|_, kind| *kind == Kind::Thought);
        self.left.extend(thoughts.map(|(part, _)| part));
        self.left.sort_unstable();
        let (last, earlier) = self.texts.split_last_mut()?;
        for words in earlier {
            words.white.clear();
            words.is_closing = true;
        }
        last.is_closing = false;
        last.dropped.push_str(&std::mem::take(&mut last.white));
        Some(OpenText { part: last.part, chars: last.chars, white: last.dropped.clone() })
    }

    fn words(&mut self, part: u32) -> Option<&mut Words> {
        self.texts.iter_mut().find(|words| words.part == part)
    }

    fn say(&mut self, part: u32, text: &str, out: &mut Vec<Event>) {
        let Some(words) = self.words(part) else { return };
        let is_flood = words.white.len() + text.len() > WHITE_BYTES_MAX && text.trim_end().is_empty();
        let spoken = if is_flood { text } else { text.trim_end() };
        if spoken.is_empty() {
            words.white.push_str(text);
            return;
        }
        let said = std::mem::take(&mut words.white) + spoken;
        words.white.push_str(&text[spoken.len()..]);
        words.dropped.clear();
        self.settle(Some(part), out);
        self.begin(part, out);
        self.add(part, said, out);
    }

    /// Text is told as it is.
    fn add(&mut self, part: u32, text: String, out: &mut Vec<Event>) {
        self.words(part).into_iter().for_each(|words| words.chars += text.chars().count());
        if self.told.len() + text.len() > TOLD_BYTES_MAX {
            self.is_lost = true;
        } else if !self.is_lost {
            self.told.push_str(&text);
        }
        out.push(Event::Delta { part, text });
    }

    fn begin(&mut self, part: u32, out: &mut Vec<Event>) {
        if let Some(words) = self.words(part)
            && !std::mem::replace(&mut words.is_open, true)
        {
            out.push(Event::Open { part, opening: Opening::Text });
        }
    }

    /// Closes what can no longer wait: texts that are whole, apart from one, and thoughts that will never be.
    fn settle(&mut self, apart: Option<u32>, out: &mut Vec<Event>) {
        out.extend(self.left.drain(..).map(|part| Event::Close { part }));
        let is_due = |words: &Words| words.is_closing && Some(words.part) != apart;
        while let Some(place) = self.texts.iter().position(is_due) {
            let part = self.texts[place].part;
            self.begin(part, out);
            let white = std::mem::take(&mut self.texts[place].white);
            if !white.is_empty() {
                self.add(part, white, out);
            }
            self.texts.remove(place);
            out.push(Event::Close { part });
        }
    }
}
