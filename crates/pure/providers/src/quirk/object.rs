//! A JSON object open for edits: what is not touched stays the text it was, in its place.

use std::borrow::Cow;

use dialects::canonical::Flaw;
use dialects::json::Item;
use dialects::json::writer::{write_list, write_object};

/// The members of an object in order, each value as JSON text.
#[derive(Debug)]
pub(super) struct Object<'a> {
    members: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    is_changed: bool,
}

impl<'a> Object<'a> {
    pub(super) fn read(item: &Item<'a>) -> Result<Self, Flaw> {
        let members = item.fields()?.members().map(|(name, raw)| (name, Cow::Borrowed(raw.get())));
        Ok(Self { members: members.collect(), is_changed: false })
    }

    /// One made here, of pairs of a name and JSON text.
    pub(super) fn made<const N: usize>(members: [(&'static str, String); N]) -> Self {
        let members = members.map(|(name, json)| (Cow::Borrowed(name), Cow::Owned(json)));
        Self { members: members.into(), is_changed: true }
    }

    pub(super) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The JSON text of a member that is there and not null. Of a name that stands twice the last one counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.members.iter().rev().find(|(known, _)| known == name)?;
        (found.1 != "null").then_some(found.1.as_ref())
    }

    /// A member as it stood in the request, for a look inside.
    pub(super) fn item(&self, name: &str) -> Option<Item<'a>> {
        let found = self.members.iter().rev().find(|(known, _)| known == name)?;
        match &found.1 {
            Cow::Borrowed(text) => item_of(text, name),
            Cow::Owned(_) => None,
        }
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        item_of(self.get(name)?, name)?.string().ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(known, _)| known == name)
    }

    pub(super) fn remove(&mut self, name: &str) {
        let before = self.members.len();
        self.members.retain(|(known, _)| known != name);
        self.is_changed |= self.members.len() != before;
    }

    /// Puts a value in the place of a member, or at the end.
    pub(super) fn set(&mut self, name: &'static str, json: String) {
        self.is_changed = true;
        match self.members.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, value)) => *value = Cow::Owned(json),
            None => self.members.push((Cow::Borrowed(name), Cow::Owned(json))),
        }
    }

    /// Edits the object within a member; whatever is no object stays.
    pub(super) fn edit(
        &mut self,
        name: &'static str,
        edit: impl FnOnce(&mut Object<'_>) -> Result<(), Flaw>,
    ) -> Result<(), Flaw> {
        let Some(json) = self.get(name).filter(|json| json.starts_with('{')).map(str::to_owned) else {
            return Ok(());
        };
        let Some(item) = item_of(&json, name) else { return Ok(()) };
        let mut inner = Object::read(&item)?;
        edit(&mut inner)?;
        if inner.is_changed() {
            self.set(name, inner.json());
        }
        Ok(())
    }

    /// Gives a member another name; one that has that name already stays what it is.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if self.get(to).is_some() {
            self.remove(from);
            return;
        }
        if !self.has(from) {
            return;
        }
        self.remove(to);
        for (name, _) in self.members.iter_mut().filter(|(known, _)| known == from) {
            *name = Cow::Owned(to.to_owned());
        }
        self.is_changed = true;
    }

    /// Removes the members that are null.
    pub(super) fn remove_nulls(&mut self, except: &str) {
        let before = self.members.len();
        self.members.retain(|(name, json)| name == except || json != "null");
        self.is_changed |= self.members.len() != before;
    }

    pub(super) fn json(&self) -> String {
        let length = self.members.iter().map(|(name, json)| name.len() + json.len() + 4).sum::<usize>();
        let mut out = String::with_capacity(length + 2);
        write_object(&mut out, |o| self.members.iter().for_each(|(name, json)| o.raw(name, json)));
        out
    }
}

/// Objects as a JSON array.
pub(super) fn list_json(objects: &[Object<'_>]) -> String {
    let mut out = String::new();
    write_list(&mut out, |l| objects.iter().for_each(|object| l.raw(&object.json())));
    out
}

/// JSON text that is known to be JSON.
pub(super) fn item_of<'a>(json: &'a str, path: &str) -> Option<Item<'a>> {
    Some(Item::at(serde_json::from_str(json).ok()?, path))
}
