//! `bellwether ledger`: what moved, and proofs of the books; for a proof no server may run on the data directory meanwhile.

mod look;
mod verify;

pub(crate) use look::{entries, statement};
pub(crate) use verify::verify;
