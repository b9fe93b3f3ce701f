//! The table's file, and who has which slot. Written by positional writes of a few bytes: no lock, no mapping.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::Money;
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

/// The table.
#[derive(Debug)]
pub struct Slots {
    file: File,
    boot: BootId,
    free: Mutex<Vec<u32>>,
    generation: AtomicU64,
}

/// The slot of one running call.
#[must_use = "a slot that is not cleared is taken until the next start"]
#[derive(Debug, PartialEq, Eq)]
pub struct Slot {
    number: u32,
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
        let free = Mutex::new((0..count).rev().collect());
        Ok((Self { file, boot, free, generation: AtomicU64::new(1) }, left))
    }

    /// Frees every slot, and takes the room for all.
    pub(crate) fn clear_all(&self) -> Result<(), SlotError> {
        let count = self.lock().len();
        let zeros = vec![0; SLOT_BYTES * count];
        let cleared = self.file.set_len(0).and_then(|()| self.file.write_all_at(&zeros, 0));
        cleared.map_err(|source| SlotError { doing: "clear", source })
    }

    /// Takes a slot for a call. `None` if all are taken: then its settlement must be written before it is told.
    pub fn claim(&self, slot: &SlotCost) -> Result<Option<Slot>, SlotError> {
        let Some(number) = self.lock().pop() else { return Ok(None) };
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        let bytes = layout::claim(generation, &self.boot, slot);
        let claimed =
            self.file.write_all_at(&bytes, at(number)).and_then(|()| fail_point::reached("claimed"));
        match claimed {
            Ok(()) => Ok(Some(Slot { number })),
            Err(source) => {
                self.lock().push(number);
                Err(SlotError { doing: "write", source })
            }
        }
    }

    /// Writes what a call has come to so far.
    pub fn record(&self, slot: &Slot, tokens_in: u64, tokens_out: u64, cost: Money) -> Result<(), SlotError> {
        let bytes = layout::cost(tokens_in, tokens_out, cost);
        let written = self.file.write_all_at(&bytes, at(slot.number) + COST_AT as u64);
        written
            .and_then(|()| fail_point::reached("cost"))
            .map_err(|source| SlotError { doing: "write", source })
    }

    /// Frees a slot whose call's settlement is written.
    #[expect(clippy::needless_pass_by_value, reason = "a slot is given back once")]
    pub fn clear(&self, slot: Slot) -> Result<(), SlotError> {
        let number = slot.number;
        let cleared =
            self.file.write_all_at(&[0; 8], at(number)).and_then(|()| fail_point::reached("cleared"));
        self.lock().push(number);
        cleared.map_err(|source| SlotError { doing: "clear", source })
    }

    /// How many are free.
    pub fn free(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u32>> {
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

    fn slot(call: u128) -> SlotCost {
        SlotCost {
            call: CallId(call),
            purse: Purse { customer: Customer(1), currency: Currency::USD },
            held: Money::from_nano(10),
            cost: Money::ZERO,
            price_version: 1,
        }
    }

    #[test]
    fn what_was_claimed_and_not_cleared_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let (slots, left) = Slots::open(&path, 3, [1; 16]).unwrap();
        assert_eq!(left, []);
        slots.clear_all().unwrap();
        let [first, second, third] = [1, 2, 3].map(|call| slots.claim(&slot(call)).unwrap().unwrap());
        assert_eq!(slots.claim(&slot(4)).unwrap(), None, "all are taken");
        slots.record(&second, 5, 6, Money::from_nano(7)).unwrap();
        slots.record(&first, 1, 1, Money::from_nano(8)).unwrap();
        slots.clear(first).unwrap();
        assert_eq!(slots.free(), 1);
        let (_, mut left) = Slots::open(&path, 3, [1; 16]).unwrap();
        left.sort_by_key(|slot| slot.call);
        assert_eq!(left, [SlotCost { cost: Money::from_nano(7), ..slot(2) }, slot(3)]);
        assert_eq!(Slots::open(&path, 3, [2; 16]).unwrap().1, [], "the machine was started again");
        slots.clear_all().unwrap();
        assert_eq!(Slots::open(&path, 3, [1; 16]).unwrap().1, []);
        let _ = (second, third);
    }
}
