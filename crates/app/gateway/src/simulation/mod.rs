//! The whole gateway on a virtual clock: callers on wires speak to a worker, which speaks over wires to the simulator's nodes,
//! all on one thread whose clock is paused. A fleet, its configuration, what befalls it and who calls come from one seed; the same
//! seed is the same run, byte for byte.
//!
//! `SIMULATION_SEEDS` says how many seeds (`make prove-simulation` for many); seeds that once failed are in `seeds.txt`, and are
//! played each time. A failure names its seed: `SIMULATION_SEED=17` plays it alone, and tells all that happened. What it
//! leaves out: names, proxies, TLS and HTTP/2 (they have sockets and tests of their own), several workers, reloads, probes.

mod answer;
mod calendar;
mod caller;
mod calls;
mod desk;
mod digest;
mod fleet;
mod network;
mod play;
mod promises;
mod seeds;
mod spells;
mod world;

pub(crate) use calendar::virtual_now;
