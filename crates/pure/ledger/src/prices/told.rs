//! The parts of a book's text, read one by one: what cannot be taken is told, with its place, and reading goes on.

use std::collections::{BTreeMap, HashMap};

use domain::{Currency, KeyId, Money, OrganisationId, ProjectId, ServiceTier, Timestamp};

use super::amount::{Amount, AmountError, EACH_MAX};
use super::book::EVERY_MODEL;
use super::component::Component;
use super::factor::{ExchangeRate, Factor};
use super::hours::Hours;
use super::instant;
use super::markups::Markups;
use super::problem::Problem;
use super::row::{Row, Seller};
use super::text::{MarkupsText, RowText};
use super::unknown::Unknown;

/// Longest name of a model, a provider or a service tier, and longest source.
pub const NAME_BYTES_MAX: usize = 256;
/// Most other names of one row.
pub const ALIASES_MAX: usize = 64;

/// What rows are written in that name no currency, and what others are worth.
pub(super) struct Moneys<'m> {
    pub(super) book: Currency,
    pub(super) rates: &'m HashMap<Currency, ExchangeRate>,
}

/// The problems so far, and where we are.
pub(super) struct Told {
    pub(super) problems: Vec<Problem>,
    pub(super) line: Option<usize>,
    pub(super) path: String,
}

impl Told {
    pub(super) fn at(&mut self, line: usize, path: String) -> &mut Self {
        (self.line, self.path) = (Some(line), path);
        self
    }

    pub(super) fn tell(&mut self, key: &str, message: impl Into<String>) {
        let dot = if self.path.is_empty() || key.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{key}", self.path);
        self.problems.push(Problem { line: self.line, path, message: message.into() });
    }

    pub(super) fn currency(&mut self, key: &str, code: &str) -> Option<Currency> {
        let currency = Currency::parse(code);
        if currency.is_none() {
            let known: Vec<&str> = Currency::KNOWN.iter().map(Currency::code).collect();
            self.tell(key, format!("there is no currency '{code}'; known are {}", known.join(", ")));
        }
        currency
    }

    pub(super) fn rates(
        &mut self,
        texts: &BTreeMap<String, String>,
        book: Currency,
    ) -> HashMap<Currency, ExchangeRate> {
        let mut rates = HashMap::new();
        for (code, text) in texts {
            let key = format!("rates.{code}");
            let Some(currency) = self.currency(&key, code) else { continue };
            let rate = ExchangeRate::parse(text);
            match rate {
                None => {
                    let message = format!(
                        "'{text}' is no rate: a decimal above 0 such as 0.14, or a fraction such as 1/7"
                    );
                    self.tell(&key, message);
                }
                Some(_) if currency == book => {
                    self.tell(&key, "is the currency of the book, and needs no rate");
                }
                Some(rate) => {
                    rates.insert(currency, rate);
                }
            }
        }
        rates
    }

    pub(super) fn markups(&mut self, text: &MarkupsText) -> Markups {
        let everybody = text.everybody.as_deref().and_then(|text| self.factor("markup.everybody", text));
        Markups {
            everybody: everybody.unwrap_or(Factor::ONE),
            organisations: self
                .owners("organisations", &text.organisations, |id| OrganisationId::parse(id).is_some()),
            projects: self.owners("projects", &text.projects, |id| ProjectId::parse(id).is_some()),
            keys: self.owners("keys", &text.keys, |id| KeyId::parse(id).is_some()),
        }
    }

    fn owners(
        &mut self,
        group: &str,
        texts: &BTreeMap<String, String>,
        is_id: impl Fn(&str) -> bool,
    ) -> HashMap<Box<str>, Factor> {
        let mut factors = HashMap::new();
        for (id, text) in texts {
            let key = format!("markup.{group}.{id}");
            if !is_id(id) {
                self.tell(&key, format!("'{id}' is no id of {group}"));
            }
            if let Some(factor) = self.factor(&key, text) {
                factors.insert(id.as_str().into(), factor);
            }
        }
        factors
    }

    fn factor(&mut self, key: &str, text: &str) -> Option<Factor> {
        let factor = Factor::parse(text);
        if factor.is_none() {
            let message = format!(
                "'{text}' is no markup: a decimal from 0 to 1000 with at most six places, such as 1.25"
            );
            self.tell(key, message);
        }
        factor
    }

    pub(super) fn unknown(&mut self, name: Option<&str>, is_named: bool, default: Option<Row>) -> Unknown {
        match (name.unwrap_or("flag"), default) {
            ("default", Some(row)) => return Unknown::Default(Box::new(row)),
            ("default", None) if is_named => {}
            ("default", None) => {
                self.tell("unknown", "is 'default', and there is no table [default] with its prices");
            }
            ("block" | "flag", _) if is_named => {
                self.tell("default", "has prices, and `unknown` does not say 'default'");
            }
            ("block", None) => return Unknown::Block,
            ("flag", None) => {}
            (other, _) => self.tell("unknown", format!("'{other}' is none of block, default, flag")),
        }
        Unknown::Flag
    }

    pub(super) fn row(
        &mut self,
        text: &RowText,
        number: usize,
        money: &Moneys<'_>,
        kinds: &[&str],
    ) -> Option<Row> {
        let before = self.problems.len();
        let seller = self.seller(text, kinds);
        self.name("model", &text.model, EVERY_MODEL);
        if text.aliases.len() > ALIASES_MAX {
            self.tell("aliases", format!("{} names; at most {ALIASES_MAX} are taken", text.aliases.len()));
        }
        for (place, alias) in text.aliases.iter().enumerate() {
            self.name("aliases", alias, "");
            if *alias == text.model || text.aliases[..place].contains(alias) {
                self.tell("aliases", format!("'{alias}' stands there twice"));
            }
        }
        let from = self.instant("from", text.from.as_deref());
        let until = self.instant("until", text.until.as_deref());
        if until.is_some_and(|until| from.is_some_and(|from| until <= from)) {
            self.tell("until", "is not later than `from`: the row would never hold");
        }
        let service = self.service(text.service.as_deref().unwrap_or_default());
        let hours = self.hours(text);
        let code = text.currency.as_deref().unwrap_or(money.book.code());
        let currency = self.currency("currency", code).unwrap_or(money.book);
        if currency != money.book && !money.rates.contains_key(&currency) && Currency::parse(code).is_some() {
            self.tell("currency", format!("{currency} has no rate: add it to [rates]"));
        }
        if text.source.as_ref().is_some_and(|source| source.len() > NAME_BYTES_MAX) {
            self.tell("source", format!("is longer than {NAME_BYTES_MAX} bytes"));
        }
        let amounts = self.amounts(text);
        let minimum = self.minimum(text);
        (self.problems.len() == before).then(|| Row {
            number,
            seller,
            model: text.model.as_str().into(),
            aliases: text.aliases.iter().map(|alias| alias.as_str().into()).collect(),
            from: from.unwrap_or(Timestamp(i64::MIN)),
            until,
            service,
            from_tokens: text.from_tokens.unwrap_or(0),
            hours,
            currency,
            minimum,
            is_free: text.free,
            source: text.source.as_deref().map(Into::into),
            amounts,
        })
    }

    fn service(&mut self, name: &str) -> ServiceTier {
        let tier = ServiceTier::named(name);
        if tier.is_none() {
            self.tell(
                "service",
                format!("'{}' is no service tier: up to 12 of a-z 0-9 _ -", name.escape_debug()),
            );
        }
        tier.unwrap_or_default()
    }

    fn seller(&mut self, text: &RowText, kinds: &[&str]) -> Seller {
        match (&text.provider, &text.kind) {
            (Some(_), Some(_)) => self.tell("kind", "a row is for one provider or for a kind, not for both"),
            (Some(id), None) => {
                self.name("provider", id, "");
                return Seller::Provider(id.as_str().into());
            }
            (None, Some(kind)) => {
                if !kinds.is_empty() && !kinds.contains(&kind.as_str()) {
                    self.tell(
                        "kind",
                        format!("there is no kind '{kind}'; a provider's own id is `provider`"),
                    );
                }
                return Seller::Kind(kind.as_str().into());
            }
            (None, None) => {}
        }
        Seller::Any
    }

    fn name(&mut self, key: &str, name: &str, except: &str) {
        let is_clean = !name.contains(|c: char| c.is_control() || c.is_whitespace());
        let is_fit = is_clean && !name.is_empty() && name.len() <= NAME_BYTES_MAX;
        if !is_fit || (name == EVERY_MODEL && name != except) {
            self.tell(
                key,
                format!("'{}' is no name: 1 to {NAME_BYTES_MAX} bytes without blanks", name.escape_debug()),
            );
        }
    }

    fn instant(&mut self, key: &str, text: Option<&str>) -> Option<Timestamp> {
        let at = instant::parse(text?);
        if at.is_none() {
            let text = text.unwrap_or_default();
            let forms = "2026-11-26 or 2026-11-26T16:30:00Z";
            self.tell(key, format!("'{text}' is no day and no time in UTC such as {forms}"));
        }
        at
    }

    fn hours(&mut self, text: &RowText) -> Option<Hours> {
        if text.hours.is_empty() {
            return None;
        }
        match Hours::read(&text.hours) {
            Ok(hours) => {
                if hours.meet_themselves() {
                    self.tell("hours", "two of its windows overlap");
                }
                Some(hours)
            }
            Err(message) => {
                self.tell("hours", message);
                None
            }
        }
    }

    fn amounts(&mut self, text: &RowText) -> [Option<Amount>; Component::COUNT] {
        let mut amounts = [None; Component::COUNT];
        for component in Component::ALL {
            let Some(written) = text.amount(component) else { continue };
            match Amount::parse(written, component.unit()) {
                Ok(amount) => amounts[component.place()] = Some(amount),
                Err(flaw) => self.tell(component.name(), flaw.to_string()),
            }
        }
        let names_any = Component::ALL.iter().any(|component| text.amount(*component).is_some());
        match (text.free, names_any || text.minimum.is_some()) {
            (true, true) => self.tell("free", "is true, and the row names amounts: one of them is wrong"),
            (false, false) => self.tell("", "names no amount; a model that costs nothing has `free = true`"),
            _ => {}
        }
        amounts
    }

    fn minimum(&mut self, text: &RowText) -> Money {
        let Some(written) = text.minimum.as_deref() else { return Money::ZERO };
        let most = Money::from_nano(EACH_MAX as i64 * domain::NANO);
        match Money::parse(written) {
            Some(money) if money >= Money::ZERO && money <= most => return money,
            Some(money) if money < Money::ZERO => {
                self.tell("minimum", AmountError::Negative(written.to_owned()).to_string());
            }
            Some(_) => {
                self.tell("minimum", format!("'{written}' is more than {EACH_MAX}; it is for one call"));
            }
            None => {
                let message =
                    format!("'{written}' is no plain decimal with at most nine places such as 0.001");
                self.tell("minimum", message);
            }
        }
        Money::ZERO
    }
}
