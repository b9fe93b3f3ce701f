//! The network between the gateway and the nodes: each connection is a wire, after a moment, unless there is no way.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use routing::Rng;
use simulator::Node;
use tokio::time::sleep;
use upstream::{GivenNetwork, GivenStream};

/// The longest that a connection takes to come about.
const DIALLING_MS_MAX: usize = 12;

/// Who can be reached, and how fast.
pub(super) struct Network {
    nodes: Vec<Arc<Node>>,
    /// By the places of the nodes: nobody answers there.
    no_way: Vec<Cell<bool>>,
    rng: RefCell<Rng>,
}

impl Network {
    pub(super) fn to(nodes: &[Arc<Node>], rng: Rng) -> Rc<Self> {
        let no_way = nodes.iter().map(|_| Cell::default()).collect();
        Rc::new(Self { nodes: nodes.to_vec(), no_way, rng: RefCell::new(rng) })
    }

    pub(super) fn set_no_way(&self, node: usize, is_so: bool) {
        self.no_way[node].set(is_so);
    }

    /// As the client is given it.
    pub(super) fn given(self: &Rc<Self>) -> GivenNetwork {
        let network = self.clone();
        Rc::new(move |line| {
            let host = line.base().host();
            let place = network.nodes.iter().position(|node| host.strip_suffix(".test") == Some(node.name()));
            let takes = Duration::from_millis(1 + network.rng.borrow_mut().below(DIALLING_MS_MAX) as u64);
            let network = network.clone();
            Box::pin(async move {
                let place = place.ok_or_else(|| io::Error::from(io::ErrorKind::HostUnreachable))?;
                sleep(takes).await;
                if network.no_way[place].get() {
                    return pending().await;
                }
                network.nodes[place].dial().map(|wire| Box::new(wire) as Box<dyn GivenStream>)
            })
        })
    }
}
