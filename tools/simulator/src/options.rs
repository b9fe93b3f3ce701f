//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use crate::behaviour::Behaviour;
use crate::fault::Fault;
use crate::text::Voice;

/// Longest name of a node.
const NAME_BYTES_MAX: usize = 64;

/// What a simulator is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The pretended endpoints.
    pub nodes: Vec<NodeOptions>,
    /// Where the control port listens, if there is to be one.
    pub control: Option<SocketAddr>,
    /// The same seed and the same requests give the same run.
    pub seed: u64,
}

/// What one node is started with.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How it behaves until told otherwise.
    pub behaviour: Behaviour,
    /// What goes wrong until told otherwise.
    pub faults: Vec<Fault>,
    /// In whose voice it answers.
    pub voice: Voice,
    /// Whether it keeps what it receives.
    pub is_recording: bool,
    /// Whether a request may ask for a fault itself.
    pub obeys_directives: bool,
}

impl NodeOptions {
    /// A node for tests, on a free port of this machine.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            behaviour: Behaviour::default(),
            faults: Vec::new(),
            voice: Voice::Counting,
            is_recording: true,
            obeys_directives: true,
        }
    }
}

impl FromStr for NodeOptions {
    type Err = String;

    /// Reads `name=address:port`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no node: write name=address:port, such as eu=127.0.0.1:9102");
        let (name, address) = text.split_once('=').ok_or_else(wrong)?;
        let listen = address.parse().map_err(|_| wrong())?;
        check_name(name)?;
        Ok(Self { listen, ..Self::new(name) })
    }
}

/// Names stand in URLs and directives, so they are plain.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_plain) {
        return Err(format!(
            "{name:?} is no name for a node: use 1 to {NAME_BYTES_MAX} letters, digits, '.', '_' or '-'"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::NodeOptions;

    #[test]
    fn a_node_is_written_as_name_and_address() {
        let node: NodeOptions = "us-west=127.0.0.1:9101".parse().unwrap();
        assert_eq!((node.name.as_str(), node.listen.port()), ("us-west", 9101));
        let check = |text: &str, part: &str| {
            let error = text.parse::<NodeOptions>().unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check("us-west", "write name=address:port");
        check("eu=here:1", "write name=address:port");
        check("a/b=127.0.0.1:1", "no name for a node");
    }
}
