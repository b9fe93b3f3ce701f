//! `bellwether ledger`: proofs of the books. Offline for now: no server may run on the data directory meanwhile.

mod verify;

pub(crate) use verify::verify;
