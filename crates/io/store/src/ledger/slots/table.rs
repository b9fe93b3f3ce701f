//! The table's file, and who has which slot. Written by positional writes of a few bytes: no lock, no mapping.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ledger::SlotCost;

use super::super::journal::{BootId, fail_point};
use super::layout::{self, COST_AT, SLOT_BYTES};

/// How many calls have a slot at the same time: 8 MiB of memory.
pub const SLOTS_DEFAULT: u32 = 65_536;

/// Why the table cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} the table of running calls: {source}")]
pub struct SlotError {
    /// What was tried.
    pub doing: &'static str,
    /// What the system said.
    pub source: io::Error,
}

/// So much of the file is made at a time. Pages that are made by one large write become one large folio, and Linux walks all
/// of it for every small write: 5 µs on ext4 rather than 1.
const PAGE_BYTES: usize = 4 << 10;

/// The table.
#[derive(Debug)]
pub struct Slots {
    file: File,
    boot: BootId,
    free: Mutex<Free>,
    generation: AtomicU64,
}

/// The slot of one running call. Nothing is written before there is something to say.
#[must_use = "a slot that is not given back is taken until the next start"]
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    number: u32,
    is_written: bool,
}

/// Slots that nobody has.
#[derive(Debug, Default)]
struct Free {
    /// They tell of nobody.
    clean: Vec<u32>,
    /// They still tell of calls that are settled: whoever takes one writes over that.
    stale: Vec<u32>,
}

impl Slots {
    /// Opens the table, made if missing. Gives it with what calls of a former process had come to; they stay until
    /// [`Slots::clear_all`].
    pub(crate) fn open(path: &Path, count: u32, boot: BootId) -> Result<(Self, Vec<SlotCost>), SlotError> {
        let failed = |doing| move |source| SlotError { doing, source };
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = opened.map_err(failed("open"))?;
        let length = file.metadata().map_err(failed("look at"))?.len();
        let mut left = Vec::new();
        let mut bytes = [0; SLOT_BYTES];
        for number in 0..length / SLOT_BYTES as u64 {
            file.read_exact_at(&mut bytes, number * SLOT_BYTES as u64).map_err(failed("read"))?;
            left.extend(layout::read(&bytes, &boot));
        }
        let free = Mutex::new(Free { clean: (0..count).rev().collect(), stale: Vec::new() });
        Ok((Self { file, boot, free, generation: AtomicU64::new(1) }, left))
    }

    /// Frees every slot, and takes the room for all.
    pub(crate) fn clear_all(&self) -> Result<(), SlotError> {
        let bytes = SLOT_BYTES * self.free();
        let page = [0; PAGE_BYTES];
        let cleared = self.file.set_len(0).and_then(|()| {
            (0..bytes)
                .step_by(PAGE_BYTES)
                .try_for_each(|at| self.file.write_all_at(&page[..PAGE_BYTES.min(bytes - at)], at as u64))
        });
        cleared.map_err(|source| SlotError { doing: "clear", source })
    }

    /// Takes a slot for a call. `None` if all are taken: then its settlement must be written before it is told.
    pub fn take(&self) -> Option<Slot> {
        let mut free = self.lock();
        let number = free.stale.pop().or_else(|| free.clean.pop())?;
        Some(Slot { number, is_written: false })
    }

    /// Writes what a call has come to so far; the first time, whose it is, too.
    pub fn record(&self, slot: &mut Slot, tokens: (u64, u64), told: &SlotCost) -> Result<(), SlotError> {
        let written = if slot.is_written {
            let bytes = layout::cost(tokens.0, tokens.1, told.cost);
            self.file.write_all_at(&bytes, at(slot.number) + COST_AT as u64)
        } else {
            let generation = self.generation.fetch_add(1, Ordering::Relaxed);
            let bytes = layout::claim(generation, &self.boot, tokens, told);
            let claimed = self.file.write_all_at(&bytes, at(slot.number));
            claimed.and_then(|()| fail_point::reached("claimed"))
        };
        let recorded = written.and_then(|()| fail_point::reached("cost"));
        recorded.map_err(|source| SlotError { doing: "write", source })?;
        slot.is_written = true;
        Ok(())
    }

    /// Gives back a slot of a call whose settlement is written. What it tells stays until the next call writes over it, or
    /// [`Slots::clear_stale`].
    #[expect(clippy::needless_pass_by_value, reason = "a slot is given back once")]
    pub fn give_back(&self, slot: Slot) {
        // Of one that could not be written nobody knows what it tells: it is written over as a stale one is.
        self.lock().stale.push(slot.number);
    }

    /// Clears slots that were given back and that nobody has taken since. In vain where the file cannot be written: a slot may
    /// outlive its settlement, which the next start knows.
    pub fn clear_stale(&self) -> Result<(), SlotError> {
        let stale = std::mem::take(&mut self.lock().stale);
        let mut cleared = Ok(());
        for number in &stale {
            let written =
                self.file.write_all_at(&[0; 8], at(*number)).and_then(|()| fail_point::reached("cleared"));
            cleared = cleared.and(written);
        }
        let mut free = self.lock();
        if cleared.is_ok() { &mut free.clean } else { &mut free.stale }.extend(stale);
        drop(free);
        cleared.map_err(|source| SlotError { doing: "clear", source })
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
    number as u64 * SLOT_BYTES as u64
}

#[cfg(test)]
mod tests {
    use domain::{CallId, Currency, Money};
    use ledger::{Customer, Purse, SlotCost};

    use super::Slots;

    fn told(call: u128, cost: i64) -> SlotCost {
        SlotCost {
            call: CallId(call),
            purse: Purse { customer: Customer(1), currency: Currency::USD },
            held: Money::from_nano(10),
            cost: Money::from_nano(cost),
            price_version: 1,
        }
    }

    #[test]
    fn what_was_recorded_and_not_cleared_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let (slots, left) = Slots::open(&path, 3, [1; 16]).unwrap();
        assert_eq!(left, []);
        slots.clear_all().unwrap();
        let [mut first, mut second, third] = [(); 3].map(|()| slots.take().unwrap());
        assert_eq!(slots.take(), None, "all are taken");
        slots.record(&mut second, (1, 1), &told(2, 3)).unwrap();
        slots.record(&mut second, (5, 6), &told(2, 7)).unwrap();
        slots.record(&mut first, (1, 1), &told(1, 8)).unwrap();
        let found = |boot| {
            let (_, mut left) = Slots::open(&path, 3, boot).unwrap();
            left.sort_by_key(|slot| slot.call);
            left
        };
        assert_eq!(found([1; 16]), [told(1, 8), told(2, 7)], "nothing was said of the third");
        assert_eq!(found([2; 16]), [], "the machine was started again");
        slots.give_back(first);
        assert_eq!(slots.free(), 1);
        assert_eq!(found([1; 16]), [told(1, 8), told(2, 7)], "until it is written over");
        let mut fourth = slots.take().unwrap();
        slots.record(&mut fourth, (1, 1), &told(4, 9)).unwrap();
        assert_eq!(found([1; 16]), [told(2, 7), told(4, 9)]);
        slots.give_back(fourth);
        slots.clear_stale().unwrap();
        assert_eq!((slots.free(), found([1; 16])), (1, vec![told(2, 7)]), "cleared, and still free");
        slots.give_back(second);
        slots.give_back(third);
        slots.clear_all().unwrap();
        assert_eq!((slots.free(), found([1; 16])), (3, vec![]));
    }

    #[test]
    fn a_table_of_any_size_is_made_whole() {
        let folder = tempfile::tempdir().unwrap();
        for count in [1, 32, 33, 100] {
            let path = folder.path().join(count.to_string());
            let (slots, _) = Slots::open(&path, count, [1; 16]).unwrap();
            slots.clear_all().unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().len(), u64::from(count) * 128);
        }
    }
}
