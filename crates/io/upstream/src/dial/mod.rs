//! Opening a connection: name, TCP, the proxy if there is one, TLS, all under one limit.
//!
//! `open` is the order of things. `names` remembers addresses, `order` and `tcp` race them, `http_connect` and
//! `socks5` ask a proxy for a tunnel. Only connections that are opened come here: one from the pool knows none of it.

mod http_connect;
mod names;
mod open;
mod order;
mod resolver;
mod socks5;
mod tcp;

pub(crate) use names::Names;
pub(crate) use open::dial;
pub use resolver::{Resolver, Resolving};
