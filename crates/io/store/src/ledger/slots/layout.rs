//! One slot of the table, 128 bytes. The first 96 say whose it is and are sealed by a checksum; the rest is what the call
//! has come to, written over and over in one piece.
//!
//! Claim: generation (u64; 0 is free), boot id (16), call (16), customer (u64), currency (3) and five zeros, held (i64),
//! price version (u32), four zeros, id of the journal (16; zeros before there were ids), four zeros, CRC-32C of all before it
//! (u32, at 92). Cost, at 104: tokens in (u64), tokens out (u64), cost (i64).

use domain::{CallId, Currency, Money};
use ledger::{Customer, Purse, SlotCost};

use super::super::journal::{BootId, JournalId, checksum};

/// One slot.
pub(crate) const SLOT_BYTES: usize = 128;
/// Where a call's cost stands.
pub(crate) const COST_AT: usize = 104;
/// Tokens in, tokens out, cost.
pub(crate) const COST_BYTES: usize = SLOT_BYTES - COST_AT;
const SUM_AT: usize = 92;

/// By whom slots are claimed: a start of the machine, and a journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimer {
    pub(crate) boot: BootId,
    pub(crate) journal: JournalId,
}

/// A slot with everything it says.
pub(crate) fn claim(generation: u64, by: &Claimer, tokens: (u64, u64), slot: &SlotCost) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..8].copy_from_slice(&generation.to_le_bytes());
    bytes[8..24].copy_from_slice(&by.boot);
    bytes[24..40].copy_from_slice(&slot.call.0.to_le_bytes());
    bytes[40..48].copy_from_slice(&slot.purse.customer.0.to_le_bytes());
    bytes[48..51].copy_from_slice(slot.purse.currency.code().as_bytes());
    bytes[56..64].copy_from_slice(&slot.held.nano().to_le_bytes());
    bytes[64..68].copy_from_slice(&slot.price_version.to_le_bytes());
    bytes[72..88].copy_from_slice(&by.journal.0);
    let sum = checksum(&[&bytes[..SUM_AT]]);
    bytes[SUM_AT..SUM_AT + 4].copy_from_slice(&sum.to_le_bytes());
    bytes[COST_AT..].copy_from_slice(&cost(tokens.0, tokens.1, slot.cost));
    bytes
}

/// What a call has come to.
pub(crate) fn cost(tokens_in: u64, tokens_out: u64, cost: Money) -> [u8; COST_BYTES] {
    let mut bytes = [0; COST_BYTES];
    bytes[..8].copy_from_slice(&tokens_in.to_le_bytes());
    bytes[8..16].copy_from_slice(&tokens_out.to_le_bytes());
    bytes[16..].copy_from_slice(&cost.nano().to_le_bytes());
    bytes
}

/// The call of a slot that was claimed since this machine started, and for which journal; `None` for every other.
pub(crate) fn read(bytes: &[u8; SLOT_BYTES], boot: &BootId) -> Option<(JournalId, SlotCost)> {
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    if long(0) == 0 || bytes[8..24] != *boot || word(SUM_AT) != checksum(&[&bytes[..SUM_AT]]) {
        return None;
    }
    let currency = Currency::parse(std::str::from_utf8(&bytes[48..51]).ok()?)?;
    let journal = JournalId(bytes[72..88].try_into().ok()?);
    let slot = SlotCost {
        call: CallId(u128::from_le_bytes(bytes[24..40].try_into().ok()?)),
        purse: Purse { customer: Customer(long(40)), currency },
        held: Money::from_nano(long(56).cast_signed()),
        cost: Money::from_nano(long(SLOT_BYTES - 8).cast_signed()),
        price_version: word(64),
    };
    Some((journal, slot))
}

#[cfg(test)]
mod tests {
    use domain::{CallId, Currency, Money};
    use ledger::{Customer, Purse, SlotCost};

    use super::super::super::journal::JournalId;
    use super::{Claimer, claim, read};

    #[test]
    fn slots_read_back_of_this_start_of_the_machine_only() {
        let slot = SlotCost {
            call: CallId(u128::MAX - 3),
            purse: Purse { customer: Customer(9), currency: Currency::VND },
            held: Money::from_nano(5),
            cost: Money::from_nano(2),
            price_version: 7,
        };
        let by = Claimer { boot: [1; 16], journal: JournalId([4; 16]) };
        let mut bytes = claim(3, &by, (1, 1), &slot);
        assert_eq!(read(&bytes, &[1; 16]), Some((JournalId([4; 16]), slot)));
        assert_eq!(read(&bytes, &[2; 16]), None, "another start");
        for at in 0..96 {
            bytes[at] ^= 1;
            assert_eq!(read(&bytes, &[1; 16]), None, "byte {at}");
            bytes[at] ^= 1;
        }
        assert_eq!(read(&[0; 128], &[0; 16]), None, "free");
    }
}
