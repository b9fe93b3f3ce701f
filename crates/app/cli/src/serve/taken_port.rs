//! What to say when an address is taken: the same command with a port that is free.

use std::net::SocketAddr;

/// The same address with a port that is free right now.
pub(super) fn free_address(taken: SocketAddr) -> SocketAddr {
    let any = SocketAddr::new(taken.ip(), 0);
    std::net::TcpListener::bind(any).and_then(|listener| listener.local_addr()).unwrap_or(any)
}

/// This command as it was given, but for a port that the system chooses.
pub(super) fn command_with_free_port(taken: SocketAddr) -> String {
    let mut given = std::env::args();
    let mut words = vec![given.next().map_or("bellwether".to_owned(), |command| quoted(&command))];
    while let Some(word) = given.next() {
        if word == "--listen" {
            given.next();
        } else if !word.starts_with("--listen=") {
            words.push(quoted(&word));
        }
    }
    words.push(format!("--listen {}", free_address(taken)));
    words.join(" ")
}

/// A word as a shell takes it back.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=@,+%".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("--data-dir=/tmp/x"), "--data-dir=/tmp/x");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
