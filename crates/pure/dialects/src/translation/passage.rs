//! What a stream has told so far, and the passing on of each event to its writer.

use domain::Usage;

use super::spent::Spent;
use crate::canonical::{Event, Finish, Opening, ReplyFlaw};
use crate::json::ValueEnd;
use crate::translator::StreamWriter;
use crate::watch::StreamFault;

/// Of what the model wrote, so much is kept for counting, in case that the provider does not count.
const SAID_BYTES_MAX: usize = 1 << 20;
/// Longest error in a stream that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// What the stream has told so far.
#[derive(Debug, Default)]
pub(super) struct Passage {
    pub(super) parts: u64,
    pub(super) spent: Spent,
    pub(super) finish: Option<Finish>,
    /// The provider's end mark has come, or nothing more is wanted.
    pub(super) is_done: bool,
    /// The caller has the ending.
    pub(super) is_ended: bool,
    pub(super) fault: Option<StreamFault>,
    /// Bytes of earlier sources that came without the end of their line.
    pub(super) dripped_before: u64,
    /// What the source that speaks has written.
    pub(super) said: String,
    /// How much of it had come when it told last what it used.
    pub(super) said_when_counted: usize,
    /// Calls that are not known to be whole, and how far their arguments have come.
    calls: Vec<(u32, ValueEnd)>,
    /// The ends of those that were closed: told only where the answer says that it was cut.
    half: Vec<Event>,
}

impl Passage {
    /// Notes what a source says, whether or not anybody is told.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            _ if self.fault.is_some() => {}
            Event::Delta { text, .. } if self.said.len() + text.len() <= SAID_BYTES_MAX => {
                self.said.push_str(text);
            }
            Event::Usage(_) => self.said_when_counted = self.said.len(),
            _ => {}
        }
    }

    /// Writes an event for the caller.
    pub(super) fn tell(&mut self, event: &Event, writer: &mut dyn StreamWriter, out: &mut String) {
        match event {
            _ if self.fault.is_some() => return,
            Event::Fault { json } => {
                let words = (json.len() <= ERROR_BYTES_MAX).then(|| json.clone().into_bytes());
                self.fault = Some(StreamFault::Told(words));
                return;
            }
            Event::Usage(usage) => return self.count(*usage, writer, out),
            // No caller is told in his own dialect.
            Event::UsageByModel(parts) => return self.spent.note_by_model(parts),
            // A finish comes once: who says it twice says nothing new.
            Event::Finish(_) if self.finish.is_some() => return,
            Event::Finish(finish) => {
                if !finish.is_cut() && self.calls.iter().any(|(_, end)| end.is_half_object()) {
                    self.fault = Some(StreamFault::Unfit(ReplyFlaw::half_call().message));
                    return;
                }
                self.half.drain(..).for_each(|close| writer.write(&close, out));
                self.finish = Some(finish.clone());
            }
            Event::End if self.finish.is_none() => {
                self.fault = Some(StreamFault::Unfit(ReplyFlaw::no_reason().message));
                return;
            }
            Event::End => self.is_done = true,
            Event::Open { part, opening: Opening::Call { is_custom: false, .. } } => {
                self.calls.push((*part, ValueEnd::default()));
            }
            Event::Delta { part, text } => {
                let call = self.calls.iter_mut().find(|(call, _)| call == part);
                call.into_iter().for_each(|(_, end)| end.push(text));
            }
            // Who acts on each call as it ends must not act on half of one.
            Event::Close { part } if self.is_half(*part) => return self.half.push(event.clone()),
            Event::Close { part } => self.calls.retain(|(call, _)| call != part),
            _ => {}
        }
        writer.write(event, out);
        if let Err(ReplyFlaw { message }) = writer.check() {
            self.fault = Some(StreamFault::Unfit(message));
        }
    }

    /// The same for what was kept, behind a word that the answer begins anew, if that is due.
    pub(super) fn tell_kept(
        &mut self,
        event: &Event,
        writer: &mut dyn StreamWriter,
        is_to_restart: &mut bool,
        out: &mut String,
    ) {
        let is_of_answer = matches!(event, Event::Open { .. } | Event::Finish(_));
        if is_of_answer && std::mem::take(is_to_restart) {
            self.calls.clear();
            self.half.clear();
            writer.restart(out);
        }
        self.tell(event, writer, out);
    }

    fn is_half(&self, part: u32) -> bool {
        self.calls.iter().any(|(call, end)| *call == part && end.is_half_object())
    }

    /// The caller is told what all sources have used.
    pub(super) fn count(&mut self, usage: Usage, writer: &mut dyn StreamWriter, out: &mut String) {
        let sum = self.spent.note(usage);
        writer.write(&Event::Usage(sum), out);
    }
}
