//! Tells a service manager how far we are: systemd's protocol, sd_notify(3). Nobody listening is the usual case and no
//! failure; a manager that waits for us in vain says so itself.

use std::os::unix::net::{SocketAddr, UnixDatagram};

use crate::environment;

/// Sends one state, such as `READY=1`.
pub(super) fn tell(state: &str) {
    if let Some(place) = environment::variable("NOTIFY_SOCKET") {
        let _ = send(&place, state);
    }
}

fn send(place: &str, state: &str) -> std::io::Result<usize> {
    let socket = UnixDatagram::unbound()?;
    // A manager that does not listen is not waited for.
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), &address(place)?)
}

/// A path, or after an `@` a name in Linux's space of abstract ones.
fn address(place: &str) -> std::io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = place.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(place)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::{address, send};

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 64];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn the_manager_hears_it_at_a_path_and_at_an_abstract_name() {
        let folder = std::env::temp_dir().join(format!("bellwether-notify-{}", std::process::id()));
        let path = folder.to_str().unwrap();
        for place in [path, &format!("@{path}")] {
            if place.starts_with('@') && !cfg!(target_os = "linux") {
                continue;
            }
            let manager = UnixDatagram::bind_addr(&address(place).unwrap()).unwrap();
            send(place, "READY=1").unwrap();
            assert_eq!(received(&manager), "READY=1");
        }
        std::fs::remove_file(path).unwrap();
        assert!(send(path, "READY=1").is_err());
    }
}
