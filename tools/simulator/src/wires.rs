//! A node's door for peers within the process: what `listener.rs` is for sockets, without the system in between.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::listener::{converse, wished};
use crate::node::Node;
use crate::stream::Stream;
use crate::wire::Wire;

/// Wires that were dialled and not yet taken up.
pub(crate) const KNOCKS_MAX: usize = 1024;

/// Serves a node until dropped; its connections go with it.
pub(crate) async fn serve(node: Arc<Node>, mut knocks: mpsc::Receiver<Wire>) {
    let mut wishes = node.door_wishes();
    loop {
        let mut conversations = JoinSet::new();
        loop {
            // In an order, so that one seed gives one run.
            tokio::select! {
                biased;
                () = wished(&mut wishes, true) => break,
                _ = conversations.join_next(), if !conversations.is_empty() => {}
                knock = knocks.recv() => {
                    let Some(wire) = knock else { return };
                    let connection = Connection::over(Stream::Wire(wire));
                    match node.accepted() {
                        (_, true) => connection.reset(),
                        (number, false) => {
                            conversations.spawn(converse(Arc::clone(&node), connection, number));
                        }
                    }
                }
            }
        }
        conversations.shutdown().await;
        // Whoever stood before the door is refused with the others.
        while knocks.try_recv().is_ok() {}
        node.set_door(true);
        wished(&mut wishes, false).await;
        node.set_door(false);
    }
}
