//! Where alerts are told: an address, what opens it, and which alerts it wants. Sending is done elsewhere.

use std::fmt;

use domain::{BaseUrl, Secret};

use crate::notice::{Event, Item};
use crate::rule::{Rule, Severity};

/// One place where alerts are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// As it is configured.
    pub name: String,
    /// How it is reached.
    pub way: Way,
    /// Nothing below this is told there.
    pub severity_min: Severity,
    /// Only these rules; all where there are none.
    pub rules: Vec<Rule>,
    /// Whether it may only be reached at a public address, whatever its name leads to.
    pub is_public_only: bool,
}

/// How a channel is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// An incoming webhook of Slack.
    Slack(Address),
    /// A webhook of Discord.
    Discord(Address),
    /// A bot of Telegram.
    Telegram {
        /// Where its API is.
        base: BaseUrl,
        /// The bot's.
        token: Secret,
        /// The chat's id, or the name of a channel.
        chat: String,
    },
    /// PagerDuty's Events API, version 2.
    PagerDuty {
        /// Where it is.
        base: BaseUrl,
        /// The integration's key.
        routing_key: Secret,
    },
    /// A custom bot of Feishu or Lark.
    Feishu {
        /// Its webhook.
        address: Address,
        /// What it is signed with, if that is asked for.
        secret: Option<Secret>,
    },
    /// A custom robot of DingTalk.
    DingTalk {
        /// Its webhook.
        address: Address,
        /// What it is signed with, if that is asked for.
        secret: Option<Secret>,
    },
    /// A group robot of WeCom.
    WeCom(Address),
    /// An address of one's own.
    Webhook {
        /// Where.
        address: Address,
        /// What messages are signed with.
        secret: Secret,
    },
    /// The webhook for low balances (`accounts.low_balance_webhook`), in its own words.
    LowBalance {
        /// Where.
        address: Address,
        /// What messages are signed with.
        secret: Secret,
    },
    /// E-mail.
    Mail(Mail),
}

/// A URL with its query. Most such addresses are secrets themselves: they are not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    base: BaseUrl,
    query: Option<String>,
}

/// Where mail is handed in, and for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is kept from others' eyes.
    pub tls: MailTls,
    /// User and password, where it wants them.
    pub login: Option<(String, Secret)>,
    /// Who it is from.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// How mail is kept from others' eyes on its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// By `STARTTLS`, which the server must offer.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all: for a server on this machine.
    None,
}

impl Channel {
    /// What of a message it is told. Whether it knows what is over is not looked at here.
    pub fn wants(&self, item: &Item) -> bool {
        let is_wanted =
            item.severity >= self.severity_min && (self.rules.is_empty() || self.rules.contains(&item.rule));
        match item.event {
            Event::Test => true,
            Event::Raised => is_wanted,
            Event::GoesOn => is_wanted && self.hears_ends(),
            Event::Resolved => self.hears_ends(),
        }
    }

    /// Whether it is told what goes on and what is over, or only what begins.
    pub const fn hears_ends(&self) -> bool {
        !matches!(self.way, Way::LowBalance { .. })
    }

    /// Whether each alert is a message of its own there.
    pub const fn is_one_by_one(&self) -> bool {
        matches!(self.way, Way::PagerDuty { .. } | Way::LowBalance { .. })
    }

    /// Whether what it is told stays open there until it is told to be over; so does a test.
    pub const fn keeps_open(&self) -> bool {
        matches!(self.way, Way::PagerDuty { .. })
    }

    /// As it is configured.
    pub const fn kind(&self) -> &'static str {
        self.way.kind()
    }
}

impl Way {
    /// As it is configured.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::Discord(_) => "discord",
            Self::Telegram { .. } => "telegram",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Feishu { .. } => "feishu",
            Self::DingTalk { .. } => "dingtalk",
            Self::WeCom(_) => "wecom",
            Self::Webhook { .. } => "webhook",
            Self::LowBalance { .. } => "low_balance",
            Self::Mail(_) => "email",
        }
    }

    /// What must not be shown, not even in the words of whoever was told it.
    pub fn secrets(&self) -> Vec<&str> {
        let (address, secret) = match self {
            Self::Slack(address) | Self::Discord(address) | Self::WeCom(address) => (Some(address), None),
            Self::Feishu { address, secret } | Self::DingTalk { address, secret } => {
                (Some(address), secret.as_ref())
            }
            Self::Webhook { address, secret } | Self::LowBalance { address, secret } => {
                (Some(address), Some(secret))
            }
            Self::Telegram { token: secret, .. } | Self::PagerDuty { routing_key: secret, .. } => {
                (None, Some(secret))
            }
            Self::Mail(mail) => (None, mail.login.as_ref().map(|(_, password)| password)),
        };
        let of_address = address.into_iter().flat_map(Address::secrets);
        of_address.chain(secret.map(Secret::expose)).filter(|text| text.len() >= SECRET_BYTES_MIN).collect()
    }
}

/// Shorter texts are words.
const SECRET_BYTES_MIN: usize = 6;
/// Parts of a path that are at least so long are no words.
const ODD_BYTES_MIN: usize = 16;

impl Address {
    /// Reads a URL; `Err` says what is wrong with it, without showing it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (base, query) = match text.split_once('?') {
            Some((base, query)) => (base, Some(query.to_owned())),
            None => (text, None),
        };
        let is_fine = |query: &String| query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if base.contains('#') || !query.as_ref().is_none_or(is_fine) {
            return Err("must be a URL without blanks and without a part behind #".to_owned());
        }
        let base = BaseUrl::parse(base).map_err(|error| error.to_string())?;
        Ok(Self { base, query })
    }

    /// Up to its query.
    pub const fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// What follows its path, with more for the query.
    pub(crate) fn rest(&self, more: &str) -> String {
        let path = if self.base.path().is_empty() { "/" } else { "" };
        match (self.query.as_deref().unwrap_or_default(), more) {
            ("", "") => path.to_owned(),
            (query, "") | ("", query) => format!("{path}?{query}"),
            (query, more) => format!("{path}?{query}&{more}"),
        }
    }

    fn secrets(&self) -> impl Iterator<Item = &str> {
        // What has a digit in it, or is long, is no word of a path: which part is the secret is each product's own affair.
        let is_odd =
            |part: &&str| part.len() >= ODD_BYTES_MIN || part.bytes().any(|byte| byte.is_ascii_digit());
        let parts = self.base.path().split('/').filter(is_odd).chain(self.base.path().rsplit('/').next());
        let values =
            self.query.iter().flat_map(|query| query.split('&')).filter_map(|pair| pair.split('=').nth(1));
        parts.chain(values)
    }
}

impl From<BaseUrl> for Address {
    fn from(base: BaseUrl) -> Self {
        Self { base, query: None }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, …)", self.base.host())
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Way};

    #[test]
    fn an_address_keeps_its_query_and_shows_its_host_only() {
        let address = Address::parse("https://chat.example/robot/send?access_token=abcdefgh").unwrap();
        assert_eq!(address.base().to_string(), "https://chat.example/robot/send");
        assert_eq!(address.rest("sign=x"), "?access_token=abcdefgh&sign=x");
        assert_eq!(format!("{address:?}"), "Address(chat.example, …)");
        assert_eq!(Way::WeCom(address).secrets(), ["abcdefgh"]);
        let slack_like =
            Address::parse("https://chat.example/api/webhooks/123456789/a-token-1/slack").unwrap();
        assert_eq!(Way::Discord(slack_like).secrets(), ["123456789", "a-token-1"]);
        assert_eq!(Address::parse("http://chat.example").unwrap().rest(""), "/");
        for text in ["chat.example/x", "ftp://x", "https://x/y#z", "https://x/y?a b", ""] {
            let why = Address::parse(text).unwrap_err();
            assert!(text.is_empty() || !why.contains(text), "{why}");
        }
    }
}
