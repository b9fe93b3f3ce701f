//! Sockets that were opened before us and outlive us: a service manager holds them, so that callers who connect while
//! one process is replaced by the next wait in the system's queue and are not refused. The protocol is systemd's
//! (`LISTEN_PID`, `LISTEN_FDS`; sd_listen_fds(3)). Which of them are listened on is decided by the configuration.

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;
use socket2::SockRef;

/// Listening sockets given to this process and not yet used.
#[derive(Debug, Default)]
pub struct InheritedSockets(Vec<(SocketAddr, TcpListener)>);

impl InheritedSockets {
    /// Takes what the service manager gave; nothing if there is none. It changes the environment, so it must come
    /// before the first thread.
    pub fn from_environment() -> io::Result<Self> {
        let mut given = ListenFd::from_env();
        let sockets = (0..given.len()).map(|place| {
            let told = |error: io::Error| io::Error::new(error.kind(), format!("socket {place}: {error}"));
            checked(given.take_tcp_listener(place).map_err(told)?).map_err(told)
        });
        sockets.collect::<io::Result<_>>().map(Self)
    }

    /// The socket of this very address.
    pub(crate) fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        let place = self.0.iter().position(|(local, _)| *local == address)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Where callers could connect without ever being answered: sockets that nobody took.
    pub fn unused(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().map(|(address, _)| *address)
    }
}

fn checked(socket: Option<TcpListener>) -> io::Result<(SocketAddr, TcpListener)> {
    let socket = socket.ok_or_else(|| io::Error::other("it was given twice"))?;
    if !SockRef::from(&socket).is_listener()? {
        return Err(io::Error::other("it does not listen (write Accept=no)"));
    }
    socket.set_nonblocking(true)?;
    Ok((socket.local_addr()?, socket))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

    use super::{InheritedSockets, checked};

    #[test]
    fn a_socket_is_taken_by_its_address_and_once() {
        let opened = || checked(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()).unwrap();
        let (first, second) = (opened(), opened());
        let addresses = (first.0, second.0);
        let mut inherited = InheritedSockets(vec![first, second]);
        let everywhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), addresses.0.port());
        assert!(inherited.take(everywhere).is_none(), "another address is another listener");
        assert_eq!(inherited.take(addresses.0).unwrap().local_addr().unwrap(), addresses.0);
        assert!(inherited.take(addresses.0).is_none());
        assert_eq!(inherited.unused().collect::<Vec<_>>(), [addresses.1]);
    }

    #[test]
    fn what_does_not_listen_is_refused() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let error = checked(Some(std::os::fd::OwnedFd::from(connected).into())).unwrap_err();
        assert!(error.to_string().contains("does not listen"), "{error}");
        assert!(checked(None).is_err());
    }
}
