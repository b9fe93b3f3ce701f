//! A node's door and the conversations behind it: accepts, reads requests, plays answers. Carries out what goes wrong at the door.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::answer;
use crate::http::{Connection, RequestError};
use crate::misbehaviour::Ending;
use crate::node::Node;
use crate::player::{Played, hold, play};
use crate::recorder::Outcome;
use crate::reply::Reply;
use crate::script::{Pace, Script, Terms, script};

/// Most connections a node holds; further ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 20_000;
/// Length of the kernel's queue of connections not yet accepted.
const BACKLOG: u32 = 1024;
/// Pause after the system refused us a socket.
const RETRY_MS: Duration = Duration::from_millis(10);

/// Opens a port. A port used a moment ago can be opened again at once.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    bound(address)?.listen(BACKLOG)
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves a node until dropped; its connections go with it.
pub(crate) async fn serve(node: Arc<Node>, mut listener: TcpListener) {
    let mut wishes = node.door_wishes();
    loop {
        serve_open(&node, &listener, &mut wishes).await;
        drop(listener);
        // A bound socket that does not listen refuses connections, and keeps the port ours.
        let placeholder = bound(node.address()).ok();
        node.set_door(true);
        wished(&mut wishes, false).await;
        drop(placeholder);
        listener = reopened(node.address()).await;
        node.set_door(false);
    }
}

/// Serves until the door is to be shut, then drops all connections as a dying process would.
async fn serve_open(node: &Arc<Node>, listener: &TcpListener, wishes: &mut watch::Receiver<bool>) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            () = wished(wishes, true) => break,
            _ = conversations.join_next(), if !conversations.is_empty() => {}
            accepted = listener.accept(), if conversations.len() < CONNECTIONS_MAX => {
                let Ok((stream, _)) = accepted else {
                    sleep(RETRY_MS).await;
                    continue;
                };
                let connection = Connection::new(stream);
                match node.accepted() {
                    (_, true) => connection.reset(),
                    (number, false) => {
                        conversations.spawn(converse(Arc::clone(node), connection, number));
                    }
                }
            }
        }
    }
    conversations.shutdown().await;
}

/// Waits until it is wished that the door be so.
pub(crate) async fn wished(wishes: &mut watch::Receiver<bool>, is_shut: bool) {
    let wish = wishes.wait_for(|wants_shut| *wants_shut == is_shut).await;
    wish.expect("the node holds the sender, and we hold the node");
}

async fn reopened(address: SocketAddr) -> TcpListener {
    loop {
        match listen(address) {
            Ok(listener) => return listener,
            Err(_) => sleep(RETRY_MS).await,
        }
    }
}

/// All requests of one connection, one after the other.
pub(crate) async fn converse(node: Arc<Node>, mut connection: Connection, connection_number: u64) {
    loop {
        let request = match connection.next_request().await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) => {
                node.unreadable();
                return refuse(connection, &error).await;
            }
        };
        let mut answer = answer::answer(&node, &request);
        let told = (answer.status, answer.usage.take());
        let recording = node.begin_record(request, &answer.turn, connection_number, told);
        // Its place is free before the peer can know that it has all.
        let work = answer.turn.work.take();
        let add_sent = |bytes| recording.add_sent(bytes);
        let played = play(&mut connection, &answer.script, add_sent, || drop(work)).await;
        recording.end(match played {
            Played::PeerGone => Outcome::PeerGone,
            Played::ToTheEnd(_) if answer.script.is_whole => Outcome::Whole,
            Played::ToTheEnd(_) => Outcome::Broken,
        });
        match played {
            Played::ToTheEnd(Ending::KeepAlive) => {}
            Played::ToTheEnd(Ending::Reset) => return connection.reset(),
            Played::ToTheEnd(ending @ (Ending::Close | Ending::Hang)) => {
                if ending == Ending::Hang {
                    hold(&mut connection).await;
                }
                return connection.close().await;
            }
            Played::PeerGone => return,
        }
    }
}

/// Tells a peer which rule of HTTP it broke, and closes.
pub(crate) async fn refuse(mut connection: Connection, error: &RequestError) {
    if let RequestError::Refused(status, message) = error {
        let reply = Reply::error(*status, "bad_http", message);
        if play(&mut connection, &plain_script(&reply, false), |_| (), || ()).await != Played::PeerGone {
            connection.close().await;
        }
    }
}

/// The script of a reply that nothing goes wrong with.
pub(crate) fn plain_script(reply: &Reply, keeps_alive: bool) -> Script {
    script(reply, &[], &Pace::default(), Terms { keeps_alive, knows_chunks: true })
}
