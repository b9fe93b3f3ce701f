//! `reasoning_details`: how thoughts and their seals are written into a chat message, and read from one. A host's own entries
//! are kept as they are, but for their words, which stand in the thought; ours hold an envelope each.

use crate::canonical::{Flaw, Seal, SealForm, Thought};
use crate::envelope;
use crate::json::writer::{ListWriter, list, object};
use crate::json::{Fields, Item};

const TEXT: &str = "reasoning.text";
const SUMMARY: &str = "reasoning.summary";
const ENCRYPTED: &str = "reasoning.encrypted";

/// One entry.
#[derive(Debug)]
pub(super) struct Detail {
    index: Option<u64>,
    kind: String,
    /// Its words, in the entries that have some.
    pub(super) words: Option<String>,
    seal: Option<String>,
    pub(super) id: Option<String>,
    /// Every member but the words, in order.
    rest: Vec<(String, String)>,
}

impl Detail {
    pub(super) fn read(item: &Item<'_>) -> Result<Self, Flaw> {
        let mut fields = item.fields()?;
        let text = |fields: &mut Fields<'_>, name: &str| {
            fields.take(name).filter(Item::is_text).and_then(|item| item.string().ok()).map(String::from)
        };
        let words = [text(&mut fields, "text"), text(&mut fields, "summary")].into_iter().flatten().next();
        let rest: Vec<(String, String)> =
            fields.rest().map(|(name, item)| (name.into_owned(), item.text().to_owned())).collect();
        let mut fields = item.fields()?;
        let seal = [text(&mut fields, "signature"), text(&mut fields, "data")].into_iter().flatten().next();
        Ok(Self {
            index: fields.take("index").and_then(|index| index.whole().ok()),
            kind: text(&mut fields, "type").unwrap_or_else(|| TEXT.to_owned()),
            words,
            seal: seal.filter(|seal| !seal.is_empty()),
            id: text(&mut fields, "id"),
            rest,
        })
    }

    pub(super) fn is_summary(&self) -> bool {
        self.kind == SUMMARY
    }

    fn has_words(&self) -> bool {
        self.kind == TEXT || self.kind == SUMMARY
    }

    fn envelope(&self) -> Option<&str> {
        self.seal.as_deref().filter(|seal| seal.starts_with(envelope::PREFIX))
    }
}

/// Most bytes of entries that are kept for one thought: no envelope holds more.
const DETAILS_BYTES_MAX: usize = envelope::ENVELOPE_BYTES_MAX;

/// The entries of one thought, pieces of one entry put together.
#[derive(Debug, Default)]
pub(super) struct Details {
    entries: Vec<Detail>,
    bytes: usize,
}

impl Details {
    /// Whether an entry belongs to another thought than those before it.
    pub(super) fn is_next(&self, detail: &Detail) -> bool {
        let words = self.entries.iter().find(|entry| entry.has_words());
        let differs = words.is_some_and(|words| words.index != detail.index || words.kind != detail.kind);
        let says_more = detail.words.as_ref().is_some_and(|words| !words.is_empty());
        detail.has_words() && (differs || (self.is_sealed() && says_more))
    }

    /// What is too long to be given back is not kept.
    pub(super) fn add(&mut self, detail: Detail) {
        let begun = self.entries.iter_mut().find(|entry| {
            entry.has_words()
                && detail.has_words()
                && (entry.index, &entry.kind) == (detail.index, &detail.kind)
        });
        let Some(entry) = begun else {
            self.bytes += detail.rest.iter().map(|(name, json)| name.len() + json.len()).sum::<usize>();
            if self.bytes <= DETAILS_BYTES_MAX {
                self.entries.push(detail);
            }
            return;
        };
        entry.seal = detail.seal.or(entry.seal.take());
        for (name, json) in detail.rest {
            match entry.rest.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => {
                    self.bytes += json.len().saturating_sub(known.len());
                    *known = json;
                }
                None => {
                    self.bytes += name.len() + json.len();
                    entry.rest.push((name, json));
                }
            }
        }
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.entries.iter().any(|entry| entry.seal.is_some())
    }

    /// All of them as a seal, if one of them proves something.
    pub(super) fn seal(&self) -> Option<Seal> {
        if !self.is_sealed() || self.bytes > DETAILS_BYTES_MAX {
            return None;
        }
        let blob = list(|l| {
            for entry in &self.entries {
                l.object(|o| entry.rest.iter().for_each(|(name, json)| o.raw(name, json)));
            }
        });
        Some(Seal { form: SealForm::Detail, blob })
    }
}

/// The thoughts of a message that is given back. `words` are those told beside the entries.
pub(super) fn thoughts(entries: &Item<'_>, words: &str) -> Result<Vec<Thought>, Flaw> {
    let mut thoughts: Vec<Thought> = Vec::new();
    let mut run = Details::default();
    let close = |run: &mut Details, thoughts: &mut Vec<Thought>| {
        if let (Some(seal), Some(last)) = (std::mem::take(run).seal(), thoughts.last_mut()) {
            last.seal = Some(seal);
        }
    };
    for item in entries.list()? {
        let detail = Detail::read(&item)?;
        if let Some(envelope) = detail.envelope() {
            let seal = Some(Seal { form: SealForm::Detail, blob: envelope.to_owned() });
            close(&mut run, &mut thoughts);
            thoughts.push(Thought {
                is_summary: detail.is_summary(),
                text: detail.words.unwrap_or_default(),
                id: detail.id,
                seal,
            });
            continue;
        }
        if run.entries.is_empty() || run.is_next(&detail) {
            close(&mut run, &mut thoughts);
            let (is_summary, id) = (detail.is_summary(), detail.id.clone());
            thoughts.push(Thought { is_summary, id, ..Thought::default() });
        }
        if let (Some(more), Some(last)) = (&detail.words, thoughts.last_mut()) {
            last.text.push_str(more);
        }
        run.add(detail);
    }
    close(&mut run, &mut thoughts);
    if let [only] = thoughts.as_mut_slice()
        && only.text.is_empty()
    {
        words.clone_into(&mut only.text);
    }
    Ok(thoughts)
}

/// The entries that a host gave, with the words in them again. `None` if the seal is no such list.
pub(super) fn restored(seal: &Seal, words: &str) -> Option<Vec<String>> {
    if seal.form != SealForm::Detail || !seal.blob.starts_with('[') {
        return None;
    }
    let list = Item::of_body(seal.blob.as_bytes()).ok()?.list().ok()?;
    let mut has_words = false;
    let entry = |item: &Item<'_>| {
        let kind = item.fields().ok()?.string("type").ok()??;
        let name = if kind == SUMMARY { "summary" } else { "text" };
        let is_first = kind != ENCRYPTED && !std::mem::replace(&mut has_words, true);
        let fields = item.fields().ok()?;
        Some(object(|o| {
            for (name, raw) in fields.members() {
                o.raw(&name, raw.get());
            }
            if is_first && !words.is_empty() {
                o.text(name, words);
            }
        }))
    };
    list.iter().map(entry).collect()
}

/// Writes a thought of an answer with its seal, for a caller who gives it back.
pub(super) fn write(list: &mut ListWriter<'_>, thought: &Thought, index: u64) {
    let Some(seal) = &thought.seal else { return };
    if let Some(entries) = restored(seal, &thought.text) {
        return entries.iter().for_each(|entry| list.raw(entry));
    }
    list.object(|o| {
        let (kind, words, proof) = match (thought.text.is_empty(), thought.is_summary) {
            (true, _) => (ENCRYPTED, None, "data"),
            (false, true) => (SUMMARY, Some("summary"), "signature"),
            (false, false) => (TEXT, Some("text"), "signature"),
        };
        o.text("type", kind);
        if let Some(words) = words {
            o.text(words, &thought.text);
        }
        o.text(proof, &seal.blob);
        if let Some(id) = &thought.id {
            o.text("id", id);
        }
        o.whole("index", index);
    });
}
