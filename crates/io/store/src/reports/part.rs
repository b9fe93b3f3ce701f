//! Reading a part: cell after cell, without making anything of those that nobody wants.

use std::borrow::Cow;

use super::bytes::Bytes;
use super::cell::{CellKey, TEXTS};
use super::figures::Figures;

/// The first byte of a part; another way of writing it would have another.
pub(super) const FORM: u8 = 1;
/// Texts of one part at most: more are not believed.
const TEXTS_MAX: u64 = 4_000_000;

/// A part that is read.
pub(super) struct Part<'a> {
    pub(super) texts: Vec<&'a str>,
    bytes: Bytes<'a>,
    /// Texts of a cell: a later version may have more, which this one passes over.
    width: usize,
}

/// Which cell it is: the places of its texts among those of its part, and the rest of its key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) texts: [u32; TEXTS],
    pub(super) account: u64,
    pub(super) status: u16,
    pub(super) size: u8,
}

impl<'a> Part<'a> {
    /// `None` if it is damaged, or of another form.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (width, bytes) = bytes.strip_prefix(&[FORM])?.split_first()?;
        let mut bytes = Bytes::of(bytes);
        let count = bytes.number().filter(|count| *count <= TEXTS_MAX)?;
        let texts = (0..count).map(|_| bytes.text()).collect::<Option<_>>()?;
        Some(Self { texts, bytes, width: usize::from(*width) })
    }

    /// The next cell, whose figures are to be taken or passed over before the one behind it; `Some(None)` at the end.
    pub(super) fn next(&mut self) -> Option<Option<Place>> {
        if self.bytes.is_at_end() {
            return Some(None);
        }
        let mut place = Place::default();
        for text in 0..self.width {
            let number = self.bytes.number()?;
            if number >= self.texts.len() as u64 {
                return None;
            }
            if let Some(known) = place.texts.get_mut(text) {
                *known = number as u32;
            }
        }
        place.account = self.bytes.number()?;
        place.status = u16::try_from(self.bytes.number()?).ok()?;
        place.size = u8::try_from(self.bytes.number()?).ok()?;
        Some(Some(place))
    }

    /// Its key in words.
    pub(super) fn key(&self, place: &Place) -> CellKey<'a> {
        CellKey {
            texts: place.texts.map(|text| Cow::Borrowed(self.texts[text as usize])),
            account: place.account,
            status: place.status,
            size: place.size,
        }
    }

    /// Adds its figures to others.
    pub(super) fn add_to(&mut self, figures: &mut Figures) -> Option<()> {
        figures.add_written(&mut self.bytes)
    }
}
