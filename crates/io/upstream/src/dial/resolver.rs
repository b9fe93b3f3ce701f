//! Who turns a host name into addresses: the system, unless a test says otherwise. Nothing is remembered here.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use futures_util::future::LocalBoxFuture;
use tokio::net::lookup_host;

/// A lookup under way.
pub type Resolving = LocalBoxFuture<'static, io::Result<Vec<IpAddr>>>;

/// Looks a host name up; the addresses are tried in the order it gives.
pub type Resolver = Rc<dyn Fn(&str) -> Resolving>;

/// The system's own. It blocks a thread of the runtime's pool for each lookup, also for one that nobody waits for any more.
pub(super) fn system() -> Resolver {
    Rc::new(|host| {
        let host = host.to_owned();
        Box::pin(async move {
            let found = lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address: SocketAddr| address.ip()).collect())
        })
    })
}
