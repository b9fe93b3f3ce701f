//! What is held back of an answer so that it can be rescued, and what of a second source's answer is left out. Calls are held
//! until the finish has come, with all that stands behind them: half a call is never told. Thoughts are told as they come;
//! those of a second source are left out once any were, or text was: the caller has seen a mind made up, and a second one
//! that comes to the same answer would only say it twice; nor is a seal passed on whose thoughts he did not see. Citations
//! go along with the text they stand in, at the place it has for the caller; those of text that he has already are left out.

use std::collections::HashMap;

use super::rescue::{HELD_BYTES_MAX, Repeats, Rescue};
use super::seam::{Joint, Seam};
use super::teller::{OpenText, Teller};
use crate::canonical::{Citation, Event, Finish, Opening, ReplyFlaw};
use crate::json::ValueEnd;

/// Counted for each event that is held, beside its text.
const EVENT_BYTES: usize = 128;

/// Stands between what is read and what is told.
#[derive(Debug)]
pub(super) struct Keep {
    rescue: Rescue,
    teller: Teller,
    /// The model, as the source that speaks names it.
    model: Option<String>,
    /// The parts of the source that speaks by its own numbers, and what becomes of them.
    parts: HashMap<u32, Place>,
    next_part: u32,
    held: Vec<Event>,
    held_bytes: usize,
    /// Bytes of text among them.
    held_text: usize,
    /// All that comes is held until the finish.
    holds_all: bool,
    /// Too much came to hold it: nothing is held any more.
    has_given_up: bool,
    /// The source that speaks goes on with text of another.
    goes_on: bool,
    /// How its text is joined, until that is decided.
    seam: Option<Seam>,
    /// The text that it goes on with.
    open_text: Option<OpenText>,
    /// The part to which its text is joined, and how many characters further on its citations stand there.
    joined: Option<(u32, i64)>,
    drops_thoughts: bool,
    has_misfit: bool,
}

/// What becomes of a part.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// It is told as text under this number.
    Text(u32),
    /// It is told under this number.
    At(u32),
    LeftOut,
}

impl Keep {
    pub(super) fn new(rescue: Rescue) -> Self {
        Self {
            rescue,
            teller: Teller::default(),
            model: None,
            parts: HashMap::new(),
            next_part: 0,
            held: Vec::new(),
            held_bytes: 0,
            held_text: 0,
            holds_all: rescue.holds_text,
            has_given_up: false,
            goes_on: false,
            seam: None,
            open_text: None,
            joined: None,
            drops_thoughts: false,
            has_misfit: false,
        }
    }

    /// The text that the caller has.
    pub(super) fn told(&self) -> &str {
        self.teller.told()
    }

    /// What lies here of the answer.
    pub(super) fn kept_bytes(&self) -> usize {
        self.told().len() + self.held_bytes + self.seam.as_ref().map_or(0, Seam::held_bytes)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.teller.is_lost()
    }

    /// Whether the source that speaks says something else than was told.
    pub(super) fn has_misfit(&self) -> bool {
        self.has_misfit
    }

    /// The source broke: what is held of it is dropped. Returns its model.
    pub(super) fn break_off(&mut self) -> Option<String> {
        self.held = Vec::new();
        (self.held_bytes, self.held_text) = (0, 0);
        self.holds_all = self.rescue.holds_text;
        self.has_given_up = false;
        self.parts.clear();
        self.seam = None;
        self.joined = None;
        self.has_misfit = false;
        self.open_text = self.teller.break_off();
        self.model.take()
    }

    /// Another source goes on.
    pub(super) fn go_on(&mut self, repeats: Repeats) {
        self.break_off();
        self.goes_on = self.has_told();
        self.drops_thoughts = self.goes_on || self.teller.has_told_thought();
        self.seam = self.goes_on.then(|| Seam::new(repeats));
    }

    /// Another source begins anew, before the caller's eyes.
    pub(super) fn restart(&mut self) {
        *self = Self::new(self.rescue);
    }

    /// Whether the caller has words that another source must go on with.
    pub(super) fn has_told(&self) -> bool {
        !self.told().trim_start().is_empty()
    }

    /// Holds the beginning no longer; what must be whole stays held.
    pub(super) fn let_go(&mut self, out: &mut Vec<Event>) {
        self.rescue.hold_bytes = 0;
        if !self.holds_all {
            self.release(out);
        }
    }

    /// Takes one event of the source, and adds what is to be told for it.
    pub(super) fn take(&mut self, event: Event, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        match event {
            Event::Usage(_) | Event::UsageByModel(_) | Event::Fault { .. } => out.push(event),
            _ if self.has_misfit => {}
            Event::Begin { ref model, .. } => {
                if model.is_some() {
                    self.model.clone_from(model);
                }
                out.push(event);
            }
            Event::Open { part, opening } => self.open(part, opening, out),
            Event::Delta { part, text } => self.add(part, text, out),
            Event::Cited { part, citation } => self.cite(part, citation, out),
            Event::Sealed { part, seal } => {
                if let Some(Place::At(part)) = self.parts.get(&part).copied() {
                    self.pass(Event::Sealed { part, seal }, out);
                }
            }
            Event::Close { part } => match self.parts.remove(&part) {
                Some(Place::Text(part) | Place::At(part)) => self.pass(Event::Close { part }, out),
                Some(Place::LeftOut) | None => {}
            },
            Event::Finish(finish) => return self.finish(finish, out),
            Event::End => out.push(event),
        }
        Ok(())
    }

    fn open(&mut self, part: u32, opening: Opening, out: &mut Vec<Event>) {
        match &opening {
            // Until it is decided where it goes on, all text is one; and the text that is open goes on in its own part.
            Opening::Text if self.seam.is_some() => {
                let gone_on = self.open_text.as_ref().map(|text| text.part);
                if let Some(own) = self.joined.map(|(own, _)| own).or(gone_on) {
                    self.joined = Some((own, 0));
                    self.parts.insert(part, Place::Text(own));
                    return;
                }
                self.joined = Some((self.next_part, 0));
            }
            Opening::Thought { .. } if self.drops_thoughts => {
                self.parts.insert(part, Place::LeftOut);
                return;
            }
            // Half an answer and a refusal are no answer.
            Opening::Refusal if self.goes_on => {
                self.has_misfit = true;
                return;
            }
            Opening::Call { .. } => {
                self.close_seam(out);
                self.holds_all = !self.has_given_up;
            }
            Opening::Text | Opening::Thought { .. } | Opening::Refusal => {}
        }
        if self.has_misfit {
            return;
        }
        let own = self.next_part;
        self.next_part += 1;
        let place = if opening == Opening::Text { Place::Text(own) } else { Place::At(own) };
        self.parts.insert(part, place);
        self.pass(Event::Open { part: own, opening }, out);
    }

    fn add(&mut self, part: u32, text: String, out: &mut Vec<Event>) {
        match self.parts.get(&part).copied() {
            Some(Place::Text(_)) if self.seam.is_some() => {
                let Some(mut seam) = self.seam.take() else { return };
                let joint = seam.push(&text, self.teller.told());
                let is_full = seam.held_bytes() > HELD_BYTES_MAX;
                self.seam = Some(seam);
                if joint == Joint::Open && is_full {
                    self.close_seam(out);
                } else {
                    self.join(&joint, out);
                }
            }
            Some(Place::Text(part) | Place::At(part)) => self.pass(Event::Delta { part, text }, out),
            Some(Place::LeftOut) | None => {}
        }
    }

    fn cite(&mut self, part: u32, mut citation: Citation, out: &mut Vec<Event>) {
        let Some(Place::Text(part)) = self.parts.get(&part).copied() else { return };
        // Text that is not decided on is most likely one that the caller has, with its citations.
        if self.seam.is_some() {
            return;
        }
        let further = self.joined.filter(|(joined, _)| *joined == part).map_or(0, |(_, further)| further);
        if let Some((from, to)) = citation.span {
            let moved = from.checked_add_signed(further).zip(to.checked_add_signed(further));
            let Some(moved) = moved else { return };
            citation.span = Some(moved);
        }
        self.pass(Event::Cited { part, citation }, out);
    }

    fn finish(&mut self, finish: Finish, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        self.close_seam(out);
        if self.has_misfit {
            return Ok(());
        }
        if !finish.is_cut() && self.has_half_call() {
            return Err(ReplyFlaw::half_call());
        }
        self.release(out);
        self.teller.tell(Event::Finish(finish), out);
        Ok(())
    }

    /// No more text comes that could decide it.
    fn close_seam(&mut self, out: &mut Vec<Event>) {
        if let Some(seam) = &mut self.seam {
            let joint = seam.end(self.teller.told());
            self.join(&joint, out);
        }
    }

    fn join(&mut self, joint: &Joint, out: &mut Vec<Event>) {
        let again = match joint {
            Joint::Open => return,
            Joint::Misfit => {
                self.has_misfit = true;
                return;
            }
            Joint::Again(again) => *again,
        };
        let (Some(seam), Some((part, _))) = (self.seam.take(), self.joined) else { return };
        let open_text = self.open_text.take();
        let told_chars = open_text.as_ref().map_or(0, |text| text.chars);
        // Who was asked in words begins a message of his own, without the white space that stood here.
        let white = open_text.filter(|_| seam.is_a_message_of_its_own(again)).map(|text| text.white);
        let (rest, again_chars) = seam.rest(again);
        let text = white.unwrap_or_default();
        let further = (told_chars + text.chars().count()) as i64 - again_chars as i64;
        self.joined = Some((part, further));
        let text = text + &rest;
        if !text.is_empty() {
            self.pass(Event::Delta { part, text }, out);
        }
    }

    /// Tells an event, or holds it.
    fn pass(&mut self, event: Event, out: &mut Vec<Event>) {
        let is_begun = matches!(event, Event::Open { opening: Opening::Text, .. });
        let begins_to_hold = is_begun && self.rescue.hold_bytes > 0 && !self.has_told();
        let is_held = self.holds_all || !self.held.is_empty() || begins_to_hold;
        if !is_held || self.has_given_up {
            self.teller.tell(event, out);
            return;
        }
        self.hold(event);
        self.has_given_up = self.held_bytes > HELD_BYTES_MAX;
        if self.has_given_up || (!self.holds_all && self.held_text > self.rescue.hold_bytes) {
            self.release(out);
        }
    }

    fn hold(&mut self, event: Event) {
        let text = match &event {
            Event::Delta { text, .. } => text,
            Event::Sealed { seal, .. } => &seal.blob,
            Event::Open { opening: Opening::Call { name, .. }, .. } => name,
            _ => "",
        };
        self.held_bytes += text.len();
        if let Event::Delta { part, text } = &event {
            let is_text = self.parts.values().any(|place| matches!(place, Place::Text(own) if own == part));
            self.held_text += if is_text { text.len() } else { 0 };
            if let Some(Event::Delta { part: last, text: held }) = self.held.last_mut()
                && last == part
            {
                held.push_str(text);
                return;
            }
        }
        self.held_bytes += EVENT_BYTES;
        self.held.push(event);
    }

    fn release(&mut self, out: &mut Vec<Event>) {
        (self.held_bytes, self.held_text) = (0, 0);
        for event in std::mem::take(&mut self.held) {
            self.teller.tell(event, out);
        }
    }

    /// Whether a call that is held has arguments that began as an object and are none.
    fn has_half_call(&self) -> bool {
        let is_half = |call: u32| {
            let mut end = ValueEnd::default();
            for event in &self.held {
                if let Event::Delta { part, text } = event
                    && *part == call
                {
                    end.push(text);
                }
            }
            end.is_object() && !end.is_exact()
        };
        self.held.iter().any(|event| {
            matches!(event, Event::Open { part, opening: Opening::Call { is_custom: false, .. } } if is_half(*part))
        })
    }
}
