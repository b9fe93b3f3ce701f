//! The items of an answer, as they are found again and as they are when all of them has come.

use super::state::{OutputItem, Piece, ResponsesReader};
use crate::canonical::{Event, Opening, ReplyFlaw, Seal, SealForm};
use crate::json::{Fields, Item};
use crate::openai_responses::{PARAGRAPH, citation, names};

impl ResponsesReader {
    /// The item of that id; where ids differ between events, as at some hosts, the one at that place.
    pub(super) fn item_at(&mut self, id: Option<&str>, place: Option<u64>) -> usize {
        let has_id = |item: &OutputItem| id.is_some() && item.id.as_deref() == id;
        let has_place = |item: &OutputItem| place.is_some() && item.output_index == place;
        let found = self.items.iter().position(has_id).or_else(|| self.items.iter().rposition(has_place));
        found.unwrap_or_else(|| self.add_item(id, place))
    }

    /// The item that is announced: a new one, even at a place that another has, unless its id is known.
    pub(super) fn announced(&mut self, id: Option<&str>, place: Option<u64>) -> usize {
        let known = self.items.iter().position(|item| id.is_some() && item.id.as_deref() == id);
        known.unwrap_or_else(|| self.add_item(id, place))
    }

    fn add_item(&mut self, id: Option<&str>, place: Option<u64>) -> usize {
        let id = id.map(str::to_owned);
        self.items.push(OutputItem { output_index: place, id, ..OutputItem::default() });
        self.items.len() - 1
    }

    /// A part of an item, opened if it has not been yet.
    pub(super) fn piece(
        &mut self,
        at: usize,
        index: u64,
        opening: impl FnOnce() -> Opening,
        out: &mut Vec<Event>,
    ) -> &mut Piece {
        if !std::mem::replace(&mut self.has_begun, true) {
            out.push(Event::Begin { id: None, model: None });
        }
        let pieces = &mut self.items[at].pieces;
        let found = pieces.iter().position(|piece| piece.index == index).unwrap_or_else(|| {
            let part = self.parts;
            self.parts += 1;
            let opening = opening();
            let is_call = matches!(opening, Opening::Call { is_custom: false, .. });
            out.push(Event::Open { part, opening });
            pieces.push(Piece { index, part, said: String::new(), is_call, is_closed: false, citations: 0 });
            pieces.len() - 1
        });
        &mut pieces[found]
    }

    pub(super) fn open_call(
        &mut self,
        at: usize,
        item: &mut Fields<'_>,
        is_custom: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let group = item.string("namespace")?;
        let name = names::joined(group.as_deref(), &item.string("name")?.unwrap_or_default());
        let id = item.string("call_id")?.unwrap_or_default().into_owned();
        self.has_calls = true;
        self.piece(at, 0, || Opening::Call { id, name, is_custom }, out);
        Ok(())
    }

    /// Reads an item of which nothing more will come.
    pub(super) fn read_done(
        &mut self,
        item: &Item<'_>,
        place: Option<u64>,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let at = self.item_at(item.fields()?.string("id")?.as_deref(), place);
        self.read_done_at(at, item, out)
    }

    /// Reads the finished items of a whole response. Each is one of its own, whatever ids they have.
    pub(super) fn read_output(&mut self, output: &[Item<'_>], out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let mut taken = Vec::new();
        for (place, item) in output.iter().enumerate() {
            let (id, place) = (item.fields()?.string("id")?, Some(place as u64));
            let found = self.item_at(id.as_deref(), place);
            let at = if taken.contains(&found) { self.add_item(id.as_deref(), place) } else { found };
            taken.push(at);
            self.read_done_at(at, item, out)?;
        }
        Ok(())
    }

    fn read_done_at(&mut self, at: usize, item: &Item<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let mut fields = item.fields()?;
        self.items[at].is_open = false;
        if std::mem::replace(&mut self.items[at].is_done, true) {
            return Ok(());
        }
        match fields.string("type")?.as_deref() {
            Some("message") => {
                for (index, content) in fields.list("content")?.unwrap_or_default().iter().enumerate() {
                    self.read_content(at, index as u64, content, out)?;
                }
            }
            Some("function_call") => self.done_call(at, &mut fields, "arguments", out)?,
            Some("custom_tool_call") => self.done_call(at, &mut fields, "input", out)?,
            Some("reasoning") => self.done_thought(at, &mut fields, out)?,
            _ => {}
        }
        self.items[at].pieces.iter_mut().for_each(|piece| piece.close(out));
        Ok(())
    }

    fn done_call(
        &mut self,
        at: usize,
        fields: &mut Fields<'_>,
        name: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let arguments = fields.string(name)?.unwrap_or_default();
        self.open_call(at, fields, name == "input", out)?;
        self.items[at].pieces[0].say_whole(&arguments, out)
    }

    fn done_thought(
        &mut self,
        at: usize,
        fields: &mut Fields<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let content = texts(fields, "content")?;
        let is_summary = content.is_empty();
        let text = if is_summary { texts(fields, "summary")? } else { content };
        let blob = fields.string("encrypted_content")?.filter(|blob| !blob.is_empty());
        if text.is_empty() && blob.is_none() && self.items[at].pieces.is_empty() {
            return Ok(());
        }
        let id = fields.string("id")?.map(std::borrow::Cow::into_owned).or(self.items[at].id.clone());
        let piece = self.piece(at, 0, || Opening::Thought { id, is_summary }, out);
        if piece.said.is_empty() {
            piece.say(&text, out);
        }
        if let Some(blob) = blob {
            let seal = Seal { form: SealForm::Encrypted, blob: blob.into_owned() };
            out.push(Event::Sealed { part: piece.part, seal });
        }
        Ok(())
    }

    /// Reads a part of a message of which nothing more will come.
    pub(super) fn read_content(
        &mut self,
        at: usize,
        index: u64,
        content: &Item<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let mut fields = content.fields()?;
        let (opening, text) = match fields.string("type")?.as_deref() {
            Some("output_text") => (Opening::Text, fields.string("text")?),
            Some("refusal") => (Opening::Refusal, fields.string("refusal")?),
            _ => return Ok(()),
        };
        let piece = self.piece(at, index, || opening, out);
        if piece.is_closed {
            return Ok(());
        }
        piece.say_whole(&text.unwrap_or_default(), out)?;
        let annotations = fields.list("annotations")?.unwrap_or_default();
        for citation in annotations.iter().filter_map(citation::read_citation).skip(piece.citations) {
            out.push(Event::Cited { part: piece.part, citation });
        }
        piece.close(out);
        Ok(())
    }
}

fn texts(fields: &mut Fields<'_>, name: &str) -> Result<String, ReplyFlaw> {
    let mut texts = Vec::new();
    for entry in fields.list(name)?.unwrap_or_default() {
        texts.extend(entry.fields()?.string("text")?.map(std::borrow::Cow::into_owned));
    }
    Ok(texts.join(PARAGRAPH))
}
