//! A streamed answer, read event by event.

use super::answer_block::Block;
use super::finish;
use super::usage::Told;
use crate::canonical::{Event, Flaw, ReplyFlaw};
use crate::framing::sse;
use crate::json::{Fields, Item};
use crate::translator::StreamReader;

/// How other dialects end; some hosts write it here, too.
const END_MARK: &[u8] = b"[DONE]";
const DELTA: &str = "content_block_delta";

/// Reads a stream.
#[derive(Debug, Default)]
pub(super) struct MessagesReader {
    /// By their index. What only this dialect knows is followed, too, so that its deltas are known.
    open: Vec<(u64, Option<Block>)>,
    next_part: u32,
    counts: Told,
    has_finished: bool,
}

impl MessagesReader {
    fn event(
        &mut self,
        kind: &str,
        mut fields: Fields<'_>,
        item: &Item<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), Flaw> {
        match kind {
            "message_start" => self.begin(fields.need("message")?.fields()?, out)?,
            "content_block_start" => {
                let index = self.index(&mut fields)?;
                self.open(index, &fields.need("content_block")?, out)?;
            }
            DELTA => {
                let index = self.index(&mut fields)?;
                self.add(index, &fields.need("delta")?, out)?;
            }
            "content_block_stop" => {
                let index = self.index(&mut fields)?;
                self.close(index, out);
            }
            "message_delta" => self.delta(fields, out)?,
            "message_stop" => self.end(out),
            "error" => out.push(Event::Fault { json: item.text().to_owned() }),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, mut message: Fields<'_>, out: &mut Vec<Event>) -> Result<(), Flaw> {
        let (id, model) = (message.string("id")?, message.string("model")?);
        out.push(Event::Begin { id: id.map(Into::into), model: model.map(Into::into) });
        self.count(&mut message, out);
        Ok(())
    }

    /// Numbers that cannot be read are no reason to lose the answer.
    fn count(&mut self, fields: &mut Fields<'_>, out: &mut Vec<Event>) {
        let mut counts = self.counts.clone();
        if let Some(usage) = fields.take("usage")
            && counts.add(&usage).is_ok()
        {
            out.extend(counts.events());
            self.counts = counts;
        }
    }

    /// The block that an event is about; without an index it is the last one.
    fn index(&self, fields: &mut Fields<'_>) -> Result<u64, Flaw> {
        Ok(fields.whole("index")?.or_else(|| self.open.last().map(|(index, _)| *index)).unwrap_or(0))
    }

    fn open(&mut self, index: u64, block: &Item<'_>, out: &mut Vec<Event>) -> Result<(), Flaw> {
        // Some number all their blocks alike.
        self.close(index, out);
        let block = Block::begin(block, self.next_part, out)?;
        self.follow(index, block);
        Ok(())
    }

    fn follow(&mut self, index: u64, block: Option<Block>) {
        self.next_part += u32::from(block.is_some());
        self.open.push((index, block));
    }

    fn add(&mut self, index: u64, delta: &Item<'_>, out: &mut Vec<Event>) -> Result<(), Flaw> {
        if !self.open.iter().any(|(open, _)| *open == index) {
            let block = Block::begin_by_delta(delta, self.next_part, out)?;
            self.follow(index, block);
        }
        match self.open.iter_mut().find(|(open, _)| *open == index) {
            Some((_, Some(block))) => block.add(delta.fields()?, out),
            _ => Ok(()),
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<Event>) {
        if let Some(place) = self.open.iter().position(|(open, _)| *open == index)
            && let (_, Some(block)) = self.open.remove(place)
        {
            block.end(out);
        }
    }

    fn delta(&mut self, mut fields: Fields<'_>, out: &mut Vec<Event>) -> Result<(), Flaw> {
        self.count(&mut fields, out);
        let Some(mut delta) = fields.fields("delta")? else { return Ok(()) };
        if let Some(finish) = finish::take(&mut delta)?.filter(|_| !self.has_finished) {
            self.has_finished = true;
            self.close_all(out);
            out.push(Event::Finish(finish));
        }
        Ok(())
    }

    fn close_all(&mut self, out: &mut Vec<Event>) {
        self.open.drain(..).filter_map(|(_, block)| block).for_each(|block| block.end(out));
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        self.close_all(out);
        out.push(Event::End);
    }
}

impl StreamReader for MessagesReader {
    fn read(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        if data == END_MARK {
            self.end(out);
            return Ok(());
        }
        let item = Item::of_body(data)?;
        let mut fields = item.fields()?;
        let kind = fields.string("type")?;
        let named = || std::str::from_utf8(event.name).unwrap_or_default().into();
        let kind = kind.unwrap_or_else(named);
        Ok(self.event(&kind, fields, &item, out)?)
    }

    fn is_mere_delta(&self, name: &[u8]) -> bool {
        name == DELTA.as_bytes()
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        self.close_all(out);
    }
}
