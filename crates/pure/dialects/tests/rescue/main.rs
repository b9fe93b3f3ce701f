//! Streams that break and are gone on with by another source: wherever they are cut, the caller has each word and each call
//! once, and no truncated answer ends as if it were whole. `RESCUE_CASES` says how many made-up answers are cut by chance
//! (`make prove-streams` for many).
#![cfg(test)]

mod corners;
mod every_cut;
mod made;
mod random;
mod reader;
mod rescue;
