//! A request's life, from a caller's connection to the settled call.
//!
//! The data plane: one worker thread for each core, each with its own runtime, connections and counters. A call
//! never leaves its worker and never waits for a disk, a database or a lock. What is decided is decided in the
//! pure crates; here decisions meet sockets.

mod accept;
mod answer;
mod background;
mod body_budget;
mod budget_words;
mod cache;
mod call;
mod caller_desk;
mod certificate_end;
mod clock;
mod connection;
mod control;
mod cost;
mod drain;
mod endpoints;
mod explain;
mod forwarded;
mod funds;
mod gateway;
mod hand_over;
mod header_names;
mod hygiene;
mod inbound;
mod ingress;
mod inherited;
mod key_pause;
mod keyed;
mod limiting;
mod linger;
mod listener;
mod models;
mod no_target;
mod overload;
mod paying;
mod pipeline;
mod remote_media;
mod repeats;
mod rows;
mod seeing;
mod segments;
mod serving;
#[cfg(test)]
mod simulation;
mod spool;
mod status;
mod stored_responses;
mod switches;
mod tokens;
mod uncharged;
mod warm_lines;
mod worker;
mod workers;

pub use background::{
    CheckedKey, KeyState, UpstreamBalance, ask_balances, check_keys, probe_lines, probe_models,
};
pub use cache::FlushScope;
pub use caller_desk::ProvenCaller;
pub use clock::wall_clock;
pub use control::{ControlAnswer, ControlBody, ControlCall, ControlCalls, ControlSender};
pub use gateway::{BodyRoom, Gateway, GatewayParts};
pub use hand_over::FromAddress;
pub use inherited::InheritedSockets;
pub use listener::{BindFailure, BoundListener, Certificate, CertificateHandle, bind, bind_or_inherit};
pub use repeats::shelf_sizes;
pub use rows::{RowInlet, RowOutlet, row_queue, write_rows};
pub use seeing::Choice;
pub use serving::Serving;
pub use spool::try_spool_dir;
pub use status::{ConfigStatus, Status};
pub use switches::UnknownScope;
pub use uncharged::Uncharged;
pub use workers::{Workers, start_workers};
