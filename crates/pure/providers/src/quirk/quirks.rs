//! The quirks of one host: their order, and what an operator's change of them means.

use std::borrow::Cow;

use memchr::memmem;

use super::messages::THOUGHTS;
use super::{Quirk, Replay};

/// All the ways in which a host's requests differ; none for most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks(Cow<'static, [Quirk]>);

impl Quirks {
    /// A host that takes what the dialect says.
    pub const NONE: Self = Self(Cow::Borrowed(&[]));

    /// Quirks known when this is compiled, in the order in which they are put to work.
    pub const fn fixed(quirks: &'static [Quirk]) -> Self {
        Self(Cow::Borrowed(quirks))
    }

    /// The quirks in the order in which they are put to work, which is that of [`Quirk`]'s kinds.
    pub fn new(quirks: impl IntoIterator<Item = Quirk>) -> Self {
        let mut quirks: Vec<Quirk> = quirks.into_iter().collect();
        quirks.sort_by_key(Quirk::turn);
        Self(Cow::Owned(quirks))
    }

    /// Whether requests stay as they are, whatever stands in them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a body may hold anything that one of them changes. A body that holds nothing of the kind need not be read.
    pub(super) fn concern(&self, body: &[u8]) -> bool {
        self.0.iter().any(|quirk| quirk.concerns(body))
    }

    /// Whether thoughts are counted in the total of tokens alone.
    pub fn hide_thoughts(&self) -> bool {
        self.0.contains(&Quirk::HiddenThoughts)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Quirk> {
        self.0.iter()
    }

    /// These, changed by those of an operator: of a kind that can stand once, his replaces the other.
    #[must_use]
    pub fn overridden(&self, by: impl IntoIterator<Item = Quirk>) -> Self {
        let by: Vec<Quirk> = by.into_iter().collect();
        let stays = |known: &&Quirk| by.iter().all(|new| !new.replaces(known));
        Self::new(self.0.iter().filter(stays).cloned().chain(by.iter().cloned()))
    }
}

impl Quirk {
    /// What is told by effort is told before fields are dropped; a field is renamed and messages are joined last.
    fn turn(&self) -> u8 {
        match self {
            Self::Efforts(_) => 0,
            Self::Reasoning(_) => 1,
            Self::CapField(_) | Self::Drop(_) => 2,
            Self::Rename(..) => 4,
            Self::Alternation => 5,
            _ => 3,
        }
    }

    fn concerns(&self, body: &[u8]) -> bool {
        match self {
            Self::Replay(Replay::None) => THOUGHTS.iter().any(|name| names(body, name)),
            Self::HiddenThoughts => false,
            _ => true,
        }
    }

    fn replaces(&self, known: &Self) -> bool {
        match (self, known) {
            (Self::Drop(field), Self::Drop(other)) | (Self::SchemaDrop(field), Self::SchemaDrop(other)) => {
                field == other
            }
            (Self::Rename(from, _), Self::Rename(other, _)) => from == other,
            (Self::Drop(field), Self::Rename(from, _)) | (Self::Rename(from, _), Self::Drop(field)) => {
                field == from
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(known),
        }
    }
}

/// Whether a name stands in quotes somewhere.
fn names(body: &[u8], name: &str) -> bool {
    memmem::find_iter(body, name).any(|at| {
        let around = (at.checked_sub(1).and_then(|before| body.get(before)), body.get(at + name.len()));
        around == (Some(&b'"'), Some(&b'"'))
    })
}
