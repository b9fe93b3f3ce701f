//! How providers are pretended.

use std::net::SocketAddr;

use clap::Args;

/// How to simulate.
#[derive(Args, Debug)]
pub(crate) struct SimulateOptions {
    /// A node to pretend, as name=address:port or just a name (then any free port); may be given several times.
    #[arg(long = "node", value_name = "NAME[=ADDRESS:PORT]", default_value = "local")]
    pub(crate) nodes: Vec<String>,
    /// Where the simulator itself is steered; `GET /` there explains how.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) control: Option<SocketAddr>,
    /// Makes delays and random faults repeatable.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}
