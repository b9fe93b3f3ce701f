//! Handing a letter to a server: one connection for each.

use std::time::Duration;

use domain::Secret;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use crate::letter::Letter;

/// For one answer of the server.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// For all of it.
const LETTER_LIMIT: Duration = Duration::from_secs(30);

/// A server that takes letters.
#[derive(Clone, Debug, PartialEq)]
pub struct Relay {
    /// Its name, which its certificate must have, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How letters are kept from others' eyes on the way there.
    pub tls: RelayTls,
    /// User and password, where it wants them.
    pub login: Option<(String, Secret)>,
}

/// How letters are kept from others' eyes on the way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayTls {
    /// By `STARTTLS`, which the server must offer.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

/// Why a letter was not taken, in the server's words where it has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    /// It never will be.
    #[error("{0}")]
    Refused(String),
    /// Not this time.
    #[error("{0}")]
    Failed(String),
}

/// Hands a letter in. The process has chosen its TLS before.
pub async fn send(relay: &Relay, letter: &Letter) -> Result<(), MailFailure> {
    let message = letter.message().map_err(MailFailure::Refused)?;
    let transport = transport(relay)?;
    match timeout(LETTER_LIMIT, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failure(&error, relay)),
        Err(_) => Err(MailFailure::Failed(format!(
            "{} did not take it within {} s",
            relay.host,
            LETTER_LIMIT.as_secs()
        ))),
    }
}

fn transport(relay: &Relay) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailFailure> {
    let parameters = || {
        TlsParameters::new(relay.host.clone())
            .map_err(|error| MailFailure::Failed(format!("TLS cannot be used: {error}")))
    };
    let tls = match relay.tls {
        RelayTls::StartTls => Tls::Required(parameters()?),
        RelayTls::Tls => Tls::Wrapper(parameters()?),
        RelayTls::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(relay.host.clone())
        .port(relay.port)
        .tls(tls)
        .timeout(Some(ANSWER_LIMIT));
    if let Some((user, password)) = &relay.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn failure(error: &Error, relay: &Relay) -> MailFailure {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        source = cause.source();
    }
    if let Some((_, password)) = &relay.login {
        words = words.replace(password.expose(), "…");
    }
    let words = format!("{}:{}: {words}", relay.host, relay.port);
    if error.is_permanent() { MailFailure::Refused(words) } else { MailFailure::Failed(words) }
}
