//! The ledger as a whole: killed again and again under load, proved from outside, measured.

pub(super) mod books_of_calls;
mod child;
mod figures;
mod full_disk;
mod kills;
mod refunds;
mod remote;
mod silence;
mod sums_of_calls;
mod verified;
mod void_calls;
