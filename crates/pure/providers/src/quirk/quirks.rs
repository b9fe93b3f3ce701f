//! The quirks of one host: their order, and what an operator's change of them means.

use std::borrow::Cow;
use std::sync::LazyLock;

use dialects::canonical::Continuing;
use memchr::memmem::Finder;

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

    /// The same of a body in pieces: what lies over two of them is looked for where they meet.
    /// Thoughts are looked for only where there may be any.
    pub fn concern_pieces<'a>(
        &self,
        pieces: impl Iterator<Item = &'a [u8]> + Clone,
        may_hold_thoughts: bool,
    ) -> bool {
        if !may_hold_thoughts && self.0.iter().all(Quirk::is_about_thoughts_alone) {
            return false;
        }
        const SEAM_BYTES: usize = 64;
        let seam = |(left, right): (&'a [u8], &'a [u8])| {
            [&left[left.len().saturating_sub(SEAM_BYTES)..], &right[..right.len().min(SEAM_BYTES)]].concat()
        };
        pieces.clone().any(|piece| self.concern(piece))
            || pieces.clone().zip(pieces.skip(1)).any(|pair| self.concern(&seam(pair)))
    }

    /// Whether thoughts are counted in the total of tokens alone.
    pub fn hide_thoughts(&self) -> bool {
        self.0.contains(&Quirk::HiddenThoughts)
    }

    /// How it is told to go on from the beginning of an answer, where that is known.
    pub fn continuing(&self) -> Option<Continuing> {
        self.0.iter().find_map(|quirk| match quirk {
            Quirk::Continues(continuing) => Some(*continuing),
            _ => None,
        })
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

    /// Or about nothing that a request says by itself.
    fn is_about_thoughts_alone(&self) -> bool {
        matches!(self, Self::Replay(Replay::None) | Self::HiddenThoughts | Self::Continues(_))
    }

    fn concerns(&self, body: &[u8]) -> bool {
        match self {
            Self::Replay(Replay::None) => may_name_thoughts(body),
            Self::HiddenThoughts | Self::Continues(_) => false,
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

/// Whether a body names a thought. Few searches, each made once: they run over every body for a host that wants none.
fn may_name_thoughts(body: &[u8]) -> bool {
    static BEGINNINGS: LazyLock<[(Finder<'static>, &[&str]); 2]> = LazyLock::new(|| {
        [
            (Finder::new("\"reasoning"), &["\"", "_content\"", "_details\""]),
            (Finder::new("\"thinking_blocks"), &["\""]),
        ]
    });
    BEGINNINGS.iter().any(|(beginning, ends)| {
        let length = beginning.needle().len();
        beginning
            .find_iter(body)
            .any(|at| ends.iter().any(|end| body[at + length..].starts_with(end.as_bytes())))
    })
}

#[cfg(test)]
mod tests {
    use dialects::openai_chat::RequestScan;

    use super::super::messages::THOUGHTS;
    use super::{Quirks, Replay};
    use crate::quirk::Quirk;

    fn may_hold_thoughts(pieces: &[&[u8]]) -> bool {
        let mut scan = RequestScan::of(dialects::Dialect::OpenAiChat);
        scan.feed(b"{\"model\":\"m\",\"history\":[").unwrap();
        pieces.iter().for_each(|piece| scan.feed(piece).unwrap());
        scan.feed(b"]}").unwrap();
        scan.finish().unwrap().may_hold_thoughts
    }

    #[test]
    fn every_name_of_a_thought_is_noticed_also_where_it_lies_over_two_pieces() {
        let quirks = Quirks::new([Quirk::Replay(Replay::None)]);
        let concerned =
            |pieces: &[&[u8]]| quirks.concern_pieces(pieces.iter().copied(), may_hold_thoughts(pieces));
        assert!(!concerned(&[b"{\"messages\":[{\"content\":\"a reasoning model\"}]}"]));
        for name in THOUGHTS {
            let body = format!("{{\"messages\":[{{\"{name}\":\"hm\"}}]}}").into_bytes();
            assert!(concerned(&[&body]), "{name}");
            for cut in 1..body.len() {
                assert!(concerned(&[&body[..cut], &body[cut..]]), "{name} at {cut}");
            }
        }
    }
}
