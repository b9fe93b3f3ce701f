//! The table's file, and who has which slot. Written by positional writes of a few bytes: no lock, no mapping.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::Money;
use ledger::SlotCost;

use super::super::journal::{BootId, JournalId, JournalIdentity, fail_point};
use super::error::SlotError;
use super::head::{HEAD_BYTES, Head};
use super::layout::{self, COST_AT, Claimer, SLOT_BYTES};

/// How many calls have a slot at the same time: 8 MiB of memory.
pub const SLOTS_DEFAULT: u32 = 65_536;

/// So much of the file is made at a time. Pages that are made by one large write become one large folio, and Linux walks all
/// of it for every small write: 5 µs on ext4 rather than 1.
const PAGE_BYTES: usize = 4 << 10;

/// The table.
#[derive(Debug)]
pub struct Slots {
    /// Locked for this process.
    file: File,
    head: Head,
    by: Claimer,
    count: u32,
    free: Mutex<Free>,
    generation: AtomicU64,
}

/// The slot of one running call. Nothing is written before there is something to say.
#[must_use = "a slot that is not given back is taken until the next start"]
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    number: u32,
    is_written: bool,
    /// A write of it failed: what it tells is not known, perhaps what the call had come to before.
    is_unsure: bool,
}

/// Slots that nobody has.
#[derive(Debug, Default)]
struct Free {
    /// They tell of nobody.
    clean: Vec<u32>,
    /// They still tell of calls that are settled: whoever takes one writes over that.
    stale: Vec<u32>,
    /// Nobody knows what they tell of calls that are settled or void, so that they are nobody's until they are cleared: whoever had
    /// one might have nothing to write for long, and a crash would find what a void call had come to.
    unsure: Vec<u32>,
}

impl Slots {
    /// Opens the table of a journal, made if missing, for this process alone. Gives it with what calls of a former process had
    /// come to; they stay until [`Slots::clear_all`]. Refused where it has calls of another journal.
    pub(crate) fn open(
        path: &Path,
        count: u32,
        boot: BootId,
        journal: &JournalIdentity,
    ) -> Result<(Self, Vec<SlotCost>), SlotError> {
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = opened.map_err(SlotError::io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SlotError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(SlotError::io("lock")(source)),
        }
        let head = Head::read(&file).map_err(SlotError::io("read"))?;
        let claims = claims(&file, &boot)?;
        let place = |id: JournalId| head.as_ref().filter(|head| head.id == id).map(|head| &*head.place);
        let mut others = claims.iter().map(|(id, _)| *id).filter(|id| !journal.has_made(*id, place(*id)));
        if let Some(other) = others.next() {
            let (path, calls) = (path.to_owned(), 1 + others.count() as u64);
            let other = match place(other) {
                Some(place) => format!("the one in {place} ({other})"),
                None if other == JournalId::default() => {
                    "one that they do not name, as older versions did".to_owned()
                }
                None => format!("another one ({other})"),
            };
            return Err(SlotError::Foreign { path, calls, journal: journal.folder().to_owned(), other });
        }
        let left = claims.into_iter().map(|(_, slot)| slot).collect();
        let free = Mutex::new(Free { clean: (0..count).rev().collect(), ..Free::default() });
        let (head, by) = (Head::of(journal), Claimer { boot, journal: journal.id() });
        Ok((Self { file, head, by, count, free, generation: AtomicU64::new(1) }, left))
    }

    /// Clears every slot, takes the room for all, and says whose they are.
    pub(crate) fn clear_all(&self) -> Result<(), SlotError> {
        let bytes = SLOT_BYTES * self.count as usize;
        let page = [0; PAGE_BYTES];
        let cleared = self.file.set_len(0).and_then(|()| {
            self.file.write_all_at(&self.head.bytes(), 0)?;
            (0..bytes).step_by(PAGE_BYTES).try_for_each(|from| {
                self.file.write_all_at(&page[..PAGE_BYTES.min(bytes - from)], (HEAD_BYTES + from) as u64)
            })
        });
        cleared.map_err(SlotError::io("clear"))
    }

    /// Takes a slot for a call. `None` if all are taken: then its settlement must be written before it is told.
    pub fn take(&self) -> Option<Slot> {
        let mut free = self.lock();
        let number = free.stale.pop().or_else(|| free.clean.pop())?;
        Some(Slot { number, is_written: false, is_unsure: false })
    }

    /// Writes what a call has come to so far; the first time, whose it is, too. Of one that has come to nothing yet there is nothing
    /// to say.
    pub fn record(&self, slot: &mut Slot, tokens: (u64, u64), told: &SlotCost) -> Result<(), SlotError> {
        if told.cost <= Money::ZERO && !slot.is_written && !slot.is_unsure {
            return Ok(());
        }
        let written = if slot.is_written {
            let bytes = layout::cost(tokens.0, tokens.1, told.cost);
            self.file.write_all_at(&bytes, at(slot.number) + COST_AT as u64)
        } else {
            let generation = self.generation.fetch_add(1, Ordering::Relaxed);
            let bytes = layout::claim(generation, &self.by, tokens, told);
            let claimed = self.file.write_all_at(&bytes, at(slot.number));
            claimed.and_then(|()| fail_point::reached("claimed"))
        };
        let recorded = written.and_then(|()| fail_point::reached("cost"));
        slot.is_unsure = recorded.is_err();
        recorded.map_err(SlotError::io("write"))?;
        slot.is_written = true;
        Ok(())
    }

    /// Gives back slots of calls whose settlements are written. What they tell stays until the next call writes over it, or
    /// [`Slots::clear_stale`]; one that could not be written waits for the latter.
    pub fn give_back(&self, slots: impl IntoIterator<Item = Slot>) {
        let mut free = self.lock();
        for slot in slots {
            if slot.is_unsure { &mut free.unsure } else { &mut free.stale }.push(slot.number);
        }
    }

    /// Clears slots that were given back and that nobody has taken since. In vain where the file cannot be written: a slot may
    /// outlive its settlement, which the next start knows.
    pub fn clear_stale(&self) -> Result<(), SlotError> {
        let (stale, unsure) = {
            let mut free = self.lock();
            (std::mem::take(&mut free.stale), std::mem::take(&mut free.unsure))
        };
        let mut cleared = Ok(());
        let mut clear = |number: &u32| {
            let written = self.file.write_all_at(&[0; 8], at(*number));
            let written = written.and_then(|()| fail_point::reached("cleared"));
            let is_clear = written.is_ok();
            cleared = std::mem::replace(&mut cleared, Ok(())).and(written);
            is_clear
        };
        let (clean, stale): (Vec<u32>, Vec<u32>) = stale.into_iter().partition(&mut clear);
        let (sure, unsure): (Vec<u32>, Vec<u32>) = unsure.into_iter().partition(&mut clear);
        let mut free = self.lock();
        free.clean.extend(clean.into_iter().chain(sure));
        free.stale.extend(stale);
        free.unsure.extend(unsure);
        drop(free);
        cleared.map_err(SlotError::io("clear"))
    }

    /// Another file in the place of this one.
    #[cfg(test)]
    pub(crate) const fn replace_file(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    /// How many are free.
    pub fn free(&self) -> usize {
        let free = self.lock();
        free.clean.len() + free.stale.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn at(number: u32) -> u64 {
    HEAD_BYTES as u64 + number as u64 * SLOT_BYTES as u64
}

/// What slots tell, and of which journal's calls. In files of older versions they begin where now the head is; a head is no slot.
fn claims(file: &File, boot: &BootId) -> Result<Vec<(JournalId, SlotCost)>, SlotError> {
    let length = file.metadata().map_err(SlotError::io("look at"))?.len();
    let (mut claims, mut bytes) = (Vec::new(), [0; SLOT_BYTES]);
    for number in 0..length / SLOT_BYTES as u64 {
        file.read_exact_at(&mut bytes, number * SLOT_BYTES as u64).map_err(SlotError::io("read"))?;
        claims.extend(layout::read(&bytes, boot));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests;
