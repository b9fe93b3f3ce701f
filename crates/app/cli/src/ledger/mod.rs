//! `bellwether ledger`: what moved, and proofs of the books; for a proof no server may run on the data directory meanwhile.

mod anew;
mod look;
mod verify;

pub(crate) use anew::begin_anew;
pub(crate) use look::{entries, statement};
pub(crate) use verify::verify;
