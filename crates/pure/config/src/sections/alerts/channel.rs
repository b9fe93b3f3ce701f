//! `alerts.channels`: one place where alerts are told.

use alerts::{Address, Channel, Mail, MailTls, Rule, Severity, Way};
use domain::{BaseUrl, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fields::{KINDS, Kind, OF_ALL};
use super::rules::SeverityWord;
use crate::key_path::KeyPath;
use crate::near::nearest;
use crate::problem::Report;
use crate::secret_source::{Credential, NOT_OPEN, is_reference, resolve};
use crate::shown;
use crate::sources::Sources;

const TELEGRAM_URL: &str = "https://api.telegram.org";
const PAGERDUTY_URL: &str = "https://events.pagerduty.com";
const PORT_STARTTLS: u16 = 587;
const PORT_TLS: u16 = 465;
const PORT_PLAIN: u16 = 25;

/// One place where alerts are told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelEntry {
    /// `slack`, `discord`, `telegram`, `pagerduty`, `feishu`, `lark`, `dingtalk`, `wecom`, `webhook` or `email`.
    kind: String,
    /// The address of the webhook, which for most kinds is a secret: `env:NAME`, `file:/path` or `secret:NAME`. For `slack`, `discord`,
    /// `feishu`, `lark`, `dingtalk`, `wecom` and `webhook`.
    #[schemars(extend("writeOnly" = true))]
    url: Option<String>,
    /// What messages are signed with. Needed for `webhook`; for `feishu`, `lark` and `dingtalk` where the robot asks for it.
    #[schemars(extend("writeOnly" = true))]
    secret: Option<String>,
    /// The bot's token, for `telegram`.
    #[schemars(extend("writeOnly" = true))]
    token: Option<String>,
    /// The chat's id such as "-1001234567890", or the name of a channel such as "@ops", for `telegram`.
    chat_id: Option<String>,
    /// The key of an integration with the Events API, version 2, for `pagerduty`.
    #[schemars(extend("writeOnly" = true))]
    routing_key: Option<String>,
    /// Where the API is, for `telegram` and `pagerduty`; default their own, in the EU `https://events.eu.pagerduty.com`.
    api_url: Option<String>,
    /// The mail server, for `email`.
    host: Option<String>,
    /// Its port, for `email`; default 587, with `tls: tls` 465, with `tls: none` 25.
    #[schemars(range(min = 1, max = 65_535))]
    port: Option<u16>,
    /// How mail is encrypted on its way to the server, for `email`; default `starttls`.
    tls: Option<TlsWord>,
    /// Who logs in, for `email`. Needs `password`.
    username: Option<String>,
    /// His password, for `email`: `env:NAME`, `file:/path` or `secret:NAME`.
    #[schemars(extend("writeOnly" = true))]
    password: Option<String>,
    /// Who mail is from, for `email`.
    from: Option<String>,
    /// Who gets it, for `email`.
    #[schemars(length(min = 1, max = 50))]
    to: Option<Vec<String>>,
    /// Nothing below this is told there; default `info`, which is everything.
    severity_min: Option<SeverityWord>,
    /// Only these rules are told there; default all.
    #[schemars(length(min = 1, max = 20))]
    rules: Option<Vec<String>>,
    /// Refuse private addresses, whatever the host's name leads to; default false. Not for `email`.
    public_only: Option<bool>,
}

/// How mail is encrypted on its way to the server.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TlsWord {
    /// By STARTTLS, which the server must offer.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all: for a server on this machine.
    None,
}

/// A channel, and how its configuration is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSettings {
    /// Where alerts are told.
    pub channel: Channel,
    /// What was configured, without secrets.
    pub shown: Vec<(&'static str, ShownField)>,
}

/// A field of a channel, as it may be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum ShownField {
    /// A text.
    Text(String),
    /// A number.
    Number(u16),
    /// A switch.
    Switch(bool),
    /// Several texts.
    List(Vec<String>),
    /// A secret.
    Secret(Credential),
}

/// One channel being checked.
struct Check<'a, 's> {
    path: KeyPath,
    sources: &'a Sources<'s>,
    report: &'a mut Report,
    shown: Vec<(&'static str, ShownField)>,
}

/// `None` where something is wrong, which is told.
pub(super) fn check(
    (name, entry): (String, ChannelEntry),
    path: KeyPath,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<ChannelSettings> {
    let mut check = Check { path, sources, report, shown: Vec::new() };
    let kind = check.kind(&entry)?;
    check.fits(kind, &entry);
    check.show("kind", Some(ShownField::Text(kind.name.to_owned())));
    let way = check.way(kind.name, &entry);
    let severity_min = entry.severity_min.map(SeverityWord::severity);
    check.show("severity_min", severity_min.map(|severity| ShownField::Text(severity.name().to_owned())));
    let rules = check.rules(entry.rules.as_deref().unwrap_or_default());
    check.show("rules", entry.rules.map(ShownField::List));
    check.show("public_only", entry.public_only.map(ShownField::Switch));
    let channel = Channel {
        name,
        way: way?,
        severity_min: severity_min.unwrap_or(Severity::Info),
        rules,
        is_public_only: entry.public_only.unwrap_or(false),
    };
    Some(ChannelSettings { channel, shown: check.shown })
}

impl Check<'_, '_> {
    fn show(&mut self, key: &'static str, field: Option<ShownField>) {
        self.shown.extend(field.map(|field| (key, field)));
    }

    fn kind(&mut self, entry: &ChannelEntry) -> Option<&'static Kind> {
        let found = KINDS.iter().find(|kind| kind.name == entry.kind);
        let path = self.path.key("kind");
        if found.is_none() && !self.report.is_broken(&path) {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let hint =
                nearest(&entry.kind, names.iter().copied()).map(|name| format!("did you mean {name}?"));
            self.report.add(&path, shown::text(&entry.kind), format!("must be {}", names.join(" or ")), hint);
        }
        found
    }

    /// What is missing, and what belongs to another kind.
    fn fits(&mut self, kind: &Kind, entry: &ChannelEntry) {
        let given = [
            ("url", entry.url.is_some()),
            ("secret", entry.secret.is_some()),
            ("token", entry.token.is_some()),
            ("chat_id", entry.chat_id.is_some()),
            ("routing_key", entry.routing_key.is_some()),
            ("api_url", entry.api_url.is_some()),
            ("host", entry.host.is_some()),
            ("port", entry.port.is_some()),
            ("tls", entry.tls.is_some()),
            ("username", entry.username.is_some()),
            ("password", entry.password.is_some()),
            ("from", entry.from.is_some()),
            ("to", entry.to.is_some()),
            ("public_only", entry.public_only.is_some()),
        ];
        for (field, is_given) in given {
            let path = self.path.key(field);
            let (is_needed, is_fitting) = (kind.needs.contains(&field), kind.may.contains(&field));
            if is_needed && !is_given && !self.report.is_broken(&path) {
                self.report.add(&path, "nothing", format!("is required for kind {}", kind.name), None);
            } else if is_given && !is_needed && !is_fitting {
                let known = [kind.needs, kind.may, OF_ALL].concat().join(", ");
                let hint = format!("known for it: {known}");
                self.report.add(&path, field, format!("is not for kind {}", kind.name), hint);
            }
        }
    }

    fn way(&mut self, kind: &str, entry: &ChannelEntry) -> Option<Way> {
        match kind {
            "telegram" => {
                let token = self.secret("token", entry.token.as_deref());
                let chat = entry.chat_id.clone();
                self.show("chat_id", chat.clone().map(ShownField::Text));
                let base = self.api(entry.api_url.as_deref(), TELEGRAM_URL);
                Some(Way::Telegram { base: base?, token: token?, chat: chat? })
            }
            "pagerduty" => {
                let key = self.secret("routing_key", entry.routing_key.as_deref());
                let base = self.api(entry.api_url.as_deref(), PAGERDUTY_URL);
                Some(Way::PagerDuty { base: base?, routing_key: key? })
            }
            "email" => self.mail(entry).map(Way::Mail),
            _ => {
                let address = self.address(entry.url.as_deref(), kind == "webhook");
                let secret = self.secret("secret", entry.secret.as_deref());
                self.webhook(kind, address?, secret, entry.secret.is_some())
            }
        }
    }

    fn webhook(&self, kind: &str, address: Address, secret: Option<Secret>, is_given: bool) -> Option<Way> {
        // One that was given and could not be read is told already.
        let may_be = secret.is_some() || !is_given;
        Some(match kind {
            "slack" => Way::Slack(address),
            "discord" => Way::Discord(address),
            "wecom" => Way::WeCom(address),
            "dingtalk" => may_be.then_some(Way::DingTalk { address, secret })?,
            "feishu" | "lark" => may_be.then_some(Way::Feishu { address, secret })?,
            _ => Way::Webhook { address, secret: secret? },
        })
    }

    fn secret(&mut self, key: &'static str, text: Option<&str>) -> Option<Secret> {
        let credential = resolve(text?, &self.path.key(key), self.sources, self.report)?;
        self.show(key, Some(ShownField::Secret(credential.clone())));
        Some(credential.secret)
    }

    /// A plain address of one's own is no secret; all others are.
    fn address(&mut self, text: Option<&str>, may_be_plain: bool) -> Option<Address> {
        let (text, path) = (text?, self.path.key("url"));
        let (found, field) = if may_be_plain && !is_reference(text) && !text.contains('?') {
            (text.to_owned(), ShownField::Text(text.to_owned()))
        } else {
            let credential = resolve(text, &path, self.sources, self.report)?;
            (credential.secret.expose().to_owned(), ShownField::Secret(credential))
        };
        self.show("url", Some(field));
        let found = if found.starts_with(NOT_OPEN) { "http://not-open" } else { &found };
        let read = Address::parse(found);
        if let Err(why) = &read {
            self.report.add(&path, "an address (not shown)", why.clone(), None);
        }
        read.ok()
    }

    fn api(&mut self, text: Option<&str>, default: &'static str) -> Option<BaseUrl> {
        self.show("api_url", text.map(|text| ShownField::Text(text.to_owned())));
        let read = BaseUrl::parse(text.unwrap_or(default));
        if let Err(error) = &read {
            let found = shown::text(text.unwrap_or(default));
            self.report.add(&self.path.key("api_url"), found, error.to_string(), None);
        }
        read.ok()
    }

    fn mail(&mut self, entry: &ChannelEntry) -> Option<Mail> {
        let (host, from, to) = (entry.host.clone(), entry.from.clone(), entry.to.clone());
        for (key, text) in [("host", &host), ("from", &from), ("username", &entry.username)] {
            self.show(key, text.clone().map(ShownField::Text));
        }
        self.show("to", to.clone().map(ShownField::List));
        self.show("port", entry.port.map(ShownField::Number));
        let (tls, port, word) = match entry.tls {
            None | Some(TlsWord::Starttls) => (MailTls::StartTls, PORT_STARTTLS, "starttls"),
            Some(TlsWord::Tls) => (MailTls::Tls, PORT_TLS, "tls"),
            Some(TlsWord::None) => (MailTls::None, PORT_PLAIN, "none"),
        };
        self.show("tls", entry.tls.map(|_| ShownField::Text(word.to_owned())));
        let mut are_addresses = self.is_address("from", None, from.as_deref());
        for (place, address) in to.iter().flatten().enumerate() {
            are_addresses &= self.is_address("to", Some(place), Some(address));
        }
        let password = self.secret("password", entry.password.as_deref());
        let login = match (&entry.username, &entry.password) {
            (Some(user), Some(_)) => Some((user.clone(), password?)),
            (None, None) => None,
            (given, _) => {
                let (missing, other) =
                    if given.is_some() { ("password", "username") } else { ("username", "password") };
                self.report.add(
                    &self.path.key(missing),
                    "nothing",
                    format!("is required with {other}"),
                    None,
                );
                return None;
            }
        };
        if host
            .as_deref()
            .is_some_and(|host| host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            self.report.add(&self.path.key("host"), shown::text(&host?), "is no name of a host", None);
            return None;
        }
        let (host, from, to) = (host?, from?, to?);
        are_addresses.then_some(Mail { host, port: entry.port.unwrap_or(port), tls, login, from, to })
    }

    fn is_address(&mut self, key: &str, place: Option<usize>, text: Option<&str>) -> bool {
        let Some(text) = text else { return true };
        let address = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>'));
        let is_fine = address.split_once('@').is_some_and(|(user, host)| {
            let is_word =
                |part: &str| !part.is_empty() && part.bytes().all(|byte| byte > b' ' && byte != b'@');
            is_word(user) && is_word(host)
        }) && !text.chars().any(char::is_control);
        if !is_fine {
            let path = self.path.key(key);
            let path = place.map_or(path.clone(), |place| path.index(place));
            let message = "must be an address such as ops@example.com or \"Ops <ops@example.com>\"";
            self.report.add(&path, shown::text(text), message, None);
        }
        is_fine
    }

    fn rules(&mut self, names: &[String]) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (place, name) in names.iter().enumerate() {
            match Rule::named(name) {
                Some(rule) => rules.push(rule),
                None => {
                    let known = Rule::ALL.map(Rule::name);
                    let hint = nearest(name, known.into_iter()).map(|near| format!("did you mean {near}?"));
                    let hint = hint.unwrap_or_else(|| format!("known are {}", known.join(", ")));
                    let path = self.path.key("rules").index(place);
                    self.report.add(&path, shown::text(name), "is no rule", hint);
                }
            }
        }
        rules
    }
}
