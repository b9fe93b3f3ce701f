//! Which call a fragment belongs to. Officially its index says so; hosts leave the index out, count always zero, tell the id
//! once or in every fragment, or tell whole calls without either.

use crate::json::ValueEnd;

/// What a fragment says of its call.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    pub(super) index: Option<u64>,
    /// Empty if not told.
    pub(super) id: String,
    /// Empty if not told.
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) is_custom: bool,
}

/// A call that has begun.
#[derive(Debug, Default)]
pub(super) struct CallState {
    index: Option<u64>,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_custom: bool,
    /// Its part, once it is open.
    pub(super) part: Option<u32>,
    pub(super) is_closed: bool,
    /// Arguments that came before the name.
    pub(super) held: String,
    pub(super) has_arguments: bool,
    end: ValueEnd,
}

/// The calls of an answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) list: Vec<CallState>,
}

impl Calls {
    /// The call that stands whole in an answer that is not streamed: each entry is one of its own.
    pub(super) fn add(&mut self, fragment: &Fragment) -> usize {
        self.list.push(CallState::default());
        let added = self.list.len() - 1;
        self.list[added].learn(fragment);
        added
    }

    /// The call of a fragment, begun if it is new. `place` is where the fragment stands among those that came with it.
    pub(super) fn place(&mut self, fragment: &Fragment, place: usize, count: usize) -> usize {
        let found = match fragment.index {
            Some(index) => self.by_index(index, fragment),
            None if !fragment.id.is_empty() => {
                self.by_id(&fragment.id).filter(|found| !self.list[*found].is_followed_by(fragment))
            }
            None if !fragment.name.is_empty() => self.begun_without_arguments(fragment),
            None => self.by_place(place, count),
        };
        let found = found.unwrap_or_else(|| {
            self.list.push(CallState { index: fragment.index, ..CallState::default() });
            self.list.len() - 1
        });
        self.list[found].learn(fragment);
        found
    }

    fn by_id(&self, id: &str) -> Option<usize> {
        self.list.iter().rposition(|call| call.id == id)
    }

    fn by_index(&self, index: u64, fragment: &Fragment) -> Option<usize> {
        let same_id = |call: &CallState| !fragment.id.is_empty() && call.id == fragment.id;
        let exactly = self.list.iter().rposition(|call| call.index == Some(index) && same_id(call));
        if exactly.is_some() {
            return exactly;
        }
        let Some(latest) = self.list.iter().rposition(|call| call.index == Some(index)) else {
            // An id that is known under another index, with nothing new in it, goes on there.
            return if fragment.name.is_empty() {
                self.by_id(&fragment.id).filter(|_| !fragment.id.is_empty())
            } else {
                None
            };
        };
        (!self.list[latest].is_followed_by(fragment)).then_some(latest)
    }

    /// A name that is told again, before any arguments, begins nothing.
    fn begun_without_arguments(&self, fragment: &Fragment) -> Option<usize> {
        let last = self.list.last()?;
        let is_open = !last.has_arguments || !last.end.is_complete();
        (last.name == fragment.name && is_open && last.has_arguments).then(|| self.list.len() - 1)
    }

    fn by_place(&self, place: usize, count: usize) -> Option<usize> {
        let last = self.list.len().checked_sub(1)?;
        // Of several in one piece, each goes on with its own.
        let of_several = self.list.len().checked_sub(count).map(|first| first + place);
        Some(if count > 1 { of_several.unwrap_or(place).min(last) } else { last })
    }
}

impl CallState {
    /// Whether a fragment of the same index is another call.
    fn is_followed_by(&self, fragment: &Fragment) -> bool {
        if fragment.name.is_empty() || self.name.is_empty() {
            return false;
        }
        let has_other_id = !fragment.id.is_empty() && !self.id.is_empty() && fragment.id != self.id;
        let is_complete = self.end.is_complete();
        if has_other_id {
            // Some make up an id for every fragment: what is begun is gone on with.
            return is_complete || !self.has_arguments || fragment.name != self.name;
        }
        is_complete && (fragment.name != self.name || !fragment.arguments.is_empty())
    }

    fn learn(&mut self, fragment: &Fragment) {
        if self.id.is_empty() {
            self.id.clone_from(&fragment.id);
        }
        if self.name.is_empty() {
            self.name.clone_from(&fragment.name);
        }
        self.is_custom |= fragment.is_custom;
        self.has_arguments |= !fragment.arguments.is_empty();
        self.end.push(&fragment.arguments);
    }

    /// Whether its arguments have begun and ended.
    pub(super) fn is_complete(&self) -> bool {
        self.end.is_complete()
    }

    /// Whether nothing of it is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.is_custom || !self.has_arguments || self.is_complete()
    }
}
