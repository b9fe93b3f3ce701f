//! Starts nodes and control port, and stops them again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::control::{self, Panel};
use crate::listener;
use crate::node::Node;
use crate::options::{NodeOptions, Options, check_name};
use crate::wires;

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    nodes: Vec<Arc<Node>>,
    control: Option<SocketAddr>,
    seed: u64,
    tasks: JoinSet<()>,
}

/// Starts all nodes and the control port. When it returns, every one of them answers.
pub async fn start(options: Options) -> io::Result<Simulator> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    let mut nodes: Vec<Arc<Node>> = Vec::with_capacity(options.nodes.len());
    for node in options.nodes {
        check_node(&node, &nodes)?;
        let listener = listener::listen(node.listen).map_err(|error| taken(node.listen, &error))?;
        let address = listener.local_addr()?;
        let node = Arc::new(Node::new(node, address, options.seed, started));
        tasks.spawn(listener::serve(Arc::clone(&node), listener));
        nodes.push(node);
    }
    let mut control = None;
    if let Some(address) = options.control {
        let listener = listener::listen(address).map_err(|error| taken(address, &error))?;
        control = Some(listener.local_addr()?);
        let panel = Panel { nodes: nodes.clone(), seed: options.seed, started };
        tasks.spawn(control::serve(Arc::new(panel), listener));
    }
    for node in &nodes {
        node.door_follows().await;
    }
    Ok(Simulator { nodes, control, seed: options.seed, tasks })
}

/// Starts nodes that no socket leads to, only `Node::dial`. There is no control port.
pub fn start_unbound(options: Options) -> io::Result<Simulator> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    let mut nodes: Vec<Arc<Node>> = Vec::with_capacity(options.nodes.len());
    for node in options.nodes {
        check_node(&node, &nodes)?;
        let (knocks, knocked) = mpsc::channel(wires::KNOCKS_MAX);
        let node = Arc::new(Node::unbound(node, options.seed, started, knocks));
        tasks.spawn(wires::serve(Arc::clone(&node), knocked));
        nodes.push(node);
    }
    Ok(Simulator { nodes, control: None, seed: options.seed, tasks })
}

fn check_node(node: &NodeOptions, before: &[Arc<Node>]) -> io::Result<()> {
    check_name(&node.name).map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem))?;
    if before.iter().any(|other| other.name() == node.name) {
        let problem = format!("two nodes are called {:?}", node.name);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    Ok(())
}

fn taken(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

impl Simulator {
    /// All nodes, in the order they were given.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.nodes.iter().find(|node| node.name() == name)
    }

    /// Where the control port listens.
    pub const fn control(&self) -> Option<SocketAddr> {
        self.control
    }

    /// What a command prints once it is ready: every node's base URL, the control URL, the seed.
    pub fn json(&self) -> Value {
        let nodes: serde_json::Map<String, Value> =
            self.nodes.iter().map(|node| (node.name().to_owned(), json!(node.base_url()))).collect();
        json!({
            "nodes": nodes,
            "control": self.control.map(|address| format!("http://{address}")),
            "seed": self.seed,
        })
    }

    /// Stops everything and waits until all connections are closed.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}
