//! Sending one message to one channel: once, with limits of time and size, and without following redirects.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use alerts::{Ask, Channel, Mail, MailTls, Notice, Outcome, Way};
use aws_lc_rs::hmac;
use bytes::Bytes;
use domain::is_public;
use gateway::wall_clock;
use http::{HeaderName, HeaderValue};
use mail::{Letter, MailFailure, Relay, RelayTls};
use tokio::net::lookup_host;
use tokio::time::timeout;
use upstream::{Body, Client, Line, LineOptions, Request, Resolver};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For all of it, from the connection to the answer.
const SEND_LIMIT: Duration = Duration::from_secs(10);
/// For what an answer says, once its status is there: who has taken a message is not sent it again for being slow to say more.
const WORDS_LIMIT: Duration = Duration::from_secs(2);
/// An answer is read so far.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Longest text of a letter.
const LETTER_CHARS_MAX: usize = 100_000;

/// Sends the message with this number.
pub(super) async fn send(channel: &Channel, notice: &Notice, number: i64) -> Outcome {
    let asked = alerts::ask(&channel.way, notice, number, wall_clock(), mac);
    match (asked, &channel.way) {
        (Some(asked), _) => timeout(SEND_LIMIT, exchange(channel, &asked)).await.unwrap_or_else(|_| {
            Outcome::Failed(format!("it did not answer within {} s", SEND_LIMIT.as_secs()))
        }),
        (None, Way::Mail(mail)) => post(mail, notice).await,
        (None, _) => Outcome::Refused("there is no way to it".to_owned()),
    }
}

async fn exchange(channel: &Channel, asked: &Ask) -> Outcome {
    let host = asked.base.host();
    if channel.is_public_only && host.parse().is_ok_and(|address: IpAddr| !is_public(address)) {
        return Outcome::Refused(format!("{host} is not of the public internet, and public_only is set"));
    }
    match attempt(channel, asked).await {
        Ok((status, body)) => alerts::outcome(&channel.way, status, &body),
        Err(why) => Outcome::Failed(why),
    }
}

async fn attempt(channel: &Channel, asked: &Ask) -> Result<(u16, Bytes), String> {
    let line = Line::new(LineOptions::for_one_exchange(asked.base.clone(), CONNECT_LIMIT), 0)?;
    let mut headers =
        vec![(HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"))];
    for (name, value) in &asked.headers {
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        headers.push((HeaderName::from_static(name), value));
    }
    let headers = headers.iter().map(|(name, value)| (name, value));
    let pieces = [Bytes::from(asked.body.clone())];
    let request = Request::new(&line, "POST", &asked.rest, headers, Body::Pieces(&pieces));
    // Of one use: no connection is kept, and no name remembered.
    let client =
        if channel.is_public_only { Client::with_resolver(public_only()) } else { Client::default() };
    let mut reply = client.send(&line, &request, None).await.map_err(|failure| failure.to_string())?;
    let body = timeout(WORDS_LIMIT, reply.body.collect(ANSWER_BYTES_MAX)).await;
    let body = body.ok().and_then(Result::ok).flatten();
    Ok((reply.status.as_u16(), body.unwrap_or_default()))
}

/// The public addresses of a name: those that were looked at are those that are connected to.
fn public_only() -> Resolver {
    Rc::new(|host| {
        let host = host.to_owned();
        Box::pin(async move {
            let found = lookup_host((host.as_str(), 0)).await?.map(|address: SocketAddr| address.ip());
            let found: Vec<IpAddr> = found.filter(|address| is_public(*address)).collect();
            if found.is_empty() {
                let why = "no address of it is of the public internet, and public_only is set";
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            }
            Ok(found)
        })
    })
}

async fn post(mail: &Mail, notice: &Notice) -> Outcome {
    let relay = Relay {
        host: mail.host.clone(),
        port: mail.port,
        tls: match mail.tls {
            MailTls::StartTls => RelayTls::StartTls,
            MailTls::Tls => RelayTls::Tls,
            MailTls::None => RelayTls::None,
        },
        login: mail.login.clone(),
    };
    let letter = Letter {
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: format!("{} — {}", alerts::subject(notice), notice.service),
        text: alerts::text(notice, LETTER_CHARS_MAX),
    };
    match mail::send(&relay, &letter).await {
        Ok(()) => Outcome::Taken,
        Err(MailFailure::Refused(why)) => Outcome::Refused(why),
        Err(MailFailure::Failed(why)) => Outcome::Failed(why),
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use alerts::{Address, Channel, Event, Item, Notice, Outcome, Severity, Way};
    use domain::Timestamp;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::{mac, send};

    /// Reckoned by another's HMAC: `printf '1700000000.{}' | openssl dgst -sha256 -hmac secret`.
    #[test]
    fn messages_are_signed_as_others_reckon_it() {
        let hex: String = mac(b"secret", b"1700000000.{}").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163");
    }

    #[tokio::test]
    async fn whoever_says_that_it_took_it_and_then_nothing_more_has_taken_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let channel = Channel {
            name: "chat".to_owned(),
            way: Way::Slack(Address::parse(&url).unwrap()),
            severity_min: Severity::Info,
            rules: Vec::new(),
            is_public_only: false,
        };
        let notice = Notice { service: "here".to_owned(), items: vec![Item::test(Timestamp(0))] };
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok").await.unwrap();
            stream
        };
        let (outcome, _open) = tokio::join!(send(&channel, &notice, 1), answer);
        assert_eq!(outcome, Outcome::Taken);
    }

    #[tokio::test]
    async fn a_channel_that_must_be_public_does_not_reach_inside() {
        let notice = Notice {
            service: "here".to_owned(),
            items: vec![Item { event: Event::Raised, ..Item::test(Timestamp(0)) }],
        };
        // In all the ways that such an address can be written.
        for host in [
            "127.0.0.1",
            "[::1]",
            "169.254.169.254",
            "localhost",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "0.0.0.0",
            "100.64.0.1",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00::1]",
        ] {
            let url = format!("http://{host}:9/x");
            let channel = Channel {
                name: "chat".to_owned(),
                way: Way::Slack(Address::parse(&url).unwrap()),
                severity_min: Severity::Info,
                rules: Vec::new(),
                is_public_only: true,
            };
            let (Outcome::Refused(why) | Outcome::Failed(why)) = send(&channel, &notice, 1).await else {
                panic!("{url} was reached")
            };
            assert!(why.contains("public internet"), "{url}: {why}");
        }
    }
}
