//! A request open for edits. Its messages and tools are read only when somebody asks for them.

use dialects::canonical::Flaw;
use dialects::json::Item;

use super::object::{Object, list_json};

/// A request open for edits.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) top: Object<'a>,
    messages: Part<'a>,
    tools: Part<'a>,
}

/// A list of objects in a request.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    objects: Option<Vec<Object<'a>>>,
    count: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Flaw> {
        let top = Object::read(&Item::of_body(body)?)?;
        Ok(Self { top, messages: Part::default(), tools: Part::default() })
    }

    /// The messages; none where there is no such list.
    pub(super) fn messages(&mut self) -> Result<&mut Vec<Object<'a>>, Flaw> {
        self.messages.open(&self.top, "messages")
    }

    /// The tools; none where there is no such list.
    pub(super) fn tools(&mut self) -> Result<&mut Vec<Object<'a>>, Flaw> {
        self.tools.open(&self.top, "tools")
    }

    /// Takes the tools away.
    pub(super) fn remove_tools(&mut self) {
        self.tools = Part { objects: Some(Vec::new()), count: 0 };
        self.top.remove("tools");
    }

    /// The request as it is sent, if anything of it has changed.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let Self { mut top, messages, tools } = self;
        messages.close(&mut top, "messages");
        tools.close(&mut top, "tools");
        top.is_changed().then(|| top.json().into_bytes())
    }
}

impl<'a> Part<'a> {
    fn open(&mut self, top: &Object<'a>, name: &'static str) -> Result<&mut Vec<Object<'a>>, Flaw> {
        if self.objects.is_none() {
            let items = match top.item(name).filter(|item| !item.is_null()) {
                Some(list) => list.list()?,
                None => Vec::new(),
            };
            let objects = items.iter().map(Object::read).collect::<Result<Vec<_>, _>>()?;
            self.count = objects.len();
            self.objects = Some(objects);
        }
        Ok(self.objects.get_or_insert_default())
    }

    fn close(self, top: &mut Object<'a>, name: &'static str) {
        let Some(objects) = self.objects else { return };
        if objects.len() != self.count || objects.iter().any(Object::is_changed) {
            top.set(name, list_json(&objects));
        }
    }
}
