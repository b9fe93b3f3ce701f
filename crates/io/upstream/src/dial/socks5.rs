//! A tunnel through a SOCKS5 proxy (RFC 1928), with a user name and password if need be (RFC 1929).

use std::io;
use std::net::IpAddr;

use domain::ProxyLogin;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::failure::ProxyProblem;

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_METHOD_FITS: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// Longest host name the protocol has room for.
const NAME_BYTES_MAX: usize = 255;

/// Where a tunnel leads, as the proxy is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Destination<'a> {
    /// An address that we looked up, or that was configured.
    Address(IpAddr),
    /// A name for the proxy to look up.
    Name(&'a str),
}

/// Asks for a tunnel. Not one byte of what comes through it is read.
pub(super) async fn open_tunnel(
    tcp: &mut TcpStream,
    destination: Destination<'_>,
    port: u16,
    login: Option<&ProxyLogin>,
) -> Result<(), ProxyProblem> {
    log_in(tcp, login).await?;
    let mut request = vec![VERSION, CONNECT, 0];
    match destination {
        Destination::Address(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend_from_slice(&address.octets());
        }
        Destination::Address(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend_from_slice(&address.octets());
        }
        Destination::Name(name) if name.len() <= NAME_BYTES_MAX => {
            request.extend_from_slice(&[NAME, name.len() as u8]);
            request.extend_from_slice(name.as_bytes());
        }
        Destination::Name(_) => {
            return Err(ProxyProblem::Refused("the host name is too long for SOCKS5".to_owned()));
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    write(tcp, &request).await?;
    let [version, reply, _, kind] = read(tcp).await?;
    check_version(version, VERSION)?;
    if reply != 0 {
        return Err(meaning(reply));
    }
    // The address that the proxy connects from is of no use to us, but it stands before the tunnel's bytes.
    match kind {
        IPV4 => read::<6>(tcp).await.map(drop),
        IPV6 => read::<18>(tcp).await.map(drop),
        NAME => {
            let [length] = read(tcp).await?;
            let mut name = vec![0; usize::from(length) + 2];
            tcp.read_exact(&mut name).await.map(drop).map_err(ProxyProblem::Broke)
        }
        _ => Err(ProxyProblem::NotAProxy("its address is of an unknown kind")),
    }
}

async fn log_in(tcp: &mut TcpStream, login: Option<&ProxyLogin>) -> Result<(), ProxyProblem> {
    let offered: &[u8] = match login {
        Some(_) => &[VERSION, 2, NO_LOGIN, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_LOGIN],
    };
    write(tcp, offered).await?;
    let [version, method] = read(tcp).await?;
    check_version(version, VERSION)?;
    match (method, login) {
        (NO_LOGIN, _) => Ok(()),
        (USER_AND_PASSWORD, Some(ProxyLogin { user, password })) => {
            let mut request = vec![LOGIN_VERSION];
            for text in [user.expose(), password.expose()] {
                // `ProxyUrl` takes no longer ones.
                request.push(text.len() as u8);
                request.extend_from_slice(text.as_bytes());
            }
            write(tcp, &request).await?;
            let [version, status] = read(tcp).await?;
            // Some answer with the version of the protocol around it.
            if version != LOGIN_VERSION {
                check_version(version, VERSION)?;
            }
            let refused = || ProxyProblem::Refused("user name or password".to_owned());
            if status == 0 { Ok(()) } else { Err(refused()) }
        }
        (NO_METHOD_FITS, Some(_)) => {
            Err(ProxyProblem::Refused("it takes neither a user name with password nor none".to_owned()))
        }
        (NO_METHOD_FITS, None) => {
            Err(ProxyProblem::Refused("it asks for a login, and none is configured".to_owned()))
        }
        _ => Err(ProxyProblem::NotAProxy("it chose a login that was not offered")),
    }
}

fn check_version(version: u8, wanted: u8) -> Result<(), ProxyProblem> {
    if version == wanted { Ok(()) } else { Err(ProxyProblem::NotAProxy("what it says is no SOCKS5")) }
}

async fn write(tcp: &mut TcpStream, bytes: &[u8]) -> Result<(), ProxyProblem> {
    tcp.write_all(bytes).await.map_err(ProxyProblem::Broke)
}

async fn read<const LENGTH: usize>(tcp: &mut TcpStream) -> Result<[u8; LENGTH], ProxyProblem> {
    let mut bytes = [0; LENGTH];
    tcp.read_exact(&mut bytes).await.map_err(|error: io::Error| ProxyProblem::Broke(error))?;
    Ok(bytes)
}

/// What a reply means (RFC 1928, section 6).
fn meaning(reply: u8) -> ProxyProblem {
    let words = match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused by the host",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reason",
    };
    let told = format!("SOCKS reply {reply}, {words}");
    // Another address of the host may do better, but not against the rules.
    if matches!(reply, 1 | 3..=6 | 8) { ProxyProblem::NoWay(told) } else { ProxyProblem::Refused(told) }
}
