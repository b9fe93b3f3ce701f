//! A block of an answer as it is read, whole or in deltas.

use super::{arguments, citation};
use crate::canonical::{Event, Flaw, Opening, Seal, SealForm};
use crate::json::{Fields, Item};

/// A block that has begun.
#[derive(Debug)]
pub(super) struct Block {
    part: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Words,
    Thought,
    /// With the arguments that stood in its beginning, which count if no others come.
    Call {
        given: String,
        has_more: bool,
    },
}

impl Block {
    /// Reads the beginning of a block, or all of it. `None` for what only this dialect knows: nobody who speaks another
    /// can have asked for it.
    pub(super) fn begin(item: &Item<'_>, part: u32, out: &mut Vec<Event>) -> Result<Option<Self>, Flaw> {
        let mut fields = item.fields()?;
        let kind = fields.need("type")?.string()?;
        Ok(Some(match kind.as_ref() {
            "text" => {
                let block = Self::open(part, Kind::Words, Opening::Text, out);
                block.tell(fields.string("text")?.as_deref(), out);
                for cited in fields.list("citations")?.unwrap_or_default() {
                    out.push(Event::Cited { part, citation: citation::read(&cited)? });
                }
                block
            }
            "thinking" => {
                let block = Self::thought(part, out);
                block.tell(fields.string("thinking")?.as_deref(), out);
                block.seal(SealForm::Signature, fields.string("signature")?.as_deref(), out);
                block
            }
            "redacted_thinking" => {
                let block = Self::thought(part, out);
                block.seal(SealForm::Redacted, fields.string("data")?.as_deref(), out);
                block
            }
            "tool_use" => {
                let id = fields.need("id")?.string()?.into_owned();
                let name = fields.need("name")?.string()?.into_owned();
                let given = arguments::read(fields.take("input").as_ref());
                let opening = Opening::Call { id, name, is_custom: false };
                Self::open(part, Kind::Call { given, has_more: false }, opening, out)
            }
            _ => return Ok(None),
        }))
    }

    /// Reads the beginning of a block that some hosts leave out: its first delta tells what it is.
    pub(super) fn begin_by_delta(
        delta: &Item<'_>,
        part: u32,
        out: &mut Vec<Event>,
    ) -> Result<Option<Self>, Flaw> {
        let kind = delta.fields()?.need("type")?.string()?;
        match kind.as_ref() {
            "text_delta" => Ok(Some(Self::open(part, Kind::Words, Opening::Text, out))),
            "thinking_delta" | "signature_delta" => Ok(Some(Self::thought(part, out))),
            "input_json_delta" => Err(delta.flaw("has arguments of a call that never began")),
            _ => Ok(None),
        }
    }

    /// Reads more of it.
    pub(super) fn add(&mut self, mut delta: Fields<'_>, out: &mut Vec<Event>) -> Result<(), Flaw> {
        match delta.need("type")?.string()?.as_ref() {
            "text_delta" => self.tell(delta.string("text")?.as_deref(), out),
            "thinking_delta" => self.tell(delta.string("thinking")?.as_deref(), out),
            "input_json_delta" => {
                let json = delta.string("partial_json")?.unwrap_or_default();
                if let Kind::Call { has_more, .. } = &mut self.kind {
                    *has_more |= !json.trim().is_empty();
                }
                self.tell(Some(&json), out);
            }
            "signature_delta" => self.seal(SealForm::Signature, delta.string("signature")?.as_deref(), out),
            "citations_delta" => {
                let citation = citation::read(&delta.need("citation")?)?;
                out.push(Event::Cited { part: self.part, citation });
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing more of it comes.
    pub(super) fn end(self, out: &mut Vec<Event>) {
        if let Kind::Call { given, has_more: false } = &self.kind {
            self.tell(Some(given), out);
        }
        out.push(Event::Close { part: self.part });
    }

    fn open(part: u32, kind: Kind, opening: Opening, out: &mut Vec<Event>) -> Self {
        out.push(Event::Open { part, opening });
        Self { part, kind }
    }

    fn thought(part: u32, out: &mut Vec<Event>) -> Self {
        Self::open(part, Kind::Thought, Opening::Thought { id: None, is_summary: false }, out)
    }

    fn tell(&self, text: Option<&str>, out: &mut Vec<Event>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            out.push(Event::Delta { part: self.part, text: text.to_owned() });
        }
    }

    fn seal(&self, form: SealForm, blob: Option<&str>, out: &mut Vec<Event>) {
        if let Some(blob) = blob.filter(|blob| !blob.is_empty()) {
            out.push(Event::Sealed { part: self.part, seal: Seal { form, blob: blob.to_owned() } });
        }
    }
}
