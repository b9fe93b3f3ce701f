//! Connections to providers: one small HTTP/1.1 client for each worker, driven by the task that uses it.
//!
//! No task is spawned for a connection and nothing is handed from task to task: the future that wants the
//! answer polls the socket itself, so dropping it is cancelling it (`docs/decisions/0003`). Nothing here
//! chooses a provider, retries, or reads what an answer means.

mod client;
mod dial;
mod exchange;
mod failure;
mod file_body;
#[cfg(feature = "given-network")]
mod given;
mod glimpse;
mod line;
mod pace;
mod pool;
mod read_buffer;
mod reply_body;
mod request;
mod socket;
mod tcp_info;
mod tls;
mod warmth;
mod writer;

pub use client::Client;
pub use dial::{Resolver, Resolving};
pub use exchange::Reply;
pub use failure::{BodyFailure, ProxyProblem, SendFailure};
pub use file_body::FileBody;
#[cfg(feature = "given-network")]
pub use given::{GivenDialling, GivenNetwork, GivenStream};
pub use glimpse::{Glimpse, Sight};
pub use line::{Line, LineOptions};
pub use pool::{Connection, PoolCounts};
pub use reply_body::ReplyBody;
pub use request::{Body, Request};
pub use tcp_info::PathSeen;
